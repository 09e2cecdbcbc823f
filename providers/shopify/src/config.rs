//! The settings of a Shopify store.

use std::sync::Arc;

use guestpass::grants::SubjectKey;
use guestpass::http::BaseUrl;
use guestpass::{Access, ConfigField, Email, Error, Result, SecretSource, StoreSettings};

const DOMAIN: &str = ".myshopify.com";
const NEWEST: &str = "2026-10";

pub(crate) const FIELDS: &[ConfigField] = &[
    ConfigField::required(
        "shop",
        "the store's permanent address, NAME.myshopify.com; never its own domain",
    ),
    ConfigField::optional(
        "access_token",
        "an Admin API access token; alone a token that does not expire, with `refresh_token` the one to start with",
    )
    .secret(),
    ConfigField::optional("client_id", "the app's client id, for tokens that are fetched or renewed"),
    ConfigField::optional("client_secret", "the app's client secret").secret(),
    ConfigField::optional(
        "refresh_token",
        "the refresh token of an expiring offline token; it is renewed with every use, so it must be kept where it can \
         be written back",
    )
    .secret(),
    ConfigField::optional(
        "scopes",
        "what `guestpass connect` asks the merchant for, separated by commas; without it what the app's own settings say",
    ),
    ConfigField::optional("api_version", "the Admin API version, 2026-10 unless told otherwise"),
    ConfigField::optional(
        "organisation_email",
        "the addresses under which the store may list your partner organisation, separated by commas",
    ),
    ConfigField::optional(
        "organisation_id",
        "the number of your partner organisation, as in dev.shopify.com/dashboard/NUMBER",
    ),
    ConfigField::optional(
        "app_installed",
        "true if an app of your partner organisation is installed on the store: then no request code is asked",
    ),
    ConfigField::optional(
        "staff_permissions",
        "rest to read permissions and second factors from the legacy REST users (Plus stores and custom apps only)",
    ),
    ConfigField::optional("api_url", "another address of the API, on this machine, for tests"),
];

/// Checked settings.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) shop: Shop,
    pub(crate) organisation: Organisation,
    pub(crate) app_installed: bool,
    pub(crate) credential: Option<Credential>,
}

/// Our partner organisation, as far as it is known.
#[derive(Debug, Clone, Default)]
pub(crate) struct Organisation {
    pub(crate) emails: Vec<Email>,
    pub(crate) id: Option<String>,
}

/// What a connection with a control credential has besides.
#[derive(Debug)]
pub(crate) struct Credential {
    pub(crate) source: Source,
    pub(crate) version: String,
    pub(crate) rest_permissions: bool,
    pub(crate) api: BaseUrl,
}

/// Where access tokens come from.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    /// One that does not expire.
    Static(Arc<dyn SecretSource>),
    /// Fetched with the app's own secret, for a day.
    ClientCredentials(App),
    /// Renewed with a refresh token.
    Expiring { app: App, refresh: Arc<dyn SecretSource>, access: Option<Arc<dyn SecretSource>> },
}

/// An app that fetches or renews tokens.
#[derive(Debug, Clone)]
pub(crate) struct App {
    pub(crate) client_id: String,
    pub(crate) client_secret: Arc<dyn SecretSource>,
}

/// A permanent store address that was looked at before any secret is sent there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shop(String);

impl Shop {
    /// Letters, digits and hyphens, not beginning with a hyphen, then `.myshopify.com`, and nothing else.
    fn parse(text: &str) -> Result<Self> {
        let text = text.to_ascii_lowercase();
        match text.strip_suffix(DOMAIN) {
            Some(name) if is_name(name) => Ok(Self(text)),
            _ => Err(Error::config(
                "shop",
                "is no permanent store address",
                "write it as NAME.myshopify.com, as Settings > Domains shows it; not the store's own domain",
            )),
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The part before `.myshopify.com`.
    pub(crate) fn handle(&self) -> &str {
        self.0.strip_suffix(DOMAIN).unwrap_or(&self.0)
    }
}

fn is_name(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-';
    !name.is_empty() && name.len() <= 63 && !name.starts_with('-') && name.chars().all(allowed)
}

impl Config {
    pub(crate) fn read(settings: &StoreSettings) -> Result<Self> {
        let shop = Shop::parse(settings.required_text("shop")?)?;
        let organisation = Organisation::read(settings)?;
        let app_installed = match settings.text("app_installed") {
            None | Some("false") => false,
            Some("true") => true,
            Some(_) => {
                return Err(Error::config(
                    "app_installed",
                    "is neither true nor false",
                    "write true or false",
                ));
            }
        };
        let credential = match settings.access {
            Access::Merchant => None,
            _ => Some(Credential::read(settings, &shop)?),
        };
        Ok(Self { shop, organisation, app_installed, credential })
    }
}

impl Organisation {
    /// What merchants let in: the organisation, and with it everybody in it.
    pub(crate) fn subject(&self) -> SubjectKey {
        let address = || self.emails.first().map(|email| email.as_str().to_lowercase());
        SubjectKey::organisation(&self.id.clone().or_else(address).unwrap_or_default())
    }

    fn read(settings: &StoreSettings) -> Result<Self> {
        let addresses = settings.text("organisation_email").unwrap_or_default();
        let mut emails = Vec::new();
        for address in addresses.split(',').map(str::trim).filter(|address| !address.is_empty()) {
            emails.push(Email::new(address).map_err(|error| {
                Error::config(
                    "organisation_email",
                    "holds something that is no e-mail address",
                    "write addresses as name@domain.tld, separated by commas",
                )
                .with_source(error)
            })?);
        }
        let id = settings.text("organisation_id").map(str::to_owned);
        let digits = |id: &String| (1..=20).contains(&id.len()) && id.chars().all(|c| c.is_ascii_digit());
        if id.as_ref().is_some_and(|id| !digits(id)) {
            return Err(Error::config(
                "organisation_id",
                "is no number",
                "copy the number behind dev.shopify.com/dashboard/ in your browser",
            ));
        }
        Ok(Self { emails, id })
    }
}

/// What an authorization needs: no token yet.
#[derive(Debug)]
pub(crate) struct Consent {
    pub(crate) shop: Shop,
    pub(crate) app: App,
    /// Where the merchant agrees, without a slash at its end.
    pub(crate) site: String,
    pub(crate) api: BaseUrl,
    /// Whether the token is to expire and be renewed.
    pub(crate) expiring: bool,
    pub(crate) scopes: Vec<String>,
}

impl Consent {
    pub(crate) fn read(settings: &StoreSettings) -> Result<Self> {
        let shop = Shop::parse(settings.required_text("shop")?)?;
        let app = App {
            client_id: checked_client_id(settings.required_text("client_id")?)?,
            client_secret: settings.required_secret("client_secret")?,
        };
        let expiring = match (settings.secret("refresh_token"), settings.secret("access_token")) {
            (Some(_), _) => true,
            (None, Some(_)) => false,
            (None, None) => {
                return Err(Error::config(
                    "refresh_token",
                    "is missing, so nothing refers to the token that is to come",
                    "add refresh_token = \"file:PATH\"; the file need not be there yet",
                ));
            }
        };
        let (site, api) = address(settings, &shop)?;
        let scopes = settings.text("scopes").map(scopes_of).transpose()?.unwrap_or_default();
        Ok(Self { shop, app, site, api, expiring, scopes })
    }
}

fn scopes_of(text: &str) -> Result<Vec<String>> {
    let scopes: Vec<_> =
        text.split(',').map(str::trim).filter(|scope| !scope.is_empty()).map(str::to_owned).collect();
    if scopes.iter().all(|scope| is_scope(scope)) {
        return Ok(scopes);
    }
    Err(Error::config(
        "scopes",
        "holds something that is no scope",
        "write names as read_products, separated by commas",
    ))
}

/// Letters, digits and underscores.
pub(crate) fn is_scope(text: &str) -> bool {
    (1..=100).contains(&text.len())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

fn address(settings: &StoreSettings, shop: &Shop) -> Result<(String, BaseUrl)> {
    let url = settings.text("api_url").map_or_else(|| format!("https://{}", shop.as_str()), str::to_owned);
    let api = BaseUrl::parse("api_url", &url, |host| host.eq_ignore_ascii_case(shop.as_str()))?;
    Ok((url.trim_end_matches('/').to_owned(), api))
}

impl Credential {
    fn read(settings: &StoreSettings, shop: &Shop) -> Result<Self> {
        let version = settings.text("api_version").unwrap_or(NEWEST).to_owned();
        if !is_version(&version) {
            return Err(Error::config(
                "api_version",
                "is no version that guestpass can use",
                "write a quarter from 2025-01 on, for example 2026-10, or leave it out",
            ));
        }
        let rest_permissions = match settings.text("staff_permissions") {
            None | Some("none") => false,
            Some("rest") => true,
            Some(_) => {
                return Err(Error::config(
                    "staff_permissions",
                    "is not known",
                    "write rest, or leave it out",
                ));
            }
        };
        let (_, api) = address(settings, shop)?;
        Ok(Self { source: Source::read(settings)?, version, rest_permissions, api })
    }
}

impl Source {
    fn read(settings: &StoreSettings) -> Result<Self> {
        let access = settings.secret("access_token");
        let refresh = settings.secret("refresh_token");
        let app = match (settings.text("client_id"), settings.secret("client_secret")) {
            (Some(client_id), Some(client_secret)) => {
                Some(App { client_id: checked_client_id(client_id)?, client_secret })
            }
            (None, None) => None,
            (Some(_), None) => {
                return Err(Error::config("client_secret", "is missing", "`client_id` needs it beside it"));
            }
            (None, Some(_)) => {
                return Err(Error::config("client_id", "is missing", "`client_secret` needs it beside it"));
            }
        };
        match (app, refresh, access) {
            (Some(app), Some(refresh), access) if refresh.is_replaceable() => {
                Ok(Self::Expiring { app, refresh, access })
            }
            (Some(_), Some(_), _) => Err(Error::config(
                "refresh_token",
                "can be read but not written back, and the platform renews it with every use",
                "keep it where it can be written, for example file:PATH",
            )),
            (None, Some(_), _) => Err(Error::config(
                "refresh_token",
                "cannot be used alone",
                "add `client_id` and `client_secret` of the app that it belongs to",
            )),
            // The token is the control credential; the app is there to authorise it anew.
            (_, None, Some(access)) => Ok(Self::Static(access)),
            (Some(app), None, None) => Ok(Self::ClientCredentials(app)),
            (None, None, None) => Err(Error::config(
                "access_token",
                "is missing",
                "add it, or `client_id` and `client_secret` (with or without `refresh_token`), or set access = \
                 \"merchant\"",
            )),
        }
    }

    /// The settings to blame when tokens are refused.
    pub(crate) fn blame(&self) -> &'static str {
        match self {
            Self::Static(_) => "`access_token`",
            Self::ClientCredentials(_) => "`client_id` and `client_secret`",
            Self::Expiring { .. } => "`refresh_token`",
        }
    }
}

pub(crate) fn checked_client_id(id: &str) -> Result<String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if id.is_empty() || id.len() > 128 || !id.chars().all(allowed) {
        return Err(Error::config("client_id", "is no client id", "copy it from the app's settings"));
    }
    Ok(id.to_owned())
}

/// A quarter, from the first version on that tells what the documents here ask for.
fn is_version(version: &str) -> bool {
    let quarter = version.split_once('-').filter(|(year, month)| {
        year.len() == 4
            && year.chars().all(|c| c.is_ascii_digit())
            && matches!(*month, "01" | "04" | "07" | "10")
    });
    quarter.is_some() && version >= "2025-01"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_permanent_addresses_are_stores() {
        for good in ["acme.myshopify.com", "ACME-2.MyShopify.com", "1.myshopify.com"] {
            assert!(Shop::parse(good).is_ok(), "{good}");
        }
        assert_eq!(Shop::parse("Acme.myshopify.com").unwrap().handle(), "acme");
        for bad in [
            "",
            "acme",
            ".myshopify.com",
            "-acme.myshopify.com",
            "acme.example",
            "acme.myshopify.com.evil.example",
            "evil.example/acme.myshopify.com",
            "evil.example#.myshopify.com",
            "evil.example?.myshopify.com",
            "user@acme.myshopify.com",
            "a.b.myshopify.com",
            "acme_2.myshopify.com",
            "https://acme.myshopify.com",
            "acme.myshopify.com/",
            "acme.myshopify.com\n",
            "acmé.myshopify.com",
            "acme.myshopify.com:443",
            "acme.myshopify.community",
        ] {
            assert!(Shop::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn versions_are_quarters() {
        for good in ["2025-01", "2026-01", "2026-10", "2027-04"] {
            assert!(is_version(good), "{good}");
        }
        for bad in ["2026-02", "unstable", "2026-10/../x", "26-10", "2026-1", "2024-10", "20ab-10", ""] {
            assert!(!is_version(bad), "{bad}");
        }
    }
}
