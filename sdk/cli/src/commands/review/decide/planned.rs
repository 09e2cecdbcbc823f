//! What a decision would do, and what it would cost.

use std::sync::Arc;

use guestpass::grants::{Commit, Ledger, MemoryLedger, Principal};
use guestpass::review::{Consequence, KeptRow, Review};
use guestpass::{AccessProvider, Operation, Result};

use super::verdict_of;
use crate::args::DecideArgs;
use crate::commands::plan::PlanReport;
use crate::exit::Outcome;
use crate::output::Output;
use crate::session::Session;

const COMMAND: &str = "review decide";

/// Shows it. Nothing is recorded, and nothing is sent.
pub(super) async fn show(
    args: &DecideArgs,
    review: &Review,
    number: u32,
    session: &Session,
    out: &mut Output,
) -> Outcome {
    let row = session.reviewer(false).await?.row(review.id, number).await?;
    let rehearsal = session.reviewer_on(rehearsal(review, &row, session).await?);
    let (verdict, by) = (verdict_of(args.verdict), Principal::stated(&args.by));
    let (_, follows) = rehearsal.decide(review.id, number, verdict, &by, None).await?;
    let provider = session.connect(row.store.as_str())?;
    plan(&row, &follows, provider.as_ref()).show(out)
}

/// A ledger that knows this row and its grants alone, and is forgotten.
async fn rehearsal(review: &Review, row: &KeptRow, session: &Session) -> Result<Arc<dyn Ledger>> {
    let known = session.ledger().await?;
    let mut change = Commit::new();
    for id in &row.grants {
        if let Some(mut grant) = known.grant(*id).await? {
            grant.revision = 0;
            change.grants.push(grant);
        }
    }
    let (mut review, mut row) = (review.clone(), row.clone());
    (review.revision, row.revision) = (0, 0);
    change.reviews.push(review);
    change.review_rows.push(row);
    let ledger = MemoryLedger::new();
    ledger.commit(change).await?;
    Ok(Arc::new(ledger))
}

/// The orders of a row are about one place, so one of them says it all.
fn plan(row: &KeptRow, follows: &[Consequence], provider: &dyn AccessProvider) -> PlanReport {
    let subject = row.person.as_ref().map_or_else(|| row.key.to_string(), ToString::to_string);
    match follows.first() {
        Some(Consequence::Revoke { .. } | Consequence::TakeOut { .. }) => {
            PlanReport::new(COMMAND, provider, subject, Operation::Remove)
        }
        Some(Consequence::ResetRole { .. }) => {
            PlanReport::new(COMMAND, provider, subject, Operation::SetRole)
        }
        Some(Consequence::ByMerchant { .. }) => {
            let mut plan = PlanReport::empty(COMMAND, provider, subject);
            plan.add("look", Operation::Observe, provider);
            plan
        }
        _ => PlanReport::empty(COMMAND, provider, subject),
    }
}
