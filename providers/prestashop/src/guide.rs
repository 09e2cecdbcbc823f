//! What people click in PrestaShop's back office, as data.
//!
//! Employees and profiles: <https://docs.prestashop-project.org/v.8-documentation/user-guide/configuring-shop/advanced-parameters/team>.

use guestpass::{
    AccessNote, Actor, Assignable, Change, Instruction, InviteRequest, Link, ManualStep, MerchantGuide, Role,
    RoleSpec, StepCheck, Target,
};

use crate::roles::{self, Profiles};

const EMPLOYEES: &str = "Advanced Parameters > Team > Employees (before 1.7: Administration > Employees)";
const PROFILES: &str = "Advanced Parameters > Team > Profiles (before 1.7: Administration > Profiles)";
const RIGHTS: &str = "Advanced Parameters > Team > Permissions (before 1.7: Administration > Permissions)";
const NO_RIGHTS_API: &str = "PrestaShop has no released API that gives a profile rights";

/// The back office of one shop. Its folder has a random name, so its address is known only if somebody told it.
#[derive(Debug, Clone)]
pub(crate) struct Guide {
    back_office: Option<String>,
    profiles: Profiles,
}

impl Guide {
    pub(crate) fn new(back_office: Option<String>, profiles: Profiles) -> Self {
        Self { back_office, profiles }
    }

    pub(crate) fn open(&self, page: &str) -> Instruction {
        let instruction =
            Instruction::new(Actor::Merchant, format!("Sign in to the back office and open {page}"));
        match &self.back_office {
            Some(url) => instruction.at(Link::verified(url)),
            None => instruction,
        }
    }

    fn find(target: &Target) -> Instruction {
        Instruction::new(Actor::Merchant, "Open the employee with this address").entering(target.to_string())
    }

    /// Which profile to choose, or how to come by one.
    fn choose(role: Option<&RoleSpec>) -> Instruction {
        let permissions = role.map(|role| role.permissions.clone()).unwrap_or_default();
        match role.and_then(|role| role.platform_role.as_deref()) {
            Some(profile) => Instruction::new(Actor::Merchant, "Choose this profile (by its number or name)").entering(profile),
            None if permissions.is_empty() => Instruction::new(
                Actor::Merchant,
                "Choose the profile with the fewest rights that the work needs, never SuperAdmin",
            ),
            None => Instruction::new(
                Actor::Merchant,
                format!("Make a profile under {PROFILES}, tick only these rights for it under {RIGHTS}, and choose it"),
            )
            .ticking(permissions),
        }
    }

    /// Making a profile before anybody can be let in.
    pub(crate) fn make_profile(&self, name: &str, rights: &[String]) -> ManualStep {
        let check = StepCheck::Attest("the role names the profile by its number".to_owned());
        ManualStep::new(format!("Make the profile {name} by hand"), check)
            .because("no API of this shop makes a profile; with `admin_client_id` guestpass can make an empty one")
            .then(self.open(PROFILES))
            .then(Instruction::new(Actor::Merchant, "Add a profile with this name").entering(name))
            .then(self.tick(rights))
            .then(Instruction::new(
                Actor::Operator,
                "Put the profile's number, which stands in the address of its page, into the role's configuration in place \
                 of the rights, and ask again",
            ))
    }

    /// Giving rights to a profile that guestpass made empty.
    pub(crate) fn tick_rights(&self, profile: u64, name: &str, rights: &[String]) -> ManualStep {
        let check = StepCheck::Attest(format!(
            "the profile {name} (number {profile}) has these rights and no others"
        ));
        ManualStep::new(format!("Give the profile {name} its rights by hand"), check)
            .because(format!("{NO_RIGHTS_API}; until then whoever has it can do nothing"))
            .then(self.tick(rights))
            .then(Instruction::new(
                Actor::Operator,
                format!("Put the number {profile} into the role's configuration in place of the rights"),
            ))
    }

    /// Looking whether a profile was made, when nobody answered.
    pub(crate) fn look_for_profile(&self, name: &str, rights: &[String]) -> ManualStep {
        let check = StepCheck::Attest("the role names the profile by its number".to_owned());
        ManualStep::new(format!("Look whether there is a profile {name} now"), check)
            .because("the answer to making it was lost, and no API lists profiles; nobody was let in")
            .then(self.open(PROFILES))
            .then(Instruction::new(Actor::Merchant, "If it is not there, add it; if it is there twice, delete one").entering(name))
            .then(self.tick(rights))
            .then(Instruction::new(
                Actor::Operator,
                "Put its number, which stands in the address of its page, into the role's configuration in place of the \
                 rights, and ask again",
            ))
    }

    fn tick(&self, rights: &[String]) -> Instruction {
        self.open(RIGHTS).ticking(rights.iter().cloned())
    }

    /// Another profile for somebody who is inside already.
    pub(crate) fn change_role(&self, target: &Target, profile: u64) -> ManualStep {
        let check = StepCheck::Observe(format!("the employee has the profile {profile}"));
        ManualStep::new(format!("Give {target} the profile {profile}"), check)
            .because("they were inside already, with another profile; an invitation changes nobody's rights")
            .then(Instruction::new(
                Actor::Operator,
                "Change the role: `guestpass change STORE PERSON --role ROLE`, or `Change::SetRole`",
            ))
    }

    /// Looking after keys, which outlive the person who made them.
    pub(crate) fn residual(&self, target: &Target) -> ManualStep {
        let check = StepCheck::Attest(format!("no webservice key or API client made by {target} is left"));
        ManualStep::new(format!("Look for keys that {target} made"), check)
            .because(
                "webservice keys and API clients live on when their maker is switched off or deleted, and no API says \
                 who made them; a profile without Advanced Parameters cannot have made any. UNVERIFIED: a session that is \
                 open ends with its next click",
            )
            .then(self.open("Advanced Parameters > Webservice, and from PrestaShop 9 on Advanced Parameters > Admin API"))
            .then(Instruction::new(Actor::Merchant, format!("Switch off keys and delete clients that {target} made for themselves")))
    }

    /// How the person gets in. `has_password` says whether a new one comes with this.
    pub(crate) fn access_note(&self, login: &str, has_password: bool) -> AccessNote {
        let note = AccessNote::new(login);
        let note = match &self.back_office {
            Some(url) => note.at(url),
            None => note.step(
                "Ask the merchant for the address of the back office: its folder has a random name that no API tells",
            ),
        };
        let password = if has_password {
            "Sign in with this address and the password that comes with this; PrestaShop itself tells you nothing"
        } else {
            "Sign in with this address and the password that you have; if it is lost, ask for a new one"
        };
        note.step(password).step("Choose a password of your own under Your profile")
    }

    fn on_person(&self, title: String, check: &str, target: &Target, done: Instruction) -> ManualStep {
        ManualStep::new(title, StepCheck::Observe(check.to_owned()))
            .then(self.open(EMPLOYEES))
            .then(Self::find(target))
            .then(done)
    }
}

impl MerchantGuide for Guide {
    fn roles(&self) -> Vec<Role> {
        let by_hand = |(id, name): (u64, &str)| roles::role(id, name, false);
        let mut all: Vec<_> = self.profiles.all().filter_map(by_hand).collect();
        for role in &mut all {
            role.assignable = Assignable::ByHand;
        }
        all
    }

    fn invite(&self, request: &InviteRequest) -> ManualStep {
        let email = &request.person.email;
        let check = StepCheck::Observe(format!("{email} is among the employees, and active"));
        ManualStep::new(format!("Make an employee of {email}"), check)
            .then(self.open(EMPLOYEES))
            .then(Instruction::new(Actor::Merchant, "Click Add new employee and enter this address").entering(email.as_str()))
            .then(Self::choose(request.role.as_ref()))
            .then(Instruction::new(
                Actor::Merchant,
                "Let the browser make a long password, set Active to Yes, and save",
            ))
            .then(Instruction::new(
                Actor::Merchant,
                "Tell us the password and the address of the back office by a way that you trust, not in the same message",
            ))
            .then(Instruction::new(Actor::Person, "Sign in and choose a password of your own"))
    }

    fn remove(&self, target: &Target) -> ManualStep {
        let done = Instruction::new(
            Actor::Merchant,
            "Set Active to No and another password, and save; or delete the employee",
        );
        self.on_person(
            format!("Take {target} out"),
            &format!("{target} is no longer an active employee"),
            target,
            done,
        )
        .then(Instruction::new(
            Actor::Merchant,
            "Under Advanced Parameters > Webservice, switch off keys that they made for themselves",
        ))
    }

    fn list(&self) -> ManualStep {
        ManualStep::new("List who has access", StepCheck::Attest("the merchant's answer".to_owned()))
            .then(self.open(EMPLOYEES))
            .then(Instruction::new(
                Actor::Merchant,
                "Copy the names, addresses and profiles, and who is active",
            ))
    }

    fn change(&self, target: &Target, change: &Change) -> Option<ManualStep> {
        Some(match change {
            Change::SetRole(role) => self.on_person(
                format!("Change the profile of {target}"),
                "the profile shows beside the employee",
                target,
                Self::choose(Some(role)),
            ),
            Change::SetActive(active) => {
                let (title, word) = if *active { ("Resume", "Yes") } else { ("Suspend", "No") };
                let done = Instruction::new(Actor::Merchant, format!("Set Active to {word} and save"));
                self.on_person(format!("{title} {target}"), "the employee's status shows it", target, done)
            }
            Change::Resend => self.on_person(
                format!("Bring {target} to their first sign-in"),
                "the person has signed in",
                target,
                Instruction::new(
                    Actor::Merchant,
                    "PrestaShop sends no invitation: tell the person the address of the back office, and set a new password \
                     if theirs is lost",
                ),
            ),
            Change::CancelInvitation => self.remove(target),
            _ => return None,
        })
    }
}
