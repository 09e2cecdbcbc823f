//! Which shop and which part of the platform a request is for.

use super::grants;
use super::graphql;
use super::oauth;
use super::storefront::STOREFRONT_HEADER;
use crate::fakes::http::Incoming;
use crate::fault::RequestFacts;

pub(super) const TOKEN_HEADER: &str = "x-shopify-access-token";
const DOMAIN: &str = ".myshopify.com";

/// A request, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Route<'r> {
    /// The shop that the path or the `Host` names; otherwise the token decides.
    pub(super) shop: Option<&'r str>,
    pub(super) call: Call<'r>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Call<'r> {
    Graphql { version: &'r str },
    Storefront { version: &'r str },
    Rest { version: &'r str, tail: &'r str },
    Token,
    Authorize,
    AccessScopes,
    Permissions,
    Unknown,
}

impl<'r> Route<'r> {
    pub(super) fn of(request: &'r Incoming) -> Self {
        let path = request.path.strip_prefix('/').unwrap_or(&request.path);
        let (first, rest) = path.split_once('/').unwrap_or((path, ""));
        if first.to_lowercase().ends_with(DOMAIN) {
            return Self { shop: Some(first), call: Call::of(rest) };
        }
        let host = request.header("host").map(|host| host.split(':').next().unwrap_or_default());
        Self { shop: host.filter(|host| host.to_lowercase().ends_with(DOMAIN)), call: Call::of(path) }
    }
}

impl<'r> Call<'r> {
    fn of(path: &'r str) -> Self {
        match path {
            "admin/oauth/access_token" | "admin/oauth/access_token.json" => return Self::Token,
            "admin/oauth/authorize" => return Self::Authorize,
            "admin/oauth/access_scopes.json" => return Self::AccessScopes,
            "admin/api_permissions/current.json" => return Self::Permissions,
            _ => {}
        }
        let storefront = path.strip_prefix("api/").and_then(|rest| rest.strip_suffix("/graphql.json"));
        if let Some(version) = storefront {
            return Self::Storefront { version };
        }
        let versioned = path.strip_prefix("admin/api/").and_then(|rest| rest.split_once('/'));
        match versioned {
            Some((version, "graphql.json")) => Self::Graphql { version },
            Some((version, tail)) => Self::Rest { version, tail },
            None => Self::Unknown,
        }
    }
}

/// What the log and the faults may know of a request.
pub(super) fn facts(request: &Incoming) -> RequestFacts {
    let unsafe_method = !request.method.is_safe();
    let (operations, write) = match Route::of(request).call {
        Call::Graphql { .. } => {
            let asked = graphql::asked(request);
            (asked.operations, asked.write)
        }
        Call::Storefront { .. } => (vec!["storefront".to_owned()], false),
        Call::Rest { tail, .. } => (vec![tail.to_owned()], unsafe_method),
        Call::Token => {
            let grant = grants::name(&oauth::fields(request));
            (vec!["oauth/access_token".to_owned(), grant.to_owned()], true)
        }
        Call::Authorize => (vec!["oauth/authorize".to_owned()], unsafe_method),
        Call::AccessScopes => (vec!["oauth/access_scopes.json".to_owned()], unsafe_method),
        Call::Permissions => (vec!["api_permissions/current.json".to_owned()], unsafe_method),
        Call::Unknown => (Vec::new(), unsafe_method),
    };
    RequestFacts {
        method: request.method.to_string(),
        path: request.path.clone(),
        operations,
        write,
        token_present: [TOKEN_HEADER, STOREFRONT_HEADER]
            .into_iter()
            .any(|name| request.header(name).is_some_and(|token| !token.is_empty())),
    }
}
