//! Stores whose merchant holds the key: everything is done by hand, and guestpass says how.

use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;

use crate::api_access::ApiAccess;
use crate::call::CallContext;
use crate::capability::{Capabilities, Capability, Operation, Support};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{
    AccessState, Actor, Change, ChangeOutcome, Collaborator, Entry, Evidence, InviteOutcome, InviteRequest,
    ManualStep, Message, Observation, ProviderState, RemoveOutcome, RemoveRequest, Role, StepCheck, Target,
    UnknownReason,
};
use crate::page::{Cursor, ListQuery, Page};
use crate::provider::{AccessProvider, CheckReport, Connection};
use crate::rotation::CredentialRotator;

const NO_CREDENTIAL: &str = "the merchant holds the key to this store, guestpass has none";

/// What a merchant clicks on one platform. Works offline.
pub trait MerchantGuide: Debug + Send + Sync + 'static {
    /// The roles that people can be given by hand.
    fn roles(&self) -> Vec<Role>;

    /// How to let somebody in.
    fn invite(&self, request: &InviteRequest) -> ManualStep;

    /// How to take somebody out.
    fn remove(&self, target: &Target) -> ManualStep;

    /// How to see who is inside.
    fn list(&self) -> ManualStep;

    /// How to change what somebody has. A merchant can resend, cancel, set a role, suspend and resume by hand on every
    /// platform, in a roundabout way where there is no such button; `None` only for changes that are none of these.
    fn change(&self, target: &Target, change: &Change) -> Option<ManualStep>;
}

/// A connection without a control credential.
///
/// Every people operation is [`Manual`](Support::Manual): it sends nothing and gives the steps with a message ready for
/// the merchant. What happened is known only from what people say.
#[derive(Debug)]
pub struct MerchantHeld {
    connection: Connection,
    guide: Arc<dyn MerchantGuide>,
}

impl MerchantHeld {
    /// A connection that follows this guide.
    #[must_use]
    pub fn new(connection: Connection, guide: Arc<dyn MerchantGuide>) -> Self {
        Self { connection, guide }
    }

    fn letter(&self, step: ManualStep, subject: &str, intro: &str, outro: &str) -> ManualStep {
        let label = self.connection.label();
        let mut body = format!("Hello,\n\n{intro}\n\n");
        body.push_str(&instructions_as_text(&step));
        body.push_str(&format!("\n{outro}\n\nThank you"));
        step.with_message(Message::new(format!("{subject}: {label}"), body))
    }
}

/// The instructions of a step, numbered, for a letter.
fn instructions_as_text(step: &ManualStep) -> String {
    let mut text = String::new();
    for (number, instruction) in (1..).zip(&step.instructions) {
        let who = match instruction.actor {
            Actor::Merchant => String::new(),
            other => format!("({other}) "),
        };
        text.push_str(&format!("{number}. {who}{}\n", instruction.text));
        if let Some(link) = &instruction.link {
            text.push_str(&format!("   {}\n", link.url));
        }
        if let Some(words) = &instruction.exact_words {
            text.push_str(&format!("   Please enter exactly: {words}\n"));
        }
        for permission in &instruction.permissions {
            text.push_str(&format!("   [ ] {permission}\n"));
        }
    }
    text
}

#[async_trait]
impl AccessProvider for MerchantHeld {
    fn connection(&self) -> &Connection {
        &self.connection
    }

    fn capabilities(&self) -> Capabilities {
        let manual = [
            Operation::List,
            Operation::Observe,
            Operation::ObserveInvitation,
            Operation::Invite,
            Operation::AssignRole,
            Operation::Remove,
            Operation::Resend,
            Operation::CancelInvitation,
            Operation::SetRole,
            Operation::SetActive,
        ];
        let entries = manual.map(|operation| (operation, Capability::new(Support::Manual, NO_CREDENTIAL)));
        Capabilities::new(entries.into_iter().chain([
            (
                Operation::Check,
                Capability::new(Support::Native, "there is no credential to check; nothing is sent"),
            ),
            (Operation::ListRoles, Capability::new(Support::Native, "the roles a merchant can give by hand")),
            (Operation::ResetPassword, Capability::new(Support::Unsupported, NO_CREDENTIAL)),
            (Operation::GrantApiAccess, Capability::new(Support::Unsupported, NO_CREDENTIAL)),
            (Operation::RotateCredentials, Capability::new(Support::Unsupported, NO_CREDENTIAL)),
        ]))
    }

    async fn check(&self, _cx: &CallContext) -> Result<CheckReport> {
        let mut report = CheckReport::new();
        report.fact("access", "held by the merchant");
        report.warn("nothing was asked of the platform: every step here is done by hand");
        Ok(report)
    }

    async fn list_roles(&self, _cx: &CallContext) -> Result<Vec<Role>> {
        Ok(self.guide.roles())
    }

    async fn list_page(
        &self,
        _query: &ListQuery,
        _cursor: Option<&Cursor>,
        _cx: &CallContext,
    ) -> Result<Page<Collaborator>> {
        let step = self.letter(
            self.guide.list(),
            "Who has access",
            "please tell us who has access to your store at the moment:",
            "A screenshot or a copied list is fine.",
        );
        Err(Error::new(ErrorKind::Unsupported, format!("nobody can be listed: {NO_CREDENTIAL}"))
            .with_remedy("send the merchant the message that comes with this")
            .with_manual_step(step)
            .at(self.connection.provider(), self.connection.store()))
    }

    async fn observe(&self, _target: &Target, cx: &CallContext) -> Result<Observation> {
        let reason = UnknownReason::NotObservable(NO_CREDENTIAL.to_owned());
        Ok(Observation::new(AccessState::Unknown { reason }, Evidence::begun(cx.clock().now())))
    }

    async fn invite(&self, request: &InviteRequest, _cx: &CallContext) -> Result<InviteOutcome> {
        let target = request.target(self.connection.provider());
        let until = request
            .until
            .map(|end| format!(" until {}", end.strftime("%Y-%m-%d %H:%M UTC")))
            .unwrap_or_default();
        let reason = request.reason.as_ref().map(|why| format!("\nWhy: {why}")).unwrap_or_default();
        let intro = format!("{} needs access to your store{until}.{reason}\n\nPlease:", request.person.email);
        let outro = format!(
            "When the work is done, this takes us out again:\n\n{}",
            instructions_as_text(&self.guide.remove(&target))
        );
        let step = self.letter(self.guide.invite(request), "Access for our support", &intro, &outro);
        Ok(InviteOutcome::ActionRequired(by_word(step)))
    }

    async fn intend(&self, _request: &InviteRequest, _cx: &CallContext) -> Result<Option<ProviderState>> {
        Ok(None)
    }

    async fn entry(
        &self,
        _request: &InviteRequest,
        _seen: Option<&Collaborator>,
        _cx: &CallContext,
    ) -> Entry {
        Entry::default()
    }

    async fn remove(&self, request: &RemoveRequest, _cx: &CallContext) -> Result<RemoveOutcome> {
        let intro = format!("our work is done: please take {} out of your store.", request.target);
        let outro = "Please answer this message when it is done, so that we can close our record.";
        let step = self.letter(self.guide.remove(&request.target), "Please remove our access", &intro, outro);
        Ok(RemoveOutcome::ActionRequired(by_word(step)))
    }

    async fn change(&self, target: &Target, change: &Change, _cx: &CallContext) -> Result<ChangeOutcome> {
        let step = self.guide.change(target, change).ok_or_else(|| {
            Error::new(ErrorKind::Unsupported, "the platform knows no such change")
                .at(self.connection.provider(), self.connection.store())
        })?;
        let intro = format!("please change what {target} may do in your store:");
        let step = self.letter(step, "Please change our access", &intro, "Please answer when it is done.");
        Ok(ChangeOutcome::ActionRequired(by_word(step)))
    }

    fn api_access(&self) -> Option<&dyn ApiAccess> {
        None
    }

    fn credentials(&self) -> Option<&dyn CredentialRotator> {
        None
    }
}

/// Without a credential nothing can be read, so every step is confirmed by word.
fn by_word(mut step: ManualStep) -> ManualStep {
    if let StepCheck::Observe(what) = step.check {
        step.check = StepCheck::Attest(what);
    }
    step
}
