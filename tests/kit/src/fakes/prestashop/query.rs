//! The parameters of a list: what to show, what to keep, in which order, and which part.

use std::cmp::Ordering;

use super::errors::{self, Failure};
use super::fields::Resource;
use super::gate::Call;
use super::quirks::Paging;
use super::values::Record;

/// The fields to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Display {
    Ids,
    Full,
    Fields(Vec<String>),
}

pub(super) fn display(call: &Call<'_>, resource: &Resource) -> Result<Display, Failure> {
    let names = resource.names(call.version);
    let available = || names.join(", ");
    match call.request.parameter("display") {
        None | Some("minimum") => Ok(Display::Ids),
        Some("full") => Ok(Display::Full),
        Some(list) => {
            let Some(wanted) = bracketed(list) else {
                let message = format!(
                    "The 'display' syntax is wrong. You can set 'full' or '[field_1,field_2,field_3,...]'. \
                     These are available: {}",
                    available()
                );
                return Err(errors::bad_parameter(36, message, call.warned));
            };
            let wanted: Vec<_> = wanted.split(',').map(str::to_owned).collect();
            match wanted.iter().find(|field| !names.contains(&field.as_str())) {
                None => Ok(Display::Fields(wanted)),
                Some(field) => {
                    let message = format!(
                        "Unable to display this field \"{field}\". However, these are available: {}",
                        available()
                    );
                    Err(errors::bad_parameter(35, message, call.warned))
                }
            }
        }
    }
}

/// Keeps what every filter lets through.
pub(super) fn filter(call: &Call<'_>, resource: &Resource, rows: &mut Vec<Record>) -> Result<(), Failure> {
    for (name, value) in &call.request.query {
        let Some(field) = name.strip_prefix("filter[").and_then(|rest| rest.strip_suffix(']')) else {
            continue;
        };
        let names = resource.names(call.version);
        if field.contains("][") {
            let message = "There is no existing linked table for this resource".to_owned();
            return Err(errors::bad_parameter(31, message, call.warned));
        }
        if !names.contains(&field) {
            return Err(errors::unknown_filter(field, &names, call.warned));
        }
        if value.is_empty() {
            let message = format!("The filter \"{field}\" is malformed.");
            return Err(errors::bad_parameter(33, message, call.warned));
        }
        rows.retain(|row| passes(&row.get(field), value));
    }
    Ok(())
}

/// Compares as the database does, without regard to case.
fn passes(value: &str, filter: &str) -> bool {
    let equal = |wanted: &str| compare(value, wanted) == Ordering::Equal;
    let Some((before, inner, after)) = operator(filter) else {
        return equal(filter);
    };
    match (before, after) {
        ("%", _) | (_, "%") => like(&value.to_lowercase(), &format!("{before}{inner}{after}").to_lowercase()),
        (">", "") => compare(value, inner) == Ordering::Greater,
        ("<", "") => compare(value, inner) == Ordering::Less,
        ("!", "") => !inner.split('|').any(equal),
        _ => match (inner.contains('|'), range(inner)) {
            (true, _) => inner.split('|').any(equal),
            (false, Some((from, to))) => {
                compare(value, from) != Ordering::Less && compare(value, to) != Ordering::Greater
            }
            (false, None) => equal(inner),
        },
    }
}

/// `before[inner]after`.
fn operator(filter: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = filter.split_once('[')?;
    let (inner, after) = rest.rsplit_once(']')?;
    Some((before, inner, after))
}

/// Two numbers or dates with a comma between.
fn range(inner: &str) -> Option<(&str, &str)> {
    let (from, to) = inner.split_once(',')?;
    let numeric =
        |text: &str| !text.is_empty() && text.chars().all(|one| one.is_ascii_digit() || ".:- ".contains(one));
    (numeric(from) && numeric(to)).then_some((from, to))
}

fn compare(one: &str, other: &str) -> Ordering {
    match (one.parse::<f64>(), other.parse::<f64>()) {
        (Ok(one), Ok(other)) => one.total_cmp(&other),
        _ => one.to_lowercase().cmp(&other.to_lowercase()),
    }
}

/// SQL's `LIKE`: `%` stands for any text, `_` for any character.
fn like(text: &str, pattern: &str) -> bool {
    let mut rest = pattern.chars();
    match rest.next() {
        None => text.is_empty(),
        Some('%') => {
            let rest = rest.as_str();
            (0..=text.len()).filter_map(|start| text.get(start..)).any(|tail| like(tail, rest))
        }
        Some(wanted) => {
            let mut left = text.chars();
            left.next().is_some_and(|one| wanted == '_' || one == wanted)
                && like(left.as_str(), rest.as_str())
        }
    }
}

/// Sorts by what was asked for; the database has an order of its own for the rest.
pub(super) fn sort(
    call: &Call<'_>,
    resource: &Resource,
    rows: &mut [Record],
    unsorted: bool,
) -> Result<(), Failure> {
    if unsorted {
        rows.sort_by_key(|row| scrambled(&row.get("id")));
    }
    let Some(wanted) = call.request.parameter("sort") else {
        return Ok(());
    };
    let names = resource.names(call.version);
    for key in bracketed(wanted).unwrap_or(wanted).split(',').rev() {
        let ascending = key.strip_suffix("_ASC");
        let Some(field) = ascending.or_else(|| key.strip_suffix("_DESC")) else {
            let message = "The \"sort\" value has to be formed as this example: \"field_ASC\" or \
                '[field_1_DESC,field_2_ASC,field_3_ASC,...]' (\"field\" has to be an available field)";
            return Err(errors::bad_parameter(37, message.to_owned(), call.warned));
        };
        if !names.contains(&field) {
            let message = format!(
                "Unable to filter by this field. However, these are available: {}, for i18n fields:",
                names.join(", ")
            );
            return Err(errors::bad_parameter(38, message, call.warned));
        }
        rows.sort_by(|one, other| {
            let order = compare(&one.get(field), &other.get(field));
            if ascending.is_some() { order } else { order.reverse() }
        });
    }
    Ok(())
}

/// An order without meaning that is the same every time.
fn scrambled(id: &str) -> u64 {
    id.parse::<u64>().unwrap_or_default().wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(17)
}

/// The part of the list that `limit` asks for, or what goes wrong with it.
pub(super) fn limit(call: &Call<'_>, rows: &mut Vec<Record>, paging: Paging) -> Result<(), Failure> {
    let Some(wanted) = call.request.parameter("limit") else {
        return Ok(());
    };
    let numbers: Option<Vec<usize>> = wanted.split(',').map(|number| number.trim().parse().ok()).collect();
    let (offset, count) = match numbers.as_deref() {
        Some(&[count]) => (0, count),
        Some(&[offset, count]) => (offset, count),
        _ => {
            let message =
                "The \"limit\" value has to be formed as this example: \"5,25\" or \"10\"".to_owned();
            return Err(errors::bad_parameter(39, message, call.warned));
        }
    };
    let (from, count) = match paging {
        Paging::RepeatedRow if offset > 0 => (offset - 1, count.saturating_add(1)),
        Paging::SamePage => (0, count),
        Paging::Right | Paging::RepeatedRow | Paging::Backwards => (offset, count),
    };
    if paging == Paging::Backwards {
        rows.reverse();
    }
    *rows = rows.drain(..).skip(from).take(count).collect();
    Ok(())
}

fn bracketed(text: &str) -> Option<&str> {
    text.strip_prefix('[')?.strip_suffix(']')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operator_compares_as_the_database_does() {
        let cases = [
            ("sam@x.example", "SAM@X.EXAMPLE", true),
            ("sam@x.example", "[sam@x.example]", true),
            ("2", "[1|2]", true),
            ("3", "[1|2]", false),
            ("10", "[2,10]", true),
            ("11", "[2,10]", false),
            ("10", ">[9]", true),
            ("10", "<[9]", false),
            ("1", "![1]", false),
            ("3", "![1|2]", true),
            ("sam@x.example", "%[X.EX]%", true),
            ("sam@x.example", "[sam]%", true),
            ("sam@x.example", "%[sam]", false),
            ("sam@x.example", "%[x_example]%", true),
            ("a b", "a b", true),
        ];
        for (value, filter, expected) in cases {
            assert_eq!(passes(value, filter), expected, "{value} {filter}");
        }
    }
}
