//! The handle's methods by which merchants and partners act, and which tell the truth.

use guestpass::Timestamp;

use super::FakeShopify;
use super::consent;
use super::people::RequestRefused;
use super::state::CollaborationState;
use super::truth::{self, FakeCollaboration, FakeStaff, FakeStorefrontToken, FakeToken};
use crate::fakes::ground::{Refusal, owned};

/// What partners and merchants do by hand.
impl FakeShopify {
    /// Adds a partner organisation without people.
    pub fn add_organisation(&self, id: &str, name: &str, email: &str) {
        self.with(|service, _| service.world.add_organisation(id, name, email));
    }

    /// Somebody joins a partner organisation, and shares its access everywhere.
    ///
    /// # Panics
    ///
    /// When the organisation is unknown.
    pub fn add_member(&self, organisation: &str, email: &str, first: &str, last: &str) {
        self.arranged(|service, now| service.world.add_member(organisation, email, first, last, now));
    }

    /// The partner sends a collaborator request.
    ///
    /// # Errors
    ///
    /// When the form refuses it; nothing is sent then.
    ///
    /// # Panics
    ///
    /// When the organisation or the shop is unknown.
    pub fn request_access(
        &self,
        organisation: &str,
        domain: &str,
        code: Option<&str>,
        permissions: &[&str],
    ) -> Result<(), RequestRefused> {
        let sent = self.with(|service, now| {
            let quirks = &service.quirks;
            service.world.request_access(organisation, domain, code, permissions, quirks, now)
        });
        let problem = sent.as_ref().err();
        assert!(problem.is_none(), "the fake Shopify was set up wrongly: {problem:?}");
        sent.unwrap_or(Ok(()))
    }

    /// The merchant accepts the request: with the permissions asked for, or with these.
    ///
    /// # Panics
    ///
    /// When there is no request.
    pub fn approve(&self, organisation: &str, domain: &str, permissions: Option<&[&str]>) {
        self.approve_until(organisation, domain, permissions, None);
    }

    /// The merchant accepts the request up to an agreed end.
    ///
    /// # Panics
    ///
    /// When there is no request.
    pub fn approve_until(
        &self,
        organisation: &str,
        domain: &str,
        permissions: Option<&[&str]>,
        ends_at: Option<Timestamp>,
    ) {
        let permissions = permissions.map(owned);
        self.arranged(|service, now| service.world.approve(organisation, domain, permissions, ends_at, now));
    }

    /// The merchant installs the app on the page that `url` names, with what was asked for or with these scopes. Gives the
    /// address that the platform then sends the browser to.
    ///
    /// # Panics
    ///
    /// When the page could not be shown: an unknown app or shop, or no redirect address.
    #[must_use]
    pub fn approve_install(&self, url: &str, scopes: Option<&[&str]>) -> String {
        let scopes = scopes.map(owned);
        self.arranged(|service, now| consent::approve(&mut service.world, url, scopes, &service.quirks, now))
    }

    /// The merchant says no there. Gives the address that the platform then sends the browser to.
    ///
    /// # Panics
    ///
    /// When `url` names no redirect address.
    #[must_use]
    pub fn deny_install(&self, url: &str) -> String {
        self.arranged(|_, _| consent::deny(url))
    }

    /// The merchant rejects the request.
    ///
    /// # Panics
    ///
    /// When there is no request.
    pub fn reject(&self, organisation: &str, domain: &str) {
        self.end(organisation, domain, CollaborationState::Pending, CollaborationState::Rejected);
    }

    /// The request expires unanswered.
    ///
    /// # Panics
    ///
    /// When there is no request.
    pub fn expire_request(&self, organisation: &str, domain: &str) {
        self.end(organisation, domain, CollaborationState::Pending, CollaborationState::Expired);
    }

    /// The merchant removes a collaborator's organisation.
    ///
    /// # Panics
    ///
    /// When it has no access.
    pub fn remove_collaborator(&self, organisation: &str, domain: &str) {
        self.end(organisation, domain, CollaborationState::Active, CollaborationState::Removed);
    }

    fn end(&self, organisation: &str, domain: &str, from: CollaborationState, to: CollaborationState) {
        self.arranged(|service, now| service.world.end_collaboration(organisation, domain, from, to, now));
    }

    /// The merchant changes what a collaborator's organisation may do.
    ///
    /// # Panics
    ///
    /// When it has no access.
    pub fn set_collaborator_permissions(&self, organisation: &str, domain: &str, permissions: &[&str]) {
        let permissions = owned(permissions);
        self.arranged(|service, _| {
            service.world.set_collaborator_permissions(organisation, domain, &permissions)
        });
    }

    /// The merchant removes an account; the one of a collaborator takes the whole organisation out.
    ///
    /// # Panics
    ///
    /// When there is no such account, or it is the owner's.
    pub fn remove_account(&self, domain: &str, email: &str) {
        self.arranged(|service, now| service.world.remove_account(domain, email, now));
    }

    /// The merchant suspends an account or takes it back.
    ///
    /// # Panics
    ///
    /// When there is no such account.
    pub fn set_active(&self, domain: &str, email: &str, active: bool) {
        self.arranged(|service, _| {
            service.world.shop_mut(domain)?.account_mut(email)?.active = active;
            Ok(())
        });
    }

    /// The merchant changes what an account may do.
    ///
    /// # Panics
    ///
    /// When there is no such account.
    pub fn set_permissions(&self, domain: &str, email: &str, permissions: &[&str]) {
        self.arranged(|service, _| {
            service.world.shop_mut(domain)?.account_mut(email)?.permissions = owned(permissions);
            Ok(())
        });
    }

    /// Somebody sets up a second factor, or gives it up.
    ///
    /// # Panics
    ///
    /// When there is no such account.
    pub fn set_second_factor(&self, domain: &str, email: &str, present: bool) {
        self.arranged(|service, _| {
            service.world.shop_mut(domain)?.account_mut(email)?.second_factor = present;
            Ok(())
        });
    }

    /// Somebody signs in.
    ///
    /// # Panics
    ///
    /// When there is no such account, or it may not.
    pub fn log_in(&self, domain: &str, email: &str) {
        self.arranged(|service, now| service.world.log_in(domain, email, now));
    }

    /// The shop changes hands.
    ///
    /// # Panics
    ///
    /// When there is no such account.
    pub fn make_owner(&self, domain: &str, email: &str) {
        self.arranged(|service, _| service.world.make_owner(domain, email));
    }
}

/// Ground truth.
impl FakeShopify {
    /// The accounts of a shop that were not removed.
    ///
    /// # Panics
    ///
    /// When the shop is unknown.
    #[must_use]
    pub fn staff(&self, domain: &str) -> Vec<FakeStaff> {
        self.arranged(|service, _| Ok(truth::staff(service.world.shop(domain)?)))
    }

    /// Whether somebody can use a shop's admin, whatever the case of the e-mail.
    ///
    /// # Panics
    ///
    /// When the shop is unknown.
    #[must_use]
    pub fn is_inside(&self, domain: &str, email: &str) -> bool {
        self.arranged(|service, _| {
            Ok(service.world.shop(domain)?.account(email).is_some_and(super::state::Staff::inside))
        })
    }

    /// The collaborations of a shop, those that ended included.
    ///
    /// # Panics
    ///
    /// When the shop is unknown.
    #[must_use]
    pub fn collaborations(&self, domain: &str) -> Vec<FakeCollaboration> {
        self.arranged(|service, _| Ok(truth::collaborations(service.world.shop(domain)?)))
    }

    /// How many collaborator requests an organisation with that address has sent to a shop.
    ///
    /// # Panics
    ///
    /// When the shop is unknown.
    #[must_use]
    pub fn access_requests(&self, domain: &str, email: &str) -> usize {
        let count = |shop: &super::state::Shop| shop.requests.get(&email.to_lowercase()).copied();
        self.arranged(|service, _| Ok(count(service.world.shop(domain)?).unwrap_or_default()))
    }

    /// How many times the merchant removed an account with that address.
    ///
    /// # Panics
    ///
    /// When the shop is unknown.
    #[must_use]
    pub fn removals(&self, domain: &str, email: &str) -> usize {
        let count = |shop: &super::state::Shop| shop.removals.get(&email.to_lowercase()).copied();
        self.arranged(|service, _| Ok(count(service.world.shop(domain)?).unwrap_or_default()))
    }

    /// The access tokens ever made for a shop, dead ones included.
    ///
    /// # Panics
    ///
    /// When the shop is unknown.
    #[must_use]
    pub fn tokens(&self, domain: &str) -> Vec<FakeToken> {
        self.arranged(|service, now| {
            Ok(truth::tokens(service.world.shop(domain)?, &service.world.vault, now))
        })
    }

    /// Whether an access token or a refresh token works now.
    #[must_use]
    pub fn is_alive(&self, token: &str) -> bool {
        self.with(|service, now| {
            let vault = &service.world.vault;
            vault.alive(token, now).is_some() || vault.refresh_alive(token, now)
        })
    }

    /// The storefront tokens of a shop that work.
    ///
    /// # Panics
    ///
    /// When the shop is unknown.
    #[must_use]
    pub fn storefront_tokens(&self, domain: &str) -> Vec<FakeStorefrontToken> {
        let mut tokens = self.storefront_tokens_ever(domain);
        tokens.retain(|token| token.alive);
        tokens
    }

    /// The storefront tokens ever made for a shop, dead ones included.
    ///
    /// # Panics
    ///
    /// When the shop is unknown.
    #[must_use]
    pub fn storefront_tokens_ever(&self, domain: &str) -> Vec<FakeStorefrontToken> {
        self.arranged(|service, _| Ok(truth::storefront_tokens(service.world.shop(domain)?)))
    }

    /// The texts of the storefront tokens that a shop ever had.
    pub(super) fn storefront_texts(&self, domain: &str) -> Vec<String> {
        let text = |shop: &super::state::Shop| {
            shop.storefront_tokens.iter().map(|token| token.token.clone()).collect()
        };
        self.arranged(|service, _| service.world.shop(domain).map(text))
    }

    /// Ends a storefront token that is known by its text.
    pub(super) fn kill_storefront_token(&self, domain: &str, text: &str) {
        self.arranged(|service, _| {
            let tokens = &mut service.world.shop_mut(domain)?.storefront_tokens;
            tokens.iter_mut().filter(|token| token.token == text).for_each(|token| token.dead = true);
            Ok(())
        });
    }

    /// The texts of the refresh tokens that a shop ever had.
    pub(super) fn refresh_texts(&self, domain: &str) -> Vec<String> {
        self.with(|service, _| service.world.vault.refreshes_of(domain))
    }

    /// Whether a storefront token works now.
    #[must_use]
    pub fn is_storefront_token_alive(&self, token: &str) -> bool {
        self.with(|service, _| service.world.shop_of_storefront_token(token).is_some())
    }

    /// Whether an app has this client secret, and it is not revoked.
    ///
    /// # Panics
    ///
    /// When the app is unknown.
    #[must_use]
    pub fn knows_secret(&self, client_id: &str, secret: &str) -> bool {
        self.arranged(|service, _| Ok(service.world.app(client_id)?.knows(secret)))
    }

    /// Whether an access token or a refresh token was minted by this client secret, and so dies with it.
    #[must_use]
    pub fn is_minted_by(&self, token: &str, secret: &str) -> bool {
        self.with(|service, _| service.world.vault.is_minted_by(token, secret))
    }

    /// Lets every token of a shop's app and the app's secrets die at once.
    pub(super) fn revoke_everything(&self, domain: &str, client_id: &str) {
        self.arranged(|service, _| {
            let secrets = service.world.app(client_id)?.secrets.clone();
            let shop = service.world.shop(domain)?.domain.clone();
            for secret in secrets {
                service.world.revoke_secret(client_id, &secret)?;
            }
            let alive = service.world.vault.tokens_of(&shop).any(|(_, token)| token.death.is_none());
            match alive {
                false => Ok(()),
                true => Err(Refusal("a token without a secret is left".to_owned())),
            }
        });
    }
}
