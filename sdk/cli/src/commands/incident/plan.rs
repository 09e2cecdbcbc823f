//! What an incident would do. Nothing is written, and nothing is sent to find out.

use guestpass::incident::{IncidentCredential, IncidentRequest, IncidentStore, RotationScope, RotationWay};
use guestpass::rotation::{Driver, RotationRequest};
use guestpass::{Support, grants::Principal};
use serde::Serialize;

use crate::commands::offboard::PlannedStore;
use crate::exit::{Exit, Outcome};
use crate::output::{Output, Report, Table, incident_scope, incident_way};
use crate::session::Session;

/// The whole of it.
#[derive(Serialize)]
struct Planned {
    dry_run: bool,
    command: &'static str,
    person: String,
    /// The incident that it would go on with, because that one is not finished.
    goes_on_with: Option<String>,
    /// The credentials of which stores would be replaced.
    rotate: &'static str,
    /// At most.
    requests: u32,
    stores: Vec<StoreView>,
}

#[derive(Serialize)]
struct StoreView {
    store: String,
    platform: String,
    /// How they would be taken out; `null` where the store is not connected.
    support: Option<Support>,
    requests: u32,
    /// Whether the ledger knows that they have, or had, access.
    exposed: bool,
    /// How many grants are not over.
    grants: usize,
    credentials: Vec<CredentialView>,
}

#[derive(Serialize)]
struct CredentialView {
    credential: String,
    kind: String,
    /// `automatic`, `guided`, `in_place` or `by_hand`.
    way: &'static str,
    /// Why a human must do all of it.
    reason: Option<String>,
    /// `yes`, `if_inside` or `no`.
    replaced: &'static str,
    /// Whether it waits for --allow-downtime.
    needs_consent: bool,
    requests: u32,
}

pub(super) async fn run(request: &IncidentRequest, session: &Session, out: &mut Output) -> Outcome {
    let plan = session.planning_responder().await?.plan(request).await?;
    let (scope, consent) = match &plan.goes_on_with {
        Some(known) => (known.scope, known.allow_downtime || request.allow_downtime),
        None => (request.scope, request.allow_downtime),
    };
    let driver = session.planning_driver().await?;
    let mut stores = Vec::with_capacity(plan.stores.len());
    for store in &plan.stores {
        stores.push(StoreView::new(store, scope, consent, &request.by, &driver, session).await);
    }
    out.show(&Planned {
        dry_run: true,
        command: "incident",
        person: request.person.to_string(),
        goes_on_with: plan.goes_on_with.map(|known| known.id.to_string()),
        rotate: incident_scope(scope),
        requests: stores.iter().map(StoreView::most_requests).sum(),
        stores,
    })?;
    Ok(Exit::Done)
}

impl StoreView {
    async fn new(
        store: &IncidentStore,
        scope: RotationScope,
        consent: bool,
        by: &Principal,
        driver: &Driver,
        session: &Session,
    ) -> Self {
        // One store whose settings are wrong keeps nobody inside the others.
        let provider = session.connect(store.place.store.as_str()).ok();
        let removal = provider.as_deref().map(PlannedStore::new);
        let mut credentials = Vec::with_capacity(store.credentials.len());
        for credential in &store.credentials {
            let order = RotationRequest::new(store.place.store.clone(), credential.name.clone(), by.clone());
            let requests = driver.plan(&order).await.map_or(0, |plan| plan.requests);
            credentials.push(CredentialView::new(credential, store, scope, consent, requests));
        }
        Self {
            store: store.place.store.to_string(),
            platform: store.place.platform.to_string(),
            support: removal.as_ref().map(PlannedStore::support),
            requests: removal.as_ref().filter(|_| !store.is_out()).map_or(0, PlannedStore::requests),
            exposed: store.is_exposed(),
            grants: store.grants.len(),
            credentials,
        }
    }

    fn most_requests(&self) -> u32 {
        let replaced = self.credentials.iter().filter(|one| one.replaced != "no" && !one.needs_consent);
        self.requests + replaced.map(|one| one.requests).sum::<u32>()
    }

    fn how(&self) -> String {
        self.support.map_or_else(|| "not connected".to_owned(), |support| support.to_string())
    }
}

impl CredentialView {
    fn new(
        credential: &IncidentCredential,
        store: &IncidentStore,
        scope: RotationScope,
        consent: bool,
        requests: u32,
    ) -> Self {
        let (by_hand, reason) = match &credential.way {
            RotationWay::ByHand { reason } => (true, Some(reason.clone())),
            _ => (false, None),
        };
        Self {
            credential: credential.name.to_string(),
            kind: credential.kind.to_string(),
            way: incident_way(&credential.way),
            reason,
            replaced: match scope {
                RotationScope::Nowhere => "no",
                RotationScope::Exposed if !store.is_exposed() => "if_inside",
                _ => "yes",
            },
            needs_consent: credential.way == RotationWay::InPlace && !consent,
            requests: if by_hand { 0 } else { requests },
        }
    }

    fn how(&self) -> String {
        let way = match self.way {
            "automatic" => "by calls",
            "guided" => "a person makes the new one, guided",
            "in_place" => "in place: its users are refused meanwhile",
            _ => "by hand",
        };
        if self.needs_consent { format!("{way}; only with --allow-downtime") } else { way.to_owned() }
    }
}

impl Report for Planned {
    fn to_text(&self) -> String {
        let mut text =
            format!("incident {} would do this; nothing was written and nothing was sent\n", self.person);
        if let Some(id) = &self.goes_on_with {
            text.push_str(&format!("it would go on with the incident {id}, which is not finished\n"));
        }
        let mut removals = Table::new(["store", "platform", "taken out", "grants", "requests"]);
        let mut credentials = Table::new(["credential", "kind", "how", "replaced", "requests"]);
        let mut any = false;
        for store in &self.stores {
            let (grants, requests) = (store.grants.to_string(), store.requests.to_string());
            removals.row([store.store.clone(), store.platform.clone(), store.how(), grants, requests]);
            for one in &store.credentials {
                any = true;
                let name = format!("{}/{}", store.store, one.credential);
                let replaced = one.replaced.replace('_', " ");
                credentials.row([name, one.kind.clone(), one.how(), replaced, one.requests.to_string()]);
            }
        }
        text.push_str(&format!("\n{removals}"));
        if any {
            text.push_str(&format!("\n{credentials}"));
        }
        format!(
            "{text}\n{} request(s) at most, fewer where stores share a listing or they are out already\n",
            self.requests
        )
    }
}
