//! What people click in a stall's office.

use guestpass::{
    AccessNote, Actor, Assignable, Change, Instruction, InviteRequest, Link, ManualStep, MerchantGuide, Role,
    RoleSpec, StepCheck, Target,
};

use crate::roles::roles;

/// The office of one stall.
#[derive(Debug, Clone)]
pub(crate) struct Guide {
    office: String,
}

impl Guide {
    pub(crate) fn new(stall: &str) -> Self {
        Self { office: format!("https://office.marketstall.example/stalls/{stall}") }
    }

    /// How the person gets in.
    pub(crate) fn access_note(&self, login: &str) -> AccessNote {
        AccessNote::new(login).at(&self.office).step("Open the message from Marketstall and accept")
    }

    fn open_members(&self) -> Instruction {
        Instruction::new(Actor::Merchant, "Sign in to the stall's office and open Members")
            .at(Link::verified(&self.office))
    }

    fn find(target: &Target) -> Instruction {
        Instruction::new(Actor::Merchant, "Find the member with this address").entering(target.to_string())
    }

    fn choose(role: Option<&RoleSpec>) -> Instruction {
        let wanted = role.and_then(|role| role.platform_role.as_deref()).unwrap_or("Viewer");
        Instruction::new(Actor::Merchant, "Choose this role").entering(wanted)
    }

    /// A message that did not arrive is sent again from the office alone.
    pub(crate) fn resend(&self, target: &Target) -> ManualStep {
        let check = StepCheck::Observe("the member is active".to_owned());
        ManualStep::new(format!("Send the invitation of {target} again"), check)
            .because("Marketstall has no API that sends an invitation again")
            .then(self.open_members())
            .then(Self::find(target))
            .then(Instruction::new(Actor::Merchant, "Click Send again"))
    }
}

impl Guide {
    fn set_role(&self, target: &Target, role: &RoleSpec) -> ManualStep {
        let check = StepCheck::Observe("the role shows beside the member".to_owned());
        ManualStep::new(format!("Change the role of {target}"), check)
            .then(self.open_members())
            .then(Self::find(target))
            .then(Self::choose(Some(role)))
    }

    fn let_in_again(&self, target: &Target) -> ManualStep {
        let check = StepCheck::Observe(format!("{target} is among the members"));
        ManualStep::new(format!("Let {target} in again"), check).then(self.open_members()).then(
            Instruction::new(Actor::Merchant, "If they are not listed, invite them with their former role"),
        )
    }
}

impl MerchantGuide for Guide {
    fn roles(&self) -> Vec<Role> {
        roles(&Assignable::ByHand)
    }

    fn invite(&self, request: &InviteRequest) -> ManualStep {
        let email = &request.person.email;
        let check = StepCheck::Observe(format!("{email} is among the members"));
        ManualStep::new(format!("Invite {email} to the stall"), check)
            .then(self.open_members())
            .then(
                Instruction::new(Actor::Merchant, "Click Invite and enter this address")
                    .entering(email.as_str()),
            )
            .then(Self::choose(request.role.as_ref()))
            .then(Instruction::new(Actor::Person, "Open the message from Marketstall and accept"))
    }

    fn remove(&self, target: &Target) -> ManualStep {
        let check = StepCheck::Observe(format!("{target} is no longer among the members"));
        ManualStep::new(format!("Take {target} out of the stall"), check)
            .then(self.open_members())
            .then(Self::find(target))
            .then(Instruction::new(Actor::Merchant, "Click Remove"))
    }

    fn list(&self) -> ManualStep {
        ManualStep::new("List who has access", StepCheck::Attest("the merchant's answer".to_owned()))
            .then(self.open_members())
            .then(Instruction::new(Actor::Merchant, "Copy the addresses and roles"))
    }

    /// Where the office has no such button, the step is the way round.
    fn change(&self, target: &Target, change: &Change) -> Option<ManualStep> {
        match change {
            Change::Resend => Some(self.resend(target)),
            Change::CancelInvitation | Change::SetActive(false) => Some(self.remove(target)),
            Change::SetRole(role) => Some(self.set_role(target, role)),
            Change::SetActive(true) => Some(self.let_in_again(target)),
            _ => None,
        }
    }
}
