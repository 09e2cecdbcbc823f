//! A review for people.

use guestpass::Timestamp;
use guestpass::review::{Ends, Finding, Review};

use super::lines::{ChangedRowView, DifferenceView};
use crate::output::{ReviewRowView, ReviewSummary, ReviewedStoreView, Table, mark, moment};

/// Of more rights than these, the table names the first ones and counts the others. JSON and files have them all.
const MOST_RIGHTS: usize = 3;
/// Where there is little room, an account's id is shown by so many characters of its end.
const SHORT_ID: usize = 12;

/// What stands above the stores.
pub(super) fn heading(review: &Review) -> String {
    let reason = review.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
    format!(
        "Review {} of {} store(s), begun {} by {}{reason}\n",
        mark(review.id),
        review.stores.len(),
        moment(review.began_at),
        review.by.name
    )
}

/// A store: how it was read, and its rows with findings, or all of them.
pub(super) fn store(store: &ReviewedStoreView, all: bool) -> String {
    let found = store.rows.iter().filter(|row| !row.findings.is_empty()).count();
    let when = store.began_at.map(|at| format!(", {}", moment(at))).unwrap_or_default();
    let how = match store.reading {
        "complete" => "all listed",
        "attested" => "by people's word",
        "failed" => "NOT READ, in the ledger",
        other => other,
    };
    let rows = match (store.rows.len(), found) {
        (0, _) => "nobody".to_owned(),
        (rows, 0) => format!("{rows} row(s), nothing found"),
        (rows, found) => format!("{rows} row(s), {found} with findings"),
    };
    let mut text = format!("{} ({}){when}: {how}, {rows}", store.store, store.platform);
    if let Some(reason) = &store.reason {
        text.push_str(&format!("\n  why: {}", one_line(reason)));
    }
    let shown: Vec<_> = store.rows.iter().filter(|row| all || !row.findings.is_empty()).collect();
    if !shown.is_empty() {
        text.push_str(&format!("\n{}", table(&shown)));
    }
    text
}

fn table(rows: &[&ReviewRowView]) -> String {
    if Table::is_narrow() {
        let mut table = Table::new(["row", "who", "role", "until", "findings"]);
        for row in rows {
            let account = row.account.as_ref().map(|id| format!(" ({})", short(id))).unwrap_or_default();
            let who = format!("{}{account}", who(row));
            table.row([row.row.clone(), who, role(row), until(row), findings(row)]);
        }
        return table.to_string();
    }
    let mut table = Table::new(["row", "who", "account", "role", "until", "findings"]);
    for row in rows {
        let account = row.account.as_deref().map_or_else(|| "-".to_owned(), one_line);
        table.row([row.row.clone(), who(row), account, role(row), until(row), findings(row)]);
    }
    table.to_string()
}

/// Somebody of ours by handle; anybody else as the platform names them.
pub(super) fn who(row: &ReviewRowView) -> String {
    match (&row.person, &row.email, &row.name) {
        (Some(person), ..) => person.clone(),
        (None, Some(email), Some(name)) => one_line(&format!("{name} <{email}>")),
        (None, Some(one), None) | (None, None, Some(one)) => one_line(one),
        (None, None, None) => "-".to_owned(),
    }
}

fn role(row: &ReviewRowView) -> String {
    match &row.role {
        Some(role) => role.clone(),
        None if row.roles.is_empty() => "-".to_owned(),
        None => one_line(&row.roles.join(", ")),
    }
}

fn until(row: &ReviewRowView) -> String {
    row.until.map_or_else(|| "-".to_owned(), day)
}

fn day(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d").to_string()
}

fn findings(row: &ReviewRowView) -> String {
    let mut words: Vec<_> = row.findings.iter().map(|finding| in_brief(&finding.detail)).collect();
    if let Some(decision) = &row.decision {
        words.push(format!("decided to {} by {}", decision.verdict, decision.by.name()));
    }
    if words.is_empty() { "-".to_owned() } else { one_line(&words.join("; ")) }
}

fn in_brief(finding: &Finding) -> String {
    let shorten = |rights: &[String]| {
        let named: Vec<_> = rights.iter().take(MOST_RIGHTS).cloned().collect();
        (rights.len() > named.len()).then(|| (named, rights.len() - MOST_RIGHTS))
    };
    match finding {
        Finding::Privileged { rights } => shorten(rights)
            .map(|(rights, more)| format!("{} and {more} more", Finding::Privileged { rights })),
        Finding::BeyondGrant { rights } => shorten(rights)
            .map(|(rights, more)| format!("{} and {more} more", Finding::BeyondGrant { rights })),
        _ => None,
    }
    .unwrap_or_else(|| finding.to_string())
}

/// What a platform writes stays in its line, so that it cannot pass for a row of its own.
pub(super) fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn short(id: &str) -> String {
    match id.char_indices().rev().nth(SHORT_ID - 1) {
        Some((at, _)) if at > 1 => format!("…{}", id.get(at..).unwrap_or_default()),
        _ => id.to_owned(),
    }
}

/// A store that differs from the older review.
pub(super) fn difference(store: &DifferenceView) -> String {
    let name = format!("{} ({})", store.store, store.platform);
    if let Some(why) = &store.not_comparable {
        return format!("{name} cannot be compared: {why}");
    }
    let mut text = name;
    for change in &store.changes {
        text.push_str(&format!("\n  {}", changed(change)));
    }
    text
}

fn changed(change: &ChangedRowView) -> String {
    let row = change.row.as_ref().or(change.row_before.as_ref()).cloned().unwrap_or_default();
    let who = change.person.as_ref().unwrap_or(&change.key);
    let what: Vec<_> = change.what.iter().map(|what| what.text.as_str()).collect();
    one_line(&format!("{row}  {who}: {}", what.join("; ")))
}

/// What stands above the differences.
pub(super) fn since(older: &Review) -> String {
    format!("\nSince the review {} of {}:", mark(older.id), moment(older.began_at))
}

/// What stands below the differences.
pub(super) fn as_before(same: usize, different: usize) -> String {
    let more = if different == 0 { "" } else { " more" };
    if same == 0 { String::new() } else { format!("{same}{more} store(s) as before") }
}

/// The review in one line.
pub(super) fn in_short(review: &ReviewSummary) -> String {
    format!("review {}: {}; {} row(s); {}", review.mark, readings(review), review.rows, finished(review))
}

/// The review in numbers, and what to do next; `example` is a row to decide about.
pub(super) fn summary(review: &ReviewSummary, example: Option<&str>) -> String {
    let mut text = format!("\nReview {}, {}\n", review.mark, finished(review));
    let mut line = |label: &str, value: String| {
        text.push_str(&format!("  {:<9} {value}\n", format!("{label}:")));
    };
    line("stores", readings(review));
    line("rows", review.rows.to_string());
    line("findings", counted(review));
    line("ended", ends(review.ends));
    for next in next_steps(review, example) {
        text.push_str(&format!("Next: {next}\n"));
    }
    text
}

fn finished(review: &ReviewSummary) -> String {
    match review.finished_at {
        Some(at) => format!("finished {}", moment(at)),
        None => "NOT FINISHED".to_owned(),
    }
}

fn readings(review: &ReviewSummary) -> String {
    let all = [
        (review.complete, "listed completely"),
        (review.attested, "known from what people said"),
        (review.failed, "not read"),
        (review.waiting, "waiting"),
    ];
    let words: Vec<_> =
        all.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    if words.is_empty() { "none".to_owned() } else { words.join(", ") }
}

fn counted(review: &ReviewSummary) -> String {
    let words: Vec<_> =
        review.findings.iter().map(|(kind, count)| format!("{count} {}", kind.replace('_', " "))).collect();
    if words.is_empty() { "none".to_owned() } else { words.join(", ") }
}

fn ends(ends: Ends) -> String {
    format!("{} proven, {} by somebody's word, {} without either", ends.proven, ends.attested, ends.unproven)
}

fn next_steps(review: &ReviewSummary, example: Option<&str>) -> Vec<String> {
    let mut next = Vec::new();
    if review.waiting > 0 {
        next.push(format!("guestpass review continue {}", review.mark));
    }
    if review.failed > 0 {
        next.push("mend what keeps a store from being read, and review it again".to_owned());
    }
    if let Some(row) = example {
        next.push(format!("decide, for example: guestpass review decide {row} keep --by NAME"));
    }
    next
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_ids_and_long_lists_are_shortened() {
        assert_eq!(short("bc/account/user/0b6e3f0a-52f1-4a3c-9a50-3a7f0c7c9a11"), "…3a7f0c7c9a11");
        assert_eq!(short("12345678901234"), "…345678901234");
        assert_eq!(short("1234567890123"), "1234567890123");
        assert_eq!(short("7"), "7");
        let rights: Vec<_> = ["a", "b", "c", "d", "e"].map(str::to_owned).to_vec();
        let brief = in_brief(&Finding::Privileged { rights: rights.clone() });
        assert_eq!(brief, "privileged: a, b, c and 2 more");
        let three = rights.into_iter().take(3).collect();
        assert_eq!(in_brief(&Finding::BeyondGrant { rights: three }), "may do more than the grant: a, b, c");
    }

    #[test]
    fn what_a_platform_writes_stays_in_its_line() {
        assert_eq!(one_line("a\nb\u{1b}[2Jc"), "a b [2Jc");
    }
}
