//! The world as the Admin API shows it, as JSON that the resolvers pick from.

use serde_json::{Value, json};

use super::apps::{App, Installation, known_scopes};
use super::paging::Entry;
use super::quirks::{AccountTypes, Quirks, RemovedPerson};
use super::state::{Plan, Shop, Staff, StaffKind};
use super::storefront::StorefrontToken;
use crate::fakes::ground::date_time;

/// A shop without its people and tokens, which the resolvers add.
pub(super) fn shop(shop: &Shop) -> Value {
    json!({
        "id": format!("gid://shopify/Shop/{}", shop.number),
        "name": shop.name,
        "email": shop.owner().map(|owner| owner.email.as_str()).unwrap_or_default(),
        "myshopifyDomain": shop.domain,
        "createdAt": date_time(shop.created_at),
        "plan": {
            "publicDisplayName": shop.plan.name(),
            "displayName": shop.plan.name(),
            "shopifyPlus": shop.plan == Plan::Plus,
            "partnerDevelopment": false,
        },
    })
}

/// How somebody shows; `None` for somebody who is gone and left no trace.
pub(super) fn staff(staff: &Staff, quirks: &Quirks) -> Option<Value> {
    let gone = !staff.there();
    if gone && quirks.removed_person == RemovedPerson::Absent {
        return None;
    }
    let pending = staff.kind == StaffKind::Requested && quirks.requested_active;
    let account_type = match quirks.account_types {
        AccountTypes::Told => json!(staff.kind.handle()),
        AccountTypes::Null => Value::Null,
        AccountTypes::Unheard => json!("UNHEARD_OF"),
    };
    let name = format!("{} {}", staff.first, staff.last);
    let initials: Vec<String> = [&staff.first, &staff.last]
        .into_iter()
        .filter_map(|name| name.chars().next())
        .map(String::from)
        .collect();
    Some(json!({
        "id": staff_id(staff),
        "accountType": account_type,
        "active": !gone && (staff.active || pending),
        "exists": !gone || quirks.removed_person == RemovedPerson::ActiveFalse,
        "isShopOwner": staff.owner && !gone,
        "email": staff.email,
        "name": name.trim(),
        "firstName": staff.first,
        "lastName": staff.last,
        "phone": null,
        "initials": initials,
        "locale": "en",
        "privateData": {
            "accountSettingsUrl": "https://accounts.shopify.com/account",
            "createdAt": date_time(staff.created_at),
        },
    }))
}

pub(super) fn staff_id(staff: &Staff) -> String {
    format!("gid://shopify/StaffMember/{}", staff.number)
}

/// An installation with its app. `scopes` are those of the asking token.
pub(super) fn installation(shop: &Shop, installation: &Installation, app: &App, scopes: &[String]) -> Value {
    json!({
        "id": format!("gid://shopify/AppInstallation/{}", installation.number),
        "accessScopes": handles(scopes),
        "app": self::app(app),
        "launchUrl": format!("https://{}/admin/apps/{}", shop.domain, app.number),
        "uninstallUrl": format!("https://{}/admin/api_permissions/{}", shop.domain, installation.number),
    })
}

/// An app; its installation is left out, as it would contain the app again.
pub(super) fn app(app: &App) -> Value {
    json!({
        "id": format!("gid://shopify/App/{}", app.number),
        "apiKey": app.client_id,
        "handle": app.client_id,
        "title": app.client_id,
        "embedded": false,
        "developerName": app.owner,
        "developerType": "PARTNER",
        "requestedAccessScopes": handles(&app.required),
        "optionalAccessScopes": handles(&app.optional),
        "availableAccessScopes": handles(&known_scopes()),
        "installation": null,
    })
}

pub(super) fn handles(scopes: &[String]) -> Value {
    let scope = |handle: &String| json!({"handle": handle, "description": handle.replace('_', " ")});
    scopes.iter().map(scope).collect()
}

pub(super) fn storefront_token(token: &StorefrontToken) -> Value {
    json!({
        "id": storefront_id(token.number),
        "title": token.title,
        "accessToken": token.token,
        "accessScopes": handles(&token.scopes),
        "createdAt": date_time(token.created_at),
        "updatedAt": date_time(token.created_at),
    })
}

pub(super) fn storefront_id(number: u64) -> String {
    format!("gid://shopify/StorefrontAccessToken/{number}")
}

/// The storefront tokens of one app.
pub(super) fn storefront_tokens(shop: &Shop, client_id: &str) -> Vec<Entry> {
    let of_app = shop.living_storefront_tokens().filter(|token| token.client_id == client_id);
    of_app.map(|token| Entry { number: token.number, value: storefront_token(token) }).collect()
}
