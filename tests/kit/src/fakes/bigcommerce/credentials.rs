//! API tokens, and the OAuth codes they are exchanged for.

use std::collections::BTreeMap;

/// All tokens, apps and codes of the platform.
#[derive(Debug, Default)]
pub(super) struct Credentials {
    tokens: BTreeMap<String, Token>,
    apps: BTreeMap<String, String>,
    codes: BTreeMap<String, Code>,
    minted: usize,
}

/// One API account's token.
#[derive(Debug, Clone)]
pub(super) struct Token {
    pub(super) reach: Reach,
    pub(super) client_id: String,
    pub(super) scopes: Vec<String>,
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
    pub(super) fn has(&self, scope: &str) -> bool {
        self.scopes.iter().any(|held| held == scope)
    }
}

impl Credentials {
    pub(super) fn add(&mut self, token: &str, reach: Reach, scopes: &[&str]) {
        self.minted += 1;
        let client_id = format!("fake-client-{}", self.minted);
        let scopes = scopes.iter().map(|&scope| scope.to_owned()).collect();
        self.tokens.insert(token.to_owned(), Token { reach, client_id, scopes });
    }

    pub(super) fn get(&self, token: &str) -> Option<&Token> {
        self.tokens.get(token)
    }

    /// Deletes the API account; returns it, because its webhooks go with it.
    pub(super) fn revoke(&mut self, token: &str) -> Option<Token> {
        self.tokens.remove(token)
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

    /// Uses the code up. The app's earlier token for the store dies, its client id stays.
    pub(super) fn exchange(
        &mut self,
        client_id: &str,
        client_secret: &str,
        code: &str,
        context: &str,
    ) -> Result<Exchanged, ExchangeError> {
        if self.apps.get(client_id).is_none_or(|secret| secret != client_secret) {
            return Err(ExchangeError::UnknownClient);
        }
        let code = self.codes.remove(code).ok_or(ExchangeError::InvalidGrant)?;
        let reach = Reach::Store(code.store_hash.clone());
        self.tokens.retain(|_, token| token.client_id != client_id || token.reach != reach);
        self.minted += 1;
        let access_token = format!("fake-app-token-{}", self.minted);
        let right_context = context == format!("stores/{}", code.store_hash);
        let scopes = right_context.then_some(code.scopes);
        let token =
            Token { reach, client_id: client_id.to_owned(), scopes: scopes.clone().unwrap_or_default() };
        self.tokens.insert(access_token.clone(), token);
        Ok(Exchanged { access_token, scopes, store_hash: code.store_hash })
    }
}
