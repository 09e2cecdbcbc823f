//! An app's client secret: people make and revoke it, and in between every token is replaced by one that it minted.
//! <https://shopify.dev/docs/apps/build/authentication-authorization/client-secrets/rotate-revoke-client-credentials>

use guestpass::rotation::{Carried, CarryOver, Credential, CredentialSlot, Death, Verification};
use guestpass::{CallContext, Error, ErrorKind, Evidence, ExposeSecret, Proof, Result, SecretString};
use oauth2::TokenResponse;
use uuid::Uuid;

use super::{Rotator, kinds, steps, text_of};
use crate::oauth::{TokenEndpoint, Tokens};
use crate::tokens::{Control, TokenKeeper, same};

/// What the token endpoint makes of a client secret.
#[derive(Debug)]
enum Says {
    /// It takes it; with the tokens, where it gave some.
    Accepts(Option<Tokens>),
    /// It refuses it.
    Refuses(Error),
    /// It looks at something else first.
    Nothing(String),
}

impl Rotator {
    /// Whether the one in use works. A secret has neither an id nor rights of its own.
    pub(super) async fn inspect_secret(
        &self,
        slot: &CredentialSlot,
        known: &Credential,
    ) -> Result<Credential> {
        let endpoint = self.endpoint(slot)?;
        let secret = match &known.secret {
            Some(secret) => text_of(secret),
            None => endpoint.client_secret().await?,
        };
        if secret.expose_secret().is_empty() {
            return Err(Error::new(ErrorKind::NotFound, "the client secret in use cannot be read")
                .with_remedy("keep it in a sink that can give it back, or name its source as `current`"));
        }
        let Says::Refuses(error) = self.ask(&endpoint, &secret).await? else { return Ok(known.clone()) };
        // Not the one in use, perhaps: then nothing that it tells is about that one.
        let stored = endpoint.client_secret().await?;
        let other = !stored.expose_secret().is_empty() && !same(&stored, &secret);
        if other && matches!(self.ask(&endpoint, &stored).await?, Says::Accepts(_)) {
            return Err(Error::new(
                ErrorKind::Conflict,
                "the client secret that the sink or `current` holds is refused, and the one in the store's settings works",
            )
            .with_remedy("let the sink, `current` and the store's `client_secret` name the same place"));
        }
        Err(error)
    }

    /// Never touches the tokens in use: where the app may fetch tokens, another one is fetched and used; where tokens are
    /// renewed, the answer to a request that cannot give any is read.
    pub(super) async fn verify_secret(
        &self,
        slot: &CredentialSlot,
        candidate: &Credential,
        cx: &CallContext,
    ) -> Result<Verification> {
        let endpoint = self.endpoint(slot)?;
        let secret = text_of(candidate.known_secret()?);
        match self.ask(&endpoint, &secret).await? {
            Says::Accepts(Some(tokens)) => {
                let token = SecretString::from(tokens.access_token().secret().to_owned());
                self.scopes_of(&token, cx).await?;
                Ok(Verification::accepted(Vec::new()))
            }
            Says::Accepts(None) => match self.tells_secrets_apart(&endpoint, None).await? {
                true => Ok(Verification::accepted(Vec::new())),
                false => Ok(Verification::untried(SAME_ANSWER)),
            },
            Says::Refuses(error) => Err(error),
            // In its place already, it needs no trial on a store that has left meanwhile.
            Says::Nothing(why) if same(&endpoint.client_secret().await?, &secret) => {
                Ok(Verification::untried(why))
            }
            Says::Nothing(why) => Err(Error::new(ErrorKind::NotFound, why)
                .with_remedy("rotate it from a store on which the app is installed")),
        }
    }

    /// Renews this store's tokens with the new secret, and looks whether they work.
    pub(super) async fn carry_secret(&self, change: &CarryOver<'_>, cx: &CallContext) -> Result<Carried> {
        let Control::Kept(keeper) = &self.control else {
            return Ok(Carried::Verified { what: Vec::new(), left: vec![steps::migrate_first()] });
        };
        let endpoint = self.endpoint(change.slot)?;
        let stored = endpoint.client_secret().await?;
        check_stored(&stored, change)?;
        let token = match keeper.mint_with(&stored).await {
            Ok(token) => token,
            Err(error) => return self.gone(keeper, error, cx).await,
        };
        let scopes = self.scopes_of(&token, cx).await?;
        let how = if keeper.fetches() { "fetched" } else { "renewed and written back" };
        let what = format!(
            "the access token was {how} with the new client secret, and works with {} scopes",
            scopes.len()
        );
        Ok(Carried::Verified { what: vec![what], left: Vec::new() })
    }

    /// Whether an error means that nothing on this store can depend on any secret.
    async fn gone(&self, keeper: &TokenKeeper, error: Error, cx: &CallContext) -> Result<Carried> {
        let gone = |reason: &str| Ok(Carried::Gone { reason: reason.to_owned() });
        match (error.status(), error.code()) {
            (_, Some("app_not_installed")) => gone("the app is not installed on this store any more"),
            (Some(404), _) => gone("the platform knows no such store any more"),
            // The refresh token is dead. If the access token is too, nothing is left that a secret could take along.
            (Some(401), _) => match keeper.known_access().await {
                Some(access) => match self.with_token(&access).is_alive(cx).await {
                    Err(dead) if matches!(dead.status(), Some(401 | 404)) => gone(
                        "neither refresh token nor access token work any more: the app was taken out of the store, or \
                         must be authorised there again",
                    ),
                    _ => Err(error),
                },
                None => Err(error.with_remedy(
                    "authorise the app on this store again with `guestpass connect`; if the merchant took the app out, \
                     take the store out of the configuration",
                )),
            },
            _ => Err(error),
        }
    }

    pub(super) async fn confirm_secret(
        &self,
        slot: &CredentialSlot,
        old: &Credential,
        cx: &CallContext,
    ) -> Result<Death> {
        let cannot_tell = |reason: &str| Ok(Death::CannotTell { reason: reason.to_owned() });
        let Some(secret) = &old.secret else {
            return cannot_tell("the old client secret is no longer at hand, and no API lists secrets");
        };
        let endpoint = self.endpoint(slot)?;
        let mut evidence = Evidence::begun(cx.clock().now());
        match self.ask(&endpoint, &text_of(secret)).await? {
            Says::Accepts(Some(_)) => Ok(Death::Alive),
            Says::Accepts(None) => match self.tells_secrets_apart(&endpoint, None).await? {
                true => Ok(Death::Alive),
                false => cannot_tell(SAME_ANSWER),
            },
            Says::Nothing(why) => cannot_tell(&why),
            Says::Refuses(error) => {
                let live = endpoint.client_secret().await?;
                if live.expose_secret().is_empty() {
                    return cannot_tell(NOTHING_BESIDE);
                }
                if !self.tells_secrets_apart(&endpoint, Some(&live)).await? {
                    return cannot_tell(REFUSES_ALL);
                }
                evidence.complete = true;
                evidence.request_ids.extend(error.request_id().map(str::to_owned));
                Ok(Death::Dead { proof: Proof::CredentialDead { evidence } })
            }
        }
    }

    /// Shows a secret to the token endpoint, in a request that changes nothing for the tokens in use.
    ///
    /// UNVERIFIED for renewed tokens: that the endpoint looks at the secret before it looks at the refresh token. So an
    /// answer counts only beside one to a request that must fare otherwise, see
    /// [`tells_secrets_apart`](Self::tells_secrets_apart).
    async fn ask(&self, endpoint: &TokenEndpoint, secret: &SecretString) -> Result<Says> {
        let fetches = matches!(&self.control, Control::Kept(keeper) if keeper.fetches());
        let answer = match fetches {
            true => endpoint.client_credentials(secret).await,
            // A refresh token that was never given, so that no chain of tokens is touched.
            false => endpoint.refresh(secret, &made_up("refresh")).await,
        };
        let error = match answer {
            Ok(tokens) => return Ok(Says::Accepts(Some(tokens))),
            Err(error) => error,
        };
        match (error.status(), error.code()) {
            (Some(401), _) if !fetches => Ok(Says::Accepts(None)),
            (Some(400), Some("invalid_request")) => Ok(Says::Refuses(error)),
            (_, Some("app_not_installed" | "shop_not_permitted")) | (Some(404), _) => {
                Ok(Says::Nothing(format!("the secret cannot be tried on this store: {}", error.message())))
            }
            // Whatever else it refuses, it is not this secret.
            _ if error.kind() == ErrorKind::Unauthenticated => Err(error.into_kind(ErrorKind::Config)),
            _ => Err(error),
        }
    }

    /// Whether the endpoint answers differently to this secret, or to one that nobody has; only then its answers say
    /// anything of secrets.
    async fn tells_secrets_apart(
        &self,
        endpoint: &TokenEndpoint,
        live: Option<&SecretString>,
    ) -> Result<bool> {
        let said = match live {
            Some(live) => self.ask(endpoint, live).await?,
            None => self.ask(endpoint, &made_up("secret")).await?,
        };
        Ok(matches!((said, live), (Says::Accepts(_), Some(_)) | (Says::Refuses(_), None)))
    }
}

const SAME_ANSWER: &str =
    "the token endpoint answers a made-up secret alike, so its answer says nothing of this one";
const NOTHING_BESIDE: &str = "the token endpoint refuses the old client secret, but there is no other one to show that it would take any: add \
     `client_id` and `client_secret` to the credential";
const REFUSES_ALL: &str =
    "the token endpoint refuses the new secret alike, so its answer says nothing of the old one";

fn made_up(what: &str) -> SecretString {
    SecretString::from(format!("guestpass-made-up-{what}-{}", Uuid::new_v4().simple()))
}

/// What the store mints tokens with from now on must be the new secret: otherwise its next renewal would put a token of
/// the old one in the place of what is done now.
fn check_stored(stored: &SecretString, change: &CarryOver<'_>) -> Result<()> {
    let is = |known: Option<&Credential>| Some(known?.secret.as_ref()?.expose() == stored.expose_secret());
    let new = match (is(Some(change.new)), is(change.old)) {
        (Some(new), _) => new,
        (None, Some(old)) => !old,
        (None, None) => return change.new.known_secret().map(drop),
    };
    if new {
        return Ok(());
    }
    Err(Error::config(
        kinds::CLIENT_SECRET,
        "of this store is not the new one yet: it must name the place that the rotation's sink writes to",
        "a value from the environment changes only when the program starts again; then try again",
    ))
}

#[cfg(test)]
mod tests {
    use guestpass::OneTimeSecret;
    use guestpass::rotation::{CredentialKind, CredentialName};

    use super::*;

    fn credential(text: &str) -> Credential {
        Credential::new().with_secret(OneTimeSecret::new(text.to_owned().into()))
    }

    #[test]
    fn only_a_store_that_reads_the_new_secret_is_taken_along() {
        let slot = CredentialSlot::new(
            CredentialName::new("app").unwrap(),
            CredentialKind::from_static("client-secret"),
        );
        let (old, new, unknown) = (credential("old"), credential("new"), Credential::new());
        let check = |stored: &str, old: Option<&Credential>, new: &Credential| {
            check_stored(&stored.to_owned().into(), &CarryOver::new(&slot, old, new))
                .map_err(|error| error.kind())
        };
        assert_eq!(check("new", Some(&old), &new), Ok(()));
        assert_eq!(check("old", Some(&old), &new), Err(ErrorKind::Config));
        assert_eq!(check("third", Some(&old), &new), Err(ErrorKind::Config));
        assert_eq!(check("new", Some(&old), &unknown), Ok(()), "a sink that gives nothing back");
        assert_eq!(check("old", Some(&old), &unknown), Err(ErrorKind::Config));
        assert_eq!(check("new", None, &unknown), Err(ErrorKind::NotFound));
    }
}
