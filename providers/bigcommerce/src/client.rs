//! One function for each vendor call.

mod hooks;
mod storefront;
mod tokens;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use guestpass::http::{
    ApiRequest, BaseUrl, Failure, HeaderName, HeaderToken, HttpClient, HttpClientConfig, Method, RetryPolicy,
    Safety,
};
use guestpass::{
    Budget, BudgetKey, CallContext, Email, Environment, ErrorKind, Result, SecretSource, StoreHandle,
};
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::ID;
use crate::dialect::{BigCommerceDialect, graphql, rest};
use crate::wire::{
    Account, AccountData, AccountMutationData, StoreConnection, StoreInformation, StoresData,
    UserMutationData,
};

pub(crate) use storefront::{Shown, StorefrontApi};
pub(crate) use tokens::{NewStorefrontToken, TokenCall};

const TOKEN_HEADER: HeaderName = HeaderName::from_static("x-auth-token");

/// 70 requests an hour for an account, all its tokens together
/// (<https://docs.bigcommerce.com/developer/docs/overview/users>); ten are kept for removals and their proofs.
const ACCOUNT_REQUESTS: u32 = 70;
const ACCOUNT_RESERVE: u32 = 10;
const ACCOUNT_WINDOW: Duration = Duration::from_secs(3600);
/// How often watching may spend one of them.
pub(crate) const WATCH_EVERY: Duration = Duration::from_secs(15 * 60);

/// The quota of the smallest plan, shared by all apps of the store
/// (<https://docs.bigcommerce.com/developer/docs/overview/rate-limits>).
const STORE_REQUESTS: u32 = 150;
const STORE_WINDOW: Duration = Duration::from_secs(30);

/// The GraphQL Account API of one merchant's account.
/// <https://docs.bigcommerce.com/developer/api-reference/graphql/account/overview>
#[derive(Debug)]
pub(crate) struct AccountApi {
    http: HttpClient,
    uuid: String,
    listing_step: AtomicUsize,
}

/// Which part of the nested listing to read.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Slice {
    pub(crate) stores: u32,
    pub(crate) after_store: Option<String>,
    pub(crate) users: u32,
    pub(crate) after_user: Option<String>,
}

impl AccountApi {
    pub(crate) fn new(
        uuid: Uuid,
        token: Arc<dyn SecretSource>,
        base: BaseUrl,
        store: StoreHandle,
        env: &Environment,
    ) -> Self {
        let uuid = uuid.hyphenated().to_string();
        let budget = Budget::new(
            BudgetKey::new(format!("{}/account/{uuid}", ID.as_str())),
            ACCOUNT_REQUESTS,
            ACCOUNT_WINDOW,
        )
        .with_reserve(ACCOUNT_RESERVE)
        .with_background_every(WATCH_EVERY);
        let config = HttpClientConfig {
            provider: ID.clone(),
            store,
            base,
            dialect: Arc::new(BigCommerceDialect::account(env.clock().clone())),
            authenticate: Arc::new(HeaderToken::new(TOKEN_HEADER, token)),
            budget,
        };
        // Attempts are dear here, and the vendor asks for patience after a failure.
        let mut policy = RetryPolicy::default();
        policy.attempts = 3;
        policy.first_pause = Duration::from_secs(2);
        Self {
            http: HttpClient::new(config, env.clone()).with_retry_policy(policy),
            uuid,
            listing_step: AtomicUsize::new(0),
        }
    }

    /// How far listings were made smaller because the platform refused larger ones.
    pub(crate) fn listing_step(&self) -> usize {
        self.listing_step.load(Ordering::Relaxed)
    }

    /// Makes listings smaller than they are at this step.
    pub(crate) fn ask_for_less(&self, step: usize) {
        self.listing_step.fetch_max(step + 1, Ordering::Relaxed);
    }

    /// The account itself; needs only `account_read`, so it shows whether the token lives.
    pub(crate) async fn account(&self, cx: &CallContext) -> Result<Account> {
        let request =
            self.request("account", include_str!("queries/account.graphql"), &json!({}), Safety::Read)?;
        let data: AccountData = self.http.send(&request, cx, graphql).await?;
        Ok(data.account)
    }

    /// Stores of the account, each with a page of its users.
    /// <https://docs.bigcommerce.com/developer/docs/overview/users>
    pub(crate) async fn store_users(&self, slice: &Slice, cx: &CallContext) -> Result<StoreConnection> {
        let query = include_str!("queries/store_users.graphql");
        let request = self.request("stores", query, slice, Safety::Read)?;
        let data: StoresData = self.http.send(&request, cx, graphql).await?;
        Ok(data.account.stores)
    }

    /// Gives somebody access to a store.
    /// <https://docs.bigcommerce.com/developer/api-reference/graphql/account/account-graphql/mutations/addUserToStore>
    pub(crate) async fn add_user_to_store(
        &self,
        store_id: &str,
        email: &Email,
        cx: &CallContext,
    ) -> Result<()> {
        let variables = json!({ "store": store_id, "email": email_value(email) });
        let query = include_str!("queries/add_user_to_store.graphql");
        let request = self.request("addUserToStore", query, &variables, Safety::Write)?;
        self.http
            .send(&request, cx, |response| {
                let data: UserMutationData = graphql(response)?;
                confirmed(data.user.and_then(|user| user.add_user_to_store))
            })
            .await
    }

    /// Takes somebody's access to one store away.
    /// <https://docs.bigcommerce.com/developer/api-reference/graphql/account/account-graphql/mutations/removeUserFromStore>
    pub(crate) async fn remove_user_from_store(
        &self,
        store_id: &str,
        user_id: &str,
        cx: &CallContext,
    ) -> Result<()> {
        let variables = json!({ "store": store_id, "user": user_id });
        let query = include_str!("queries/remove_user_from_store.graphql");
        let request = self.request("removeUserFromStore", query, &variables, Safety::Write)?;
        self.http
            .send(&request, cx, |response| {
                let data: UserMutationData = graphql(response)?;
                confirmed(data.user.and_then(|user| user.remove_user_from_store))
            })
            .await
    }

    /// Takes somebody out of the account and of every store in it.
    /// <https://docs.bigcommerce.com/developer/api-reference/graphql/account/account-graphql/mutations/removeUserFromAccount>
    pub(crate) async fn remove_user_from_account(&self, user_id: &str, cx: &CallContext) -> Result<()> {
        let query = include_str!("queries/remove_user_from_account.graphql");
        let request =
            self.request("removeUserFromAccount", query, &json!({ "user": user_id }), Safety::Write)?;
        self.http
            .send(&request, cx, |response| {
                let data: AccountMutationData = graphql(response)?;
                confirmed(data.account.and_then(|account| account.remove_user_from_account))
            })
            .await
    }

    fn request(
        &self,
        operation: &'static str,
        query: &str,
        variables: &impl Serialize,
        safety: Safety,
    ) -> Result<ApiRequest> {
        ApiRequest::new(
            operation,
            Method::POST,
            "/accounts/{account_uuid}/graphql",
            ["accounts", &self.uuid, "graphql"],
            safety,
        )
        .with_json(&json!({ "query": query, "variables": variables }))
    }
}

/// How an address is written in `addUserToStore`. The vendor's guide shows both the plain address and
/// `bc/account/user/{address}`; the plain one is what its sibling mutation takes.
fn email_value(email: &Email) -> Value {
    Value::from(email.as_str())
}

/// A mutation without an error and without a result may have been executed or not.
fn confirmed<T>(result: Option<T>) -> Result<(), Failure> {
    result.map(|_| ()).ok_or_else(|| Failure::undecodable("the mutation has no result"))
}

/// The REST API of one store.
#[derive(Debug)]
pub(crate) struct StoreApi {
    http: HttpClient,
    hash: String,
}

impl StoreApi {
    pub(crate) fn new(
        hash: String,
        token: Arc<dyn SecretSource>,
        base: BaseUrl,
        store: StoreHandle,
        env: &Environment,
    ) -> Self {
        let budget = Budget::new(
            BudgetKey::new(format!("{}/store/{hash}", ID.as_str())),
            STORE_REQUESTS,
            STORE_WINDOW,
        )
        .with_parallel(2);
        let config = HttpClientConfig {
            provider: ID.clone(),
            store,
            base,
            dialect: Arc::new(BigCommerceDialect::store(env.clock().clone())),
            authenticate: Arc::new(HeaderToken::new(TOKEN_HEADER, token)),
            budget,
        };
        Self { http: HttpClient::new(config, env.clone()), hash }
    }

    /// What the store says about itself.
    /// <https://docs.bigcommerce.com/developer/api-reference/rest/admin/management/store-information>
    pub(crate) async fn information(&self, cx: &CallContext) -> Result<StoreInformation> {
        let request = ApiRequest::new(
            "store",
            Method::GET,
            "/stores/{store_hash}/v2/store",
            ["stores", &self.hash, "v2", "store"],
            Safety::Read,
        );
        self.http.send(&request, cx, rest).await
    }

    /// Whether the token may read what is at this path below the store; `None` where there is no such path.
    pub(crate) async fn may_read(
        &self,
        path: &'static [&'static str],
        cx: &CallContext,
    ) -> Result<Option<bool>> {
        let segments = ["stores", self.hash.as_str()].into_iter().chain(path.iter().copied());
        let request =
            ApiRequest::new("probe", Method::GET, "/stores/{store_hash}/{probe}", segments, Safety::Read)
                .with_query("limit", "1");
        match self.http.send(&request, cx, |_| Ok(())).await {
            Ok(()) => Ok(Some(true)),
            Err(error) if error.kind() == ErrorKind::PermissionDenied => Ok(Some(false)),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::InvalidRequest) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whether the token lives at all: listing one's own webhooks needs no scope.
    /// <https://docs.bigcommerce.com/developer/api-reference/rest/admin/management/webhooks>
    pub(crate) async fn is_alive(&self, cx: &CallContext) -> Result<bool> {
        let request = ApiRequest::new(
            "hooks",
            Method::GET,
            "/stores/{store_hash}/v3/hooks",
            ["stores", &self.hash, "v3", "hooks"],
            Safety::Read,
        )
        .with_query("limit", "1");
        match self.http.send(&request, cx, |_| Ok(())).await {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == ErrorKind::Unauthenticated => Ok(false),
            Err(error) => Err(error),
        }
    }
}
