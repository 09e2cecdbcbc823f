//! What a sweep tells of stores that it has looked at, and of reviews that are overdue.

use guestpass::grants::{Drifted, Engine, Grant, SweepReport};
use guestpass::review::{Finding, KnownFinding, Reading, RowKey};
use guestpass::{Result, Timestamp};
use serde::Serialize;

use crate::output::{FindingView, GrantView, Report, moment};

/// How many grants are read at once.
const PAGE: u32 = 100;

/// What has changed at a store without us, or why that is not known.
#[derive(Serialize)]
pub(super) struct DriftLine {
    drift: DriftView,
}

#[derive(Serialize)]
struct DriftView {
    store: String,
    platform: String,
    /// `complete`, `attested` or `failed`.
    reading: &'static str,
    /// Why it is not complete.
    reason: Option<String>,
    /// When it was looked at before; `null` where everything is new to us.
    since: Option<Timestamp>,
    appeared: Vec<AppearedView>,
    gone: Vec<GoneView>,
}

#[derive(Serialize)]
struct AppearedView {
    key: String,
    person: Option<String>,
    #[serde(flatten)]
    finding: FindingView,
}

#[derive(Serialize)]
struct GoneView {
    key: String,
    person: Option<String>,
    kind: String,
}

impl From<&Drifted> for DriftLine {
    fn from(drifted: &Drifted) -> Self {
        let person = |key: &RowKey| drifted.people.get(key).map(ToString::to_string);
        let appeared = |(key, finding): &(RowKey, Finding)| AppearedView {
            key: key.to_string(),
            person: person(key),
            finding: finding.into(),
        };
        let gone = |known: &KnownFinding| GoneView {
            key: known.key.to_string(),
            person: person(&known.key),
            kind: known.kind.clone(),
        };
        let drift = DriftView {
            store: drifted.store.to_string(),
            platform: drifted.platform.to_string(),
            reading: drifted.reading.as_str(),
            reason: reason_of(&drifted.reading),
            since: drifted.since,
            appeared: drifted.appeared.iter().map(appeared).collect(),
            gone: drifted.gone.iter().map(gone).collect(),
        };
        Self { drift }
    }
}

fn reason_of(reading: &Reading) -> Option<String> {
    match reading {
        Reading::Attested { reason } | Reading::Failed { reason } => Some(reason.clone()),
        _ => None,
    }
}

impl Report for DriftLine {
    fn to_text(&self) -> String {
        let DriftView { store, reading, reason, since, appeared, gone, .. } = &self.drift;
        if *reading == "failed" {
            let reason = reason.as_deref().unwrap_or_default();
            return format!("{store}: could not be looked at for drift: {reason}\n");
        }
        let since = since.map_or_else(|| "the first look".to_owned(), |at| format!("since {}", moment(at)));
        let mut text = format!("{store}: {since}; more: guestpass review {store}\n");
        for AppearedView { key, person, finding } in appeared {
            text.push_str(&format!("  appeared:      {}: {}\n", who(key, person), finding.text));
        }
        for GoneView { key, person, kind } in gone {
            text.push_str(&format!("  gone:          {}: {kind}\n", who(key, person)));
        }
        text
    }
}

fn who(key: &str, person: &Option<String>) -> String {
    person.as_ref().map_or_else(|| key.to_owned(), |person| format!("{person} ({key})"))
}

/// A grant that somebody should look at.
#[derive(Serialize)]
pub(super) struct ReviewDueLine {
    pub(super) review_due: GrantView,
}

impl Report for ReviewDueLine {
    fn to_text(&self) -> String {
        review_due(&self.review_due)
    }
}

/// Who should look, and what they can do then.
pub(super) fn review_due(grant: &GrantView) -> String {
    let GrantView { id, store, person, .. } = grant;
    let since = grant.review_at.map(|at| format!(" since {}", moment(at))).unwrap_or_default();
    format!(
        "{store}: whether {person} should still be inside is to be reviewed{since}\n  next:          \
         `guestpass review {store}`, then `review decide ROW keep` or `revoke`; or `guestpass revoke {id}`\n"
    )
}

/// Grants whose review is overdue and was not announced.
pub(super) async fn not_announced(engine: &Engine) -> Result<Vec<GrantView>> {
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let page = engine.overdue_reviews(after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(found) };
        after = Some(last.id);
        let is_new = |grant: &&Grant| grant.review_told != grant.review_at;
        found.extend(page.iter().filter(is_new).map(GrantView::from));
    }
}

/// What looks for drift came to, for the summary.
#[derive(Serialize)]
pub(super) struct DriftCounts {
    looked_at: u64,
    unreadable: u64,
    put_off: u64,
    appeared: u64,
    gone: u64,
    ended: u64,
}

impl From<&SweepReport> for DriftCounts {
    fn from(report: &SweepReport) -> Self {
        Self {
            looked_at: report.looked_at,
            unreadable: report.unreadable,
            put_off: report.put_off,
            appeared: report.appeared,
            gone: report.gone,
            ended: report.ended_by_drift,
        }
    }
}

impl DriftCounts {
    /// The line for people; nothing where nobody looked.
    pub(super) fn to_text(&self) -> String {
        let Self { looked_at, unreadable, put_off, appeared, gone, ended } = self;
        if looked_at + unreadable + put_off == 0 {
            return String::new();
        }
        format!(
            "\ndrift: {looked_at} store(s) looked at, {unreadable} unreadable, {put_off} put off; {appeared} finding(s) appeared, {gone} gone, {ended} grant(s) ended"
        )
    }
}

/// The line of a summary for overdue reviews; nothing without one.
pub(super) fn overdue(reviews: u64) -> String {
    if reviews == 0 { String::new() } else { format!("\nreviews: {reviews} overdue, announced now") }
}

/// The line of a plan for looks; nothing without one.
pub(super) fn to_look_at(stores: usize) -> String {
    if stores == 0 { String::new() } else { format!("{stores} store(s) would be looked at for drift\n") }
}
