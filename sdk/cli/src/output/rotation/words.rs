//! What of a rotation is said in words: what has happened, what works now, what comes next.

use guestpass::StepCheck;
use guestpass::rotation::{Fate, HumanPart, Minted, Rotation, Stage, WaitsFor};

use crate::output::moment;

/// What has happened when a rotation is at this stage.
/// A new one that could not be tried is not said to work.
pub(crate) fn happened(stage: Stage, is_tried: bool) -> &'static str {
    match stage {
        Stage::Verified if !is_tried => "the new one could not be tried, and nothing speaks against it",
        Stage::Planned => "it is written down, and there is no new one",
        Stage::Issuing => "a new one is asked for, or a human makes it",
        Stage::Issued => "there is a new one",
        Stage::Staged => "the new one is safe beside the old one",
        Stage::Verified => "the new one works, with the rights that it should have",
        Stage::Promoting => "the new one is being put in place",
        Stage::Promoted => "the new one is in its place, and its users get their time",
        Stage::Retiring => "the new one is in its place, and the old one is being ended",
        Stage::Done => "rotated",
        Stage::Aborting => "given up; what was made is being ended",
        Stage::Aborted => "given up; the old one stays",
        _ => "in a stage that only a newer guestpass knows",
    }
}

/// What works now.
pub(super) fn live(rotation: &Rotation) -> String {
    let mut live = Vec::new();
    live.extend(rotation.old.as_ref().and_then(|old| lives("the old one", old)));
    live.extend(rotation.new.as_ref().and_then(|new| lives("the new one", new)));
    live.extend(rotation.orphans.iter().filter_map(|orphan| lives("one that is not in use", orphan)));
    if live.is_empty() { "none that is known".to_owned() } else { live.join("; ") }
}

fn lives(what: &str, minted: &Minted) -> Option<String> {
    match &minted.fate {
        Fate::Dead { .. } | Fate::NeverMade { .. } => None,
        Fate::Live => Some(what.to_owned()),
        Fate::Possible => {
            let until = minted.expires_at.map(|at| format!(", until {}", moment(at))).unwrap_or_default();
            Some(format!("perhaps {what}{until}"))
        }
        Fate::DiesAt { at } => Some(format!("{what}, until {}", moment(*at))),
        _ => Some(format!("perhaps still {what}")),
    }
}

/// What comes next, and the words that bring it on.
pub(super) fn next(rotation: &Rotation) -> String {
    let id = rotation.id;
    let resume = format!("guestpass rotate --resume {id}");
    let give_up = match rotation.stage {
        Stage::Planned => format!("; or give it up: guestpass rotate --abort {id}"),
        // The record does not tell of which kinds only one can live.
        stage if stage.may_abort() => {
            format!("; or give it up, unless the old one died of the new one: guestpass rotate --abort {id}")
        }
        _ => String::new(),
    };
    let at = rotation.due_at.map(|at| format!(" after {}", moment(at))).unwrap_or_default();
    match (&rotation.waits_for, &rotation.trouble) {
        _ if rotation.stage.is_over() => "nothing".to_owned(),
        (Some(WaitsFor::Person { part: HumanPart::Issue, .. }), _) => {
            format!("make the new one, then hand it in: {resume} --new file:PATH{give_up}")
        }
        // Nothing would be seen by looking.
        (Some(WaitsFor::Person { step, .. }), _) if matches!(step.check, StepCheck::Attest(_)) => {
            format!("do this by hand, then say so: guestpass steps done {id} --note '…'{give_up}")
        }
        (Some(WaitsFor::Person { .. }), _) => format!(
            "do this by hand, then look: guestpass steps check {id}; or say so: guestpass steps done {id} --note '…'{give_up}"
        ),
        (_, Some(trouble)) if !trouble.lost_rights.is_empty() => {
            let rights: Vec<_> =
                trouble.lost_rights.iter().map(|right| format!("--allow-loss {right}")).collect();
            format!("agree to lose them: {resume} {}{give_up}", rights.join(" "))
        }
        (_, Some(_)) => format!("a sweep tries again{at}; or now: {resume}{give_up}"),
        (Some(WaitsFor::Time { until, why }), None) => {
            format!("wait until {} ({why}); then a sweep goes on, or {resume}{give_up}", moment(*until))
        }
        _ => format!("go on: {resume}{give_up}"),
    }
}

#[cfg(test)]
mod tests {
    use guestpass::Timestamp;
    use guestpass::rotation::RotationId;
    use serde_json::{Value, json};

    use super::*;
    use crate::output::RotationView;

    fn minted(fate: &Value) -> Value {
        json!({"id": "17", "tag": null, "fingerprint": "salt.marker", "rights": [], "made_at": null,
               "expires_at": "2026-12-24T18:00:00Z", "fate": fate})
    }

    fn rotation(change: &Value) -> Rotation {
        let mut record = json!({
            "id": RotationId::new(Timestamp::UNIX_EPOCH), "platform": "bigcommerce", "store": "acme", "credential": "web",
            "kind": "storefront-token", "stage": "planned", "tag": "guestpass-0123456789abcdef",
            "old": minted(&json!({"is": "live"})), "new": null, "orphans": [], "sinks": ["web"],
            "drain": {"secs": 3600, "nanos": 0}, "drain_until": null, "lifetime": null, "may_lose": [], "dependents": [],
            "untried": null, "waits_for": null, "trouble": null, "sent_at": null, "attempts": 1, "due_at": null,
            "requested_by": {"name": "robin", "authenticated": false}, "reason": null, "ticket": null,
            "created_at": "2026-11-22T12:00:00Z", "promoted_at": null, "ended_at": null, "revision": 1
        });
        for (name, value) in change.as_object().unwrap() {
            record[name] = value.clone();
        }
        serde_json::from_value(record).unwrap()
    }

    fn shown(change: &Value) -> (String, String) {
        let view = RotationView::from(&rotation(change));
        let machine = serde_json::to_string(&view).unwrap();
        assert!(
            !format!("{machine}{}", view.details()).contains("marker"),
            "fingerprints stay in the ledger"
        );
        (view.live, view.next)
    }

    #[test]
    fn every_state_says_what_is_live_and_what_comes_next() {
        let (live, next) = shown(&json!({}));
        assert_eq!(live, "the old one");
        assert!(next.contains("--resume") && next.contains("--abort"), "{next}");

        let lost = json!([minted(&json!({"is": "possible"}))]);
        let trouble = json!({"kind": "unavailable", "reason": "x", "since": "2026-11-22T12:00:00Z", "times": 1,
                             "lost_rights": ["a", "b"]});
        let new = minted(&json!({"is": "live"}));
        let (live, next) =
            shown(&json!({"stage": "staged", "new": new, "orphans": lost, "trouble": trouble}));
        assert_eq!(
            live,
            "the old one; the new one; perhaps one that is not in use, until 2026-12-24 18:00 UTC"
        );
        assert!(next.contains("--allow-loss a --allow-loss b"), "{next}");

        let wait = json!({"for": "time", "until": "2026-11-22T13:00:00Z", "why": "the drain"});
        let (_, next) = shown(&json!({"stage": "promoted", "new": new, "waits_for": wait}));
        assert!(next.contains("2026-11-22 13:00 UTC (the drain)") && !next.contains("--abort"), "{next}");

        let check = |check: Value| {
            let step = json!({"title": "x", "reason": "y", "instructions": [], "message": null, "check": check,
                              "deadline": null});
            shown(
                &json!({"stage": "retiring", "waits_for": {"for": "person", "part": "retire", "step": step}}),
            )
            .1
        };
        assert!(check(json!({"observe": "it is dead"})).contains("steps check"));
        let attested = check(json!({"attest": "it is gone"}));
        assert!(attested.contains("steps done") && !attested.contains("steps check"), "{attested}");

        let dies = minted(&json!({"is": "dies_at", "at": "2026-11-22T14:00:00Z"}));
        let (live, next) = shown(&json!({"stage": "done", "old": dies, "new": new}));
        assert_eq!(
            (live.as_str(), next.as_str()),
            ("the old one, until 2026-11-22 14:00 UTC; the new one", "nothing")
        );
        let (live, _) = shown(&json!({"stage": "planned", "old": null}));
        assert_eq!(live, "none that is known");
    }
}
