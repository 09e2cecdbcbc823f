//! What the merchant is asked for: their own people are theirs to take out.

use guestpass::review::Verdict;
use guestpass::{
    AccountId, Actor, Collaborator, Instruction, ManualStep, Message, Operation, Result, StepCheck, Support,
    Target,
};

use super::super::text::one_line;
use super::{Decided, Desk};
use crate::exit::{Exit, Outcome};
use crate::output::StepView;

/// Gives the message for the merchant. What it calls the account is asked of the platform, because the ledger knows no
/// names; where that fails, its id must do.
pub(super) async fn ask(
    desk: &Desk<'_>,
    account: &AccountId,
    verdict: Verdict,
    decided: &mut Decided,
) -> Outcome {
    let seen = match look(desk, account).await {
        Ok(Looked::Gone) => {
            decided.already_out = true;
            return Ok(Exit::Done);
        }
        Ok(Looked::There(seen)) => Some(seen),
        Ok(Looked::Unknown) => None,
        Err(error) => {
            tracing::warn!(%error, "what the merchant calls this account is not known");
            None
        }
    };
    let step = letter(desk, account, seen.as_deref(), verdict);
    decided.merchant = Some(StepView::from(&step));
    Ok(Exit::HumanMustAct)
}

enum Looked {
    There(Box<Collaborator>),
    Gone,
    Unknown,
}

async fn look(desk: &Desk<'_>, account: &AccountId) -> Result<Looked> {
    let provider = desk.session.connect(desk.row.store.as_str())?;
    let support = provider.capabilities().support(Operation::Observe);
    if !matches!(support, Support::Native | Support::Emulated) {
        return Ok(Looked::Unknown);
    }
    let progress = desk.session.progress(format!("looking at {}", desk.row.store));
    let look = provider.observe(&Target::Account(account.clone()), &desk.session.call()).await?;
    drop(progress);
    Ok(match look.state.account() {
        Some(seen) => Looked::There(Box::new(seen.clone())),
        None if look.state.name() == "absent" => Looked::Gone,
        None => Looked::Unknown,
    })
}

fn letter(desk: &Desk<'_>, account: &AccountId, seen: Option<&Collaborator>, verdict: Verdict) -> ManualStep {
    let row = desk.row;
    let name = name_of(account, seen);
    let email = seen.and_then(|seen| seen.email.known());
    let words = email.map_or_else(|| name.clone(), ToString::to_string);
    let label = desk.session.connect(row.store.as_str());
    let label = label.map_or_else(|_| row.store.to_string(), |store| store.connection().label().to_owned());
    let (title, act, check) = match verdict {
        Verdict::Reduce => (
            format!("Ask the merchant of {label} to take rights from {name}"),
            "Give them no more rights than their work needs",
            "a review shows no more rights than they need",
        ),
        _ => (
            format!("Ask the merchant of {label} to take {name} out"),
            "Remove the account, or switch it off, if nobody needs it any more",
            "a review does not show the account any more",
        ),
    };
    let found: String = row.findings.iter().map(|finding| format!("  - {finding}\n")).collect();
    let found = if found.is_empty() { found } else { format!("What we have found:\n{found}\n") };
    let body = format!(
        "Hello,\n\nwe have looked who can get into your store. This account is none of ours:\n\n  {name}\n  \
         account {account}\n\n{found}What we ask for:\n  - {act}\n\nThank you"
    );
    ManualStep::new(title, StepCheck::Observe(check.to_owned()))
        .because("the account is nobody of ours, and the merchant decides about their own people")
        .then(Instruction::new(Actor::Operator, "Send the message below to the merchant"))
        .then(Instruction::new(Actor::Merchant, act).entering(words))
        .with_message(Message::new(format!("An account of your store: {label}"), body))
}

fn name_of(account: &AccountId, seen: Option<&Collaborator>) -> String {
    let name = seen.and_then(|seen| seen.name.known());
    let email = seen.and_then(|seen| seen.email.known());
    match (name, email) {
        (Some(name), Some(email)) => format!("{} <{email}>", one_line(name)),
        (Some(name), None) => one_line(name),
        (None, Some(email)) => email.to_string(),
        (None, None) => account.to_string(),
    }
}
