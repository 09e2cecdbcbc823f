//! Steps that a human must take, and how a person gets in.

use guestpass::{AccessNote, ManualStep, StepCheck};
use serde::Serialize;

/// A manual step.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct StepView {
    pub(crate) title: String,
    reason: String,
    instructions: Vec<InstructionView>,
    check: CheckView,
    /// A message ready to send.
    message: Option<MessageView>,
    #[serde(skip)]
    text: String,
}

#[derive(Debug, Clone, Serialize)]
struct InstructionView {
    actor: String,
    text: String,
    link: Option<LinkView>,
    exact_words: Option<String>,
    permissions: Vec<String>,
}

#[derive(Debug, Clone, Serialize)]
struct LinkView {
    url: String,
    verified: bool,
}

#[derive(Debug, Clone, Serialize)]
struct CheckView {
    by: &'static str,
    text: String,
}

#[derive(Debug, Clone, Serialize)]
struct MessageView {
    subject: String,
    body: String,
}

impl From<&ManualStep> for StepView {
    fn from(step: &ManualStep) -> Self {
        let (by, text) = match &step.check {
            StepCheck::Observe(what) => ("observe", what.clone()),
            StepCheck::Attest(what) => ("attest", what.clone()),
            other => ("attest", other.to_string()),
        };
        let instructions = step.instructions.iter().map(|instruction| InstructionView {
            actor: instruction.actor.to_string().to_lowercase(),
            text: instruction.text.clone(),
            link: instruction
                .link
                .as_ref()
                .map(|link| LinkView { url: link.url.clone(), verified: link.verified }),
            exact_words: instruction.exact_words.clone(),
            permissions: instruction.permissions.clone(),
        });
        let message = step
            .message
            .as_ref()
            .map(|message| MessageView { subject: message.subject.clone(), body: message.body.clone() });
        Self {
            title: step.title.clone(),
            reason: step.reason.clone(),
            instructions: instructions.collect(),
            check: CheckView { by, text },
            message,
            text: step.to_string(),
        }
    }
}

impl StepView {
    /// The step, and the message between two rules so that it can be copied.
    pub(crate) fn to_text(&self) -> String {
        let Some(message) = &self.message else { return self.text.clone() };
        let rule = "-".repeat(72);
        format!(
            "{}\n\nReady to send:\n{rule}\nSubject: {}\n\n{}\n{rule}",
            self.text, message.subject, message.body
        )
    }
}

/// Steps below a heading; nothing when there are none.
pub(crate) fn paragraphs(heading: &str, steps: &[StepView]) -> String {
    if steps.is_empty() {
        return String::new();
    }
    let texts: Vec<_> = steps.iter().map(StepView::to_text).collect();
    format!("\n{heading}\n{}\n", texts.join("\n"))
}

/// How a person gets in.
#[derive(Debug, Serialize)]
pub(crate) struct AccessView {
    login_url: Option<String>,
    login: String,
    steps: Vec<String>,
}

impl From<&AccessNote> for AccessView {
    fn from(note: &AccessNote) -> Self {
        Self { login_url: note.login_url.clone(), login: note.login.clone(), steps: note.steps.clone() }
    }
}

impl AccessView {
    pub(crate) fn to_text(&self) -> String {
        let place = self.login_url.as_ref().map(|url| format!(" at {url}")).unwrap_or_default();
        let mut text = format!("\nHow they get in: sign in as {}{place}\n", self.login);
        for (number, step) in (1..).zip(&self.steps) {
            text.push_str(&format!("  {number}. {step}\n"));
        }
        text
    }
}
