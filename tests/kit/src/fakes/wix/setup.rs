//! The handle's methods that arrange the world and tell the truth about it.

use super::FakeWix;
use super::permissions::Permission;
use super::seed::{self, DemoSeed};
use super::truth::{self, FakeContributor, FakeInvite, FakeTeamMember};
use crate::fakes::ground::{owned, same_email};

/// Set-up of accounts, sites and credentials.
impl FakeWix {
    /// Adds the demonstration world: an account, two sites, an owner, a contributor with few rights and one with far
    /// too many, a support person who is not inside, an API key and an installed app.
    ///
    /// # Panics
    ///
    /// When it is there already.
    pub fn seed_demo(&self) -> DemoSeed {
        self.arranged(|service, now| seed::plant(&mut service.world, now))
    }

    /// Adds an account, or gives it another e-mail.
    pub fn add_account(&self, account_id: &str, email: &str) {
        self.with(|service, _| service.world.add_account(account_id, email));
    }

    /// The id of the account with this e-mail, which is made if there is none.
    #[must_use]
    pub fn account(&self, email: &str) -> String {
        self.with(|service, _| service.world.account(email))
    }

    /// Adds a site; the account is its owner. It has as many seats as it likes.
    ///
    /// # Panics
    ///
    /// When the account is unknown or the site exists.
    pub fn add_site(&self, account_id: &str, site_id: &str, name: &str) {
        self.arranged(|service, now| service.world.add_site(account_id, site_id, name, now));
    }

    /// Makes a site headless: listings leave it out unless asked for it.
    ///
    /// # Panics
    ///
    /// When the site is unknown.
    pub fn make_headless(&self, site_id: &str) {
        self.arranged(|service, _| service.world.site_mut(site_id).map(|site| site.headless = true));
    }

    /// Sets how many collaborators a site may have. Those who are inside stay.
    ///
    /// # Panics
    ///
    /// When the site is unknown.
    pub fn set_seats(&self, site_id: &str, seats: Option<usize>) {
        self.arranged(|service, _| service.world.site_mut(site_id).map(|site| site.seats = seats));
    }

    /// The merchant makes a role. Ids are decimal numbers of 19 digits.
    ///
    /// # Panics
    ///
    /// When the account is unknown.
    pub fn add_custom_role(&self, account_id: &str, role_id: &str, title: &str) {
        self.arranged(|service, _| service.world.add_custom_role(account_id, role_id, title));
    }

    /// The merchant makes an API key, good for all sites of the account.
    pub fn add_api_key(&self, account_id: &str, key: &str, permissions: &[Permission]) {
        self.with(|service, _| service.world.credentials.add_key(key, account_id, permissions));
    }

    /// The merchant selects the sites of a key.
    ///
    /// # Panics
    ///
    /// When the key is unknown.
    pub fn select_sites(&self, key: &str, site_ids: &[&str]) {
        let sites = owned(site_ids).into_iter().collect();
        self.arranged(|service, _| service.world.credentials.key_mut(key).map(|key| key.sites = Some(sites)));
    }

    /// The merchant changes what a key may do.
    ///
    /// # Panics
    ///
    /// When the key is unknown.
    pub fn set_key_permissions(&self, key: &str, permissions: &[Permission]) {
        let permissions = permissions.iter().copied().collect();
        self.arranged(|service, _| {
            service.world.credentials.key_mut(key).map(|key| key.permissions = permissions)
        });
    }

    /// The merchant puts another token in the place of a key's.
    ///
    /// # Panics
    ///
    /// When the key is unknown.
    pub fn rotate_key(&self, old: &str, new: &str) {
        self.arranged(|service, _| {
            service.world.credentials.rotate_key(old, new, service.quirks.old_key_works)
        });
    }

    /// The merchant duplicates a key: the copy may do the same, and both work.
    ///
    /// # Panics
    ///
    /// When the key is unknown.
    pub fn duplicate_key(&self, key: &str, copy: &str) {
        self.arranged(|service, _| service.world.credentials.duplicate_key(key, copy));
    }

    /// The merchant deletes a key.
    ///
    /// # Panics
    ///
    /// When the key is unknown.
    pub fn revoke_key(&self, key: &str) {
        self.arranged(|service, _| service.world.credentials.revoke_key(key));
    }

    /// Registers an app.
    pub fn add_app(&self, client_id: &str, client_secret: &str, name: &str) {
        self.with(|service, _| service.world.credentials.add_app(client_id, client_secret, name));
    }

    /// The vendor makes another secret for an app.
    ///
    /// # Panics
    ///
    /// When the app is unknown.
    pub fn rotate_app_secret(&self, client_id: &str, client_secret: &str) {
        self.arranged(|service, _| {
            let overlap = service.quirks.old_secret_works;
            service.world.credentials.rotate_secret(client_id, client_secret, overlap)
        });
    }

    /// The vendor deletes a secret of an app. Tokens that were minted live on.
    ///
    /// # Panics
    ///
    /// When the app has no such secret.
    pub fn delete_app_secret(&self, client_id: &str, client_secret: &str) {
        self.arranged(|service, _| service.world.credentials.delete_secret(client_id, client_secret));
    }

    /// Deletes an app or a headless client, which can no longer ask for tokens. Those that it has live on.
    ///
    /// # Panics
    ///
    /// When the app is unknown.
    pub fn delete_app(&self, client_id: &str) {
        self.arranged(|service, _| service.world.credentials.delete_app(client_id));
    }

    /// The merchant installs an app. Returns the id of the installation.
    ///
    /// # Panics
    ///
    /// When the app or the site is unknown.
    pub fn install_app(&self, client_id: &str, site_id: &str, permissions: &[Permission]) -> String {
        self.arranged(|service, _| {
            service.world.site(site_id)?;
            service.world.credentials.install(client_id, site_id, permissions, false)
        })
    }

    /// Binds a client to a site without an installation, as headless projects do: it mints without `instance_id`.
    ///
    /// # Panics
    ///
    /// When the app or the site is unknown.
    pub fn bind_headless(&self, client_id: &str, site_id: &str, permissions: &[Permission]) {
        self.arranged(|service, _| {
            service.world.site(site_id)?;
            service.world.credentials.install(client_id, site_id, permissions, true).map(drop)
        });
    }

    /// Where a headless client may send people back to.
    ///
    /// # Panics
    ///
    /// When the app is unknown.
    pub fn set_redirects(&self, client_id: &str, redirects: &[&str]) {
        self.arranged(|service, _| service.world.credentials.set_redirects(client_id, redirects));
    }

    /// The merchant changes what an installed app may do.
    ///
    /// # Panics
    ///
    /// When there is no such installation.
    pub fn set_app_permissions(&self, instance_id: &str, permissions: &[Permission]) {
        let permissions = permissions.iter().copied().collect();
        self.arranged(|service, _| {
            let installation = service.world.credentials.installation_mut(instance_id);
            installation.map(|installation| installation.permissions = permissions)
        });
    }

    /// The merchant uninstalls an app; its access tokens die.
    ///
    /// # Panics
    ///
    /// When there is no such installation.
    pub fn uninstall_app(&self, instance_id: &str) {
        self.arranged(|service, _| service.world.credentials.uninstall(instance_id));
    }
}

/// What the merchant and the people do by hand.
impl FakeWix {
    /// The merchant adds a contributor behind our back. Returns the id of the account, which is made if needed.
    ///
    /// # Panics
    ///
    /// When the site is unknown.
    pub fn add_contributor(&self, site_id: &str, email: &str, roles: &[&str]) -> String {
        self.arranged(|service, now| service.world.add_contributor(site_id, email, &owned(roles), now))
    }

    /// The merchant removes a contributor behind our back.
    ///
    /// # Panics
    ///
    /// When there is no such contributor.
    pub fn remove_contributor(&self, site_id: &str, email: &str) {
        self.arranged(|service, now| service.world.dismiss_by_hand(site_id, email, now));
    }

    /// The merchant changes all roles of a contributor behind our back.
    ///
    /// # Panics
    ///
    /// When there is no such contributor.
    pub fn change_roles(&self, site_id: &str, email: &str, roles: &[&str]) {
        self.arranged(|service, now| service.world.change_roles_by_hand(site_id, email, &owned(roles), now));
    }

    /// The invited person accepts with the account of the invited address. Returns the id of that account.
    ///
    /// # Panics
    ///
    /// When no invitation of that address is pending.
    pub fn accept(&self, site_id: &str, email: &str) -> String {
        self.arranged(|service, now| service.world.accept(site_id, email, None, now))
    }

    /// Somebody accepts with an account of their choice, which nothing ties to the invited address.
    ///
    /// # Panics
    ///
    /// When no invitation of that address is pending, or the account is unknown.
    pub fn accept_as(&self, site_id: &str, email: &str, account_id: &str) {
        self.arranged(|service, now| service.world.accept(site_id, email, Some(account_id), now));
    }

    /// The invited person declines.
    ///
    /// # Panics
    ///
    /// When no invitation of that address is pending.
    pub fn decline(&self, site_id: &str, email: &str) {
        self.arranged(|service, now| service.world.decline(site_id, email, now));
    }

    /// The invited person joins the team of an account. Returns the id as a user.
    ///
    /// # Panics
    ///
    /// When no such invitation is pending.
    pub fn accept_team_invite(&self, account_id: &str, email: &str) -> String {
        self.arranged(|service, now| service.world.join_team(account_id, email, now))
    }
}

/// Ground truth. These see every write at once, whatever `visibility_delay` says.
impl FakeWix {
    /// The contributors of a site, without its owner.
    ///
    /// # Panics
    ///
    /// When the site is unknown.
    #[must_use]
    pub fn contributors(&self, site_id: &str) -> Vec<FakeContributor> {
        self.arranged(|service, _| Ok(truth::contributors(service.world.site(site_id)?, &service.world)))
    }

    /// Whether the account of that e-mail is a contributor of a site.
    ///
    /// # Panics
    ///
    /// When the site is unknown.
    #[must_use]
    pub fn is_contributor(&self, site_id: &str, email: &str) -> bool {
        self.contributors(site_id).iter().any(|contributor| same_email(&contributor.email, email))
    }

    /// All invitations of a site, oldest first.
    ///
    /// # Panics
    ///
    /// When the site is unknown.
    #[must_use]
    pub fn invites(&self, site_id: &str) -> Vec<FakeInvite> {
        self.arranged(|service, now| Ok(truth::invites(service.world.site(site_id)?, now)))
    }

    /// The secret links of all invitations of a site.
    ///
    /// # Panics
    ///
    /// When the site is unknown.
    #[must_use]
    pub fn accept_links(&self, site_id: &str) -> Vec<String> {
        self.arranged(|service, _| {
            let invites = &service.world.site(site_id)?.invites;
            Ok(invites.iter().map(|invite| invite.accept_link.clone()).collect())
        })
    }

    /// How many invitations of that address the API made.
    ///
    /// # Panics
    ///
    /// When the site is unknown.
    #[must_use]
    pub fn invitations(&self, site_id: &str, email: &str) -> usize {
        let email = email.to_lowercase();
        self.arranged(|service, _| {
            Ok(service.world.site(site_id)?.invitations.get(&email).copied().unwrap_or_default())
        })
    }

    /// How often the API ended an access or a pending invitation of that address. A contributor is counted under the
    /// e-mail of the account and under the address that was invited.
    ///
    /// # Panics
    ///
    /// When the site is unknown.
    #[must_use]
    pub fn removals(&self, site_id: &str, email: &str) -> usize {
        let email = email.to_lowercase();
        self.arranged(|service, _| {
            Ok(service.world.site(site_id)?.removals.get(&email).copied().unwrap_or_default())
        })
    }

    /// The team of an account.
    #[must_use]
    pub fn team(&self, account_id: &str) -> Vec<FakeTeamMember> {
        self.with(|service, _| truth::team(account_id, &service.world))
    }

    /// Whether a program that uses this API key now would be let in.
    #[must_use]
    pub fn key_works(&self, key: &str) -> bool {
        self.with(|service, _| service.world.credentials.key(key).is_some())
    }

    /// Whether a program that asks with this client id and secret now would get a token.
    #[must_use]
    pub fn secret_works(&self, client_id: &str, client_secret: &str) -> bool {
        self.with(|service, _| service.world.credentials.knows(client_id, client_secret))
    }

    /// Everything that may show nowhere: keys and secrets, dead ones too, and access tokens.
    #[must_use]
    pub fn secrets(&self) -> Vec<String> {
        self.with(|service, _| {
            let credentials = &service.world.credentials;
            credentials.ever().into_iter().chain(credentials.tokens()).collect()
        })
    }

    /// The access tokens that exist, expired ones too.
    #[must_use]
    pub fn access_tokens(&self) -> Vec<String> {
        self.with(|service, _| service.world.credentials.tokens())
    }

    /// How many requests came with both selector headers, which no client should send.
    #[must_use]
    pub fn doubly_selected(&self) -> usize {
        self.with(|service, _| service.doubly_selected)
    }
}
