//! Delegate access tokens: temporary access for programs.
//! <https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens/delegate-access-tokens>

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use guestpass::http::{Effect, Failure};
use guestpass::{
    ApiAccess, ApiGrant, CallContext, Environment, Error, ErrorKind, Evidence, FixedSecret, OneTimeSecret,
    Priority, Proof, Result, SecretString, Timestamp, Wait,
};

use crate::ID;
use crate::client::{Address, AdminApi};
use crate::tokens::Control;
use crate::wire::{CreatePayload, DelegateToken, DestroyPayload, UserError};

/// How long a token that was just ended may still work.
const GRACE: Duration = Duration::from_secs(2);

/// Makes and ends delegate tokens of the control credential.
#[derive(Debug)]
pub(crate) struct Delegates {
    pub(crate) api: Arc<AdminApi>,
    pub(crate) control: Control,
    pub(crate) address: Address,
    pub(crate) env: Environment,
}

#[async_trait]
impl ApiAccess for Delegates {
    async fn grant_api_access(
        &self,
        scopes: &[String],
        lifetime: Duration,
        cx: &CallContext,
    ) -> Result<ApiGrant> {
        let seconds = whole_seconds(lifetime).map_err(|error| self.here(error))?;
        if scopes.is_empty() {
            return Err(self.here(refuse("no scope was asked for", "name the scopes that the program needs")));
        }
        self.check_parent(scopes, lifetime, cx).await.map_err(|error| self.here(error))?;
        let asked_at = cx.clock().now();
        let created = self.api.delegate_create(scopes, seconds, created, cx).await;
        let token = created.map_err(|error| match error.is_outcome_unknown() {
            true => orphan(error, later(cx.clock().now(), lifetime)),
            false => error,
        })?;
        let granted = token.access_scopes.unwrap_or_else(|| scopes.to_vec());
        let secret = OneTimeSecret::new(SecretString::from(token.access_token));
        Ok(ApiGrant::new(secret, granted, later(asked_at, lifetime)))
    }

    async fn end_api_access(&self, token: &OneTimeSecret, cx: &CallContext) -> Result<Proof> {
        let cx = &cx.clone().with_priority(Priority::Removal);
        let secret = SecretString::from(token.expose().to_owned());
        self.api.delegate_destroy(&secret, destroyed, cx).await?;
        let theirs = AdminApi::new(&self.address, Arc::new(FixedSecret::new(secret)), &self.env);
        for pause in [GRACE, Duration::ZERO] {
            let mut evidence = Evidence::begun(cx.clock().now());
            match theirs.is_alive(cx).await {
                Err(error) if error.kind() == ErrorKind::Unauthenticated && error.status() == Some(401) => {
                    evidence.pages = 1;
                    evidence.complete = true;
                    evidence.request_ids.extend(error.request_id().map(str::to_owned));
                    return Ok(Proof::CredentialDead { evidence });
                }
                Err(error) => return Err(error),
                Ok(()) if pause.is_zero() || pause >= cx.remaining() => break,
                Ok(()) => cx.clock().sleep(pause, Wait::Backoff).await,
            }
        }
        let error = Error::new(ErrorKind::Unavailable, "the token was ended, but it still works");
        Err(self.here(error.with_remedy("end it again; at the latest it dies when its lifetime is over")))
    }
}

impl Delegates {
    fn here(&self, error: Error) -> Error {
        error.at(&ID, &self.address.store)
    }

    /// A delegate may do no more, and live no longer, than the token that it is made of; and that must be of our store.
    async fn check_parent(&self, scopes: &[String], lifetime: Duration, cx: &CallContext) -> Result<()> {
        let parent = self.api.who_am_i(cx).await?;
        if !parent.shop.myshopify_domain.eq_ignore_ascii_case(self.address.shop.as_str()) {
            return Err(wrong_store());
        }
        let installation = parent.current_app_installation.and_then(|app| app.access_scopes);
        let held: Vec<_> = installation.unwrap_or_default().into_iter().map(|scope| scope.handle).collect();
        let missing: Vec<_> = scopes.iter().filter(|scope| !covers(&held, scope)).cloned().collect();
        if !missing.is_empty() {
            return Err(refuse(
                format!("the control credential has not the scopes {}", missing.join(", ")),
                "ask for scopes that it has, or let the merchant grant them to the app",
            ));
        }
        let end = self.control.end_after(lifetime).await?;
        let wanted = later(cx.clock().now(), lifetime);
        if let Some(end) = end.filter(|end| wanted > *end) {
            return Err(refuse(
                format!("the token would live longer than the one it is made of, which ends at {end}"),
                "ask for a shorter lifetime; tokens by client credentials last a day, renewed ones an hour",
            ));
        }
        Ok(())
    }
}

/// The refusal of a credential of another store.
pub(crate) fn wrong_store() -> Error {
    Error::new(ErrorKind::Conflict, "the control credential belongs to another store")
        .with_remedy("use a token of the store that `shop` names")
}

/// Whether a scope is held; to write something implies to read it.
pub(crate) fn covers(held: &[String], scope: &str) -> bool {
    let writes = |read: &str| format!("write_{read}");
    held.iter().any(|one| one == scope)
        || scope.strip_prefix("read_").is_some_and(|what| held.contains(&writes(what)))
        || scope
            .strip_prefix("unauthenticated_read_")
            .is_some_and(|what| held.contains(&format!("unauthenticated_write_{what}")))
}

fn whole_seconds(lifetime: Duration) -> Result<i32> {
    let seconds = i32::try_from(lifetime.as_secs()).ok().filter(|seconds| *seconds >= 1);
    seconds.ok_or_else(|| {
        refuse("the lifetime is no number of seconds from 1 on", "give a lifetime of a second or more")
    })
}

fn refuse(message: impl Into<String>, remedy: &str) -> Error {
    Error::new(ErrorKind::InvalidRequest, message).with_remedy(remedy)
}

fn orphan(error: Error, until: Timestamp) -> Error {
    error.with_remedy(format!(
        "a token that nobody knows may live until {until}; no API lists or ends it. Ask for another one if you need it, \
         and count with the stray one until then"
    ))
}

fn later(time: Timestamp, by: Duration) -> Timestamp {
    time.saturating_add(by).unwrap_or(Timestamp::MAX)
}

/// Reads the result of making a token.
fn created(payload: CreatePayload) -> Result<DelegateToken, Failure> {
    if let Some(error) = payload.user_errors.into_iter().next() {
        return Err(creation_refused(error));
    }
    payload.delegate_access_token.ok_or_else(|| Failure::undecodable("it has neither a token nor an error"))
}

fn creation_refused(error: UserError) -> Failure {
    use ErrorKind as Kind;
    let (kind, effect, message, remedy) = match error.code.as_deref() {
        Some("EMPTY_ACCESS_SCOPE") => {
            (Kind::InvalidRequest, Effect::None, "no scope was asked for", "name the scopes")
        }
        Some("UNKNOWN_SCOPES") => (
            Kind::InvalidRequest,
            Effect::None,
            "the platform refused a scope",
            "ask only for scopes that the control credential has",
        ),
        Some("NEGATIVE_EXPIRES_IN") => {
            (Kind::InvalidRequest, Effect::None, "the platform refused the lifetime", "give a second or more")
        }
        Some("EXPIRES_AFTER_PARENT") => (
            Kind::InvalidRequest,
            Effect::None,
            "the token would live longer than the one it is made of",
            "ask for a shorter lifetime",
        ),
        Some("DELEGATE_ACCESS_TOKEN") => (
            Kind::PermissionDenied,
            Effect::None,
            "the control credential is a delegate itself, and delegates make no delegates",
            "use the app's own token as control credential",
        ),
        Some("REFRESH_TOKEN") => (
            Kind::Unsupported,
            Effect::None,
            "the platform makes no delegates of a token that has a refresh token",
            "use `client_id` and `client_secret` alone, or a token that does not expire, as control credential",
        ),
        Some("PERSISTENCE_FAILED") => {
            (Kind::Unavailable, Effect::None, "the platform could not save the token", "try again later")
        }
        _ => (
            Kind::Protocol,
            Effect::Possible,
            "the platform refused for a reason that guestpass does not know",
            "look at the vendor's code",
        ),
    };
    Failure::new(kind, effect, message)
        .with_remedy(remedy)
        .with_code(error.code)
        .with_vendor_message(error.message)
}

/// Reads the result of ending a token. One that is gone already is a success.
fn destroyed(payload: DestroyPayload) -> Result<(), Failure> {
    use ErrorKind as Kind;
    let Some(error) = payload.user_errors.into_iter().next() else {
        return match payload.status {
            Some(true) => Ok(()),
            _ => Err(Failure::undecodable("it says neither that the token was ended nor why not")),
        };
    };
    let (kind, effect, message, remedy) = match error.code.as_deref() {
        Some("ACCESS_TOKEN_NOT_FOUND") => return Ok(()),
        Some("CAN_ONLY_DELETE_DELEGATE_TOKENS") => (
            Kind::InvalidRequest,
            Effect::None,
            "this is no delegate token, and no API ends any other",
            "to end an app's own token the merchant takes the app out",
        ),
        Some("ACCESS_DENIED") => (
            Kind::PermissionDenied,
            Effect::None,
            "the token was made by another app or of another token",
            "end it with the control credential that made it",
        ),
        Some("PERSISTENCE_FAILED") => {
            (Kind::Unavailable, Effect::Possible, "the platform could not end the token", "try again later")
        }
        _ => (
            Kind::Protocol,
            Effect::Possible,
            "the platform refused for a reason that guestpass does not know",
            "look at the vendor's code",
        ),
    };
    Err(Failure::new(kind, effect, message)
        .with_remedy(remedy)
        .with_code(error.code)
        .with_vendor_message(error.message))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user_error(code: &str) -> Vec<UserError> {
        vec![UserError { message: Some("words".to_owned()), code: Some(code.to_owned()) }]
    }

    #[test]
    fn every_code_of_a_creation_says_what_to_do() {
        for (code, kind) in [
            ("EMPTY_ACCESS_SCOPE", ErrorKind::InvalidRequest),
            ("NEGATIVE_EXPIRES_IN", ErrorKind::InvalidRequest),
            ("UNKNOWN_SCOPES", ErrorKind::InvalidRequest),
            ("EXPIRES_AFTER_PARENT", ErrorKind::InvalidRequest),
            ("DELEGATE_ACCESS_TOKEN", ErrorKind::PermissionDenied),
            ("REFRESH_TOKEN", ErrorKind::Unsupported),
            ("PERSISTENCE_FAILED", ErrorKind::Unavailable),
        ] {
            let payload = CreatePayload { delegate_access_token: None, user_errors: user_error(code) };
            let failure = created(payload).unwrap_err();
            assert_eq!((failure.kind, failure.effect), (kind, Effect::None), "{code}");
            assert!(failure.remedy.is_some());
        }
        let nothing = CreatePayload { delegate_access_token: None, user_errors: Vec::new() };
        assert_eq!(created(nothing).unwrap_err().effect, Effect::Possible);
    }

    #[test]
    fn a_token_that_is_gone_is_ended() {
        let outcome = |status, code| destroyed(DestroyPayload { status, user_errors: user_error(code) });
        assert!(outcome(Some(false), "ACCESS_TOKEN_NOT_FOUND").is_ok());
        assert_eq!(outcome(Some(false), "ACCESS_DENIED").unwrap_err().kind, ErrorKind::PermissionDenied);
        assert_eq!(
            outcome(None, "CAN_ONLY_DELETE_DELEGATE_TOKENS").unwrap_err().kind,
            ErrorKind::InvalidRequest
        );
        assert!(destroyed(DestroyPayload { status: Some(false), user_errors: Vec::new() }).is_err());
        assert!(destroyed(DestroyPayload { status: Some(true), user_errors: Vec::new() }).is_ok());
    }

    #[test]
    fn writing_implies_reading() {
        let held = ["write_products".to_owned(), "read_users".to_owned()];
        assert!(
            covers(&held, "read_products") && covers(&held, "write_products") && covers(&held, "read_users")
        );
        assert!(!covers(&held, "write_users") && !covers(&held, "read_product"));
    }
}
