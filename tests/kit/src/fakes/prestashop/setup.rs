//! The handle's methods that arrange the shop and tell the truth about it.

use std::collections::BTreeMap;

use super::FakePrestashop;
use super::seed::{self, DemoSeed};
use super::state::{Employee, MAIN_SHOP, World, permissions};
use super::truth::{self, FakeApiClient, FakeEmployee, FakeKey};
use super::version::PrestashopVersion;
use crate::fakes::ground::owned;

/// The shop and its keys.
impl FakePrestashop {
    /// Adds the demonstration shop: profiles, an owner, two ordinary employees, a webservice key and a client of the
    /// Admin API.
    ///
    /// # Panics
    ///
    /// When it is there already.
    pub fn seed_demo(&self) -> DemoSeed {
        self.arranged(|service, now| seed::plant(&mut service.world, now))
    }

    /// Becomes another line of PrestaShop. To be said before anybody is added: hashes and columns do not follow.
    pub fn set_version(&self, version: PrestashopVersion) {
        self.with(|service, _| service.world.version = version);
    }

    /// Moves the shop into a folder: `/prestashop/`.
    pub fn set_base_path(&self, path: &str) {
        self.add_shop(MAIN_SHOP, path);
    }

    /// Adds a shop, with the folder it begins at, to the only group of shops.
    pub fn add_shop(&self, id: u64, path: &str) {
        self.with(|service, _| service.world.shops.insert(id, path.to_owned()));
    }

    /// Switches the multistore feature on or off: off, a call for several shops sees the main one.
    pub fn set_multistore(&self, on: bool) {
        self.with(|service, _| service.world.multistore_on = on);
    }

    /// Gives the shop a domain of its own, or with `None` the address of the fake again. Requests to any other are
    /// sent there.
    pub fn set_main_domain(&self, domain: Option<&str>) {
        self.with(|service, _| service.world.main_domain = domain.map(str::to_owned));
    }

    /// Names the shop.
    pub fn set_shop_name(&self, name: &str) {
        self.with(|service, _| service.world.shop_name = name.to_owned());
    }

    /// Switches the webservice on or off.
    pub fn set_webservice(&self, on: bool) {
        self.with(|service, _| service.world.webservice_on = on);
    }

    /// Adds a webservice key for the main shop: resources, with the methods for each.
    ///
    /// # Panics
    ///
    /// When the key exists.
    pub fn add_key(&self, key: &str, may: &[(&str, &[&str])]) {
        self.arranged(|service, _| service.world.add_key(key, permissions(may)).map(drop));
    }

    /// Replaces what a key may do.
    ///
    /// # Panics
    ///
    /// When the key is unknown.
    pub fn set_key_permissions(&self, key: &str, may: &[(&str, &[&str])]) {
        self.arranged(|service, _| service.world.key_mut(key).map(|key| key.permissions = permissions(may)));
    }

    /// Replaces the shops a key is for.
    ///
    /// # Panics
    ///
    /// When the key is unknown.
    pub fn set_key_shops(&self, key: &str, shops: &[u64]) {
        self.arranged(|service, _| {
            service.world.key_mut(key).map(|key| key.shops = shops.iter().copied().collect())
        });
    }

    /// Switches a key on or off.
    ///
    /// # Panics
    ///
    /// When the key is unknown.
    pub fn set_key_enabled(&self, key: &str, enabled: bool) {
        self.arranged(|service, _| service.world.key_mut(key).map(|key| key.enabled = enabled));
    }

    /// Adds a client of the Admin API.
    pub fn add_api_client(&self, client_id: &str, secret: &str, scopes: &[&str]) {
        self.with(|service, _| service.world.apps.register(client_id, secret, owned(scopes)));
    }

    /// Sets how long the tokens of a client live, in seconds.
    ///
    /// # Panics
    ///
    /// When the client is unknown.
    pub fn set_client_lifetime(&self, client_id: &str, seconds: u64) {
        self.arranged(|service, _| {
            service.world.apps.client_mut(client_id).map(|client| client.lifetime = seconds)
        });
    }

    /// Lets another server issue the tokens of a client.
    ///
    /// # Panics
    ///
    /// When the client is unknown.
    pub fn make_client_external(&self, client_id: &str) {
        let issuer = Some("http://issuer.example/realms/merchant".to_owned());
        self.arranged(|service, _| {
            service.world.apps.client_mut(client_id).map(|client| client.issuer = issuer)
        });
    }

    /// Adds a client of the authorization server elsewhere, see [`external_token_url`](Self::external_token_url).
    pub fn add_external_client(&self, client_id: &str, secret: &str, scopes: &[&str]) {
        self.with(|service, _| service.world.apps.trust(client_id, secret, owned(scopes)));
    }

    /// Adds a profile, or renames it.
    pub fn add_profile(&self, id: u64, name: &str) {
        self.with(|service, _| service.world.set_profile_name(id, name));
    }
}

/// What the merchant does in the back office, or somebody in the database. None of it counts as ours.
impl FakePrestashop {
    /// Adds an active employee of the main shop. An address may be there twice. Returns the id.
    pub fn add_employee(&self, email: &str, first: &str, last: &str, profile: u64) -> u64 {
        self.with(|service, now| {
            service.world.hire(email, (first, last), profile, "Merchant-Passw0rd-0", now)
        })
    }

    /// Removes an employee.
    ///
    /// # Panics
    ///
    /// When nobody has that e-mail.
    pub fn remove_employee(&self, email: &str) {
        self.arranged(|service, _| service.world.fire(email));
    }

    /// Deletes a client of the Admin API. Tokens that it has live on.
    ///
    /// # Panics
    ///
    /// When the client is unknown.
    pub fn delete_api_client(&self, client_id: &str) {
        self.arranged(|service, _| service.world.apps.delete(client_id));
    }

    /// Switches an employee on or off.
    ///
    /// # Panics
    ///
    /// When nobody has that e-mail.
    pub fn set_active(&self, email: &str, active: bool) {
        self.change(email, |employee| employee.set("active", if active { "1" } else { "0" }));
    }

    /// Gives an employee a profile, which need not exist.
    ///
    /// # Panics
    ///
    /// When nobody has that e-mail.
    pub fn set_profile(&self, email: &str, profile: u64) {
        self.change(email, |employee| employee.set("id_profile", profile.to_string()));
    }

    /// Replaces the shops that an employee is associated with; without any, nobody finds them.
    ///
    /// # Panics
    ///
    /// When nobody has that e-mail.
    pub fn set_employee_shops(&self, email: &str, shops: &[u64]) {
        self.change(email, |employee| employee.shops = shops.iter().copied().collect());
    }

    /// Somebody asked for a new password: 40 hexadecimal digits that a link would carry.
    ///
    /// # Panics
    ///
    /// When nobody has that e-mail.
    pub fn set_reset_token(&self, email: &str, token: &str) {
        self.change(email, |employee| employee.set("reset_password_token", token));
    }

    /// Empties the dates that make PATCH fail, of all employees, in the database.
    pub fn null_compare_dates(&self) {
        self.with(|service, _| service.world.null_compare_dates());
    }

    fn change(&self, email: &str, change: impl FnOnce(&mut Employee)) {
        self.arranged(|service, _| service.world.by_email(email).map(change));
    }
}

/// Ground truth.
impl FakePrestashop {
    /// All employees, by id.
    #[must_use]
    pub fn employees(&self) -> Vec<FakeEmployee> {
        self.with(|service, _| truth::employees(&service.world))
    }

    /// The first employee of that e-mail, whatever its case.
    #[must_use]
    pub fn employee(&self, email: &str) -> Option<FakeEmployee> {
        self.employees().into_iter().find(|employee| employee.email.eq_ignore_ascii_case(email))
    }

    /// The password of the first employee of that e-mail, in plain.
    #[must_use]
    pub fn password_of(&self, email: &str) -> Option<String> {
        self.with(|service, _| service.world.by_email(email).ok().map(|employee| employee.password.clone()))
    }

    /// All webservice keys.
    #[must_use]
    pub fn keys(&self) -> Vec<FakeKey> {
        self.with(|service, _| truth::keys(&service.world))
    }

    /// Every client of the Admin API that there ever was, by id.
    #[must_use]
    pub fn api_clients(&self) -> Vec<FakeApiClient> {
        self.with(|service, now| truth::api_clients(&service.world, now))
    }

    /// Whether a program that uses this key now would be let in.
    #[must_use]
    pub fn key_works(&self, key: &str) -> bool {
        self.with(|service, now| {
            let on = service.world.webservice_on;
            on && service
                .world
                .key_seen(key, now)
                .is_some_and(|key| key.enabled && !key.permissions.is_empty())
        })
    }

    /// Whether a program that asks with this client id and secret now would get a token.
    #[must_use]
    pub fn client_works(&self, client_id: &str, secret: &str) -> bool {
        self.with(|service, _| service.world.apps.knows(client_id, secret))
    }

    /// How often the API gave that e-mail an access: active employees made, and inactive ones switched on.
    #[must_use]
    pub fn admissions(&self, email: &str) -> usize {
        self.counted(email, |world| &world.admissions)
    }

    /// How often the API took an access of that e-mail away: active employees deleted or switched off.
    #[must_use]
    pub fn removals(&self, email: &str) -> usize {
        self.counted(email, |world| &world.removals)
    }

    /// Everything that may show nowhere: keys, passwords and their hashes, reset tokens, secrets and access tokens.
    #[must_use]
    pub fn secrets(&self) -> Vec<String> {
        self.with(|service, _| truth::secrets(&service.world))
    }

    fn counted(&self, email: &str, book: impl FnOnce(&World) -> &BTreeMap<String, usize>) -> usize {
        self.with(|service, _| book(&service.world).get(&email.to_lowercase()).copied().unwrap_or_default())
    }
}
