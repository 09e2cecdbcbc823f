//! Spoiling a good answer, in the ways that hold for every platform that speaks JSON or XML.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Map, Value, json};

use super::http::{Answer, Incoming};

/// The most padding, so that no control request can exhaust the memory.
const MOST_PADDING: usize = 64 * 1024 * 1024;

/// Cuts the body in the middle.
pub(super) fn truncate(answer: &mut Answer) {
    answer.body.truncate(answer.body.len() / 2);
}

/// Gives every top-level field a type it never has.
pub(super) fn confuse_types(answer: &mut Answer) {
    rewrite_xml(answer, |content| {
        let name = content.trim_start_matches(['<', '\n']).split(['>', ' ', '/']).next().unwrap_or("x");
        format!("<{name}><![CDATA[7]]></{name}>\n")
    });
    rewrite(answer, |body| match body {
        Value::Object(fields) => fields.values_mut().for_each(|value| *value = other_type(value)),
        other => *other = other_type(other),
    });
}

fn other_type(value: &Value) -> Value {
    match value {
        Value::Number(_) => json!({"unexpected": true}),
        _ => json!(7),
    }
}

/// Makes the body longer than `size`, as valid JSON where it was JSON.
pub(super) fn pad(answer: &mut Answer, size: usize) {
    let size = size.min(MOST_PADDING);
    let padding = "x".repeat(size);
    rewrite(answer, |body| match body {
        Value::Object(fields) => {
            fields.insert("padding".to_owned(), Value::String(padding));
        }
        other => *other = json!([other.take(), padding]),
    });
    if answer.body.len() <= size {
        answer.body.resize(size + 1, b' ');
    }
}

/// Adds unknown fields at every level and turns each textual `status` into one nobody has heard of.
pub(super) fn add_unknown_fields(answer: &mut Answer) {
    rewrite(answer, add_unknown);
    rewrite_xml(answer, |content| {
        let added = "<added_without_notice since=\"2026\"><flags/></added_without_notice>\n";
        let inside = content.replace("</employee>", &format!("{added}</employee>"));
        format!("{inside}{added}")
    });
}

fn add_unknown(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(add_unknown),
        Value::Object(fields) => {
            fields.values_mut().for_each(add_unknown);
            if let Some(status @ Value::String(_)) = fields.get_mut("status") {
                *status = json!("HIBERNATING");
            }
            fields.insert("added_without_notice".to_owned(), json!({"since": 2026, "flags": [true, null]}));
        }
        _ => {}
    }
}

/// Puts GraphQL errors beside whatever data there is.
pub(super) fn add_graphql_error(answer: &mut Answer, message: &str) {
    rewrite(answer, |body| {
        if let Value::Object(fields) = body {
            push_error(fields, message);
        }
    });
}

fn push_error(fields: &mut Map<String, Value>, message: &str) {
    let errors = fields.entry("errors").or_insert_with(|| json!([]));
    if let Value::Array(errors) = errors {
        errors.push(json!({"message": message}));
    }
}

/// Puts an error without a meaning beside whatever data an XML answer has.
pub(super) fn add_xml_error(answer: &mut Answer) {
    rewrite_xml(answer, |content| {
        let error = "<errors>\n<error>\n<code><![CDATA[3]]></code>\n<message><![CDATA[half failed]]></message>\n</error>\n</errors>\n";
        format!("{content}{error}")
    });
}

pub(super) fn rewrite(answer: &mut Answer, change: impl FnOnce(&mut Value)) {
    if let Ok(mut body) = serde_json::from_slice(&answer.body) {
        change(&mut body);
        answer.body = body.to_string().into_bytes();
    }
}

/// Changes what is inside of the root element, where the body is XML.
fn rewrite_xml(answer: &mut Answer, change: impl FnOnce(&str) -> String) {
    let Ok(body) = std::str::from_utf8(&answer.body) else {
        return;
    };
    let root = body.find("<prestashop").and_then(|start| Some(start + body.get(start..)?.find('>')? + 1));
    let (Some(start), Some(end)) = (root, body.rfind("</prestashop>")) else {
        return;
    };
    if let (Some(head), Some(content), Some(foot)) =
        (body.get(..start), body.get(start..end), body.get(end..))
    {
        answer.body = format!("{head}\n{}{foot}", change(content)).into_bytes();
    }
}

/// Compresses the body, if the client said that it could read it.
pub(super) fn gzip_where_accepted(answer: &mut Answer, request: &Incoming) {
    let accepted = request.header("accept-encoding").unwrap_or_default();
    if accepted.contains("gzip") && !answer.body.is_empty() {
        gzip(answer);
    }
}

fn gzip(answer: &mut Answer) {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    if encoder.write_all(&answer.body).is_err() {
        return;
    }
    if let Ok(compressed) = encoder.finish() {
        answer.body = compressed;
        answer.headers.push(("content-encoding", "gzip".to_owned()));
    }
}
