//! Letting somebody in, and changing what they have.

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::{AccountId, ManualStep, Person, ProviderId, RoleSpec, Target};
use crate::Timestamp;

/// A wish to let a person into a store.
///
/// ```
/// use guestpass::{InviteRequest, Person, PersonHandle, RoleSpec};
///
/// let sam = Person::new(PersonHandle::new("sam")?, "sam@vendor.example".parse()?);
/// let request = InviteRequest::new(sam).with_role(RoleSpec::new("support")).because("ticket 4711");
/// # Ok::<(), guestpass::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct InviteRequest {
    /// Who gets in.
    pub person: Person,
    /// With which role. Without one, the platform's own starting rights apply.
    pub role: Option<RoleSpec>,
    /// Why, in words the merchant may read.
    pub reason: Option<String>,
    /// Until when, in UTC. Told to the merchant; no platform here ends access by itself.
    pub until: Option<Timestamp>,
    /// What the provider asked us to keep of an earlier invitation of this person. Without it, a platform that does not
    /// show invitations cannot know that there is one.
    pub state: Option<ProviderState>,
    /// What [`AccessProvider::intend`](crate::AccessProvider::intend) asked us to keep for this very invitation, and that
    /// was kept. Nothing has been sent with it yet.
    pub intent: Option<ProviderState>,
}

impl InviteRequest {
    /// Lets the person in.
    #[must_use]
    pub fn new(person: Person) -> Self {
        Self { person, role: None, reason: None, until: None, state: None, intent: None }
    }

    /// With this role.
    #[must_use]
    pub fn with_role(mut self, role: RoleSpec) -> Self {
        self.role = Some(role);
        self
    }

    /// For this reason.
    #[must_use]
    pub fn because(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }

    /// Until then.
    #[must_use]
    pub fn until(mut self, end: Timestamp) -> Self {
        self.until = Some(end);
        self
    }

    /// Hands over what the provider asked us to keep.
    #[must_use]
    pub fn with_state(mut self, state: ProviderState) -> Self {
        self.state = Some(state);
        self
    }

    /// Hands over what was kept for this very invitation.
    #[must_use]
    pub fn with_intent(mut self, intent: ProviderState) -> Self {
        self.intent = Some(intent);
        self
    }

    /// The same person as a target on one platform.
    #[must_use]
    pub fn target(&self, provider: &ProviderId) -> Target {
        let target = self.person.on(provider);
        match &self.state {
            Some(state) => target.with_state(state.clone()),
            None => target,
        }
    }
}

/// What one invitation led to.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum InviteOutcome {
    /// The person can get in now.
    Granted(Entry),
    /// The person was asked and must accept, or the platform does not say whether they can already get in.
    Invited(Entry),
    /// Nothing was sent: a human must act.
    ActionRequired(ManualStep),
}

/// What comes with an access that was given.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct Entry {
    /// The account, where the platform tells it.
    pub account: Option<AccountId>,
    /// What is still to be done by hand, for example setting the role.
    pub follow_ups: Vec<ManualStep>,
    /// How the person gets in.
    pub note: Option<AccessNote>,
    /// To be kept and handed back with later calls.
    pub state: Option<ProviderState>,
    /// A secret that is told only now, for example a generated password. It must reach its reader or be replaced.
    #[serde(skip)]
    pub secret: Option<OneTimeSecret>,
}

/// A secret that is told once. Does not print itself and is not serialized.
#[derive(Debug, Clone)]
pub struct OneTimeSecret(SecretString);

impl OneTimeSecret {
    /// Holds this value.
    #[must_use]
    pub fn new(value: SecretString) -> Self {
        Self(value)
    }

    /// The value, to be handed over.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl PartialEq for OneTimeSecret {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

impl Eq for OneTimeSecret {}

/// How a person gets into the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AccessNote {
    /// Where to sign in, if the platform tells.
    pub login_url: Option<String>,
    /// The name to sign in with.
    pub login: String,
    /// What to do, in order.
    pub steps: Vec<String>,
}

impl AccessNote {
    /// Sign in with this name.
    #[must_use]
    pub fn new(login: impl Into<String>) -> Self {
        Self { login_url: None, login: login.into(), steps: Vec::new() }
    }

    /// Sign in there.
    #[must_use]
    pub fn at(mut self, url: impl Into<String>) -> Self {
        self.login_url = Some(url.into());
        self
    }

    /// Adds what to do next.
    #[must_use]
    pub fn step(mut self, text: impl Into<String>) -> Self {
        self.steps.push(text.into());
        self
    }
}

/// What a provider asks us to keep about an access, for example an invitation's id. Opaque; never a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ProviderState(pub serde_json::Value);

/// A change to somebody who is already known to the store.
///
/// New verbs arrive as new variants; a provider answers those that it does not know with
/// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// Send the invitation once more.
    Resend,
    /// Take back an invitation that was not accepted.
    CancelInvitation,
    /// Give another role.
    SetRole(RoleSpec),
    /// Switch the account on or off.
    SetActive(bool),
    /// Give the account a new password that nobody knows yet; it comes once, with [`ChangeOutcome::Renewed`]. Only on
    /// platforms where whoever makes an account also makes its password.
    ResetPassword,
}

/// What one change led to.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChangeOutcome {
    /// The platform took it; whether it worked is for a look to say.
    Accepted,
    /// The platform took it, and what comes with the access has changed: keep this state instead of the former one.
    Renewed(Box<Entry>),
    /// Nothing was sent: a human must act.
    ActionRequired(ManualStep),
}
