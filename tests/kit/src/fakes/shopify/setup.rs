//! The handle's methods that arrange shops, apps and tokens.

use std::time::Duration;

use super::FakeShopify;
use super::apps::NewApp;
use super::seed::{self, DemoSeed};
use super::state::{Plan, ShopState, StaffKind};
use super::vault::{Code, Rotation, Session};
use crate::fakes::ground::{Refusal, later, owned};

/// How long the dashboard's refresh token for the legacy rotation lives.
const ROTATION_LIFETIME: Duration = Duration::from_secs(3600);

/// Shops and their settings.
impl FakeShopify {
    /// Adds the demonstration world: a shop on the largest plan with an owner, staff, a collaborator and a request,
    /// a shop on the smallest plan, an app, and its tokens.
    ///
    /// # Panics
    ///
    /// When it is there already.
    pub fn seed_demo(&self) -> DemoSeed {
        self.arranged(|service, now| seed::plant(&mut service.world, now))
    }

    /// Adds a shop; its owner becomes an account that has signed in. No request code is needed at first.
    ///
    /// # Panics
    ///
    /// When the domain is no `*.myshopify.com` or the shop exists.
    pub fn add_shop(&self, domain: &str, name: &str, plan: Plan, owner_email: &str) {
        self.arranged(|service, now| service.world.add_shop(domain, name, plan, owner_email, now));
    }

    /// Changes the plan of a shop.
    ///
    /// # Panics
    ///
    /// When the shop is unknown.
    pub fn set_plan(&self, domain: &str, plan: Plan) {
        self.arranged(|service, _| {
            service.world.shop_mut(domain)?.plan = plan;
            Ok(())
        });
    }

    /// Freezes, locks, closes or reopens a shop.
    ///
    /// # Panics
    ///
    /// When the shop is unknown.
    pub fn set_state(&self, domain: &str, state: ShopState) {
        self.arranged(|service, _| {
            service.world.shop_mut(domain)?.state = state;
            Ok(())
        });
    }

    /// Says which organisation owns a shop; only its own apps may use client credentials there.
    ///
    /// # Panics
    ///
    /// When the shop is unknown.
    pub fn set_merchant(&self, domain: &str, organisation: &str) {
        self.arranged(|service, _| {
            service.world.shop_mut(domain)?.merchant = organisation.to_owned();
            Ok(())
        });
    }

    /// Sets the collaborator request code, or turns it off.
    ///
    /// # Panics
    ///
    /// When the shop is unknown.
    pub fn set_request_code(&self, domain: &str, code: Option<&str>) {
        self.arranged(|service, _| {
            service.world.shop_mut(domain)?.code = code.map(str::to_owned);
            Ok(())
        });
    }

    /// Adds an account that belongs to no partner organisation. Returns its id.
    ///
    /// # Panics
    ///
    /// When the shop is unknown or the e-mail has an account there.
    pub fn add_staff(&self, domain: &str, kind: StaffKind, email: &str, first: &str, last: &str) -> String {
        self.arranged(|service, now| {
            let number = service.world.add_staff(domain, kind, email, first, last, now)?;
            Ok(format!("gid://shopify/StaffMember/{number}"))
        })
    }
}

/// Apps and tokens.
impl FakeShopify {
    /// Registers an app, or replaces it.
    pub fn add_app(&self, app: &NewApp) {
        self.with(|service, _| service.world.add_app(app));
    }

    /// Installs an app; all its scopes are granted, and `read_users` is switched on.
    ///
    /// # Panics
    ///
    /// When the shop or the app is unknown.
    pub fn install(&self, domain: &str, client_id: &str) {
        self.arranged(|service, _| service.world.install(domain, client_id));
    }

    /// The merchant takes the app out; every token it has there dies.
    ///
    /// # Panics
    ///
    /// When it is not installed.
    pub fn uninstall(&self, domain: &str, client_id: &str) {
        self.arranged(|service, _| service.world.uninstall(domain, client_id));
    }

    /// Replaces the scopes that an installation grants.
    ///
    /// # Panics
    ///
    /// When the app is not installed.
    pub fn set_scopes(&self, domain: &str, client_id: &str, scopes: &[&str]) {
        self.arranged(|service, _| {
            let shop = service.world.shop_mut(domain)?;
            let missing = || Refusal(format!("{client_id} is not installed on {domain}"));
            shop.installations.get_mut(client_id).ok_or_else(missing)?.granted = owned(scopes);
            Ok(())
        });
    }

    /// The platform's support switches reading of people on or off for an app on a shop.
    ///
    /// # Panics
    ///
    /// When the app is not installed.
    pub fn enable_read_users(&self, domain: &str, client_id: &str, enabled: bool) {
        self.arranged(|service, _| {
            let shop = service.world.shop_mut(domain)?;
            let missing = || Refusal(format!("{client_id} is not installed on {domain}"));
            shop.installations.get_mut(client_id).ok_or_else(missing)?.people_enabled = enabled;
            Ok(())
        });
    }

    /// Whether requests of an app come from an address on its list.
    ///
    /// # Panics
    ///
    /// When the app is unknown.
    pub fn allow_address(&self, client_id: &str, allowed: bool) {
        self.arranged(|service, _| {
            service.world.app_mut(client_id)?.address_allowed = allowed;
            Ok(())
        });
    }

    /// Adds a secret beside the others, as the dashboard does for a rotation.
    ///
    /// # Panics
    ///
    /// When the app is unknown.
    pub fn add_secret(&self, client_id: &str, secret: &str) {
        self.arranged(|service, _| {
            service.world.app_mut(client_id)?.secrets.push(secret.to_owned());
            Ok(())
        });
    }

    /// Revokes a secret, and with it every token that it minted.
    ///
    /// # Panics
    ///
    /// When the app has no such secret.
    pub fn revoke_secret(&self, client_id: &str, secret: &str) {
        self.arranged(|service, _| service.world.revoke_secret(client_id, secret));
    }

    /// Adds a token that never expires, minted by the oldest secret of the app.
    ///
    /// # Panics
    ///
    /// When the shop or the app is unknown.
    pub fn add_token(&self, domain: &str, client_id: &str, token: &str) {
        self.arranged(|service, _| {
            let secret = service.world.app(client_id)?.secrets.first().cloned();
            let shop = service.world.shop(domain)?.domain.clone();
            service.world.vault.add_static(token, &shop, client_id, secret.as_deref());
            Ok(())
        });
    }

    /// Adds an expiring token and its refresh token, minted now by the oldest secret of the app.
    ///
    /// # Panics
    ///
    /// When the shop or the app is unknown.
    pub fn add_expiring_token(&self, domain: &str, client_id: &str, token: &str, refresh_token: &str) {
        self.arranged(|service, now| {
            let secret = service.world.app(client_id)?.secrets.first().cloned().unwrap_or_default();
            let shop = service.world.shop(domain)?.domain.clone();
            service.world.vault.add_pair(token, refresh_token, &shop, client_id, &secret, now);
            Ok(())
        });
    }

    /// An app makes a storefront token. Returns its text.
    ///
    /// # Panics
    ///
    /// When the shop is unknown, or the app may not.
    pub fn add_storefront_token(&self, domain: &str, client_id: &str, title: &str) -> String {
        self.arranged(|service, now| {
            let number = service.world.create_storefront_token(domain, client_id, title, now)?;
            service.world.storefront_text(domain, number)
        })
    }

    /// Deletes a storefront token by its id, as its app would.
    ///
    /// # Panics
    ///
    /// When there is no such token.
    pub fn delete_storefront_token(&self, domain: &str, client_id: &str, id: &str) {
        self.arranged(|service, _| {
            let number = id.rsplit('/').next().and_then(|number| number.parse().ok());
            match number
                .is_some_and(|number| service.world.delete_storefront_token(domain, client_id, number))
            {
                true => Ok(()),
                false => Err(Refusal(format!("no storefront token {id}"))),
            }
        });
    }

    /// Kills an access token or a refresh token, which the real platform does for itself alone.
    ///
    /// # Panics
    ///
    /// When there is no such token.
    pub fn revoke_token(&self, token: &str) {
        self.arranged(|service, _| {
            let vault = &mut service.world.vault;
            match vault.kill(token) || vault.kill_refresh(token) {
                true => Ok(()),
                false => Err(Refusal("no such token".to_owned())),
            }
        });
    }

    /// Issues an authorization code; for the online token of somebody, if one is named.
    ///
    /// # Panics
    ///
    /// When the shop is unknown.
    pub fn add_code(&self, code: &str, domain: &str, client_id: &str, person: Option<&str>) {
        self.arranged(|service, _| {
            let shop = service.world.shop(domain)?.domain.clone();
            let (client_id, person) = (client_id.to_owned(), person.map(str::to_owned));
            service.world.vault.codes.insert(code.to_owned(), Code { shop, client_id, person });
            Ok(())
        });
    }

    /// Somebody opens the app inside the admin, which hands this session token to it.
    ///
    /// # Panics
    ///
    /// When the shop is unknown.
    pub fn add_session(&self, session_token: &str, domain: &str, client_id: &str, person: &str) {
        self.arranged(|service, _| {
            let shop = service.world.shop(domain)?.domain.clone();
            let session = Session { shop, client_id: client_id.to_owned(), person: person.to_owned() };
            service.world.vault.sessions.insert(session_token.to_owned(), session);
            Ok(())
        });
    }

    /// The dashboard makes a refresh token for the legacy rotation, good for an hour.
    pub fn add_rotation(&self, refresh_token: &str, client_id: &str) {
        self.with(|service, now| {
            let expires_at = later(now, ROTATION_LIFETIME);
            let rotation = Rotation { client_id: client_id.to_owned(), expires_at };
            service.world.vault.rotations.insert(refresh_token.to_owned(), rotation);
        });
    }
}
