//! One function for each vendor call.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use guestpass::http::{
    ApiRequest, Authenticate, BaseUrl, Failure, HeaderName, HeaderToken, HeaderValue, HttpClient,
    HttpClientConfig, Method, RetryPolicy, Safety,
};
use guestpass::{
    Budget, BudgetKey, CallContext, Email, Environment, Error, ErrorKind, Result, SecretSource, StoreHandle,
};
use serde_json::{Value, json};

use crate::ID;
use crate::dialect::{CredentialKind, WixDialect, json, request_id};
use crate::wire::{
    BulkInvite, Contributors, Done, OauthApp, OauthAppAnswer, Resent, RoleChange, Roles, Site, SiteInvite,
    Sites,
};

pub(crate) const INVITE: &str = "site-invite/bulk";

const SITE_HEADER: HeaderName = HeaderName::from_static("wix-site-id");
const ACCOUNT_HEADER: HeaderName = HeaderName::from_static("wix-account-id");
const AUTHORIZATION: HeaderName = HeaderName::from_static("authorization");

/// Apps have 200 requests a minute (<https://dev.wix.com/docs/rest/articles/get-started/rate-limits>); what API keys
/// have is not documented. A tenth is left to whoever else uses the same limit, and twenty are kept for removals.
pub(crate) const PER_MINUTE: u32 = 180;
const RESERVE: u32 = 20;
const WINDOW: Duration = Duration::from_secs(60);
/// How often watching may spend one of them: people take minutes to days to accept.
pub(crate) const WATCH_EVERY: Duration = Duration::from_secs(60);
/// How many pages of sites are read at most while looking for ours; the filter should leave one site.
const MOST_SITE_PAGES: usize = 10;

/// No header tells when to come back, so pauses begin at a second.
pub(crate) fn retry_policy() -> RetryPolicy {
    let mut policy = RetryPolicy::default();
    policy.first_pause = Duration::from_secs(1);
    policy
}

/// The calls that are about one site.
#[derive(Debug)]
pub(crate) struct SiteApi {
    http: HttpClient,
    selector: HeaderValue,
}

/// Who has access to a site, as one complete answer told it.
#[derive(Debug)]
pub(crate) struct Listing {
    pub(crate) accounts: BTreeSet<String>,
    pub(crate) request_id: Option<String>,
}

impl Listing {
    /// The id of this account as Wix writes it, if it is listed.
    pub(crate) fn find(&self, account: &str) -> Option<&str> {
        self.accounts.iter().find(|listed| listed.eq_ignore_ascii_case(account)).map(String::as_str)
    }
}

impl SiteApi {
    pub(crate) fn new(
        site_id: &str,
        authenticate: Arc<dyn Authenticate>,
        credential: CredentialKind,
        base: BaseUrl,
        store: StoreHandle,
        env: &Environment,
    ) -> Result<Self> {
        let budget =
            Budget::new(BudgetKey::new(format!("{}/site/{site_id}", ID.as_str())), PER_MINUTE, WINDOW)
                .with_reserve(RESERVE)
                .with_background_every(WATCH_EVERY)
                .with_parallel(2);
        Ok(Self {
            http: client(authenticate, credential, base, store, budget, env),
            selector: selector(site_id)?,
        })
    }

    /// Everybody at once; with a role, only those who hold it. There are no pages.
    /// <https://dev.wix.com/docs/api-reference/account-level/user-management/sites/contributors/query-site-contributors>
    pub(crate) async fn contributors(&self, role: Option<&str>, cx: &CallContext) -> Result<Listing> {
        let path = ["roles-management", "v2", "contributors", "query"];
        let mut request = self.request(
            "contributors/query",
            Method::GET,
            "/roles-management/v2/contributors/query",
            path,
            Safety::Read,
        );
        if let Some(role) = role {
            request = request.with_query("filter.policyIds", role);
        }
        self.http
            .send(&request, cx, |response| {
                let Contributors { contributors } = json(response)?;
                if contributors.iter().any(|contributor| contributor.account_id.is_empty()) {
                    return Err(Failure::undecodable("a contributor has no account"));
                }
                let accounts = contributors.into_iter().map(|contributor| contributor.account_id).collect();
                Ok(Listing { accounts, request_id: request_id(response) })
            })
            .await
    }

    /// Invites one address to a role.
    /// <https://dev.wix.com/docs/api-reference/account-level/user-management/sites/site-invites/bulk-invite>
    pub(crate) async fn invite(
        &self,
        email: &Email,
        role: &str,
        purpose: Option<&str>,
        cx: &CallContext,
    ) -> Result<SiteInvite> {
        let mut body = json!({ "policyIds": [role], "emails": [email.as_str()] });
        if let (Some(purpose), Some(fields)) = (purpose, body.as_object_mut()) {
            fields.insert("invitePurpose".to_owned(), Value::from(purpose));
        }
        let path = ["invites", "site-invite", "bulk"];
        let request = self
            .request(INVITE, Method::POST, "/invites/site-invite/bulk", path, Safety::Write)
            .with_json(&body)?;
        self.http.send(&request, cx, |response| invited(json(response)?, email)).await
    }

    /// Sends the message of an invitation again. What that does to its id and its end is not documented.
    /// <https://dev.wix.com/docs/api-reference/account-level/user-management/sites/site-invites/resend-invite>
    pub(crate) async fn resend(&self, invite_id: &str, cx: &CallContext) -> Result<SiteInvite> {
        let request = self
            .request(
                "site-invite/resend",
                Method::POST,
                "/invites/site-invite/{invite_id}/resend",
                ["invites", "site-invite", invite_id, "resend"],
                Safety::Write,
            )
            .with_json(&json!({}))?;
        let resent: Resent = self.http.send(&request, cx, json).await?;
        Ok(resent.invite)
    }

    /// Takes an invitation back. A second time takes nothing more, so a lost answer is asked for again: nothing else
    /// could settle it.
    /// <https://dev.wix.com/docs/api-reference/account-level/user-management/sites/site-invites/revoke-invite>
    pub(crate) async fn revoke(&self, invite_id: &str, cx: &CallContext) -> Result<()> {
        let request = self
            .request(
                "site-invite/revoke",
                Method::POST,
                "/invites/site-invite/{invite_id}/revoke",
                ["invites", "site-invite", invite_id, "revoke"],
                Safety::Idempotent,
            )
            .with_json(&json!({}))?;
        let Done {} = self.http.send(&request, cx, json).await?;
        Ok(())
    }

    /// Replaces all roles of a contributor by one. It may let an account in that is no contributor, so it is called for
    /// a listed one only.
    /// <https://dev.wix.com/docs/api-reference/account-level/user-management/sites/contributors/change-role>
    pub(crate) async fn change_role(&self, account: &str, role: &str, cx: &CallContext) -> Result<()> {
        let path = ["roles-management", "contributor", "change", "role"];
        let request = self
            .request(
                "contributor/change/role",
                Method::PUT,
                "/roles-management/contributor/change/role",
                path,
                Safety::Write,
            )
            .with_json(&json!({ "accountId": account, "newRoles": [{ "roleId": role }] }))?;
        self.http.send(&request, cx, |response| given(&json(response)?, role)).await
    }

    /// Takes all roles from a contributor. One copy of the documentation has DELETE, three newer ones have POST.
    /// <https://dev.wix.com/docs/api-reference/account-level/user-management/sites/contributors/remove-contributor>
    pub(crate) async fn remove(&self, account: &str, cx: &CallContext) -> Result<()> {
        let path = ["roles-management", "contributor", "remove"];
        let request = self
            .request(
                "contributor/remove",
                Method::POST,
                "/roles-management/contributor/remove",
                path,
                Safety::Write,
            )
            .with_json(&json!({ "accountId": account }))?;
        let Done {} = self.http.send(&request, cx, json).await?;
        Ok(())
    }

    /// A headless client of the site, without its secret. Wix has public calls to make and to change one, and none to
    /// delete it or to make its secret. <https://dev.wix.com/docs/rest/business-management/headless/oauth-apps/introduction>
    pub(crate) async fn oauth_app(&self, client_id: &str, cx: &CallContext) -> Result<OauthApp> {
        let path = ["oauth-app", "v1", "oauth-apps", client_id];
        let request =
            self.request("oauth-apps/get", Method::GET, "/oauth-app/v1/oauth-apps/{id}", path, Safety::Read);
        let OauthAppAnswer { o_auth_app } = self.http.send(&request, cx, json).await?;
        Ok(o_auth_app)
    }

    fn request<'a>(
        &self,
        operation: &'static str,
        method: Method,
        template: &'static str,
        path: impl IntoIterator<Item = &'a str>,
        safety: Safety,
    ) -> ApiRequest {
        ApiRequest::new(operation, method, template, path, safety)
            .with_header(SITE_HEADER, self.selector.clone())
    }
}

/// The answer to a change names the roles that are held now: exactly the one that was asked for.
fn given(answer: &RoleChange, role: &str) -> Result<(), Failure> {
    let held = &answer.new_assigned_roles;
    if !held.is_empty() && held.iter().all(|given| given.role_id == role) {
        return Ok(());
    }
    Err(Failure::undecodable("it names other roles than the one asked for"))
}

/// The invitation of the one address that was sent. Addresses that were not invited come back in a success, without a
/// reason; one that is in neither list was not invited either.
fn invited(answer: BulkInvite, email: &Email) -> Result<SiteInvite, Failure> {
    let BulkInvite { invites, failed_emails } = answer;
    if invites.is_none() && failed_emails.is_none() {
        return Err(Failure::undecodable("it names neither an invitation nor a failed address"));
    }
    let (mut invites, failed) = (invites.unwrap_or_default(), failed_emails.unwrap_or_default());
    let same = |text: &str| text.to_lowercase() == email.as_str().to_lowercase();
    let ours = invites.iter().position(|invite| invite.email.as_deref().is_some_and(same));
    // One address went out; Wix may write the one that comes back in another way.
    let ours = ours.or((invites.len() == 1 && failed.is_empty()).then_some(0));
    match (ours, failed.iter().any(|text| same(text))) {
        (Some(place), false) => Ok(invites.swap_remove(place)),
        (Some(_), true) => Err(Failure::undecodable("it says both that the address was invited and that it was not")),
        (None, _) => Err(Failure::new(
            ErrorKind::Conflict,
            guestpass::http::Effect::None,
            "Wix did not invite the address and does not say why",
        )
        .with_remedy(
            "look whether the address is invited or inside already, whether the site has a free collaborator seat, and \
             whether the address is right",
        )),
    }
}

/// The calls that are about the account behind an API key.
#[derive(Debug)]
pub(crate) struct AccountApi {
    http: HttpClient,
    selector: HeaderValue,
}

impl AccountApi {
    pub(crate) fn new(
        account_id: &str,
        key: Arc<dyn SecretSource>,
        base: BaseUrl,
        store: StoreHandle,
        env: &Environment,
    ) -> Result<Self> {
        let budget =
            Budget::new(BudgetKey::new(format!("{}/account/{account_id}", ID.as_str())), PER_MINUTE, WINDOW)
                .with_reserve(RESERVE)
                .with_parallel(2);
        let http = client(signed_by(key), CredentialKind::Key, base, store, budget, env);
        Ok(Self { http, selector: selector(account_id)? })
    }

    /// A site of the account, if the key may see it. Without the filter on the namespace, headless sites are left out.
    /// <https://dev.wix.com/api/rest/account-level-apis/sites/query-sites>
    pub(crate) async fn site(&self, site_id: &str, cx: &CallContext) -> Result<Option<Site>> {
        let mut query = json!({
            "filter": { "id": { "$eq": site_id }, "namespace": { "$in": ["WIX", "HEADLESS"] } },
            "cursorPaging": { "limit": 100 },
        });
        let mut seen = BTreeSet::new();
        for _ in 0..MOST_SITE_PAGES {
            let path = ["site-list", "v2", "sites", "query"];
            let request =
                ApiRequest::new("sites/query", Method::POST, "/site-list/v2/sites/query", path, Safety::Read)
                    .with_header(ACCOUNT_HEADER, self.selector.clone())
                    .with_json(&json!({ "query": query }))?;
            let Sites { sites, metadata } = self.http.send(&request, cx, json).await?;
            if let Some(site) = sites.into_iter().find(|site| site.id.eq_ignore_ascii_case(site_id)) {
                return Ok(Some(site));
            }
            let more = metadata.filter(|metadata| metadata.has_next);
            let Some(next) = more.and_then(|metadata| metadata.cursors?.next) else { return Ok(None) };
            if !seen.insert(next.clone()) {
                return Err(Error::new(ErrorKind::Protocol, "the listing of sites runs in a circle"));
            }
            query = json!({ "cursorPaging": { "limit": 100, "cursor": next } });
        }
        Err(Error::new(ErrorKind::Protocol, "the listing of sites does not end"))
    }

    /// The roles there are. Their titles are translated, so English ones are asked for.
    /// <https://dev.wix.com/docs/api-reference/account-level/user-management/accounts/users/get-roles-info>
    pub(crate) async fn roles(&self, cx: &CallContext) -> Result<Roles> {
        let path = ["roles-management", "roles"];
        let request = ApiRequest::new("roles", Method::GET, "/roles-management/roles", path, Safety::Read)
            .with_header(ACCOUNT_HEADER, self.selector.clone())
            .with_query("locale", "en");
        self.http.send(&request, cx, json).await
    }
}

/// An API key is sent as it is, without `Bearer`.
pub(crate) fn signed_by(key: Arc<dyn SecretSource>) -> Arc<dyn Authenticate> {
    Arc::new(HeaderToken::new(AUTHORIZATION, key))
}

fn client(
    authenticate: Arc<dyn Authenticate>,
    credential: CredentialKind,
    base: BaseUrl,
    store: StoreHandle,
    budget: Budget,
    env: &Environment,
) -> HttpClient {
    let dialect = Arc::new(WixDialect::new(env.clock().clone(), credential));
    let config = HttpClientConfig { provider: ID.clone(), store, base, dialect, authenticate, budget };
    HttpClient::new(config, env.clone()).with_retry_policy(retry_policy())
}

fn selector(id: &str) -> Result<HeaderValue> {
    HeaderValue::from_str(id).map_err(|error| {
        Error::new(ErrorKind::Internal, "an id cannot be sent as a header").with_source(error)
    })
}

#[cfg(test)]
mod tests {
    use guestpass::http::Effect;

    use super::*;

    fn read(body: Value) -> Result<SiteInvite, Failure> {
        invited(serde_json::from_value(body).unwrap(), &"Gina@Vendor.example".parse().unwrap())
    }

    #[test]
    fn another_role_than_asked_for_is_no_success() {
        let given = |roles: Value| {
            given(&serde_json::from_value(json!({ "newAssignedRoles": roles })).unwrap(), "1").is_ok()
        };
        assert!(given(json!([{ "roleId": "1", "assignmentId": "7" }])));
        assert!(!given(json!([])) && !given(json!([{ "roleId": "2" }])));
        assert!(!given(json!([{ "roleId": "1" }, { "roleId": "2" }])));
    }

    #[test]
    fn an_answer_to_an_invitation_is_read_carefully() {
        let invite = json!({ "id": "i", "email": "gina@vendor.example" });
        assert_eq!(read(json!({ "invites": [invite] })).unwrap().id.as_deref(), Some("i"));
        assert!(read(json!({ "invites": [{ "id": "i", "email": "other@form.example" }] })).is_ok());
        for failed in [
            json!({ "invites": [], "failedEmails": ["GINA@vendor.example"] }),
            json!({ "failedEmails": ["gina@vendor.example"] }),
            json!({ "invites": [] }),
            json!({ "invites": [], "failedEmails": [] }),
        ] {
            let failure = read(failed.clone()).unwrap_err();
            assert_eq!((failure.kind, failure.effect), (ErrorKind::Conflict, Effect::None), "{failed}");
        }
        for unclear in [json!({}), json!({ "invites": [invite], "failedEmails": ["gina@vendor.example"] })] {
            assert_eq!(read(unclear.clone()).unwrap_err().effect, Effect::Possible, "{unclear}");
        }
    }
}
