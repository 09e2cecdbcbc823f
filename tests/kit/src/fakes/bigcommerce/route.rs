//! Which part of the platform a path belongs to, and whose token opens it.

use guestpass::Timestamp;

use super::credentials::{Reach, Token};
use super::graphql;
use super::quirks::Quirks;
use super::state::World;
use crate::fakes::http::Incoming;
use crate::fault::RequestFacts;

/// A path, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Route<'r> {
    Account {
        uuid: &'r str,
        tail: &'r str,
    },
    Store {
        hash: &'r str,
        tail: &'r str,
    },
    /// The API for shoppers: of this store, or of whichever store the token is for.
    Storefront {
        hash: Option<&'r str>,
    },
    Login,
    Unknown,
}

impl<'r> Route<'r> {
    pub(super) fn of(path: &'r str) -> Self {
        let path = path.strip_prefix('/').unwrap_or(path);
        let mut parts = path.splitn(3, '/');
        match (parts.next(), parts.next(), parts.next()) {
            (Some("accounts"), Some(uuid), Some(tail)) => Self::Account { uuid, tail },
            (Some("stores"), Some(hash), Some(tail)) => Self::Store { hash, tail },
            (Some("graphql"), None, None) => Self::Storefront { hash: None },
            (Some("storefronts"), Some(hash), Some("graphql")) => Self::Storefront { hash: Some(hash) },
            (Some("oauth2"), Some("token"), None) => Self::Login,
            _ => Self::Unknown,
        }
    }

    /// The token of the request, if it is valid exactly here.
    pub(super) fn token<'w>(
        self,
        request: &Incoming,
        world: &'w World,
        quirks: &Quirks,
        now: Timestamp,
    ) -> Option<&'w Token> {
        let token = world.credentials.get(request.header("x-auth-token")?, now)?;
        let here = match (self, &token.reach) {
            (Self::Account { uuid, .. }, Reach::Account(account)) => uuid == account,
            (Self::Store { hash, .. }, Reach::Store(store)) => hash == store || quirks.foreign_tokens_answer,
            _ => false,
        };
        here.then_some(token)
    }
}

/// What the log and the faults may know of a request.
pub(super) fn facts(request: &Incoming) -> RequestFacts {
    let (operations, write) = match Route::of(&request.path) {
        Route::Account { .. } => {
            let asked = graphql::asked(request);
            (asked.operations, asked.write)
        }
        Route::Store { tail, .. } => (vec![tail.to_owned()], !request.method.is_safe()),
        Route::Storefront { .. } => (vec!["storefront/graphql".to_owned()], false),
        Route::Login => (vec!["oauth2/token".to_owned()], true),
        Route::Unknown => (Vec::new(), !request.method.is_safe()),
    };
    RequestFacts {
        method: request.method.to_string(),
        path: request.path.clone(),
        operations,
        write,
        token_present: ["x-auth-token", "authorization"]
            .iter()
            .any(|&name| request.header(name).is_some_and(|token| !token.is_empty())),
    }
}
