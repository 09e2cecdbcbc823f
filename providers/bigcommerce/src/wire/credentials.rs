//! The vendor's JSON about tokens for shoppers and webhooks. What holds a secret does not print it.

use std::fmt;

use guestpass::{OneTimeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};

/// A new storefront token. One page of the vendor shows it without the `data` around it.
#[derive(Deserialize)]
pub(crate) struct StorefrontTokenAnswer {
    #[serde(default)]
    data: Option<StorefrontToken>,
    #[serde(default)]
    token: Option<String>,
}

#[derive(Deserialize)]
struct StorefrontToken {
    #[serde(default)]
    token: Option<String>,
}

impl StorefrontTokenAnswer {
    pub(crate) fn token(self) -> Option<OneTimeSecret> {
        let token = self.data.and_then(|data| data.token).or(self.token)?;
        Some(OneTimeSecret::new(SecretString::from(token)))
    }
}

impl fmt::Debug for StorefrontTokenAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StorefrontTokenAnswer")
    }
}

/// What the API for shoppers tells of its store.
#[derive(Debug, Deserialize)]
pub(crate) struct StorefrontData {
    #[serde(default)]
    site: Option<Site>,
}

#[derive(Debug, Deserialize)]
struct Site {
    #[serde(default)]
    settings: Option<SiteSettings>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct SiteSettings {
    #[serde(default)]
    store_hash: Option<String>,
}

impl StorefrontData {
    pub(crate) fn store_hash(self) -> Option<String> {
        self.site?.settings?.store_hash
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct HookPage {
    pub(crate) data: Vec<Hook>,
    #[serde(default)]
    pub(crate) meta: Option<PageMeta>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct PageMeta {
    #[serde(default)]
    pub(crate) pagination: Option<Paging>,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Paging {
    #[serde(default)]
    pub(crate) total: Option<u64>,
    #[serde(default)]
    pub(crate) total_pages: Option<u64>,
}

/// A webhook. Its headers are how its receiver knows the platform, and its address may hold a key: both are secrets.
#[derive(Clone, Deserialize)]
pub(crate) struct Hook {
    pub(crate) id: u64,
    #[serde(default)]
    pub(crate) client_id: Option<String>,
    pub(crate) scope: String,
    pub(crate) destination: String,
    #[serde(default)]
    pub(crate) headers: Option<Value>,
    #[serde(default)]
    pub(crate) is_active: Option<bool>,
}

impl Hook {
    /// Two of one client cannot be alike in both.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        self.scope == other.scope && self.destination == other.destination
    }

    /// No headers are written as null, as nothing, or as an empty list or object.
    pub(crate) fn headers(&self) -> Option<&serde_json::Map<String, Value>> {
        self.headers.as_ref()?.as_object().filter(|headers| !headers.is_empty())
    }

    /// The body of a request for another one like it.
    pub(crate) fn as_order(&self) -> Value {
        let mut order = json!({
            "scope": self.scope,
            "destination": self.destination,
            "is_active": self.is_active.unwrap_or(true),
        });
        if let (Some(headers), Some(fields)) = (self.headers(), order.as_object_mut()) {
            fields.insert("headers".to_owned(), Value::Object(headers.clone()));
        }
        order
    }
}

impl fmt::Debug for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hook").field("id", &self.id).field("scope", &self.scope).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_hold_a_secret_does_not_print_it() {
        let hook: Hook = serde_json::from_value(json!({
            "id": 7, "scope": "store/order/created", "destination": "https://h.example/?key=hush",
            "headers": {"x-key": "hush"}, "unheard_of": [],
        }))
        .unwrap();
        let answer: StorefrontTokenAnswer =
            serde_json::from_value(json!({"data": {"token": "hush"}})).unwrap();
        let shown = format!("{hook:?} {answer:?}");
        assert!(shown.contains("store/order/created") && !shown.contains("hush"), "{shown}");
        assert_eq!(answer.token().unwrap().expose(), "hush");
        assert_eq!(hook.as_order()["headers"]["x-key"], "hush");
    }

    #[test]
    fn a_webhook_without_headers_is_ordered_without_them_however_that_is_written() {
        for none in [json!(null), json!([]), json!({})] {
            let hook = json!({"id": 7, "scope": "s", "destination": "d", "headers": none, "is_active": null});
            let hook: Hook = serde_json::from_value(hook).unwrap();
            assert_eq!(hook.as_order(), json!({"scope": "s", "destination": "d", "is_active": true}));
        }
    }
}
