//! An account as the store lists it.

use serde::{Serialize, Serializer};

use super::{AccountId, Email};
use crate::Timestamp;

/// Something a platform either tells or does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Told<T> {
    /// The platform said so.
    Known(T),
    /// The platform does not say, which is different from "no".
    #[default]
    NotTold,
}

impl<T> Told<T> {
    /// The value, if the platform told it.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::NotTold => None,
        }
    }
}

/// Serializes as the value, or as the word `"not_told"`.
impl<T: Serialize> Serialize for Told<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Known(value) => value.serialize(serializer),
            Self::NotTold => serializer.serialize_str("not_told"),
        }
    }
}

/// An account as the store lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Collaborator {
    /// The platform's id of the account; accounts are told apart by this alone.
    pub id: AccountId,
    /// The address.
    pub email: Told<Email>,
    /// The full name.
    pub name: Told<String>,
    /// What kind of account it is.
    pub kind: Told<AccountKind>,
    /// Whether it can get in.
    pub status: Status,
    /// Whether the platform itself showed it. If not, it is known only from what was kept, for example of an invitation
    /// that the platform lists nowhere.
    pub confirmed: bool,
    /// Roles, by the platform's name or id.
    pub roles: Told<Vec<String>>,
    /// Single permissions, as the platform writes them.
    pub permissions: Told<Vec<String>>,
    /// The permissions among them that let somebody grant access, move money or take data out.
    pub privileged: Vec<String>,
    /// The last sign-in in UTC; `Known(None)` means never.
    pub last_login: Told<Option<Timestamp>>,
    /// Whether a second factor is switched on.
    pub second_factor: Told<bool>,
}

impl Collaborator {
    /// An account of which only id and status are known.
    #[must_use]
    pub fn new(id: AccountId, status: Status) -> Self {
        Self {
            id,
            email: Told::NotTold,
            name: Told::NotTold,
            kind: Told::NotTold,
            status,
            confirmed: true,
            roles: Told::NotTold,
            permissions: Told::NotTold,
            privileged: Vec::new(),
            last_login: Told::NotTold,
            second_factor: Told::NotTold,
        }
    }
}

/// What kind of account it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AccountKind {
    /// The store belongs to them.
    Owner,
    /// Somebody of the merchant's, or anybody else with an ordinary account.
    Staff,
    /// An outsider whom the platform itself marks as such.
    Collaborator,
    /// A machine's account.
    Service,
}

/// Whether an account can get in.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Status {
    /// It can.
    Active,
    /// It is switched off, and can be switched on again.
    Suspended,
    /// It was offered and not yet used.
    Pending,
    /// A value we do not know, as the platform wrote it. Never taken for "no access".
    Unknown(String),
}
