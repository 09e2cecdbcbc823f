//! One function for each vendor call.

use std::sync::Arc;
use std::time::Duration;

use guestpass::http::{
    ApiRequest, Failure, HeaderName, HeaderToken, HttpClient, HttpClientConfig, Method, Safety,
};
use guestpass::{Budget, BudgetKey, CallContext, Email, Environment, Result, StoreHandle};
use serde_json::json;

use crate::ID;
use crate::config::Credential;
use crate::dialect::{MarketstallDialect, json, request_id};
use crate::wire::{Changed, Member, Members, Stall};

/// 60 requests a minute for a stall, all its tokens together; six are kept for removals, which take three with their
/// proof.
const REQUESTS: u32 = 60;
const RESERVE: u32 = 6;
const WINDOW: Duration = Duration::from_secs(60);
/// How often watching may spend one of them.
pub(crate) const WATCH_EVERY: Duration = Duration::from_secs(60);

/// The API of one stall.
#[derive(Debug)]
pub(crate) struct StallApi {
    http: HttpClient,
    stall: String,
}

impl StallApi {
    pub(crate) fn new(stall: String, credential: Credential, store: StoreHandle, env: &Environment) -> Self {
        let authorization = HeaderToken::new(HeaderName::from_static("authorization"), credential.token);
        let budget = Budget::new(BudgetKey::new(format!("{ID}/stall/{stall}")), REQUESTS, WINDOW)
            .with_reserve(RESERVE)
            .with_background_every(WATCH_EVERY);
        let config = HttpClientConfig {
            provider: ID.clone(),
            store,
            base: credential.api,
            dialect: Arc::new(MarketstallDialect::new(env.clock().clone())),
            authenticate: Arc::new(authorization.with_prefix("Bearer ")),
            budget,
        };
        Self { http: HttpClient::new(config, env.clone()), stall }
    }

    /// The stall itself, and what the token may do there.
    pub(crate) async fn stall(&self, cx: &CallContext) -> Result<Stall> {
        let request = self.request("stall", Method::GET, "/v1/stalls/{stall}", [], Safety::Read);
        self.http.send(&request, cx, json).await
    }

    /// A page of members, the invited ones among them, with the platform's id of the request.
    pub(crate) async fn members(
        &self,
        cursor: Option<&str>,
        cx: &CallContext,
    ) -> Result<(Members, Option<String>)> {
        let template = "/v1/stalls/{stall}/members";
        let mut request = self.request("members", Method::GET, template, ["members"], Safety::Read);
        if let Some(cursor) = cursor {
            request = request.with_query("cursor", cursor);
        }
        self.http.send(&request, cx, |response| Ok((json(response)?, request_id(response)))).await
    }

    /// Invites an address to a role.
    pub(crate) async fn invite(
        &self,
        email: &Email,
        role: &str,
        note: Option<&str>,
        cx: &CallContext,
    ) -> Result<Member> {
        let template = "/v1/stalls/{stall}/members";
        let request = self
            .request("invite", Method::POST, template, ["members"], Safety::Write)
            .with_json(&json!({ "email": email.as_str(), "role": role, "note": note }))?;
        self.http.send(&request, cx, |response| given(json(response)?, role)).await
    }

    /// Gives another role in place of the former. Twice is no more than once.
    pub(crate) async fn set_role(&self, member: &str, role: &str, cx: &CallContext) -> Result<()> {
        let template = "/v1/stalls/{stall}/members/{member}/role";
        let path = ["members", member, "role"];
        let request = self
            .request("set_role", Method::PUT, template, path, Safety::Idempotent)
            .with_json(&json!({ "role": role }))?;
        self.http.send(&request, cx, |response| given(json(response)?, role)).await.map(|_| ())
    }

    /// Takes somebody out, or takes an invitation back. A look settles a lost answer, so it is not sent twice.
    pub(crate) async fn remove(&self, member: &str, cx: &CallContext) -> Result<()> {
        let template = "/v1/stalls/{stall}/members/{member}";
        let request = self.request("remove", Method::DELETE, template, ["members", member], Safety::Write);
        self.http.send(&request, cx, |_| Ok(())).await
    }

    fn request<'a, const N: usize>(
        &'a self,
        operation: &'static str,
        method: Method,
        template: &'static str,
        path: [&'a str; N],
        safety: Safety,
    ) -> ApiRequest {
        let segments = ["v1", "stalls", &self.stall].into_iter().chain(path);
        ApiRequest::new(operation, method, template, segments, safety)
    }
}

/// The answer to a write names the role that is held now.
fn given(Changed { member }: Changed, role: &str) -> Result<Member, Failure> {
    match member.role.as_deref() {
        Some(held) if held == role => Ok(member),
        _ => Err(Failure::undecodable("it names another role than the one asked for")),
    }
}
