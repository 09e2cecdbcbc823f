//! Invitations to a site: making them, sending them again, revoking them. Nothing lists them.

use guestpass::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::bodies;
use super::guard::{self, Call, OnSite};
use super::permissions::Permission;
use super::quirks::{DuplicateInvite, Quirks, ResendEffect, SeatRefusal};
use super::roles::{self, Level};
use super::state::{Invite, InviteStatus, Site, World};
use crate::fakes::Verdict;
use crate::fakes::ground::{later, same_email};
use crate::fakes::http::Answer;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bulk {
    #[serde(default)]
    policy_ids: Vec<String>,
    #[serde(default)]
    emails: Vec<String>,
}

fn allowed(call: Call<'_>, world: &World) -> Result<OnSite, Answer> {
    let caller = guard::site(call, world, Some(Permission::ManageContributors))?;
    if caller.app.is_some() && call.quirks.app_invites == Verdict::Error {
        return Err(bodies::forbidden(call.quirks));
    }
    Ok(caller)
}

/// Invites addresses. Those that cannot be invited come back in a success, without a reason.
pub(super) fn bulk(call: Call<'_>, world: &mut World) -> Result<Answer, Answer> {
    let OnSite { site: site_id, account, .. } = allowed(call, world)?;
    let Bulk { policy_ids, emails } = bodies::read(call.request)?;
    if policy_ids.is_empty() {
        return Err(bodies::invalid("policyIds", "must not be empty", "REQUIRED_FIELD"));
    }
    if emails.is_empty() {
        return Err(bodies::invalid("emails", "must not be empty", "REQUIRED_FIELD"));
    }
    if emails.len() > call.quirks.emails_max {
        return Err(bodies::invalid("emails", "holds too many addresses", "OUT_OF_RANGE"));
    }
    let custom = world.custom_roles(&account);
    if policy_ids.iter().any(|role| !roles::assignable(role, Level::Site, custom)) {
        return Err(bodies::invalid("policyIds", "holds a role not for sites", "INVALID_ARGUMENT"));
    }
    let gone = |_| bodies::error(404, call.quirks);
    let free = world.site(&site_id).map_err(gone)?.free_seats(call.now);
    if free < emails.len() && call.quirks.seat_refusal == SeatRefusal::Precondition {
        return Err(bodies::no_seat());
    }
    let (mut invites, mut failed) = (Vec::new(), Vec::new());
    for email in emails {
        let site = world.site(&site_id).map_err(gone)?;
        if site.free_seats(call.now) == 0 || !invitable(&email, site, world, call.quirks, call.now) {
            failed.push(email);
            continue;
        }
        let roles = policy_ids.clone();
        let invite = world.new_invitation(&email, roles, &account, call.quirks.invite_lifetime, call.now);
        invites.push(view(&invite, &site_id, call.now));
        let site = world.site_mut(&site_id).map_err(gone)?;
        site.invites.push(invite);
        *site.invitations.entry(email.to_lowercase()).or_default() += 1;
    }
    Ok(Answer::json(200, &json!({"invites": invites, "failedEmails": failed})))
}

fn invitable(email: &str, site: &Site, world: &World, quirks: &Quirks, now: Timestamp) -> bool {
    let written = email.split_once('@').is_some_and(|(user, host)| !user.is_empty() && host.contains('.'));
    let refused = quirks.refused_emails.iter().any(|refused| same_email(refused, email));
    let inside = world
        .account_by_email(email)
        .is_some_and(|account| account == site.owner || site.contributor(&account).is_some());
    let pending = site.invites.iter().any(|invite| invite.pending_for(email, now));
    let again = |is_so: bool, quirk: DuplicateInvite| !is_so || quirk == DuplicateInvite::NewInvite;
    written && !refused && again(inside, quirks.contributor_invite) && again(pending, quirks.duplicate_invite)
}

/// Sends an invitation again, which only one that is pending or expired can be.
pub(super) fn resend(call: Call<'_>, id: &str, world: &mut World) -> Result<Answer, Answer> {
    let OnSite { site: site_id, .. } = allowed(call, world)?;
    let gone = || bodies::error(404, call.quirks);
    let site = world.site_mut(&site_id).map_err(|_| gone())?;
    let free = site.free_seats(call.now);
    let invite = site.invites.iter_mut().find(|invite| invite.id == id).ok_or_else(gone)?;
    let status = invite.status(call.now);
    if !matches!(status, InviteStatus::Pending | InviteStatus::Expired) {
        return Err(gone());
    }
    let revived = status == InviteStatus::Expired && call.quirks.resend != ResendEffect::KeepsExpiry;
    if revived && free == 0 {
        return Err(bodies::no_seat());
    }
    let shown = match call.quirks.resend {
        ResendEffect::KeepsExpiry => view(invite, &site_id, call.now),
        ResendEffect::Extends => {
            invite.expires = later(call.now, call.quirks.invite_lifetime);
            view(invite, &site_id, call.now)
        }
        ResendEffect::NewId => {
            invite.settled = InviteStatus::Deleted;
            let (email, roles, inviter) =
                (invite.email.clone(), invite.grants.clone(), invite.inviter.clone());
            let other = world.new_invitation(&email, roles, &inviter, call.quirks.invite_lifetime, call.now);
            let shown = view(&other, &site_id, call.now);
            world.site_mut(&site_id).map_err(|_| gone())?.invites.push(other);
            shown
        }
    };
    Ok(Answer::json(200, &json!({"invite": shown})))
}

/// Revokes a pending invitation.
pub(super) fn revoke(call: Call<'_>, id: &str, world: &mut World) -> Result<Answer, Answer> {
    let OnSite { site, .. } = allowed(call, world)?;
    let gone = || bodies::error(404, call.quirks);
    let site = world.site_mut(&site).map_err(|_| gone())?;
    let pending = site.invites.iter_mut().find(|invite| invite.id == id && invite.pending(call.now));
    match pending {
        Some(invite) => {
            invite.settled = InviteStatus::Deleted;
            let email = invite.email.clone();
            site.count_removal(&email);
        }
        None if call.quirks.revoke_settled == Verdict::Error => return Err(gone()),
        None => {}
    }
    Ok(Answer::json(200, &json!({})))
}

fn view(invite: &Invite, site: &str, now: Timestamp) -> Value {
    let view = json!({
        "id": invite.id,
        "siteId": site,
        "email": invite.email,
        "policyIds": invite.grants,
        "inviterId": "",
        "status": invite.status(now),
        "acceptLink": invite.accept_link,
        "inviterAccountId": invite.inviter,
        "dateCreated": invite.created.to_string(),
        "expirationDate": invite.expires.to_string(),
    });
    bodies::with(view, "acceptedByAccountId", invite.accepted_by.as_ref().map(|account| json!(account)))
}
