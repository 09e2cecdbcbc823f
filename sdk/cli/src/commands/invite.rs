//! `guestpass invite`

use guestpass::{
    AccessProvider, AccessProviderExt, Actor, Entry, Error, ErrorKind, Instruction, InviteReport,
    InviteRequest, InviteResult, ManualStep, Operation, StepCheck, Support,
};
use serde::Serialize;

use super::plan::PlanReport;
use super::until;
use crate::args::InviteArgs;
use crate::exit::{Exit, Failure, Outcome};
use crate::handover::{Delivered, Handover};
use crate::interrupt;
use crate::kept::Record;
use crate::output::{AccessView, LookView, Output, Report, StepView, paragraphs};
use crate::session::{Session, not_understood};

#[derive(Serialize)]
struct Invitation {
    store: String,
    platform: String,
    person: String,
    email: String,
    result: &'static str,
    account: Option<String>,
    /// What a human must still do.
    follow_ups: Vec<StepView>,
    /// What a human must do instead.
    action: Option<StepView>,
    access: Option<AccessView>,
    /// Where a secret that is told only once was put.
    secret: Option<Delivered>,
    before: LookView,
    after: Option<LookView>,
}

impl Invitation {
    fn with_entry(mut self, result: &'static str, entry: &Entry) -> Self {
        self.result = result;
        self.account = entry.account.as_ref().map(ToString::to_string);
        self.follow_ups = entry.follow_ups.iter().map(StepView::from).collect();
        self.access = entry.note.as_ref().map(AccessView::from);
        self
    }
}

impl Report for Invitation {
    fn to_text(&self) -> String {
        let (email, store) = (&self.email, &self.store);
        let account = self.account.as_ref().map(|id| format!(" (account {id})")).unwrap_or_default();
        let mut text = match self.result {
            "granted" => format!("{store}: {email} can get in now{account}\n"),
            "invited" => format!("{store}: {email} was asked{account}\n"),
            "already_there" => {
                format!("{store}: {email} is {} already, nothing was sent{account}\n", self.before.state)
            }
            "unconfirmed" => {
                format!(
                    "{store}: the platform took the invitation of {email}, but the listing does not show it\n"
                )
            }
            _ => format!("{store}: nothing was sent for {email}; a human must act\n"),
        };
        text.push_str(
            &self.action.as_ref().map(|step| format!("\n{}\n", step.to_text())).unwrap_or_default(),
        );
        text.push_str(&paragraphs("Still to be done by hand:", &self.follow_ups));
        text.push_str(&self.access.as_ref().map(AccessView::to_text).unwrap_or_default());
        text.push_str(&self.secret.as_ref().map(Delivered::to_text).unwrap_or_default());
        text
    }
}

/// Lets somebody in.
pub(crate) async fn run(args: &InviteArgs, session: &Session, out: &mut Output) -> Outcome {
    let provider = session.connect(&args.store)?;
    let mut request = InviteRequest::new(session.config().person(&args.person)?);
    if let Some(role) = &args.role {
        request = request.with_role(session.config().role(role, provider.connection().provider())?);
    }
    if let Some(reason) = &args.reason {
        request = request.because(reason);
    }
    if let Some(end) = &args.until {
        request = request.until(until::parse(end, session.clock())?);
    }
    let capabilities = provider.capabilities();
    capabilities.require(Operation::Invite)?;
    if args.plan.dry_run {
        let mut plan = PlanReport::new("invite", provider.as_ref(), args.person.clone(), Operation::Invite);
        if request.role.is_some() && capabilities.support(Operation::AssignRole) != Support::Native {
            plan.add("role", Operation::AssignRole, provider.as_ref());
        }
        return plan.show(out);
    }
    session.read_secrets(&args.store).await?;
    let kept = session.kept(&args.store);
    let record = kept.get(&request.person.email)?;
    let supports = |operation| matches!(capabilities.support(operation), Support::Native | Support::Emulated);
    let sees_invitations = supports(Operation::ObserveInvitation);
    let makes_passwords = supports(Operation::ResetPassword);
    let interrupted = record.sending;
    if interrupted && !sees_invitations && !args.send_again {
        return Err(unsettled(provider.as_ref()).into());
    }
    if let Some(state) = &record.state {
        request = request.with_state(state.clone());
    }
    let handover = Handover::prepare(&args.secret, session.state())?;
    // Where no look shows invitations, only this file can keep a second one from being sent if we die now; where the
    // account comes with a password, only this file can say that nobody got it.
    let record = Record { sending: !sees_invitations || makes_passwords, ..record };
    if record.sending {
        kept.put(&request.person.email, &record)?;
    }
    let progress = session.progress(format!("inviting {} to {}", args.person, args.store));
    let cx = session.call();
    let look = || format!("guestpass observe {} {}", args.store, args.person);
    let invite = async {
        let mut report = provider.ensure_invited(&request, &cx).await?;
        if interrupted && makes_passwords {
            mind_the_lost_password(&mut report, args);
        }
        Ok(report)
    };
    let report = interrupt::finish(invite, look).await;
    drop(progress);
    let told =
        report.as_ref().ok().and_then(|report| report.result.entry()).and_then(|entry| entry.secret.as_ref());
    let secret = handover.finish(told);
    let changed = to_keep(record.clone(), &report);
    let kept = if changed == record { Ok(()) } else { kept.put(&request.person.email, &changed) };
    let report = report?;
    let empty = Invitation {
        store: args.store.clone(),
        platform: provider.connection().provider().to_string(),
        person: request.person.handle.to_string(),
        email: request.person.email.to_string(),
        result: "action_required",
        account: None,
        follow_ups: Vec::new(),
        action: None,
        access: None,
        secret: None,
        before: LookView::from(&report.before),
        after: report.after.as_ref().map(LookView::from),
    };
    let (invitation, exit) = judge(empty, &report)?;
    // What was done is shown first: that something could not be put away must not look like a failure of the whole.
    let (secret, lost) = match secret {
        Ok(secret) => (secret, None),
        Err(error) => (None, Some(error)),
    };
    out.show(&Invitation { secret, ..invitation })?;
    kept?;
    lost.map_or(Ok(exit), |error| Err(error.into()))
}

/// An account that an interrupted run made has a password that nobody got. Whether that run made it cannot be seen: the
/// account may be older, so its password is not replaced unasked.
fn mind_the_lost_password(report: &mut InviteReport, args: &InviteArgs) {
    let InviteResult::AlreadyThere(entry) = &mut report.result else { return };
    let command = format!("guestpass change {} {} --reset-password", args.store, args.person);
    let step = ManualStep::new(
        "Give the account a new password, unless somebody has the present one",
        StepCheck::Attest("the person can sign in".to_owned()),
    )
    .because("an earlier run was interrupted, and the password it may have made is lost")
    .then(Instruction::new(Actor::Operator, "Run this command").entering(command));
    entry.follow_ups.push(step);
}

fn unsettled(provider: &dyn AccessProvider) -> Error {
    let connection = provider.connection();
    Error::new(
        ErrorKind::OutcomeUnknown,
        "nothing was sent: an earlier invitation was under way when its program ended, and no look shows what became of it",
    )
    .with_remedy("ask the person whether it arrived; --send-again sends another one")
    .at(connection.provider(), connection.store())
}

/// What is known of the invitation now. Also of a write whose fate is not known: it is how the next look finds out.
fn to_keep(mut record: Record, report: &Result<InviteReport, Failure>) -> Record {
    match report {
        Ok(report) => {
            record.sending = false;
            if matches!(
                report.result,
                InviteResult::Granted(_) | InviteResult::Invited(_) | InviteResult::Unconfirmed(_)
            ) {
                record.baseline = report.baseline();
            }
            record.state = report.result.entry().and_then(|entry| entry.state.clone()).or(record.state);
        }
        Err(Failure::Error(error)) => {
            record.state = error.state().cloned().or(record.state);
            // The provider goes on from the state; without one an unknown outcome stays marked.
            record.sending &= error.is_outcome_unknown() && error.state().is_none();
        }
        Err(Failure::Output(_)) => {}
    }
    record
}

fn judge(empty: Invitation, report: &InviteReport) -> guestpass::Result<(Invitation, Exit)> {
    let done = |entry: &Entry| if entry.follow_ups.is_empty() { Exit::Done } else { Exit::HumanMustAct };
    Ok(match &report.result {
        InviteResult::AlreadyThere(entry) => (empty.with_entry("already_there", entry), done(entry)),
        InviteResult::Granted(entry) => (empty.with_entry("granted", entry), done(entry)),
        InviteResult::Invited(entry) => (empty.with_entry("invited", entry), done(entry)),
        InviteResult::Unconfirmed(entry) => (empty.with_entry("unconfirmed", entry), Exit::Unknown),
        InviteResult::ActionRequired(step) => {
            (Invitation { action: Some(step.into()), ..empty }, Exit::HumanMustAct)
        }
        _ => return Err(not_understood("result of an invitation")),
    })
}
