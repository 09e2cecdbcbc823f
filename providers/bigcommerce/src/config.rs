//! The settings of a BigCommerce store.

use std::sync::Arc;

use guestpass::http::BaseUrl;
use guestpass::{ConfigField, Error, Result, SecretSource, StoreSettings};
use uuid::Uuid;

/// Where the API is.
pub(crate) const HOST: &str = "api.bigcommerce.com";

pub(crate) const FIELDS: &[ConfigField] = &[
    ConfigField::required(
        "store_hash",
        "the store's hash: the part behind `store-` in https://store-HASH.mybigcommerce.com",
    ),
    ConfigField::required_with_credential(
        "account_uuid",
        "the UUID of the merchant's account, shown when the account-level API account is made",
    ),
    ConfigField::required_with_credential(
        "account_token",
        "the access token of an account-level API account with the scopes account_read, account_stores_read, \
         account_users_read, account_users_write and account_users_delete",
    )
    .secret(),
    ConfigField::optional(
        "store_token",
        "the access token of a store-level API account with the scope store_v2_information_read_only; without it \
         guestpass does not know the owner, and so removes only people that it knows were not there before",
    )
    .secret(),
    ConfigField::optional("api_url", "another address of the API, on this machine, for tests"),
];

/// Checked settings.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) store_hash: String,
    pub(crate) credential: Option<Credential>,
}

/// What a connection with a control credential has besides.
#[derive(Debug)]
pub(crate) struct Credential {
    pub(crate) account_uuid: Uuid,
    pub(crate) account_token: Arc<dyn SecretSource>,
    pub(crate) store_token: Option<Arc<dyn SecretSource>>,
    pub(crate) api: BaseUrl,
}

impl Config {
    pub(crate) fn read(settings: &StoreSettings) -> Result<Self> {
        let store_hash = settings.required_text("store_hash")?.to_owned();
        check_store_hash(&store_hash)?;
        let credential = match settings.access {
            guestpass::Access::Merchant => None,
            _ => Some(Credential::read(settings)?),
        };
        Ok(Self { store_hash, credential })
    }
}

impl Credential {
    fn read(settings: &StoreSettings) -> Result<Self> {
        let uuid = settings.required_text("account_uuid")?;
        let account_uuid = Uuid::try_parse(uuid).ok().filter(|_| uuid.len() == 36).ok_or_else(|| {
            Error::config(
                "account_uuid",
                "is no UUID",
                "copy it from the account-level API account; it looks like 0b6e3f0a-52f1-4a3c-9a50-3a7f0c7c9a11",
            )
        })?;
        let url = settings.text("api_url").map_or_else(|| format!("https://{HOST}"), str::to_owned);
        Ok(Self {
            account_uuid,
            account_token: settings.required_secret("account_token")?,
            store_token: settings.secret("store_token"),
            api: BaseUrl::parse("api_url", &url, |host| host == HOST)?,
        })
    }
}

fn check_store_hash(hash: &str) -> Result<()> {
    if hash.is_empty() || hash.len() > 32 || !hash.chars().all(|c| c.is_ascii_alphanumeric()) {
        return Err(Error::config(
            "store_hash",
            "is no store hash",
            "use the letters and digits behind `store-` in https://store-HASH.mybigcommerce.com",
        ));
    }
    Ok(())
}
