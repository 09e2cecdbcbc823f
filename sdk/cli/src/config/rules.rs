//! Rules for grants, wherever the configuration states them: for all, for a role, for a store.

use guestpass::grants::Policy;
use toml::Value;

use crate::duration;

/// Every rule, by its name in the file.
pub(super) const RULES: [&str; 7] = [
    "longest",
    "review_every",
    "patience",
    "needs_approval",
    "needs_reason",
    "needs_ticket",
    "needs_requester",
];

/// Sets a rule.
///
/// # Errors
/// What is wrong with the value, and how to write it.
pub(super) fn set(policy: &mut Policy, name: &str, value: &Value) -> Result<(), (String, String)> {
    let length = match name {
        "longest" => &mut policy.longest,
        "review_every" => &mut policy.review_every,
        "patience" => &mut policy.patience,
        _ => return set_switch(policy, name, value),
    };
    match value.as_str().and_then(duration::parse) {
        Some(time) => {
            *length = Some(time);
            Ok(())
        }
        None => Err((
            format!("`{name}` is no length of time"),
            format!("write it in quotes, for example {}", duration::FORM),
        )),
    }
}

fn set_switch(policy: &mut Policy, name: &str, value: &Value) -> Result<(), (String, String)> {
    let switch = match name {
        "needs_approval" => &mut policy.needs_approval,
        "needs_reason" => &mut policy.needs_reason,
        "needs_ticket" => &mut policy.needs_ticket,
        "needs_requester" => &mut policy.needs_requester,
        _ => return Err((format!("`{name}` is no rule"), format!("use one of: {}", RULES.join(", ")))),
    };
    match value.as_bool() {
        Some(on) => {
            *switch = on;
            Ok(())
        }
        None => Err((format!("`{name}` is neither true nor false"), "write it without quotes".to_owned())),
    }
}
