//! What people click in Wix's dashboard, as data.
//!
//! Roles and collaborators: <https://support.wix.com/en/article/roles-permissions-overview>,
//! <https://support.wix.com/en/article/inviting-people-to-contribute-to-your-site>.

use guestpass::{
    Actor, Assignable, Change, Instruction, InviteRequest, Link, ManualStep, MerchantGuide, Role, RoleId,
    RoleSpec, StepCheck, Target,
};

const PAGE: &str = "Settings > Roles & Permissions";

/// The dashboard of one site.
#[derive(Debug, Clone)]
pub(crate) struct Guide {
    dashboard: Link,
}

impl Guide {
    /// The address follows from the site's id, but Wix did not confirm it.
    pub(crate) fn new(site_id: &str) -> Self {
        Self { dashboard: Link::unverified(format!("https://manage.wix.com/dashboard/{site_id}/home")) }
    }

    pub(crate) fn dashboard(&self) -> &Link {
        &self.dashboard
    }

    fn open_page(&self) -> Instruction {
        Instruction::new(Actor::Merchant, format!("Sign in to the site's dashboard and open {PAGE}"))
            .at(self.dashboard.clone())
    }

    fn choose(role: Option<&RoleSpec>) -> Instruction {
        match role.and_then(|role| role.platform_role.as_deref()) {
            Some(name) => Instruction::new(Actor::Merchant, "Choose this role, and no other").entering(name),
            None => Instruction::new(
                Actor::Merchant,
                "Choose the role with the fewest rights that the work needs, for example Back Office Manager",
            ),
        }
    }

    /// Looking after accounts that came while an invitation was open.
    pub(crate) fn newcomers(&self, target: &Target, accounts: &[&str]) -> ManualStep {
        let check = StepCheck::Attest(format!("none of these accounts used the invitation of {target}"));
        ManualStep::new(format!("Look whether others came in by the invitation of {target}"), check)
            .because("whoever opens an invitation's link can accept it, and Wix does not say who did")
            .then(self.open_page())
            .then(Instruction::new(
                Actor::Merchant,
                format!(
                    "These accounts came after it was sent; remove those you do not know: {}",
                    accounts.join(", ")
                ),
            ))
    }

    fn find_person(target: &Target) -> Instruction {
        Instruction::new(Actor::Merchant, "Find the person with this address or name")
            .entering(target.to_string())
    }
}

/// The general roles of the dashboard. Each site has more: of its apps, and those that the merchant made.
fn roles() -> Vec<Role> {
    let role = |id: &str, name: &str, assignable| Some(Role::new(RoleId::new(id).ok()?, name, assignable));
    let owner = Assignable::Never("ownership moves only with the site".to_owned());
    [
        role("back_office_manager", "Back Office Manager", Assignable::ByHand),
        role("website_designer", "Website Designer", Assignable::ByHand),
        role("website_manager", "Website Manager", Assignable::ByHand),
        role("admin_co_owner", "Admin (Co-Owner)", Assignable::ByHand).map(Role::privileged),
        role("owner", "Owner", owner).map(Role::privileged),
    ]
    .into_iter()
    .flatten()
    .collect()
}

impl MerchantGuide for Guide {
    fn roles(&self) -> Vec<Role> {
        roles()
    }

    fn invite(&self, request: &InviteRequest) -> ManualStep {
        let email = &request.person.email;
        let check = StepCheck::Observe(format!("{email} is among the collaborators"));
        ManualStep::new(format!("Invite {email} to the site"), check)
            .then(self.open_page())
            .then(
                Instruction::new(Actor::Merchant, "Click Invite Collaborators and enter this address")
                    .entering(email.as_str()),
            )
            .then(Self::choose(request.role.as_ref()))
            .then(Instruction::new(Actor::Merchant, "Send the invitation; it can be accepted for 30 days"))
            .then(Instruction::new(
                Actor::Person,
                "Open the message from Wix, in the spam folder too, and accept",
            ))
    }

    fn remove(&self, target: &Target) -> ManualStep {
        let check = StepCheck::Observe(format!("{target} is no longer among the collaborators"));
        ManualStep::new(format!("Take {target} out of the site"), check)
            .then(self.open_page())
            .then(Self::find_person(target))
            .then(Instruction::new(
                Actor::Merchant,
                "Remove them; if the invitation is still pending, delete the invitation",
            ))
    }

    fn list(&self) -> ManualStep {
        ManualStep::new("List who has access", StepCheck::Attest("the merchant's answer".to_owned()))
            .then(self.open_page())
            .then(Instruction::new(
                Actor::Merchant,
                "Copy the names, addresses and roles, pending invitations too",
            ))
    }

    fn change(&self, target: &Target, change: &Change) -> Option<ManualStep> {
        let step = |title: String, check: String, done: Instruction| {
            ManualStep::new(title, StepCheck::Observe(check))
                .then(self.open_page())
                .then(Self::find_person(target))
                .then(done)
        };
        Some(match change {
            Change::SetRole(role) => step(
                format!("Change the role of {target}"),
                "the role shows beside the person".to_owned(),
                Self::choose(Some(role)),
            ),
            Change::Resend => step(
                format!("Send the invitation of {target} again"),
                "the person has accepted".to_owned(),
                Instruction::new(Actor::Merchant, "Click Resend beside the pending invitation"),
            ),
            Change::CancelInvitation => step(
                format!("Take back the invitation of {target}"),
                "the invitation is no longer listed".to_owned(),
                Instruction::new(Actor::Merchant, "Delete the pending invitation"),
            ),
            Change::SetActive(false) => step(
                format!("Suspend {target}"),
                "the person is no longer listed".to_owned(),
                Instruction::new(
                    Actor::Merchant,
                    "Remove them: Wix cannot suspend anybody; invite them again later",
                ),
            ),
            Change::SetActive(true) => step(
                format!("Let {target} in again"),
                "the person is listed".to_owned(),
                Instruction::new(
                    Actor::Merchant,
                    "If they are not listed, invite them again with their former role",
                ),
            ),
            _ => return None,
        })
    }
}
