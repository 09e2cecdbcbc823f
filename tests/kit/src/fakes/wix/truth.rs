//! Ground truth: what is really so, whatever the API shows at the moment.

use guestpass::Timestamp;
use serde::Serialize;

use super::state::{InviteStatus, Site, World};

/// Somebody with access to a site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FakeContributor {
    /// The account.
    pub account_id: String,
    /// The account's own e-mail, which no listing tells.
    pub email: String,
    /// The address that was invited, if an invitation led here.
    pub invited_email: Option<String>,
    /// The ids of the roles.
    pub roles: Vec<String>,
    /// Since when.
    pub joined_at: Timestamp,
}

/// An invitation, without its link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FakeInvite {
    /// The id.
    pub id: String,
    /// The invited address, as it was written.
    pub email: String,
    /// The ids of the roles.
    pub roles: Vec<String>,
    /// What became of it.
    pub status: InviteStatus,
    /// When it expires or expired.
    pub expires_at: Timestamp,
    /// The account that accepted.
    pub accepted_by: Option<String>,
}

/// Somebody in the team of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FakeTeamMember {
    /// The id as a user.
    pub user_id: String,
    /// The e-mail.
    pub email: String,
    /// The roles, each with its site; `None` stands for everything.
    pub grants: Vec<(String, Option<String>)>,
}

pub(super) fn contributors(site: &Site, world: &World) -> Vec<FakeContributor> {
    let taken = site.contributors.iter().filter(|contributor| contributor.seat.taken());
    let shown = taken.map(|contributor| FakeContributor {
        account_id: contributor.seat.person.clone(),
        email: world.email_of(&contributor.seat.person),
        invited_email: contributor.invited_email.clone(),
        roles: contributor.roles.iter().map(|assigned| assigned.role.clone()).collect(),
        joined_at: contributor.joined,
    });
    shown.collect()
}

pub(super) fn invites(site: &Site, now: Timestamp) -> Vec<FakeInvite> {
    let shown = site.invites.iter().map(|invite| FakeInvite {
        id: invite.id.clone(),
        email: invite.email.clone(),
        roles: invite.grants.clone(),
        status: invite.status(now),
        expires_at: invite.expires,
        accepted_by: invite.accepted_by.clone(),
    });
    shown.collect()
}

pub(super) fn team(account: &str, world: &World) -> Vec<FakeTeamMember> {
    let members = world.accounts.get(account).map(|account| account.team.members.iter());
    let shown = members.into_iter().flatten().map(|member| FakeTeamMember {
        user_id: member.user.clone(),
        email: member.email.clone(),
        grants: member.grants.iter().map(|grant| (grant.role.clone(), grant.site.clone())).collect(),
    });
    shown.collect()
}
