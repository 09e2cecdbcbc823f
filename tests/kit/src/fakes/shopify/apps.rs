//! Apps, their secrets, and where they are installed.

use serde::{Deserialize, Serialize};

use super::state::{Plan, Shop, World};
use crate::fakes::ground::{Refusal, owned, refuse};

/// Who may install an app, which decides the rules for its tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AppKind {
    /// Everybody; its tokens must expire from 2027 on.
    Public,
    /// Shops of one organisation.
    Custom,
}

/// An app to register with [`FakeShopify::add_app`](super::FakeShopify::add_app).
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewApp {
    /// The client id.
    pub client_id: String,
    /// The first client secret.
    pub client_secret: String,
    /// The organisation that owns it.
    pub owner: String,
    /// Who may install it.
    pub kind: AppKind,
    /// Scopes that every installation grants.
    pub required: Vec<String>,
    /// Scopes that an installation may give back.
    pub optional: Vec<String>,
    /// Whether it is a finance app, which may read people on every plan.
    pub finance: bool,
}

impl NewApp {
    /// A custom app of an organisation, without scopes.
    #[must_use]
    pub fn custom(client_id: &str, client_secret: &str, owner: &str) -> Self {
        Self {
            client_id: client_id.to_owned(),
            client_secret: client_secret.to_owned(),
            owner: owner.to_owned(),
            kind: AppKind::Custom,
            required: Vec::new(),
            optional: Vec::new(),
            finance: false,
        }
    }

    /// The same app, open to everybody.
    #[must_use]
    pub fn public(mut self) -> Self {
        self.kind = AppKind::Public;
        self
    }

    /// The same app with these required scopes.
    #[must_use]
    pub fn requiring(mut self, scopes: &[&str]) -> Self {
        self.required = owned(scopes);
        self
    }

    /// The same app with these optional scopes.
    #[must_use]
    pub fn optionally(mut self, scopes: &[&str]) -> Self {
        self.optional = owned(scopes);
        self
    }

    /// The same app as a finance app.
    #[must_use]
    pub fn for_finance(mut self) -> Self {
        self.finance = true;
        self
    }
}

impl std::fmt::Debug for NewApp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewApp").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}

pub(super) struct App {
    pub(super) number: u64,
    pub(super) client_id: String,
    pub(super) owner: String,
    pub(super) kind: AppKind,
    pub(super) required: Vec<String>,
    pub(super) optional: Vec<String>,
    pub(super) finance: bool,
    /// Whether requests come from an address that its list allows.
    pub(super) address_allowed: bool,
    /// Its secrets that are not revoked, oldest first.
    pub(super) secrets: Vec<String>,
}

impl App {
    pub(super) fn knows(&self, secret: &str) -> bool {
        self.secrets.iter().any(|known| known == secret)
    }
}

#[derive(Debug, Clone)]
pub(super) struct Installation {
    pub(super) number: u64,
    pub(super) granted: Vec<String>,
    /// Whether the platform's support switched `read_users` on.
    pub(super) people_enabled: bool,
}

/// The scopes that the fake knows; all others are invalid.
const SCOPES: &[&str] = &[
    "read_customers",
    "read_inventory",
    "read_orders",
    "read_products",
    "read_themes",
    "read_users",
    "unauthenticated_read_content",
    "unauthenticated_read_product_listings",
    "unauthenticated_write_checkouts",
    "write_customers",
    "write_inventory",
    "write_orders",
    "write_products",
    "write_themes",
];

pub(super) fn known_scopes() -> Vec<String> {
    owned(SCOPES)
}

/// Whether `held` covers `scope`: writing implies reading.
pub(super) fn covers(held: &[String], scope: &str) -> bool {
    let has = |wanted: &str| held.iter().any(|name| name == wanted);
    has(scope) || scope.strip_prefix("read_").is_some_and(|rest| has(&format!("write_{rest}")))
}

impl World {
    pub(super) fn add_app(&mut self, app: &NewApp) {
        let number = self.number();
        let app = App {
            number,
            client_id: app.client_id.clone(),
            owner: app.owner.clone(),
            kind: app.kind,
            required: app.required.clone(),
            optional: app.optional.clone(),
            finance: app.finance,
            address_allowed: true,
            secrets: vec![app.client_secret.clone()],
        };
        self.apps.insert(app.client_id.clone(), app);
    }

    pub(super) fn install(&mut self, domain: &str, client_id: &str) -> Result<(), Refusal> {
        let app = self.app(client_id)?;
        let granted = app.required.iter().chain(&app.optional).cloned().collect();
        let number = self.number();
        let installation = Installation { number, granted, people_enabled: true };
        self.shop_mut(domain)?.installations.insert(client_id.to_owned(), installation);
        Ok(())
    }

    /// Takes the app out; every token it has there dies.
    pub(super) fn uninstall(&mut self, domain: &str, client_id: &str) -> Result<(), Refusal> {
        let shop = self.shop_mut(domain)?;
        if shop.installations.remove(client_id).is_none() {
            return refuse(format!("{client_id} is not installed on {domain}"));
        }
        for token in shop.storefront_tokens.iter_mut().filter(|token| token.client_id == client_id) {
            token.dead = true;
        }
        let domain = shop.domain.clone();
        self.vault.uninstall(&domain, client_id);
        Ok(())
    }

    /// Revokes a secret, and with it every token that it minted.
    pub(super) fn revoke_secret(&mut self, client_id: &str, secret: &str) -> Result<(), Refusal> {
        let app = self.app_mut(client_id)?;
        if !app.knows(secret) {
            return refuse(format!("{client_id} has no such secret"));
        }
        app.secrets.retain(|known| known != secret);
        self.vault.revoke_secret(client_id, secret);
        Ok(())
    }
}

/// The outcome of giving scopes back.
pub(super) enum Revocation {
    Revoked(Vec<String>),
    Refused { code: &'static str, message: &'static str },
}

impl World {
    /// Gives optional scopes back: all of them or none.
    pub(super) fn revoke_scopes(&mut self, domain: &str, client_id: &str, scopes: &[String]) -> Revocation {
        let refused = |code, message| Revocation::Refused { code, message };
        let Ok(app) = self.app(client_id) else {
            return refused("APPLICATION_CANNOT_BE_FOUND", "The application cannot be found.");
        };
        let (required, optional) = (app.required.clone(), app.optional.clone());
        let Some(installation) =
            self.shop_mut(domain).ok().and_then(|shop| shop.installations.get_mut(client_id))
        else {
            return refused("APP_NOT_INSTALLED", "The application is not installed.");
        };
        let any = |test: &dyn Fn(&str) -> bool| scopes.iter().any(|scope| test(scope));
        if any(&|scope| !SCOPES.contains(&scope)) {
            return refused(
                "UNKNOWN_SCOPES",
                "The requested list of scopes to revoke includes invalid handles.",
            );
        }
        if any(&|scope| required.iter().any(|name| name == scope)) {
            return refused(
                "CANNOT_REVOKE_REQUIRED_SCOPES",
                "Scopes that are declared as required cannot be revoked.",
            );
        }
        let declared = |scope: &str| optional.iter().any(|name| name == scope);
        if any(&|scope| !declared(scope) && covers(&installation.granted, scope)) {
            return refused("CANNOT_REVOKE_IMPLIED_SCOPES", "Implied scopes cannot be revoked.");
        }
        if any(&|scope| !declared(scope)) {
            return refused("CANNOT_REVOKE_UNDECLARED_SCOPES", "Undeclared scopes cannot be revoked.");
        }
        installation.granted.retain(|held| !scopes.contains(held));
        Revocation::Revoked(scopes.to_vec())
    }
}

/// Whether the app may read the people of the shop, scope aside.
pub(super) fn people_open(shop: &Shop, app: &App) -> bool {
    let enabled = shop.installations.get(&app.client_id).is_some_and(|entry| entry.people_enabled);
    enabled && (app.finance || matches!(shop.plan, Plan::Advanced | Plan::Plus))
}
