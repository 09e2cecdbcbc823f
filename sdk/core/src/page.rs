//! Listings: pages, cursors, and a pager that can be resumed.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use futures_util::stream::{self, BoxStream, StreamExt, TryStreamExt};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::call::CallContext;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{AccountId, Collaborator, Email, Evidence, KnownPerson, ProviderId, RoleId, StoreHandle};
use crate::provider::AccessProvider;

const LONGEST_CURSOR: usize = 16 * 1024;

/// What to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ListQuery {
    /// Read the platform now, even where a listing of a moment ago would do.
    pub fresh: bool,
    /// People of ours. Where a platform does not tell addresses, accounts known to be theirs get them from here; where it
    /// does not list invitations, pending ones are listed from the state that was kept of them.
    pub known: Vec<KnownPerson>,
    /// Roles to look for, where a platform tells only who has a given role.
    pub roles: Vec<RoleId>,
}

impl ListQuery {
    /// Everybody, from a listing of a moment ago where the provider keeps one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Everybody, read now.
    #[must_use]
    pub fn fresh() -> Self {
        Self { fresh: true, ..Self::default() }
    }

    /// Says who may be among the accounts.
    #[must_use]
    pub fn with_known(mut self, people: impl IntoIterator<Item = KnownPerson>) -> Self {
        self.known = people.into_iter().collect();
        self
    }

    /// Says which roles to look for.
    #[must_use]
    pub fn with_roles(mut self, roles: impl IntoIterator<Item = RoleId>) -> Self {
        self.roles = roles.into_iter().collect();
        self
    }

    /// The address of an account that the platform does not tell, if we know whose it is.
    #[must_use]
    pub fn known_email(&self, account: &AccountId) -> Option<&Email> {
        self.known.iter().find(|person| person.account.as_ref() == Some(account))?.emails.first()
    }
}

/// A place in a listing. Opaque, can be stored, belongs to one store on one platform.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cursor(String);

#[derive(Serialize, Deserialize)]
struct Place<P, S> {
    p: P,
    s: P,
    at: S,
}

impl Cursor {
    /// A cursor that holds what the provider needs to go on.
    ///
    /// # Errors
    /// [`ErrorKind::Internal`] when the place cannot be written as JSON.
    pub fn new(provider: &ProviderId, store: &StoreHandle, at: &impl Serialize) -> Result<Self> {
        let place = Place { p: provider.as_str(), s: store.as_str(), at };
        serde_json::to_string(&place).map(Self).map_err(|error| {
            Error::new(ErrorKind::Internal, "a cursor could not be written").with_source(error)
        })
    }

    /// What the provider put in.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`] when the cursor is of another store or platform, or was altered.
    pub fn open<S: DeserializeOwned>(&self, provider: &ProviderId, store: &StoreHandle) -> Result<S> {
        let foreign = || {
            Error::new(ErrorKind::InvalidRequest, "this cursor is not of this listing")
                .with_remedy("start the listing again without a cursor")
        };
        if self.0.len() > LONGEST_CURSOR {
            return Err(foreign());
        }
        let place: Place<String, S> =
            serde_json::from_str(&self.0).map_err(|error| foreign().with_source(error))?;
        if place.p != provider.as_str() || place.s != store.as_str() {
            return Err(foreign());
        }
        Ok(place.at)
    }

    fn fingerprint(&self) -> u64 {
        fingerprint(&self.0)
    }
}

/// One page of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Page<T> {
    /// What is on it; may be empty in the middle of a listing.
    pub items: Vec<T>,
    /// What comes after it.
    pub end: PageEnd,
    /// How and when it was read.
    pub evidence: Evidence,
}

impl<T> Page<T> {
    /// A page.
    #[must_use]
    pub fn new(items: Vec<T>, end: PageEnd, evidence: Evidence) -> Self {
        Self { items, end, evidence }
    }
}

/// What comes after a page.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PageEnd {
    /// More, from here.
    More(Cursor),
    /// Nothing: everything was listed.
    Complete,
    /// Nothing, but not everything could be listed, for this reason. Proves nobody's absence.
    Incomplete(String),
}

/// Reads a listing page by page, and can be resumed.
///
/// It reads nothing before it is asked, goes on past empty pages, drops accounts that it has given out already, and ends
/// with an error when a cursor comes back or the listing turns out incomplete.
#[derive(Debug)]
pub struct Pager<'a, P: ?Sized> {
    provider: &'a P,
    query: ListQuery,
    cx: &'a CallContext,
    current: Option<Cursor>,
    previous: Option<Cursor>,
    finished: bool,
    cursors: HashSet<u64>,
    accounts: HashSet<u64>,
    evidence: Option<Evidence>,
}

impl<'a, P: AccessProvider + ?Sized> Pager<'a, P> {
    /// A pager from the beginning, or from where another one stopped.
    #[must_use]
    pub fn new(provider: &'a P, query: ListQuery, from: Option<Cursor>, cx: &'a CallContext) -> Self {
        Self {
            provider,
            query,
            cx,
            previous: from.clone(),
            current: from,
            finished: false,
            cursors: HashSet::new(),
            accounts: HashSet::new(),
            evidence: None,
        }
    }

    /// How the pages so far were read: since when, how many, and whether the listing is complete by now. `None` before
    /// the first one.
    #[must_use]
    pub fn evidence(&self) -> Option<&Evidence> {
        self.evidence.as_ref()
    }

    /// Where to go on after an interruption: one page behind, so that a resumed listing may repeat but never skips.
    #[must_use]
    pub fn resume_from(&self) -> Option<&Cursor> {
        self.previous.as_ref()
    }

    /// The accounts of the next page that were not given out before; `None` at the end of a complete listing.
    ///
    /// # Errors
    /// What [`list_page`](AccessProvider::list_page) gives; [`ErrorKind::Protocol`] when the listing runs in a circle
    /// or ends incomplete.
    pub async fn next_page(&mut self) -> Result<Option<Vec<Collaborator>>> {
        if self.finished {
            return Ok(None);
        }
        let page = match self.provider.list_page(&self.query, self.current.as_ref(), self.cx).await {
            Ok(page) => page,
            Err(error) => {
                self.finished = true;
                return Err(error);
            }
        };
        self.see(page.evidence);
        match page.end {
            PageEnd::More(cursor) => self.move_to(cursor)?,
            PageEnd::Complete => self.finished = true,
            PageEnd::Incomplete(reason) => {
                self.finished = true;
                return Err(self.fault(format!("the listing is incomplete: {reason}")));
            }
        }
        let accounts = &mut self.accounts;
        let fresh = page.items.into_iter().filter(|item| accounts.insert(fingerprint(&item.id))).collect();
        Ok(Some(fresh))
    }

    fn see(&mut self, page: Evidence) {
        match &mut self.evidence {
            None => self.evidence = Some(page),
            Some(known) => {
                known.began_at = known.began_at.min(page.began_at);
                known.pages = known.pages.saturating_add(page.pages);
                known.complete = page.complete;
                known.request_ids.extend(page.request_ids);
            }
        }
    }

    fn move_to(&mut self, cursor: Cursor) -> Result<()> {
        if !self.cursors.insert(cursor.fingerprint()) {
            self.finished = true;
            return Err(self.fault("the listing runs in a circle: a cursor came back".into()));
        }
        self.previous = self.current.replace(cursor);
        Ok(())
    }

    fn fault(&self, message: String) -> Error {
        let connection = self.provider.connection();
        Error::new(ErrorKind::Protocol, message)
            .with_remedy("list again; if it stays so, tell the platform's support")
            .at(connection.provider(), connection.store())
    }

    /// The rest of the listing as a stream that holds one page at a time.
    #[must_use]
    pub fn into_stream(self) -> BoxStream<'a, Result<Collaborator>> {
        stream::try_unfold(self, |mut pager| async move {
            let page = pager.next_page().await?;
            Ok::<_, Error>(page.map(|items| (stream::iter(items.into_iter().map(Ok)), pager)))
        })
        .try_flatten()
        .boxed()
    }
}

fn fingerprint(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
