//! The envelope of lists.

use serde_json::{Map, Value, json};

use crate::fakes::http::{Answer, Incoming};

/// Filters, sorts and cuts `items`.
pub(super) fn answer(
    request: &Incoming,
    items: Vec<Value>,
    default_limit: usize,
    default_order: &str,
) -> Answer {
    let number = |name| request.parameter(name).and_then(|number| number.parse().ok());
    let limit: usize = number("limit").unwrap_or(default_limit);
    let offset: usize = number("offset").unwrap_or_default();
    let order = request.parameter("orderBy").unwrap_or(default_order);
    let direction = request.parameter("sortOrder").unwrap_or("asc");
    let filters: Map<String, Value> = request
        .query
        .iter()
        .filter_map(|(name, value)| {
            let field = name.strip_prefix("filters[")?.strip_suffix(']')?;
            Some((field.to_owned(), json!(value)))
        })
        .collect();
    let mut found: Vec<_> = items.into_iter().filter(|item| passes(item, &filters)).collect();
    found.sort_by_key(|item| item.get(order).map(sortable).unwrap_or_default());
    if direction.eq_ignore_ascii_case("desc") {
        found.reverse();
    }
    let total = found.len();
    let page: Vec<_> = found.into_iter().skip(offset).take(limit).collect();
    let filters = if filters.is_empty() { json!([]) } else { Value::Object(filters) };
    Answer::json(
        200,
        &json!({
            "totalItems": total, "orderBy": order, "sortOrder": direction, "limit": limit, "offset": offset,
            "filters": filters, "items": page,
        }),
    )
}

/// The shop filters by containment.
fn passes(item: &Value, filters: &Map<String, Value>) -> bool {
    filters.iter().all(|(field, wanted)| {
        let value = item.get(field).map(plain).unwrap_or_default();
        value.to_lowercase().contains(&plain(wanted).to_lowercase())
    })
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Numbers before texts, each in their own order.
fn sortable(value: &Value) -> (u64, String) {
    (value.as_u64().unwrap_or(u64::MAX), plain(value))
}
