//! `guestpass review list`

use serde::Serialize;

use crate::exit::{Exit, Outcome};
use crate::output::{Output, Report, ReviewSummary, Table, moment};
use crate::session::Session;

const MOST_LISTED: u32 = 100;

/// Reviews, the newest first.
#[derive(Serialize)]
struct Listed {
    reviews: Vec<ReviewSummary>,
}

impl Report for Listed {
    fn to_text(&self) -> String {
        if self.reviews.is_empty() {
            return "no review was kept yet; next: guestpass review\n".to_owned();
        }
        let mut table = Table::new(["review", "began", "by", "stores", "read", "rows", "findings", "state"]);
        for review in &self.reviews {
            table.row([
                review.mark.clone(),
                moment(review.began_at),
                review.by.name().to_owned(),
                review.stores.to_string(),
                (review.complete + review.attested).to_string(),
                review.rows.to_string(),
                review.findings.values().sum::<u64>().to_string(),
                if review.finished_at.is_some() { "finished" } else { "not finished" }.to_owned(),
            ]);
        }
        table.to_string()
    }
}

/// Lists the reviews that were kept.
pub(super) async fn run(session: &Session, out: &mut Output) -> Outcome {
    let reviews = session.ledger().await?.reviews(MOST_LISTED).await?;
    out.show(&Listed { reviews: reviews.iter().map(ReviewSummary::from).collect() })?;
    Ok(Exit::Done)
}
