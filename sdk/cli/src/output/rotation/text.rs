//! A rotation, as people see it.

use super::{MintedView, RotationView, happened};
use crate::output::moment;

impl MintedView {
    fn to_text(&self) -> String {
        let name = match (&self.id, &self.tag) {
            (Some(id), Some(tag)) => format!("{id} ({tag}), "),
            (Some(name), None) | (None, Some(name)) => format!("{name}, "),
            (None, None) => String::new(),
        };
        let at = self.fate_at.map(|at| format!(" {}", moment(at))).unwrap_or_default();
        let expires = self.expires_at.map(|at| format!(", expires {}", moment(at))).unwrap_or_default();
        let proof = self.proof.as_ref().map(|proof| format!("; {}", proof.to_text())).unwrap_or_default();
        format!("{name}{}{at}{expires}{proof}", self.fate.replace('_', " "))
    }
}

impl RotationView {
    /// The columns of a list.
    pub(crate) const HEADING: [&'static str; 7] =
        ["rotation", "store", "credential", "kind", "stage", "due", "waits for"];

    /// The cells of a list.
    pub(crate) fn row(&self) -> [String; 7] {
        let waits = match (&self.trouble, &self.waits_for) {
            (Some(trouble), _) => trouble.kind.replace('_', " "),
            (None, Some(waits)) if waits.purpose == "person" => "a person".to_owned(),
            (None, Some(waits)) => waits.why.clone().unwrap_or_default(),
            (None, None) => "-".to_owned(),
        };
        [
            self.id.clone(),
            self.store.clone(),
            self.credential.clone(),
            self.kind.clone(),
            self.stage.to_string(),
            self.due_at.map_or_else(|| "-".to_owned(), moment),
            waits,
        ]
    }

    /// How far it is, in a few words.
    pub(crate) fn progress(&self) -> String {
        let [id, _, _, _, stage, _, waits] = self.row();
        let waits = if waits == "-" { String::new() } else { format!(", waits for {waits}") };
        format!("{stage}{waits} ({id})")
    }

    /// Whether something is in its way.
    pub(crate) fn is_troubled(&self) -> bool {
        self.trouble.is_some()
    }

    /// Where it stands, what is live and what comes next; and the step that somebody must take.
    pub(crate) fn to_text(&self) -> String {
        let mut text = format!(
            "{}/{}: {}\n  rotation:      {} ({})\n  live:          {}\n",
            self.store,
            self.credential,
            happened(self.stage, self.untried.is_none()),
            self.id,
            self.kind,
            self.live
        );
        if let Some(trouble) = &self.trouble {
            let (kind, since) = (trouble.kind.replace('_', " "), moment(trouble.since));
            text.push_str(&format!("  trouble:       {kind} since {since}: {}\n", trouble.reason));
        }
        text.push_str(&format!("  next:          {}\n", self.next));
        if let Some(step) = self.waits_for.as_ref().and_then(|waits| waits.step.as_ref()) {
            text.push_str(&format!("\nTo be done by hand:\n{}\n", step.to_text()));
        }
        text
    }

    /// All that is known, one line each.
    pub(crate) fn details(&self) -> String {
        let mut text = String::new();
        let mut line = |label: &str, value: Option<String>| {
            if let Some(value) = value {
                text.push_str(&format!("  {:<14} {value}\n", format!("{label}:")));
            }
        };
        line("old", self.old.as_ref().map(MintedView::to_text));
        line("new", self.new.as_ref().map(MintedView::to_text));
        for orphan in &self.orphans {
            line("not in use", Some(orphan.to_text()));
        }
        line("sinks", Some(self.sinks.join(", ")).filter(|sinks| !sinks.is_empty()));
        for dependent in &self.dependents {
            let reason = dependent.reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default();
            line("depends on it", Some(format!("{}: {}{reason}", dependent.store, dependent.state)));
            for what in &dependent.what {
                line("", Some(what.clone()));
            }
        }
        line("not tried", self.untried.clone());
        line("may lose", Some(self.may_lose.join(", ")).filter(|rights| !rights.is_empty()));
        line("asked for by", Some(self.requested_by.name().to_owned()));
        line("reason", self.reason.clone());
        line("ticket", self.ticket.clone());
        line("since", Some(moment(self.created_at)));
        line("in place", self.promoted_at.map(moment));
        line("over since", self.ended_at.map(moment));
        format!("{}{text}", self.to_text())
    }
}
