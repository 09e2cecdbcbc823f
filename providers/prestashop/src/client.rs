//! One function for each call of the webservice.
//! <https://devdocs.prestashop-project.org/8/webservice/>

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use guestpass::http::{
    ApiRequest, ApiResponse, Authenticate, Bytes, Failure, HeaderName, HeaderValue, HttpClient,
    HttpClientConfig, Method, Request, Safety,
};
use guestpass::{
    Budget, BudgetKey, CallContext, Environment, Error, ErrorKind, ExposeSecret, Result, SecretSource,
    SecretString, StoreHandle,
};

use crate::ID;
use crate::config::{Shop, ShopContext};
use crate::dialect::{self, WebserviceDialect, is_of_webservice};
use crate::version::Version;
use crate::wire::{self, Employee, Index, LISTED, Record};
use crate::xml;

/// PrestaShop limits nothing itself. This is what one small server bears beside its customers; one of them is kept for
/// removals.
const PER_SECOND: u32 = 5;
const RESERVE: u32 = 1;
const WINDOW: Duration = Duration::from_secs(1);
/// How often watching may spend one of them.
pub(crate) const WATCH_EVERY: Duration = Duration::from_secs(60);
pub(crate) const KEY_LENGTH: usize = 32;

/// What all requests to one shop share, whichever API they are for.
pub(crate) fn budget(shop: &Shop) -> Budget {
    Budget::new(BudgetKey::new(format!("{}/shop/{}", ID.as_str(), shop.name)), PER_SECOND, WINDOW)
        .with_reserve(RESERVE)
        .with_background_every(WATCH_EVERY)
        .with_parallel(2)
}

/// Where a shop is, and how it is reached, whatever the credential.
#[derive(Debug, Clone)]
pub(crate) struct Reach {
    pub(crate) shop: Shop,
    pub(crate) context: ShopContext,
    pub(crate) method_override: bool,
    pub(crate) store: StoreHandle,
    pub(crate) env: Environment,
}

/// The webservice of one shop.
#[derive(Debug)]
pub(crate) struct Webservice {
    http: HttpClient,
    context: ShopContext,
    method_override: bool,
    version: Mutex<Version>,
}

/// A new employee, all of it: what is left out would be empty, and without `active` nobody could sign in.
pub(crate) struct NewEmployee<'a> {
    pub(crate) language: u64,
    pub(crate) first_name: &'a str,
    pub(crate) last_name: &'a str,
    pub(crate) email: &'a str,
    pub(crate) password: &'a SecretString,
    pub(crate) profile: u64,
    pub(crate) with_optin: bool,
}

impl NewEmployee<'_> {
    fn body(&self) -> String {
        let (language, profile) = (self.language.to_string(), self.profile.to_string());
        let fields = [
            ("id_lang", language.as_str()),
            ("lastname", self.last_name),
            ("firstname", self.first_name),
            ("email", self.email),
            ("passwd", self.password.expose_secret()),
            ("id_profile", &profile),
            ("active", "1"),
            ("default_tab", "1"),
            ("bo_theme", "default"),
            ("bo_css", "theme.css"),
            ("bo_menu", "1"),
        ];
        // With 1, PrestaShop 1.6 would tell the address to prestashop.com.
        xml::employee(fields.into_iter().chain(self.with_optin.then_some(("optin", "0"))))
    }
}

impl Webservice {
    /// The webservice as the holder of this key sees it.
    pub(crate) fn new(key: Arc<dyn SecretSource>, reach: &Reach) -> Self {
        let Reach { shop, context, method_override, store, env } = reach;
        let config = HttpClientConfig {
            provider: ID.clone(),
            store: store.clone(),
            base: shop.base.clone(),
            dialect: Arc::new(WebserviceDialect::new(env.clock().clone())),
            authenticate: Arc::new(KeyAsUser { key }),
            budget: budget(shop),
        };
        Self {
            http: HttpClient::new(config, env.clone()),
            context: context.clone(),
            method_override: *method_override,
            version: Mutex::default(),
        }
    }

    /// The shop's version, as the last answer told it.
    pub(crate) fn version(&self) -> Version {
        self.version.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What the key may do. <https://devdocs.prestashop-project.org/8/webservice/tutorials/testing-access/>
    pub(crate) async fn index(&self, cx: &CallContext) -> Result<Index> {
        let request = self.request("index", Method::GET, "/api/", ["api", ""], Safety::Read);
        self.send(&request, cx, wire::index).await
    }

    /// Employees in the order of their ids, without what is secret.
    /// <https://devdocs.prestashop-project.org/8/webservice/cheat-sheet/>
    pub(crate) async fn employees(&self, from: u64, most: usize, cx: &CallContext) -> Result<Vec<Employee>> {
        let request = self
            .request("employees/list", Method::GET, "/api/employees", ["api", "employees"], Safety::Read)
            .with_query("display", LISTED)
            .with_query("sort", "[id_ASC]")
            .with_query("limit", format!("{from},{most}"));
        self.send(&request, cx, wire::employees).await
    }

    /// Reads one row of a resource, whatever is in it: to see that the key may.
    pub(crate) async fn read_any(&self, resource: &str, cx: &CallContext) -> Result<()> {
        let path = ["api", resource];
        let request = self
            .request("resource/read", Method::GET, "/api/{resource}", path, Safety::Read)
            .with_query("limit", "1");
        self.send(&request, cx, wire::anything).await
    }

    /// One employee with everything that an update must hand back.
    /// <https://devdocs.prestashop-project.org/8/webservice/resources/employees/>
    pub(crate) async fn employee(&self, id: u64, cx: &CallContext) -> Result<Record> {
        let id = id.to_string();
        let path = ["api", "employees", &id];
        let request = self.request("employees/get", Method::GET, "/api/employees/{id}", path, Safety::Read);
        self.send(&request, cx, |response| {
            let record = Record::read(response)?;
            if record.employee()?.id.to_string() != id {
                return Err(Failure::undecodable("it is about another employee"));
            }
            Ok(record)
        })
        .await
    }

    /// Makes an employee. PrestaShop checks neither whether the address is taken nor whether the profile exists, and
    /// tells the person nothing.
    pub(crate) async fn create(&self, new: &NewEmployee<'_>, cx: &CallContext) -> Result<Employee> {
        let request = self
            .request("employees/create", Method::POST, "/api/employees", ["api", "employees"], Safety::Write)
            .with_body(HeaderValue::from_static("application/xml"), new.body());
        self.send(&request, cx, |response| {
            let made = Record::read(response)?.employee()?;
            let same = made.email.to_lowercase() == new.email.to_lowercase();
            let as_asked = same && made.is_active() && made.profile == new.profile;
            as_asked.then_some(made).ok_or_else(|| Failure::undecodable("it is about another employee"))
        })
        .await
    }

    /// Writes an employee back with some fields changed: PrestaShop empties every field that is left out.
    pub(crate) async fn update(
        &self,
        record: &Record,
        changes: &[(&str, &str)],
        cx: &CallContext,
    ) -> Result<()> {
        let id = record.employee().map_err(|_| unreadable_record())?.id;
        let path = ["api", "employees", &id.to_string()];
        let request = self
            .writing("employees/update", Method::PUT, "/api/employees/{id}", path)
            .with_body(HeaderValue::from_static("application/xml"), record.with(changes));
        self.send(&request, cx, |response| {
            let now = Record::read(response)?.employee()?;
            let wanted = |name: &str, value: &str| {
                changes.iter().all(|(changed, wanted)| *changed != name || *wanted == value)
            };
            let done = now.id == id
                && wanted("active", if now.is_active() { "1" } else { "0" })
                && wanted("id_profile", &now.profile.to_string());
            done.then_some(()).ok_or_else(|| Failure::undecodable("it does not show the change"))
        })
        .await
    }

    /// Deletes an employee. The answer is empty.
    pub(crate) async fn delete(&self, id: u64, cx: &CallContext) -> Result<()> {
        let path = ["api", "employees", &id.to_string()];
        let request = self.writing("employees/delete", Method::DELETE, "/api/employees/{id}", path);
        self.send(&request, cx, |response| {
            let ours = response.body.trim_ascii().is_empty() || is_of_webservice(response);
            if ours && wire::errors(response).is_empty() {
                return Ok(());
            }
            Err(Failure::undecodable("it is not the answer to a deletion"))
        })
        .await
    }

    /// A write by PUT or DELETE, or what stands for it where a firewall lets neither pass.
    fn writing<'a>(
        &self,
        operation: &'static str,
        method: Method,
        template: &'static str,
        path: impl IntoIterator<Item = &'a str>,
    ) -> ApiRequest {
        if !self.method_override {
            return self.request(operation, method, template, path, Safety::Write);
        }
        self.request(operation, Method::POST, template, path, Safety::Write)
            .with_query("ps_method", method.as_str())
    }

    fn request<'a>(
        &self,
        operation: &'static str,
        method: Method,
        template: &'static str,
        path: impl IntoIterator<Item = &'a str>,
        safety: Safety,
    ) -> ApiRequest {
        let mut request = ApiRequest::new(operation, method, template, path, safety)
            .with_header(HeaderName::from_static("accept"), HeaderValue::from_static("application/xml"));
        if let Some(shop) = &self.context.shop {
            request = request.with_query("id_shop", shop);
        }
        if let Some(group) = &self.context.group {
            request = request.with_query("id_group_shop", group);
        }
        request
    }

    async fn send<T>(
        &self,
        request: &ApiRequest,
        cx: &CallContext,
        decode: impl Fn(&ApiResponse) -> Result<T, Failure> + Send + Sync,
    ) -> Result<T> {
        let decode = |response: &ApiResponse| {
            if let Some(version) = dialect::version(response).and_then(Version::read) {
                *self.version.lock().unwrap_or_else(PoisonError::into_inner) = version;
            }
            decode(response)
        };
        self.http.send(request, cx, decode).await
    }
}

fn unreadable_record() -> Error {
    Error::new(ErrorKind::Protocol, "the shop told an employee that cannot be read")
}

/// The key is the user of HTTP's basic authentication; there is no password.
#[derive(Debug)]
struct KeyAsUser {
    key: Arc<dyn SecretSource>,
}

#[async_trait]
impl Authenticate for KeyAsUser {
    async fn authorize(&self, request: &mut Request<Bytes>, _cx: &CallContext) -> Result<SecretString> {
        let key = self.key.current().await?;
        let text = key.expose_secret();
        if text.len() != KEY_LENGTH || !text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b':') {
            return Err(Error::config(
                "key",
                "is no webservice key",
                "a key has exactly 32 characters; copy it from Advanced Parameters > Webservice",
            ));
        }
        let credentials = SecretString::from(format!("Basic {}", STANDARD.encode(format!("{text}:"))));
        let mut value = HeaderValue::from_str(credentials.expose_secret())
            .map_err(|_| Error::new(ErrorKind::Internal, "the key cannot be sent as a header"))?;
        value.set_sensitive(true);
        request.headers_mut().insert("authorization", value);
        Ok(key)
    }

    async fn refused(&self, used: &SecretString, _cx: &CallContext) -> Result<bool> {
        self.key.refused(used).await
    }
}
