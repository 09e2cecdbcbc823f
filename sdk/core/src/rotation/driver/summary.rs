//! A rotation in words: what is live, and what comes next.

use crate::rotation::{HumanPart, Rotation, Stage, WaitsFor};

impl Rotation {
    /// What is live and what comes next, in one or two sentences for people.
    #[must_use]
    pub fn summary(&self) -> String {
        let next = self.next();
        if next.is_empty() { self.live().to_owned() } else { format!("{} {next}", self.live()) }
    }

    fn live(&self) -> &'static str {
        let has_old = self.old.is_some();
        match self.stage {
            Stage::Issuing if self.in_place => {
                "A new credential was asked for, and may exist; the one in use ends when it does."
            }
            Stage::Issued | Stage::Staged | Stage::Verified if self.in_place => {
                "There is a new credential, and the one before it has ended; the new one is not in its place yet."
            }
            Stage::Promoting if self.in_place => {
                "The new credential is in some of its sinks; the one before it has ended."
            }
            Stage::Promoted | Stage::Retiring if self.in_place && has_old => {
                "The new credential is in its place; the one before it ended when it was made."
            }
            Stage::Planned if self.orphans.iter().any(|orphan| !orphan.fate.is_settled()) => {
                "The credential in use is as it was; one that got lost on the way is still to be ended."
            }
            Stage::Planned => "The credential in use is as it was, and nothing new was made.",
            Stage::Issuing => "The credential in use is as it was; a new one was asked for and may exist.",
            Stage::Issued => {
                "The credential in use is as it was; there is a new one, not yet safe in every sink."
            }
            Stage::Staged => {
                "The credential in use is as it was; the new one is safe beside it, and not yet tried."
            }
            Stage::Verified => {
                "The credential in use is as it was; the new one was tried, and is not in its place yet."
            }
            Stage::Promoting => "Both credentials live; the new one is in its place in some sinks.",
            Stage::Promoted if has_old => "The new credential is in its place; the old one lives beside it.",
            Stage::Retiring if has_old => "The new credential is in its place; the old one is being ended.",
            Stage::Promoted | Stage::Retiring => {
                "The new credential is in its place; there was none before it."
            }
            Stage::Done => {
                "The new credential is in its place, and whatever was before it is dead or dies at a known time."
            }
            Stage::Aborting => {
                "It was given up: the credential in use is as it was, and what was made is being ended."
            }
            Stage::Aborted => "It was given up: the credential in use is as it was.",
        }
    }

    fn next(&self) -> String {
        if self.stage.is_over() {
            return String::new();
        }
        let waits = match &self.waits_for {
            Some(WaitsFor::Person { part, step }) => format!("{}: {}.", part.waits(), step.title),
            Some(WaitsFor::Time { until, why }) => format!("It waits until {until}: {why}."),
            None => String::new(),
        };
        if let Some(trouble) = &self.trouble {
            let again = self.due_at.map(|due| format!(" It is tried again at {due}.")).unwrap_or_default();
            let told = format!("In its way: {}.{again} {waits}", trouble.reason);
            return told.trim_end().to_owned();
        }
        if waits.is_empty() { format!("Next: {}.", self.stage.next()) } else { waits }
    }
}

impl HumanPart {
    fn waits(self) -> &'static str {
        match self {
            Self::Issue => "It waits for a new credential that a person makes and hands in",
            Self::CarryOver => "It waits for a person to take something along",
            Self::Retire => "It waits for a person to end the old one",
            Self::CleanUp => "It waits for a person to end what is not used",
        }
    }
}

impl Stage {
    fn next(self) -> &'static str {
        match self {
            Self::Planned => "a new one is made",
            Self::Issuing => "it is looked for at the platform",
            Self::Issued => "its secret goes into every sink",
            Self::Staged => "it is tried",
            Self::Verified | Self::Promoting => "it is put in its place in every sink",
            Self::Promoted => "what depends on the old one is taken along, and the old one is ended",
            Self::Retiring => "it is seen whether the old one is dead",
            Self::Aborting => "it is seen whether what was made is dead",
            Self::Done | Self::Aborted => "nothing",
        }
    }
}
