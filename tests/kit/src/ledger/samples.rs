//! Records to put into a ledger.

use guestpass::grants::audit::Fact;
use guestpass::grants::{
    Grant, GrantId, Holding, LeaseKey, Offboarding, OffboardingId, PersonRecord, Phase, Place, Principal,
    Step, StepId, SubjectKey,
};
use guestpass::incident::{Incident, IncidentId, IncidentStore};
use guestpass::review::{KeptRow, KnownFinding, LastLook, Review, ReviewId, RowKey};
use guestpass::rotation::{Rotation, RotationId, Stage, Tag};
use guestpass::{AccountId, Clock, ContentionKey, PersonHandle, ProviderId, StoreHandle, Timestamp};
use serde_json::{Value, json};

use crate::ManualClock;

/// The time at which the cases begin.
#[must_use]
pub fn noon() -> Timestamp {
    ManualClock::new().now()
}

/// A store of this name.
#[must_use]
pub fn store(name: &str) -> StoreHandle {
    StoreHandle::new(name).expect("a handle")
}

/// A person of this name.
#[must_use]
pub fn person(name: &str) -> PersonHandle {
    PersonHandle::new(name).expect("a handle")
}

/// A subject of this account.
#[must_use]
pub fn subject(account: &str) -> SubjectKey {
    SubjectKey::account(&AccountId::new(account).expect("an id"))
}

/// The lease key of this store.
#[must_use]
pub fn key(store: &str) -> LeaseKey {
    LeaseKey::of(&place(store, "1"))
}

/// A place; work on it competes with all work on its store.
#[must_use]
pub fn place(store_name: &str, account: &str) -> Place {
    let contention = ContentionKey::new(store_name).expect("a key");
    from_json(json!({
        "platform": platform(), "store": store(store_name), "subject": subject(account), "contention": contention,
    }))
}

/// A new grant that is active.
#[must_use]
pub fn grant(place: &Place, person: &PersonHandle) -> Grant {
    from_json(json!({
        "id": GrantId::new(noon()),
        "place": place,
        "person": person,
        "role": "support",
        "rank": 10,
        "reason": "a ticket",
        "ticket": "T-1",
        "requested_by": Principal::stated("olga"),
        "needs_approval": false,
        "starts_at": noon(),
        "ends_at": after(86_400),
        "deliver_to": "vault",
        "also": [{ "what": "SFTP account", "ended": null }],
        "adopted": false,
        "phase": Phase::Active,
        "was_active": true,
        "created_at": noon(),
        "revision": 0,
    }))
}

/// A new place at which something is due.
#[must_use]
pub fn holding(place: &Place, due_at: Option<Timestamp>, removing: bool) -> Holding {
    let mut holding = Holding::new(place.clone(), person("anna"));
    holding.due_at = due_at;
    holding.removing = removing;
    holding
}

/// A new open step.
#[must_use]
pub fn step(place: &Place, person: &PersonHandle) -> Step {
    from_json(json!({
        "id": StepId::random(),
        "place": place,
        "person": person,
        "kind": "entry",
        "manual": guestpass::ManualStep::new("Let Anna Example in", guestpass::StepCheck::Attest("she is in".into())),
        "opened_at": noon(),
        "revision": 0,
    }))
}

/// A step that nobody needs any more.
#[must_use]
pub fn closed(mut step: Step, at: Timestamp) -> Step {
    step.closed = Some(from_json(json!({ "how": "superseded", "at": at })));
    step
}

/// A grant that is over since this time.
#[must_use]
pub fn over(mut grant: Grant, since: Timestamp) -> Grant {
    grant.phase = Phase::NeverOpened;
    grant.end = Some(from_json(json!({ "cause": "withdrawn", "since": since })));
    grant
}

/// A new offboarding.
#[must_use]
pub fn offboarding(person: &PersonHandle, began_at: Timestamp) -> Offboarding {
    from_json(json!({
        "id": OffboardingId::random(),
        "person": person,
        "by": Principal::authenticated("olga"),
        "began_at": began_at,
        "stores": [{ "platform": platform(), "store": store("acme"), "state": { "is": "waiting" } }],
        "revision": 0,
    }))
}

/// A new rotation of a credential of this name, due at noon.
#[must_use]
pub fn rotation(store_name: &str, credential: &str) -> Rotation {
    from_json(json!({
        "id": RotationId::new(noon()),
        "platform": platform(),
        "store": store(store_name),
        "credential": credential,
        "kind": "storefront-token",
        "stage": Stage::Planned,
        "tag": Tag::random(),
        "old": { "id": "7", "rights": [{ "name": "read", "held": "yes" }], "made_at": noon(), "fate": { "is": "live" } },
        "orphans": [
            { "tag": Tag::random(), "rights": [], "expires_at": after(60), "fate": { "is": "dies_at", "at": after(60) } },
        ],
        "sinks": ["vault"],
        "drain": { "secs": 3600, "nanos": 0 },
        "may_lose": ["write"],
        "dependents": [{ "store": store("zeta"), "state": { "is": "gone", "reason": "it left" }, "what": ["a webhook"] }],
        "waits_for": { "for": "time", "until": after(60), "why": "users get time" },
        "trouble": { "kind": "unavailable", "reason": "away", "since": noon(), "times": 2, "lost_rights": [] },
        "attempts": 1,
        "due_at": noon(),
        "requested_by": Principal::stated("olga"),
        "created_at": noon(),
        "revision": 0,
    }))
}

/// A new review of one store.
#[must_use]
pub fn review(began_at: Timestamp) -> Review {
    from_json(json!({
        "id": ReviewId::new(began_at),
        "by": Principal::authenticated("olga"),
        "reason": "every quarter",
        "began_at": began_at,
        "stores": [{
            "platform": platform(), "store": store("acme"), "began_at": began_at,
            "reading": { "is": "attested", "reason": "the merchant holds the key" },
            "first_row": 1, "rows": 2, "findings": { "dormant": 1 },
            "ends": { "proven": 1, "attested": 2, "unproven": 0 },
        }],
        "revision": 0,
    }))
}

/// The same rotation, over since noon.
#[must_use]
pub fn rotated(mut rotation: Rotation) -> Rotation {
    rotation.stage = Stage::Done;
    rotation.due_at = None;
    rotation.ended_at = Some(noon());
    rotation
}

/// A new row of a review.
#[must_use]
pub fn review_row(review: ReviewId, number: u32) -> KeptRow {
    from_json(json!({
        "review": review,
        "number": number,
        "platform": platform(),
        "store": store("acme"),
        "key": format!("account:{number}"),
        "account": number.to_string(),
        "person": person("anna"),
        "status": "active",
        "roles": ["5"],
        "permissions": [],
        "grants": [GrantId::new(noon())],
        "role": "support",
        "until": after(60),
        "findings": [{ "is": "dormant", "last_login": noon() }],
        "decision": null,
        "revision": 0,
    }))
}

/// What a look at a store has shown.
#[must_use]
pub fn last_look(store_name: &str) -> LastLook {
    let mut look = LastLook::new(platform(), store(store_name), after(60));
    let key = RowKey::account(&AccountId::new("7").expect("an id"));
    look.known.insert(KnownFinding::new(key, "dormant"));
    look.looked_at = Some(noon());
    look
}

/// A new incident, and its stores.
#[must_use]
pub fn incident(
    person: &PersonHandle,
    opened_at: Timestamp,
    stores: &[Place],
) -> (Incident, Vec<IncidentStore>) {
    let id = IncidentId::new(opened_at);
    let head = from_json(json!({
        "id": id,
        "person": person,
        "by": Principal::authenticated("olga"),
        "reason": "a stolen laptop",
        "opened_at": opened_at,
        "offboarding": OffboardingId::random(),
        "scope": "exposed",
        "allow_downtime": false,
        "stores": stores.len(),
        "revision": 0,
    }));
    let store = |(number, place): (usize, &Place)| {
        from_json(json!({
            "incident": id,
            "number": number + 1,
            "place": place,
            "chain": 3,
            "grants": [{ "id": GrantId::new(opened_at), "role": "support", "phase": Phase::Active,
                "since": opened_at, "until": opened_at }],
            "had_access": true,
            "state": { "is": "waiting" },
            "unsent": true,
            "credentials": [{ "name": "web", "kind": "storefront-token", "way": { "is": "automatic" } }],
            "revision": 0,
        }))
    };
    (head, stores.iter().enumerate().map(store).collect())
}

/// Name and address of a person.
#[must_use]
pub fn record(handle: &PersonHandle, last_name: &str) -> PersonRecord {
    from_json(json!({
        "handle": handle,
        "emails": [format!("{handle}@vendor.example")],
        "first_name": "Anna",
        "last_name": last_name,
        "accounts": { "shop": "77" },
        "shared": false,
    }))
}

/// Something that happened on a store.
#[must_use]
pub fn fact(store_name: &str, kind: &str) -> Fact {
    Fact::new(noon(), kind, platform(), store(store_name))
}

/// So many seconds after noon.
#[must_use]
pub fn after(seconds: i64) -> Timestamp {
    noon() + jiff::SignedDuration::from_secs(seconds)
}

fn platform() -> ProviderId {
    ProviderId::from_static("shop")
}

fn from_json<T: serde::de::DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).expect("a sample fits its type")
}
