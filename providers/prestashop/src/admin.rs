//! The Admin API of PrestaShop 9, as far as it is used: profiles by number, making an empty one, API clients and
//! webservice keys. <https://devdocs.prestashop-project.org/9/admin-api/>

mod clients;
mod keys;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use guestpass::http::{
    ApiRequest, ApiResponse, Dialect, Effect, Failure, HeaderMap, HeaderName, HeaderValue, HttpClient,
    HttpClientConfig, InRequest, Method, Safety,
};
use guestpass::{CallContext, Clock, Error, ErrorKind, ExposeSecret, LimitSignal, Result, SecretString};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value, json};

pub(crate) use self::clients::{ApiClient, NewClient};
pub(crate) use self::keys::{ByMethod, NewKey, WebserviceKey, by_method, with_secret};
use crate::ID;
use crate::admin_client::AdminClient;
use crate::client::{Reach, budget};
use crate::config::ShopContext;
use crate::dialect::{asked_wait, limits};
use crate::oauth::{Granted, Tokens, without_code};
use crate::scope::AdminScope;

const LANGUAGE: &str = "en-US";
const LONGEST_NAME: usize = 32;
/// What `isGenericName` refuses.
const REFUSED: &str = "<>={}";
/// How many rows of a listing are asked for at once.
const PAGE: usize = 100;
/// More pages than any shop has; ends a listing that never ends.
const MOST_PAGES: usize = 50;

/// The Admin API of one shop.
#[derive(Debug)]
pub(crate) struct AdminApi {
    http: HttpClient,
    tokens: Tokens,
    context: ShopContext,
}

/// A profile, as the Admin API tells it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ProfileAnswer {
    profile_id: u64,
    #[serde(default)]
    names: BTreeMap<String, String>,
}

/// What a listing holds.
trait Row {
    fn id(&self) -> u64;
}

/// A page of a listing.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Listed<T> {
    total_items: u64,
    items: Vec<T>,
}

impl AdminApi {
    pub(crate) fn new(client: AdminClient, reach: &Reach) -> Result<Self> {
        let Reach { shop, context, store, env, .. } = reach;
        let tokens = Tokens::new(client, shop, store.clone(), env)?;
        let config = HttpClientConfig {
            provider: ID.clone(),
            store: store.clone(),
            base: shop.base.clone(),
            dialect: Arc::new(AdminDialect { clock: env.clock().clone() }),
            authenticate: Arc::new(InRequest),
            budget: budget(shop),
        };
        Ok(Self { http: HttpClient::new(config, env.clone()), tokens, context: context.clone() })
    }

    /// A token for all of these scopes at once, to try the client out.
    pub(crate) async fn try_out(&self, scopes: &[&str], cx: &CallContext) -> Result<Granted> {
        self.tokens.try_out(scopes, cx).await
    }

    /// Whether a token for this scope is to be had.
    pub(crate) async fn grants(&self, scope: AdminScope, cx: &CallContext) -> Result<()> {
        self.tokens.current(scope, cx).await.map(|_| ())
    }

    /// The name of a profile, or nothing if there is no such profile.
    pub(crate) async fn profile(&self, id: u64, cx: &CallContext) -> Result<Option<String>> {
        let path = ["admin-api", "profiles", &id.to_string()];
        let request =
            self.request("profiles/get", Method::GET, "/admin-api/profiles/{id}", path, Safety::Read);
        let answer = self.send(request, AdminScope::ReadProfiles, cx, profile).await;
        match answer {
            Ok(profile) => Ok(Some(name_of(profile.names))),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Makes a profile that has no right yet, and gives its number.
    pub(crate) async fn create_profile(&self, name: &str, cx: &CallContext) -> Result<u64> {
        let path = ["admin-api", "profiles"];
        let body = json!({ "names": { LANGUAGE: name } });
        let request = self
            .request("profiles/create", Method::POST, "/admin-api/profiles", path, Safety::Write)
            .with_json(&body)?;
        let profile = self.send(request, AdminScope::WriteProfiles, cx, profile).await?;
        Ok(profile.profile_id)
    }

    /// Sends with a token for the scope. The token is there before the request takes a place among those under way, so
    /// that fetching one never waits for itself.
    async fn send<T>(
        &self,
        request: ApiRequest,
        scope: AdminScope,
        cx: &CallContext,
        decode: impl Fn(&ApiResponse) -> Result<T, Failure> + Send + Sync,
    ) -> Result<T> {
        let token = self.tokens.current(scope, cx).await?;
        match self.http.send(&signed(request.clone(), &token)?, cx, &decode).await {
            Err(error) if error.kind() == ErrorKind::Unauthenticated => {
                self.tokens.forget(scope, &token).await;
                let token = self.tokens.current(scope, cx).await?;
                self.http.send(&signed(request, &token)?, cx, &decode).await
            }
            answer => answer,
        }
    }

    /// Every row of a listing, or an error: a part of it would prove nothing.
    async fn all<T: Row + DeserializeOwned>(
        &self,
        request: impl Fn() -> ApiRequest + Send + Sync,
        scope: AdminScope,
        cx: &CallContext,
    ) -> Result<Vec<T>> {
        let (mut rows, mut seen, mut total) = (Vec::new(), BTreeSet::new(), None);
        for _ in 0..MOST_PAGES {
            let page =
                request().with_query("limit", PAGE.to_string()).with_query("offset", rows.len().to_string());
            let Listed { total_items, items } =
                self.send(page, scope, cx, |response| read::<Listed<T>>(response, "a listing")).await?;
            // What comes or goes meanwhile moves the others, and one could be passed over.
            if *total.get_or_insert(total_items) != total_items {
                return Err(Error::new(
                    ErrorKind::Unavailable,
                    "the shop's listing changed while it was read",
                ));
            }
            let came = items.len();
            rows.extend(items);
            if rows.iter().skip(rows.len() - came).any(|row: &T| !seen.insert(row.id())) {
                return Err(Error::new(ErrorKind::Protocol, "the shop's listing repeats itself"));
            }
            if rows.len() as u64 >= total_items {
                return Ok(rows);
            }
            if came == 0 {
                return Err(Error::new(ErrorKind::Protocol, "the shop's listing ends before its end"));
            }
        }
        Err(Error::new(ErrorKind::Protocol, "the shop's listing does not end"))
    }

    fn request<'a>(
        &self,
        operation: &'static str,
        method: Method,
        template: &'static str,
        path: impl IntoIterator<Item = &'a str>,
        safety: Safety,
    ) -> ApiRequest {
        let request = ApiRequest::new(operation, method, template, path, safety);
        match (self.context.shop.as_deref(), &self.context.group) {
            (Some("all"), _) => request.with_query("allShops", "1"),
            (Some(shop), _) => request.with_query("shopId", shop),
            (None, Some(group)) => request.with_query("shopGroupId", group),
            (None, None) => request,
        }
    }
}

/// A profile's name as PrestaShop takes it.
pub(crate) fn profile_name(role: &str) -> String {
    let kept: String = role.chars().filter(|c| !c.is_control() && !REFUSED.contains(*c)).collect();
    let name: String = kept.trim().chars().take(LONGEST_NAME).collect();
    if name.is_empty() { "Support".to_owned() } else { name }
}

fn name_of(mut names: BTreeMap<String, String>) -> String {
    let name = names.remove(LANGUAGE).or_else(|| names.into_values().next()).unwrap_or_default();
    name.chars().filter(|c| !c.is_control()).take(64).collect()
}

fn signed(request: ApiRequest, token: &SecretString) -> Result<ApiRequest> {
    let text = SecretString::from(format!("Bearer {}", token.expose_secret()));
    let mut value = HeaderValue::from_str(text.expose_secret())
        .map_err(|_| Error::new(ErrorKind::Protocol, "the access token that the shop gave cannot be sent"))?;
    value.set_sensitive(true);
    Ok(request.with_header(HeaderName::from_static("authorization"), value))
}

fn profile(response: &ApiResponse) -> Result<ProfileAnswer, Failure> {
    read(response, "a profile")
}

/// The data of a success. The reader's own words could quote a secret, so they are left out.
fn read<T: DeserializeOwned>(response: &ApiResponse, what: &str) -> Result<T, Failure> {
    serde_json::from_slice(&response.body).map_err(|_| Failure::undecodable(format!("it holds not {what}")))
}

fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SecretString, D::Error> {
    String::deserialize(deserializer).map(SecretString::from)
}

/// The manners of the Admin API. What its bodies say of status and reason is not reliable before 9.2, so the status of
/// HTTP decides.
#[derive(Debug)]
struct AdminDialect {
    clock: Arc<dyn Clock>,
}

impl Dialect for AdminDialect {
    fn classify(&self, operation: &'static str, response: &ApiResponse) -> Result<(), Failure> {
        let Some(failure) = Failure::from_status(response.status) else { return Ok(()) };
        let failure = match response.status.as_u16() {
            404 if operation == "profiles/get" || is_told_by_the_api(response) => failure,
            400 => Failure::new(
                ErrorKind::Config,
                Effect::None,
                "the Admin API does not know which shop is meant",
            )
            .with_remedy("with several shops in one installation, set `shop_id` or `shop_group_id`"),
            403 => failure.with_remedy(
                "tick the scope that is missing for the API client under Advanced Parameters > Admin API",
            ),
            // A key that exists already may be the one that was sent: nobody saw the answer to the first time.
            422 if operation == "keys/create" && names_the_key(response) => {
                Failure::new(ErrorKind::Conflict, Effect::Possible, "the shop refuses the new key")
            }
            422 => failure.with_remedy(match operation {
                "clients/create" => "check the scopes: each must be brought by an installed module",
                "keys/create" => "check the resources: each must be one that this version knows",
                _ => "check the role's name: it becomes the profile's, in English",
            }),
            _ => without_code(response, failure),
        };
        Err(failure.with_wait(asked_wait(response, &*self.clock)))
    }

    fn limits(&self, response: &ApiResponse) -> LimitSignal {
        limits(response, &*self.clock)
    }

    fn request_id(&self, _headers: &HeaderMap) -> Option<String> {
        None
    }

    fn safe_headers(&self) -> &'static [&'static str] {
        &[]
    }
}

/// Whether the Admin API itself says so, and not the web server of a shop where it is switched off.
fn is_told_by_the_api(response: &ApiResponse) -> bool {
    serde_json::from_slice::<Map<String, Value>>(&response.body).is_ok()
}

/// Whether a validation is about the field `key`.
fn names_the_key(response: &ApiResponse) -> bool {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Violation {
        property_path: String,
    }
    serde_json::from_slice::<Vec<Violation>>(&response.body)
        .is_ok_and(|all| all.iter().any(|violation| violation.property_path == "key"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_gets_a_name_that_prestashop_takes() {
        assert_eq!(profile_name("support {eu} <b>"), "support eu b");
        assert_eq!(profile_name(&"é".repeat(40)).chars().count(), LONGEST_NAME);
        assert_eq!(profile_name("{}"), "Support");
    }

    #[test]
    fn a_profile_is_called_by_its_english_name_if_it_has_one() {
        let named = |pairs: &[(&str, &str)]| {
            name_of(pairs.iter().map(|(key, name)| ((*key).to_owned(), (*name).to_owned())).collect())
        };
        assert_eq!(named(&[("de-DE", "Hilfe"), ("en-US", "Help")]), "Help");
        assert_eq!(named(&[("de-DE", "Hilfe")]), "Hilfe");
        assert_eq!(named(&[]), "");
    }
}
