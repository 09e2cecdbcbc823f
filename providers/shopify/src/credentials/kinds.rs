//! Which kinds of credentials there are, and what the platform allows for each.

use std::time::Duration;

use guestpass::rotation::{
    CredentialKind, CredentialSlot, Find, KindInfo, Lifetime, Overlap, Retire, Verify,
};
use guestpass::{Capability, ConfigField, Error, ErrorKind, Result, Support};

pub(crate) const CLIENT_ID: &str = "client_id";
pub(crate) const CLIENT_SECRET: &str = "client_secret";
pub(crate) const TOKEN_ID: &str = "token_id";
pub(crate) const TITLE: &str = "title";

const STOREFRONT_TOKEN: CredentialKind = CredentialKind::from_static("storefront-token");
const OFFLINE: CredentialKind = CredentialKind::from_static("offline-token");
const APP_SECRET: CredentialKind = CredentialKind::from_static("client-secret");

/// How long a refresh token lives that nobody uses.
const REFRESH_LIFE: Duration = Duration::from_secs(90 * 24 * 3600);
/// How long a new storefront token may be unknown to the Storefront API. Not documented; generous.
const VISIBLE_AFTER: Duration = Duration::from_secs(60);

const STOREFRONT_FIELDS: &[ConfigField] = &[
    ConfigField::optional(
        TOKEN_ID,
        "the id of the token in use, gid://shopify/StorefrontAccessToken/NUMBER; needed only for the first rotation, and \
         only where the token itself cannot be read",
    ),
    ConfigField::optional(TITLE, "the title of the token in use, in place of its id"),
];
const APP_FIELDS: &[ConfigField] = &[
    ConfigField::optional(CLIENT_ID, "the app's client id, where the store's settings have none"),
    ConfigField::optional(CLIENT_SECRET, "the app's client secret, where the store's settings have none")
        .secret(),
];
/// What a credential is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    StorefrontToken,
    OfflineToken,
    ClientSecret,
}

impl Kind {
    pub(crate) fn of(slot: &CredentialSlot) -> Result<Self> {
        match &slot.kind {
            kind if *kind == STOREFRONT_TOKEN => Ok(Self::StorefrontToken),
            kind if *kind == OFFLINE => Ok(Self::OfflineToken),
            kind if *kind == APP_SECRET => Ok(Self::ClientSecret),
            other => Err(Error::new(
                ErrorKind::Unsupported,
                format!("Shopify has no credential of the kind {other}"),
            )
            .with_remedy(format!("use one of {STOREFRONT_TOKEN}, {OFFLINE}, {APP_SECRET}"))),
        }
    }
}

pub(crate) fn all() -> Vec<KindInfo> {
    vec![storefront_token(), offline_token(), client_secret()]
}

fn storefront_token() -> KindInfo {
    let why = "makes a second token, tries it on the Storefront API, and deletes the first";
    KindInfo::new(
        STOREFRONT_TOKEN,
        "Storefront API access token",
        Capability::new(Support::Emulated, why).costing(10),
    )
    .finding(Find::ByTag)
    .retiring(Retire::Now)
    .overlapping(Overlap::UpTo(100))
    .visible_after(VISIBLE_AFTER)
    .with_fields(STOREFRONT_FIELDS)
    .noting(
        "A new token gets every unauthenticated_* scope that the app has now; scopes cannot be narrowed. The app sees and \
         deletes only tokens that it made itself.",
    )
}

fn offline_token() -> KindInfo {
    let why =
        "exchanges the token that never expires for one that is renewed: once, and there is no way back";
    KindInfo::new(
        OFFLINE,
        "Admin API token that never expires, to the expiring kind",
        Capability::new(Support::Native, why).costing(5),
    )
    .finding(Find::Impossible)
    .retiring(Retire::Replaced)
    .overlapping(Overlap::InPlace)
    .living(Lifetime::Fixed(REFRESH_LIFE))
    .with_fields(APP_FIELDS)
    .noting(
        "The old token dies with the exchange, and if its answer is lost, the app must be authorised again with `guestpass \
         connect`. The sink gets the refresh token, since access tokens live an hour: afterwards the store's settings name \
         `refresh_token` with `client_id` and `client_secret` in place of `access_token`, and this credential is done with.",
    )
}

fn client_secret() -> KindInfo {
    let why = "no API makes or revokes a client secret: a person does both in the Dev Dashboard, and guestpass renews the \
               tokens of every store in between";
    KindInfo::new(APP_SECRET, "Client secret of an app", Capability::new(Support::Manual, why).costing(10))
        .finding(Find::HandedIn)
        .retiring(Retire::Human)
        .verifying(Verify::Probe)
        .overlapping(Overlap::UpTo(2))
        .with_fields(APP_FIELDS)
        .noting(
            "A token dies with the secret that minted it, so the old one is revoked only when every store that depends on \
             it has tokens of the new one. Name those stores as dependents; each must read `client_secret` from where the \
             sink puts it.",
        )
}
