//! The kinds of credentials of a platform, as the documentation carries them.

use guestpass::rotation::{Find, KindInfo, Retire, Verify};
use guestpass::{ConfigField, Required};

use super::KindView;

const HEADING: [&str; 8] =
    ["kind", "new one", "found again", "tried", "old one ends", "at once", "lives", "settings"];

/// A Markdown table of these kinds.
pub(crate) fn kinds_table(kinds: &[KindInfo]) -> String {
    let mut text = line(&HEADING.map(ToOwned::to_owned)) + "|" + &" --- |".repeat(HEADING.len()) + "\n";
    for info in kinds {
        text.push_str(&line(&cells(info)));
    }
    text
}

fn line(cells: &[String]) -> String {
    let cells: Vec<_> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
    format!("| {} |\n", cells.join(" | "))
}

fn cells(info: &KindInfo) -> [String; HEADING.len()] {
    let view = KindView::from(info);
    let tried = match &info.verify {
        Verify::NotPossible(why) => format!("no: {why}"),
        _ => "yes".to_owned(),
    };
    [
        format!("`{}`", info.kind),
        format!("{}: {}", info.capability.support, info.capability.reason),
        found_again(info.find).to_owned(),
        tried,
        old_one_ends(info.retire).to_owned(),
        view.at_once(),
        view.lives(),
        settings(info),
    ]
}

/// How one is found again whose answer was lost.
fn found_again(find: Find) -> &'static str {
    match find {
        Find::ByTag => "by our tag",
        Find::CallerMade => "by its secret, which is ours",
        Find::Impossible => "never",
        Find::HandedIn => "handed in",
        _ => "in another way",
    }
}

fn old_one_ends(retire: Retire) -> &'static str {
    match retire {
        Retire::Now => "by a call",
        Retire::Scheduled => "by a call, some time later",
        Retire::Disable => "switched off by a call",
        Retire::AtExpiry => "by its own end",
        Retire::Replaced => "by the new one",
        Retire::Human => "by a human",
        _ => "in another way",
    }
}

fn settings(info: &KindInfo) -> String {
    let of = |field: &ConfigField| match field.required {
        Required::Never => format!("`{}`", field.name),
        _ => format!("`{}` (required)", field.name),
    };
    let all: Vec<_> = info.fields.iter().map(of).collect();
    if all.is_empty() { "none".to_owned() } else { all.join(", ") }
}
