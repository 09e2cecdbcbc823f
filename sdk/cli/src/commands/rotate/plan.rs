//! What would be done, where nothing is sent.

use guestpass::rotation::RotationPlan;
use serde::Serialize;

use crate::commands::credentials::sinks;
use crate::output::{KindView, Report, RotationView, SinkView};
use crate::session::Session;

/// What a rotation would do. Nothing was sent to find out.
#[derive(Serialize)]
pub(super) struct PlanView {
    dry_run: bool,
    command: &'static str,
    store: String,
    platform: String,
    subject: String,
    kind: KindView,
    steps: Vec<String>,
    requests: u32,
    sinks: Vec<SinkView>,
    dependents: Vec<String>,
    pub(super) warnings: Vec<String>,
}

impl PlanView {
    pub(super) fn new(plan: &RotationPlan, session: &Session) -> Self {
        Self {
            dry_run: true,
            command: "rotate",
            store: plan.store.to_string(),
            platform: plan.platform.to_string(),
            subject: plan.credential.to_string(),
            kind: KindView::from(&plan.info),
            steps: plan.steps.clone(),
            requests: plan.requests,
            sinks: sinks(&plan.sinks, session),
            dependents: plan.dependents.iter().map(ToString::to_string).collect(),
            warnings: plan.warnings.clone(),
        }
    }
}

impl Report for PlanView {
    fn to_text(&self) -> String {
        let mut text = format!("rotate {} {} would do this; nothing was sent\n", self.store, self.subject);
        for (number, step) in (1..).zip(&self.steps) {
            text.push_str(&format!("  {number}. {step}\n"));
        }
        let places: Vec<_> = self.sinks.iter().map(SinkView::to_text).collect();
        text.push_str(&format!("  it goes to:    {}\n", places.join(", ")));
        text.push_str(&format!("  depend on it:  {}\n", self.dependents.join(", ")));
        for warning in &self.warnings {
            text.push_str(&format!("  warning:       {warning}\n"));
        }
        format!("{text}about {} request(s)\n", self.requests)
    }
}

/// One that would be gone on with. Nothing was sent.
#[derive(Serialize)]
pub(super) struct WouldGoOn {
    pub(super) dry_run: bool,
    pub(super) command: &'static str,
    pub(super) rotation: RotationView,
}

impl Report for WouldGoOn {
    fn to_text(&self) -> String {
        format!("this would be gone on with; nothing was sent\n{}", self.rotation.to_text())
    }
}
