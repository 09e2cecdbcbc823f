//! The team of an account: people who work on some or all of its sites, and invitations to it.

use guestpass::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::bodies;
use super::guard::{self, Call};
use super::permissions::Permission;
use super::roles::{self, Level};
use super::state::{Invitation, InviteStatus, World};
use crate::fakes::Verdict;
use crate::fakes::ground::{Refusal, refuse};
use crate::fakes::http::Answer;

/// The most people in one invitation.
const MOST_INVITED: usize = 50;

/// The people of an account, and those who were invited to be.
#[derive(Default)]
pub(super) struct Team {
    pub(super) members: Vec<Member>,
    pub(super) invites: Vec<Invitation<Vec<Grant>>>,
}

/// Somebody in a team.
pub(super) struct Member {
    pub(super) user: String,
    pub(super) email: String,
    pub(super) joined: Timestamp,
    pub(super) grants: Vec<Grant>,
}

/// A role in a team, on one site or on everything the account has.
#[derive(Clone)]
pub(super) struct Grant {
    pub(super) id: String,
    pub(super) role: String,
    pub(super) site: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Search {
    query: Option<String>,
    filter: serde_json::Map<String, Value>,
    paging: Option<Paging>,
    search: Option<Box<Search>>,
}

#[derive(Deserialize)]
#[serde(default)]
struct Paging {
    limit: usize,
    offset: usize,
}

impl Default for Paging {
    fn default() -> Self {
        Self { limit: 50, offset: 0 }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Assign {
    user_id: String,
    new_assignments: Vec<Assignment>,
    assignment_ids_to_remove: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Assignment {
    policy_id: String,
    #[serde(default)]
    restrictions: Option<Restriction>,
}

#[derive(Deserialize)]
struct Restriction {
    site: Option<Restricted>,
}

#[derive(Deserialize)]
struct Restricted {
    id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Leaver {
    user_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Invited {
    subjects_assignments: Vec<SubjectAssignments>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SubjectAssignments {
    subject_email: String,
    assignments: Vec<PolicyAssignments>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PolicyAssignments {
    policy_id: String,
    #[serde(default)]
    assignments: Vec<Value>,
}

fn allowed(call: Call<'_>, world: &World) -> Result<String, Answer> {
    let needed = Some(Permission::ManageTeamMembers);
    guard::account(call, world, needed).map(|key| key.account)
}

/// People and invitations, a page of them.
pub(super) fn search(call: Call<'_>, world: &World) -> Result<Answer, Answer> {
    let account = allowed(call, world)?;
    let mut search: Search = bodies::read(call.request)?;
    if call.quirks.team_search_nested {
        search = search.search.map(|inner| *inner).unwrap_or_default();
    }
    if search.filter.keys().any(|field| !["inviteType", "roleId"].contains(&field.as_str())) {
        return Err(bodies::invalid("filter", "names a field not filterable", "INVALID_ARGUMENT"));
    }
    let wanted = |field: &str| {
        let filter = search.filter.get(field)?;
        filter.get("$eq").unwrap_or(filter).as_str()
    };
    let (status, role) = (wanted("inviteType"), wanted("roleId"));
    let holds = |grants: &[Grant]| role.is_none_or(|role| grants.iter().any(|grant| grant.role == role));
    let text = search.query.as_deref().unwrap_or_default().to_lowercase();
    let named = |email: &str| email.to_lowercase().contains(&text);
    let mut found = Vec::new();
    if let Some(account) = world.accounts.get(&account) {
        let members = account.team.members.iter();
        let members =
            members.filter(|member| status.is_none() && holds(&member.grants) && named(&member.email));
        found.extend(members.map(|member| json!({"user": member_view(member)})));
        let invites = account.team.invites.iter();
        let invites = invites.filter(|invite| holds(&invite.grants) && named(&invite.email));
        let invites = invites.map(|invite| invite_view(invite, call.now));
        let right = |view: &Value| status.is_none_or(|status| view.get("status") == Some(&json!(status)));
        found.extend(invites.filter(right).map(|view| json!({"invite": view})));
    }
    let Paging { limit, offset } = search.paging.unwrap_or_default();
    let page: Vec<_> = found.into_iter().skip(offset).take(limit).collect();
    Ok(Answer::json(200, &json!({"facets": [], "teamMembers": page})))
}

/// Gives roles and takes roles.
pub(super) fn assign(call: Call<'_>, world: &mut World) -> Result<Answer, Answer> {
    let account = allowed(call, world)?;
    let Assign { user_id, new_assignments, assignment_ids_to_remove } = bodies::read(call.request)?;
    let mut grants = Vec::new();
    for assignment in new_assignments {
        let site = assignment.restrictions.and_then(|restriction| restriction.site).map(|site| site.id);
        check_grant(world, &account, &assignment.policy_id, site.as_deref())?;
        grants.push(Grant { id: world.new_number(), role: assignment.policy_id, site });
    }
    let team = &mut world.account_mut(&account).map_err(|_| bodies::error(404, call.quirks))?.team;
    let member = team.members.iter_mut().find(|member| member.user == user_id);
    let member = member.ok_or_else(|| bodies::error(404, call.quirks))?;
    member.grants.retain(|grant| !assignment_ids_to_remove.contains(&grant.id));
    member.grants.extend(grants);
    let assignments: Vec<_> = member.grants.iter().map(grant_view).collect();
    Ok(Answer::json(200, &json!({"assignments": assignments})))
}

/// Removes somebody from the team.
pub(super) fn remove(call: Call<'_>, world: &mut World) -> Result<Answer, Answer> {
    let account = allowed(call, world)?;
    let Leaver { user_id } = bodies::read(call.request)?;
    let members = &mut world.account_mut(&account).map_err(|_| bodies::error(404, call.quirks))?.team.members;
    let before = members.len();
    members.retain(|member| member.user != user_id);
    if members.len() == before && call.quirks.remove_absent == Verdict::Error {
        return Err(bodies::error(404, call.quirks));
    }
    Ok(Answer::json(200, &json!({})))
}

/// Invites people to the team. A role without a site is good for everything the account has.
pub(super) fn invite(call: Call<'_>, world: &mut World) -> Result<Answer, Answer> {
    let account = allowed(call, world)?;
    let Invited { subjects_assignments } = bodies::read(call.request)?;
    if subjects_assignments.is_empty() || subjects_assignments.len() > MOST_INVITED {
        return Err(bodies::invalid("subjectsAssignments", "holds too many or none", "OUT_OF_RANGE"));
    }
    let (mut invited, mut failed) = (Vec::new(), Vec::new());
    for SubjectAssignments { subject_email, assignments } in subjects_assignments {
        let refused = call.quirks.refused_emails.contains(&subject_email) || !subject_email.contains('@');
        if refused {
            failed.push(json!({"subjectEmail": subject_email, "errorMessage": "cannot be invited"}));
            continue;
        }
        let mut grants = Vec::new();
        for PolicyAssignments { policy_id, assignments } in &assignments {
            let sites = assignments.iter().filter_map(|resource| {
                resource.pointer("/fullNameResource/siteContext/metasiteId")?.as_str()
            });
            let mut sites: Vec<_> = sites.map(|site| Some(site.to_owned())).collect();
            if sites.is_empty() {
                sites.push(None);
            }
            for site in sites {
                check_grant(world, &account, policy_id, site.as_deref())?;
                grants.push(Grant { id: world.new_number(), role: policy_id.clone(), site });
            }
        }
        let invite =
            world.new_invitation(&subject_email, grants, &account, call.quirks.invite_lifetime, call.now);
        invited.push(bodies::with(invite_view(&invite, call.now), "accountId", Some(json!(account))));
        let team = &mut world.account_mut(&account).map_err(|_| bodies::error(404, call.quirks))?.team;
        team.invites.push(invite);
    }
    Ok(Answer::json(200, &json!({"successfulInvites": invited, "failedInvites": failed})))
}

fn check_grant(world: &World, account: &str, role: &str, site: Option<&str>) -> Result<(), Answer> {
    let level = if site.is_some() { Level::Site } else { Level::Account };
    let own = |site: &str| world.site(site).is_ok_and(|site| site.owner == account);
    if !roles::assignable(role, level, world.custom_roles(account)) || !site.is_none_or(own) {
        return Err(bodies::invalid("policyId", "cannot be assigned there", "INVALID_ARGUMENT"));
    }
    Ok(())
}

fn grant_view(grant: &Grant) -> Value {
    let view = json!({"policyId": grant.role, "assignmentId": grant.id});
    let restrictions = grant.site.as_ref().map(|site| json!({"site": {"id": site}}));
    bodies::with(view, "restrictions", restrictions)
}

fn member_view(member: &Member) -> Value {
    json!({
        "id": member.user,
        "email": member.email,
        "joinedTeamAt": member.joined.to_string(),
        "assignments": member.grants.iter().map(grant_view).collect::<Vec<_>>(),
    })
}

fn invite_view(invite: &Invitation<Vec<Grant>>, now: Timestamp) -> Value {
    json!({
        "id": invite.id,
        "email": invite.email,
        "status": invite.status(now),
        "acceptLink": invite.accept_link,
        "dateCreated": invite.created.to_string(),
        "dateUpdated": invite.created.to_string(),
        "assignments": invite.grants.iter().map(grant_view).collect::<Vec<_>>(),
        "expirationDate": invite.expires.to_string(),
    })
}

impl World {
    /// The invited person joins the team.
    pub(super) fn join_team(
        &mut self,
        account: &str,
        email: &str,
        now: Timestamp,
    ) -> Result<String, Refusal> {
        let user = self.new_guid("user");
        let team = &mut self.account_mut(account)?.team;
        let Some(invite) = team.invites.iter_mut().rev().find(|invite| invite.pending_for(email, now)) else {
            return refuse(format!("no pending invitation of {email}"));
        };
        invite.settled = InviteStatus::Used;
        let grants = invite.grants.clone();
        team.members.push(Member { user: user.clone(), email: email.to_owned(), joined: now, grants });
        Ok(user)
    }
}
