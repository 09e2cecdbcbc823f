//! What is known of invitations, which Wix shows to nobody once their answer is read.
//!
//! What the caller must keep is [`Kept`]. Beside it, the connections of one process remember what they did themselves, so
//! that a caller who lost an answer, or stopped waiting for it, does not invite twice.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use guestpass::{Error, ErrorKind, ProviderState, Result, Target, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::wire::SiteInvite;

/// How long an invitation can be accepted
/// (<https://support.wix.com/en/article/inviting-people-to-contribute-to-your-site>).
const LIFETIME: Duration = Duration::from_secs(30 * 24 * 3600);
/// For clocks that differ, and for an invitation that began later than it was sent.
const GRACE: Duration = Duration::from_secs(3600);

/// What must be kept of an invitation. Holds no secret: the link to accept it is not part of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Kept {
    /// Our own mark of this invitation.
    pub(crate) mark: Uuid,
    pub(crate) site: String,
    /// Wix's id; `None` when the answer that told it was lost.
    pub(crate) invite_id: Option<String>,
    /// The role that it gives.
    pub(crate) role: String,
    /// When it can no longer be accepted.
    pub(crate) expires: Timestamp,
    /// The accounts that were there before it.
    pub(crate) contributors_before: BTreeSet<String>,
}

impl Kept {
    /// Of an invitation that is about to be sent.
    pub(crate) fn unanswered(site: &str, role: &str, before: BTreeSet<String>, now: Timestamp) -> Self {
        Self {
            mark: Uuid::new_v4(),
            site: site.to_owned(),
            invite_id: None,
            role: role.to_owned(),
            expires: now.saturating_add(LIFETIME).unwrap_or(Timestamp::MAX),
            contributors_before: before,
        }
    }

    /// The same with what an answer told. The id and the end may change when an invitation is sent again.
    pub(crate) fn answered(self, invite: &SiteInvite, now: Timestamp) -> Self {
        let told = invite.expiration_date.as_deref().and_then(|text| text.parse().ok());
        let expires = told.unwrap_or_else(|| now.saturating_add(LIFETIME).unwrap_or(Timestamp::MAX));
        Self { invite_id: invite.id.clone().filter(|id| !id.is_empty()).or(self.invite_id), expires, ..self }
    }

    pub(crate) fn read(state: &ProviderState, site: &str) -> Result<Self> {
        let kept: Self = serde_json::from_value(state.0.clone()).map_err(|error| {
            Error::new(ErrorKind::InvalidRequest, "the kept state is not of an invitation on Wix")
                .with_source(error)
        })?;
        if !kept.site.eq_ignore_ascii_case(site) {
            return Err(Error::new(ErrorKind::InvalidRequest, "the kept state is of another site"));
        }
        Ok(kept)
    }

    pub(crate) fn to_state(&self) -> ProviderState {
        ProviderState(serde_json::to_value(self).unwrap_or_default())
    }

    /// Accounts that came after the invitation was sent: one of them may have accepted it.
    pub(crate) fn newcomers<'a>(&self, accounts: &'a BTreeSet<String>) -> Vec<&'a str> {
        let known =
            |account: &str| self.contributors_before.iter().any(|old| old.eq_ignore_ascii_case(account));
        accounts.iter().map(String::as_str).filter(|account| !known(account)).collect()
    }

    pub(crate) fn was_there(&self, account: &str) -> bool {
        self.contributors_before.iter().any(|old| old.eq_ignore_ascii_case(account))
    }
}

/// An invitation, and whether it can still be accepted as far as we know.
#[derive(Debug, Clone)]
pub(crate) struct Invitation {
    pub(crate) kept: Kept,
    pub(crate) open: bool,
}

/// What the connections of this process know of their own invitations.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    /// By site and address.
    sent: HashMap<(String, String), Kept>,
    /// Revoked, or seen to be used.
    ended: HashSet<Uuid>,
}

impl Memory {
    /// What is known of an invitation of this target: from the state that was handed over, else from memory.
    pub(crate) fn find(&self, target: &Target, site: &str, now: Timestamp) -> Result<Option<Invitation>> {
        let handed_over = target.state().map(|state| Kept::read(state, site)).transpose()?;
        let inner = self.lock();
        let remembered =
            target.emails().iter().find_map(|email| inner.sent.get(&place(site, email.as_str()))).cloned();
        // Of the same invitation, memory knows what an answer told since.
        let kept = match (handed_over, remembered) {
            (Some(given), Some(known)) if given.mark == known.mark => Some(known),
            (given, known) => given.or(known),
        };
        Ok(kept.map(|kept| {
            let lapsed = now >= kept.expires.saturating_add(GRACE).unwrap_or(Timestamp::MAX);
            let open = !lapsed && !inner.ended.contains(&kept.mark);
            Invitation { kept, open }
        }))
    }

    /// Remembers an invitation before it is sent, and again with what its answer tells.
    pub(crate) fn remember(&self, email: &str, kept: &Kept) {
        self.lock().sent.insert(place(&kept.site, email), kept.clone());
    }

    /// Replaces what is remembered of one invitation, whatever its address.
    pub(crate) fn replace(&self, kept: &Kept) {
        if let Some(known) = self.lock().sent.values_mut().find(|known| known.mark == kept.mark) {
            known.clone_from(kept);
        }
    }

    /// The invitation was refused: it never was.
    pub(crate) fn forget(&self, kept: &Kept) {
        self.lock().sent.retain(|_, known| known.mark != kept.mark);
    }

    /// The invitation was revoked, or seen to be used.
    pub(crate) fn end(&self, kept: &Kept) {
        let mut inner = self.lock();
        inner.sent.retain(|_, known| known.mark != kept.mark);
        inner.ended.insert(kept.mark);
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn place(site: &str, email: &str) -> (String, String) {
    (site.to_owned(), email.to_lowercase())
}
