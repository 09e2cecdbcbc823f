//! Manual steps that the ledger remembers.

use guestpass::Timestamp;
use guestpass::grants::{Step, StepEnd, StepKind};
use serde::Serialize;

use super::{ProofView, StepView};

/// What a removal does not cover.
const RESIDUAL: &str = "residual";

/// A manual step that is remembered.
#[derive(Debug, Serialize)]
pub(crate) struct RememberedView {
    pub(crate) id: String,
    store: String,
    platform: String,
    person: String,
    /// What it is for.
    #[serde(rename = "for")]
    purpose: &'static str,
    opened_at: Timestamp,
    /// How it was closed; `null` while it is open.
    closed: Option<ClosedView>,
    /// What to do; `null` once the person's data was erased.
    step: Option<StepView>,
}

#[derive(Debug, Serialize)]
struct ClosedView {
    how: &'static str,
    at: Timestamp,
    proof: Option<ProofView>,
}

impl From<&Step> for RememberedView {
    fn from(step: &Step) -> Self {
        Self {
            id: step.id.to_string(),
            store: step.place.store.to_string(),
            platform: step.place.platform.to_string(),
            person: step.person.to_string(),
            purpose: purpose(&step.kind),
            opened_at: step.opened_at,
            closed: step.closed.as_ref().map(|end| ClosedView::of(end, step.opened_at)),
            step: step.manual.as_ref().map(StepView::from),
        }
    }
}

impl ClosedView {
    fn of(end: &StepEnd, opened_at: Timestamp) -> Self {
        match end {
            StepEnd::Done { proof } => Self { how: "done", at: proof.at(), proof: Some(proof.into()) },
            StepEnd::Superseded { at } => Self { how: "superseded", at: *at, proof: None },
            // A way that only a newer core knows.
            _ => Self { how: "other", at: opened_at, proof: None },
        }
    }
}

fn purpose(kind: &StepKind) -> &'static str {
    match kind {
        StepKind::Entry => "entry",
        StepKind::FollowUp => "follow_up",
        StepKind::Pause => "pause",
        StepKind::Exit => "exit",
        StepKind::Obligation { .. } => "obligation",
        StepKind::Residual => RESIDUAL,
        StepKind::Decision => "decision",
        _ => "other",
    }
}

impl RememberedView {
    /// The columns of a list.
    pub(crate) const HEADING: [&'static str; 6] = ["step", "store", "person", "for", "state", "what"];

    /// The cells of a list.
    pub(crate) fn row(&self) -> [String; 6] {
        [
            self.id.clone(),
            self.store.clone(),
            self.person.clone(),
            self.purpose.replace('_', " "),
            self.closed.as_ref().map_or("open", |closed| closed.how).into(),
            self.title().to_owned(),
        ]
    }

    /// What to do, in a few words.
    pub(crate) fn title(&self) -> &str {
        self.step.as_ref().map_or("(erased)", |step| step.title.as_str())
    }

    /// Whether nobody has taken it yet.
    pub(crate) fn is_open(&self) -> bool {
        self.closed.is_none()
    }

    /// What to do, and how to say that it was done; of a closed one, how it was closed.
    pub(crate) fn to_text(&self) -> String {
        match &self.closed {
            None => {
                let what =
                    self.step.as_ref().map_or_else(|| "(its text was erased)".to_owned(), StepView::to_text);
                format!("{what}\n  When it is done: guestpass steps done {} --note '…'\n", self.id)
            }
            Some(closed) => {
                let proof = closed.proof.as_ref().map(|proof| format!(", {}", proof.to_text()));
                format!("{}: {}\n  {}{}\n", self.store, self.title(), closed.how, proof.unwrap_or_default())
            }
        }
    }
}

/// Steps that must be taken, and below them those that are only worth a look.
pub(crate) fn steps_below(steps: &[RememberedView]) -> String {
    let (residual, needed): (Vec<_>, Vec<_>) = steps.iter().partition(|step| step.purpose == RESIDUAL);
    let mut text = String::new();
    for (heading, steps) in
        [("To be done by hand:", needed), ("Not covered by the removal, worth a look:", residual)]
    {
        if !steps.is_empty() {
            let texts: Vec<_> = steps.iter().map(|step| step.to_text()).collect();
            text.push_str(&format!("\n{heading}\n{}", texts.join("\n")));
        }
    }
    text
}
