//! API accounts and app tokens: people make and delete them, using them shows the rest.

use guestpass::rotation::{Credential, CredentialSlot, Death, Verification};
use guestpass::{CallContext, Error, ErrorKind, Evidence, Held, OneTimeSecret, Result, Right};

use super::scopes::{INFORMATION, readings, unprovable};
use super::{Rotator, about_itself, dead, held, order, secret_unknown, source};

/// What a token without any of its scopes comes from, where a person ticked them.
pub(super) const WRONG_TICKS: &str =
    "make the API account again with the scopes of the step, and hand in its access token";
/// What it comes from where a code was exchanged.
pub(super) const NULL_SCOPE: &str = "the platform gives a token without scopes when the code was exchanged with a wrong `context`: exchange a new code \
     with stores/STORE_HASH, and look at `scope` in the answer";

/// The account scope that the one read of it needs.
const ACCOUNT_READ: &str = "account_read";

/// What a token of a store showed.
pub(super) struct Seen {
    pub(super) client_id: Option<String>,
    pub(super) rights: Vec<Right>,
}

impl Rotator {
    /// Uses a token on the store: is it alive, for this store, with which of the wanted scopes.
    pub(super) async fn look_at_store(
        &self,
        slot: &CredentialSlot,
        secret: &OneTimeSecret,
        cx: &CallContext,
    ) -> Result<Seen> {
        let api = self.store_api(source(secret));
        let client_id = api.any_hook(cx).await.map_err(about_itself)?.and_then(|hook| hook.client_id);
        let informed = match api.information(cx).await {
            Ok(facts) if facts.id.eq_ignore_ascii_case(&self.store_hash) => true,
            Ok(_) => {
                return Err(Error::new(ErrorKind::Conflict, "this token belongs to another store")
                    .with_remedy("use a token of the store that `store_hash` names"));
            }
            Err(error) if error.kind() == ErrorKind::PermissionDenied => false,
            Err(error) => return Err(about_itself(error)),
        };
        let wanted = wanted(slot);
        let mut rights = Vec::new();
        for reading in readings(&wanted) {
            let allowed = match reading.read_only == INFORMATION.read_only {
                true => Some(informed),
                false => api.may_read(reading.path, cx).await.map_err(about_itself)?,
            };
            rights.push(match allowed {
                Some(allowed) => held(reading.read_only, allowed),
                None => Right::new(reading.read_only, Held::NotProvable),
            });
        }
        rights.extend(unprovable(&wanted).into_iter().map(|scope| Right::new(scope, Held::NotProvable)));
        Ok(Seen { client_id, rights })
    }

    /// Tries a new token of the store. `remedy` is what helps when it has none of its scopes.
    pub(super) async fn verify_for_store(
        &self,
        slot: &CredentialSlot,
        secret: &OneTimeSecret,
        remedy: &str,
        cx: &CallContext,
    ) -> Result<Verification> {
        let Seen { rights, .. } = self.look_at_store(slot, secret, cx).await?;
        let wanted = wanted(slot);
        let shown: Vec<_> = rights.iter().filter(|right| right.held != Held::NotProvable).collect();
        let lacking: Vec<_> = shown.iter().filter(|right| right.held == Held::No).collect();
        let has_nothing = !shown.is_empty() && lacking.len() == shown.len();
        if has_nothing && !wanted.is_empty() {
            return Err(Error::new(
                ErrorKind::PermissionDenied,
                "this token is alive and may do nothing of what is needed",
            )
            .with_remedy(remedy));
        }
        let mut warnings = Vec::new();
        if has_nothing {
            warnings.push(format!(
                "nothing that was tried is open to this token; if that is not meant, {remedy}"
            ));
        } else if !wanted.is_empty() && !lacking.is_empty() {
            let names: Vec<_> = lacking.iter().map(|right| right.name.as_str()).collect();
            warnings.push(format!("it lacks what `scopes` names: {}", names.join(", ")));
        }
        let unseen = unprovable(&wanted);
        if !unseen.is_empty() {
            let names = unseen.join(", ");
            warnings.push(format!("no read shows whether it has {names}: compare them in the control panel"));
        }
        let mut verification = Verification::accepted(rights);
        verification.warnings = warnings;
        Ok(verification)
    }

    /// Uses a token on the account: one of 70 requests an hour, so there is only one.
    pub(super) async fn look_at_account(
        &self,
        secret: &OneTimeSecret,
        cx: &CallContext,
    ) -> Result<Vec<Right>> {
        let account = match self.account_api(source(secret)).account(cx).await {
            Ok(account) => account,
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                return Ok(vec![held(ACCOUNT_READ, false)]);
            }
            Err(error) => return Err(about_itself(error)),
        };
        let uuid = self.account_uuid.hyphenated().to_string();
        if !account.id.to_ascii_lowercase().ends_with(&uuid) {
            return Err(Error::new(ErrorKind::Conflict, "this token belongs to another account")
                .with_remedy("use a token of the account that `account_uuid` names"));
        }
        Ok(vec![held(ACCOUNT_READ, true)])
    }

    pub(super) async fn verify_for_account(
        &self,
        slot: &CredentialSlot,
        secret: &OneTimeSecret,
        cx: &CallContext,
    ) -> Result<Verification> {
        let mut verification = Verification::accepted(self.look_at_account(secret, cx).await?);
        let needed = account_scopes(slot);
        let others: Vec<_> = needed.iter().filter(|scope| *scope != ACCOUNT_READ).collect();
        verification.rights.extend(others.iter().map(|scope| Right::new(scope.as_str(), Held::NotProvable)));
        verification.warnings.push(
            "only that it may read the account was tried: every further look costs one of 70 requests an hour".to_owned(),
        );
        Ok(verification)
    }

    /// Whether the token is refused. A look that failed shows nothing.
    pub(super) async fn is_refused(&self, old: &Credential, cx: &CallContext) -> bool {
        matches!(self.confirm_for_store(old, cx).await, Ok(Death::Dead { .. }))
    }

    pub(super) async fn confirm_for_store(&self, old: &Credential, cx: &CallContext) -> Result<Death> {
        let Some(secret) = &old.secret else { return Ok(secret_unknown()) };
        let began = Evidence::begun(cx.clock().now());
        alive_or_dead(self.store_api(source(secret)).any_hook(cx).await.map(drop), began)
    }

    pub(super) async fn confirm_for_account(&self, old: &Credential, cx: &CallContext) -> Result<Death> {
        let Some(secret) = &old.secret else { return Ok(secret_unknown()) };
        let began = Evidence::begun(cx.clock().now());
        alive_or_dead(self.account_api(source(secret)).account(cx).await.map(drop), began)
    }
}

fn alive_or_dead(used: Result<()>, began: Evidence) -> Result<Death> {
    match used {
        Ok(()) => Ok(Death::Alive),
        Err(error) if error.kind() == ErrorKind::PermissionDenied => Ok(Death::Alive),
        Err(error) if error.kind() == ErrorKind::Unauthenticated => Ok(dead(began)),
        Err(error) => Err(about_itself(error)),
    }
}

/// The scopes that the slot says are needed.
pub(super) fn wanted(slot: &CredentialSlot) -> Vec<String> {
    slot.text("scopes").map(order::words).unwrap_or_default()
}

/// The scopes of an account-level token: those that guestpass itself needs, unless the slot names others.
pub(super) fn account_scopes(slot: &CredentialSlot) -> Vec<String> {
    let named = wanted(slot);
    if !named.is_empty() {
        return named;
    }
    [ACCOUNT_READ, "account_stores_read", "account_users_read", "account_users_write", "account_users_delete"]
        .map(str::to_owned)
        .to_vec()
}
