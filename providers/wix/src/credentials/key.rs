//! API keys. Every key may ask for the sites of its account, whatever else it may do: that shows whether it is alive.

use std::sync::Arc;

use guestpass::rotation::{CredentialSlot, Death, Verification};
use guestpass::{
    CallContext, Error, ErrorKind, Evidence, FixedSecret, Held, OneTimeSecret, Proof, Result, Right,
    SecretSource, SecretString,
};

use super::complete;
use crate::client::{AccountApi, SiteApi, signed_by};
use crate::config::guid;
use crate::dialect::CredentialKind;
use crate::pair::is_secret;
use crate::provider::Wix;

/// What Wix's own keys begin with.
const BEGINNING: &str = "IST.";
const SEES_PEOPLE: &str = "Manage Contributors";
const READS_ROLES: &str = "list roles";

impl Wix {
    pub(super) async fn try_key(
        &self,
        slot: &CredentialSlot,
        secret: &OneTimeSecret,
        cx: &CallContext,
    ) -> Result<Verification> {
        let (account, site) = self.as_key(slot, secret)?;
        match account.site(&self.site_id, cx).await {
            Ok(Some(_)) => {}
            Ok(None) => {
                return Err(Error::new(ErrorKind::Conflict, "the key does not see this site")
                    .with_remedy("tick this site for it, or make it in the account that owns the site"));
            }
            // No permission is needed for it, so another account is what is left.
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                return Err(error
                    .into_kind(ErrorKind::Conflict)
                    .with_remedy("the key is of another account than `account_id`, or it was deleted"));
            }
            Err(error) => return Err(error),
        }
        let people = site.contributors(None, cx).await.map(drop);
        let roles = account.roles(cx).await.map(drop);
        let mut verification = Verification::accepted(vec![
            Right::new(SEES_PEOPLE, granted(people)?),
            Right::new(READS_ROLES, granted(roles)?),
        ]);
        let named = slot.text("permissions").unwrap_or_default().split(',').map(str::trim);
        let named: Vec<_> = named.filter(|name| !name.is_empty()).collect();
        verification.rights.extend(named.iter().map(|name| Right::new(*name, Held::NotProvable)));
        if !named.is_empty() {
            verification
                .warnings
                .push(format!("nothing shows whether the key has {}: look", named.join(", ")));
        }
        if !secret.expose().trim().starts_with(BEGINNING) {
            verification.warnings.push(format!("keys of Wix begin with {BEGINNING}, this one does not"));
        }
        Ok(verification)
    }

    pub(super) async fn death_of_key(
        &self,
        slot: &CredentialSlot,
        secret: &OneTimeSecret,
        cx: &CallContext,
    ) -> Result<Death> {
        let (account, site) = self.as_key(slot, secret)?;
        let began = Evidence::begun(cx.clock().now());
        let refused =
            |error: &Error| matches!(error.kind(), ErrorKind::Unauthenticated | ErrorKind::PermissionDenied);
        match account.site(&self.site_id, cx).await {
            Ok(_) => return Ok(Death::Alive),
            Err(error) if refused(&error) => {}
            Err(error) => return Err(error),
        }
        // A key of another account is refused there, too. If it still works on the site, it is alive.
        match site.contributors(None, cx).await {
            Ok(_) => Ok(Death::Alive),
            Err(error) if refused(&error) => {
                Ok(Death::Dead { proof: Proof::CredentialDead { evidence: complete(began) } })
            }
            Err(error) => Err(error),
        }
    }

    /// Wix as the holder of this key sees it.
    fn as_key(&self, slot: &CredentialSlot, secret: &OneTimeSecret) -> Result<(AccountApi, SiteApi)> {
        let text = secret.expose().trim();
        if !is_secret(text) && !is_long_key(text) {
            return Err(Error::new(ErrorKind::InvalidRequest, "the secret is no API key")
                .with_remedy("hand in the key as the API Keys Manager shows it, and nothing else"));
        }
        let account_id = match (slot.text("account_id"), &self.reach.account_id) {
            (Some(configured), _) => guid("account_id", configured)?,
            (None, Some(of_store)) => of_store.clone(),
            (None, None) => {
                let remedy = "set it to the account that made the key, which the API Keys Manager shows";
                return Err(Error::config("account_id", "is missing", remedy));
            }
        };
        let key: Arc<dyn SecretSource> = Arc::new(FixedSecret::new(SecretString::from(text.to_owned())));
        let crate::provider::Reach { base, store, env, .. } = &self.reach;
        let account = AccountApi::new(&account_id, key.clone(), base.clone(), store.clone(), env)?;
        let site = SiteApi::new(
            &self.site_id,
            signed_by(key),
            CredentialKind::Key,
            base.clone(),
            store.clone(),
            env,
        )?;
        Ok((account, site))
    }
}

/// Keys are signed tokens with much in them.
fn is_long_key(text: &str) -> bool {
    text.starts_with(BEGINNING) && text.len() <= 8192 && text.chars().all(|c| c.is_ascii_graphic())
}

/// Whether the right was there, where the key is known to be alive: then a refusal is about the right.
fn granted(used: Result<()>) -> Result<Held> {
    match used {
        Ok(()) => Ok(Held::Yes),
        Err(error) if matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::Unauthenticated) => {
            Ok(Held::No)
        }
        Err(error) => Err(error),
    }
}
