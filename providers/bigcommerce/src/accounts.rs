//! What a user of a store is in the vocabulary of guestpass.

use guestpass::{
    AccessState, AccountId, AccountKind, Collaborator, Email, Error, ErrorKind, Result, Status, Timestamp,
    Told,
};

use crate::permissions::{meaningful, privileged};
use crate::wire::{Presence, User};

pub(crate) fn state_of(account: Collaborator) -> AccessState {
    let account = Box::new(account);
    match account.status {
        Status::Pending => AccessState::Invited { account: Some(account) },
        Status::Suspended => AccessState::Suspended { account },
        _ => AccessState::Present { account },
    }
}

pub(crate) fn accounts(users: Vec<User>, owner: Option<&str>) -> Result<Vec<Collaborator>> {
    users.into_iter().map(|user| account(user, owner)).collect()
}

fn account(user: User, owner: Option<&str>) -> Result<Collaborator> {
    let id = AccountId::new(user.id.clone()).map_err(|error| {
        Error::new(ErrorKind::Protocol, "the platform listed a user without a usable id").with_source(error)
    })?;
    let mut account = Collaborator::new(id, status(&user));
    let address = user.email.as_deref();
    account.kind = match (owner, address) {
        (Some(owner), Some(address)) if same_address(owner, address) => Told::Known(AccountKind::Owner),
        (Some(_), Some(_)) => Told::Known(AccountKind::Staff),
        _ => Told::NotTold,
    };
    account.email = address.and_then(|address| Email::new(address).ok()).map_or(Told::NotTold, Told::Known);
    let names: Vec<_> =
        [user.first_name, user.last_name].into_iter().flatten().filter(|n| !n.is_empty()).collect();
    account.name = if names.is_empty() { Told::NotTold } else { Told::Known(names.join(" ")) };
    if let Some(permissions) = user.permissions {
        let permissions = meaningful(permissions);
        account.privileged = privileged(&permissions);
        account.permissions = Told::Known(permissions);
    }
    account.last_login = match user.last_login_at {
        Presence::LeftOut => Told::NotTold,
        Presence::Null => Told::Known(None),
        Presence::Value(text) => text.parse::<Timestamp>().map_or(Told::NotTold, |at| Told::Known(Some(at))),
    };
    Ok(account)
}

/// Whether a user can get in. Only `ACTIVE` is documented, the control panel knows inactive users too, and a pending one
/// can only be guessed from never having signed in. A value that we do not know is never taken for "no access".
fn status(user: &User) -> Status {
    match user.status.as_deref().map(str::to_ascii_uppercase).as_deref() {
        None | Some("ACTIVE") if user.last_login_at == Presence::Null => Status::Pending,
        None | Some("ACTIVE") => Status::Active,
        Some("INVITED" | "PENDING") => Status::Pending,
        Some("INACTIVE" | "DISABLED") => Status::Suspended,
        Some(_) => Status::Unknown(user.status.clone().unwrap_or_default().chars().take(40).collect()),
    }
}

/// Whether two addresses are the same, as the platform looks people up.
pub(crate) fn same_address(a: &str, b: &str) -> bool {
    a.to_lowercase() == b.to_lowercase()
}
