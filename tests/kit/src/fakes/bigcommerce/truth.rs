//! Ground truth: what is really so, whatever the API shows at the moment.

use guestpass::Timestamp;
use serde::Serialize;

use super::state::{Store, World};
use crate::fakes::ground::same_email;

/// A user of a store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FakeUser {
    /// The id, `bc/account/user/{number}`.
    pub id: String,
    /// The e-mail, as it was first written.
    pub email: String,
    /// First name.
    pub first: String,
    /// Last name.
    pub last: String,
    /// Permission names, duplicates included.
    pub permissions: Vec<String>,
    /// When the person last signed in.
    pub last_login: Option<Timestamp>,
    /// The status; the platform only ever shows `ACTIVE`.
    pub status: String,
    /// Whether the store is theirs.
    pub owner: bool,
}

pub(super) fn users(store: &Store, world: &World) -> Vec<FakeUser> {
    store
        .members
        .iter()
        .filter(|member| member.seat.taken())
        .filter_map(|member| {
            let person = world.person_by_number(member.seat.person)?;
            Some(FakeUser {
                id: person.id(),
                email: person.email.clone(),
                first: person.first.clone(),
                last: person.last.clone(),
                permissions: member.permissions.clone(),
                last_login: member.last_login,
                status: member.status.clone(),
                owner: person.number == store.owner,
            })
        })
        .collect()
}

pub(super) fn is_member(store: &Store, world: &World, email: &str) -> bool {
    users(store, world).iter().any(|user| same_email(&user.email, email))
}
