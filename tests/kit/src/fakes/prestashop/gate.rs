//! What a request must pass before the webservice looks at its resource, in the order of the real checks.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use guestpass::Timestamp;
use url::form_urlencoded;

use super::errors::{self, Failure};
use super::quirks::Quirks;
use super::resources;
use super::state::{MAIN_SHOP, Permissions, World};
use super::version::PrestashopVersion;
use super::writer::Writer;
use crate::fakes::http::Incoming;

/// A request of the webservice, taken apart.
pub(super) struct Call<'r> {
    pub(super) request: &'r Incoming,
    pub(super) version: PrestashopVersion,
    pub(super) method: String,
    pub(super) resource: String,
    pub(super) id: Option<String>,
    /// The shops whose employees the call sees.
    pub(super) shops: BTreeSet<u64>,
    /// What the key may do.
    pub(super) permissions: Permissions,
    pub(super) writer: Writer,
    /// Whether bad parameters raise PHP warnings as well.
    pub(super) warned: bool,
}

/// Why a request comes no further.
#[derive(Debug)]
pub(super) enum Stopped {
    /// To the shop's main address.
    Redirected(String),
    /// Browsers ask whether they may send the key.
    Welcome,
    /// No key arrived.
    NoKey,
    /// Refused before the key was known to be good.
    Stranger(Failure),
    /// Refused although the key is good.
    Refused(Failure),
}

/// The method that counts: firewalls let POST through.
pub(super) fn method(request: &Incoming) -> String {
    let overridden = request.parameter("ps_method").filter(|_| request.method == "POST");
    overridden.map_or_else(|| request.method.to_string(), str::to_uppercase)
}

pub(super) fn wants_json(request: &Incoming) -> bool {
    let asked = ["output_format", "io_format"].iter().find_map(|name| request.parameter(name));
    let header = || ["output-format", "io-format"].iter().find_map(|name| request.header(name));
    asked.or_else(header) == Some("JSON")
}

/// Lets a request in. `tail` is the path below `/api/`, `shop` the one whose address was used.
pub(super) fn enter<'r>(
    request: &'r Incoming,
    (shop, tail): (u64, &str),
    world: &World,
    home: &str,
    quirks: &Quirks,
    now: Timestamp,
) -> Result<Call<'r>, Stopped> {
    let domain = world.main_domain.as_deref().unwrap_or(home);
    let elsewhere = || Stopped::Redirected(main_address(request, tail, domain, world));
    if request.header("host") != Some(domain) {
        return Err(elsewhere());
    }
    let context = Context::of(request, shop, world).ok_or_else(elsewhere)?;
    let Some(key) = key_of(request, quirks) else {
        let preflight = request.method == "OPTIONS" && !world.version.is_old();
        return Err(if preflight { Stopped::Welcome } else { Stopped::NoKey });
    };
    if !world.webservice_on {
        return Err(Stopped::Stranger(errors::switched_off()));
    }
    let (permissions, key_shops) = authenticate(&key, world, now).map_err(Stopped::Stranger)?;
    let shops = context.shops(world).map_err(Stopped::Refused)?;
    if !context.meets(&key_shops, world) {
        return Err(Stopped::Refused(errors::wrong_shop()));
    }
    let base = match context {
        Context::Shop(id) => world.shops.get(&id).map_or("/", String::as_str),
        Context::Group(_) | Context::All => world.base(),
    };
    let (resource, id) = tail.split_once('/').unwrap_or((tail, ""));
    let call = Call {
        request,
        version: world.version,
        method: method(request),
        resource: resource.to_owned(),
        id: (!id.is_empty()).then(|| id.trim_end_matches('/').to_owned()),
        shops,
        permissions,
        writer: Writer { api: format!("http://{domain}{base}api/"), version: world.version },
        warned: quirks.php_warnings && !world.version.is_old(),
    };
    call.permitted().map_err(Stopped::Refused)?;
    Ok(call)
}

impl Call<'_> {
    fn permitted(&self) -> Result<(), Failure> {
        let (resource, method) = (self.resource.as_str(), self.method.as_str());
        let all = resources::names(self.version);
        let granted = self.permissions.get(resource);
        if !resource.is_empty() && !all.contains(&resource) {
            return Err(errors::unknown_resource(resource, &all));
        }
        if !resource.is_empty() && granted.is_none() {
            return Err(errors::resource_denied(resource));
        }
        let known = ["GET", "POST", "PUT", "DELETE", "HEAD"].contains(&method)
            || (method == "PATCH" && !self.version.is_old());
        if !known {
            return Err(errors::unknown_method(method));
        }
        match granted {
            Some(methods) if !methods.contains(method) => Err(errors::method_denied(method, resource)),
            _ => Ok(()),
        }
    }
}

/// Which shops a call is about.
#[derive(Debug, Clone, Copy)]
enum Context {
    Shop(u64),
    Group(u64),
    All,
}

impl Context {
    /// `None` where no such shop is known.
    fn of(request: &Incoming, shop: u64, world: &World) -> Option<Self> {
        let group = request.parameter("id_group_shop");
        let newer_name =
            || request.parameter("id_shop_group").filter(|_| world.version == PrestashopVersion::V9_0);
        match (request.parameter("id_shop"), group.or_else(newer_name)) {
            (Some("all"), _) if !world.version.is_old() => Some(Self::All),
            (Some(id), _) => {
                let id = id.parse().ok().filter(|id| world.shops.contains_key(id))?;
                Some(Self::Shop(id))
            }
            (None, Some(group)) => Some(Self::Group(group.parse().unwrap_or_default())),
            (None, None) => Some(Self::Shop(shop)),
        }
    }

    /// The shops whose employees are seen: without the multistore feature, a group is its main shop.
    fn shops(self, world: &World) -> Result<BTreeSet<u64>, Failure> {
        match self {
            Self::Shop(id) => Ok(BTreeSet::from([id])),
            Self::Group(group) if group != 1 => Err(errors::unknown_group(world.version)),
            Self::Group(_) | Self::All if world.multistore_on => Ok(world.shops.keys().copied().collect()),
            Self::Group(_) | Self::All => Ok(BTreeSet::from([MAIN_SHOP])),
        }
    }

    /// Whether one of the call's shops is one of the key's.
    fn meets(self, key: &BTreeSet<u64>, world: &World) -> bool {
        match self {
            Self::Shop(id) => key.contains(&id),
            Self::Group(_) | Self::All => world.shops.keys().any(|id| key.contains(id)),
        }
    }
}

/// The user name of HTTP Basic wins over the query.
fn key_of(request: &Incoming, quirks: &Quirks) -> Option<String> {
    let header = request.header("authorization").filter(|_| !quirks.strips_authorization);
    let basic = header.and_then(|header| header.strip_prefix("Basic "));
    let user = basic.and_then(|basic| STANDARD.decode(basic).ok()).map(|pair| {
        let pair = String::from_utf8_lossy(&pair).into_owned();
        pair.split_once(':').map_or(pair.clone(), |(user, _)| user.to_owned())
    });
    user.or_else(|| request.parameter("ws_key").map(str::to_owned)).map(|key| key.trim().to_owned())
}

fn authenticate(key: &str, world: &World, now: Timestamp) -> Result<(Permissions, BTreeSet<u64>), Failure> {
    if key.is_empty() {
        return Err(Failure::new(401, 17, "Authentication key is empty"));
    }
    if key.len() != 32 {
        return Err(Failure::new(401, 18, "Invalid authentication key format"));
    }
    match world.key_seen(key, now) {
        Some(known) if known.enabled && known.permissions.is_empty() => Err(errors::no_permission()),
        Some(known) if known.enabled => Ok((known.permissions.clone(), known.shops.clone())),
        _ => Err(errors::not_active()),
    }
}

/// The shop's front page, with what was asked for as parameters.
fn main_address(request: &Incoming, tail: &str, domain: &str, world: &World) -> String {
    let others = request.query.iter().filter(|(name, _)| name != "id_shop" && name != "url");
    let mut query = form_urlencoded::Serializer::new(format!("url={tail}"));
    query.extend_pairs(others);
    format!("http://{domain}{}index.php?{}", world.base(), query.finish())
}
