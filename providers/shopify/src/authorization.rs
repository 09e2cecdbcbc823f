//! A store's first token, by the merchant's consent:
//! <https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens/authorization-code-grant>.
//!
//! The platform gives our mark back and signs its answer. It documents no PKCE, so none is sent.

use std::time::Duration;

use async_trait::async_trait;
use guestpass::{
    Authorization, AuthorizationInfo, AuthorizationOptions, AuthorizationRequest, AuthorizationStart,
    Authorized, CallContext, Callback, Environment, Error, ErrorKind, ExposeSecret, OneTimeSecret, Result,
    SecretString, StoreSettings, Timestamp, Url, exchange_failed,
};
use oauth2::{AuthUrl, ClientId, CsrfToken, RedirectUrl, Scope, TokenResponse};

use crate::ID;
use crate::config::{Consent, Shop, is_scope};
use crate::oauth::{TokenEndpoint, Tokens};

mod signature;

const REFRESH_TOKEN: &str = "refresh_token";
const ACCESS_TOKEN: &str = "access_token";

/// The authorization code grant of one app on one store.
#[derive(Debug)]
pub(crate) struct CodeGrant {
    info: AuthorizationInfo,
    consent: Consent,
    page: AuthUrl,
    endpoint: TokenEndpoint,
    env: Environment,
}

impl CodeGrant {
    pub(crate) fn new(settings: &StoreSettings, env: &Environment) -> Result<Self> {
        let consent = Consent::read(settings)?;
        let setting = if consent.expiring { REFRESH_TOKEN } else { ACCESS_TOKEN };
        let info = AuthorizationInfo::new(ID.clone(), settings.store.clone(), setting)
            .needing(&["client_secret"])
            .asking_for(consent.scopes.clone())
            .giving_state_back()
            .signing();
        let page = AuthUrl::new(format!("{}/admin/oauth/authorize", consent.site))
            .map_err(|error| Error::config("shop", "is no address", "check it").with_source(error))?;
        let (app, api) = (consent.app.clone(), consent.api.clone());
        let endpoint = TokenEndpoint::new(app, &consent.shop, api, settings.store.clone(), env)?;
        Ok(Self { info, consent, page, endpoint, env: env.clone() })
    }

    /// Everything that can be known of an answer before its code is sent. Gives the code.
    async fn judge(&self, request: &AuthorizationRequest, callback: &Callback) -> Result<String> {
        request.check_state(callback)?;
        callback.refuse_denial()?;
        let secret = self.consent.app.client_secret.current().await?;
        if !signature::is_right(callback, secret.expose_secret())? {
            return Err(unsigned());
        }
        check_shop(callback.required("shop")?, &self.consent.shop)?;
        callback.required("code").map(str::to_owned)
    }

    fn authorized(&self, tokens: &Tokens, asked_at: Timestamp, request: &AuthorizationRequest) -> Authorized {
        let access = OneTimeSecret::new(SecretString::from(tokens.access_token().secret().to_owned()));
        let mut authorized = match (self.consent.expiring, tokens.refresh_token()) {
            (true, Some(refresh)) => {
                let refresh = OneTimeSecret::new(SecretString::from(refresh.secret().to_owned()));
                let mut authorized = Authorized::new("refresh token", REFRESH_TOKEN, refresh);
                authorized.expires_at = end(asked_at, tokens.refresh_expires_in());
                authorized
            }
            (expiring, _) => {
                let mut authorized = Authorized::new("access token", ACCESS_TOKEN, access);
                authorized.expires_at = end(asked_at, tokens.expires_in());
                if expiring {
                    authorized.warnings.push(
                        "the platform gave no refresh token: refer to this one as `access_token`, without `refresh_token`"
                            .to_owned(),
                    );
                }
                authorized
            }
        };
        authorized.scopes = tokens.granted();
        authorized.missing = request.missing(|scope| covers(&authorized.scopes, scope));
        authorized.facts.push(("shop".to_owned(), self.consent.shop.as_str().to_owned()));
        authorized
    }
}

#[async_trait]
impl Authorization for CodeGrant {
    fn info(&self) -> &AuthorizationInfo {
        &self.info
    }

    fn begin(&self, redirect: &Url, options: &AuthorizationOptions) -> Result<AuthorizationRequest> {
        let scopes = options.scopes.clone().unwrap_or_else(|| self.info.scopes.clone());
        if let Some(wrong) = scopes.iter().find(|scope| !is_scope(scope)) {
            let problem = format!("names {wrong:?}, which is no scope");
            return Err(Error::invalid("scopes", problem, "write names as read_products"));
        }
        let client = oauth2::basic::BasicClient::new(ClientId::new(self.endpoint.client_id().to_owned()))
            .set_auth_uri(self.page.clone())
            .set_redirect_uri(RedirectUrl::from_url(redirect.clone()));
        let question = client.authorize_url(CsrfToken::new_random);
        // Here scopes are separated by commas, so that for the standard they are one.
        let question =
            if scopes.is_empty() { question } else { question.add_scope(Scope::new(scopes.join(","))) };
        let (link, state) = question.url();
        Ok(AuthorizationRequest::new(AuthorizationStart::Link(link), redirect.clone(), scopes)
            .marked(SecretString::from(state.into_secret())))
    }

    async fn finish(
        &self,
        request: &AuthorizationRequest,
        callback: &Url,
        cx: &CallContext,
    ) -> Result<Authorized> {
        let at_store = |error: Error| error.at(&self.info.provider, &self.info.store);
        let callback = Callback::read(callback).map_err(at_store)?;
        let code = self.judge(request, &callback).await.map_err(at_store)?;
        let asked_at = self.env.clock().now();
        let exchanged = self.endpoint.exchange_code(&code, self.consent.expiring, cx).await;
        let tokens = exchanged.map_err(|error| exchange_failed(at_store(error)))?;
        Ok(self.authorized(&tokens, asked_at, request))
    }
}

fn unsigned() -> Error {
    Error::new(ErrorKind::InvalidRequest, "the answer is not signed with `client_secret`; nothing was exchanged")
        .with_remedy(
            "authorise again; if it stays so, check `client_secret`: while an app has two secrets, the platform signs with \
             the older one",
        )
        .with_code("hmac_mismatch")
}

fn check_shop(named: &str, ours: &Shop) -> Result<()> {
    if named.eq_ignore_ascii_case(ours.as_str()) {
        return Ok(());
    }
    let message = "the answer is about another store than `shop`; nothing was exchanged";
    Err(Error::new(ErrorKind::Conflict, message)
        .with_remedy("sign in to the right store in the browser, then authorise again")
        .with_code("other_store"))
}

/// Writing implies reading.
fn covers(held: &[String], scope: &str) -> bool {
    let has = |wanted: &str| held.iter().any(|name| name == wanted);
    has(scope)
        || scope.strip_prefix("read_").is_some_and(|rest| has(&format!("write_{rest}")))
        || scope
            .strip_prefix("unauthenticated_read_")
            .is_some_and(|rest| has(&format!("unauthenticated_write_{rest}")))
}

fn end(from: Timestamp, life: Option<Duration>) -> Option<Timestamp> {
    life.map(|life| from.saturating_add(life).unwrap_or(Timestamp::MAX))
}
