//! A store's token, by the installation of an app:
//! <https://docs.bigcommerce.com/developer/docs/integrations/apps/guide/auth>.
//!
//! The flow begins in the store's control panel, never with us, and the platform brings neither a mark of ours nor a
//! signature. What protects it: the code is exchanged for the store of the settings alone, with the app's own secret, and
//! the answer must name that store. The platform documents no PKCE, so none is sent.

use async_trait::async_trait;
use guestpass::{
    Actor, Authorization, AuthorizationInfo, AuthorizationOptions, AuthorizationRequest, AuthorizationStart,
    Authorized, CallContext, Callback, Environment, Error, ErrorKind, Instruction, Link, ManualStep,
    OneTimeSecret, Result, SecretString, StepCheck, StoreSettings, Url, exchange_failed,
};
use oauth2::TokenResponse;

use crate::ID;
use crate::config::{Consent, is_scope};
use crate::login::{Granted, Installed, LoginHost};

const STORE_TOKEN: &str = "store_token";
/// Seen in programs of others; the platform's own pages do not name it.
const MY_APPS: &str = "https://login.bigcommerce.com/deep-links/manage/marketplace/apps/my-apps/drafts";

/// The installation of one app on one store.
#[derive(Debug)]
pub(crate) struct Installation {
    info: AuthorizationInfo,
    context: String,
    login: LoginHost,
}

impl Installation {
    pub(crate) fn new(settings: &StoreSettings, env: &Environment) -> Result<Self> {
        let Consent { store_hash, app, login, scopes } = Consent::read(settings)?;
        let info = AuthorizationInfo::new(ID.clone(), settings.store.clone(), STORE_TOKEN)
            .needing(&["client_secret"])
            .asking_for(scopes);
        let login = LoginHost::new(app, login, settings.store.clone(), env)?;
        Ok(Self { info, context: format!("stores/{store_hash}"), login })
    }

    /// What a person clicks.
    fn step(&self, redirect: &Url) -> ManualStep {
        let mut address = redirect.clone();
        address.set_query(None);
        let title = format!("Install the app on the store {}", self.info.store);
        ManualStep::new(title, StepCheck::Attest("the callback of the installation came".to_owned()))
            .because("on BigCommerce an installation begins in the control panel; no link of ours can begin it")
            .then(
                Instruction::new(
                    Actor::Operator,
                    "In the developer portal, make this address the app's Auth Callback URL",
                )
                .entering(address.to_string()),
            )
            .then(
                Instruction::new(
                    Actor::Merchant,
                    "In the control panel of the store, open Apps > My Apps (My Draft Apps for one that is not published) \
                     and install the app; if it is installed already, open it after its scopes were changed",
                )
                .at(Link::unverified(MY_APPS)),
            )
            .then(Instruction::new(Actor::Merchant, "Read what the app asks for and confirm"))
    }

    /// Everything that can be known of an answer before its code is sent.
    fn judge<'c>(&self, callback: &'c Callback, redirect: &'c Url) -> Result<Installed<'c>> {
        callback.refuse_denial()?;
        let context = callback.required("context")?;
        if context != self.context {
            return Err(other_store(
                "the answer is about another store than `store_hash`; nothing was exchanged",
            ));
        }
        let code = SecretString::from(callback.required("code")?.to_owned());
        Ok(Installed { code, context, scope: callback.required("scope")?, redirect })
    }

    /// What can be known of a token only now.
    fn authorized(&self, granted: &Granted, request: &AuthorizationRequest) -> Result<Authorized> {
        if granted.context() != Some(self.context.as_str()) {
            return Err(other_store(
                "the login host gave a token for another store than `store_hash`; it was thrown away",
            ));
        }
        let scopes = granted.scopes();
        if scopes.is_empty() {
            let message = "the token that came may do nothing: its scope is empty; it was thrown away";
            return Err(Error::new(ErrorKind::PermissionDenied, message)
                .with_remedy("give the app scopes in the developer portal, then install it again")
                .with_code("empty_scope"));
        }
        let secret = OneTimeSecret::new(SecretString::from(granted.access_token().secret().to_owned()));
        let mut authorized = Authorized::new("access token", STORE_TOKEN, secret);
        authorized.missing = request.missing(|scope| covers(&scopes, scope));
        authorized.scopes = scopes;
        authorized.facts.push(("context".to_owned(), self.context.clone()));
        authorized
            .warnings
            .push("the app's former token for this store, if it had one, is dead now".to_owned());
        Ok(authorized)
    }
}

#[async_trait]
impl Authorization for Installation {
    fn info(&self) -> &AuthorizationInfo {
        &self.info
    }

    fn begin(&self, redirect: &Url, options: &AuthorizationOptions) -> Result<AuthorizationRequest> {
        if redirect.scheme() != "https" {
            return Err(Error::invalid(
                "redirect",
                "is no https address, and BigCommerce goes to no other",
                "name one that leads to this program, or one whose answer you paste",
            ));
        }
        let scopes = options.scopes.clone().unwrap_or_else(|| self.info.scopes.clone());
        if let Some(wrong) = scopes.iter().find(|scope| !is_scope(scope)) {
            let problem = format!("names {wrong:?}, which is no scope");
            return Err(Error::invalid("scopes", problem, "write names as store_v2_orders_read_only"));
        }
        let start = AuthorizationStart::ByHand(Box::new(self.step(redirect)));
        Ok(AuthorizationRequest::new(start, redirect.clone(), scopes))
    }

    async fn finish(
        &self,
        request: &AuthorizationRequest,
        callback: &Url,
        cx: &CallContext,
    ) -> Result<Authorized> {
        let at_store = |error: Error| error.at(&self.info.provider, &self.info.store);
        let callback = Callback::read(callback).map_err(at_store)?;
        let installed = self.judge(&callback, &request.redirect).map_err(at_store)?;
        let granted = self.login.exchange(installed, cx).await;
        let granted = granted.map_err(|error| exchange_failed(at_store(error)))?;
        self.authorized(&granted, request).map_err(at_store)
    }
}

fn other_store(message: &str) -> Error {
    Error::new(ErrorKind::Conflict, message)
        .with_remedy(
            "check `store_hash`, sign in to the right store in the browser, then install the app again",
        )
        .with_code("other_store")
}

/// A scope that may change things holds the one that may read them:
/// `store_v2_orders` and `store_v2_orders_read_only`.
fn covers(held: &[String], scope: &str) -> bool {
    let has = |wanted: &str| held.iter().any(|name| name == wanted);
    has(scope) || scope.strip_suffix("_read_only").is_some_and(has)
}
