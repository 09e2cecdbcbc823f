//! What people click in BigCommerce's control panel, as data.
//!
//! Users and roles: <https://support.bigcommerce.com/s/article/Users>,
//! <https://support.bigcommerce.com/s/article/User-Permissions>.

use guestpass::{
    AccessNote, Actor, Assignable, Change, Instruction, InviteRequest, Link, ManualStep, MerchantGuide, Role,
    RoleId, RoleSpec, StepCheck, Target,
};

const USER_LIST: &str = "Account Settings > Users";
const NO_ROLE_API: &str = "BigCommerce has no API that sets a user's role or permissions";

/// The control panel of one store.
#[derive(Debug, Clone)]
pub(crate) struct Guide {
    panel: Link,
}

impl Guide {
    /// At the store's own address, which follows from its hash but was not confirmed by the platform.
    pub(crate) fn unconfirmed(store_hash: &str) -> Self {
        Self { panel: Link::unverified(format!("https://store-{store_hash}.mybigcommerce.com")) }
    }

    /// At the address that the platform gave, if it is one.
    pub(crate) fn at(self, control_panel: Option<&str>) -> Self {
        let usable = |url: &&str| url.starts_with("https://") && !url.contains(['{', ' ']) && url.len() < 200;
        match control_panel.filter(usable) {
            Some(url) => Self { panel: Link::verified(url) },
            None => self,
        }
    }

    /// Where the control panel is.
    pub(crate) fn panel(&self) -> Link {
        self.panel.clone()
    }

    fn open_users(&self) -> Instruction {
        Instruction::new(Actor::Merchant, format!("Sign in to the control panel and open {USER_LIST}"))
            .at(self.panel.clone())
    }

    /// Giving the permissions that the API cannot give.
    pub(crate) fn set_role(&self, target: &Target, role: Option<&RoleSpec>) -> ManualStep {
        let wanted = role.and_then(|role| role.platform_role.as_deref());
        let permissions = role.map(|role| role.permissions.clone()).unwrap_or_default();
        let choose = match (wanted, permissions.is_empty()) {
            (Some(name), true) => {
                Instruction::new(Actor::Merchant, format!("Choose the user role {name} and save"))
            }
            (Some(name), false) => {
                let text =
                    format!("Choose the user role {name}, leave only these permissions ticked, and save");
                Instruction::new(Actor::Merchant, text).ticking(permissions.clone())
            }
            (None, false) => {
                let text = "Choose the user role Custom, tick only these permissions, and save";
                Instruction::new(Actor::Merchant, text).ticking(permissions.clone())
            }
            (None, true) => Instruction::new(
                Actor::Merchant,
                "Tick the permissions that the work needs, no more, and save",
            ),
        };
        let check = if permissions.is_empty() {
            "the user's permission list is no longer empty".to_owned()
        } else {
            format!("the user's permission list holds {}", permissions.join(", "))
        };
        ManualStep::new(format!("Set the role of {target} by hand"), StepCheck::Observe(check))
            .because(NO_ROLE_API)
            .then(self.open_users())
            .then(
                Instruction::new(Actor::Merchant, "Open the user with this address")
                    .entering(target.to_string()),
            )
            .then(choose)
    }

    /// Switching an account on or off.
    fn set_active(&self, target: &Target, active: bool) -> ManualStep {
        let (title, status) = if active { ("Resume", "Active") } else { ("Suspend", "Inactive") };
        let check = StepCheck::Observe(format!("the user's status is {}", status.to_lowercase()));
        ManualStep::new(format!("{title} {target} by hand"), check)
            .because("BigCommerce has no API that changes a user's status")
            .then(self.open_users())
            .then(
                Instruction::new(Actor::Merchant, "Open the user with this address")
                    .entering(target.to_string()),
            )
            .then(Instruction::new(Actor::Merchant, format!("Set the status to {status} and save")))
    }

    /// Helping somebody whose invitation did not arrive.
    fn resend(&self, target: &Target) -> ManualStep {
        let check = StepCheck::Observe("the user has signed in".to_owned());
        ManualStep::new(format!("Bring {target} to their first sign-in"), check)
            .because("BigCommerce has no API that sends an invitation again; removing and adding would lose the role")
            .then(Instruction::new(
                Actor::Person,
                "Search the mailbox, the spam folder too, for \"Confirm your BigCommerce account\"",
            ))
            .then(
                Instruction::new(
                    Actor::Person,
                    "If the address has a BigCommerce user already, there is no such message: sign in with the \
                     existing password, or reset it",
                )
                .at(self.panel.clone()),
            )
            .then(Instruction::new(
                Actor::Merchant,
                format!("If neither helps: delete the user under {USER_LIST}, add them again, set the role again"),
            ))
    }

    /// Looking after API accounts, which outlive the person who made them.
    pub(crate) fn residual(&self, target: &Target, could_make_tokens: Option<bool>) -> ManualStep {
        let why = match could_make_tokens {
            Some(true) => "They could make API tokens, and tokens live on when their maker is removed",
            Some(false) => {
                "API tokens live on when their maker is removed; at the end they could not make any, earlier nobody \
                 can tell"
            }
            None => "API tokens live on when their maker is removed, and no API lists them",
        };
        let check = StepCheck::Attest(format!("no API account made by {target} is left"));
        ManualStep::new(format!("Look for API accounts that {target} made"), check)
            .because(why)
            .then(
                Instruction::new(Actor::Merchant, "Open Settings > Store-level API accounts")
                    .at(self.panel.clone()),
            )
            .then(Instruction::new(
                Actor::Merchant,
                format!("Delete API accounts that {target} made for themselves"),
            ))
    }

    /// How the person gets in.
    pub(crate) fn access_note(&self, login: &str) -> AccessNote {
        let note = AccessNote::new(login)
            .step("New to BigCommerce: open the message \"Confirm your BigCommerce account\" and set a password")
            .step("Known to BigCommerce: access is there at once; sign in with the existing password");
        if self.panel.verified { note.at(self.panel.url.clone()) } else { note }
    }
}

/// The roles of the control panel. The API shows single permissions only, never these.
pub(crate) fn roles() -> Vec<Role> {
    let role = |id: &str, name: &str, assignable| Some(Role::new(RoleId::new(id).ok()?, name, assignable));
    let owner = Assignable::Never(
        "each store has exactly one owner, and ownership is not given for a while".to_owned(),
    );
    [
        role("sales_staff", "Sales Staff", Assignable::ByHand),
        role("sales_manager", "Sales Manager", Assignable::ByHand),
        role("custom", "Custom", Assignable::ByHand),
        role("store_administrator", "Store Administrator", Assignable::ByHand).map(Role::privileged),
        role("store_owner", "Store Owner", owner).map(Role::privileged),
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
        let target = Target::email(request.person.email.clone());
        let add = Instruction::new(Actor::Merchant, "Click Add User and enter this address")
            .entering(request.person.email.as_str());
        let role = self.set_role(&target, request.role.as_ref());
        let choose = role.instructions.into_iter().next_back();
        let check = StepCheck::Observe(format!("{target} is in the user list"));
        let mut step =
            ManualStep::new(format!("Give {target} access"), check).then(self.open_users()).then(add);
        step.instructions.extend(choose);
        step
    }

    fn remove(&self, target: &Target) -> ManualStep {
        let check = StepCheck::Observe(format!("{target} is no longer in the user list"));
        ManualStep::new(format!("Take {target} out"), check)
            .then(self.open_users())
            .then(
                Instruction::new(Actor::Merchant, "Select the user with this address")
                    .entering(target.to_string()),
            )
            .then(Instruction::new(Actor::Merchant, "Click Delete and confirm"))
            .then(
                Instruction::new(
                    Actor::Merchant,
                    "Open Settings > Store-level API accounts and delete what they made",
                )
                .at(self.panel.clone()),
            )
    }

    fn list(&self) -> ManualStep {
        ManualStep::new("List who has access", StepCheck::Attest("the merchant's answer".to_owned()))
            .then(self.open_users())
            .then(Instruction::new(Actor::Merchant, "Copy the names, addresses, roles and last sign-ins"))
    }

    fn change(&self, target: &Target, change: &Change) -> Option<ManualStep> {
        match change {
            Change::SetRole(role) => Some(self.set_role(target, Some(role))),
            Change::SetActive(active) => Some(self.set_active(target, *active)),
            Change::Resend => Some(self.resend(target)),
            Change::CancelInvitation => Some(self.remove(target)),
            _ => None,
        }
    }
}
