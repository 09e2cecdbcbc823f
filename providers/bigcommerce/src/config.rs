//! The settings of a BigCommerce store.

use std::sync::Arc;

use guestpass::http::BaseUrl;
use guestpass::{ConfigField, Error, Result, SecretSource, StoreSettings};
use uuid::Uuid;

/// Where the API is.
pub(crate) const HOST: &str = "api.bigcommerce.com";
const LOGIN_HOST: &str = "login.bigcommerce.com";

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
         guestpass does not know the owner, and so removes only people that it knows were not there before. With \
         store_storefront_api it makes and revokes tokens for shoppers as well",
    )
    .secret(),
    ConfigField::optional("client_id", "the client id of an app whose installation gives the `store_token`"),
    ConfigField::optional("client_secret", "with `client_id`: the app's client secret").secret(),
    ConfigField::optional(
        "scopes",
        "what the app must be allowed, separated by commas; `guestpass connect` says what is missing",
    ),
    ConfigField::optional("api_url", "another address of the API, on this machine, for tests"),
    ConfigField::optional("login_url", "another address of the login host, on this machine, for tests"),
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

/// An app of the developer portal.
#[derive(Debug, Clone)]
pub(crate) struct App {
    pub(crate) client_id: String,
    pub(crate) client_secret: Arc<dyn SecretSource>,
}

/// What an authorization needs: no token yet.
#[derive(Debug)]
pub(crate) struct Consent {
    pub(crate) store_hash: String,
    pub(crate) app: App,
    pub(crate) login: BaseUrl,
    pub(crate) scopes: Vec<String>,
}

impl Consent {
    pub(crate) fn read(settings: &StoreSettings) -> Result<Self> {
        let store_hash = settings.required_text("store_hash")?.to_owned();
        check_store_hash(&store_hash)?;
        let app = App {
            client_id: checked_client_id(settings.required_text("client_id")?)?,
            client_secret: settings.required_secret("client_secret")?,
        };
        if settings.secret("store_token").is_none() {
            return Err(Error::config(
                "store_token",
                "is missing, so nothing refers to the token that is to come",
                "add store_token = \"file:PATH\"; the file need not be there yet",
            ));
        }
        let url = settings.text("login_url").map_or_else(|| format!("https://{LOGIN_HOST}"), str::to_owned);
        let login = BaseUrl::parse("login_url", &url, |host| host == LOGIN_HOST)?;
        let words = settings.text("scopes").unwrap_or_default().split([',', ' ']);
        let scopes: Vec<_> = words.filter(|word| !word.is_empty()).map(str::to_owned).collect();
        if !scopes.iter().all(|scope| is_scope(scope)) {
            return Err(Error::config(
                "scopes",
                "holds something that is no scope",
                "write names as store_v2_orders_read_only, separated by commas",
            ));
        }
        Ok(Self { store_hash, app, login, scopes })
    }
}

/// Letters, digits and underscores.
pub(crate) fn is_scope(text: &str) -> bool {
    (1..=100).contains(&text.len()) && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn checked_client_id(id: &str) -> Result<String> {
    if id.is_empty() || id.len() > 128 || !id.chars().all(|c| c.is_ascii_alphanumeric()) {
        return Err(Error::config(
            "client_id",
            "is no client id",
            "copy it from the app in the developer portal",
        ));
    }
    Ok(id.to_owned())
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
