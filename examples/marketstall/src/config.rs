//! The settings of a stall.

use std::sync::Arc;

use guestpass::http::BaseUrl;
use guestpass::{Access, ConfigField, Error, Result, SecretSource, StoreSettings};

const HOST: &str = "api.marketstall.example";

pub(crate) const FIELDS: &[ConfigField] = &[
    ConfigField::required("stall", "the stall's id: the part behind `/stalls/` in the address of its office"),
    ConfigField::required_with_credential(
        "token",
        "a token of the stall with the rights members:read and members:write, made in the office under Tokens",
    )
    .secret(),
    ConfigField::optional("api_url", "another address of the API, on this machine, for tests"),
];

/// Checked settings.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) stall: String,
    pub(crate) credential: Option<Credential>,
}

/// What a connection with a control credential has besides.
#[derive(Debug)]
pub(crate) struct Credential {
    pub(crate) token: Arc<dyn SecretSource>,
    pub(crate) api: BaseUrl,
}

impl Config {
    pub(crate) fn read(settings: &StoreSettings) -> Result<Self> {
        let stall = settings.required_text("stall")?.to_owned();
        if stall.is_empty()
            || stall.len() > 40
            || !stall.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        {
            return Err(Error::config(
                "stall",
                "is no stall's id",
                "use the letters, digits and dashes behind `/stalls/` in the address of the stall's office",
            ));
        }
        let credential = match settings.access {
            Access::Merchant => None,
            _ => Some(Credential::read(settings)?),
        };
        Ok(Self { stall, credential })
    }
}

impl Credential {
    fn read(settings: &StoreSettings) -> Result<Self> {
        let url = settings.text("api_url").map_or_else(|| format!("https://{HOST}"), str::to_owned);
        Ok(Self {
            token: settings.required_secret("token")?,
            api: BaseUrl::parse("api_url", &url, |host| host == HOST)?,
        })
    }
}
