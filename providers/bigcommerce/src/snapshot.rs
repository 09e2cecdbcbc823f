//! Listings of a moment ago, so that several stores of one account are listed by one request.
//!
//! Listings may be answered from here, and looks whose caller says since when a reading may have begun. Every other look
//! reads the platform.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use guestpass::{Evidence, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use crate::wire::User;

/// How long a listing may be repeated to whoever does not say how old it may be.
const LIFETIME: Duration = Duration::from_secs(60);
/// How long a listing is kept for those who say so: the budget of an hour may be what a reading of a large account takes.
const KEPT: Duration = Duration::from_secs(2 * 3600);

/// Whose listing it is: an account as one token sees it. Of the token only a hash with a key of this process is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct View {
    account: Uuid,
    token: u64,
}

/// All users of one store, completely read.
#[derive(Debug, Clone)]
pub(crate) struct Listing {
    /// The platform's id of the store.
    pub(crate) store_id: String,
    pub(crate) users: Vec<User>,
    pub(crate) evidence: Evidence,
    pub(crate) read_at: Duration,
}

/// Says which writes a reading that begins now has seen.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Generation(u64);

#[derive(Debug, Default)]
pub(crate) struct Snapshots {
    hasher: RandomState,
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    writes: HashMap<Uuid, u64>,
    listings: HashMap<(View, String), Listing>,
}

impl View {
    pub(crate) fn account(self) -> Uuid {
        self.account
    }
}

impl Snapshots {
    /// The view of this account through this token.
    pub(crate) fn view(&self, account: Uuid, token: &SecretString) -> View {
        View { account, token: self.hasher.hash_one(token.expose_secret()) }
    }

    /// To be asked before a reading begins.
    pub(crate) fn generation(&self, account: Uuid) -> Generation {
        Generation(self.lock().writes.get(&account).copied().unwrap_or_default())
    }

    /// Keeps a complete listing, unless something was written since its reading began.
    pub(crate) fn keep(&self, view: View, store_hash: &str, listing: Listing, began: Generation) {
        let mut held = self.lock();
        if held.writes.get(&view.account).copied().unwrap_or_default() != began.0 {
            return;
        }
        let now = listing.read_at;
        held.listings.retain(|_, known| now.saturating_sub(known.read_at) <= KEPT);
        held.listings.insert((view, store_hash.to_owned()), listing);
    }

    pub(crate) fn get(&self, view: View, store_hash: &str, now: Duration) -> Option<Listing> {
        let held = self.lock();
        let listing = held.listings.get(&(view, store_hash.to_owned()))?;
        (now.saturating_sub(listing.read_at) <= LIFETIME).then(|| listing.clone())
    }

    /// A listing of a reading that began then or later, however long it took.
    pub(crate) fn since(&self, view: View, store_hash: &str, since: Timestamp) -> Option<Listing> {
        let held = self.lock();
        let listing = held.listings.get(&(view, store_hash.to_owned()))?;
        (listing.evidence.began_at >= since).then(|| listing.clone())
    }

    /// Forgets everything about the account now, and once more when the guard goes: a write is on its way, and a
    /// reading that overlaps with it may show either state.
    pub(crate) fn writing(&self, account: Uuid) -> Writing<'_> {
        self.forget(account);
        Writing { snapshots: self, account }
    }

    fn forget(&self, account: Uuid) {
        let mut held = self.lock();
        *held.writes.entry(account).or_default() += 1;
        held.listings.retain(|(view, _), _| view.account != account);
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A write under way.
pub(crate) struct Writing<'a> {
    snapshots: &'a Snapshots,
    account: Uuid,
}

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        self.snapshots.forget(self.account);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNT: Uuid = Uuid::from_u128(1);

    fn listing(seconds: u64) -> Listing {
        Listing {
            store_id: "1".to_owned(),
            users: Vec::new(),
            evidence: Evidence::begun(Timestamp::UNIX_EPOCH),
            read_at: Duration::from_secs(seconds),
        }
    }

    fn with_one_listing() -> (Snapshots, View) {
        let snapshots = Snapshots::default();
        let view = snapshots.view(ACCOUNT, &SecretString::from("token"));
        let began = snapshots.generation(ACCOUNT);
        snapshots.keep(view, "hash", listing(0), began);
        (snapshots, view)
    }

    #[test]
    fn a_listing_is_repeated_for_its_lifetime_to_the_same_token() {
        let (snapshots, view) = with_one_listing();
        assert!(snapshots.get(view, "hash", LIFETIME).is_some());
        assert!(snapshots.get(view, "hash", LIFETIME + Duration::from_millis(1)).is_none());
        assert!(snapshots.get(view, "other", Duration::ZERO).is_none());
        let stranger = snapshots.view(ACCOUNT, &SecretString::from("another token"));
        assert!(snapshots.get(stranger, "hash", Duration::ZERO).is_none());
    }

    #[test]
    fn whoever_says_how_old_a_listing_may_be_gets_it_beyond_its_lifetime() {
        let (snapshots, view) = with_one_listing();
        assert!(snapshots.since(view, "hash", Timestamp::UNIX_EPOCH).is_some());
        let later = Timestamp::from_second(1).unwrap();
        assert!(snapshots.since(view, "hash", later).is_none());
        let began = snapshots.generation(ACCOUNT);
        snapshots.keep(view, "other", listing(3600), began);
        assert!(snapshots.since(view, "hash", Timestamp::UNIX_EPOCH).is_some(), "a reading may take an hour");
        drop(snapshots.writing(ACCOUNT));
        assert!(snapshots.since(view, "hash", Timestamp::UNIX_EPOCH).is_none());
    }

    #[test]
    fn a_write_makes_listings_stale_when_it_is_sent() {
        let (snapshots, view) = with_one_listing();
        let _writing = snapshots.writing(ACCOUNT);
        assert!(snapshots.get(view, "hash", Duration::ZERO).is_none());
    }

    #[test]
    fn a_reading_that_began_before_a_write_is_not_kept() {
        let (snapshots, view) = with_one_listing();
        let began = snapshots.generation(ACCOUNT);
        drop(snapshots.writing(ACCOUNT));
        snapshots.keep(view, "hash", listing(0), began);
        assert!(snapshots.get(view, "hash", Duration::ZERO).is_none());
    }

    #[test]
    fn a_reading_that_began_during_a_write_is_not_kept_beyond_it() {
        let (snapshots, view) = with_one_listing();
        let writing = snapshots.writing(ACCOUNT);
        let during = snapshots.generation(ACCOUNT);
        snapshots.keep(view, "hash", listing(0), during);
        drop(writing);
        assert!(snapshots.get(view, "hash", Duration::ZERO).is_none());
        snapshots.keep(view, "hash", listing(0), during);
        assert!(snapshots.get(view, "hash", Duration::ZERO).is_none());
    }

    #[test]
    fn writes_to_one_account_leave_others_alone() {
        let (snapshots, view) = with_one_listing();
        drop(snapshots.writing(Uuid::from_u128(2)));
        assert!(snapshots.get(view, "hash", Duration::ZERO).is_some());
    }
}
