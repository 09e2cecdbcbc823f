//! Rotation: which credentials there are, and how each is made, tried and ended.

mod accounts;
mod claims;
mod kinds;
mod order;
mod scopes;
mod steps;
mod tokens;
mod webhooks;

use std::sync::Arc;

use async_trait::async_trait;
use guestpass::http::BaseUrl;
use guestpass::rotation::{
    Carried, CarryOver, Credential, CredentialRotator, CredentialSlot, Death, FoundIssued, IssueOrder,
    IssueOutcome, KindInfo, RetireOutcome, Verification,
};
use guestpass::{
    CallContext, Environment, Error, ErrorKind, Evidence, FixedSecret, Held, OneTimeSecret, Proof, Result,
    Right, SecretSource, SecretString, StoreHandle,
};
use uuid::Uuid;

use crate::ID;
use crate::client::{AccountApi, StoreApi};
use crate::guide::Guide;
use kinds::Kind;

/// Makes, tries and ends the credentials of one store.
#[derive(Debug)]
pub(crate) struct Rotator {
    pub(crate) store: StoreHandle,
    pub(crate) store_hash: String,
    pub(crate) account_uuid: Uuid,
    pub(crate) store_token: Option<Arc<dyn SecretSource>>,
    pub(crate) api: BaseUrl,
    pub(crate) guide: Guide,
    pub(crate) env: Environment,
}

/// What can be rotated; the same for every store.
pub(crate) fn kinds() -> Vec<KindInfo> {
    Kind::ALL.into_iter().map(Kind::info).collect()
}

#[async_trait]
impl CredentialRotator for Rotator {
    fn kinds(&self) -> Vec<KindInfo> {
        kinds()
    }

    fn make_secret(&self, slot: &CredentialSlot) -> Result<OneTimeSecret> {
        Err(self.here(Error::new(
            ErrorKind::Unsupported,
            format!("BigCommerce makes the secrets of `{}` itself", slot.kind),
        )))
    }

    async fn inspect(
        &self,
        slot: &CredentialSlot,
        known: &Credential,
        cx: &CallContext,
    ) -> Result<Credential> {
        let looked = async {
            match Kind::of(slot)? {
                Kind::Token(call) => self.inspect_token(call, slot, known, cx).await,
                Kind::StoreAccount | Kind::App => {
                    let seen = self.look_at_store(slot, known.known_secret()?, cx).await?;
                    let mut found = known.clone();
                    found.id = known.id.clone().or(seen.client_id);
                    found.rights = seen.rights;
                    Ok(found)
                }
                Kind::AccountAccount => {
                    let mut found = known.clone();
                    found.rights = self.look_at_account(known.known_secret()?, cx).await?;
                    Ok(found)
                }
            }
        };
        looked.await.map_err(|error| self.here(error))
    }

    async fn issue(&self, order: &IssueOrder<'_>, cx: &CallContext) -> Result<IssueOutcome> {
        let issued = async {
            let step = match Kind::of(order.slot)? {
                Kind::Token(call) => {
                    return Ok(IssueOutcome::Issued(self.issue_token(call, order, cx).await?));
                }
                Kind::StoreAccount => steps::make_store_account(&self.guide, order),
                Kind::AccountAccount => steps::make_account_account(order),
                Kind::App => steps::renew_app_token(&self.guide, order),
            };
            Ok(IssueOutcome::ActionRequired(step))
        };
        issued.await.map_err(|error| self.here(error))
    }

    async fn find_issued(&self, order: &IssueOrder<'_>, _cx: &CallContext) -> Result<FoundIssued> {
        match Kind::of(order.slot).map_err(|error| self.here(error))? {
            Kind::Token(_) => Ok(FoundIssued::CannotLook),
            // Nothing was sent.
            _ => Ok(FoundIssued::Nothing),
        }
    }

    async fn verify(
        &self,
        slot: &CredentialSlot,
        candidate: &Credential,
        cx: &CallContext,
    ) -> Result<Verification> {
        let verified = async {
            let secret = candidate.known_secret()?;
            match Kind::of(slot)? {
                Kind::Token(call) => self.verify_token(call, slot, candidate, secret, cx).await,
                Kind::StoreAccount => self.verify_for_store(slot, secret, accounts::WRONG_TICKS, cx).await,
                Kind::App => self.verify_for_store(slot, secret, accounts::NULL_SCOPE, cx).await,
                Kind::AccountAccount => self.verify_for_account(slot, secret, cx).await,
            }
        };
        verified.await.map_err(|error| self.here(error))
    }

    async fn carry_over(&self, change: &CarryOver<'_>, cx: &CallContext) -> Result<Carried> {
        let carried = async {
            match Kind::of(change.slot)? {
                Kind::StoreAccount => self.carry_webhooks(change, cx).await,
                Kind::App => self.count_webhooks(change.new, cx).await,
                // Nothing belongs to a token for shoppers, or to an account-level one.
                Kind::Token(_) | Kind::AccountAccount => Ok(Carried::nothing()),
            }
        };
        carried.await.map_err(|error| self.here(error))
    }

    async fn retire(
        &self,
        slot: &CredentialSlot,
        old: &Credential,
        heir: Option<&Credential>,
        cx: &CallContext,
    ) -> Result<RetireOutcome> {
        let retired = async {
            match (Kind::of(slot)?, heir) {
                (Kind::Token(call), _) => self.retire_token(call, slot, old, cx).await,
                (Kind::StoreAccount, _) if self.is_refused(old, cx).await => Ok(RetireOutcome::AlreadyGone),
                (Kind::StoreAccount, _) => {
                    Ok(RetireOutcome::ActionRequired(steps::delete_store_account(&self.guide, old, heir)))
                }
                (Kind::AccountAccount, _) => {
                    Ok(RetireOutcome::ActionRequired(steps::delete_account_account(old, heir)))
                }
                // Its successor has ended it.
                (Kind::App, Some(_)) => Ok(RetireOutcome::AlreadyGone),
                (Kind::App, None) => Ok(RetireOutcome::ActionRequired(steps::end_app_token(&self.guide))),
            }
        };
        retired.await.map_err(|error| self.here(error))
    }

    async fn confirm_retired(
        &self,
        slot: &CredentialSlot,
        old: &Credential,
        cx: &CallContext,
    ) -> Result<Death> {
        let confirmed = async {
            match Kind::of(slot)? {
                Kind::Token(call) => self.confirm_token(call, slot, old, cx).await,
                Kind::StoreAccount | Kind::App => self.confirm_for_store(old, cx).await,
                Kind::AccountAccount => self.confirm_for_account(old, cx).await,
            }
        };
        confirmed.await.map_err(|error| self.here(error))
    }
}

impl Rotator {
    fn here(&self, error: Error) -> Error {
        error.at(&ID, &self.store)
    }

    /// The store's API with this token.
    fn store_api(&self, token: Arc<dyn SecretSource>) -> StoreApi {
        StoreApi::new(self.store_hash.clone(), token, self.api.clone(), self.store.clone(), &self.env)
    }

    /// The account's API with this token.
    fn account_api(&self, token: Arc<dyn SecretSource>) -> AccountApi {
        AccountApi::new(self.account_uuid, token, self.api.clone(), self.store.clone(), &self.env)
    }
}

/// A secret as requests take it.
fn source(secret: &OneTimeSecret) -> Arc<dyn SecretSource> {
    Arc::new(FixedSecret::new(SecretString::from(secret.expose().to_owned())))
}

/// An error of a request that was signed with the credential itself, and so says something about it.
fn about_itself(error: Error) -> Error {
    let spoken = match error.kind() {
        ErrorKind::Unauthenticated => Error::new(ErrorKind::Unauthenticated, "this token is refused")
            .with_remedy("it was deleted or replaced, or it belongs to another store or account"),
        ErrorKind::Config => Error::new(ErrorKind::InvalidRequest, "this is no token: it cannot be sent")
            .with_remedy("hand in the access token alone, without a line break"),
        _ => return error,
    };
    match error.status() {
        Some(status) => spoken.with_status(status).with_request_id(error.request_id()),
        None => spoken,
    }
}

fn held(name: &str, yes: bool) -> Right {
    Right::new(name, if yes { Held::Yes } else { Held::No })
}

/// It was tried, in a look that began then, and refused.
fn dead(began: Evidence) -> Death {
    let mut evidence = began;
    evidence.pages = 1;
    evidence.complete = true;
    Death::Dead { proof: Proof::CredentialDead { evidence } }
}

fn secret_unknown() -> Death {
    Death::CannotTell {
        reason: "the old secret cannot be read any more, so it cannot be tried whether it is dead".to_owned(),
    }
}
