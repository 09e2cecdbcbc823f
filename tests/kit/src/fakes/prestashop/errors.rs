//! What the webservice says when it refuses.

use super::version::PrestashopVersion;

/// Errors of one answer; the last one sets the status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure(pub(super) Vec<Error>);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Error {
    pub(super) status: u16,
    pub(super) code: u16,
    pub(super) message: String,
}

impl Failure {
    pub(super) fn new(status: u16, code: u16, message: impl Into<String>) -> Self {
        Self(vec![Error { status, code, message: message.into() }])
    }

    pub(super) fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    pub(super) fn status(&self) -> u16 {
        self.0.last().map_or(500, |error| error.status)
    }
}

pub(super) fn warning(text: &str, line: u16) -> Failure {
    let file = "/var/www/html/classes/webservice/WebserviceRequest.php";
    Failure::new(500, 3, format!("[PHP Warning #2] {text} ({file}, line {line})"))
}

/// A parameter of a list that cannot be understood; on PHP 8 four warnings follow.
pub(super) fn bad_parameter(code: u16, message: String, warned: bool) -> Failure {
    let refused = Failure::new(400, code, message);
    let lines = (1319..=1322).take(if warned { 4 } else { 0 });
    lines.fold(refused, |refused, line| {
        refused.and(warning("Trying to access array offset on value of type bool", line))
    })
}

pub(super) fn switched_off() -> Failure {
    let message = "The PrestaShop webservice is disabled. Please activate it in the PrestaShop Back Office";
    Failure::new(503, 22, message)
}

pub(super) fn no_permission() -> Failure {
    Failure::new(401, 21, "No permission for this authentication key")
}

pub(super) fn not_active() -> Failure {
    Failure::new(401, 20, "Authentification key is not active").and(no_permission())
}

pub(super) fn wrong_shop() -> Failure {
    Failure::new(403, 132, "No permission for this key on this shop")
}

pub(super) fn unknown_group(version: PrestashopVersion) -> Failure {
    let message = match version {
        PrestashopVersion::V1_6 => "This group shop doesn't have shops",
        _ => "This shop group doesn't have shops",
    };
    Failure::new(500, 999, message)
}

pub(super) fn unknown_method(method: &str) -> Failure {
    Failure::new(405, 23, format!("Method {method} is not valid"))
}

pub(super) fn method_denied(method: &str, resource: &str) -> Failure {
    let denied = format!("Method {method} is not allowed for the resource {resource}");
    Failure::new(405, 25, format!("{denied} with this authentication key"))
}

pub(super) fn resource_denied(resource: &str) -> Failure {
    let message = format!("Resource of type \"{resource}\" is not allowed with this authentication key");
    Failure::new(401, 26, message)
}

pub(super) fn unknown_resource(resource: &str, all: &[&str]) -> Failure {
    let (closest, list) = (closest(resource, all), quoted(all));
    let message = format!(
        "Resource of type \"{resource}\" does not exists. Did you mean: \"{closest}\"? The full list is: {list}"
    );
    Failure::new(400, 27, message)
}

pub(super) fn unknown_filter(field: &str, all: &[&str], warned: bool) -> Failure {
    let (closest, list) = (closest(field, all), quoted(all));
    let message =
        format!("This filter does not exist. Did you mean: \"{closest}\"? The full list is: {list}");
    bad_parameter(32, message, warned)
}

/// Validation speaks of a property of the PHP class.
pub(super) fn invalid(text: &str) -> Failure {
    Failure::new(400, 85, format!("Validation error: \"{text}\""))
}

pub(super) fn missing_ids(ids: &[u64]) -> Failure {
    let ids: Vec<_> = ids.iter().map(u64::to_string).collect();
    Failure::new(404, 87, format!("Id(s) not exists: {}", ids.join(", ")))
}

/// The body comes back in the message, whatever secret is in it.
pub(super) fn not_xml(body: &str) -> Failure {
    let length = body.len();
    let told = format!("XML error : String could not be parsed as XML\nXML length : {length}");
    Failure::new(500, 127, format!("{told}\nOriginal XML : {body}"))
}

fn quoted(names: &[&str]) -> String {
    let quoted: Vec<_> = names.iter().map(|name| format!("\"{name}\"")).collect();
    quoted.join(", ")
}

/// The name with the fewest changes; of several, the last.
fn closest<'n>(wanted: &str, names: &[&'n str]) -> &'n str {
    let distance = |name: &&&str| strsim::levenshtein(wanted, name);
    names.iter().rev().min_by_key(distance).copied().unwrap_or_default()
}
