//! Storefront tokens: a second one, then the first one is deleted.

use guestpass::rotation::{
    Credential, CredentialSlot, Death, FoundIssued, IssueOrder, IssueOutcome, NewCredential, RetireOutcome,
    Tag, Verification,
};
use guestpass::{
    CallContext, Error, ErrorKind, Evidence, ExposeSecret, Held, OneTimeSecret, Priority, Proof, Result,
    Right,
};

use super::{Rotator, kinds, scopes, steps};
use crate::storefront::{MOST_TOKENS, Tried, try_token};
use crate::wire::StorefrontToken;

const SCOPES: &str = "unauthenticated_";

impl Rotator {
    /// The one in use, recognised by its secret where that is known. The listing with secrets is asked for only then; they
    /// are compared here and forgotten.
    pub(super) async fn inspect_storefront(
        &self,
        slot: &CredentialSlot,
        known: &Credential,
        cx: &CallContext,
    ) -> Result<Credential> {
        let mut look = Evidence::begun(cx.clock().now());
        let tokens = self.list_storefront(known.secret.is_some(), &mut look, cx).await?;
        let mut seen = known.clone();
        if let Some(token) = in_use(&tokens, slot, known)? {
            seen.id = Some(token.id.clone());
            seen.tag = seen.tag.filter(|tag| has_tag(token, tag));
            seen.rights = rights(token, &tokens);
            return Ok(seen);
        }
        let Some(secret) = &known.secret else {
            return Err(Error::new(ErrorKind::NotFound, "which storefront token is in use is not known").with_remedy(
                "keep it in a sink that can give it back, name its source as `current`, or set `token_id` or `title`",
            ));
        };
        match self.try_storefront(secret, &mut look, cx).await? {
            // Another app made it: this one makes the heir, and a person deletes it. A 403 proves nothing, so that is
            // treated alike.
            Tried::Works | Tried::Forbidden => {
                seen.id = None;
                Ok(seen)
            }
            Tried::Refused => Err(refused("the storefront token in use is refused")),
        }
    }

    /// The tokens of the app. What keeps the control credential from listing them says nothing of any token.
    async fn list_storefront(
        &self,
        with_secrets: bool,
        look: &mut Evidence,
        cx: &CallContext,
    ) -> Result<Vec<StorefrontToken>> {
        let listed = self.api.storefront_tokens(with_secrets, look, cx).await;
        listed.map_err(|error| match error.kind() {
            ErrorKind::Unauthenticated | ErrorKind::PermissionDenied => error
                .found_at("storefront tokens cannot be listed with the control credential")
                .into_kind(ErrorKind::Config),
            _ => error,
        })
    }

    /// Uses a token. A store that serves nobody says nothing of it.
    async fn try_storefront(
        &self,
        token: &OneTimeSecret,
        look: &mut Evidence,
        cx: &CallContext,
    ) -> Result<Tried> {
        let tried = try_token(&self.address, token, look, &self.env, cx).await;
        tried.map_err(|error| match error.kind() {
            ErrorKind::PermissionDenied => error.into_kind(ErrorKind::Unavailable),
            _ => error,
        })
    }

    pub(super) async fn issue_storefront(
        &self,
        order: &IssueOrder<'_>,
        cx: &CallContext,
    ) -> Result<IssueOutcome> {
        let held = scopes(&self.api, &self.address, cx).await?;
        if !held.iter().any(|scope| scope.starts_with(SCOPES)) {
            return Err(Error::new(
                ErrorKind::PermissionDenied,
                "the app has no unauthenticated_* scope, so it cannot make storefront tokens",
            )
            .with_remedy(
                "add the scopes that the storefront needs, for example unauthenticated_read_product_listings, and let the \
                 merchant grant them",
            ));
        }
        let made = match self.api.storefront_create(order.tag.as_str(), cx).await {
            Ok(made) => made,
            Err(error) if error.kind() == ErrorKind::InvalidRequest => {
                return Err(self.why_refused(error, cx).await);
            }
            Err(error) => return Err(error),
        };
        let secret = made.access_token.map(OneTimeSecret::new);
        Ok(IssueOutcome::Issued(NewCredential::new(Some(made.id), secret, None)))
    }

    /// A refusal comes in words alone; the list tells whether there is no room.
    async fn why_refused(&self, error: Error, cx: &CallContext) -> Error {
        let mut look = Evidence::begun(cx.clock().now());
        match self.list_storefront(false, &mut look, cx).await {
            Ok(tokens) if tokens.len() >= MOST_TOKENS => {
                let message = format!(
                    "the app has {} storefront tokens on this store, and {MOST_TOKENS} is the most",
                    tokens.len()
                );
                Error::new(ErrorKind::Conflict, message)
                    .with_remedy("delete those that nobody uses, then go on")
                    .with_source(error)
            }
            _ => error,
        }
    }

    pub(super) async fn find_storefront(
        &self,
        order: &IssueOrder<'_>,
        cx: &CallContext,
    ) -> Result<FoundIssued> {
        let mut look = Evidence::begun(cx.clock().now());
        let tokens = self.list_storefront(false, &mut look, cx).await?;
        let ours = tokens.into_iter().filter(|token| has_tag(token, order.tag));
        let found: Vec<_> = ours.map(|token| NewCredential::new(Some(token.id), None, None)).collect();
        Ok(if found.is_empty() { FoundIssued::Nothing } else { FoundIssued::Found(found) })
    }

    pub(super) async fn verify_storefront(
        &self,
        candidate: &Credential,
        cx: &CallContext,
    ) -> Result<Verification> {
        let secret = candidate.known_secret()?;
        let mut look = Evidence::begun(cx.clock().now());
        match self.try_storefront(secret, &mut look, cx).await? {
            Tried::Works => {}
            Tried::Refused | Tried::Forbidden => {
                return Err(refused("the Storefront API refuses the new token"));
            }
        }
        let by_id = candidate.id.is_some() || candidate.tag.is_some();
        let tokens = self.list_storefront(!by_id, &mut look, cx).await?;
        match listed(&tokens, candidate) {
            Some(token) => Ok(Verification::accepted(rights(token, &tokens))),
            None => Err(refused("the store does not list the new storefront token among those of the app")),
        }
    }

    pub(super) async fn retire_storefront(
        &self,
        old: &Credential,
        cx: &CallContext,
    ) -> Result<RetireOutcome> {
        let cx = &cx.clone().with_priority(Priority::Removal);
        let Some(id) = self.id_of(old, cx).await? else {
            return self.retire_unlisted(old, cx).await;
        };
        if self.api.storefront_delete(&id, cx).await? {
            return Ok(RetireOutcome::Accepted);
        }
        // What a refusal means is told in words alone, so the list is asked.
        let mut look = Evidence::begun(cx.clock().now());
        let tokens = self.list_storefront(false, &mut look, cx).await?;
        match tokens.iter().any(|token| token.id == id) {
            false => Ok(RetireOutcome::AlreadyGone),
            true => Err(Error::new(
                ErrorKind::Protocol,
                "the platform refused to delete the storefront token, and it is there",
            )
            .with_remedy("try again later; the token still works")),
        }
    }

    async fn id_of(&self, old: &Credential, cx: &CallContext) -> Result<Option<String>> {
        if old.id.is_some() || (old.tag.is_none() && old.secret.is_none()) {
            return Ok(old.id.clone());
        }
        let mut look = Evidence::begun(cx.clock().now());
        let tokens = self.list_storefront(old.tag.is_none(), &mut look, cx).await?;
        Ok(listed(&tokens, old).map(|token| token.id.clone()))
    }

    async fn retire_unlisted(&self, old: &Credential, cx: &CallContext) -> Result<RetireOutcome> {
        let mut look = Evidence::begun(cx.clock().now());
        if let Some(secret) = &old.secret
            && self.try_storefront(secret, &mut look, cx).await? == Tried::Refused
        {
            return Ok(RetireOutcome::AlreadyGone);
        }
        if old.secret.is_none() && old.tag.is_some() {
            return Ok(RetireOutcome::AlreadyGone);
        }
        Ok(RetireOutcome::ActionRequired(steps::delete_storefront_token()))
    }

    /// Dead is what a complete list does not hold and the Storefront API refuses, as far as either can tell.
    pub(super) async fn confirm_storefront(&self, old: &Credential, cx: &CallContext) -> Result<Death> {
        let cx = &cx.clone().with_priority(Priority::Removal);
        let mut look = Evidence::begun(cx.clock().now());
        let named = old.id.is_some() || old.tag.is_some();
        if !named && old.secret.is_none() {
            return Ok(Death::CannotTell {
                reason: "neither the id nor the secret of the old storefront token is known".to_owned(),
            });
        }
        let tokens = self.list_storefront(!named, &mut look, cx).await?;
        if listed(&tokens, old).is_some() {
            return Ok(Death::Alive);
        }
        let Some(secret) = &old.secret else {
            return Ok(Death::Dead { proof: Proof::Listed { evidence: look } });
        };
        Ok(match self.try_storefront(secret, &mut look, cx).await? {
            Tried::Works => Death::Alive,
            Tried::Refused => Death::Dead { proof: Proof::CredentialDead { evidence: look } },
            Tried::Forbidden if named => Death::Dead { proof: Proof::Listed { evidence: look } },
            Tried::Forbidden => Death::CannotTell {
                reason: "another app made the old storefront token, and the Storefront API forbids its use without saying \
                         that it is gone"
                    .to_owned(),
            },
        })
    }
}

fn refused(message: &str) -> Error {
    Error::new(ErrorKind::Unauthenticated, message)
        .with_remedy("look under which app and store it was made, and whether somebody deleted it")
}

fn has_tag(token: &StorefrontToken, tag: &Tag) -> bool {
    token.title.as_deref() == Some(tag.as_str())
}

fn is_of(token: &StorefrontToken, secret: &OneTimeSecret) -> bool {
    token.access_token.as_ref().is_some_and(|text| text.expose_secret() == secret.expose())
}

/// The entry of a credential that we know by its id, our mark, or its secret.
fn listed<'t>(tokens: &'t [StorefrontToken], known: &Credential) -> Option<&'t StorefrontToken> {
    let by_id = known.id.as_ref().map(|id| tokens.iter().find(|token| token.id == *id));
    let by_tag = || known.tag.as_ref().map(|tag| tokens.iter().find(|token| has_tag(token, tag)));
    let by_secret = || known.secret.as_ref().map(|secret| tokens.iter().find(|token| is_of(token, secret)));
    by_id.or_else(by_tag).or_else(by_secret).flatten()
}

/// The entry of the one in use. Its secret says more than an id or a title that somebody wrote down; these count where it
/// is not known, or the platform shows no secrets.
fn in_use<'t>(
    tokens: &'t [StorefrontToken],
    slot: &CredentialSlot,
    known: &Credential,
) -> Result<Option<&'t StorefrontToken>> {
    if let Some(secret) = &known.secret
        && tokens.iter().any(|token| token.access_token.is_some())
    {
        return Ok(tokens.iter().find(|token| is_of(token, secret)));
    }
    let mut named = known.clone();
    named.secret = None;
    if let Some(token) = listed(tokens, &named) {
        return Ok(Some(token));
    }
    if let Some(id) = slot.text(kinds::TOKEN_ID) {
        let number = |id: &str| id.rsplit('/').next().map(str::to_owned);
        return Ok(tokens.iter().find(|token| number(&token.id) == number(id)));
    }
    let Some(title) = slot.text(kinds::TITLE) else { return Ok(None) };
    let mut titled = tokens.iter().filter(|token| token.title.as_deref() == Some(title));
    match (titled.next(), titled.next()) {
        (Some(_), Some(_)) => {
            Err(Error::new(ErrorKind::Conflict, "several storefront tokens have the title in `title`")
                .with_remedy("set `token_id` instead"))
        }
        (first, _) => Ok(first),
    }
}

/// What a token may do; what another token of the app may and this one may not is told too.
fn rights(of: &StorefrontToken, all: &[StorefrontToken]) -> Vec<Right> {
    let scopes = |token: &StorefrontToken| -> Vec<String> {
        token.access_scopes.iter().flatten().map(|scope| scope.handle.clone()).collect()
    };
    let own = scopes(of);
    let mut others: Vec<String> = all.iter().flat_map(scopes).filter(|scope| !own.contains(scope)).collect();
    others.sort();
    others.dedup();
    let held = own.into_iter().map(|scope| Right::new(scope, Held::Yes));
    held.chain(others.into_iter().map(|scope| Right::new(scope, Held::No))).collect()
}
