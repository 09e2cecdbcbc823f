//! Webservice keys: `/webservice-keys`, from ps_apiresources 0.2 and PrestaShop 9.0.2 on. They come in clear.
//! <https://devdocs.prestashop-project.org/9/admin-api/resource_server/api-resources/>

use std::collections::BTreeMap;
use std::fmt;

use guestpass::http::{Failure, Method, Safety};
use guestpass::{CallContext, ExposeSecret, Result, SecretString};
use serde::{Deserialize, Deserializer};
use serde_json::json;

use super::{AdminApi, Row, read};
use crate::scope::AdminScope;

const ALL: &str = "/admin-api/webservice-keys";
const ONE: &str = "/admin-api/webservice-keys/{id}";

/// What a key may do: the methods for each resource, as the shop tells it.
pub(crate) type ByResource = BTreeMap<String, Vec<String>>;
/// What a key may do: the resources for each method, as the shop wants it.
pub(crate) type ByMethod = BTreeMap<String, Vec<String>>;

/// A key, as the shop tells it.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WebserviceKey {
    #[serde(rename = "webserviceKeyId")]
    pub(crate) id: u64,
    #[serde(deserialize_with = "super::secret")]
    pub(crate) key: SecretString,
    #[serde(default)]
    pub(crate) description: String,
    pub(crate) enabled: bool,
    /// A listing leaves it out.
    #[serde(default, deserialize_with = "map_or_nothing")]
    pub(crate) permissions: ByResource,
    /// A listing leaves it out.
    #[serde(default)]
    pub(crate) shop_ids: Vec<u64>,
}

impl fmt::Debug for WebserviceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebserviceKey").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Row for WebserviceKey {
    fn id(&self) -> u64 {
        self.id
    }
}

/// What a new key is to be.
pub(crate) struct NewKey<'a> {
    pub(crate) key: &'a str,
    pub(crate) description: &'a str,
    pub(crate) permissions: &'a ByMethod,
    pub(crate) shops: &'a [u64],
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MadeKey {
    webservice_key_id: u64,
}

impl AdminApi {
    /// Every key of the installation.
    pub(crate) async fn keys(&self, cx: &CallContext) -> Result<Vec<WebserviceKey>> {
        let path = ["admin-api", "webservice-keys"];
        let request = || self.request("keys/list", Method::GET, ALL, path, Safety::Read);
        self.all(request, AdminScope::ReadKeys, cx).await
    }

    /// One key, with what it may do and the shops it is for.
    pub(crate) async fn key(&self, id: u64, cx: &CallContext) -> Result<WebserviceKey> {
        let id = id.to_string();
        let path = ["admin-api", "webservice-keys", &id];
        let request = self.request("keys/get", Method::GET, ONE, path, Safety::Read);
        self.send(request, AdminScope::ReadKeys, cx, |response| {
            let key: WebserviceKey = read(response, "a webservice key")?;
            let same = key.id.to_string() == id;
            same.then_some(key).ok_or_else(|| Failure::undecodable("it is about another key"))
        })
        .await
    }

    /// Makes a key that the caller chose, and gives its number.
    pub(crate) async fn create_key(&self, new: &NewKey<'_>, cx: &CallContext) -> Result<u64> {
        let body = json!({
            "key": new.key, "description": new.description, "enabled": true,
            "permissions": new.permissions, "shopIds": new.shops,
        });
        let path = ["admin-api", "webservice-keys"];
        let request = self.request("keys/create", Method::POST, ALL, path, Safety::Write).with_json(&body)?;
        self.send(request, AdminScope::WriteKeys, cx, |response| {
            read::<MadeKey>(response, "a new key").map(|made| made.webservice_key_id)
        })
        .await
    }

    /// Switches a key off. It stays listed: no released version deletes keys.
    pub(crate) async fn disable_key(&self, id: u64, cx: &CallContext) -> Result<()> {
        let id = id.to_string();
        let path = ["admin-api", "webservice-keys", &id];
        let request = self
            .request("keys/update", Method::PATCH, ONE, path, Safety::Idempotent)
            .with_json(&json!({ "enabled": false }))?;
        self.send(request, AdminScope::WriteKeys, cx, |response| {
            let key: WebserviceKey = read(response, "a webservice key")?;
            let done = key.id.to_string() == id && !key.enabled;
            done.then_some(()).ok_or_else(|| Failure::undecodable("it does not show the change"))
        })
        .await
    }
}

/// The key with this secret, if it is among these. Compared in memory alone.
pub(crate) fn with_secret<'k>(keys: &'k [WebserviceKey], secret: &str) -> Option<&'k WebserviceKey> {
    keys.iter().find(|key| key.key.expose_secret() == secret)
}

/// What goes out by resource comes in by method.
pub(crate) fn by_method(permissions: &ByResource) -> ByMethod {
    let mut turned = ByMethod::new();
    for (resource, methods) in permissions {
        for method in methods {
            turned.entry(method.clone()).or_default().push(resource.clone());
        }
    }
    turned
}

/// PHP writes a map without entries as an empty list.
fn map_or_nothing<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ByResource, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        Map(ByResource),
        Nothing([String; 0]),
    }
    Ok(match Either::deserialize(deserializer)? {
        Either::Map(map) => map,
        Either::Nothing([]) => ByResource::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permissions_are_turned_from_one_form_into_the_other() {
        let permissions = ByResource::from([
            ("employees".to_owned(), vec!["GET".to_owned(), "PUT".to_owned()]),
            ("languages".to_owned(), vec!["GET".to_owned()]),
            ("orders".to_owned(), Vec::new()),
        ]);
        let turned = by_method(&permissions);
        assert_eq!(
            serde_json::to_string(&turned).unwrap(),
            r#"{"GET":["employees","languages"],"PUT":["employees"]}"#
        );
    }

    #[test]
    fn a_key_is_read_in_every_shape_and_shown_in_none() {
        for (text, resources) in [
            (r#"{"webserviceKeyId":7,"key":"hush","description":"d","enabled":true}"#, 0),
            (r#"{"webserviceKeyId":7,"key":"hush","enabled":false,"permissions":[],"shopIds":[1]}"#, 0),
            (
                r#"{"webserviceKeyId":7,"key":"hush","enabled":true,"permissions":{"employees":["GET"]},"x":1}"#,
                1,
            ),
        ] {
            let key: WebserviceKey = serde_json::from_str(text).unwrap();
            assert_eq!((key.id, key.permissions.len()), (7, resources), "{text}");
            assert!(!format!("{key:?}").contains("hush"));
            assert!(with_secret(std::slice::from_ref(&key), "hush").is_some());
            assert!(with_secret(&[key], "hus").is_none());
        }
    }
}
