//! API keys, apps, where they are installed, and the access tokens of those. Nothing here has `Debug`.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use guestpass::Timestamp;

use super::permissions::Permission;
use super::state::guid;
use crate::fakes::ground::{Refusal, later, owned, refuse};

/// All credentials of the platform.
#[derive(Default)]
pub(super) struct Credentials {
    keys: BTreeMap<String, ApiKey>,
    apps: BTreeMap<String, App>,
    installations: BTreeMap<String, Installation>,
    tokens: BTreeMap<String, Token>,
    minted: u64,
    /// Every key and secret there ever was.
    ever: BTreeSet<String>,
}

/// A key that the owner of an account made.
#[derive(Clone)]
pub(super) struct ApiKey {
    pub(super) account: String,
    pub(super) permissions: BTreeSet<Permission>,
    /// `None` stands for all sites of the account.
    pub(super) sites: Option<BTreeSet<String>>,
}

#[derive(Default)]
struct App {
    name: String,
    secrets: Vec<String>,
    /// A headless client has one installation, which no request names.
    headless: Option<String>,
    /// Where a headless client may send people back to.
    redirects: Vec<String>,
}

/// An app on a site.
#[derive(Clone)]
pub(super) struct Installation {
    pub(super) id: String,
    pub(super) client_id: String,
    pub(super) app_name: String,
    pub(super) site: String,
    pub(super) permissions: BTreeSet<Permission>,
}

/// An access token of an installation.
#[derive(Clone)]
pub(super) struct Token {
    pub(super) installation: String,
    pub(super) issued: Timestamp,
    pub(super) expires: Timestamp,
}

/// Why no token was minted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MintError {
    InvalidClient,
    InvalidGrant,
}

/// Arrangements.
impl Credentials {
    pub(super) fn add_key(&mut self, key: &str, account: &str, permissions: &[Permission]) {
        let permissions = permissions.iter().copied().collect();
        let made = ApiKey { account: account.to_owned(), permissions, sites: None };
        self.ever.insert(key.to_owned());
        self.keys.insert(key.to_owned(), made);
    }

    pub(super) fn key_mut(&mut self, key: &str) -> Result<&mut ApiKey, Refusal> {
        self.keys.get_mut(key).ok_or_else(|| Refusal("no such key".to_owned()))
    }

    pub(super) fn revoke_key(&mut self, key: &str) -> Result<(), Refusal> {
        self.keys.remove(key).map(drop).ok_or_else(|| Refusal("no such key".to_owned()))
    }

    pub(super) fn rotate_key(&mut self, old: &str, new: &str, old_works: bool) -> Result<(), Refusal> {
        let key = self.key_mut(old)?.clone();
        if !old_works {
            self.revoke_key(old)?;
        }
        self.ever.insert(new.to_owned());
        self.keys.insert(new.to_owned(), key);
        Ok(())
    }

    /// A second key that may do the same.
    pub(super) fn duplicate_key(&mut self, key: &str, copy: &str) -> Result<(), Refusal> {
        self.rotate_key(key, copy, true)
    }

    pub(super) fn add_app(&mut self, client_id: &str, secret: &str, name: &str) {
        let app = App { name: name.to_owned(), secrets: vec![secret.to_owned()], ..App::default() };
        self.apps.insert(client_id.to_owned(), app);
        self.ever.insert(secret.to_owned());
    }

    /// The app's tokens live on.
    pub(super) fn delete_secret(&mut self, client_id: &str, secret: &str) -> Result<(), Refusal> {
        let app = self.apps.get_mut(client_id).ok_or_else(|| Refusal("no such app".to_owned()))?;
        let place = app.secrets.iter().position(|known| known == secret);
        let place = place.ok_or_else(|| Refusal("no such secret".to_owned()))?;
        app.secrets.remove(place);
        Ok(())
    }

    /// The client can no longer ask for tokens; those that it has live on.
    pub(super) fn delete_app(&mut self, client_id: &str) -> Result<(), Refusal> {
        self.apps.remove(client_id).map(drop).ok_or_else(|| Refusal("no such app".to_owned()))
    }

    pub(super) fn rotate_secret(
        &mut self,
        client_id: &str,
        secret: &str,
        old_works: bool,
    ) -> Result<(), Refusal> {
        let Some(app) = self.apps.get_mut(client_id) else {
            return refuse("no such app");
        };
        if !old_works {
            app.secrets.clear();
        }
        app.secrets.push(secret.to_owned());
        self.ever.insert(secret.to_owned());
        Ok(())
    }

    /// Returns the id of the installation.
    pub(super) fn install(
        &mut self,
        client_id: &str,
        site: &str,
        permissions: &[Permission],
        headless: bool,
    ) -> Result<String, Refusal> {
        let id = guid("instance", self.installations.len() as u64);
        let Some(app) = self.apps.get_mut(client_id) else {
            return refuse("no such app");
        };
        if headless {
            app.headless = Some(id.clone());
        }
        let installation = Installation {
            id: id.clone(),
            client_id: client_id.to_owned(),
            app_name: app.name.clone(),
            site: site.to_owned(),
            permissions: permissions.iter().copied().collect(),
        };
        self.installations.insert(id.clone(), installation);
        Ok(id)
    }

    pub(super) fn installation_mut(&mut self, id: &str) -> Result<&mut Installation, Refusal> {
        self.installations.get_mut(id).ok_or_else(|| Refusal(format!("no installation {id}")))
    }

    /// Its tokens die with it.
    pub(super) fn uninstall(&mut self, id: &str) -> Result<(), Refusal> {
        self.installations.remove(id).ok_or_else(|| Refusal(format!("no installation {id}")))?;
        self.tokens.retain(|_, token| token.installation != id);
        Ok(())
    }

    pub(super) fn set_redirects(&mut self, client_id: &str, redirects: &[&str]) -> Result<(), Refusal> {
        let app = self.apps.get_mut(client_id).ok_or_else(|| Refusal("no such app".to_owned()))?;
        app.redirects = owned(redirects);
        Ok(())
    }

    /// The name of a headless client of this site, and where it may send people back to.
    pub(super) fn headless(&self, client_id: &str, site: &str) -> Option<(&str, &[String])> {
        let app = self.apps.get(client_id)?;
        let installation = self.installations.get(app.headless.as_ref()?)?;
        (installation.site == site).then_some((app.name.as_str(), app.redirects.as_slice()))
    }

    /// Whether the app would get a token with this secret.
    pub(super) fn knows(&self, client_id: &str, secret: &str) -> bool {
        self.apps.get(client_id).is_some_and(|app| app.secrets.iter().any(|known| known == secret))
    }

    /// Every key and secret there ever was.
    pub(super) fn ever(&self) -> Vec<String> {
        self.ever.iter().cloned().collect()
    }

    /// Every access token minted so far that still exists.
    pub(super) fn tokens(&self) -> Vec<String> {
        self.tokens.keys().cloned().collect()
    }
}

/// What requests do.
impl Credentials {
    pub(super) fn key(&self, key: &str) -> Option<&ApiKey> {
        self.keys.get(key)
    }

    /// The token, if it lives, and its installation.
    pub(super) fn live(&self, token: &str, now: Timestamp) -> Option<(&Token, &Installation)> {
        let token = self.tokens.get(token).filter(|token| now < token.expires)?;
        Some((token, self.installations.get(&token.installation)?))
    }

    /// Another token, equally good as those before it.
    pub(super) fn mint(
        &mut self,
        client_id: &str,
        secret: &str,
        instance: Option<&str>,
        lifetime: Duration,
        now: Timestamp,
    ) -> Result<String, MintError> {
        let app = self.apps.get(client_id).ok_or(MintError::InvalidClient)?;
        if !app.secrets.iter().any(|known| known == secret) {
            return Err(MintError::InvalidClient);
        }
        let id = instance.or(app.headless.as_deref()).ok_or(MintError::InvalidGrant)?;
        let installation = self.installations.get(id).filter(|found| found.client_id == client_id);
        let installation = installation.ok_or(MintError::InvalidGrant)?.id.clone();
        self.minted += 1;
        let token = format!("OauthNG.JWS.fake-access-{}", guid("token", self.minted));
        let expires = later(now, lifetime);
        self.tokens.insert(token.clone(), Token { installation, issued: now, expires });
        Ok(token)
    }
}
