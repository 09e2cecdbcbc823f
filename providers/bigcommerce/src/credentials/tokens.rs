//! Tokens for shoppers: one call makes one, one asks for its end, and using it shows whether it lives.

use guestpass::http::BaseUrl;
use guestpass::rotation::{
    Credential, CredentialSlot, Death, IssueOrder, NewCredential, RetireOutcome, Verification,
};
use guestpass::{CallContext, Error, ErrorKind, Evidence, Held, OneTimeSecret, Result, Right, Timestamp};

use super::kinds::FOR_BROWSERS;
use super::{Rotator, about_itself, claims, dead, held, order, secret_unknown, source, steps};
use crate::client::{Shown, StoreApi, StorefrontApi, TokenCall};
use crate::config::HOST;

/// That a storefront token works on a server, which those made after the last day of June 2026 do not.
const ON_SERVERS: &str = "server-to-server";
/// Unix seconds: from then on a storefront token that is made does not work on servers.
const NEW_ONES_REFUSED_FROM: i64 = 1_782_864_000;
/// Unix seconds: from then on, after the last day of March 2027, none of them does.
const ALL_REFUSED_FROM: i64 = 1_806_537_600;
/// The scope without which a private token cannot read what every shopper may.
const EVERY_SHOPPER: &str = "Unauthenticated";
/// By how many seconds a token's own word about its end may differ from ours.
const TOLERANCE: u64 = 60;

impl Rotator {
    pub(super) async fn issue_token(
        &self,
        call: TokenCall,
        order: &IssueOrder<'_>,
        cx: &CallContext,
    ) -> Result<NewCredential> {
        let new = order::read(call, order, cx.clock().now())?;
        // A wrong address would show only when the token is there.
        self.storefront_address(order.slot)?;
        let minter = self.minter(order.slot)?;
        let token = minter.create_storefront_token(call, &new, cx).await?;
        Ok(NewCredential::new(None, Some(token), Timestamp::from_second(new.expires_at).ok()))
    }

    pub(super) async fn inspect_token(
        &self,
        call: TokenCall,
        slot: &CredentialSlot,
        known: &Credential,
        cx: &CallContext,
    ) -> Result<Credential> {
        let secret = known.known_secret()?;
        let mut found = known.clone();
        found.expires_at = known.expires_at.or_else(|| claims::expiry(secret));
        let shown = self.try_token(call, slot, secret, cx).await?;
        // One for browsers may work there all the same, and is revoked in any case.
        if shown == Shown::Refused && call != TokenCall::Storefront {
            return Err(refused());
        }
        found.rights = shown_rights(call, &shown);
        Ok(found)
    }

    pub(super) async fn verify_token(
        &self,
        call: TokenCall,
        slot: &CredentialSlot,
        candidate: &Credential,
        secret: &OneTimeSecret,
        cx: &CallContext,
    ) -> Result<Verification> {
        let shown = self.try_token(call, slot, secret, cx).await?;
        let new_ones_refused = cx.clock().now().as_second() >= NEW_ONES_REFUSED_FROM;
        let mut verification = match (&shown, call) {
            (Shown::Refused | Shown::Barred, TokenCall::Storefront) if new_ones_refused => {
                let mut untried = Verification::untried(FOR_BROWSERS);
                untried.rights.push(held(ON_SERVERS, false));
                untried
            }
            (Shown::Refused | Shown::Barred, _) => return Err(refused()),
            _ => Verification::accepted(shown_rights(call, &shown)),
        };
        match call {
            TokenCall::Storefront => verification.warnings.push(
                "a storefront token is for browsers: one made after 2026-06-30 does not work on servers, an older one \
                 there only until 2027-03-31; use a private-token on servers"
                    .to_owned(),
            ),
            TokenCall::Private => {
                let scopes = order::private_scopes(slot)?;
                let others = scopes.iter().filter(|scope| *scope != EVERY_SHOPPER);
                verification.rights.extend(others.map(|scope| Right::new(scope, Held::NotProvable)));
            }
            TokenCall::Impersonation => {}
        }
        if let (Some(asked), Some(says)) = (candidate.expires_at, claims::expiry(secret))
            && asked.as_second().abs_diff(says.as_second()) > TOLERANCE
        {
            verification
                .warnings
                .push(format!("the token says that it ends at {says}, not at {asked} as asked"));
        }
        Ok(verification)
    }

    pub(super) async fn retire_token(
        &self,
        call: TokenCall,
        slot: &CredentialSlot,
        old: &Credential,
        cx: &CallContext,
    ) -> Result<RetireOutcome> {
        let Some(secret) = &old.secret else {
            return Ok(at_expiry_or_by_hand(old.expires_at));
        };
        let refusal = match self.minter(slot)?.revoke_storefront_token(secret, cx).await {
            Ok(()) => return Ok(RetireOutcome::Accepted),
            Err(error) => error,
        };
        let says_unknown = refusal.status().is_some()
            && matches!(refusal.kind(), ErrorKind::InvalidRequest | ErrorKind::NotFound);
        if !says_unknown {
            return Err(refusal);
        }
        // It was revoked before, or has expired, or this kind cannot be revoked: using it tells.
        let ends = old.expires_at.or_else(|| claims::expiry(secret));
        let shown = self.try_token(call, slot, secret, cx).await?;
        if proves_death(call, &shown, old, cx.clock().now()) {
            return Ok(RetireOutcome::AlreadyGone);
        }
        Ok(at_expiry_or_by_hand(ends))
    }

    pub(super) async fn confirm_token(
        &self,
        call: TokenCall,
        slot: &CredentialSlot,
        old: &Credential,
        cx: &CallContext,
    ) -> Result<Death> {
        let Some(secret) = &old.secret else {
            return Ok(old.expires_at.map_or_else(secret_unknown, |at| Death::DiesAt { at }));
        };
        let began = Evidence::begun(cx.clock().now());
        let shown = self.try_token(call, slot, secret, cx).await?;
        if proves_death(call, &shown, old, began.began_at) {
            return Ok(dead(began));
        }
        if !matches!(shown, Shown::Refused | Shown::Barred) {
            return Ok(Death::Alive);
        }
        let ends = old.expires_at.or_else(|| claims::expiry(secret));
        Ok(ends
            .map_or_else(|| Death::CannotTell { reason: FOR_BROWSERS.to_owned() }, |at| Death::DiesAt { at }))
    }

    /// The store's API with the token that makes and revokes these.
    fn minter(&self, slot: &CredentialSlot) -> Result<StoreApi> {
        let token = slot.secret("store_token").or_else(|| self.store_token.clone());
        let token = token.ok_or_else(|| {
            Error::config(
                "store_token",
                "is missing",
                "add a store-level access token with the scope for these tokens to the store or to the credential",
            )
        })?;
        Ok(self.store_api(token))
    }

    /// Uses the token, and makes sure that it is this store which answers.
    async fn try_token(
        &self,
        call: TokenCall,
        slot: &CredentialSlot,
        secret: &OneTimeSecret,
        cx: &CallContext,
    ) -> Result<Shown> {
        let base = self.storefront_address(slot)?;
        let api = StorefrontApi::new(&self.store_hash, source(secret), base, self.store.clone(), &self.env);
        let shown = api.try_token(cx).await.map_err(|error| at_the_shop(about_itself(error)))?;
        match &shown {
            // That servers are refused is a rule for these, and nothing else says so.
            Shown::Barred if call != TokenCall::Storefront => Err(at_the_shop(Error::new(
                ErrorKind::PermissionDenied,
                "the shop refused the request for another reason than its token",
            ))),
            Shown::Accepted { store: Some(hash) } if !hash.eq_ignore_ascii_case(&self.store_hash) => {
                Err(Error::new(ErrorKind::Conflict, "this token belongs to another store")
                    .with_remedy("use the credential of the store that `store_hash` names"))
            }
            _ => Ok(shown),
        }
    }

    /// Where the API for shoppers is. The first channel has the store's permanent address, every other one its own beside
    /// it: so do the vendor's own clients, no document says so.
    fn storefront_address(&self, slot: &CredentialSlot) -> Result<BaseUrl> {
        if let Some(url) = slot.text("storefront_url") {
            let url = url.trim_end_matches('/');
            let shop = url.strip_suffix("/graphql").unwrap_or(url);
            // A shop's own domain can be any.
            return BaseUrl::parse("storefront_url", shop, |_| true);
        }
        if self.api.host() != HOST {
            // Nothing of a fake on this machine leaves it.
            return Ok(self.api.clone());
        }
        let channel = match order::first_channel(slot)? {
            1 => String::new(),
            other => format!("-{other}"),
        };
        let address = format!("https://store-{}{channel}.mybigcommerce.com", self.store_hash);
        BaseUrl::parse("storefront_url", &address, |_| true)
    }
}

fn refused() -> Error {
    Error::new(ErrorKind::Unauthenticated, "this token is refused")
        .with_remedy("it was revoked, has expired, is too new, or is for another channel or store")
}

/// What using it showed of its rights.
fn shown_rights(call: TokenCall, shown: &Shown) -> Vec<Right> {
    match (call, shown) {
        (_, Shown::Refused | Shown::Barred) | (TokenCall::Impersonation, _) => Vec::new(),
        (TokenCall::Storefront, _) => vec![held(ON_SERVERS, true)],
        (TokenCall::Private, Shown::Narrow) => vec![held(EVERY_SHOPPER, false)],
        (TokenCall::Private, Shown::Accepted { store: Some(_) }) => vec![held(EVERY_SHOPPER, true)],
        (TokenCall::Private, _) => vec![Right::new(EVERY_SHOPPER, Held::NotProvable)],
    }
}

/// Says what else may be wrong where a shop is asked.
fn at_the_shop(error: Error) -> Error {
    match error.kind() {
        ErrorKind::Protocol | ErrorKind::PermissionDenied => error.with_remedy(
            "look whether a firewall or a redirect stands before the shop; name its own address as `storefront_url`",
        ),
        _ => error,
    }
}

/// Whether what was shown of the old one means that it is dead. One for browsers is refused to servers by a rule as well,
/// unless it was seen to work on one and the rule does not hold for it yet.
fn proves_death(call: TokenCall, shown: &Shown, old: &Credential, now: Timestamp) -> bool {
    if *shown != Shown::Refused {
        return false;
    }
    let worked_here = old.rights.iter().any(|right| right.name == ON_SERVERS && right.held == Held::Yes);
    call != TokenCall::Storefront || (worked_here && now.as_second() < ALL_REFUSED_FROM)
}

fn at_expiry_or_by_hand(ends: Option<Timestamp>) -> RetireOutcome {
    match ends {
        Some(at) => RetireOutcome::AtExpiry { at: Some(at) },
        None => RetireOutcome::ActionRequired(steps::bring_token_back()),
    }
}

#[cfg(test)]
mod tests {
    use guestpass::rotation::{CredentialKind, CredentialName};
    use guestpass::{Environment, StoreHandle};
    use uuid::Uuid;

    use super::*;
    use crate::guide::Guide;

    fn address(slot: impl FnOnce(CredentialSlot) -> CredentialSlot) -> Result<BaseUrl> {
        let rotator = Rotator {
            store: StoreHandle::new("acme").unwrap(),
            store_hash: "abc123".to_owned(),
            account_uuid: Uuid::nil(),
            store_token: None,
            api: BaseUrl::parse("api_url", "https://api.bigcommerce.com", |host| host == HOST).unwrap(),
            guide: Guide::unconfirmed("abc123"),
            env: Environment::system().unwrap(),
        };
        let kind = CredentialKind::from_static("private-token");
        rotator.storefront_address(&slot(CredentialSlot::new(CredentialName::new("web").unwrap(), kind)))
    }

    fn host(slot: impl FnOnce(CredentialSlot) -> CredentialSlot) -> String {
        address(slot).unwrap().host().to_owned()
    }

    #[test]
    fn a_token_is_tried_at_the_permanent_address_of_its_channel() {
        assert_eq!(host(|slot| slot.with_text("channel_id", "1")), "store-abc123.mybigcommerce.com");
        assert_eq!(host(|slot| slot.with_text("channel_ids", "12,1")), "store-abc123-12.mybigcommerce.com");
    }

    #[test]
    fn another_address_is_checked_before_a_token_goes_there() {
        let at = |url: &'static str| address(|slot| slot.with_text("storefront_url", url));
        assert_eq!(at("https://www.shop.example/graphql").unwrap().host(), "www.shop.example");
        for bad in [
            "http://www.shop.example",
            "https://a:b@shop.example",
            "shop.example",
            "https://shop.example/?a=b",
        ] {
            assert!(at(bad).is_err(), "{bad}");
        }
    }
}
