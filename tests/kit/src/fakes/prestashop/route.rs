//! Which part of the shop a path belongs to.

use super::gate;
use super::state::World;
use crate::fakes::http::Incoming;
use crate::fault::RequestFacts;

/// A path, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Route<'r> {
    /// The webservice: the shop whose address was used, and the path below `/api/`.
    Webservice {
        shop: u64,
        tail: &'r str,
    },
    /// The path below `/admin-api/`.
    Admin {
        tail: &'r str,
    },
    /// An authorization server that is no part of the shop.
    TokenElsewhere,
    Unknown,
}

pub(super) const EXTERNAL_TOKENS: &str = "/realms/merchant/protocol/openid-connect/token";

impl<'r> Route<'r> {
    pub(super) fn of(request: &'r Incoming, world: &World) -> Self {
        if request.path == EXTERNAL_TOKENS {
            return Self::TokenElsewhere;
        }
        let Some((shop, rest)) = world.shop_of(&request.path) else {
            return Self::Unknown;
        };
        match (rest.split_once('/').unwrap_or((rest, "")), rest) {
            (("api", tail), _) => Self::Webservice { shop, tail },
            (("admin-api", tail), _) => Self::Admin { tail },
            (_, "webservice/dispatcher.php") => {
                Self::Webservice { shop, tail: request.parameter("url").unwrap_or_default() }
            }
            _ => Self::Unknown,
        }
    }
}

/// What the log and the faults may know of a request. The operations are what is worked on, and the method with it:
/// `employees` and `PUT employees`.
pub(super) fn facts(request: &Incoming) -> RequestFacts {
    let path = request.path.as_str();
    let tail =
        path.split_once("/admin-api/").or_else(|| path.split_once("/api/")).map_or("", |(_, tail)| tail);
    let resource = tail.split('/').next().unwrap_or_default();
    let method = gate::method(request);
    let write = !["GET", "HEAD", "OPTIONS"].contains(&method.as_str()) && !path.ends_with("token");
    RequestFacts {
        path: request.path.clone(),
        operations: vec![resource.to_owned(), format!("{method} {resource}")],
        write,
        token_present: request.header("authorization").is_some_and(|header| !header.is_empty())
            || request.parameter("ws_key").is_some(),
        method: request.method.to_string(),
    }
}
