//! Rotation: what Wix lets programs in with. It makes and ends none of it by API, so humans do, and guestpass says how,
//! tries what they made, and looks whether the old one is dead.
//!
//! API keys: <https://support.wix.com/en/article/managing-your-wix-api-keys>.

mod app;
mod key;
mod steps;

use async_trait::async_trait;
use guestpass::rotation::{
    Carried, CarryOver, Credential, CredentialKind, CredentialRotator, CredentialSlot, Death, FoundIssued,
    IssueOrder, IssueOutcome, KindInfo, Overlap, RetireOutcome, Verification,
};
use guestpass::{
    CallContext, Capability, ConfigField, Error, ErrorKind, Evidence, OneTimeSecret, Result, Support,
};

use crate::provider::Wix;

const KEY_FIELDS: &[ConfigField] = &[
    ConfigField::optional(
        "account_id",
        "the account that made the key; without it, that of the store's settings",
    ),
    ConfigField::optional(
        "permissions",
        "further permissions that the key has, separated by commas: nothing shows them, so a human must look",
    ),
];
const SECRET_FIELDS: &[ConfigField] = &[
    ConfigField::optional("app_id", "whose secret it is; without it, the app of the store's settings"),
    ConfigField::optional(
        "instance_id",
        "the app's installation on this site; without it, that of the store's settings",
    ),
];

/// What can be rotated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Key,
    Secret,
    Headless,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Key, Self::Secret, Self::Headless];

    fn name(self) -> &'static str {
        match self {
            Self::Key => "api-key",
            Self::Secret => "app-secret",
            Self::Headless => "headless-client",
        }
    }

    fn info(self) -> KindInfo {
        let kind = CredentialKind::from_static(self.name());
        let by_hand = |reason: &'static str| Capability::new(Support::Manual, reason).costing(6);
        match self {
            Self::Key => KindInfo::new(
                kind,
                "API key of an account",
                by_hand("Wix makes, rotates and deletes keys in the dashboard alone, behind a code sent by e-mail"),
            )
            .with_fields(KEY_FIELDS)
            .noting(
                "Duplicate the key, never rotate it: what becomes of the old one at Wix's own rotation is not documented, \
                 and it may die before anybody has the new one.",
            ),
            Self::Secret => KindInfo::new(
                kind,
                "secret of an app",
                by_hand("Wix makes secrets in the app's dashboard alone"),
            )
            .with_fields(SECRET_FIELDS)
            // Whether both secrets work for a while is not documented, so nobody may rely on it.
            .overlapping(Overlap::InPlace)
            .noting(
                "UNVERIFIED whether the old secret works beside the new one. Access tokens that were minted live up to four \
                 hours, so a program that holds one goes on.",
            ),
            Self::Headless => KindInfo::new(
                kind,
                "headless client",
                by_hand("Wix makes secrets of headless clients in the dashboard alone, and deletes clients there"),
            )
            .noting(
                "A second client takes the place of the first, so the secret is one line of JSON with id and secret.",
            ),
        }
    }

    fn of(slot: &CredentialSlot) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == slot.kind.as_str())
    }
}

/// What can be rotated; the same for every site.
pub(crate) fn kinds() -> Vec<KindInfo> {
    Kind::ALL.map(Kind::info).to_vec()
}

#[async_trait]
impl CredentialRotator for Wix {
    fn kinds(&self) -> Vec<KindInfo> {
        kinds()
    }

    fn make_secret(&self, slot: &CredentialSlot) -> Result<OneTimeSecret> {
        self.kind(slot)?;
        Err(self.here(Error::new(ErrorKind::Unsupported, format!("{} is made by Wix alone", slot.kind))))
    }

    async fn inspect(
        &self,
        slot: &CredentialSlot,
        known: &Credential,
        cx: &CallContext,
    ) -> Result<Credential> {
        let mut told = known.clone();
        told.rights = self.tried(slot, known, cx).await?.rights;
        Ok(told)
    }

    /// Nothing is written: the new one comes from a human.
    async fn issue(&self, order: &IssueOrder<'_>, cx: &CallContext) -> Result<IssueOutcome> {
        Ok(IssueOutcome::ActionRequired(match self.kind(order.slot)? {
            Kind::Key => self.guide.duplicate_key(order.tag.as_str()),
            Kind::Secret => self.guide.second_secret(),
            Kind::Headless => {
                let app = Box::pin(self.settings_of_client(order.old, cx)).await;
                self.guide.second_client(order.tag.as_str(), app.as_ref())
            }
        }))
    }

    async fn find_issued(&self, order: &IssueOrder<'_>, _cx: &CallContext) -> Result<FoundIssued> {
        self.kind(order.slot).map(|_| FoundIssued::Nothing)
    }

    async fn verify(
        &self,
        slot: &CredentialSlot,
        candidate: &Credential,
        cx: &CallContext,
    ) -> Result<Verification> {
        self.tried(slot, candidate, cx).await
    }

    /// Nothing at Wix belongs to a key or a secret but tokens, which are minted anew.
    async fn carry_over(&self, change: &CarryOver<'_>, _cx: &CallContext) -> Result<Carried> {
        self.kind(change.slot).map(|_| Carried::nothing())
    }

    async fn retire(
        &self,
        slot: &CredentialSlot,
        old: &Credential,
        heir: Option<&Credential>,
        _cx: &CallContext,
    ) -> Result<RetireOutcome> {
        let kind = self.kind(slot)?;
        if heir.is_some_and(|heir| heir.secret.is_some() && heir.secret == old.secret) {
            let error =
                Error::new(ErrorKind::Conflict, "the credential to be ended is the one that is in its place");
            return Err(self.here(error.with_remedy("look which of them is in use, then go on")));
        }
        Ok(RetireOutcome::ActionRequired(match kind {
            Kind::Key => self.guide.delete_key(),
            Kind::Secret => self.guide.delete_secret(),
            Kind::Headless => self.guide.delete_client(old),
        }))
    }

    async fn confirm_retired(
        &self,
        slot: &CredentialSlot,
        old: &Credential,
        cx: &CallContext,
    ) -> Result<Death> {
        let kind = self.kind(slot)?;
        let Some(secret) = &old.secret else {
            let reason = "the old one cannot be read any more, so it cannot be tried, and Wix lists none";
            return Ok(Death::CannotTell { reason: reason.to_owned() });
        };
        let death = match kind {
            Kind::Key => Box::pin(self.death_of_key(slot, secret, cx)).await,
            Kind::Secret => Box::pin(self.death_of_secret(slot, secret, cx)).await,
            Kind::Headless => Box::pin(self.death_of_client(secret, cx)).await,
        };
        death.map_err(|error| self.here(error))
    }
}

impl Wix {
    fn kind(&self, slot: &CredentialSlot) -> Result<Kind> {
        let Some(kind) = Kind::of(slot) else {
            let message = format!("Wix has no credential of the kind `{}`", slot.kind);
            let known = Kind::ALL.map(Kind::name).join(", ");
            let error = Error::new(ErrorKind::Unsupported, message).with_remedy(format!("known are {known}"));
            return Err(self.here(error));
        };
        slot.validate(&kind.info()).map_err(|error| self.here(error))?;
        Ok(kind)
    }

    /// What using it shows.
    async fn tried(
        &self,
        slot: &CredentialSlot,
        known: &Credential,
        cx: &CallContext,
    ) -> Result<Verification> {
        let kind = self.kind(slot)?;
        let secret = known.known_secret().map_err(|error| self.here(error))?;
        let tried = match kind {
            Kind::Key => Box::pin(self.try_key(slot, secret, cx)).await,
            Kind::Secret => Box::pin(self.try_secret(slot, secret, cx)).await,
            Kind::Headless => Box::pin(self.try_client(secret, cx)).await,
        };
        tried.map_err(|error| self.here(error))
    }
}

/// A look that was complete.
fn complete(mut evidence: Evidence) -> Evidence {
    (evidence.pages, evidence.complete) = (1, true);
    evidence
}
