//! Rotation: which credentials of a shop can be replaced, and how.

mod client;
mod key;
mod password;
mod steps;

use std::time::Duration;

use async_trait::async_trait;
use guestpass::rotation::{
    Carried, CarryOver, Credential, CredentialKind, CredentialRotator, CredentialSlot, Death, Find,
    FoundIssued, IssueOrder, IssueOutcome, KindInfo, Overlap, Retire, RetireOutcome, Verification, Verify,
};
use guestpass::{
    CallContext, Capability, ConfigField, Error, ErrorKind, Evidence, OneTimeSecret, Result, Support,
};

use crate::provider::Prestashop;

/// How long a database replica may not know a new key.
const KEY_VISIBLE_AFTER: Duration = Duration::from_secs(10);

const CLIENT_FIELDS: &[ConfigField] = &[
    ConfigField::optional(
        "id",
        "the number of the client in use, where its secret cannot be read; it stands in the address of its page",
    ),
    ConfigField::optional(
        "scopes",
        "the scopes of a new client, separated by commas, where there is none to take them from",
    ),
    ConfigField::optional(
        "token_lifetime",
        "how long its tokens live, in seconds from 60 to 86400; without it as long as now, within 600 and 3600. No token \
         can be ended before",
    ),
];
const KEY_FIELDS: &[ConfigField] = &[
    ConfigField::optional(
        "id",
        "the number of the key in use, where the key itself cannot be read; it stands in the address of its page",
    ),
    ConfigField::optional(
        "permissions",
        "what a new key may do, where there is none to take it from, for example GET employees, PUT employees",
    ),
];
const PASSWORD_FIELDS: &[ConfigField] = &[
    ConfigField::required("employee", "whose password it is: the employee's number or address"),
    ConfigField::optional("allow_privileged", "true if the employee may be a super-admin"),
];

/// What can be rotated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Client,
    Key,
    Password,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Client, Self::Key, Self::Password];

    fn name(self) -> &'static str {
        match self {
            Self::Client => "admin-api-client",
            Self::Key => "webservice-key",
            Self::Password => "employee-password",
        }
    }

    fn info(self, with_admin: bool) -> KindInfo {
        let kind = CredentialKind::from_static(self.name());
        let by_hand = |reason: &'static str| Capability::new(Support::Manual, reason);
        match self {
            Self::Client if with_admin => KindInfo::new(
                kind,
                "client of the Admin API",
                Capability::new(Support::Emulated, "makes a second client with the same scopes, later deletes the first")
                    .costing(10)
                    .unproven("needs PrestaShop 9 and the scopes api_client_read and api_client_write"),
            )
            .finding(Find::ByTag)
            .retiring(Retire::Now),
            Self::Client => KindInfo::new(
                kind,
                "client of the Admin API",
                by_hand("no API client is configured that could make another one"),
            ),
            Self::Key if with_admin => KindInfo::new(
                kind,
                "webservice key",
                Capability::new(
                    Support::Emulated,
                    "makes a second key with the same rights by the Admin API, later switches the first off",
                )
                .costing(10)
                .unproven(
                    "needs PrestaShop 9.0.2 with ps_apiresources 0.2 and the scopes webservice_key_read and \
                     webservice_key_write; otherwise a human makes it",
                ),
            )
            .finding(Find::CallerMade)
            .retiring(Retire::Disable),
            Self::Key => KindInfo::new(
                kind,
                "webservice key",
                by_hand("the webservice has no call for its own keys, and no client of the Admin API is configured"),
            ),
            Self::Password => KindInfo::new(
                kind,
                "password of an employee",
                Capability::new(Support::Emulated, "reads the employee and writes them back with another password")
                    .costing(4)
                    .unproven("needs GET and PUT on `employees`"),
            )
            .finding(Find::CallerMade)
            .retiring(Retire::Replaced)
            .verifying(Verify::NotPossible("PrestaShop has no sign-in by API".into()))
            .overlapping(Overlap::InPlace),
        }
        .with_what_is_particular(self)
    }

    fn of(slot: &CredentialSlot) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == slot.kind.as_str())
    }
}

/// What holds for a kind whoever makes the new one.
trait WithParticulars {
    fn with_what_is_particular(self, kind: Kind) -> Self;
}

impl WithParticulars for KindInfo {
    fn with_what_is_particular(self, kind: Kind) -> Self {
        match kind {
            Kind::Client => self.with_fields(CLIENT_FIELDS).noting(
                "The secret is one line of JSON with id and secret, because both change. Tokens of the old client live \
                 until their end: nothing ends them, and switching the client off stops nothing.",
            ),
            Kind::Key => self.with_fields(KEY_FIELDS).visible_after(KEY_VISIBLE_AFTER).noting(
                "The old key is switched off and stays listed: no released version deletes keys. PrestaShop writes a \
                 new key in clear into its own log.",
            ),
            Kind::Password => self.with_fields(PASSWORD_FIELDS).noting(
                "The old password ends when the new one is set, and open sessions end with it. The last super-admin \
                 is left alone.",
            ),
        }
    }
}

/// What can be rotated, with a client of the Admin API or without.
pub(crate) fn kinds(with_admin: bool) -> Vec<KindInfo> {
    Kind::ALL.map(|kind| kind.info(with_admin)).to_vec()
}

#[async_trait]
impl CredentialRotator for Prestashop {
    fn kinds(&self) -> Vec<KindInfo> {
        kinds(self.admin.is_some())
    }

    fn make_secret(&self, slot: &CredentialSlot) -> Result<OneTimeSecret> {
        let made = match self.kind(slot)? {
            Kind::Key if self.admin.is_some() => crate::password::generate_key(),
            Kind::Password => crate::password::generate(),
            Kind::Client | Kind::Key => {
                Err(Error::new(ErrorKind::Unsupported, format!("{} is not made by us", slot.kind)))
            }
        };
        made.map(OneTimeSecret::new).map_err(|error| self.here(error))
    }

    async fn inspect(
        &self,
        slot: &CredentialSlot,
        known: &Credential,
        cx: &CallContext,
    ) -> Result<Credential> {
        let inspected = match self.kind(slot)? {
            Kind::Client => Box::pin(self.inspect_client(slot, known, cx)).await,
            Kind::Key => Box::pin(self.inspect_key(slot, known, cx)).await,
            Kind::Password => Box::pin(self.inspect_password(slot, known, cx)).await,
        };
        inspected.map_err(|error| self.here(error))
    }

    async fn issue(&self, order: &IssueOrder<'_>, cx: &CallContext) -> Result<IssueOutcome> {
        let issued = match self.kind(order.slot)? {
            Kind::Client => Box::pin(self.issue_client(order, cx)).await,
            Kind::Key => Box::pin(self.issue_key(order, cx)).await,
            Kind::Password => Box::pin(self.issue_password(order, cx)).await,
        };
        issued.map_err(|error| self.here(error))
    }

    async fn find_issued(&self, order: &IssueOrder<'_>, cx: &CallContext) -> Result<FoundIssued> {
        let found = match self.kind(order.slot)? {
            Kind::Client => Box::pin(self.find_issued_client(order, cx)).await,
            Kind::Key => Box::pin(self.find_issued_key(order, cx)).await,
            Kind::Password => Box::pin(self.find_issued_password(order, cx)).await,
        };
        found.map_err(|error| self.here(error))
    }

    async fn verify(
        &self,
        slot: &CredentialSlot,
        candidate: &Credential,
        cx: &CallContext,
    ) -> Result<Verification> {
        let verified = match self.kind(slot)? {
            Kind::Client => Box::pin(self.verify_client(slot, candidate, cx)).await,
            Kind::Key => Box::pin(self.verify_key(candidate, cx)).await,
            Kind::Password => Box::pin(self.verify_password(slot, cx)).await,
        };
        verified.map_err(|error| self.here(error))
    }

    /// Nothing belongs to a key or a client but its tokens, which are asked for anew.
    async fn carry_over(&self, change: &CarryOver<'_>, _cx: &CallContext) -> Result<Carried> {
        self.kind(change.slot).map(|_| Carried::nothing())
    }

    async fn retire(
        &self,
        slot: &CredentialSlot,
        old: &Credential,
        heir: Option<&Credential>,
        cx: &CallContext,
    ) -> Result<RetireOutcome> {
        let retired = match self.kind(slot)? {
            Kind::Client => Box::pin(self.retire_client(old, heir, cx)).await,
            Kind::Key => Box::pin(self.retire_key(old, heir, cx)).await,
            // The write that set the new one ended it.
            Kind::Password => Ok(RetireOutcome::AlreadyGone),
        };
        retired.map_err(|error| self.here(error))
    }

    async fn confirm_retired(
        &self,
        slot: &CredentialSlot,
        old: &Credential,
        cx: &CallContext,
    ) -> Result<Death> {
        let death = match self.kind(slot)? {
            Kind::Client => Box::pin(self.confirm_client(slot, old, cx)).await,
            Kind::Key => Box::pin(self.confirm_key(old, cx)).await,
            Kind::Password => Box::pin(self.confirm_password(slot, cx)).await,
        };
        death.map_err(|error| self.here(error))
    }
}

impl Prestashop {
    fn kind(&self, slot: &CredentialSlot) -> Result<Kind> {
        let Some(kind) = Kind::of(slot) else {
            let message = format!("PrestaShop has no credential of the kind `{}`", slot.kind);
            let known = Kind::ALL.map(Kind::name).join(", ");
            let error = Error::new(ErrorKind::Unsupported, message).with_remedy(format!("known are {known}"));
            return Err(self.here(error));
        };
        slot.validate(&kind.info(self.admin.is_some())).map_err(|error| self.here(error))?;
        Ok(kind)
    }
}

/// A number that a setting or a record names.
fn number(field: &str, text: &str) -> Result<u64> {
    let number = text.parse().ok().filter(|id| *id > 0 && text.len() <= 10);
    number.ok_or_else(|| {
        Error::config(field, "is no number", "copy it from the address of its page in the back office")
    })
}

/// What a credential is by its number: what the platform told, or what somebody wrote into the settings.
fn numbered(known: &Credential, slot: Option<&CredentialSlot>) -> Result<Option<u64>> {
    let configured = || slot.and_then(|slot| slot.text("id"));
    known.id.as_deref().or_else(configured).map(|id| number("id", id)).transpose()
}

/// Ending what is in place would leave the shop without a credential.
fn still_in_place() -> Error {
    Error::new(ErrorKind::Conflict, "the credential to be ended is the one that is in its place")
        .with_remedy("look which of them is in use, then go on")
}

/// A look that was complete.
fn complete(mut evidence: Evidence) -> Evidence {
    (evidence.pages, evidence.complete) = (1, true);
    evidence
}
