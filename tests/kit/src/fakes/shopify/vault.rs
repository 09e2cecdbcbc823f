//! Access tokens and refresh tokens: what is valid, until when, and what kills it.

use std::collections::BTreeMap;
use std::time::Duration;

use guestpass::Timestamp;
use serde::{Deserialize, Serialize};

use super::quirks::{Quirks, RepeatedRefresh};
use crate::fakes::ground::later;

const ACCESS_LIFETIME: Duration = Duration::from_secs(3600);
const REFRESH_LIFETIME: Duration = Duration::from_secs(90 * 24 * 3600);
/// How long after its first use a refresh token may be used again.
const REPEAT_WINDOW: Duration = Duration::from_secs(30 * 24 * 3600);

/// How a token came to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TokenKind {
    /// For ever, as custom apps of a shop's admin and old installations have.
    Static,
    /// An hour, with a refresh token.
    Expiring,
    /// A day, by client credentials.
    ClientCredentials,
    /// Of somebody who is signed in.
    Online,
    /// Made of another token.
    Delegate,
}

/// All tokens of the platform.
#[derive(Default)]
pub(super) struct Vault {
    tokens: BTreeMap<String, Token>,
    refreshes: BTreeMap<String, Refresh>,
    pub(super) codes: BTreeMap<String, Code>,
    pub(super) sessions: BTreeMap<String, Session>,
    pub(super) rotations: BTreeMap<String, Rotation>,
    minted: u64,
}

#[derive(Clone)]
pub(super) struct Token {
    pub(super) shop: String,
    pub(super) client_id: String,
    pub(super) kind: TokenKind,
    /// The secret that minted it, and kills it when revoked.
    secret: Option<String>,
    /// Its own scopes, where they are fewer than those of the installation.
    pub(super) scopes: Option<Vec<String>>,
    pub(super) expires_at: Option<Timestamp>,
    pub(super) parent: Option<String>,
    /// The account that an online token belongs to.
    pub(super) person: Option<String>,
    /// The refresh token whose use made it.
    made_by: Option<String>,
    pub(super) death: Option<Death>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Death {
    Revoked,
    Uninstalled,
}

#[derive(Clone)]
struct Refresh {
    shop: String,
    client_id: String,
    secret: String,
    expires_at: Timestamp,
    first_used: Option<Timestamp>,
    made_by: Option<String>,
    /// The pair that its last use gave.
    gave: Option<(String, String)>,
    dead: bool,
}

/// An authorization code, good for one exchange.
pub(super) struct Code {
    pub(super) shop: String,
    pub(super) client_id: String,
    pub(super) person: Option<String>,
}

/// A session token of somebody who uses the app inside the admin.
pub(super) struct Session {
    pub(super) shop: String,
    pub(super) client_id: String,
    pub(super) person: String,
}

/// What the dashboard makes for the rotation of tokens that never expire.
pub(super) struct Rotation {
    pub(super) client_id: String,
    pub(super) expires_at: Timestamp,
}

/// What a grant gives.
pub(super) struct Pair {
    pub(super) access: String,
    pub(super) refresh: String,
    pub(super) access_left: Duration,
    pub(super) refresh_left: Duration,
}

impl Vault {
    fn fresh(&mut self, prefix: &str) -> String {
        self.minted += 1;
        format!("{prefix}fake{:028x}", self.minted)
    }

    /// A code that nobody has used.
    pub(super) fn mint_code(&mut self, shop: &str, client_id: &str) -> String {
        let code = self.fresh("code");
        let entry = Code { shop: shop.to_owned(), client_id: client_id.to_owned(), person: None };
        self.codes.insert(code.clone(), entry);
        code
    }

    pub(super) fn add_static(&mut self, token: &str, shop: &str, client_id: &str, secret: Option<&str>) {
        let entry = Token {
            shop: shop.to_owned(),
            client_id: client_id.to_owned(),
            kind: TokenKind::Static,
            secret: secret.map(str::to_owned),
            scopes: None,
            expires_at: None,
            parent: None,
            person: None,
            made_by: None,
            death: None,
        };
        self.tokens.insert(token.to_owned(), entry);
    }

    /// Plants an expiring pair with given texts, as an earlier authorization would have left it.
    pub(super) fn add_pair(
        &mut self,
        access: &str,
        refresh: &str,
        shop: &str,
        client_id: &str,
        secret: &str,
        now: Timestamp,
    ) {
        self.add_static(access, shop, client_id, Some(secret));
        if let Some(token) = self.tokens.get_mut(access) {
            token.kind = TokenKind::Expiring;
            token.expires_at = Some(later(now, ACCESS_LIFETIME));
        }
        let entry = Refresh {
            shop: shop.to_owned(),
            client_id: client_id.to_owned(),
            secret: secret.to_owned(),
            expires_at: later(now, REFRESH_LIFETIME),
            first_used: None,
            made_by: None,
            gave: None,
            dead: false,
        };
        self.refreshes.insert(refresh.to_owned(), entry);
    }

    pub(super) fn mint_static(&mut self, shop: &str, client_id: &str, secret: &str) -> String {
        let access = self.fresh("shpat_");
        self.add_static(&access, shop, client_id, Some(secret));
        access
    }

    /// A token that ends after a while and has no refresh token.
    pub(super) fn mint_for(
        &mut self,
        kind: TokenKind,
        shop: &str,
        client_id: &str,
        secret: &str,
        lifetime: Duration,
        now: Timestamp,
    ) -> String {
        let access = self.fresh(if kind == TokenKind::Online { "shpua_" } else { "shpat_" });
        self.add_static(&access, shop, client_id, Some(secret));
        if let Some(token) = self.tokens.get_mut(&access) {
            token.kind = kind;
            token.expires_at = Some(later(now, lifetime));
        }
        access
    }

    /// Says whose an online token is.
    pub(super) fn belongs_to(&mut self, access: &str, person: &str) {
        if let Some(token) = self.tokens.get_mut(access) {
            token.person = Some(person.to_owned());
        }
    }

    /// Starts a new chain for an app on a shop; the refresh tokens of the former one die.
    pub(super) fn mint_pair(&mut self, shop: &str, client_id: &str, secret: &str, now: Timestamp) -> Pair {
        let of_chain = |entry: &&mut Refresh| entry.shop == shop && entry.client_id == client_id;
        self.refreshes.values_mut().filter(of_chain).for_each(|entry| entry.dead = true);
        self.pair(shop, client_id, secret, None, now)
    }

    fn pair(&mut self, shop: &str, client_id: &str, secret: &str, by: Option<&str>, now: Timestamp) -> Pair {
        let (access, refresh) = (self.fresh("shpat_"), self.fresh("shprt_"));
        self.add_pair(&access, &refresh, shop, client_id, secret, now);
        if let Some(token) = self.tokens.get_mut(&access) {
            token.made_by = by.map(str::to_owned);
        }
        if let Some(entry) = self.refreshes.get_mut(&refresh) {
            entry.made_by = by.map(str::to_owned);
        }
        Pair { access, refresh, access_left: ACCESS_LIFETIME, refresh_left: REFRESH_LIFETIME }
    }

    /// Uses a refresh token; `None` when it is not active.
    pub(super) fn refresh(
        &mut self,
        used: &str,
        shop: &str,
        client_id: &str,
        secret: &str,
        quirks: &Quirks,
        now: Timestamp,
    ) -> Option<Pair> {
        let entry = self.refreshes.get(used)?;
        let usable = !entry.dead && now < entry.expires_at;
        if !usable || entry.shop != shop || entry.client_id != client_id {
            return None;
        }
        if let Some(first) = entry.first_used {
            let over = now >= later(first, REPEAT_WINDOW);
            if over || quirks.repeated_refresh == RepeatedRefresh::Refused {
                return None;
            }
            if let (RepeatedRefresh::SamePair, Some((access, refresh))) =
                (quirks.repeated_refresh, entry.gave.clone())
            {
                let left = |end: Option<Timestamp>| {
                    let left = end.map(|end| end.duration_since(now));
                    left.and_then(|left| Duration::try_from(left).ok()).unwrap_or_default()
                };
                let access_left = left(self.tokens.get(&access).and_then(|token| token.expires_at));
                let refresh_left = left(self.refreshes.get(&refresh).map(|entry| entry.expires_at));
                return Some(Pair { access, refresh, access_left, refresh_left });
            }
        }
        let lost = entry.gave.as_ref().map(|(_, refresh)| refresh.clone());
        if let Some(lost) = lost.and_then(|lost| self.refreshes.get_mut(&lost)) {
            lost.dead = true;
        }
        self.confirm_refresh(used);
        let pair = self.pair(shop, client_id, secret, Some(used), now);
        if let Some(entry) = self.refreshes.get_mut(used) {
            entry.first_used.get_or_insert(now);
            entry.gave = Some((pair.access.clone(), pair.refresh.clone()));
        }
        Some(pair)
    }

    /// The first use of what a refresh gave proves that its answer arrived: the old refresh token dies.
    fn confirm(&mut self, made_by: Option<String>) {
        if let Some(old) = made_by.and_then(|old| self.refreshes.get_mut(&old)) {
            old.dead = true;
        }
    }

    fn confirm_refresh(&mut self, refresh: &str) {
        let made_by = self.refreshes.get(refresh).and_then(|entry| entry.made_by.clone());
        self.confirm(made_by);
    }

    /// Notes that an access token was used.
    pub(super) fn used(&mut self, access: &str) {
        let made_by = self.tokens.get(access).and_then(|token| token.made_by.clone());
        self.confirm(made_by);
    }

    pub(super) fn get(&self, access: &str) -> Option<&Token> {
        self.tokens.get(access)
    }

    /// The token, if it is alive: not dead, not over, and its parent alive.
    pub(super) fn alive(&self, access: &str, now: Timestamp) -> Option<&Token> {
        let token = self.tokens.get(access)?;
        let over = token.death.is_some() || token.expires_at.is_some_and(|end| end <= now);
        let orphan = token.parent.as_ref().is_some_and(|parent| self.alive(parent, now).is_none());
        (!over && !orphan).then_some(token)
    }

    pub(super) fn refresh_alive(&self, refresh: &str, now: Timestamp) -> bool {
        self.refreshes.get(refresh).is_some_and(|entry| !entry.dead && now < entry.expires_at)
    }

    pub(super) fn shop_of_refresh(&self, refresh: &str) -> Option<&str> {
        self.refreshes.get(refresh).map(|entry| entry.shop.as_str())
    }

    pub(super) fn has_refresh(&self, access: &str) -> bool {
        self.tokens.get(access).is_some_and(|token| token.kind == TokenKind::Expiring)
    }

    pub(super) fn refreshes_of(&self, shop: &str) -> Vec<String> {
        let known = self.refreshes.iter().filter(|(_, token)| token.shop == shop);
        known.map(|(text, _)| text.clone()).collect()
    }

    pub(super) fn tokens_of<'v>(&'v self, shop: &'v str) -> impl Iterator<Item = (&'v String, &'v Token)> {
        self.tokens.iter().filter(move |(_, token)| token.shop == shop)
    }

    pub(super) fn mint_delegate(
        &mut self,
        parent: &str,
        scopes: Vec<String>,
        expires_at: Option<Timestamp>,
    ) -> Option<String> {
        let mut token = self.tokens.get(parent)?.clone();
        token.kind = TokenKind::Delegate;
        token.scopes = Some(scopes);
        token.expires_at = expires_at;
        token.parent = Some(parent.to_owned());
        token.made_by = None;
        let access = self.fresh("shpat_delegate_");
        self.tokens.insert(access.clone(), token);
        Some(access)
    }

    pub(super) fn kill(&mut self, access: &str) -> bool {
        let Some(token) = self.tokens.get_mut(access) else {
            return false;
        };
        token.death.get_or_insert(Death::Revoked);
        true
    }

    pub(super) fn kill_refresh(&mut self, refresh: &str) -> bool {
        let Some(entry) = self.refreshes.get_mut(refresh) else {
            return false;
        };
        entry.dead = true;
        true
    }

    pub(super) fn uninstall(&mut self, shop: &str, client_id: &str) {
        let here = |token_shop: &str, client: &str| token_shop == shop && client == client_id;
        for token in self.tokens.values_mut().filter(|token| here(&token.shop, &token.client_id)) {
            token.death = Some(Death::Uninstalled);
        }
        for entry in self.refreshes.values_mut().filter(|entry| here(&entry.shop, &entry.client_id)) {
            entry.dead = true;
        }
    }

    /// Whether an access token or a refresh token was minted by this secret.
    pub(super) fn is_minted_by(&self, text: &str, secret: &str) -> bool {
        let token = self.tokens.get(text).and_then(|token| token.secret.as_deref());
        token.or_else(|| self.refreshes.get(text).map(|entry| entry.secret.as_str())) == Some(secret)
    }

    pub(super) fn revoke_secret(&mut self, client_id: &str, secret: &str) {
        for token in self.tokens.values_mut().filter(|token| token.client_id == client_id) {
            if token.secret.as_deref() == Some(secret) {
                token.death.get_or_insert(Death::Revoked);
            }
        }
        for entry in self.refreshes.values_mut() {
            entry.dead |= entry.client_id == client_id && entry.secret == secret;
        }
    }
}
