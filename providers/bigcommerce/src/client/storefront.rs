//! The API for shoppers, asked for nothing but whether it takes a token.
//!
//! What is not documented is kept here: whether the query below is open to every token, and how a token that lives is
//! refused for other reasons. A refusal is therefore believed only when the plainest query gets one, too.

use std::sync::Arc;
use std::time::Duration;

use guestpass::http::{
    ApiRequest, BaseUrl, HeaderName, HeaderToken, HttpClient, HttpClientConfig, Method, Safety,
};
use guestpass::{Budget, BudgetKey, CallContext, Environment, ErrorKind, Result, SecretSource, StoreHandle};
use serde_json::json;

use crate::ID;
use crate::dialect::{INSUFFICIENT_SCOPE, StorefrontDialect, graphql};
use crate::wire::StorefrontData;

/// How many probes may go out; no limit is documented.
const REQUESTS: u32 = 60;
const WINDOW: Duration = Duration::from_secs(60);

/// The API for shoppers of one store, with one token.
#[derive(Debug)]
pub(crate) struct StorefrontApi {
    http: HttpClient,
}

/// What a token was good for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Shown {
    /// It was accepted; with the hash of the store that answered, where that was told.
    Accepted { store: Option<String> },
    /// It was accepted, and lacks the scope to read what every shopper may.
    Narrow,
    /// It was refused, whatever was asked.
    Refused,
    /// The request was refused in a way that need not be about the token: by a firewall, or by a rule for servers.
    Barred,
}

impl StorefrontApi {
    pub(crate) fn new(
        hash: &str,
        token: Arc<dyn SecretSource>,
        base: BaseUrl,
        store: StoreHandle,
        env: &Environment,
    ) -> Self {
        let key = BudgetKey::new(format!("{}/storefront/{hash}", ID.as_str()));
        let config = HttpClientConfig {
            provider: ID.clone(),
            store,
            base,
            dialect: Arc::new(StorefrontDialect::new(env.clock().clone())),
            authenticate: Arc::new(
                HeaderToken::new(HeaderName::from_static("authorization"), token).with_prefix("Bearer "),
            ),
            budget: Budget::new(key, REQUESTS, WINDOW),
        };
        Self { http: HttpClient::new(config, env.clone()) }
    }

    /// Uses the token as a server would: there is no `Origin`.
    pub(crate) async fn try_token(&self, cx: &CallContext) -> Result<Shown> {
        match self.ask(include_str!("../queries/storefront_store.graphql"), cx).await {
            Ok(data) => Ok(Shown::Accepted { store: data.store_hash() }),
            Err(error) if error.code() == Some(INSUFFICIENT_SCOPE) => Ok(Shown::Narrow),
            Err(error) if matches!(error.kind(), ErrorKind::Unauthenticated | ErrorKind::InvalidRequest) => {
                self.try_plainly(cx).await
            }
            Err(error) if error.kind() == ErrorKind::PermissionDenied => Ok(Shown::Barred),
            Err(error) => Err(error),
        }
    }

    async fn try_plainly(&self, cx: &CallContext) -> Result<Shown> {
        match self.ask(include_str!("../queries/storefront_plain.graphql"), cx).await {
            Ok(_) => Ok(Shown::Accepted { store: None }),
            Err(error) if error.code() == Some(INSUFFICIENT_SCOPE) => Ok(Shown::Narrow),
            Err(error) if error.kind() == ErrorKind::Unauthenticated => Ok(Shown::Refused),
            Err(error) if error.kind() == ErrorKind::PermissionDenied => Ok(Shown::Barred),
            Err(error) => Err(error),
        }
    }

    /// <https://docs.bigcommerce.com/developer/docs/storefront/graphql>
    async fn ask(&self, query: &str, cx: &CallContext) -> Result<StorefrontData> {
        let request = ApiRequest::new("storefront", Method::POST, "/graphql", ["graphql"], Safety::Read)
            .with_json(&json!({ "query": query }))?;
        self.http.send(&request, cx, graphql).await
    }
}
