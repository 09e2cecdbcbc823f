//! API tokens, and the OAuth codes they are exchanged for.

use std::collections::BTreeMap;

use guestpass::Timestamp;
use serde::Serialize;

use crate::fakes::ground::{Refusal, refuse};

/// The fewest characters of an API account's name.
const SHORTEST_NAME: usize = 4;
/// The most store-level API accounts of one store.
const MOST_PER_STORE: usize = 50;

/// All tokens, apps and codes of the platform.
#[derive(Debug, Default)]
pub(super) struct Credentials {
    tokens: BTreeMap<String, Token>,
    apps: BTreeMap<String, String>,
    codes: BTreeMap<String, Code>,
    minted: usize,
}

/// One API account's token. It stays on record when the account is gone.
#[derive(Debug, Clone)]
pub(super) struct Token {
    pub(super) reach: Reach,
    pub(super) client_id: String,
    pub(super) scopes: Vec<String>,
    name: String,
    ends_at: Option<Timestamp>,
}

/// The token of an API account or of an app, as the fake remembers it. The platform itself has no way to list them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FakeApiToken {
    /// The token.
    pub token: String,
    /// The name of its API account, where somebody gave one.
    pub name: String,
    /// The client it belongs to. Several tokens of an app have the same.
    pub client_id: String,
    /// The store it is for; `None` for a token of the whole account.
    pub store: Option<String>,
    /// Its scopes.
    pub scopes: Vec<String>,
    /// Whether it is accepted now.
    pub lives: bool,
}

/// Where a token is valid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reach {
    Account(String),
    Store(String),
}

/// An OAuth code, good for one exchange.
#[derive(Debug, Clone)]
struct Code {
    store_hash: String,
    scopes: Vec<String>,
}

/// What a successful exchange gives.
pub(super) struct Exchanged {
    pub(super) access_token: String,
    /// `None` when the context was wrong: the platform then issues a token that may do nothing.
    pub(super) scopes: Option<Vec<String>>,
    pub(super) store_hash: String,
}

/// Why an exchange failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ExchangeError {
    UnknownClient,
    InvalidGrant,
}

impl Token {
    fn new(reach: Reach, client_id: String, scopes: Vec<String>) -> Self {
        Self { reach, client_id, scopes, name: String::new(), ends_at: None }
    }

    fn lives(&self, now: Timestamp) -> bool {
        self.ends_at.is_none_or(|end| now < end)
    }

    pub(super) fn has(&self, scope: &str) -> bool {
        self.scopes.iter().any(|held| held == scope)
    }
}

impl Credentials {
    pub(super) fn add(&mut self, token: &str, reach: Reach, scopes: &[&str]) {
        self.minted += 1;
        let client_id = format!("fake-client-{}", self.minted);
        let scopes = scopes.iter().map(|&scope| scope.to_owned()).collect();
        self.tokens.insert(token.to_owned(), Token::new(reach, client_id, scopes));
    }

    /// Makes an API account as the control panel does.
    pub(super) fn create(
        &mut self,
        reach: Reach,
        name: &str,
        scopes: &[&str],
        now: Timestamp,
    ) -> Result<FakeApiToken, Refusal> {
        if name.chars().count() < SHORTEST_NAME {
            return refuse("the name is too short");
        }
        let alike = self.tokens.values().filter(|token| {
            token.lives(now) && token.reach == reach && !self.apps.contains_key(&token.client_id)
        });
        if matches!(reach, Reach::Store(_)) && alike.count() >= MOST_PER_STORE {
            return refuse("the store has as many API accounts as it may have");
        }
        let token = format!("fake-api-token-{}", self.minted + 1);
        self.add(&token, reach, scopes);
        if let Some(made) = self.tokens.get_mut(&token) {
            name.clone_into(&mut made.name);
        }
        self.on_record(&token, now).ok_or_else(|| Refusal("the token was not made".to_owned()))
    }

    /// The client of a token, dead or alive.
    pub(super) fn client_of(&self, token: &str) -> Result<&str, Refusal> {
        let known = self.tokens.get(token).ok_or_else(|| Refusal("no such token".to_owned()))?;
        Ok(&known.client_id)
    }

    /// The token of a client, if it has one there.
    pub(super) fn token_of(&self, client_id: &str, reach: &Reach) -> Option<String> {
        let is_it =
            |token: &Token| token.ends_at.is_none() && token.client_id == client_id && token.reach == *reach;
        self.tokens.iter().find(|(_, token)| is_it(token)).map(|(text, _)| text.clone())
    }

    /// Every token there ever was.
    pub(super) fn all(&self, now: Timestamp) -> Vec<FakeApiToken> {
        self.tokens.keys().filter_map(|token| self.on_record(token, now)).collect()
    }

    fn on_record(&self, token: &str, now: Timestamp) -> Option<FakeApiToken> {
        let known = self.tokens.get(token)?;
        Some(FakeApiToken {
            token: token.to_owned(),
            name: known.name.clone(),
            client_id: known.client_id.clone(),
            store: match &known.reach {
                Reach::Store(hash) => Some(hash.clone()),
                Reach::Account(_) => None,
            },
            scopes: known.scopes.clone(),
            lives: known.lives(now),
        })
    }

    /// The token, if it is accepted now.
    pub(super) fn get(&self, token: &str, now: Timestamp) -> Option<&Token> {
        self.tokens.get(token).filter(|token| token.lives(now))
    }

    /// Deletes the API account, whose token is refused from `end` on; returns it, because its webhooks go with it.
    pub(super) fn revoke(&mut self, token: &str, end: Timestamp) -> Option<Token> {
        let token = self.tokens.get_mut(token).filter(|token| token.ends_at.is_none())?;
        token.ends_at = Some(end);
        Some(token.clone())
    }

    pub(super) fn set_scopes(&mut self, token: &str, scopes: &[&str]) -> bool {
        let Some(token) = self.tokens.get_mut(token) else {
            return false;
        };
        token.scopes = scopes.iter().map(|&scope| scope.to_owned()).collect();
        true
    }

    pub(super) fn add_app(&mut self, client_id: &str, client_secret: &str) {
        self.apps.insert(client_id.to_owned(), client_secret.to_owned());
    }

    pub(super) fn add_code(&mut self, code: &str, store_hash: &str, scopes: &[&str]) {
        let code_of = Code {
            store_hash: store_hash.to_owned(),
            scopes: scopes.iter().map(|&scope| scope.to_owned()).collect(),
        };
        self.codes.insert(code.to_owned(), code_of);
    }

    /// A user installs an app: a code that nobody has used.
    pub(super) fn mint_code(&mut self, client_id: &str, store_hash: &str, scopes: &[&str]) -> Option<String> {
        if !self.apps.contains_key(client_id) {
            return None;
        }
        self.minted += 1;
        let code = format!("fake-code-{}", self.minted);
        self.add_code(&code, store_hash, scopes);
        Some(code)
    }

    /// Uses the code up. The app's earlier token for the store dies, its client id stays.
    pub(super) fn exchange(
        &mut self,
        client_id: &str,
        client_secret: &str,
        code: &str,
        context: &str,
        now: Timestamp,
    ) -> Result<Exchanged, ExchangeError> {
        if self.apps.get(client_id).is_none_or(|secret| secret != client_secret) {
            return Err(ExchangeError::UnknownClient);
        }
        let code = self.codes.remove(code).ok_or(ExchangeError::InvalidGrant)?;
        let right_context = context == format!("stores/{}", code.store_hash);
        let scopes = right_context.then_some(code.scopes);
        let granted = scopes.clone().unwrap_or_default();
        let access_token = self.replace_app_token(client_id, &code.store_hash, granted, now);
        Ok(Exchanged { access_token, scopes, store_hash: code.store_hash })
    }

    /// A user accepts the app's scopes again, and the app takes its new token.
    pub(super) fn reauthorize(
        &mut self,
        client_id: &str,
        store_hash: &str,
        scopes: &[&str],
        now: Timestamp,
    ) -> Result<String, Refusal> {
        if !self.apps.contains_key(client_id) {
            return refuse(format!("no app {client_id}"));
        }
        let scopes = scopes.iter().map(|&scope| scope.to_owned()).collect();
        Ok(self.replace_app_token(client_id, store_hash, scopes, now))
    }

    fn replace_app_token(
        &mut self,
        client_id: &str,
        store_hash: &str,
        scopes: Vec<String>,
        now: Timestamp,
    ) -> String {
        let reach = Reach::Store(store_hash.to_owned());
        for token in self.tokens.values_mut() {
            if token.client_id == client_id && token.reach == reach && token.lives(now) {
                token.ends_at = Some(now);
            }
        }
        self.minted += 1;
        let access_token = format!("fake-app-token-{}", self.minted);
        self.tokens.insert(access_token.clone(), Token::new(reach, client_id.to_owned(), scopes));
        access_token
    }
}
