//! What a human must do, as data.

use serde::{Deserialize, Serialize};

/// Work that only a human can do: who acts at each step, where, with which words, and how it will be checked.
///
/// A manual step is an outcome, not an error: it can be shown, sent, stored and checked later.
///
/// ```
/// use guestpass::{Actor, Instruction, Link, ManualStep, StepCheck};
///
/// let step = ManualStep::new("Set the role by hand", StepCheck::Observe("the permission list holds View_Orders".into()))
///     .then(Instruction::new(Actor::Merchant, "Open the user list").at(Link::verified("https://shop.example/users")))
///     .then(Instruction::new(Actor::Merchant, "Tick the permissions and save").ticking(["View_Orders"]));
/// assert!(step.to_string().contains("2. Merchant: Tick the permissions and save"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ManualStep {
    /// What is achieved, in a few words.
    pub title: String,
    /// Why no API does it.
    pub reason: String,
    /// What to do, in order.
    pub instructions: Vec<Instruction>,
    /// How guestpass will find out that it was done.
    pub check: StepCheck,
    /// A message ready to send to whoever must act, where somebody outside must.
    pub message: Option<Message>,
}

impl ManualStep {
    /// A step without instructions yet.
    #[must_use]
    pub fn new(title: impl Into<String>, check: StepCheck) -> Self {
        Self { title: title.into(), reason: String::new(), instructions: Vec::new(), check, message: None }
    }

    /// Says why no API does it.
    #[must_use]
    pub fn because(mut self, reason: impl Into<String>) -> Self {
        self.reason = reason.into();
        self
    }

    /// Adds the next instruction.
    #[must_use]
    pub fn then(mut self, instruction: Instruction) -> Self {
        self.instructions.push(instruction);
        self
    }

    /// Adds a message ready to send.
    #[must_use]
    pub fn with_message(mut self, message: Message) -> Self {
        self.message = Some(message);
        self
    }
}

impl std::fmt::Display for ManualStep {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{}", self.title)?;
        if !self.reason.is_empty() {
            writeln!(f, "  Why by hand: {}", self.reason)?;
        }
        for (number, instruction) in (1..).zip(&self.instructions) {
            writeln!(f, "  {number}. {}: {}", instruction.actor, instruction.text)?;
            if let Some(link) = &instruction.link {
                let mark = if link.verified { "" } else { " (address not verified)" };
                writeln!(f, "     {}{mark}", link.url)?;
            }
            if let Some(words) = &instruction.exact_words {
                writeln!(f, "     Enter exactly: {words}")?;
            }
            if !instruction.permissions.is_empty() {
                writeln!(f, "     Tick: {}", instruction.permissions.join(", "))?;
            }
        }
        write!(f, "  Check: {}", self.check)
    }
}

/// One thing that one person does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Instruction {
    /// Who does it.
    pub actor: Actor,
    /// What to do.
    pub text: String,
    /// Where.
    pub link: Option<Link>,
    /// What to enter, letter for letter.
    pub exact_words: Option<String>,
    /// Permissions to tick, as the platform writes them.
    pub permissions: Vec<String>,
}

impl Instruction {
    /// Somebody does something.
    #[must_use]
    pub fn new(actor: Actor, text: impl Into<String>) -> Self {
        Self { actor, text: text.into(), link: None, exact_words: None, permissions: Vec::new() }
    }

    /// Says where.
    #[must_use]
    pub fn at(mut self, link: Link) -> Self {
        self.link = Some(link);
        self
    }

    /// Says what to enter.
    #[must_use]
    pub fn entering(mut self, words: impl Into<String>) -> Self {
        self.exact_words = Some(words.into());
        self
    }

    /// Says what to tick.
    #[must_use]
    pub fn ticking(mut self, permissions: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.permissions = permissions.into_iter().map(Into::into).collect();
        self
    }
}

/// Who acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Actor {
    /// The store's owner or administrator.
    Merchant,
    /// Us: the support team, the agency, the vendor.
    Operator,
    /// The person who gets access.
    Person,
}

impl std::fmt::Display for Actor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Merchant => "Merchant",
            Self::Operator => "Operator",
            Self::Person => "Person",
        })
    }
}

/// Where to click.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Link {
    /// The address.
    pub url: String,
    /// Whether the platform itself gave or documents it. If not, it is our best guess.
    pub verified: bool,
}

impl Link {
    /// An address that the platform gave or documents.
    #[must_use]
    pub fn verified(url: impl Into<String>) -> Self {
        Self { url: url.into(), verified: true }
    }

    /// Our best guess.
    #[must_use]
    pub fn unverified(url: impl Into<String>) -> Self {
        Self { url: url.into(), verified: false }
    }
}

/// How guestpass finds out that a manual step was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum StepCheck {
    /// By reading the store; the text says what must be seen.
    Observe(String),
    /// The platform cannot be read: a human says so, and it is recorded as said.
    Attest(String),
}

impl std::fmt::Display for StepCheck {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Observe(what) => write!(f, "guestpass looks: {what}"),
            Self::Attest(what) => write!(f, "somebody must confirm: {what}"),
        }
    }
}

/// A message ready to send.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Message {
    /// The subject line.
    pub subject: String,
    /// The text.
    pub body: String,
}

impl Message {
    /// A message.
    #[must_use]
    pub fn new(subject: impl Into<String>, body: impl Into<String>) -> Self {
        Self { subject: subject.into(), body: body.into() }
    }
}
