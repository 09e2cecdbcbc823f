//! What a member of a stall is in the vocabulary of guestpass.

use guestpass::{
    AccessState, AccountId, AccountKind, Collaborator, Email, Error, ErrorKind, Result, Status, Told,
};

use crate::roles::{OWNER, is_privileged};
use crate::wire::Member;

pub(crate) fn accounts(members: Vec<Member>) -> Result<Vec<Collaborator>> {
    members.into_iter().map(account).collect()
}

pub(crate) fn account(member: Member) -> Result<Collaborator> {
    let id = AccountId::new(member.id).map_err(|error| {
        Error::new(ErrorKind::Protocol, "the platform listed a member without a usable id").with_source(error)
    })?;
    let mut account = Collaborator::new(id, status(member.status.as_deref()));
    account.email = member.email.and_then(|email| Email::new(email).ok()).map_or(Told::NotTold, Told::Known);
    let seen = member.last_seen.and_then(|at| at.parse().ok());
    account.last_login = seen.map_or(Told::NotTold, |at| Told::Known(Some(at)));
    if let Some(role) = member.role {
        account.kind =
            Told::Known(if role == OWNER { AccountKind::Owner } else { AccountKind::Collaborator });
        account.privileged = Some(role.clone()).filter(|role| is_privileged(role)).into_iter().collect();
        account.roles = Told::Known(vec![role]);
    }
    Ok(account)
}

/// A value that we do not know is never taken for "no access".
fn status(text: Option<&str>) -> Status {
    match text {
        Some("invited") => Status::Pending,
        Some("active") => Status::Active,
        other => Status::Unknown(other.unwrap_or_default().chars().take(40).collect()),
    }
}

pub(crate) fn state_of(account: Collaborator) -> AccessState {
    let account = Box::new(account);
    match account.status {
        Status::Pending => AccessState::Invited { account: Some(account) },
        _ => AccessState::Present { account },
    }
}

pub(crate) fn is_owner(account: &Collaborator) -> bool {
    account.kind == Told::Known(AccountKind::Owner)
}
