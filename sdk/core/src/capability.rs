//! What a connection can do, declared instead of discovered by failing.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use crate::error::{Error, ErrorKind, Result};

/// An operation of [`AccessProvider`](crate::AccessProvider), as capabilities name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Operation {
    /// Is the control credential alive, and for which store.
    Check,
    /// Which roles exist.
    ListRoles,
    /// Who is inside.
    List,
    /// Is this one inside.
    Observe,
    /// Is an invitation of this one pending. Where it is not possible, an invitation is known from its answer alone.
    ObserveInvitation,
    /// Let somebody in.
    Invite,
    /// Give the wanted role together with the invitation.
    AssignRole,
    /// Take somebody out.
    Remove,
    /// Send an invitation once more.
    Resend,
    /// Take back an invitation.
    CancelInvitation,
    /// Give another role.
    SetRole,
    /// Switch an account on or off.
    SetActive,
    /// Give an account a new password, told once.
    ResetPassword,
    /// Give a program a limited token for a while.
    GrantApiAccess,
    /// Replace API credentials.
    RotateCredentials,
}

impl Operation {
    /// Every operation, in the order tables show them.
    pub const ALL: [Self; 15] = [
        Self::Check,
        Self::ListRoles,
        Self::List,
        Self::Observe,
        Self::ObserveInvitation,
        Self::Invite,
        Self::AssignRole,
        Self::Remove,
        Self::Resend,
        Self::CancelInvitation,
        Self::SetRole,
        Self::SetActive,
        Self::ResetPassword,
        Self::GrantApiAccess,
        Self::RotateCredentials,
    ];
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Check => "check",
            Self::ListRoles => "list roles",
            Self::List => "list",
            Self::Observe => "observe",
            Self::ObserveInvitation => "observe invitation",
            Self::Invite => "invite",
            Self::AssignRole => "assign role",
            Self::Remove => "remove",
            Self::Resend => "resend invitation",
            Self::CancelInvitation => "cancel invitation",
            Self::SetRole => "set role",
            Self::SetActive => "suspend or resume",
            Self::ResetPassword => "reset password",
            Self::GrantApiAccess => "grant API access",
            Self::RotateCredentials => "rotate credentials",
        })
    }
}

/// How an operation is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Support {
    /// By one vendor call.
    Native,
    /// By several vendor calls.
    Emulated,
    /// By a human; guestpass says how.
    Manual,
    /// Not at all.
    Unsupported,
}

impl fmt::Display for Support {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Native => "native",
            Self::Emulated => "emulated",
            Self::Manual => "manual",
            Self::Unsupported => "unsupported",
        })
    }
}

/// What is said about one operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Capability {
    /// How it is done.
    pub support: Support,
    /// Why so, in one clause.
    pub reason: Cow<'static, str>,
    /// What only a check of the live store can show, if anything: plan, scopes.
    pub unproven: Option<Cow<'static, str>>,
    /// How many requests it takes from the scarcest budget in the ordinary case.
    pub requests: u32,
}

impl Capability {
    /// An operation done this way, for this reason, without requests.
    #[must_use]
    pub fn new(support: Support, reason: impl Into<Cow<'static, str>>) -> Self {
        Self { support, reason: reason.into(), unproven: None, requests: 0 }
    }

    /// Takes so many requests from the scarcest budget.
    #[must_use]
    pub fn costing(mut self, requests: u32) -> Self {
        self.requests = requests;
        self
    }

    /// Depends on something that only the live store can show.
    #[must_use]
    pub fn unproven(mut self, what: impl Into<Cow<'static, str>>) -> Self {
        self.unproven = Some(what.into());
        self
    }
}

/// What a connection can do. Every operation has an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Capabilities {
    entries: BTreeMap<Operation, Capability>,
}

impl Capabilities {
    /// Builds the table; operations without an entry are unsupported, "not offered by this provider".
    #[must_use]
    pub fn new(entries: impl IntoIterator<Item = (Operation, Capability)>) -> Self {
        let mut all: BTreeMap<_, _> = Operation::ALL
            .into_iter()
            .map(|operation| {
                (operation, Capability::new(Support::Unsupported, "not offered by this provider"))
            })
            .collect();
        all.extend(entries);
        Self { entries: all }
    }

    /// What is said about one operation.
    #[must_use]
    pub fn get(&self, operation: Operation) -> Capability {
        self.entries
            .get(&operation)
            .cloned()
            .unwrap_or_else(|| Capability::new(Support::Unsupported, "not offered by this provider"))
    }

    /// How one operation is done.
    #[must_use]
    pub fn support(&self, operation: Operation) -> Support {
        self.get(operation).support
    }

    /// Every operation with what is said about it.
    pub fn iter(&self) -> impl Iterator<Item = (Operation, &Capability)> {
        self.entries.iter().map(|(operation, capability)| (*operation, capability))
    }

    /// Refuses an operation that cannot be done at all. To be called before any request.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] with the reason.
    pub fn require(&self, operation: Operation) -> Result<()> {
        let capability = self.get(operation);
        if capability.support == Support::Unsupported {
            return Err(Error::new(
                ErrorKind::Unsupported,
                format!("`{operation}` is not possible here: {}", capability.reason),
            ));
        }
        Ok(())
    }
}
