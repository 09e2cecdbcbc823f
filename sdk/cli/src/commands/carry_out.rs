//! An order about a grant: written down first, then carried out at once.

use std::future::Future;

use guestpass::grants::{Engine, Grant, Phase, Settled, Standing, StepKind, TroubleKind};
use guestpass::{Result, Timestamp};
use serde::Serialize;

use crate::args::SecretArgs;
use crate::exit::{Exit, Outcome};
use crate::handover::{Delivered, Handover};
use crate::interrupt;
use crate::output::{AccessView, GrantView, Output, RememberedView, Report, TroubleView, steps_below};
use crate::session::Session;

/// A grant after an order about it.
#[derive(Serialize)]
struct Ordered {
    grant: GrantView,
    /// How far the work on the store got; `null` where there was none to do yet.
    standing: Option<&'static str>,
    /// Open steps of the person on this store.
    steps: Vec<RememberedView>,
    troubles: Vec<TroubleView>,
    /// When a sweep looks after it next.
    due_at: Option<Timestamp>,
    writes: u32,
    access: Option<AccessView>,
    /// Where a secret that is told only once was put.
    secret: Option<Delivered>,
}

impl Ordered {
    fn new(grant: &Grant) -> Self {
        Self {
            grant: GrantView::from(grant),
            standing: None,
            steps: Vec::new(),
            troubles: Vec::new(),
            due_at: None,
            writes: 0,
            access: None,
            secret: None,
        }
    }

    fn settled(grant: &Grant, settled: &Settled, secret: Option<Delivered>) -> Self {
        Self {
            grant: GrantView::from(grant),
            standing: Some(settled.standing.as_str()),
            steps: settled.steps.iter().map(RememberedView::from).collect(),
            troubles: settled.troubles.iter().map(TroubleView::from).collect(),
            due_at: settled.due_at,
            writes: settled.writes,
            access: settled.note.as_ref().map(AccessView::from),
            secret,
        }
    }
}

impl Report for Ordered {
    fn to_text(&self) -> String {
        let mut text = self.grant.to_text();
        if self.standing == Some(Standing::Busy.as_str()) {
            text.push_str("  somebody else works on this store just now; the next sweep carries it out\n");
        }
        for trouble in &self.troubles {
            text.push_str(&trouble.to_text());
        }
        text.push_str(&steps_below(&self.steps));
        text.push_str(&self.access.as_ref().map(AccessView::to_text).unwrap_or_default());
        text.push_str(&self.secret.as_ref().map(Delivered::to_text).unwrap_or_default());
        text
    }
}

/// Gives an order and carries it out, unless its time has not come.
pub(super) async fn carry_out(
    engine: &Engine,
    order: impl Future<Output = Result<Grant>>,
    secret: &SecretArgs,
    session: &Session,
    out: &mut Output,
) -> Outcome {
    // The place for a secret is made before anything is written or sent.
    let handover = Handover::prepare(secret, session.state())?;
    let grant = match order.await {
        Ok(grant) => grant,
        Err(error) => {
            handover.finish(None)?;
            return Err(error.into());
        }
    };
    if !is_due(&grant, session.clock().now()) {
        handover.finish(None)?;
        out.show(&Ordered::new(&grant))?;
        let waits = grant.phase == Phase::Requested && grant.needs_approval && grant.approved_by.is_none();
        return Ok(if waits { Exit::HumanMustAct } else { Exit::Done });
    }
    let progress = session.progress(format!("working on {}", grant.place.store));
    let cx = session.call();
    let look_with = || format!("guestpass grants {}", grant.id);
    let settled = interrupt::finish(engine.settle(&grant.place, &cx), look_with).await;
    drop(progress);
    let told = settled.as_ref().ok().and_then(|settled| settled.secret.as_ref());
    let secret = handover.finish(told);
    let settled = match settled {
        Ok(settled) => settled,
        Err(failure) => {
            // The order stands, so its id is shown all the same.
            out.show(&Ordered::new(&grant))?;
            return Err(failure);
        }
    };
    let grant = engine.ledger().grant(grant.id).await?.unwrap_or(grant);
    let (secret, lost) = match secret {
        Ok(secret) => (secret, None),
        Err(error) => (None, Some(error)),
    };
    out.show(&Ordered::settled(&grant, &settled, secret))?;
    lost.map_or_else(|| Ok(judge(&grant, &settled)), |error| Err(error.into()))
}

/// Whether there is something to do at its place.
pub(super) fn is_due(grant: &Grant, now: Timestamp) -> bool {
    !grant.phase.is_over() && (grant.phase != Phase::Requested || grant.may_start(now))
}

/// How an order about this grant ends, after the work on its place.
pub(super) fn judge(grant: &Grant, settled: &Settled) -> Exit {
    let by_hand = settled.steps.iter().any(|step| step.kind != StepKind::Residual);
    let unsettled = settled.troubles.iter().any(|trouble| trouble.kind == TroubleKind::Unsettled);
    match settled.standing {
        Standing::Busy => Exit::Unknown,
        _ if unsettled => Exit::Unknown,
        _ if by_hand => Exit::HumanMustAct,
        Standing::Reached => Exit::Done,
        Standing::Awaiting if grant.phase != Phase::Closing => Exit::Done,
        Standing::Awaiting => Exit::HumanMustAct,
        _ => Exit::Failed,
    }
}
