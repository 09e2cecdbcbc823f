//! One function for each vendor call.

use std::sync::Arc;
use std::time::Duration;

use guestpass::http::{
    ApiRequest, ApiResponse, BaseUrl, Failure, HeaderName, HeaderToken, HttpClient, HttpClientConfig, Method,
    Safety,
};
use guestpass::{
    Budget, BudgetKey, CallContext, Environment, Error, ErrorKind, ExposeSecret, Priority, Result,
    SecretSource, SecretString, StoreHandle,
};
use serde::Serialize;
use serde_json::json;

use crate::ID;
use crate::config::Shop;
use crate::dialect::{AdminDialect, Answer, Notices, answer, graphql, rest};
use crate::wire::{
    CreateData, CreatePayload, DestroyData, DestroyPayload, StaffConnection, StaffData, User, Users, WhoAmI,
};

const TOKEN_HEADER: HeaderName = HeaderName::from_static("x-shopify-access-token");

/// How many people a page holds. It costs 102 points of a bucket that holds 2000 on the smallest plan and gets 100 back in
/// a second (<https://shopify.dev/docs/api/usage/limits>), and that other programs of the app draw from too.
const PAGE: u32 = 100;
const REQUESTS: u32 = 15;
const RESERVE: u32 = 3;
const WINDOW: Duration = Duration::from_secs(20);
/// How often watching may look: merchants take hours, not seconds.
pub(crate) const WATCH_EVERY: Duration = Duration::from_secs(5 * 60);

/// The REST bucket holds 40 requests and gets two back in a second.
const REST_REQUESTS: u32 = 20;
const REST_WINDOW: Duration = Duration::from_secs(10);
const REST_PAGE: &str = "250";
/// 25,000 objects are the most that any listing holds.
const MOST_REST_PAGES: u32 = 100;

/// The Admin API of one store. <https://shopify.dev/docs/api/admin-graphql>
#[derive(Debug)]
pub(crate) struct AdminApi {
    pub(crate) http: HttpClient,
    rest: HttpClient,
    dialect: Arc<AdminDialect>,
    version: String,
}

/// What an [`AdminApi`] is made of.
#[derive(Debug, Clone)]
pub(crate) struct Address {
    pub(crate) shop: Shop,
    pub(crate) store: StoreHandle,
    pub(crate) base: BaseUrl,
    pub(crate) version: String,
    /// Whose budget it is, beside the store's.
    pub(crate) app: String,
    pub(crate) blame: &'static str,
}

/// A page of people, or why it proves nothing.
#[derive(Debug)]
pub(crate) struct StaffPage {
    pub(crate) people: Answer<StaffConnection>,
    pub(crate) request_id: Option<String>,
}

impl AdminApi {
    pub(crate) fn new(address: &Address, token: Arc<dyn SecretSource>, env: &Environment) -> Self {
        let Address { shop, store, base, version, app, blame } = address;
        let dialect = Arc::new(AdminDialect::new(env.clock().clone(), blame, version.clone()));
        let key = |kind: &str| BudgetKey::new(format!("{}/{kind}/{app}/{}", ID.as_str(), shop.as_str()));
        let client = |budget: Budget| {
            let config = HttpClientConfig {
                provider: ID.clone(),
                store: store.clone(),
                base: base.clone(),
                dialect: dialect.clone(),
                authenticate: Arc::new(HeaderToken::new(TOKEN_HEADER, token.clone())),
                budget,
            };
            HttpClient::new(config, env.clone())
        };
        let points = Budget::new(key("points"), REQUESTS, WINDOW)
            .with_reserve(RESERVE)
            .with_background_every(WATCH_EVERY)
            .with_parallel(2);
        Self {
            http: client(points),
            rest: client(Budget::new(key("calls"), REST_REQUESTS, REST_WINDOW)),
            dialect,
            version: version.clone(),
        }
    }

    /// What the platform said beside its answers so far.
    pub(crate) fn notices(&self) -> Notices {
        self.dialect.notices()
    }

    /// The store, its plan, and what the app may do.
    pub(crate) async fn who_am_i(&self, cx: &CallContext) -> Result<WhoAmI> {
        let query = include_str!("queries/whoami.graphql");
        self.graphql("whoami", query, &json!({}), Safety::Read, cx).await
    }

    /// Whether the token works at all.
    pub(crate) async fn is_alive(&self, cx: &CallContext) -> Result<()> {
        let query = include_str!("queries/is_alive.graphql");
        let _: serde_json::Value = self.graphql("isAlive", query, &json!({}), Safety::Read, cx).await?;
        Ok(())
    }

    /// A page of everybody whom the store lists: the owner, staff, collaborators, requests.
    /// <https://shopify.dev/docs/api/admin-graphql/latest/queries/staffMembers>
    pub(crate) async fn staff_page(&self, after: Option<&str>, cx: &CallContext) -> Result<StaffPage> {
        self.staff(PAGE, after, cx).await
    }

    /// The first of them, to find out whether the store shows them at all.
    pub(crate) async fn staff_probe(&self, cx: &CallContext) -> Result<StaffPage> {
        self.staff(1, None, cx).await
    }

    async fn staff(&self, first: u32, after: Option<&str>, cx: &CallContext) -> Result<StaffPage> {
        let variables = json!({ "first": first, "after": after });
        let request = self.request(
            "staffMembers",
            include_str!("queries/staff_members.graphql"),
            &variables,
            Safety::Read,
        )?;
        // The pace of watching is for looks; the further pages of one look follow at once.
        let at_once = cx.clone().with_priority(Priority::Normal);
        let watching = cx.priority() == Priority::Background && after.is_some();
        let cx = if watching { &at_once } else { cx };
        self.http
            .send(&request, cx, |response| {
                let people = match answer::<StaffData>(response)? {
                    Answer::Whole(StaffData { staff_members: Some(people) }) => Answer::Whole(people),
                    Answer::Whole(_) => Answer::Partial("the platform gave no list of people".to_owned()),
                    Answer::Partial(why) => Answer::Partial(why),
                };
                Ok(StaffPage { people, request_id: response.header("x-request-id").map(str::to_owned) })
            })
            .await
    }

    /// Everybody with permissions and second factor, by the legacy REST API: Plus stores and custom apps only.
    /// <https://shopify.dev/docs/api/admin-rest/latest/resources/user>
    pub(crate) async fn users(&self, cx: &CallContext) -> Result<Vec<User>> {
        let mut users = Vec::new();
        let mut place: Option<String> = None;
        for _ in 0..MOST_REST_PAGES {
            let request = ApiRequest::new(
                "users",
                Method::GET,
                "/admin/api/{version}/users.json",
                ["admin", "api", &self.version, "users.json"],
                Safety::Read,
            )
            .with_query("limit", REST_PAGE);
            let request = match &place {
                Some(place) => request.with_query("page_info", place),
                None => request,
            };
            let (page, next) = self
                .rest
                .send(&request, cx, |response| Ok((rest::<Users>(response)?, next_page(response))))
                .await?;
            users.extend(page.users);
            if next.is_none() || next == place {
                return Ok(users);
            }
            place = next;
        }
        Err(Error::new(ErrorKind::Protocol, "the list of users does not end"))
    }

    /// Makes a token of ours with fewer scopes, for a while.
    /// <https://shopify.dev/docs/api/admin-graphql/latest/mutations/delegateAccessTokenCreate>
    pub(crate) async fn delegate_create(
        &self,
        scopes: &[String],
        seconds: i32,
        judge: impl Fn(CreatePayload) -> Result<crate::wire::DelegateToken, Failure> + Send + Sync,
        cx: &CallContext,
    ) -> Result<crate::wire::DelegateToken> {
        let variables = json!({ "scopes": scopes, "seconds": seconds });
        let query = include_str!("queries/delegate_create.graphql");
        let request = self.request("delegateAccessTokenCreate", query, &variables, Safety::Write)?;
        self.http
            .send(&request, cx, |response| {
                let data: CreateData = graphql(response).map_err(without_reader_words)?;
                judge(data.delegate_access_token_create.ok_or_else(no_result)?)
            })
            .await
    }

    /// Ends a token that was made that way.
    /// <https://shopify.dev/docs/api/admin-graphql/latest/mutations/delegateAccessTokenDestroy>
    pub(crate) async fn delegate_destroy(
        &self,
        token: &SecretString,
        judge: impl Fn(DestroyPayload) -> Result<(), Failure> + Send + Sync,
        cx: &CallContext,
    ) -> Result<()> {
        let variables = json!({ "token": token.expose_secret() });
        let query = include_str!("queries/delegate_destroy.graphql");
        let request = self.request("delegateAccessTokenDestroy", query, &variables, Safety::Idempotent)?;
        self.http
            .send(&request, cx, |response| {
                let data: DestroyData = graphql(response)?;
                judge(data.delegate_access_token_destroy.ok_or_else(no_result)?)
            })
            .await
    }

    pub(crate) async fn graphql<T: serde::de::DeserializeOwned>(
        &self,
        operation: &'static str,
        query: &str,
        variables: &impl Serialize,
        safety: Safety,
        cx: &CallContext,
    ) -> Result<T> {
        let request = self.request(operation, query, variables, safety)?;
        self.http.send(&request, cx, graphql).await
    }

    pub(crate) fn request(
        &self,
        operation: &'static str,
        query: &str,
        variables: &impl Serialize,
        safety: Safety,
    ) -> Result<ApiRequest> {
        ApiRequest::new(
            operation,
            Method::POST,
            "/admin/api/{version}/graphql.json",
            ["admin", "api", &self.version, "graphql.json"],
            safety,
        )
        .with_json(&json!({ "query": query, "variables": variables }))
    }
}

pub(crate) fn no_result() -> Failure {
    Failure::undecodable("the mutation has no result")
}

/// A reader's words about a body that may hold a fresh token are not kept.
pub(crate) fn without_reader_words(failure: Failure) -> Failure {
    if failure.code.is_some() || failure.kind != ErrorKind::Protocol {
        return failure;
    }
    let mut failure = failure;
    failure.message = "the answer cannot be read".to_owned();
    failure
}

/// The place of the next page, out of the `Link` header. The address in it is not followed.
fn next_page(response: &ApiResponse) -> Option<String> {
    let links = response.header("link")?;
    let next = links.split(',').find(|link| link.contains("rel=\"next\""))?;
    let address = next.split_once('<')?.1.split_once('>')?.0;
    let url = url::Url::parse(address).ok()?;
    url.query_pairs().find(|(name, _)| name == "page_info").map(|(_, value)| value.into_owned())
}
