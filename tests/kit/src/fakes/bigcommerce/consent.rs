//! The installation of an app in the control panel, and where the browser goes then.

use guestpass::Url;

use super::FakeBigCommerce;
use super::credentials::Reach;
use super::state::World;
use crate::fakes::ground::{Refusal, refuse};

/// Somebody installs an app on a store. Gives the address of the app's callback, at `callback`.
pub(super) fn install(
    world: &mut World,
    client_id: &str,
    hash: &str,
    scopes: &[&str],
    callback: &str,
) -> Result<String, Refusal> {
    let account = world.store(hash)?.account.clone();
    let Ok(mut callback) = Url::parse(callback) else { return refuse(format!("{callback:?} is no address")) };
    let Some(code) = world.credentials.mint_code(client_id, hash, scopes) else {
        return refuse(format!("no app {client_id}"));
    };
    callback
        .query_pairs_mut()
        .append_pair("account_uuid", &account)
        .append_pair("code", &code)
        .append_pair("context", &format!("stores/{hash}"))
        .append_pair("scope", &scopes.join(" "));
    Ok(callback.into())
}

/// What happens in the control panel, and the truth about tokens.
impl FakeBigCommerce {
    /// Somebody installs an app and confirms these scopes. Gives the address of the app's callback, at `callback`, that the
    /// platform then sends the browser to.
    ///
    /// # Panics
    ///
    /// When there is no such store or app, or `callback` is no address.
    #[must_use]
    pub fn install_app(&self, client_id: &str, store_hash: &str, scopes: &[&str], callback: &str) -> String {
        self.arranged(|service, _| install(&mut service.world, client_id, store_hash, scopes, callback))
    }

    /// What a token may do; `None` when it is dead.
    #[must_use]
    pub fn scopes_of(&self, token: &str) -> Option<Vec<String>> {
        self.with(|service, now| service.world.credentials.get(token, now).map(|token| token.scopes.clone()))
    }

    /// The living token of an app on a store, if it has one.
    #[must_use]
    pub fn app_token(&self, client_id: &str, store_hash: &str) -> Option<String> {
        let reach = Reach::Store(store_hash.to_owned());
        self.with(|service, _| service.world.credentials.token_of(client_id, &reach))
    }
}
