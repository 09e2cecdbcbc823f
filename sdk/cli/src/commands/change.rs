//! `guestpass change`

use guestpass::{
    AccessProvider, AccessState, CallContext, Change, ChangeOutcome, Error, ErrorKind, Observation,
    OneTimeSecret, Operation, Result, Support, Target,
};
use serde::Serialize;

use super::grants::warn_of_living;
use super::plan::PlanReport;
use crate::args::{ChangeArgs, WhichChange};
use crate::exit::{Exit, Outcome};
use crate::handover::{Delivered, Handover};
use crate::interrupt;
use crate::kept::Record;
use crate::output::{LookView, Output, Report, StepView};
use crate::session::{Session, not_understood};

#[derive(Serialize)]
struct Changed {
    store: String,
    platform: String,
    subject: String,
    change: &'static str,
    result: &'static str,
    /// What a human must do instead.
    action: Option<StepView>,
    /// Where a secret that is told only once was put.
    secret: Option<Delivered>,
    before: Option<LookView>,
    after: Option<LookView>,
}

impl Report for Changed {
    fn to_text(&self) -> String {
        let (subject, store, change) = (&self.subject, &self.store, self.change);
        let mut text = match (&self.action, &self.after) {
            (Some(step), _) => {
                format!("{store}: nothing was sent for {subject}; a human must act\n\n{}\n", step.to_text())
            }
            (None, Some(look)) => {
                format!("{store}: the platform took `{change}`\n{}", look.to_text(subject))
            }
            (None, None) => format!(
                "{store}: the platform took `{change}` for {subject}, but the look after it failed; look again\n"
            ),
        };
        text.push_str(&self.secret.as_ref().map(Delivered::to_text).unwrap_or_default());
        text
    }
}

/// Changes what somebody has.
pub(crate) async fn run(args: &ChangeArgs, session: &Session, out: &mut Output) -> Outcome {
    let provider = session.connect(&args.store)?;
    let platform = provider.connection().provider();
    let kept = session.kept(&args.store);
    let target = kept.onto(session.config().target(&args.person, platform)?)?;
    let (name, operation, change) = wanted(&args.change, session, provider.as_ref())?;
    let at_store = |error: Error| error.at(platform, provider.connection().store());
    provider.capabilities().require(operation).map_err(at_store)?;
    if args.plan.dry_run {
        return PlanReport::new("change", provider.as_ref(), target.to_string(), operation).show(out);
    }
    warn_of_living(provider.as_ref(), &args.person, session).await;
    session.read_secrets(&args.store).await?;
    let handover = Handover::prepare(&args.secret, session.state())?;
    let progress = session.progress(format!("changing {} on {}", args.person, args.store));
    let cx = session.call();
    let look_with = || format!("guestpass observe {} {}", args.store, args.person);
    let work = apply(provider.as_ref(), &target, operation, &change, &cx);
    let applied = interrupt::finish(work, look_with).await;
    drop(progress);
    let told = applied.as_ref().ok().and_then(|(_, outcome, _)| secret_of(outcome));
    let secret = handover.finish(told);
    let (before, outcome, after) = applied?;
    let (result, action, exit) = match &outcome {
        ChangeOutcome::Accepted | ChangeOutcome::Renewed(_) => {
            ("accepted", None, if after.is_some() { Exit::Done } else { Exit::Unknown })
        }
        ChangeOutcome::ActionRequired(step) => {
            ("action_required", Some(StepView::from(step)), Exit::HumanMustAct)
        }
        _ => return Err(not_understood("result of a change").into()),
    };
    let renewed = if let (ChangeOutcome::Renewed(entry), Some(email)) = (&outcome, target.emails().first())
        && let Some(state) = &entry.state
    {
        kept.put(email, &Record { state: Some(state.clone()), ..kept.get(email)? })
    } else {
        Ok(())
    };
    let (secret, lost) = match secret {
        Ok(secret) => (secret, None),
        Err(error) => (None, Some(error)),
    };
    out.show(&Changed {
        store: args.store.clone(),
        platform: platform.to_string(),
        subject: target.to_string(),
        change: name,
        result,
        action,
        secret,
        before: before.as_ref().map(LookView::from),
        after: after.as_ref().map(LookView::from),
    })?;
    renewed?;
    if let Some(error) = lost {
        return Err(error.into());
    }
    // What was kept of an invitation that is gone would make a later look take it for open.
    if operation == Operation::CancelInvitation
        && after.as_ref().is_some_and(|look| look.state == AccessState::Absent)
    {
        kept.forget(&target)?;
    }
    Ok(exit)
}

fn wanted(
    which: &WhichChange,
    session: &Session,
    provider: &dyn AccessProvider,
) -> Result<(&'static str, Operation, Change)> {
    Ok(match which {
        WhichChange { role: Some(role), .. } => {
            let role = session.config().role(role, provider.connection().provider())?;
            ("role", Operation::SetRole, Change::SetRole(role))
        }
        WhichChange { suspend: true, .. } => ("suspend", Operation::SetActive, Change::SetActive(false)),
        WhichChange { resume: true, .. } => ("resume", Operation::SetActive, Change::SetActive(true)),
        WhichChange { resend: true, .. } => ("resend", Operation::Resend, Change::Resend),
        WhichChange { reset_password: true, .. } => {
            ("reset_password", Operation::ResetPassword, Change::ResetPassword)
        }
        _ => ("cancel", Operation::CancelInvitation, Change::CancelInvitation),
    })
}

fn secret_of(outcome: &ChangeOutcome) -> Option<&OneTimeSecret> {
    match outcome {
        ChangeOutcome::Renewed(entry) => entry.secret.as_ref(),
        _ => None,
    }
}

type Applied = (Option<Observation>, ChangeOutcome, Option<Observation>);

/// Looks, changes, looks again. What a human does needs no look: nothing will be sent.
async fn apply(
    provider: &dyn AccessProvider,
    target: &Target,
    operation: Operation,
    change: &Change,
    cx: &CallContext,
) -> Result<Applied> {
    if provider.capabilities().support(operation) == Support::Manual {
        return Ok((None, provider.change(target, change, cx).await?, None));
    }
    let before = provider.observe(target, cx).await?;
    let found = found(provider, target, &before)?;
    let outcome = provider.change(&found, change, cx).await?;
    // The change is made; that the look after it failed must not look like a failure of the change.
    let after = match outcome {
        ChangeOutcome::Accepted | ChangeOutcome::Renewed(_) => provider.observe(&found, cx).await.ok(),
        _ => None,
    };
    Ok((Some(before), outcome, after))
}

/// The account that was seen. A change to somebody who is not there, or who is one of several, is not sent.
fn found(provider: &dyn AccessProvider, target: &Target, look: &Observation) -> Result<Target> {
    let (kind, message, remedy) = match &look.state {
        AccessState::Absent => {
            (ErrorKind::NotFound, format!("{target} is not there"), "invite them first".to_owned())
        }
        AccessState::Ambiguous { accounts } => {
            let ids: Vec<_> = accounts.iter().map(|account| account.id.as_str()).collect();
            let remedy = format!("name one as account:ID, one of {}", ids.join(", "));
            (ErrorKind::Conflict, format!("several accounts match {target}"), remedy)
        }
        AccessState::Unknown { reason } => (
            ErrorKind::Protocol,
            format!("nothing was sent, because the look before it failed: {reason}"),
            "make the listing work first: run a check".to_owned(),
        ),
        state => {
            return Ok(state.account().map_or_else(|| target.clone(), |account| target.resolved(account)));
        }
    };
    let connection = provider.connection();
    Err(Error::new(kind, message).with_remedy(remedy).at(connection.provider(), connection.store()))
}

#[cfg(test)]
mod tests;
