//! The sites of an account.

use std::cmp::Ordering;

use guestpass::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::bodies;
use super::guard::{self, Call};
use super::permissions::Permission;
use super::state::{Site, World};
use crate::fakes::http::Answer;
use crate::fakes::paging::{self, Lies};

const FILTERABLE: [&str; 8] =
    ["id", "name", "published", "premium", "editorType", "folderId", "namespace", "domainConnected"];
const SORTABLE: [&str; 4] = ["displayName", "createdDate", "updatedDate", "trashedDate"];

#[derive(Default, Deserialize)]
#[serde(default)]
struct Body {
    query: Query,
    filter: Map<String, Value>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Query {
    filter: Map<String, Value>,
    sort: Vec<Sort>,
    cursor_paging: Paging,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sort {
    field_name: String,
    #[serde(default)]
    order: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Paging {
    limit: Option<usize>,
    cursor: Option<String>,
}

/// A page of the sites that a key may see. Headless sites are left out unless the filter names their namespace.
pub(super) fn query(call: Call<'_>, world: &World) -> Result<Answer, Answer> {
    let Body { query, .. } = bodies::read(call.request)?;
    let mut sites = visible(call, &query.filter, world)?;
    for sort in query.sort.iter().rev() {
        if !SORTABLE.contains(&sort.field_name.as_str()) {
            return Err(bodies::invalid("sort", "names a field that is not sortable", "INVALID_ARGUMENT"));
        }
        sites.sort_by(|one, other| {
            let order = compare(one.get(&sort.field_name), other.get(&sort.field_name));
            if sort.order == "DESC" { order.reverse() } else { order }
        });
    }
    let size = query.cursor_paging.limit.unwrap_or(50);
    if size == 0 || size > call.quirks.sites_page_max {
        return Err(bodies::invalid("cursorPaging.limit", "is out of range", "OUT_OF_RANGE"));
    }
    let unreadable = || bodies::invalid("cursorPaging.cursor", "is not a cursor", "INVALID_ARGUMENT");
    let after = match &query.cursor_paging.cursor {
        Some(cursor) => Some(paging::offset(cursor).ok_or_else(unreadable)?),
        None => None,
    };
    let lies = Lies {
        empty_first: call.quirks.sites_empty_page_with_next,
        repeats: call.quirks.sites_duplicate_page,
        circles: call.quirks.sites_cycling_cursor,
    };
    let page = paging::page(sites.len(), size, after, lies);
    let next = page.has_next.then(|| paging::cursor(page.end));
    let shown: Vec<_> = sites.iter().skip(page.first).take(page.shown).collect();
    let body = json!({
        "sites": shown,
        "metadata": {
            "count": shown.len() + usize::from(call.quirks.sites_miscounted),
            "hasNext": page.has_next,
            "cursors": next.map_or_else(|| json!({}), |next| json!({"next": next})),
        },
    });
    Ok(Answer::json(200, &body))
}

/// How many sites match.
pub(super) fn count(call: Call<'_>, world: &World) -> Result<Answer, Answer> {
    let Body { filter, .. } = bodies::read(call.request)?;
    let count = visible(call, &filter, world)?.len();
    Ok(Answer::json(200, &json!({"count": count + usize::from(call.quirks.sites_miscounted)})))
}

/// What a site says of itself.
pub(super) fn properties(call: Call<'_>, world: &World) -> Result<Answer, Answer> {
    let caller = guard::site(call, world, Some(Permission::ViewSiteSettings))?;
    let site = world
        .site(&caller.site)
        .map_err(|_| bodies::coded(404, "META_SITE_NOT_FOUND", "There is no such site."))?;
    let properties = json!({
        "siteDisplayName": site.name,
        "businessName": site.name,
        "email": world.email_of(&site.owner),
        "language": "en",
        "timeZone": "Etc/UTC",
        "paymentCurrency": "USD",
    });
    Ok(Answer::json(200, &json!({"version": "1", "properties": properties})))
}

fn visible(call: Call<'_>, filter: &Map<String, Value>, world: &World) -> Result<Vec<Value>, Answer> {
    let key = guard::account(call, world, None)?;
    let unknown = filter.keys().find(|field| !FILTERABLE.contains(&field.as_str()));
    if let Some(field) = unknown {
        let problem = format!("'{field}' is not declared as filterable");
        return Err(bodies::invalid("filter", &problem, "INVALID_ARGUMENT"));
    }
    let sites = world
        .sites
        .values()
        .filter(|site| site.owner == key.account)
        .filter(|site| key.sites.as_ref().is_none_or(|sites| sites.contains(&site.id)))
        .filter(|site| !site.headless || filter.contains_key("namespace"))
        .map(|site| view(site, call.now))
        .filter(|site| filter.iter().all(|(field, wanted)| matches(site.get(field), wanted)));
    Ok(sites.collect())
}

/// A filter names a value, or operators with theirs.
fn matches(value: Option<&Value>, wanted: &Value) -> bool {
    let Value::Object(operators) = wanted else {
        return value == Some(wanted);
    };
    operators.iter().all(|(operator, operand)| {
        let among = || operand.as_array().is_some_and(|all| value.is_some_and(|value| all.contains(value)));
        let order = compare(value, Some(operand));
        match operator.as_str() {
            "$eq" => value == Some(operand),
            "$ne" => value != Some(operand),
            "$in" | "$hasSome" => among(),
            "$exists" => operand.as_bool() == Some(value.is_some()),
            "$startsWith" => {
                let texts = value.and_then(Value::as_str).zip(operand.as_str());
                texts.is_some_and(|(text, start)| text.starts_with(start))
            }
            "$gt" => order == Ordering::Greater,
            "$gte" => order != Ordering::Less,
            "$lt" => order == Ordering::Less,
            "$lte" => order != Ordering::Greater,
            _ => false,
        }
    })
}

fn compare(one: Option<&Value>, other: Option<&Value>) -> Ordering {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
    text(one).cmp(&text(other))
}

fn view(site: &Site, now: Timestamp) -> Value {
    let listed = site.contributors.iter().filter(|contributor| contributor.seat.listed(now));
    let contributors: Vec<_> = listed.map(|contributor| &contributor.seat.person).collect();
    json!({
        "id": site.id,
        "name": site.name.to_lowercase().replace(' ', "-"),
        "displayName": site.name,
        "createdDate": site.created.to_string(),
        "updatedDate": site.created.to_string(),
        "published": true,
        "premium": true,
        "blocked": false,
        "viewUrl": url(site),
        "editUrl": format!("https://manage.wix.example/dashboard/{}", site.id),
        "ownerAccountId": site.owner,
        "contributorAccountIds": contributors,
        "editorType": if site.headless { "EDITORLESS" } else { "EDITOR" },
        "namespace": if site.headless { "HEADLESS" } else { "WIX" },
        "domainConnected": false,
    })
}

pub(super) fn url(site: &Site) -> String {
    format!("https://{}.example", site.name.to_lowercase().replace(' ', "-"))
}
