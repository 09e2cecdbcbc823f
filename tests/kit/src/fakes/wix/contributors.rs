//! Who has access to a site: listing, changing roles, removing.

use guestpass::Timestamp;
use serde::Deserialize;
use serde_json::json;

use super::bodies;
use super::guard::{self, Call, OnSite};
use super::permissions::Permission;
use super::quirks::{EmptyRoles, StrangerRoles};
use super::roles::{self, Level};
use super::state::World;
use crate::fakes::Verdict;
use crate::fakes::ground::later;
use crate::fakes::http::Answer;

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

fn allowed(call: Call<'_>, world: &World) -> Result<OnSite, Answer> {
    guard::site(call, world, Some(Permission::ManageContributors))
}

/// Everybody at once: two ids each, and nothing else.
pub(super) fn query(call: Call<'_>, world: &World) -> Result<Answer, Answer> {
    let OnSite { site, account, .. } = allowed(call, world)?;
    let site = world.site(&site).map_err(|_| bodies::error(404, call.quirks))?;
    let filtered = |name: &str| -> Vec<&str> {
        call.request.query.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str()).collect()
    };
    let (policies, locations) = (filtered("filter.policyIds"), filtered("filter.locationIds"));
    let wanted = |role: &str| policies.is_empty() || policies.contains(&role);
    let listed = site.contributors.iter().filter(|contributor| {
        // Nobody is bound to a location.
        contributor.seat.listed(call.now)
            && locations.is_empty()
            && (policies.is_empty() || contributor.roles.iter().any(|assigned| wanted(&assigned.role)))
    });
    let mut ids: Vec<_> = listed.map(|contributor| contributor.seat.person.as_str()).collect();
    if call.quirks.owner_listed && locations.is_empty() && wanted(roles::OWNER) {
        ids.insert(0, &account);
    }
    if let (true, Some(&first)) = (call.quirks.repeat_contributor, ids.first()) {
        ids.push(first);
    }
    let owner = world.accounts.get(&account).map(|account| &account.user);
    let contributors: Vec<_> =
        ids.iter().map(|id| json!({"accountId": id, "accountOwnerId": owner})).collect();
    Ok(Answer::json(200, &json!({"contributors": contributors})))
}

/// Replaces all roles of a contributor.
pub(super) fn change_role(call: Call<'_>, world: &mut World) -> Result<Answer, Answer> {
    let OnSite { site, account, .. } = allowed(call, world)?;
    let RoleChange { account_id, new_roles } = bodies::read(call.request)?;
    let new_roles: Vec<_> = new_roles.into_iter().map(|role| role.role_id).collect();
    let custom = world.custom_roles(&account);
    if new_roles.iter().any(|role| !roles::assignable(role, Level::Site, custom)) {
        return Err(bodies::invalid("newRoles", "holds a role not for sites", "INVALID_ARGUMENT"));
    }
    if account_id == account {
        return Err(bodies::forbidden(call.quirks));
    }
    let missing = || bodies::error(404, call.quirks);
    let present = world.site(&site).map_err(|_| missing())?.contributor(&account_id).is_some();
    let known = present || world.accounts.contains_key(&account_id);
    if !known || (!present && call.quirks.stranger_roles == StrangerRoles::NotFound) {
        return Err(missing());
    }
    if new_roles.is_empty() {
        if call.quirks.empty_roles == EmptyRoles::Refused {
            return Err(bodies::invalid("newRoles", "must not be empty", "REQUIRED_FIELD"));
        }
        world.remove_contributor(&site, &account_id, call.quirks.visibility_delay, call.now);
        return Ok(Answer::json(200, &json!({"newAssignedRoles": []})));
    }
    let listed_from = later(call.now, call.quirks.visibility_delay);
    let assigned =
        world.admit(&site, &account_id, &new_roles, None, listed_from, call.now).map_err(|_| missing())?;
    let assigned: Vec<_> =
        assigned.iter().map(|role| json!({"roleId": role.role, "assignmentId": role.assignment})).collect();
    Ok(Answer::json(200, &json!({"newAssignedRoles": assigned})))
}

/// Takes all roles from a contributor.
pub(super) fn remove(call: Call<'_>, world: &mut World) -> Result<Answer, Answer> {
    let OnSite { site, account, .. } = allowed(call, world)?;
    let Removal { account_id } = bodies::read(call.request)?;
    let done = Answer::json(200, &json!({}));
    if account_id == account {
        return match call.quirks.owner_removal {
            Verdict::Success => Ok(done),
            Verdict::Error => Err(bodies::forbidden(call.quirks)),
        };
    }
    let removed = world.remove_contributor(&site, &account_id, call.quirks.visibility_delay, call.now);
    match (removed, call.quirks.remove_absent) {
        (false, Verdict::Error) => Err(bodies::error(404, call.quirks)),
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
