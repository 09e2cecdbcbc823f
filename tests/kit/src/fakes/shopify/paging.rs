//! Cursor-based connections, honest or not.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::quirks::Quirks;

/// An entry of a listing, with the number that its cursor is made of.
pub(super) struct Entry {
    pub(super) number: u64,
    pub(super) value: Value,
}

/// The page of `entries` that the arguments ask for, as a connection object, and how many it has fewer than asked.
pub(super) fn page(
    mut entries: Vec<Entry>,
    arguments: &Value,
    quirks: &Quirks,
) -> Result<(Value, u64), String> {
    if arguments.get("reverse").and_then(Value::as_bool).unwrap_or_default() {
        entries.reverse();
    }
    let argument = |name: &str| arguments.get(name).filter(|value| !value.is_null());
    let (size, backwards) = match (argument("first"), argument("last")) {
        (Some(first), None) => (size("first", first, quirks)?, false),
        (None, Some(last)) => (size("last", last, quirks)?, true),
        (None, None) => return Err("you must provide one of first or last".to_owned()),
        (Some(_), Some(_)) => return Err("providing both first and last is not supported".to_owned()),
    };
    let place = |name: &str| argument(name).map(|cursor| place(&entries, cursor)).transpose();
    let from = place("after")?.map_or(0, |(at, found)| at + usize::from(found));
    let to = place("before")?.map_or(entries.len(), |(at, _)| at).max(from);
    let first_page = argument("after").is_none();
    let cycling = quirks.cycling_cursor;
    let empty = quirks.empty_page_with_next && first_page && !backwards;
    let repeats = usize::from(quirks.duplicate_page && from > 0 && !backwards);
    let (start, end) = match backwards {
        true => (to.saturating_sub(size).max(from), to),
        false if cycling => (0, size.min(entries.len())),
        false => (from - repeats, from.saturating_add((size - repeats).max(1)).min(to)),
    };
    let shown: Vec<&Entry> = match empty {
        true => Vec::new(),
        false => entries.iter().take(end).skip(start).collect(),
    };
    let cursor_of = |entry: Option<&&Entry>| entry.map(|entry| cursor(entry.number));
    let end_cursor = match () {
        () if quirks.next_page_without_cursor => None,
        () if cycling => Some(cursor(0)),
        () if empty => Some(cursor(0)),
        () => cursor_of(shown.last()),
    };
    let fewer = u64::try_from(size.saturating_sub(shown.len())).unwrap_or_default();
    let edges: Vec<Value> =
        shown.iter().map(|entry| json!({"cursor": cursor(entry.number), "node": entry.value})).collect();
    let connection = json!({
        "nodes": shown.iter().map(|entry| &entry.value).collect::<Vec<_>>(),
        "edges": edges,
        "pageInfo": {
            "hasNextPage": cycling || empty || quirks.next_page_without_cursor || end < entries.len(),
            "hasPreviousPage": start > 0,
            "startCursor": cursor_of(shown.first()),
            "endCursor": end_cursor,
        },
    });
    Ok((connection, fewer))
}

fn size(name: &str, value: &Value, quirks: &Quirks) -> Result<usize, String> {
    let size = value.as_i64().and_then(|size| usize::try_from(size).ok()).filter(|&size| size > 0);
    match size {
        None => Err(format!("{name} must be greater than 0")),
        Some(size) if size > quirks.page_size_max => {
            Err(format!("{name} cannot exceed {}", quirks.page_size_max))
        }
        Some(size) => Ok(size),
    }
}

/// Where a cursor points, and whether its entry is still there; the place of one that left is where it was.
fn place(entries: &[Entry], cursor: &Value) -> Result<(usize, bool), String> {
    let number = cursor.as_str().and_then(decoded).ok_or("Invalid cursor for current pagination sort.")?;
    if let Some(at) = entries.iter().position(|entry| entry.number == number) {
        return Ok((at, true));
    }
    let at = entries.iter().position(|entry| entry.number > number);
    Ok((at.unwrap_or(entries.len()), false))
}

fn cursor(number: u64) -> String {
    STANDARD.encode(json!({"last_id": number, "last_value": number.to_string()}).to_string())
}

fn decoded(cursor: &str) -> Option<u64> {
    let decoded: Value = serde_json::from_slice(&STANDARD.decode(cursor).ok()?).ok()?;
    decoded.get("last_id")?.as_u64()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seven() -> Vec<Entry> {
        (1..=7).map(|number| Entry { number, value: json!(number) }).collect()
    }

    fn walk(quirks: &Quirks, first: u64) -> Vec<u64> {
        let (mut seen, mut after) = (Vec::new(), Value::Null);
        for _ in 0..20 {
            let (page, _) = page(seven(), &json!({"first": first, "after": after}), quirks).unwrap();
            seen.extend(page["nodes"].as_array().unwrap().iter().map(|node| node.as_u64().unwrap()));
            if page["pageInfo"]["hasNextPage"] == json!(false) {
                break;
            }
            after = page["pageInfo"]["endCursor"].clone();
        }
        seen
    }

    #[test]
    fn pages_are_complete_and_in_order() {
        let all = [1, 2, 3, 4, 5, 6, 7];
        assert_eq!(walk(&Quirks::default(), 3), all);
        assert_eq!(walk(&Quirks::default(), 7), all);
        let empty_first = Quirks { empty_page_with_next: true, ..Quirks::default() };
        assert_eq!(walk(&empty_first, 4), all);
    }

    #[test]
    fn pages_that_lie() {
        let repeating = Quirks { duplicate_page: true, ..Quirks::default() };
        assert_eq!(walk(&repeating, 3), [1, 2, 3, 3, 4, 5, 5, 6, 7]);
        let cycling = Quirks { cycling_cursor: true, ..Quirks::default() };
        assert_eq!(walk(&cycling, 3).len(), 60);
        let lost = Quirks { next_page_without_cursor: true, ..Quirks::default() };
        let (page, _) = page(seven(), &json!({"first": 250}), &lost).unwrap();
        assert_eq!(page["pageInfo"]["hasNextPage"], true);
        assert_eq!(page["pageInfo"]["endCursor"], Value::Null);
    }

    #[test]
    fn backwards_and_reversed() {
        let quirks = Quirks::default();
        let (last, fewer) = page(seven(), &json!({"last": 2}), &quirks).unwrap();
        assert_eq!((&last["nodes"], fewer), (&json!([6, 7]), 0));
        let before = json!({"last": 2, "before": last["pageInfo"]["startCursor"], "reverse": false});
        assert_eq!(page(seven(), &before, &quirks).unwrap().0["nodes"], json!([4, 5]));
        let reversed = json!({"first": 2, "reverse": true});
        assert_eq!(page(seven(), &reversed, &quirks).unwrap().0["nodes"], json!([7, 6]));
        for refused in [json!({}), json!({"first": 0}), json!({"first": 251}), json!({"first": 1, "last": 1})]
        {
            assert!(page(seven(), &refused, &quirks).is_err(), "{refused}");
        }
    }
}
