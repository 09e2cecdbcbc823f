//! A rotation, as machines and people see it.

use guestpass::rotation::{
    Carrying, Dependent, Fate, HumanPart, Minted, Rotation, RotationTrouble, Stage, WaitsFor,
};
use guestpass::{Held, Right, StepCheck, Timestamp};
use serde::Serialize;

use super::{ProofView, StepView, Who, moment};

/// A rotation.
#[derive(Debug, Serialize)]
pub(crate) struct RotationView {
    pub(crate) id: String,
    pub(crate) store: String,
    platform: String,
    pub(crate) credential: String,
    kind: String,
    stage: Stage,
    /// What works now, in a few words.
    live: String,
    /// What comes next, and who does it.
    next: String,
    old: Option<MintedView>,
    new: Option<MintedView>,
    orphans: Vec<MintedView>,
    sinks: Vec<String>,
    drain_seconds: u64,
    drain_until: Option<Timestamp>,
    lifetime_seconds: Option<u64>,
    may_lose: Vec<String>,
    dependents: Vec<DependentView>,
    /// Why the new one was not tried, where it cannot be.
    untried: Option<String>,
    waits_for: Option<WaitView>,
    trouble: Option<RotationTroubleView>,
    attempts: u32,
    due_at: Option<Timestamp>,
    requested_by: Who,
    reason: Option<String>,
    ticket: Option<String>,
    created_at: Timestamp,
    promoted_at: Option<Timestamp>,
    ended_at: Option<Timestamp>,
}

/// A credential that the rotation found or made.
#[derive(Debug, Serialize)]
struct MintedView {
    id: Option<String>,
    tag: Option<String>,
    rights: Vec<RightView>,
    made_at: Option<Timestamp>,
    expires_at: Option<Timestamp>,
    /// `live`, `possible`, `retiring`, `dead`, `dies_at` or `never_made`.
    fate: &'static str,
    /// Since when, or at which time.
    fate_at: Option<Timestamp>,
    proof: Option<ProofView>,
}

#[derive(Debug, Serialize)]
struct RightView {
    name: String,
    held: &'static str,
}

#[derive(Debug, Serialize)]
struct DependentView {
    store: String,
    state: &'static str,
    reason: Option<String>,
    what: Vec<String>,
}

/// What it waits for.
#[derive(Debug, Serialize)]
struct WaitView {
    #[serde(rename = "for")]
    purpose: &'static str,
    /// Which part a person does.
    part: Option<HumanPart>,
    step: Option<StepView>,
    until: Option<Timestamp>,
    why: Option<String>,
}

#[derive(Debug, Serialize)]
struct RotationTroubleView {
    kind: String,
    reason: String,
    since: Timestamp,
    times: u32,
    lost_rights: Vec<String>,
}

impl From<&Rotation> for RotationView {
    fn from(rotation: &Rotation) -> Self {
        Self {
            id: rotation.id.to_string(),
            store: rotation.store.to_string(),
            platform: rotation.platform.to_string(),
            credential: rotation.credential.to_string(),
            kind: rotation.kind.to_string(),
            stage: rotation.stage,
            live: live(rotation),
            next: next(rotation),
            old: rotation.old.as_ref().map(MintedView::from),
            new: rotation.new.as_ref().map(MintedView::from),
            orphans: rotation.orphans.iter().map(MintedView::from).collect(),
            sinks: rotation.sinks.clone(),
            drain_seconds: rotation.drain.as_secs(),
            drain_until: rotation.drain_until,
            lifetime_seconds: rotation.lifetime.map(|lifetime| lifetime.as_secs()),
            may_lose: rotation.may_lose.clone(),
            dependents: rotation.dependents.iter().map(DependentView::from).collect(),
            untried: rotation.untried.clone(),
            waits_for: rotation.waits_for.as_ref().map(WaitView::from),
            trouble: rotation.trouble.as_ref().map(RotationTroubleView::from),
            attempts: rotation.attempts,
            due_at: rotation.due_at,
            requested_by: Who::from(&rotation.requested_by),
            reason: rotation.reason.clone(),
            ticket: rotation.ticket.clone(),
            created_at: rotation.created_at,
            promoted_at: rotation.promoted_at,
            ended_at: rotation.ended_at,
        }
    }
}

impl From<&Minted> for MintedView {
    fn from(minted: &Minted) -> Self {
        let (fate, fate_at, proof) = match &minted.fate {
            Fate::Live => ("live", None, None),
            Fate::Possible => ("possible", None, None),
            Fate::Retiring { since } => ("retiring", Some(*since), None),
            Fate::Dead { proof } => ("dead", Some(proof.at()), Some(ProofView::from(proof))),
            Fate::DiesAt { at } => ("dies_at", Some(*at), None),
            Fate::NeverMade { at } => ("never_made", Some(*at), None),
            // A fate that only a newer core knows.
            _ => ("other", None, None),
        };
        Self {
            id: minted.id.clone(),
            tag: minted.tag.as_ref().map(ToString::to_string),
            rights: minted.rights.iter().map(RightView::from).collect(),
            made_at: minted.made_at,
            expires_at: minted.expires_at,
            fate,
            fate_at,
            proof,
        }
    }
}

impl From<&Right> for RightView {
    fn from(right: &Right) -> Self {
        let held = match right.held {
            Held::Yes => "yes",
            Held::No => "no",
            _ => "not_provable",
        };
        Self { name: right.name.clone(), held }
    }
}

impl From<&Dependent> for DependentView {
    fn from(dependent: &Dependent) -> Self {
        let (state, reason) = match &dependent.state {
            Carrying::Pending => ("pending", None),
            Carrying::Refreshed => ("refreshed", None),
            Carrying::Verified => ("verified", None),
            Carrying::Gone { reason } => ("gone", Some(reason.clone())),
            Carrying::Failed { reason } => ("failed", Some(reason.clone())),
            _ => ("other", None),
        };
        Self { store: dependent.store.to_string(), state, reason, what: dependent.what.clone() }
    }
}

impl From<&WaitsFor> for WaitView {
    fn from(waits: &WaitsFor) -> Self {
        match waits {
            WaitsFor::Person { part, step } => Self {
                purpose: "person",
                part: Some(*part),
                step: Some(StepView::from(step.as_ref())),
                until: None,
                why: None,
            },
            WaitsFor::Time { until, why } => {
                Self { purpose: "time", part: None, step: None, until: Some(*until), why: Some(why.clone()) }
            }
            _ => Self { purpose: "other", part: None, step: None, until: None, why: None },
        }
    }
}

impl From<&RotationTrouble> for RotationTroubleView {
    fn from(trouble: &RotationTrouble) -> Self {
        Self {
            kind: trouble.kind.clone(),
            reason: trouble.reason.clone(),
            since: trouble.since,
            times: trouble.times,
            lost_rights: trouble.lost_rights.clone(),
        }
    }
}

impl MintedView {
    fn to_text(&self) -> String {
        let name = match (&self.id, &self.tag) {
            (Some(id), Some(tag)) => format!("{id} ({tag}), "),
            (Some(name), None) | (None, Some(name)) => format!("{name}, "),
            (None, None) => String::new(),
        };
        let at = self.fate_at.map(|at| format!(" {}", moment(at))).unwrap_or_default();
        let expires = self.expires_at.map(|at| format!(", expires {}", moment(at))).unwrap_or_default();
        let proof = self.proof.as_ref().map(|proof| format!("; {}", proof.to_text())).unwrap_or_default();
        format!("{name}{}{at}{expires}{proof}", self.fate.replace('_', " "))
    }
}

impl RotationView {
    /// The columns of a list.
    pub(crate) const HEADING: [&'static str; 7] =
        ["rotation", "store", "credential", "kind", "stage", "due", "waits for"];

    /// The cells of a list.
    pub(crate) fn row(&self) -> [String; 7] {
        let waits = match (&self.trouble, &self.waits_for) {
            (Some(trouble), _) => trouble.kind.replace('_', " "),
            (None, Some(waits)) if waits.purpose == "person" => "a person".to_owned(),
            (None, Some(waits)) => waits.why.clone().unwrap_or_default(),
            (None, None) => "-".to_owned(),
        };
        [
            self.id.clone(),
            self.store.clone(),
            self.credential.clone(),
            self.kind.clone(),
            self.stage.to_string(),
            self.due_at.map_or_else(|| "-".to_owned(), moment),
            waits,
        ]
    }

    /// How far it is, in a few words.
    pub(crate) fn progress(&self) -> String {
        let [id, _, _, _, stage, _, waits] = self.row();
        let waits = if waits == "-" { String::new() } else { format!(", waits for {waits}") };
        format!("{stage}{waits} ({id})")
    }

    /// Whether something is in its way.
    pub(crate) fn is_troubled(&self) -> bool {
        self.trouble.is_some()
    }

    /// Where it stands, what is live and what comes next; and the step that somebody must take.
    pub(crate) fn to_text(&self) -> String {
        let mut text = format!(
            "{}/{}: {}\n  rotation:      {} ({})\n  live:          {}\n",
            self.store,
            self.credential,
            happened(self.stage, self.untried.is_none()),
            self.id,
            self.kind,
            self.live
        );
        if let Some(trouble) = &self.trouble {
            let (kind, since) = (trouble.kind.replace('_', " "), moment(trouble.since));
            text.push_str(&format!("  trouble:       {kind} since {since}: {}\n", trouble.reason));
        }
        text.push_str(&format!("  next:          {}\n", self.next));
        if let Some(step) = self.waits_for.as_ref().and_then(|waits| waits.step.as_ref()) {
            text.push_str(&format!("\nTo be done by hand:\n{}\n", step.to_text()));
        }
        text
    }

    /// All that is known, one line each.
    pub(crate) fn details(&self) -> String {
        let mut text = String::new();
        let mut line = |label: &str, value: Option<String>| {
            if let Some(value) = value {
                text.push_str(&format!("  {:<14} {value}\n", format!("{label}:")));
            }
        };
        line("old", self.old.as_ref().map(MintedView::to_text));
        line("new", self.new.as_ref().map(MintedView::to_text));
        for orphan in &self.orphans {
            line("not in use", Some(orphan.to_text()));
        }
        line("sinks", Some(self.sinks.join(", ")).filter(|sinks| !sinks.is_empty()));
        for dependent in &self.dependents {
            let reason = dependent.reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default();
            line("depends on it", Some(format!("{}: {}{reason}", dependent.store, dependent.state)));
            for what in &dependent.what {
                line("", Some(what.clone()));
            }
        }
        line("not tried", self.untried.clone());
        line("may lose", Some(self.may_lose.join(", ")).filter(|rights| !rights.is_empty()));
        line("asked for by", Some(self.requested_by.name().to_owned()));
        line("reason", self.reason.clone());
        line("ticket", self.ticket.clone());
        line("since", Some(moment(self.created_at)));
        line("in place", self.promoted_at.map(moment));
        line("over since", self.ended_at.map(moment));
        format!("{}{text}", self.to_text())
    }
}

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
fn live(rotation: &Rotation) -> String {
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
fn next(rotation: &Rotation) -> String {
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
    use guestpass::rotation::RotationId;
    use serde_json::{Value, json};

    use super::*;

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
