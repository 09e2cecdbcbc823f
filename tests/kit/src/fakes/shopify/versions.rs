//! API versions: which there are, and which one answers.

use serde_json::{Value, json};

const SUPPORTED: [&str; 5] = ["2025-10", "2026-01", "2026-04", "2026-07", "2026-10"];
const CANDIDATE: &str = "2027-01";
pub(super) const UNSTABLE: &str = "unstable";
/// From this version on a delegate token tells how long it still lives.
const EXPIRY_TOLD: &str = "2026-04";

/// The version that answers: a retired one falls forward, and there is none for nonsense or the far future.
pub(super) fn answering(asked: &str) -> Option<&str> {
    if asked == UNSTABLE || asked == CANDIDATE || SUPPORTED.contains(&asked) {
        return Some(asked);
    }
    let (year, month) = asked.split_once('-')?;
    let year_fits = year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit());
    let retired = year_fits && matches!(month, "01" | "04" | "07" | "10") && asked < SUPPORTED[0];
    retired.then_some(SUPPORTED[0])
}

pub(super) fn tells_expiry(version: &str) -> bool {
    version == UNSTABLE || version >= EXPIRY_TOLD
}

/// What `publicApiVersions` lists.
pub(super) fn all() -> Value {
    let latest = SUPPORTED.last().copied().unwrap_or_default();
    let mut listed: Vec<Value> = SUPPORTED
        .iter()
        .map(|&handle| {
            let name = if handle == latest { format!("{handle} (Latest)") } else { handle.to_owned() };
            json!({"handle": handle, "displayName": name, "supported": true})
        })
        .collect();
    let candidate = format!("{CANDIDATE} (Release candidate)");
    listed.push(json!({"handle": CANDIDATE, "displayName": candidate, "supported": false}));
    listed.push(json!({"handle": UNSTABLE, "displayName": UNSTABLE, "supported": false}));
    json!(listed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retired_versions_fall_forward() {
        assert_eq!(answering("2026-07"), Some("2026-07"));
        assert_eq!(answering("2024-01"), Some("2025-10"));
        assert_eq!(answering("unstable"), Some("unstable"));
        for nonsense in ["", "2024-02", "2028-01", "latest", "20-01", "2024-01-01"] {
            assert_eq!(answering(nonsense), None, "{nonsense}");
        }
    }
}
