//! Whether an object may be stored.

use super::errors::{Failure, invalid};
use super::fields::{EMPLOYEES, Field};
use super::quirks::Quirks;
use super::values::Value;
use super::version::PrestashopVersion;
use super::writes::Object;

pub(super) fn check(object: &Object, version: PrestashopVersion, quirks: &Quirks) -> Result<(), Failure> {
    for field in EMPLOYEES.fields(version) {
        let text = object.get(field.name).map(Value::in_xml).unwrap_or_default();
        if text.is_empty() {
            if field.required {
                let end = if version.is_old() { "" } else { "." };
                return Err(invalid(&format!("Property Employee->{} is empty{end}", field.name)));
            }
            continue;
        }
        let length = text.chars().count();
        if let Some(most) = field.max_size(version).filter(|&most| length > most) {
            return Err(invalid(&too_long(field.name, length, most, version)));
        }
        if !fits(&text, field, version, quirks) {
            return Err(invalid(&format!("Property Employee->{} is not valid", field.name)));
        }
    }
    Ok(())
}

fn too_long(name: &str, length: usize, most: usize, version: PrestashopVersion) -> String {
    match version {
        PrestashopVersion::V1_6 => {
            format!("Property Employee->{name} length ({length}) must be between 0 and {most}")
        }
        _ => format!(
            "The length of property Employee->{name} is currently {length} chars. It must be between 0 and {most} chars."
        ),
    }
}

fn fits(text: &str, field: &Field, version: PrestashopVersion, quirks: &Quirks) -> bool {
    let lenient = version == PrestashopVersion::V8 && !quirks.v8_refuses_zero_dates;
    match field.format(version) {
        "isUnsignedInt" => text.parse::<u32>().is_ok(),
        "isInt" => text.parse::<i32>().is_ok(),
        "isBool" => matches!(text, "0" | "1"),
        "isName" => !text.chars().any(|one| one.is_numeric() || "!<>,;?=+()@#\"°{}_$%:¤|".contains(one)),
        "isEmail" => is_email(text),
        "isDate" => is_date(text) || (lenient && text.starts_with("0000-00-00")),
        "isDateOrNull" => is_date(text) || matches!(text, "0000-00-00" | "0000-00-00 00:00:00"),
        "isSha1" => text.len() == 40 && text.chars().all(|one| one.is_ascii_hexdigit()),
        "isGenericName" => !text.contains(['<', '>', '=', '{', '}']),
        "isColor" => text.chars().all(|one| one.is_ascii_alphanumeric() || one == '#'),
        _ => true,
    }
}

fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    let plain =
        |part: &str| !part.is_empty() && !part.contains(|one: char| one.is_whitespace() || one == '@');
    plain(local) && local.is_ascii() && plain(domain) && domain.contains('.')
}

/// A day that exists, with or without a time.
fn is_date(text: &str) -> bool {
    let day = text.split_once(' ').map_or(text, |(day, _)| day);
    day.parse::<jiff::civil::Date>().is_ok_and(|date| date.year() > 0)
}
