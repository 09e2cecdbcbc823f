//! The settings of a Wix site.

use std::sync::Arc;

use guestpass::http::BaseUrl;
use guestpass::{Access, ConfigField, Error, Result, SecretSource, StoreSettings};
use uuid::Uuid;

const HOST: &str = "www.wixapis.com";

pub(crate) const FIELDS: &[ConfigField] = &[
    ConfigField::required(
        "site_id",
        "the site's id: the part behind `/dashboard/` in the address of its dashboard",
    ),
    ConfigField::optional(
        "account_id",
        "with `api_key`: the id of the account that owns the site, shown in the API Keys Manager",
    ),
    ConfigField::optional(
        "api_key",
        "an API key that the site's owner made, with the permission Manage Contributors; give this or an app",
    )
    .secret(),
    ConfigField::optional("app_id", "instead of `api_key`: the id of an app that is installed on the site"),
    ConfigField::optional("app_secret", "with `app_id`: the app's secret").secret(),
    ConfigField::optional(
        "instance_id",
        "with `app_id`: the id of the app's installation on this site; a headless client has none",
    ),
    ConfigField::optional("api_url", "another address of the API, on this machine, for tests"),
];

/// Checked settings. Ids are in lower case.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) site_id: String,
    pub(crate) credential: Option<(Credential, BaseUrl)>,
}

/// What guestpass works with on a site.
#[derive(Debug)]
pub(crate) enum Credential {
    /// A key of the account that owns the site.
    Key { account_id: String, api_key: Arc<dyn SecretSource> },
    /// An app, or a headless client.
    App { app_id: String, app_secret: Arc<dyn SecretSource>, instance_id: Option<String> },
}

impl Config {
    pub(crate) fn read(settings: &StoreSettings) -> Result<Self> {
        let site_id = guid("site_id", settings.required_text("site_id")?)?;
        let credential = match settings.access {
            Access::Merchant => None,
            _ => {
                let url = settings.text("api_url").map_or_else(|| format!("https://{HOST}"), str::to_owned);
                let base = BaseUrl::parse("api_url", &url, |host| host == HOST)?;
                Some((Credential::read(settings)?, base))
            }
        };
        Ok(Self { site_id, credential })
    }
}

impl Credential {
    fn read(settings: &StoreSettings) -> Result<Self> {
        match (settings.secret("api_key"), settings.text("app_id")) {
            (Some(_), Some(_)) => Err(Error::config(
                "app_id",
                "stands beside `api_key`",
                "give one of them: a key of the account, or an app that is installed on the site",
            )),
            (Some(api_key), None) => {
                for field in ["instance_id", "app_secret"] {
                    if settings.values.contains_key(field) {
                        return Err(Error::config(
                            field,
                            "belongs to an app",
                            "leave it out, or leave out `api_key`",
                        ));
                    }
                }
                Ok(Self::Key {
                    account_id: guid("account_id", settings.required_text("account_id")?)?,
                    api_key,
                })
            }
            (None, Some(app_id)) => {
                if settings.text("account_id").is_some() {
                    let remedy = "leave it out: an app's token already says which site it is for";
                    return Err(Error::config("account_id", "belongs to an API key", remedy));
                }
                Ok(Self::App {
                    app_id: guid("app_id", app_id)?,
                    app_secret: settings.required_secret("app_secret")?,
                    instance_id: settings
                        .text("instance_id")
                        .map(|id| guid("instance_id", id))
                        .transpose()?,
                })
            }
            (None, None) => Err(Error::config(
                "api_key",
                "is missing, and so is `app_id`",
                "give an API key of the site's owner with `account_id`, or an app with `app_secret` and `instance_id`, or \
                 set access = \"merchant\"",
            )),
        }
    }
}

pub(crate) fn guid(field: &str, text: &str) -> Result<String> {
    let parsed = Uuid::try_parse(text).ok().filter(|_| text.len() == 36);
    parsed.map(|id| id.hyphenated().to_string()).ok_or_else(|| {
        Error::config(
            field,
            "is no GUID",
            "copy it from Wix; it looks like 44444444-4444-4444-8444-444444444444",
        )
    })
}
