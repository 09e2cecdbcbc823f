//! Accounts, sites, contributors and invitations: the truth of the fake.

use std::collections::BTreeMap;
use std::time::Duration;

use guestpass::Timestamp;
use serde::{Deserialize, Serialize};

use super::credentials::Credentials;
use super::roles::Role;
use super::team::Team;
use crate::fakes::ground::{Refusal, Seat, later, same_email};

/// Everything that exists behind the fake.
#[derive(Default)]
pub(super) struct World {
    pub(super) accounts: BTreeMap<String, Account>,
    pub(super) sites: BTreeMap<String, Site>,
    pub(super) credentials: Credentials,
    made: u64,
}

/// Somebody's account on the platform. Its id has nothing to do with its e-mail.
#[derive(Default)]
pub(super) struct Account {
    pub(super) email: String,
    /// The id of its owner as a user, which is not the account's.
    pub(super) user: String,
    pub(super) custom_roles: Vec<Role>,
    pub(super) team: Team,
}

pub(super) struct Site {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) owner: String,
    pub(super) headless: bool,
    pub(super) created: Timestamp,
    /// How many collaborators it may have; `None` for as many as it likes.
    pub(super) seats: Option<usize>,
    pub(super) contributors: Vec<Contributor>,
    pub(super) invites: Vec<Invite>,
    pub(super) invitations: BTreeMap<String, usize>,
    pub(super) removals: BTreeMap<String, usize>,
}

/// An account's place in a site.
#[derive(Clone)]
pub(super) struct Contributor {
    pub(super) seat: Seat<String>,
    pub(super) roles: Vec<Assigned>,
    pub(super) invited_email: Option<String>,
    pub(super) joined: Timestamp,
}

#[derive(Clone)]
pub(super) struct Assigned {
    pub(super) role: String,
    pub(super) assignment: String,
}

/// An invitation to a site or to a team. `T` is what it grants.
pub(super) struct Invitation<T> {
    pub(super) id: String,
    pub(super) email: String,
    pub(super) grants: T,
    /// As it was settled last; see [`status`](Self::status).
    pub(super) settled: InviteStatus,
    pub(super) accept_link: String,
    pub(super) inviter: String,
    pub(super) created: Timestamp,
    pub(super) expires: Timestamp,
    pub(super) accepted_by: Option<String>,
}

/// An invitation to a site grants roles.
pub(super) type Invite = Invitation<Vec<String>>;

/// What became of an invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum InviteStatus {
    /// It can be accepted.
    Pending,
    /// It was accepted.
    Used,
    /// It was revoked.
    Deleted,
    /// It was declined.
    Declined,
    /// Nobody answered in time.
    Expired,
}

impl<T> Invitation<T> {
    pub(super) fn status(&self, now: Timestamp) -> InviteStatus {
        match self.settled {
            InviteStatus::Pending if self.expires <= now => InviteStatus::Expired,
            settled => settled,
        }
    }

    pub(super) fn pending(&self, now: Timestamp) -> bool {
        self.status(now) == InviteStatus::Pending
    }

    pub(super) fn pending_for(&self, email: &str, now: Timestamp) -> bool {
        self.pending(now) && same_email(&self.email, email)
    }
}

impl Site {
    pub(super) fn contributor(&self, account: &str) -> Option<&Contributor> {
        self.contributors.iter().find(|found| found.seat.person == account && found.seat.taken())
    }

    pub(super) fn contributor_mut(&mut self, account: &str) -> Option<&mut Contributor> {
        self.contributors.iter_mut().find(|found| found.seat.person == account && found.seat.taken())
    }

    /// Pending invitations take seats too.
    pub(super) fn free_seats(&self, now: Timestamp) -> usize {
        let contributors = self.contributors.iter().filter(|found| found.seat.taken()).count();
        let pending = self.invites.iter().filter(|invite| invite.pending(now)).count();
        self.seats.map_or(usize::MAX, |seats| seats.saturating_sub(contributors + pending))
    }

    pub(super) fn dismiss(&mut self, account: &str, now: Timestamp, delay: Duration) {
        if let Some(contributor) = self.contributor_mut(account) {
            contributor.seat.leave(now, delay);
        }
    }

    pub(super) fn count_removal(&mut self, email: &str) {
        *self.removals.entry(email.to_lowercase()).or_default() += 1;
    }
}

/// Finding things, and the changes all others are made of.
impl World {
    pub(super) fn site(&self, id: &str) -> Result<&Site, Refusal> {
        self.sites.get(id).ok_or_else(|| Refusal(format!("no site {id}")))
    }

    pub(super) fn site_mut(&mut self, id: &str) -> Result<&mut Site, Refusal> {
        self.sites.get_mut(id).ok_or_else(|| Refusal(format!("no site {id}")))
    }

    pub(super) fn account_mut(&mut self, id: &str) -> Result<&mut Account, Refusal> {
        self.accounts.get_mut(id).ok_or_else(|| Refusal(format!("no account {id}")))
    }

    pub(super) fn account_by_email(&self, email: &str) -> Option<String> {
        let found = self.accounts.iter().find(|(_, account)| same_email(&account.email, email));
        found.map(|(id, _)| id.clone())
    }

    pub(super) fn email_of(&self, account: &str) -> String {
        self.accounts.get(account).map(|account| account.email.to_lowercase()).unwrap_or_default()
    }

    pub(super) fn custom_roles(&self, account: &str) -> &[Role] {
        self.accounts.get(account).map(|account| account.custom_roles.as_slice()).unwrap_or_default()
    }

    pub(super) fn add_account(&mut self, id: &str, email: &str) {
        let user = self.new_guid("user");
        let account = self.accounts.entry(id.to_owned()).or_default();
        account.email = email.to_owned();
        account.user = user;
    }

    /// The account of an e-mail, made if there is none.
    pub(super) fn account(&mut self, email: &str) -> String {
        if let Some(id) = self.account_by_email(email) {
            return id;
        }
        let id = self.new_guid("account");
        self.add_account(&id, email);
        id
    }

    pub(super) fn new_guid(&mut self, kind: &str) -> String {
        self.made += 1;
        guid(kind, self.made)
    }

    /// A decimal number of 19 digits, as text.
    pub(super) fn new_number(&mut self) -> String {
        self.made += 1;
        let spread = scatter(self.made) % 1_000_000_000_000_000_000;
        (7_000_000_000_000_000_000 + spread).to_string()
    }

    pub(super) fn new_invitation<T>(
        &mut self,
        email: &str,
        grants: T,
        inviter: &str,
        lifetime: Duration,
        now: Timestamp,
    ) -> Invitation<T> {
        let id = self.new_guid("invite");
        let secret = self.new_guid("secret");
        Invitation {
            id,
            email: email.to_owned(),
            grants,
            settled: InviteStatus::Pending,
            accept_link: format!("https://manage.wix.example/invites/accept?token=fake-accept-{secret}"),
            inviter: inviter.to_owned(),
            created: now,
            expires: later(now, lifetime),
            accepted_by: None,
        }
    }

    pub(super) fn assigned(&mut self, roles: &[String]) -> Vec<Assigned> {
        let mut assigned = Vec::new();
        for role in roles {
            assigned.push(Assigned { role: role.clone(), assignment: self.new_number() });
        }
        assigned
    }

    /// Makes the account a contributor, or replaces the roles it has.
    pub(super) fn admit(
        &mut self,
        site: &str,
        account: &str,
        roles: &[String],
        invited_email: Option<&str>,
        listed_from: Timestamp,
        now: Timestamp,
    ) -> Result<Vec<Assigned>, Refusal> {
        let roles = self.assigned(roles);
        let site = self.site_mut(site)?;
        if let Some(contributor) = site.contributor_mut(account) {
            contributor.roles.clone_from(&roles);
            return Ok(roles);
        }
        site.contributors.retain(|found| found.seat.person != account);
        site.contributors.push(Contributor {
            seat: Seat::new(account.to_owned(), listed_from),
            roles: roles.clone(),
            invited_email: invited_email.map(str::to_owned),
            joined: now,
        });
        Ok(roles)
    }
}

/// A GUID that looks like any other and is the same in each run.
pub(super) fn guid(kind: &str, number: u64) -> String {
    let seed = kind.bytes().fold(number, |seed, byte| seed.wrapping_mul(131).wrapping_add(byte.into()));
    let (high, low) = (scatter(seed), scatter(seed.wrapping_add(0x5eed)));
    format!(
        "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xfff,
        (low >> 48) & 0xfff,
        low & 0xffff_ffff_ffff
    )
}

/// Spreads numbers in a row over all there are (splitmix64).
fn scatter(number: u64) -> u64 {
    let mut mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
