//! New credentials in place of old ones, by kind: storefront tokens, tokens that never expire, the app's client secret.
//!
//! Taking the app out of a store would end its tokens too, and everything else that it has there: nothing here does that,
//! and no step asks for it.

mod client_secret;
mod kinds;
mod offline_token;
mod steps;
mod storefront_token;

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use guestpass::rotation::{
    Carried, CarryOver, Credential, CredentialRotator, CredentialSlot, Death, FoundIssued, IssueOrder,
    IssueOutcome, KindInfo, RetireOutcome, Verification,
};
use guestpass::{
    CallContext, Environment, Error, ErrorKind, FixedSecret, Held, OneTimeSecret, Result, Right, SecretString,
};

use crate::ID;
use crate::client::{Address, AdminApi};
use crate::delegate::wrong_store;
use crate::oauth::TokenEndpoint;
use crate::tokens::Control;
use kinds::Kind;

/// Rotates the credentials of one store.
#[derive(Debug)]
pub(crate) struct Rotator {
    api: Arc<AdminApi>,
    control: Control,
    address: Address,
    env: Environment,
    /// The access token that came with a migration: good for an hour, and told to nobody.
    fresh: Mutex<Option<offline_token::Fresh>>,
}

impl Rotator {
    pub(crate) fn new(api: Arc<AdminApi>, control: Control, address: Address, env: Environment) -> Self {
        Self { api, control, address, env, fresh: Mutex::default() }
    }

    fn here(&self, error: Error) -> Error {
        error.at(&ID, &self.address.store)
    }

    /// The token endpoint of the app that the credential belongs to: the store's own, or the one that the slot names.
    fn endpoint(&self, slot: &CredentialSlot) -> Result<Arc<TokenEndpoint>> {
        let named = slot.text(kinds::CLIENT_ID).map(crate::config::checked_client_id).transpose()?;
        if let Control::Kept(keeper) = &self.control {
            let endpoint = keeper.endpoint();
            return match named.is_none_or(|named| named == endpoint.client_id()) {
                true => Ok(endpoint.clone()),
                false => Err(Error::config(
                    kinds::CLIENT_ID,
                    "is of another app than the store's",
                    "leave it out, or let this store use the app that the credential belongs to",
                )),
            };
        }
        let client_id = named.ok_or_else(|| {
            Error::config(
                kinds::CLIENT_ID,
                "is missing",
                format!("the store's settings have none, so add it to the credential `{}`", slot.name),
            )
        })?;
        // Without a secret of its own only calls work that bring one along.
        let client_secret = slot
            .secret(kinds::CLIENT_SECRET)
            .unwrap_or_else(|| Arc::new(FixedSecret::new(SecretString::default())));
        let app = crate::config::App { client_id, client_secret };
        let Address { shop, base, store, .. } = &self.address;
        TokenEndpoint::new(app, shop, base.clone(), store.clone(), &self.env).map(Arc::new)
    }

    /// Uses an Admin token, and gives the scopes of it.
    ///
    /// # Errors
    /// [`Unauthenticated`](ErrorKind::Unauthenticated) when it is dead, [`Conflict`](ErrorKind::Conflict) when it is of
    /// another store.
    async fn scopes_of(&self, token: &SecretString, cx: &CallContext) -> Result<Vec<String>> {
        scopes(&self.with_token(token), &self.address, cx).await
    }

    fn with_token(&self, token: &SecretString) -> AdminApi {
        AdminApi::new(&self.address, Arc::new(FixedSecret::new(token.clone())), &self.env)
    }
}

/// The scopes that an Admin token has on the store that it must be of.
async fn scopes(api: &AdminApi, address: &Address, cx: &CallContext) -> Result<Vec<String>> {
    let told = api.who_am_i(cx).await?;
    if !told.shop.myshopify_domain.eq_ignore_ascii_case(address.shop.as_str()) {
        return Err(wrong_store());
    }
    let scopes = told.current_app_installation.and_then(|app| app.access_scopes).unwrap_or_default();
    Ok(scopes.into_iter().map(|scope| scope.handle).collect())
}

fn held(scopes: Vec<String>) -> Vec<Right> {
    scopes.into_iter().map(|scope| Right::new(scope, Held::Yes)).collect()
}

fn text_of(secret: &OneTimeSecret) -> SecretString {
    SecretString::from(secret.expose().to_owned())
}

/// What can be rotated; the same for every shop.
pub(crate) fn every_kind() -> Vec<KindInfo> {
    kinds::all()
}

#[async_trait]
impl CredentialRotator for Rotator {
    fn kinds(&self) -> Vec<KindInfo> {
        every_kind()
    }

    fn make_secret(&self, _slot: &CredentialSlot) -> Result<OneTimeSecret> {
        let error = Error::new(ErrorKind::Unsupported, "Shopify makes the secrets of its credentials itself");
        Err(self.here(error))
    }

    async fn inspect(
        &self,
        slot: &CredentialSlot,
        known: &Credential,
        cx: &CallContext,
    ) -> Result<Credential> {
        let seen = match Kind::of(slot) {
            Ok(Kind::StorefrontToken) => self.inspect_storefront(slot, known, cx).await,
            Ok(Kind::OfflineToken) => self.inspect_offline(known, cx).await,
            Ok(Kind::ClientSecret) => self.inspect_secret(slot, known).await,
            Err(error) => Err(error),
        };
        seen.map_err(|error| self.here(error))
    }

    async fn issue(&self, order: &IssueOrder<'_>, cx: &CallContext) -> Result<IssueOutcome> {
        let made = match Kind::of(order.slot) {
            Ok(Kind::StorefrontToken) => self.issue_storefront(order, cx).await,
            Ok(Kind::OfflineToken) => self.migrate(order, cx).await,
            Ok(Kind::ClientSecret) => Ok(IssueOutcome::ActionRequired(steps::make_secret())),
            Err(error) => Err(error),
        };
        made.map_err(|error| self.here(error))
    }

    async fn find_issued(&self, order: &IssueOrder<'_>, cx: &CallContext) -> Result<FoundIssued> {
        let found = match Kind::of(order.slot) {
            Ok(Kind::StorefrontToken) => self.find_storefront(order, cx).await,
            Ok(Kind::OfflineToken) => self.find_migrated(order, cx).await,
            // Nothing was sent, so nothing was lost.
            Ok(Kind::ClientSecret) => Ok(FoundIssued::Nothing),
            Err(error) => Err(error),
        };
        found.map_err(|error| self.here(error))
    }

    async fn verify(
        &self,
        slot: &CredentialSlot,
        candidate: &Credential,
        cx: &CallContext,
    ) -> Result<Verification> {
        let tried = match Kind::of(slot) {
            Ok(Kind::StorefrontToken) => self.verify_storefront(candidate, cx).await,
            Ok(Kind::OfflineToken) => self.verify_offline(candidate, cx).await,
            Ok(Kind::ClientSecret) => self.verify_secret(slot, candidate, cx).await,
            Err(error) => Err(error),
        };
        tried.map_err(|error| self.here(error))
    }

    async fn carry_over(&self, change: &CarryOver<'_>, cx: &CallContext) -> Result<Carried> {
        let carried = match Kind::of(change.slot) {
            Ok(Kind::StorefrontToken) => Ok(Carried::nothing()),
            Ok(Kind::OfflineToken) => Ok(self.carry_offline()),
            Ok(Kind::ClientSecret) => self.carry_secret(change, cx).await,
            Err(error) => Err(error),
        };
        carried.map_err(|error| self.here(error))
    }

    async fn retire(
        &self,
        slot: &CredentialSlot,
        old: &Credential,
        heir: Option<&Credential>,
        cx: &CallContext,
    ) -> Result<RetireOutcome> {
        let retired = match Kind::of(slot) {
            Ok(Kind::StorefrontToken) => self.retire_storefront(old, cx).await,
            Ok(Kind::OfflineToken) => Ok(offline_token::retire(old, heir)),
            Ok(Kind::ClientSecret) => Ok(RetireOutcome::ActionRequired(steps::revoke_secret(heir.is_some()))),
            Err(error) => Err(error),
        };
        retired.map_err(|error| self.here(error))
    }

    async fn confirm_retired(
        &self,
        slot: &CredentialSlot,
        old: &Credential,
        cx: &CallContext,
    ) -> Result<Death> {
        let death = match Kind::of(slot) {
            Ok(Kind::StorefrontToken) => self.confirm_storefront(old, cx).await,
            Ok(Kind::OfflineToken) => self.confirm_offline(old, cx).await,
            Ok(Kind::ClientSecret) => self.confirm_secret(slot, old, cx).await,
            Err(error) => Err(error),
        };
        death.map_err(|error| self.here(error))
    }
}
