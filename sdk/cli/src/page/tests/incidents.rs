//! Incidents in every state, read from a ledger as the program reads them.

use guestpass::grants::{Commit, Ledger, MemoryLedger};
use guestpass::incident::{
    AccessReport, CredentialState, Incident, IncidentReport, IncidentStore, StoreReport, report,
};
use guestpass::rotation::Stage;
use guestpass::{
    Actor, Evidence, Instruction, Link, ManualStep, Message, Proof, StepCheck, StoreHandle, Timestamp,
};
use serde_json::json;

use super::reviews::at;

const ID: &str = "01993d1c-5a00-7000-8000-000000000001";

/// One store with a credential and a step, as the ledger gives it.
async fn smallest() -> IncidentReport {
    let place = json!({ "platform": "bigcommerce", "store": "shop-000", "subject": "account:7", "contention": "bigcommerce/acme" });
    let incident: Incident = serde_json::from_value(json!({
        "id": ID, "person": "sam", "by": { "name": "Robin Boss", "authenticated": false },
        "reason": "laptop stolen", "ticket": "SEC-1", "opened_at": "2026-11-22T09:00:00Z", "finished_at": null,
        "offboarding": ID, "scope": "exposed", "allow_downtime": false, "stores": 1, "revision": 0,
    }))
    .unwrap();
    let grant = json!({
        "id": ID, "role": "support", "phase": "active", "since": "2026-11-01T08:00:00Z", "until": "2026-12-01T08:00:00Z",
    });
    let found = json!({
        "state": "present", "at": "2026-11-22T09:01:00Z", "account": "user/7", "roles": ["Administrator"],
        "permissions": ["View_Orders", "Edit_Products"], "privileged": ["Manage_Users"], "owner": false,
    });
    let store: IncidentStore = serde_json::from_value(json!({
        "incident": ID, "number": 1, "place": place, "chain": 0, "grants": [grant], "had_access": true,
        "state": { "is": "waiting" }, "unsent": true, "found": found, "revision": 0,
        "credentials": [{ "name": "web", "kind": "api-account-token", "way": { "is": "automatic" }, "rotation": null,
                          "earlier": null, "trouble": null, "word": null }],
    }))
    .unwrap();
    let step = json!({
        "id": ID, "place": place, "person": "sam", "kind": "exit", "manual": by_hand(), "opened_at": "2026-11-22T09:02:00Z",
        "closed": null, "revision": 0,
    });
    let ledger = MemoryLedger::new();
    let mut change = Commit::new();
    change.incidents.push(incident.clone());
    change.incident_stores.push(store);
    change.steps.push(serde_json::from_value(step).unwrap());
    ledger.commit(change).await.unwrap();
    report(&ledger, incident.id, at("2026-11-22T10:00:00Z")).await.unwrap()
}

pub(super) fn by_hand() -> ManualStep {
    ManualStep::new(
        "Take sam out of the store",
        StepCheck::Observe("the user list no longer holds sam".to_owned()),
    )
    .because("only the merchant holds the key")
    .then(
        Instruction::new(Actor::Merchant, "Open the user list")
            .at(Link::verified("https://shop.example/manage/users?sort=name&page=1")),
    )
    .then(Instruction::new(Actor::Merchant, "Delete the user").entering("sam@agency.example"))
    .with_message(Message::new("Please remove our access", "Hello,\n\nplease remove sam@agency.example.\n"))
}

fn listed(text: &str) -> Proof {
    let mut evidence = Evidence::begun(at(text));
    evidence.complete = true;
    evidence.pages = 2;
    evidence.request_ids = vec!["req-1".to_owned()];
    Proof::Listed { evidence }
}

fn word() -> Proof {
    Proof::Attested {
        who: "Kim".to_owned(),
        at: at("2026-11-22T09:40:00Z"),
        note: "done in the admin panel".to_owned(),
    }
}

/// So many stores, in every state an access and a credential can have; `kind` says which, from 0 to 9.
pub(super) async fn incident(several: usize, kind: impl Fn(usize) -> usize) -> IncidentReport {
    let mut all = smallest().await;
    let pattern = all.stores.remove(0);
    all.stores = (0..several).map(|index| store(&pattern, (index * 37) % several, kind(index))).collect();
    count(&mut all);
    all
}

fn store(pattern: &StoreReport, number: usize, kind: usize) -> StoreReport {
    let mut store = pattern.clone();
    store.store = StoreHandle::new(format!("shop-{number:03}")).unwrap();
    let steps = std::mem::take(&mut store.must_act);
    let closed = at("2026-11-22T09:10:00Z");
    store.access = match kind {
        0 => AccessReport::NotReached { reason: "nobody has looked at this store yet".to_owned() },
        1 => AccessReport::Open {
            ordered_at: Some(closed),
            reason: "by hand: Take sam out of the store".to_owned(),
        },
        2 => AccessReport::Closed { at: at("2026-11-22T09:40:00Z"), proof: Some(word()) },
        3 => AccessReport::WasOut { proof: listed("2026-11-22T09:05:00Z") },
        4 => AccessReport::Closed { at: closed, proof: None },
        _ => AccessReport::Closed { at: closed, proof: Some(listed("2026-11-22T09:10:00Z")) },
    };
    match kind {
        0 => store.found = None,
        1 => store.must_act = steps,
        3 => {
            store.found = None;
            store.grants.clear();
            store.credentials.clear();
        }
        _ => {}
    }
    let reason = "it is made in the vendor’s panel alone".to_owned();
    for one in &mut store.credentials {
        one.state = match kind {
            0 => CredentialState::NotBegun { reason: "the removals come first".to_owned() },
            1 => CredentialState::InWork {
                stage: Stage::Promoted,
                waits_for: Some("2026-11-22 11:00 UTC: its users get their time".to_owned()),
            },
            2 => CredentialState::Attested { proof: word() },
            5 => CredentialState::ByHand { reason: reason.clone() },
            6 => CredentialState::NeedsConsent,
            7 => CredentialState::DiesAt { at: at("2026-11-23T09:00:00Z") },
            _ => CredentialState::Dead {
                at: closed,
                proof: Some(Proof::CredentialDead { evidence: Evidence::begun(closed) }),
            },
        };
    }
    store
}

/// Counts as the library does.
fn count(all: &mut IncidentReport) {
    let mut totals = guestpass::incident::Totals::default();
    for store in &all.stores {
        totals.stores += 1;
        totals.were_inside += u64::from(store.was_inside());
        totals.were_privileged += u64::from(store.found.as_ref().is_some_and(|found| found.is_privileged()));
        totals.must_act += store.must_act.len() as u64;
        *match &store.access {
            AccessReport::NotReached { .. } => &mut totals.not_reached,
            AccessReport::WasOut { proof: Proof::Attested { .. } } => &mut totals.were_out_attested,
            AccessReport::WasOut { .. } => &mut totals.were_out,
            AccessReport::Open { .. } => &mut totals.open,
            AccessReport::Closed { proof: Some(Proof::Attested { .. }), .. } => &mut totals.closed_attested,
            AccessReport::Closed { proof: Some(_), .. } => &mut totals.closed_proven,
            _ => &mut totals.closed_unproven,
        } += 1;
        for one in &store.credentials {
            totals.credentials += 1;
            *match &one.state {
                CredentialState::Attested { .. } => &mut totals.credentials_attested,
                CredentialState::DiesAt { at } if *at > all.at => &mut totals.credentials_dying,
                CredentialState::Dead { .. } | CredentialState::DiesAt { .. } => &mut totals.credentials_dead,
                _ => &mut totals.credentials_open,
            } += 1;
        }
    }
    all.totals = totals;
}

pub(super) fn finish(all: &mut IncidentReport, when: Timestamp) {
    all.incident.finished_at = Some(when);
}
