//! `--dry-run`: what a command would do, and what it would cost.

use guestpass::{AccessProvider, Operation, Support};
use serde::Serialize;

use crate::exit::{Exit, Outcome};
use crate::output::{Output, Report, Table};

/// What a command would do. Nothing was sent to find out.
#[derive(Serialize)]
pub(super) struct PlanReport {
    dry_run: bool,
    command: &'static str,
    store: String,
    platform: String,
    subject: String,
    steps: Vec<Step>,
    /// How many requests it takes from the scarcest budget in the ordinary case.
    requests: u32,
}

#[derive(Serialize)]
struct Step {
    step: &'static str,
    operation: Operation,
    support: Support,
    requests: u32,
    why: String,
}

impl PlanReport {
    /// Look, write, look again; or, where a human does it, only what the human does.
    pub(super) fn new(
        command: &'static str,
        provider: &dyn AccessProvider,
        subject: String,
        write: Operation,
    ) -> Self {
        let mut plan = Self::empty(command, provider, subject);
        if provider.capabilities().support(write) == Support::Manual {
            plan.add("by hand", write, provider);
            return plan;
        }
        plan.add("look", Operation::Observe, provider);
        plan.add("write", write, provider);
        plan.add("look again", Operation::Observe, provider);
        plan
    }

    /// A plan without any step yet: what is only written into the ledger has none.
    pub(super) fn empty(command: &'static str, provider: &dyn AccessProvider, subject: String) -> Self {
        let connection = provider.connection();
        Self {
            dry_run: true,
            command,
            store: connection.store().to_string(),
            platform: connection.provider().to_string(),
            subject,
            steps: Vec::new(),
            requests: 0,
        }
    }

    /// Adds a step.
    pub(super) fn add(&mut self, step: &'static str, operation: Operation, provider: &dyn AccessProvider) {
        let capability = provider.capabilities().get(operation);
        self.requests += capability.requests;
        self.steps.push(Step {
            step,
            operation,
            support: capability.support,
            requests: capability.requests,
            why: capability.reason.to_string(),
        });
    }

    /// Shows the plan.
    pub(super) fn show(&self, out: &mut Output) -> Outcome {
        out.show(self)?;
        Ok(Exit::Done)
    }
}

impl Report for PlanReport {
    fn to_text(&self) -> String {
        if self.steps.is_empty() {
            let (command, store, subject) = (self.command, &self.store, &self.subject);
            return format!("{command} {store} {subject} would only be written down; nothing was");
        }
        let mut table = Table::new(["step", "operation", "how", "requests", "why"]);
        for step in &self.steps {
            table.row([
                step.step.into(),
                step.operation.to_string(),
                step.support.to_string(),
                step.requests.to_string(),
                step.why.clone(),
            ]);
        }
        format!(
            "{} {} {} would do this; nothing was sent\n{table}\n{} request(s) in the ordinary case, fewer where nothing is to be done\n",
            self.command, self.store, self.subject, self.requests
        )
    }
}
