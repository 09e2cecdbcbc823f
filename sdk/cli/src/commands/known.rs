//! People and stores of the configuration, and those of which only the ledger still knows.

use std::collections::BTreeSet;

use guestpass::grants::{GrantQuery, Ledger};
use guestpass::{Email, Error, ErrorKind, PersonHandle, Result, StoreHandle};

use crate::session::Session;

const PAGE: u32 = 500;

/// Somebody of ours, or somebody who was: a handle, or an address of theirs.
pub(super) async fn person(text: &str, session: &Session, ledger: &dyn Ledger) -> Result<PersonHandle> {
    let unknown = match session.config().colleague(text) {
        Ok(person) => return Ok(person.handle.clone()),
        Err(unknown) => unknown,
    };
    if let Ok(handle) = PersonHandle::new(text) {
        if ledger.person(&handle).await?.and_then(|record| record.to_person()).is_some() {
            return Ok(handle);
        }
        if has_grants(&handle, ledger).await? {
            return Err(erased(&handle));
        }
    }
    match Email::new(text) {
        Ok(email) => by_address(&email, ledger).await?.ok_or(unknown),
        Err(_) => Err(unknown),
    }
}

/// A store of the configuration, or one that left it and is in the ledger.
pub(super) async fn store(text: &str, session: &Session, ledger: &dyn Ledger) -> Result<StoreHandle> {
    let unknown = match session.config().store(text) {
        Ok(_) => return StoreHandle::new(text),
        Err(unknown) => unknown,
    };
    let left = left(session, ledger).await?;
    left.into_iter().find(|store| store.as_str() == text).ok_or(unknown)
}

/// The stores that left the configuration: whatever ever happened on a store is in its chain.
pub(super) async fn left(session: &Session, ledger: &dyn Ledger) -> Result<Vec<StoreHandle>> {
    let heads = ledger.heads().await?.into_iter();
    Ok(heads.map(|head| head.store).filter(|store| session.config().store(store.as_str()).is_err()).collect())
}

async fn has_grants(handle: &PersonHandle, ledger: &dyn Ledger) -> Result<bool> {
    let mut query = GrantQuery::new();
    query.person = Some(handle.clone());
    Ok(!ledger.grants(&query, None, 1).await?.is_empty())
}

fn erased(handle: &PersonHandle) -> Error {
    let problem =
        format!("{handle} is not in the configuration, and the ledger knows no address of theirs (any more)");
    Error::new(ErrorKind::InvalidRequest, problem)
        .with_remedy(format!("see what is kept of them: guestpass grants --person {handle} --all"))
}

/// Whose address it is, among all who ever had a grant. The ledger keeps addresses apart and cannot be asked for one.
async fn by_address(email: &Email, ledger: &dyn Ledger) -> Result<Option<PersonHandle>> {
    let mut asked = BTreeSet::new();
    let mut after = None;
    loop {
        let page = ledger.grants(&GrantQuery::new(), after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(None) };
        after = Some(last.id);
        for grant in page {
            if !asked.insert(grant.person.clone()) {
                continue;
            }
            let kept = ledger.person(&grant.person).await?.and_then(|record| record.to_person());
            let is_theirs = kept.is_some_and(|person| {
                std::iter::once(&person.email).chain(&person.other_emails).any(|own| own.same_mailbox(email))
            });
            if is_theirs {
                return Ok(Some(grant.person));
            }
        }
    }
}
