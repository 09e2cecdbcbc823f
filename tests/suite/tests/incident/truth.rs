//! What a report says against what the fakes know, at one moment and when all is over.

use std::fs;
use std::time::Duration;

use guestpass::grants::{audit::Head, verify};
use guestpass::incident::{
    AccessReport, CredentialReport, CredentialState, Incident, IncidentReport, StoreReport,
};
use guestpass::rotation::{Fate, Minted, Rotation};
use guestpass::{Clock, Proof, SinkCopy};
use guestpass_suite::stage::of_others;
use guestpass_testkit::conformance::credentials::secret_part;

use crate::estate::{Estate, Held};
use crate::people::is_of;
use crate::stores::{Came, Site};

/// Kinds of which only one can live.
const IN_PLACE: [&str; 4] = ["employee-password", "offline-token", "app-secret", "app-token"];

impl Held {
    pub(crate) fn is_in_place(&self) -> bool {
        IN_PLACE.contains(&self.what.way.kind)
    }
}

impl Estate {
    /// Reads the report, and compares all of it with what is so.
    pub(crate) async fn compare(&self, incident: &Incident) -> IncidentReport {
        let report = self.report(incident).await;
        let named: Vec<_> = report.stores.iter().map(|store| store.store.as_str().to_owned()).collect();
        let all: Vec<_> = self.sites.iter().map(|site| site.handle.to_owned()).collect();
        assert_eq!(named, all, "every store is there");
        for (site, said) in self.sites.iter().zip(&report.stores) {
            access_is_so(site, said);
        }
        for held in &self.held {
            self.credential_is_so(held, &report).await;
        }
        self.nothing_else_is_touched();
        self.users_get_in("a report");
        totals_add_up(&report);
        report
    }

    /// What is known of exposed stores decides which credentials are there.
    async fn credential_is_so(&self, held: &Held, report: &IncidentReport) {
        let exposed = |index: usize| {
            let inside = report.stores[index].found.as_ref().is_some_and(|found| found.is_inside());
            inside || self.sites[index].came == Came::ByGrant
        };
        let depends = |index: usize| held.what.dependents.contains(&self.sites[index].handle);
        let concerned =
            (0..self.sites.len()).any(|index| (index == held.site || depends(index)) && exposed(index));
        let said =
            report.stores[held.site].credentials.iter().find(|one| one.name.as_str() == held.what.name);
        assert_eq!(said.is_some(), concerned, "{}: {said:?}", held.label);
        let rotations = self.rotations(held).await;
        match said {
            Some(said) => self.is_as_said(held, said, &rotations, report),
            None => assert_eq!(self.copies(held, SinkCopy::Live), [&*held.used.secret, &held.used.secret]),
        }
    }

    fn is_as_said(
        &self,
        held: &Held,
        said: &CredentialReport,
        rotations: &[Rotation],
        report: &IncidentReport,
    ) {
        let (site, live) = (&self.sites[held.site], self.copies(held, SinkCopy::Live));
        let (world, kind) = (site.stage.credentials(), held.what.way.kind);
        let since = rotations.iter().rfind(|rotation| rotation.created_at >= report.incident.opened_at);
        let old = &held.used.secret;
        let replaced = live.iter().all(|secret| secret != old && world.works(kind, secret));
        match &said.state {
            CredentialState::Dead { .. } => {
                assert!(replaced, "{}: {said:?}", held.label);
                assert!(!world.works(kind, old) && !world.lingers(kind, old), "{}: {said:?}", held.label);
            }
            CredentialState::DiesAt { at } => {
                let gone = !world.works(kind, old) && !world.lingers(kind, old);
                assert!(replaced && (gone || *at > report.at), "{}: {said:?}", held.label);
            }
            CredentialState::InWork { stage, .. } => {
                assert!(
                    rotations.iter().any(|rotation| rotation.stage == *stage),
                    "{}: {said:?}",
                    held.label
                );
            }
            CredentialState::NotBegun { .. } | CredentialState::NeedsConsent => {
                assert!(since.is_none(), "{}: one has begun: {said:?} {since:#?}", held.label);
                assert!(said.rotation.is_none(), "{}: {said:?}", held.label);
            }
            other => panic!("{}: {other:?}", held.label),
        }
    }

    /// Nobody is refused where two can live: what is in the live places works.
    pub(crate) fn users_get_in(&self, when: &str) {
        for held in self.held.iter().filter(|held| !held.is_in_place()) {
            let world = self.sites[held.site].stage.credentials();
            for (place, secret) in self.copies(held, SinkCopy::Live).iter().enumerate() {
                assert!(world.works(held.what.way.kind, secret), "{} in place {place} at {when}", held.label);
            }
        }
    }

    fn nothing_else_is_touched(&self) {
        for (site, books) in self.sites.iter().zip(&self.books) {
            assert_eq!(of_others(&site.stage.books()), of_others(books), "{}", site.handle);
        }
    }

    /// Nobody is inside, every old one is dead, every new one works where its users find it, and nothing else has changed.
    pub(crate) async fn all_is_well(&self, incident: &Incident) {
        let report = self.compare(incident).await;
        assert!(report.incident.finished_at.is_some(), "{:#?}", report.stores);
        assert_eq!(
            (report.totals.open, report.totals.not_reached, report.totals.credentials_open),
            (0, 0, 0)
        );
        for site in &self.sites {
            assert!(!site.stage.is_inside(), "{}", site.handle);
        }
        let mut all = Vec::new();
        for held in &self.held {
            all.extend(self.ended_well(held).await);
        }
        self.and_then_they_are_dead(&all);
        self.no_secret_shows(&report, &all);
        for head in self.host.ledger.heads().await.unwrap() {
            let chain = verify(&*self.host.ledger, Head::empty(head.store), &[]).await.unwrap();
            assert!(chain.is_sound() && chain.checked > 0);
        }
    }

    async fn ended_well(&self, held: &Held) -> Vec<Rotation> {
        let (site, kind) = (&self.sites[held.site], held.what.way.kind);
        let (world, live) = (site.stage.credentials(), self.copies(held, SinkCopy::Live));
        let rotations = self.rotations(held).await;
        if !site.is_concerned(&held.what, &self.sites) {
            assert_eq!(live, [&*held.used.secret, &held.used.secret]);
            assert_eq!((held.ever(site).len(), rotations.len()), (1, 0), "{}", held.label);
            return rotations;
        }
        assert!(live.len() == 2 && live[0] == live[1], "{}", held.label);
        assert!(live[0] != held.used.secret && world.works(kind, &live[0]), "{}", held.label);
        for which in [SinkCopy::Staged, SinkCopy::Previous] {
            assert_eq!(self.copies(held, which), Vec::<String>::new(), "{}: {which:?}", held.label);
        }
        let kept = |name: &str| fs::read_to_string(self.kept_file(held.site, name)).unwrap();
        assert!(world.is_carried(kind, &held.used.secret, &live[0], &kept), "{}", held.label);
        assert!(rotations.iter().all(|rotation| rotation.stage.is_over()), "{}: {rotations:#?}", held.label);
        let last = rotations.last().unwrap();
        assert!(last.new.as_ref().is_some_and(|new| is_of(new, &live[0])), "{}: {last:#?}", held.label);
        rotations
    }

    /// Time passes until the last of them must be dead by what the records say.
    fn and_then_they_are_dead(&self, rotations: &[Rotation]) {
        let dies = |minted: &Minted| match minted.fate {
            Fate::DiesAt { at } => Some(at),
            _ => None,
        };
        let all = rotations.iter().flat_map(|one| one.old.iter().chain(&one.new).chain(&one.orphans));
        if let Some(last) = all.filter_map(dies).max() {
            let left = Duration::try_from(last.duration_since(self.host.clock.now())).unwrap_or_default();
            self.host.clock.advance(left + Duration::from_secs(1));
        }
        for held in &self.held {
            let (site, kind) = (&self.sites[held.site], held.what.way.kind);
            let (world, live) = (site.stage.credentials(), self.copies(held, SinkCopy::Live));
            for secret in held.ever(site).iter().filter(|secret| !live.contains(secret)) {
                assert!(!world.works(kind, secret) && !world.lingers(kind, secret), "{}", held.label);
            }
        }
    }

    fn no_secret_shows(&self, report: &IncidentReport, rotations: &[Rotation]) {
        let said = format!("{report:?} {} {rotations:?}", serde_json::to_string(report).unwrap());
        let mut places = vec![("said".to_owned(), said.into_bytes())];
        for entry in fs::read_dir(self.folder.path()).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if name.starts_with("ledger") || name == "complaints" {
                places.push((name, fs::read(&path).unwrap()));
            }
        }
        for held in &self.held {
            for secret in held.ever(&self.sites[held.site]).iter().map(|secret| secret_part(secret)) {
                assert!(secret.len() > 8, "too short to be looked for");
                for (name, bytes) in &places {
                    let found = bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
                    assert!(!found, "{} shows in {name}", held.label);
                }
            }
        }
    }
}

fn access_is_so(site: &Site, said: &StoreReport) {
    let (came, inside) = (site.came != Came::Never, site.stage.is_inside());
    match &said.access {
        AccessReport::Closed { proof, .. } => {
            assert!(came && !inside && proof.is_some(), "{said:#?}");
            assert!(!matches!(proof, Some(Proof::Attested { .. })), "every store can be read: {said:#?}");
            assert!(said.found.as_ref().is_some_and(|found| found.is_inside()), "{said:#?}");
        }
        AccessReport::WasOut { .. } => assert!(!came && !inside, "{said:#?}"),
        AccessReport::Open { reason, .. } => assert!(!reason.is_empty(), "{said:#?}"),
        AccessReport::NotReached { .. } => assert_eq!(inside, came, "what was sent is known: {said:#?}"),
        other => panic!("{other:?}"),
    }
    if came && !inside {
        assert!(said.found.is_some(), "what was open is known before it is closed: {said:#?}");
    }
    assert_eq!(!said.grants.is_empty(), site.came == Came::ByGrant);
}

fn totals_add_up(report: &IncidentReport) {
    let totals = &report.totals;
    let access = totals.closed_proven
        + totals.closed_attested
        + totals.closed_unproven
        + totals.were_out
        + totals.were_out_attested
        + totals.open
        + totals.not_reached;
    assert_eq!((access, totals.stores), (totals.stores, u64::from(report.incident.stores)));
    let credentials = totals.credentials_dead
        + totals.credentials_dying
        + totals.credentials_attested
        + totals.credentials_open;
    assert_eq!(credentials, totals.credentials);
}
