//! Taking somebody out.

use serde::{Deserialize, Serialize};

use super::{Collaborator, ManualStep, Target};

/// A wish to take somebody out of a store.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RemoveRequest {
    /// Who goes.
    pub target: Target,
    /// What is taken from them.
    pub scope: RemovalScope,
    /// What the store looked like before we let them in, as far as it is known.
    pub baseline: Baseline,
    /// Whether the account is to be deleted also where a removal would leave it switched off.
    pub delete: bool,
    /// Whether the target may be an owner or a super-admin: somebody named them as such.
    pub allow_privileged: bool,
    /// The account as a look within this operation showed it. Saves the provider a second look.
    pub seen: Option<Box<Collaborator>>,
}

impl RemoveRequest {
    /// Takes somebody out of the store.
    #[must_use]
    pub fn new(target: Target) -> Self {
        Self {
            target,
            scope: RemovalScope::Store,
            baseline: Baseline::Unknown,
            delete: false,
            allow_privileged: false,
            seen: None,
        }
    }

    /// Takes more than this store away.
    #[must_use]
    pub fn with_scope(mut self, scope: RemovalScope) -> Self {
        self.scope = scope;
        self
    }

    /// Says what was there before us.
    #[must_use]
    pub fn with_baseline(mut self, baseline: Baseline) -> Self {
        self.baseline = baseline;
        self
    }

    /// Deletes the account also where a removal would leave it switched off.
    #[must_use]
    pub fn deleting(mut self) -> Self {
        self.delete = true;
        self
    }

    /// Allows the target to be an owner or a super-admin. Who can never be removed is refused all the same.
    #[must_use]
    pub fn allowing_privileged(mut self) -> Self {
        self.allow_privileged = true;
        self
    }

    /// Hands over what a fresh look showed.
    #[must_use]
    pub fn with_seen(mut self, account: Collaborator) -> Self {
        self.seen = Some(Box::new(account));
        self
    }
}

/// How much a removal takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum RemovalScope {
    /// Access to this store only.
    #[default]
    Store,
    /// Membership of the merchant's whole account, and so every store in it. Never a default.
    Account,
}

/// What an ordinary removal leaves of an account on a platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Remains {
    /// Nothing that lets anybody in: the store lists the account no more.
    #[default]
    Nothing,
    /// The account, switched off and with a new password, so that the store keeps its history and can be undone.
    DisabledAccount,
}

/// What a complete look showed of a subject before we first let them in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Baseline {
    /// They were not there: whatever is there now is ours.
    Absent,
    /// They were there already.
    Present,
    /// Nobody looked, or the look was incomplete.
    #[default]
    Unknown,
}

/// What one removal led to.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RemoveOutcome {
    /// The platform took it; whether it worked is for a look to say.
    Accepted {
        /// What a removal does not cover and somebody must look at, for example API tokens the person made.
        residual: Vec<ManualStep>,
    },
    /// Nothing was sent: a human must act.
    ActionRequired(ManualStep),
}
