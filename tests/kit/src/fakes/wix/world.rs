//! The fake as the conformance suite sees it: its demonstration site.

use std::time::Duration;

use guestpass::{AccountId, Email, RoleSpec};

use super::{DemoSeed, FakeWix, Forbidden};
use crate::conformance::{Denial, PagingFault, World};
use crate::fakes::platform::SESSION_COOKIE;
use crate::{Fault, LoggedRequest, On};

/// The demonstration site of a fake, with its people and its faults.
///
/// Nothing ties an account to an address in the API: a provider needs [`DemoSeed::account_ids`], and
/// [`FakeWix::account`] for anybody else whom a case brings in.
#[derive(Debug, Clone)]
pub struct WixWorld {
    /// The fake.
    pub fake: FakeWix,
    /// Where things are in it.
    pub seed: DemoSeed,
    owner: Email,
}

impl WixWorld {
    /// Plants the demonstration world in a fake.
    ///
    /// # Errors
    /// Never with the demonstration world as it is: its owner has an address.
    pub fn plant(fake: FakeWix) -> guestpass::Result<Self> {
        let seed = fake.seed_demo();
        let owner = Email::new(seed.owner_email.clone())?;
        Ok(Self { fake, seed, owner })
    }

    fn site(&self) -> &str {
        &self.seed.site_id
    }
}

impl World for WixWorld {
    /// The owner and the accepted contributors, by the e-mails of their accounts.
    fn inside(&self) -> Vec<String> {
        let contributors = self.fake.contributors(self.site()).into_iter();
        let mut addresses: Vec<_> = contributors.map(|contributor| contributor.email).collect();
        addresses.push(self.owner.as_str().to_lowercase());
        addresses.sort();
        addresses
    }

    fn invited(&self) -> Vec<String> {
        let invites = self.fake.invites(self.site()).into_iter();
        let pending = invites.filter(|invite| invite.status == super::InviteStatus::Pending);
        let mut addresses: Vec<_> = pending.map(|invite| invite.email.to_lowercase()).collect();
        addresses.sort();
        addresses
    }

    fn invitations(&self, email: &Email) -> usize {
        self.fake.invitations(self.site(), email.as_str())
    }

    fn removals(&self, email: &Email) -> usize {
        self.fake.removals(self.site(), email.as_str())
    }

    fn ordinary_permissions(&self) -> Vec<String> {
        vec![self.seed.support_role_id.clone()]
    }

    fn privileged_permission(&self) -> String {
        self.seed.privileged_role_id.clone()
    }

    fn ordinary_role(&self) -> RoleSpec {
        RoleSpec::new("support").with_platform_role(&self.seed.support_role_id)
    }

    fn privileged_role(&self) -> RoleSpec {
        RoleSpec::new("boss").with_platform_role(&self.seed.privileged_role_id)
    }

    fn account(&self, email: &Email) -> Option<AccountId> {
        AccountId::new(self.fake.account(email.as_str())).ok()
    }

    fn invitation_lifetime(&self) -> Duration {
        Duration::from_secs(30 * 24 * 3600)
    }

    fn has_pages(&self) -> bool {
        false
    }

    fn merchant_adds(&self, email: &Email) {
        self.fake.add_contributor(self.site(), email.as_str(), &[self.seed.ordinary_role_id.as_str()]);
    }

    fn merchant_removes(&self, email: &Email) {
        self.fake.remove_contributor(&self.seed.site_id, email.as_str());
    }

    fn merchant_sets_permissions(&self, email: &Email, permissions: &[String]) {
        let roles: Vec<_> = permissions.iter().map(String::as_str).collect();
        self.fake.change_roles(self.site(), email.as_str(), &roles);
    }

    fn person_accepts(&self, email: &Email) {
        self.fake.accept(self.site(), email.as_str());
    }

    fn owner(&self) -> Email {
        self.owner.clone()
    }

    fn revoke_credential(&self) {
        self.fake.revoke_key(&self.seed.api_key);
        self.fake.uninstall_app(&self.seed.instance_id);
    }

    /// A success never says that a right is missing; the body-less refusal stands in for it.
    fn take_rights_away(&self, denial: Denial) {
        self.fake.set_key_permissions(&self.seed.api_key, &[]);
        self.fake.set_app_permissions(&self.seed.instance_id, &[]);
        self.fake.quirks(|quirks| {
            quirks.forbidden = match denial {
                Denial::Status => Forbidden::BlankDescription,
                Denial::Body => Forbidden::EmptyBody,
            };
        });
    }

    /// Contributors have no pages, so only a repeated entry shows there; the rest is about the listing of sites.
    fn disturb_paging(&self, fault: PagingFault) {
        self.fake.quirks(|quirks| {
            quirks.repeat_contributor = fault == PagingFault::RepeatedEntry;
            quirks.sites_duplicate_page = fault == PagingFault::RepeatedEntry;
            quirks.sites_empty_page_with_next = fault == PagingFault::EmptyPage;
            quirks.sites_cycling_cursor = fault == PagingFault::Circle;
            quirks.sites_miscounted = fault == PagingFault::Miscount;
        });
    }

    fn inject(&self, on: On, fault: Fault, times: usize) {
        self.fake.inject(on, fault, times);
    }

    fn unfired(&self) -> Vec<String> {
        self.fake.unfired()
    }

    fn requests(&self) -> Vec<LoggedRequest> {
        self.fake.requests()
    }

    /// The requests that work on the site, rather than on the account or on tokens.
    fn is_metered(&self, request: &LoggedRequest) -> bool {
        let site_level = ["/roles-management/v2/contributors/", "/roles-management/contributor/"];
        let invites = request.path.starts_with("/invites/site-invite/");
        invites || site_level.iter().any(|prefix| request.path.starts_with(prefix))
    }

    fn budget(&self) -> (usize, Duration) {
        (180, Duration::from_secs(60))
    }

    fn reserve(&self) -> usize {
        20
    }

    fn secrets(&self) -> Vec<String> {
        let mut secrets =
            vec![self.seed.api_key.clone(), self.seed.client_secret.clone(), SESSION_COOKIE.to_owned()];
        secrets.extend(self.fake.access_tokens());
        let links = self.fake.accept_links(self.site());
        secrets.extend(
            links.iter().filter_map(|link| link.split_once("token=")).map(|(_, token)| token.to_owned()),
        );
        secrets
    }
}
