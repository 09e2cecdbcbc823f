//! Who has access to a site: listing, changing roles, removing.

use guestpass::Timestamp;
use serde::Deserialize;
use serde_json::json;

use super::bodies;
use super::guard::{self, OnSite};
use super::permissions::Permission;
use super::quirks::{EmptyRoles, Quirks, StrangerRoles};
use super::roles::{self, Level};
use super::state::World;
use crate::fakes::Verdict;
use crate::fakes::ground::later;
use crate::fakes::http::{Answer, Incoming};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RoleChange {
    account_id: String,
    new_roles: Vec<NewRole>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NewRole {
    role_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Removal {
    account_id: String,
}

fn allowed(request: &Incoming, world: &World, quirks: &Quirks, now: Timestamp) -> Result<OnSite, Answer> {
    guard::site(request, world, quirks, Some(Permission::ManageContributors), now)
}

/// Everybody at once: two ids each, and nothing else.
pub(super) fn query(
    request: &Incoming,
    world: &World,
    quirks: &Quirks,
    now: Timestamp,
) -> Result<Answer, Answer> {
    let OnSite { site, account, .. } = allowed(request, world, quirks, now)?;
    let site = world.site(&site).map_err(|_| bodies::error(404, quirks))?;
    let filtered = |name: &str| -> Vec<&str> {
        request.query.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str()).collect()
    };
    let (policies, locations) = (filtered("filter.policyIds"), filtered("filter.locationIds"));
    let wanted = |role: &str| policies.is_empty() || policies.contains(&role);
    let listed = site.contributors.iter().filter(|contributor| {
        // Nobody is bound to a location.
        contributor.seat.listed(now)
            && locations.is_empty()
            && (policies.is_empty() || contributor.roles.iter().any(|assigned| wanted(&assigned.role)))
    });
    let mut ids: Vec<_> = listed.map(|contributor| contributor.seat.person.as_str()).collect();
    if quirks.owner_listed && locations.is_empty() && wanted(roles::OWNER) {
        ids.insert(0, &account);
    }
    if let (true, Some(&first)) = (quirks.repeat_contributor, ids.first()) {
        ids.push(first);
    }
    let owner = world.accounts.get(&account).map(|account| &account.user);
    let contributors: Vec<_> =
        ids.iter().map(|id| json!({"accountId": id, "accountOwnerId": owner})).collect();
    Ok(Answer::json(200, &json!({"contributors": contributors})))
}

/// Replaces all roles of a contributor.
pub(super) fn change_role(
    request: &Incoming,
    world: &mut World,
    quirks: &Quirks,
    now: Timestamp,
) -> Result<Answer, Answer> {
    let OnSite { site, account, .. } = allowed(request, world, quirks, now)?;
    let RoleChange { account_id, new_roles } = bodies::read(request)?;
    let new_roles: Vec<_> = new_roles.into_iter().map(|role| role.role_id).collect();
    let custom = world.custom_roles(&account);
    if new_roles.iter().any(|role| !roles::assignable(role, Level::Site, custom)) {
        return Err(bodies::invalid("newRoles", "holds a role not for sites", "INVALID_ARGUMENT"));
    }
    if account_id == account {
        return Err(bodies::forbidden(quirks));
    }
    let missing = || bodies::error(404, quirks);
    let present = world.site(&site).map_err(|_| missing())?.contributor(&account_id).is_some();
    let known = present || world.accounts.contains_key(&account_id);
    if !known || (!present && quirks.stranger_roles == StrangerRoles::NotFound) {
        return Err(missing());
    }
    if new_roles.is_empty() {
        if quirks.empty_roles == EmptyRoles::Refused {
            return Err(bodies::invalid("newRoles", "must not be empty", "REQUIRED_FIELD"));
        }
        world.remove_contributor(&site, &account_id, quirks.visibility_delay, now);
        return Ok(Answer::json(200, &json!({"newAssignedRoles": []})));
    }
    let listed_from = later(now, quirks.visibility_delay);
    let assigned =
        world.admit(&site, &account_id, &new_roles, None, listed_from, now).map_err(|_| missing())?;
    let assigned: Vec<_> =
        assigned.iter().map(|role| json!({"roleId": role.role, "assignmentId": role.assignment})).collect();
    Ok(Answer::json(200, &json!({"newAssignedRoles": assigned})))
}

/// Takes all roles from a contributor.
pub(super) fn remove(
    request: &Incoming,
    world: &mut World,
    quirks: &Quirks,
    now: Timestamp,
) -> Result<Answer, Answer> {
    let OnSite { site, account, .. } = allowed(request, world, quirks, now)?;
    let Removal { account_id } = bodies::read(request)?;
    let done = Answer::json(200, &json!({}));
    if account_id == account {
        return match quirks.owner_removal {
            Verdict::Success => Ok(done),
            Verdict::Error => Err(bodies::forbidden(quirks)),
        };
    }
    let removed = world.remove_contributor(&site, &account_id, quirks.visibility_delay, now);
    match (removed, quirks.remove_absent) {
        (false, Verdict::Error) => Err(bodies::error(404, quirks)),
        _ => Ok(done),
    }
}

impl World {
    /// Removes a contributor through the API; says whether there was one.
    fn remove_contributor(
        &mut self,
        site: &str,
        account: &str,
        delay: std::time::Duration,
        now: Timestamp,
    ) -> bool {
        let email = self.email_of(account);
        let Ok(site) = self.site_mut(site) else {
            return false;
        };
        let Some(contributor) = site.contributor(account) else {
            return false;
        };
        let invited = contributor.invited_email.as_deref().map(str::to_lowercase);
        site.dismiss(account, now, delay);
        if let Some(invited) = invited.filter(|invited| *invited != email) {
            site.count_removal(&invited);
        }
        site.count_removal(&email);
        true
    }
}
