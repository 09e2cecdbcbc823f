//! The settings of a PrestaShop shop.

use std::sync::Arc;

use guestpass::http::BaseUrl;
use guestpass::{Access, ConfigField, Error, Result, SecretSource, StoreSettings};
use url::Url;

use crate::admin_client::AdminClient;
use crate::roles::Profiles;

pub(crate) const FIELDS: &[ConfigField] = &[
    ConfigField::required(
        "url",
        "the shop's main address, with its folder if it has one, for example https://shop.example/ or \
         https://shop.example/store/",
    ),
    ConfigField::required_with_credential(
        "key",
        "a webservice key of 32 characters with GET, POST, PUT and DELETE on `employees` (Advanced Parameters > \
         Webservice)",
    )
    .secret(),
    ConfigField::optional(
        "back_office_url",
        "the address of the back office, for links and for the person who gets access; its folder has a name of its own \
         that no API tells",
    ),
    ConfigField::optional(
        "profiles",
        "the shop's profiles by number, for example 5=Support, 7=Catalogue; no API lists them, the number is in the \
         address of the profile's page",
    ),
    ConfigField::optional(
        "language_id",
        "the number of the language of new employees; without it, the super-admin's",
    ),
    ConfigField::optional("shop_id", "with several shops in one installation: the number of the shop, or all"),
    ConfigField::optional("shop_group_id", "with several shops in one installation: the number of the shop group"),
    ConfigField::optional(
        "method_override",
        "true where a firewall lets PUT and DELETE not pass: they are then sent as POST with `ps_method`",
    ),
    ConfigField::optional(
        "admin_client_id",
        "PrestaShop 9: the id of an API client: with the scopes profile_read and profile_write profiles are looked up and \
         made, with api_client_read, api_client_write, webservice_key_read and webservice_key_write credentials are rotated",
    ),
    ConfigField::optional("admin_client_secret", "with `admin_client_id`: its secret").secret(),
    ConfigField::optional(
        "admin_client",
        "instead of these two: both as one secret, {\"client_id\":\"…\",\"client_secret\":\"…\"}, as a rotation of \
         the client writes it",
    )
    .secret(),
    ConfigField::optional(
        "admin_token_url",
        "with an API client: the token endpoint of an external authorisation server, if the shop uses one",
    ),
];

/// Checked settings.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) shop: Shop,
    pub(crate) back_office: Option<String>,
    pub(crate) profiles: Profiles,
    pub(crate) credential: Option<Credential>,
}

/// Where a shop is, and what identifies it: host, port and folder.
#[derive(Debug, Clone)]
pub(crate) struct Shop {
    pub(crate) base: BaseUrl,
    pub(crate) name: String,
}

/// Which shops of an installation a request is about, if not the default one.
#[derive(Debug, Clone, Default)]
pub(crate) struct ShopContext {
    pub(crate) shop: Option<String>,
    pub(crate) group: Option<String>,
}

/// What a connection with a control credential has besides.
#[derive(Debug)]
pub(crate) struct Credential {
    pub(crate) key: Arc<dyn SecretSource>,
    pub(crate) context: ShopContext,
    pub(crate) language: Option<u64>,
    pub(crate) method_override: bool,
    pub(crate) admin: Option<AdminClient>,
}

impl Config {
    pub(crate) fn read(settings: &StoreSettings) -> Result<Self> {
        let credential = match settings.access {
            Access::Merchant => None,
            _ => Some(Credential::read(settings)?),
        };
        Ok(Self {
            shop: Shop::parse(settings.required_text("url")?)?,
            back_office: settings.text("back_office_url").map(back_office).transpose()?,
            profiles: Profiles::parse(settings.text("profiles").unwrap_or_default())?,
            credential,
        })
    }
}

impl Shop {
    fn parse(text: &str) -> Result<Self> {
        let base = BaseUrl::parse("url", text, |_| true)?;
        let folder = Url::parse(text).map(|url| url.path().trim_matches('/').to_owned()).unwrap_or_default();
        if folder == "api" || folder.ends_with("/api") {
            return Err(Error::config(
                "url",
                "is the address of the webservice",
                "leave out /api: write the address of the shop",
            ));
        }
        let port = Url::parse(text).ok().and_then(|url| url.port()).map(|port| format!(":{port}"));
        let name = format!("{}{}/{folder}", base.host(), port.unwrap_or_default());
        Ok(Self { base, name: name.trim_end_matches('/').to_owned() })
    }
}

impl Credential {
    fn read(settings: &StoreSettings) -> Result<Self> {
        let shop = match settings.text("shop_id") {
            Some("all") => Some("all".to_owned()),
            _ => number(settings, "shop_id")?.map(|id| id.to_string()),
        };
        let context =
            ShopContext { shop, group: number(settings, "shop_group_id")?.map(|id| id.to_string()) };
        if context.shop.is_some() && context.group.is_some() {
            return Err(Error::config("shop_group_id", "stands beside `shop_id`", "give one of them"));
        }
        let method_override = match settings.text("method_override") {
            None | Some("false") => false,
            Some("true") => true,
            Some(_) => {
                return Err(Error::config(
                    "method_override",
                    "is neither true nor false",
                    "write true or false",
                ));
            }
        };
        Ok(Self {
            key: settings.required_secret("key")?,
            context,
            language: number(settings, "language_id")?,
            method_override,
            admin: AdminClient::read(settings)?,
        })
    }
}

fn number(settings: &StoreSettings, field: &str) -> Result<Option<u64>> {
    let Some(text) = settings.text(field) else { return Ok(None) };
    let number = text.parse().ok().filter(|id| *id > 0 && text.len() <= 10);
    number.map(Some).ok_or_else(|| {
        Error::config(field, "is no number", "copy it from the address of its page in the back office")
    })
}

/// An address for people; nothing is sent there.
fn back_office(text: &str) -> Result<String> {
    BaseUrl::parse("back_office_url", text, |_| true)?;
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use guestpass::{FixedSecret, StoreHandle};

    use super::*;

    fn settings() -> StoreSettings {
        StoreSettings::new(StoreHandle::new("acme").unwrap())
            .with_text("url", "https://shop.example")
            .with_secret("key", Arc::new(FixedSecret::new("hush".into())))
    }

    fn complete_of_one_piece() -> StoreSettings {
        settings().with_secret("admin_client", Arc::new(FixedSecret::new("hush".into())))
    }

    fn blamed(settings: StoreSettings) -> Option<String> {
        Config::read(&settings).err().map(|error| {
            assert!(!error.to_string().contains("hush"), "{error}");
            error.field().unwrap_or_default().to_owned()
        })
    }

    #[test]
    fn a_shop_is_its_host_and_folder() {
        let name = |url: &str| Shop::parse(url).unwrap().name;
        assert_eq!(name("https://Shop.Example"), "shop.example");
        assert_eq!(name("https://shop.example/"), "shop.example");
        assert_eq!(name("https://shop.example:8443/store/de/"), "shop.example:8443/store/de");
        assert_eq!(name("http://127.0.0.1:80/"), "127.0.0.1");
        for bad in [
            "http://shop.example/",
            "https://shop.example/?ws_key=x",
            "https://user@shop.example/",
            "ftp://shop.example",
            "shop.example",
            "https://shop.example/store/api/",
        ] {
            assert!(Shop::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn every_mistake_names_its_field() {
        let secret = || Arc::new(FixedSecret::new("hush".into()));
        assert_eq!(blamed(settings()), None);
        assert_eq!(blamed(settings().with_text("shop_id", "all").with_text("language_id", "2")), None);
        for (field, value) in [
            ("url", "http://shop.example"),
            ("back_office_url", "http://shop.example/admin123"),
            ("profiles", "Support"),
            ("language_id", "de"),
            ("language_id", "0"),
            ("shop_id", "-1"),
            ("shop_group_id", "all"),
            ("method_override", "yes"),
        ] {
            assert_eq!(blamed(settings().with_text(field, value)).as_deref(), Some(field), "{value}");
        }
        let both = settings().with_text("shop_id", "1").with_text("shop_group_id", "1");
        assert_eq!(blamed(both).as_deref(), Some("shop_group_id"));
        let admin = |settings: StoreSettings| settings.with_text("admin_client_id", "support");
        assert_eq!(blamed(admin(settings())).as_deref(), Some("admin_client_secret"));
        assert_eq!(
            blamed(settings().with_secret("admin_client_secret", secret())).as_deref(),
            Some("admin_client_id")
        );
        let complete = admin(settings()).with_secret("admin_client_secret", secret());
        assert_eq!(blamed(complete.clone()), None);
        let elsewhere = complete.clone().with_text("admin_token_url", "https://login.example/token");
        assert_eq!(blamed(elsewhere), None);
        let plain = complete.with_text("admin_token_url", "http://login.example/token");
        assert_eq!(blamed(plain).as_deref(), Some("admin_token_url"));
        let both = complete_of_one_piece();
        assert_eq!(blamed(both.clone()), None);
        assert_eq!(blamed(admin(both)).as_deref(), Some("admin_client"));
        let lonely = settings().with_text("admin_token_url", "https://login.example/token");
        assert_eq!(blamed(lonely).as_deref(), Some("admin_client_id"));
    }

    #[test]
    fn a_merchant_held_shop_needs_its_address_only() {
        let store = StoreSettings::new(StoreHandle::new("acme").unwrap()).merchant_held();
        assert!(
            Config::read(&store.clone().with_text("url", "https://shop.example"))
                .unwrap()
                .credential
                .is_none()
        );
        assert_eq!(blamed(store).as_deref(), Some("url"));
    }
}
