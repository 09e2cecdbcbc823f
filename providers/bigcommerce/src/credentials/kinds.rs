//! The kinds of credential, and what the platform allows for each.
//!
//! API accounts and app tokens: <https://docs.bigcommerce.com/developer/docs/overview/api-accounts>; tokens for shoppers:
//! <https://docs.bigcommerce.com/developer/api-reference/rest/storefront/tokens>.

use std::time::Duration;

use guestpass::rotation::{
    CredentialKind, CredentialSlot, Find, KindInfo, Lifetime, Overlap, Retire, Verify,
};
use guestpass::{Capability, ConfigField, Error, ErrorKind, Result, Support};

use crate::client::TokenCall;

const DAY: u64 = 24 * 3600;
/// The vendor advises short lives, and the one before it is there until the new one is in use.
const USUAL_LIFE: Duration = Duration::from_secs(30 * DAY);
/// Our own limit: whatever is later is milliseconds taken for seconds, or a token that nobody will remember.
pub(super) const LONGEST_LIFE: Duration = Duration::from_secs(5 * 365 * DAY);
/// How long a new token may be unknown to the API for shoppers. Not documented.
const SPREADS_WITHIN: Duration = Duration::from_secs(60);

/// A kind of credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Token(TokenCall),
    StoreAccount,
    AccountAccount,
    App,
}

impl Kind {
    pub(super) const ALL: [Self; 6] = [
        Self::Token(TokenCall::Storefront),
        Self::Token(TokenCall::Private),
        Self::Token(TokenCall::Impersonation),
        Self::StoreAccount,
        Self::AccountAccount,
        Self::App,
    ];

    /// The kind of a slot whose settings fit it.
    pub(super) fn of(slot: &CredentialSlot) -> Result<Self> {
        let kind = Self::ALL.into_iter().find(|kind| kind.id() == slot.kind).ok_or_else(|| {
            let known: Vec<_> = Self::ALL.iter().map(|kind| kind.id().as_str().to_owned()).collect();
            Error::new(ErrorKind::Unsupported, format!("BigCommerce has no credential `{}`", slot.kind))
                .with_remedy(format!("use one of {}", known.join(", ")))
        })?;
        slot.validate(&kind.info())?;
        Ok(kind)
    }

    fn id(self) -> CredentialKind {
        CredentialKind::from_static(match self {
            Self::Token(TokenCall::Storefront) => "storefront-token",
            Self::Token(TokenCall::Private) => "private-token",
            Self::Token(TokenCall::Impersonation) => "impersonation-token",
            Self::StoreAccount => "store-api-account",
            Self::AccountAccount => "account-api-account",
            Self::App => "app-token",
        })
    }

    pub(super) fn info(self) -> KindInfo {
        match self {
            Self::Token(call) => token(self.id(), call),
            Self::StoreAccount => store_account(self.id()),
            Self::AccountAccount => account_account(self.id()),
            Self::App => app(self.id()),
        }
    }
}

/// Why nobody can say from here whether a token for browsers works.
pub(super) const FOR_BROWSERS: &str = "storefront tokens made after 2026-06-30 do not work on servers, and guestpass \
    runs on one: a refusal says nothing about browsers";

fn token(id: CredentialKind, call: TokenCall) -> KindInfo {
    let (title, scope, fields, note) = match call {
        TokenCall::Storefront => (
            "storefront token, for browsers",
            "a store token with the scope store_storefront_api makes and revokes them",
            STOREFRONT_FIELDS,
            "For browsers alone: one made after 2026-06-30 does not work on servers, an older one there only until \
             2027-03-31. Servers need a private-token.",
        ),
        TokenCall::Private => (
            "private storefront token, for servers",
            "a store token with the scope store_storefront_api makes and revokes them",
            PRIVATE_FIELDS,
            "Nothing lists these tokens: one whose answer was lost lives until it expires.",
        ),
        TokenCall::Impersonation => (
            "customer-impersonation token, for servers",
            "a store token with the scope store_storefront_api_customer_impersonation makes and revokes them",
            TOKEN_FIELDS,
            "Reads as any customer. Nothing lists these tokens: one whose answer was lost lives until it expires.",
        ),
    };
    let verify = match call {
        TokenCall::Storefront => Verify::NotPossible(FOR_BROWSERS.into()),
        _ => Verify::Probe,
    };
    // One call makes it and one ends it; trying it is not counted by the same budget.
    let capability = Capability::new(Support::Emulated, scope).costing(2).unproven("the store token's scope");
    KindInfo::new(id, title, capability)
        .finding(Find::Impossible)
        .retiring(Retire::Scheduled)
        .verifying(verify)
        .overlapping(Overlap::Unlimited)
        .living(Lifetime::Chosen { default: USUAL_LIFE, longest: Some(LONGEST_LIFE) })
        .visible_after(SPREADS_WITHIN)
        .with_fields(fields)
        .noting(note)
}

fn store_account(id: CredentialKind) -> KindInfo {
    let why = "no API makes, lists or deletes API accounts";
    KindInfo::new(id, "store-level API account", Capability::new(Support::Manual, why).costing(15))
        .overlapping(Overlap::UpTo(50))
        .with_fields(ACCOUNT_FIELDS)
        .noting(
            "The owner makes a new one and deletes the old one in the control panel; its webhooks are taken along by \
             guestpass, its metafields and scripts are not.",
        )
}

fn account_account(id: CredentialKind) -> KindInfo {
    let why = "no API makes, lists or deletes API accounts";
    KindInfo::new(id, "account-level API account", Capability::new(Support::Manual, why).costing(4))
        .with_fields(ACCOUNT_FIELDS)
        .noting(
            "The store owner makes a new one and deletes the old one; each look costs one of the account's 70 requests \
             an hour. It reaches every store of the account.",
        )
}

fn app(id: CredentialKind) -> KindInfo {
    let why = "a new token comes only when a user of the store accepts the app's changed scopes";
    KindInfo::new(id, "token of an app", Capability::new(Support::Manual, why).costing(12))
        .retiring(Retire::Replaced)
        .overlapping(Overlap::InPlace)
        .with_fields(ACCOUNT_FIELDS)
        .noting("The token before it dies at that moment: whoever uses it is refused until they have the new one.")
}

const CHANNEL_ID: ConfigField =
    ConfigField::optional("channel_id", "the channel it is for; give this or `channel_ids`");
const CHANNEL_IDS: ConfigField = ConfigField::optional(
    "channel_ids",
    "the channels it is for, separated by commas; give this or `channel_id`",
);
const STORE_TOKEN: ConfigField = ConfigField::optional(
    "store_token",
    "the store-level access token that makes and revokes it; the store's own `store_token` if left out",
)
.secret();
const STOREFRONT_URL: ConfigField = ConfigField::optional(
    "storefront_url",
    "where the API for shoppers is tried; the permanent address of the first channel if left out",
);

const TOKEN_FIELDS: &[ConfigField] = &[CHANNEL_ID, CHANNEL_IDS, STORE_TOKEN, STOREFRONT_URL];
const STOREFRONT_FIELDS: &[ConfigField] = &[
    CHANNEL_ID,
    CHANNEL_IDS,
    ConfigField::optional(
        "allowed_cors_origins",
        "one or two origins whose pages may use it, separated by commas, for example https://www.shop.example",
    ),
    STORE_TOKEN,
    STOREFRONT_URL,
];
const PRIVATE_FIELDS: &[ConfigField] = &[
    CHANNEL_ID,
    CHANNEL_IDS,
    ConfigField::required("scopes", "what it may read: Unauthenticated, Customer, B2B, separated by commas"),
    STORE_TOKEN,
    STOREFRONT_URL,
];
const ACCOUNT_FIELDS: &[ConfigField] = &[ConfigField::optional(
    "scopes",
    "the scopes it needs, as parameters such as store_v2_products_read_only, separated by commas",
)];
