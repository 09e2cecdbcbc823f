//! Cursor-based connections, honest or not.

use serde_json::{Value, json};

use super::quirks::{PageSizeExcess, PagingFaultsOn, Quirks, TotalItems};
use crate::fakes::paging::{self, Lies, cursor, offset};

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
        Some(cursor) => Some(offset(cursor).ok_or("The cursor is invalid.")?),
    };
    let faulty = faulty(connection, quirks);
    let lies = Lies {
        empty_first: faulty && quirks.empty_page_with_next,
        repeats: faulty && quirks.duplicate_page,
        circles: faulty && quirks.cycling_cursor,
    };
    let page = paging::page(items.len(), size, after, lies);
    let shown: Vec<Value> = (page.first..)
        .zip(items.iter().skip(page.first))
        .take(page.shown)
        .map(|(index, item)| json!({"cursor": cursor(index + 1), "node": item}))
        .collect();
    let end_cursor = (page.has_next || !shown.is_empty()).then(|| cursor(page.end));
    Ok(json!({
        "collectionInfo": {"totalItems": total(items.len(), quirks)},
        "pageInfo": {
            "hasNextPage": page.has_next,
            "hasPreviousPage": page.from > 0,
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
