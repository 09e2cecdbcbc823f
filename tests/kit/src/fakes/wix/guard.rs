//! Who may ask for what: the credential, the header that selects a site or an account, the permission.

use guestpass::Timestamp;

use super::bodies;
use super::credentials::{ApiKey, Installation};
use super::permissions::Permission;
use super::quirks::{Quirks, WrongHeader};
use super::state::World;
use crate::fakes::Verdict;
use crate::fakes::http::{Answer, Incoming};

/// What every operation needs to know beside the world.
#[derive(Clone, Copy)]
pub(super) struct Call<'c> {
    pub(super) request: &'c Incoming,
    pub(super) quirks: &'c Quirks,
    pub(super) now: Timestamp,
}

/// Whose credential a request carries.
enum Caller<'w> {
    Key(&'w ApiKey),
    App(&'w Installation),
}

/// Keys are sent as they are; tokens also behind `Bearer`.
fn caller<'w>(request: &Incoming, world: &'w World, now: Timestamp) -> Option<Caller<'w>> {
    let sent = request.header("authorization")?;
    if let Some(key) = world.credentials.key(sent) {
        return Some(Caller::Key(key));
    }
    let token = sent.strip_prefix("Bearer ").unwrap_or(sent);
    world.credentials.live(token, now).map(|(_, installation)| Caller::App(installation))
}

/// The refusal of a credential that is unknown.
fn stranger(call: Call<'_>) -> Answer {
    let key = call.request.header("authorization").is_some_and(|sent| sent.starts_with("IST."));
    if key && call.quirks.dead_key_forbidden {
        bodies::forbidden(call.quirks)
    } else {
        bodies::error(401, call.quirks)
    }
}

fn selectors(request: &Incoming) -> (Option<&str>, Option<&str>) {
    (request.header("wix-site-id"), request.header("wix-account-id"))
}

pub(super) fn doubly_selected(request: &Incoming) -> bool {
    matches!(selectors(request), (Some(_), Some(_)))
}

/// Who is limited by a request, `None` for strangers.
pub(super) fn limited(request: &Incoming, world: &World, now: Timestamp) -> Option<String> {
    let account = match (caller(request, world, now)?, selectors(request)) {
        (Caller::App(installation), _) => return Some(format!("site {}", installation.site)),
        (Caller::Key(_), (Some(site), _)) => return Some(format!("site {site}")),
        (Caller::Key(_), (None, Some(account))) => account,
        (Caller::Key(key), (None, None)) => &key.account,
    };
    Some(format!("account {account}"))
}

/// A caller who may work on a site.
pub(super) struct OnSite {
    pub(super) site: String,
    /// Whose account the site is.
    pub(super) account: String,
    /// The installation, if the caller is an app.
    pub(super) app: Option<Installation>,
}

/// Lets a site-level request pass.
pub(super) fn site(call: Call<'_>, world: &World, needed: Option<Permission>) -> Result<OnSite, Answer> {
    let caller = caller(call.request, world, call.now).ok_or_else(|| stranger(call))?;
    let (site, permissions, app) = match &caller {
        Caller::App(app) => (app.site.as_str(), &app.permissions, Some((*app).clone())),
        Caller::Key(key) => (selected_site(call.request, key, world, call.quirks)?, &key.permissions, None),
    };
    if needed.is_some_and(|needed| !permissions.contains(&needed)) {
        return Err(bodies::forbidden(call.quirks));
    }
    let found = world.site(site).map_err(|_| bodies::forbidden(call.quirks))?;
    Ok(OnSite { site: found.id.clone(), account: found.owner.clone(), app })
}

/// The site that a key's request names. A key works on sites of its own account only.
fn selected_site<'r>(
    request: &'r Incoming,
    key: &ApiKey,
    world: &World,
    quirks: &Quirks,
) -> Result<&'r str, Answer> {
    let site = match selectors(request) {
        (Some(_), Some(_)) if quirks.both_selectors == Verdict::Error => {
            return Err(bodies::forbidden(quirks));
        }
        (Some(site), _) => site,
        (None, Some(_)) if quirks.account_header_on_site_call == WrongHeader::Forbidden => {
            return Err(bodies::forbidden(quirks));
        }
        (None, _) => return Err(bodies::no_site()),
    };
    let selected = key.sites.as_ref().is_none_or(|sites| sites.contains(site));
    let own = world.site(site).is_ok_and(|site| site.owner == key.account);
    if own && selected { Ok(site) } else { Err(bodies::forbidden(quirks)) }
}

/// Lets an account-level request pass, and returns the key it came with.
pub(super) fn account(call: Call<'_>, world: &World, needed: Option<Permission>) -> Result<ApiKey, Answer> {
    let caller = caller(call.request, world, call.now).ok_or_else(|| stranger(call))?;
    let Caller::Key(key) = caller else {
        return Err(bodies::forbidden(call.quirks));
    };
    let refused = match selectors(call.request) {
        (None, None) => {
            return Err(bodies::coded(401, "NO_ACCOUNT_IDENTITY", "The request names no account."));
        }
        (Some(_), Some(_)) => call.quirks.both_selectors == Verdict::Error,
        (Some(_), None) => true,
        (None, Some(_)) => false,
    };
    let own = call.request.header("wix-account-id") == Some(key.account.as_str());
    let permitted = needed.is_none_or(|needed| key.permissions.contains(&needed));
    if refused || !own || !permitted { Err(bodies::forbidden(call.quirks)) } else { Ok(key.clone()) }
}

/// The account whose roles a caller may list.
pub(super) fn roles(call: Call<'_>, world: &World) -> Result<String, Answer> {
    let needed = Some(Permission::ReadRoles);
    let refused = match account(call, world, needed) {
        Ok(key) => return Ok(key.account),
        Err(refused) => refused,
    };
    if call.quirks.roles_on_site_level == Verdict::Error {
        return Err(refused);
    }
    let caller = site(call, world, None).map_err(|_| refused)?;
    Ok(caller.account)
}
