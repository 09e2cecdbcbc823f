//! Who may enter a store: the nested listing of stores and users, read completely or not believed.

use std::collections::HashSet;

use guestpass::{CallContext, Error, ErrorKind, Evidence, Result, Timestamp};

use crate::client::{AccountApi, Slice};
use crate::snapshot::{Listing, Snapshots, View};
use crate::wire::{Store, StoreConnection, User, UserConnection};

/// How many stores and users are asked for at once, and in which steps less is asked for when the platform refuses.
///
/// Fields times page sizes stay well below the platform's complexity limit of 10,000. Neither the page sizes of this API
/// are documented (the sibling billing queries allow 50) nor how a query that is too costly is refused.
const SIZES: [(u32, u32); 3] = [(10, 50), (4, 20), (1, 10)];
/// More pages than any real account has; ends a listing that never ends.
const MOST_PAGES: u32 = 400;

/// A store of the account, as a reading found it.
#[derive(Debug)]
pub(crate) struct Roster {
    /// The platform's id of the store, to be passed back verbatim.
    pub(crate) store_id: String,
    pub(crate) users: Vec<User>,
    pub(crate) evidence: Evidence,
    /// Why it is not complete, if it is not.
    pub(crate) gap: Option<String>,
}

/// A place within the users of one store: the store itself is found behind the cursor of the store before it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Place {
    pub(crate) before_store: Option<String>,
    pub(crate) after_user: String,
    /// How many different users were on the pages so far.
    pub(crate) counted: u64,
    /// The users of the page before, because a page may repeat what the former one ended with.
    pub(crate) last: Vec<String>,
}

/// One page of a store's users.
#[derive(Debug)]
pub(crate) struct UsersPage {
    pub(crate) store_id: String,
    pub(crate) users: Vec<User>,
    pub(crate) next: Next,
    pub(crate) total: Option<u64>,
    before_store: Option<String>,
}

/// What comes after a page of users.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// More, behind this cursor.
    More(String),
    /// Nothing.
    End,
    /// More, but the platform does not say where.
    Unreachable,
}

/// Reads one account, for one store, keeping what it sees of the others.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    pub(crate) api: &'a AccountApi,
    pub(crate) store_hash: &'a str,
    pub(crate) snapshots: &'a Snapshots,
    pub(crate) view: View,
    pub(crate) cx: &'a CallContext,
}

impl Reader<'_> {
    /// Reads all users of the store. Numbers that do not add up are read once more; if they still do not, the roster
    /// has a gap.
    pub(crate) async fn roster(&self) -> Result<Roster> {
        let first = self.read_once().await?;
        if first.gap.is_none() {
            return Ok(first);
        }
        let mut second = self.read_once().await?;
        second.evidence.pages += first.evidence.pages;
        second.evidence.began_at = first.evidence.began_at;
        Ok(second)
    }

    /// The users of the store from a reading of the whole account that began then or later; if there is none, the whole
    /// account is read now, so that the next store of it finds one. A store whose users are more than the reading holds
    /// is read by itself.
    pub(crate) async fn shared_roster(&self, since: Timestamp) -> Result<Roster> {
        if let Some(roster) = self.kept_roster(since) {
            return Ok(roster);
        }
        self.read_account().await?;
        match self.kept_roster(since) {
            Some(roster) => Ok(roster),
            None => self.roster().await,
        }
    }

    fn kept_roster(&self, since: Timestamp) -> Option<Roster> {
        let listing = self.snapshots.since(self.view, self.store_hash, since)?;
        let Listing { store_id, users, evidence, .. } = listing;
        Some(Roster { store_id, users, evidence, gap: None })
    }

    /// Reads all stores of the account, and keeps what is complete.
    async fn read_account(&self) -> Result<()> {
        let mut evidence = Evidence::begun(self.cx.clock().now());
        let began = self.snapshots.generation(self.view.account());
        let mut slice = Slice { stores: 0, after_store: None, users: 0, after_user: None };
        let mut cursors = HashSet::new();
        loop {
            let stores = self.page(slice.clone(), &mut evidence).await?;
            self.keep_complete(&stores, &evidence, began);
            let end = stores.page_info.end_cursor.filter(|_| stores.page_info.has_next_page);
            match end {
                Some(cursor) if cursors.insert(cursor.clone()) => slice.after_store = Some(cursor),
                _ => return Ok(()),
            }
        }
    }

    async fn read_once(&self) -> Result<Roster> {
        let mut evidence = Evidence::begun(self.cx.clock().now());
        let mut page = self.find_store(&mut evidence).await?;
        let (store_id, total, before) = (page.store_id.clone(), page.total, page.before_store.clone());
        let mut users = Vec::new();
        let (mut ids, mut cursors) = (HashSet::new(), HashSet::new());
        let gap = loop {
            users.extend(page.users.into_iter().filter(|user| ids.insert(user.id.clone())));
            let cursor = match page.next {
                Next::End => break miscount(users.len() as u64, total),
                Next::Unreachable => break Some("a page has no cursor to the next".to_owned()),
                Next::More(cursor) => cursor,
            };
            if !cursors.insert(cursor.clone()) {
                break Some("a cursor of the user list came back".to_owned());
            }
            page = match self.users_behind(before.clone(), &cursor, &mut evidence).await? {
                Some(page) => page,
                None => break Some("the store list changed while it was read".to_owned()),
            };
        };
        evidence.complete = gap.is_none();
        Ok(Roster { store_id, users, evidence, gap })
    }

    /// Goes through the account's stores until ours comes; what is complete of the others is kept for their listings.
    pub(crate) async fn find_store(&self, evidence: &mut Evidence) -> Result<UsersPage> {
        let began = self.snapshots.generation(self.view.account());
        let mut slice = Slice { stores: 0, after_store: None, users: 0, after_user: None };
        let mut cursors = HashSet::new();
        loop {
            let stores = self.page(slice.clone(), evidence).await?;
            self.keep_complete(&stores, evidence, began);
            let mut before = slice.after_store.clone();
            for edge in stores.edges {
                if is_store(&edge.node, self.store_hash) {
                    return users_page(edge.node, before);
                }
                before = edge.cursor;
            }
            let end = stores.page_info.end_cursor.filter(|_| stores.page_info.has_next_page);
            let Some(cursor) = end else { return Err(self.unknown_store(stores.page_info.has_next_page)) };
            if !cursors.insert(cursor.clone()) {
                return Err(self.unknown_store(true));
            }
            slice.after_store = Some(cursor);
        }
    }

    /// A further page of our store's users, or nothing if our store is no longer where it was.
    pub(crate) async fn users_behind(
        &self,
        before_store: Option<String>,
        after_user: &str,
        evidence: &mut Evidence,
    ) -> Result<Option<UsersPage>> {
        let slice = Slice {
            stores: 1,
            after_store: before_store.clone(),
            users: 0,
            after_user: Some(after_user.to_owned()),
        };
        let stores = self.page(slice, evidence).await?;
        let ours =
            stores.edges.into_iter().map(|edge| edge.node).find(|store| is_store(store, self.store_hash));
        ours.map(|store| users_page(store, before_store)).transpose()
    }

    /// One request, with as much at once as the platform allows. A refused query is asked again for less.
    async fn page(&self, mut slice: Slice, evidence: &mut Evidence) -> Result<StoreConnection> {
        let one_store = slice.stores == 1;
        loop {
            if evidence.pages >= MOST_PAGES {
                return Err(self.fault("the listing does not end"));
            }
            evidence.pages += 1;
            let step = self.api.listing_step();
            let Some((stores, users)) = SIZES.get(step) else {
                return Err(self.fault("no listing is small enough"));
            };
            (slice.stores, slice.users) = (if one_store { 1 } else { *stores }, *users);
            match self.api.store_users(&slice, self.cx).await {
                Err(error) if error.kind() == ErrorKind::InvalidRequest && step + 1 < SIZES.len() => {
                    tracing::debug!(%error, "asking for less at once");
                    self.api.ask_for_less(step);
                }
                answer => return answer,
            }
        }
    }

    fn keep_complete(
        &self,
        stores: &StoreConnection,
        evidence: &Evidence,
        began: crate::snapshot::Generation,
    ) {
        for store in stores.edges.iter().map(|edge| &edge.node) {
            let (Some(hash), Some(users)) = (&store.store_hash, &store.users) else { continue };
            let all: Vec<User> = users.edges.iter().map(|edge| edge.node.clone()).collect();
            let distinct: HashSet<_> = all.iter().map(|user| &user.id).collect();
            if users.page_info.has_next_page || miscount(distinct.len() as u64, total(users)).is_some() {
                continue;
            }
            let mut evidence = evidence.clone();
            evidence.complete = true;
            let read_at = self.cx.clock().monotonic();
            let listing = Listing { store_id: store.id.clone(), users: all, evidence, read_at };
            self.snapshots.keep(self.view, hash, listing, began);
        }
    }

    fn unknown_store(&self, more_were_hidden: bool) -> Error {
        if more_were_hidden {
            return self.fault("the list of stores cannot be read to its end");
        }
        Error::new(
            ErrorKind::NotFound,
            format!("the account of `account_token` has no store with the hash {}", self.store_hash),
        )
        .with_remedy("check `store_hash` and `account_uuid`")
    }

    fn fault(&self, message: &str) -> Error {
        Error::new(ErrorKind::Protocol, message)
            .with_remedy("try again; if it stays so, ask BigCommerce's support")
    }
}

/// Why the count contradicts the platform's own, if it does. A platform that gives no count is believed.
pub(crate) fn miscount(read: u64, total: Option<u64>) -> Option<String> {
    let total = total.filter(|total| *total != read)?;
    Some(format!("the platform counts {total} users, but {read} were listed"))
}

fn is_store(store: &Store, hash: &str) -> bool {
    store.store_hash.as_deref().is_some_and(|known| known.eq_ignore_ascii_case(hash))
}

fn total(users: &UserConnection) -> Option<u64> {
    users.collection_info.as_ref().and_then(|info| info.total_items)
}

fn users_page(store: Store, before_store: Option<String>) -> Result<UsersPage> {
    let users = store.users.ok_or_else(|| {
        Error::new(ErrorKind::PermissionDenied, "the store's users are not shown to this token")
            .with_remedy("give the API account behind `account_token` the scope account_users_read")
    })?;
    let next = match (users.page_info.has_next_page, &users.page_info.end_cursor) {
        (false, _) => Next::End,
        (true, Some(cursor)) => Next::More(cursor.clone()),
        (true, None) => Next::Unreachable,
    };
    let total = total(&users);
    let users = users.edges.into_iter().map(|edge| edge.node).collect();
    Ok(UsersPage { store_id: store.id, users, next, total, before_store })
}

impl UsersPage {
    /// The place behind this page, if there is one.
    pub(crate) fn place(&self, former: Option<&Place>) -> Option<Place> {
        let Next::More(cursor) = &self.next else { return None };
        Some(Place {
            before_store: self.before_store.clone(),
            after_user: cursor.clone(),
            counted: self.counted(former),
            last: self.users.iter().map(|user| user.id.clone()).collect(),
        })
    }

    /// How many different users were listed up to the end of this page.
    pub(crate) fn counted(&self, former: Option<&Place>) -> u64 {
        let is_new = |user: &&User| former.is_none_or(|former| !former.last.contains(&user.id));
        let here: HashSet<_> = self.users.iter().filter(is_new).map(|user| &user.id).collect();
        former.map_or(0, |former| former.counted) + here.len() as u64
    }
}
