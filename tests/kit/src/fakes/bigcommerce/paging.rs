//! Cursor-based connections, honest or not.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::quirks::{PageSizeExcess, PagingFaultsOn, Quirks, TotalItems};

/// The page of `items` that the arguments ask for, as a connection object.
pub(super) fn page(
    connection: &str,
    items: &[Value],
    arguments: &Value,
    quirks: &Quirks,
) -> Result<Value, String> {
    let size = size(arguments.get("first").unwrap_or(&Value::Null), quirks)?;
    let after = match arguments.get("after").and_then(Value::as_str) {
        None => None,
        Some(cursor) => Some(offset(cursor).ok_or("The cursor is invalid.")?.min(items.len())),
    };
    let faulty = faulty(connection, quirks);
    let empty = faulty && quirks.empty_page_with_next && after.is_none();
    let cycling = faulty && quirks.cycling_cursor;

    let from = if cycling { 0 } else { after.unwrap_or(0) };
    let repeats = usize::from(faulty && quirks.duplicate_page && from > 0);
    let shown = if empty { 0 } else { size.max(repeats + 1) };
    let shown: Vec<Value> = (from - repeats..)
        .zip(items.iter().skip(from - repeats))
        .take(shown)
        .map(|(index, item)| json!({"cursor": cursor(index + 1), "node": item}))
        .collect();
    let end = (from - repeats + shown.len()).max(from);
    let end_cursor = match (cycling, empty || !shown.is_empty()) {
        (true, _) => json!(cursor(0)),
        (false, true) => json!(cursor(end)),
        (false, false) => Value::Null,
    };
    Ok(json!({
        "collectionInfo": {"totalItems": total(items.len(), quirks)},
        "pageInfo": {
            "hasNextPage": cycling || empty || end < items.len(),
            "hasPreviousPage": from > 0,
            "startCursor": shown.first().and_then(|edge| edge.get("cursor")),
            "endCursor": end_cursor,
        },
        "edges": shown,
    }))
}

/// The size of the page that `first` asks for.
pub(super) fn size(first: &Value, quirks: &Quirks) -> Result<usize, String> {
    if first.is_null() {
        return Ok(quirks.page_size_default.max(1));
    }
    let size = first.as_i64().and_then(|first| usize::try_from(first).ok());
    match size.filter(|&size| size > 0) {
        None => Err("`first` must be at least 1.".to_owned()),
        Some(size) if size <= quirks.page_size_max => Ok(size),
        Some(_) if quirks.page_size_excess == PageSizeExcess::Clamp => Ok(quirks.page_size_max.max(1)),
        Some(_) => Err(format!("`first` must be at most {}.", quirks.page_size_max)),
    }
}

fn faulty(connection: &str, quirks: &Quirks) -> bool {
    match quirks.paging_faults_on {
        PagingFaultsOn::All => true,
        PagingFaultsOn::Users => matches!(connection, "UserConnection" | "StoreUserConnection"),
        PagingFaultsOn::Stores => connection == "StoreConnection",
    }
}

fn total(items: usize, quirks: &Quirks) -> Option<i64> {
    let items = i64::try_from(items).unwrap_or(i64::MAX);
    match quirks.total_items {
        TotalItems::Correct => Some(items),
        TotalItems::OffBy(wrong) => Some(items.saturating_add(wrong)),
        TotalItems::Missing => None,
    }
}

/// Opaque to clients: the second number means nothing, so that nobody can count on the first.
fn cursor(offset: usize) -> String {
    STANDARD.encode(json!([offset, 1_724_438_389_u64]).to_string())
}

fn offset(cursor: &str) -> Option<usize> {
    let decoded = STANDARD.decode(cursor).ok()?;
    let (offset, _) = serde_json::from_slice::<(usize, u64)>(&decoded).ok()?;
    Some(offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walk(quirks: &Quirks, first: u64) -> Vec<u64> {
        let items: Vec<Value> = (0..7).map(Value::from).collect();
        let mut seen = Vec::new();
        let mut after = Value::Null;
        for _ in 0..20 {
            let page =
                page("UserConnection", &items, &json!({"first": first, "after": after}), quirks).unwrap();
            seen.extend(page["edges"].as_array().unwrap().iter().map(|edge| edge["node"].as_u64().unwrap()));
            if page["pageInfo"]["hasNextPage"] == json!(false) {
                break;
            }
            after = page["pageInfo"]["endCursor"].clone();
        }
        seen
    }

    #[test]
    fn pages_are_complete_and_in_order() {
        assert_eq!(walk(&Quirks::default(), 3), [0, 1, 2, 3, 4, 5, 6]);
        assert_eq!(walk(&Quirks::default(), 7), [0, 1, 2, 3, 4, 5, 6]);
        let empty_first = Quirks { empty_page_with_next: true, ..Quirks::default() };
        assert_eq!(walk(&empty_first, 4), [0, 1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn a_repeated_edge_never_stops_the_walk() {
        let repeating = Quirks { duplicate_page: true, ..Quirks::default() };
        assert_eq!(walk(&repeating, 3), [0, 1, 2, 2, 3, 4, 4, 5, 6]);
        assert_eq!(walk(&repeating, 1), [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6]);
    }

    #[test]
    fn a_cycle_never_ends() {
        let cycling = Quirks { cycling_cursor: true, ..Quirks::default() };
        assert_eq!(walk(&cycling, 3).len(), 60);
    }

    #[test]
    fn nonsense_is_refused() {
        let quirks = Quirks::default();
        for arguments in
            [json!({"first": 0}), json!({"first": -1}), json!({"first": 51}), json!({"after": "?"})]
        {
            assert!(page("UserConnection", &[], &arguments, &quirks).is_err(), "{arguments}");
        }
        let beyond = json!({"after": cursor(usize::MAX)});
        assert!(page("UserConnection", &[], &beyond, &quirks).is_ok());
    }
}
