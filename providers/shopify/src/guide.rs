//! What people click in Shopify, as data.
//!
//! Requests: <https://shopify.dev/docs/apps/build/dev-dashboard/stores/collaborations>; what the merchant does:
//! <https://help.shopify.com/en/manual/your-account/users/security/collaborator-accounts>.

use guestpass::{
    AccessNote, Actor, Assignable, Change, Instruction, InviteRequest, Link, ManualStep, MerchantGuide,
    Message, Role, RoleId, RoleSpec, StepCheck, Target,
};

use crate::config::{Organisation, Shop};

const USERS: &str = "Settings > Users";
const NO_REQUEST_API: &str = "Shopify has no API that sends, accepts or rejects a collaborator request";
const NO_ACCESS_API: &str = "Shopify has no API that changes or ends anybody's access";
const IDLE_END: &str = "UNVERIFIED: Shopify is said to end a collaborator's access by itself when nobody of the partner \
                        organisation has signed in for 90 days; do not wait for it";

/// The pages of one store, and of our partner organisation.
#[derive(Debug, Clone)]
pub(crate) struct Guide {
    shop: Shop,
    organisation: Organisation,
    app_installed: bool,
}

impl Guide {
    pub(crate) fn new(shop: Shop, organisation: Organisation, app_installed: bool) -> Self {
        Self { shop, organisation, app_installed }
    }

    /// The merchant's users page. Its path is navigation that we know, not an address that Shopify documents.
    fn users_page(&self) -> Link {
        Link::unverified(format!("https://admin.shopify.com/store/{}/settings/account", self.shop.handle()))
    }

    /// The form for requests with the store filled in; that it is filled in is not documented either. The shop was
    /// checked to hold nothing that an address would read otherwise.
    fn request_form(&self) -> Link {
        let shop = self.shop.as_str();
        Link::unverified(match &self.organisation.id {
            Some(id) => {
                format!("https://dev.shopify.com/dashboard/{id}/stores/collaborations/new?store_url={shop}")
            }
            None => format!(
                "https://partners.shopify.com/current/stores/new?store_type=managed_store&store_domain={shop}"
            ),
        })
    }

    fn open_users(&self) -> Instruction {
        Instruction::new(Actor::Merchant, format!("Sign in to the Shopify admin and open {USERS}"))
            .at(self.users_page())
    }

    /// Which row the merchant looks for.
    fn find(&self, target: &Target) -> Instruction {
        let known = self.organisation.emails.first().map(ToString::to_string);
        Instruction::new(
            Actor::Merchant,
            "Under Collaborators, open the one with this address, or with our company's name",
        )
        .entering(known.unwrap_or_else(|| target.to_string()))
    }

    fn permissions(role: Option<&RoleSpec>) -> Vec<String> {
        role.map(|role| role.permissions.clone()).unwrap_or_default()
    }

    /// What the request says to the merchant.
    fn words(request: &InviteRequest) -> String {
        let mut words = format!("We ask for access for {}.", request.person.email);
        if let Some(reason) = &request.reason {
            words.push_str(&format!(" Why: {reason}."));
        }
        if let Some(until) = request.until {
            words.push_str(&format!(" Until: {}.", until.strftime("%Y-%m-%d %H:%M UTC")));
        }
        words
    }

    /// The merchant's part before the request: the code, unless an app of ours makes it unnecessary.
    fn give_code(&self) -> Instruction {
        let text = format!(
            "Open {USERS} > Security and tell us the 4-digit collaborator request code, by a way that you trust; if the \
             store asks for no code, say so"
        );
        Instruction::new(Actor::Merchant, text).at(self.users_page())
    }

    fn send_request(&self, request: &InviteRequest) -> [Instruction; 4] {
        let code = if self.app_installed {
            "No code is asked, because an app of ours is installed there"
        } else {
            "Type the code that the merchant told you, if the form asks for it; never send it in a link"
        };
        let permissions = Self::permissions(request.role.as_ref());
        let tick = match permissions.is_empty() {
            true => Instruction::new(Actor::Operator, "Tick the permissions that the work needs, no more"),
            false => {
                Instruction::new(Actor::Operator, "Tick these permissions, no more").ticking(permissions)
            }
        };
        [
            Instruction::new(
                Actor::Operator,
                "Sign in as somebody of the partner organisation who may request stores, open Dev Dashboard > Stores > \
                 Request store access, and enter the store's permanent address",
            )
            .at(self.request_form())
            .entering(self.shop.as_str()),
            Instruction::new(Actor::Operator, code),
            tick,
            Instruction::new(Actor::Operator, "Write this message and click Send request").entering(Self::words(request)),
        ]
    }

    fn accept(&self) -> Instruction {
        let text = format!(
            "Open the notification \"Review request\", or {USERS} > Collaborators; take away permissions that you do not \
             want to give, set an end date if the page offers one, and accept"
        );
        Instruction::new(Actor::Merchant, text).at(self.users_page())
    }

    /// How the person gets in.
    pub(crate) fn access_note(&self, login: &str) -> AccessNote {
        AccessNote::new(login)
            .step("Sign in to the Dev Dashboard with the account in the partner organisation; the store is under Stores")
            .step("What the merchant allowed holds for everybody of the organisation who may open this store")
    }

    /// Giving a collaborator that exists other permissions.
    pub(crate) fn set_role(&self, target: &Target, role: Option<&RoleSpec>) -> ManualStep {
        let permissions = Self::permissions(role);
        let tick = match permissions.is_empty() {
            true => Instruction::new(
                Actor::Merchant,
                "Tick the permissions that the work needs, no more, and save",
            ),
            false => {
                Instruction::new(Actor::Merchant, "Tick only these permissions and save").ticking(permissions)
            }
        };
        let check = StepCheck::Attest("the merchant says which permissions are ticked; no API shows them but the legacy users of Plus stores".to_owned());
        ManualStep::new(format!("Set the permissions of {target} by hand"), check)
            .because(NO_ACCESS_API)
            .then(self.open_users())
            .then(self.find(target))
            .then(tick)
    }

    fn set_active(&self, target: &Target, active: bool) -> ManualStep {
        let (title, text, check) = match active {
            true => (
                "Resume",
                "Activate it again; if the page offers no such button, tick its permissions again",
                "it is active",
            ),
            false => (
                "Suspend",
                "Deactivate it; if the page offers no such button, untick all its permissions or remove it",
                "it is not active",
            ),
        };
        ManualStep::new(format!("{title} {target} by hand"), StepCheck::Observe(check.to_owned()))
            .because(NO_ACCESS_API)
            .then(self.open_users())
            .then(self.find(target))
            .then(Instruction::new(Actor::Merchant, text))
    }

    fn resend(&self, target: &Target) -> ManualStep {
        let check = StepCheck::Observe("the request was accepted".to_owned());
        ManualStep::new(format!("Bring the request for {target} before the merchant again"), check)
            .because("Shopify has neither an API nor a button that sends a request again")
            .then(Instruction::new(
                Actor::Operator,
                "Ask the merchant to look at the open request; do not send a second one while it is open",
            ))
            .then(self.accept())
            .then(Instruction::new(
                Actor::Operator,
                "If the merchant sees no request, it was rejected or has lapsed: send a new one",
            ))
    }

    fn cancel(&self, target: &Target) -> ManualStep {
        let check = StepCheck::Observe(format!("no request of {target} is listed"));
        ManualStep::new(format!("Take back the request for {target}"), check)
            .because("Shopify documents no way for the partner to take a request back")
            .then(Instruction::new(Actor::Operator, "Ask the merchant to reject the request"))
            .then(self.open_users())
            .then(Instruction::new(Actor::Merchant, "Under Collaborators, open our request and reject it"))
    }
}

/// The kinds of account that somebody can have.
pub(crate) fn roles() -> Vec<Role> {
    let role = |id: &str, name: &str, assignable| Some(Role::new(RoleId::new(id).ok()?, name, assignable));
    let never = |why: &str| Assignable::Never(why.to_owned());
    [
        role("collaborator", "Collaborator", Assignable::ByHand),
        role(
            "staff",
            "Staff",
            never("staff accounts are for the merchant's own people; guests are collaborators"),
        ),
        role(
            "owner",
            "Store owner",
            never("each store has exactly one owner, and ownership is not given for a while"),
        )
        .map(Role::privileged),
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
        let check =
            StepCheck::Observe(format!("a collaborator of {target} is listed; until then a request is"));
        let mut step =
            ManualStep::new(format!("Ask the store for access for {target}"), check).because(NO_REQUEST_API);
        if !self.app_installed {
            step = step.then(self.give_code());
        }
        step.instructions.extend(self.send_request(request));
        step = step.then(self.accept());
        let mut body =
            format!("Hello,\n\n{}\n\nYou will get a collaborator request from us. ", Self::words(request));
        if !self.app_installed {
            body.push_str(&format!(
                "Please tell us your collaborator request code first: it is under {USERS} > Security, and Shopify asks \
                 us for it. "
            ));
        }
        body.push_str(&format!(
            "When the request has arrived, please open {USERS} > Collaborators, take away what you do not want to give, \
             and accept.\n\nThank you"
        ));
        step.with_message(Message::new(format!("Access to {}", self.shop.as_str()), body))
    }

    fn remove(&self, target: &Target) -> ManualStep {
        let check = StepCheck::Observe(format!("no collaborator of {target} is listed"));
        let body = format!(
            "Hello,\n\nour work is done. Please open {USERS} in your Shopify admin ({}), open our collaborator account \
             under Collaborators, and remove it.\n\nThank you",
            self.users_page().url
        );
        ManualStep::new(format!("Take {target} out"), check)
            .because(format!("{NO_ACCESS_API}; only the merchant removes a collaborator. {IDLE_END}"))
            .then(self.open_users())
            .then(self.find(target))
            .then(Instruction::new(
                Actor::Merchant,
                "Click Remove and confirm; this takes everybody of the organisation out",
            ))
            .with_message(Message::new(format!("Please remove our access to {}", self.shop.as_str()), body))
    }

    fn list(&self) -> ManualStep {
        ManualStep::new("List who has access", StepCheck::Attest("the merchant's answer".to_owned()))
            .because("the store does not show its people to us")
            .then(self.open_users())
            .then(Instruction::new(
                Actor::Merchant,
                "Copy names, addresses and permissions of everybody there, collaborators and open requests too",
            ))
    }

    fn change(&self, target: &Target, change: &Change) -> Option<ManualStep> {
        match change {
            Change::SetRole(role) => Some(self.set_role(target, Some(role))),
            Change::SetActive(active) => Some(self.set_active(target, *active)),
            Change::Resend => Some(self.resend(target)),
            Change::CancelInvitation => Some(self.cancel(target)),
            _ => None,
        }
    }
}
