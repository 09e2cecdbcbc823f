//! What else is going on while an incident is opened and worked on.

use std::sync::{Arc, Mutex};

use guestpass::SinkCopy;
use guestpass::grants::{Checkpoint, Durable, GrantQuery, Moment, Phase, Principal};
use guestpass::incident::{AccessReport, CredentialState, Incident, Responder, RotationWay};
use guestpass_suite::stage::Platform;
use guestpass_suite::worker::{Alarm, Job, Order, Worker, steady};

use crate::estate::{Estate, LEASE, Ledgers, PLATFORMS};
use crate::worker;

/// Somebody allows the downtime while a responder is at work.
struct Allows {
    responder: Responder,
    incident: Incident,
    at: usize,
    passed: Mutex<usize>,
}

impl std::fmt::Debug for Allows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Allows")
    }
}

impl Checkpoint for Allows {
    fn at(&self, _: Durable, _: Moment) {
        let mut passed = self.passed.lock().unwrap();
        *passed += 1;
        if *passed == self.at {
            let (responder, id) = (self.responder.clone(), self.incident.id);
            tokio::spawn(
                async move { responder.allow_downtime(id, &Principal::stated("lead")).await.unwrap() },
            );
        }
    }
}

/// Before that nothing is replaced whose users would be refused; a word in the middle of the work neither disturbs it nor is lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn downtime_is_allowed_while_a_responder_is_at_work() {
    for (platform, at) in
        [(Platform::Prestashop, 1), (Platform::Prestashop, 20), (Platform::Shopify, 30), (Platform::Wix, 7)]
    {
        println!("{platform:?} at {at}");
        let estate = Estate::new(&[platform], Ledgers::Sqlite).await;
        let order = Alarm { allow_downtime: false, ..Estate::alarm() };
        let incident = estate.host.responder().open(order.request().unwrap()).await.unwrap();
        let again = estate.respond(&incident).await;
        assert!(again.finished_at.is_none() && !again.allow_downtime);
        let report = estate.compare(&incident).await;
        for (held, said) in estate.held.iter().flat_map(|held| {
            let of_store = report.stores[held.site].credentials.iter();
            of_store.filter(|said| said.name.as_str() == held.what.name).map(move |said| (held, said))
        }) {
            assert_eq!(held.is_in_place(), said.way == RotationWay::InPlace);
            assert_eq!(held.is_in_place(), said.state == CredentialState::NeedsConsent, "{said:?}");
            if held.is_in_place() {
                assert_eq!(estate.copies(held, SinkCopy::Live)[0], held.used.secret);
                assert_eq!(estate.rotations(held).await, []);
            }
        }
        let responder = estate.host.responder();
        let allows = Allows { responder, incident: incident.clone(), at, passed: Mutex::default() };
        let watched = estate.host.clone().watched_by(Arc::new(allows)).responder();
        Box::pin(watched.continue_incident(incident.id, &steady(), &())).await.unwrap();
        if !estate.incident().await.unwrap().allow_downtime {
            // Nothing was left to do, so there was no such step.
            estate.host.responder().allow_downtime(incident.id, &Principal::stated("lead")).await.unwrap();
        }
        let finished = Box::pin(estate.until_finished()).await;
        assert!(finished.allow_downtime);
        estate.all_is_well(&finished).await;
    }
}

/// A process does this, and is held at the first step of this name.
fn held_at(estate: &Estate, job: &Job, steps: &[String], step: &str) -> Worker {
    let hold_at = steps.iter().position(|known| known == step);
    assert!(hold_at.is_some(), "there is no {step}: {steps:?}");
    let order = Order { setup: estate.setup.clone(), job: job.clone(), hold_at };
    let mut worker = Worker::start(worker(), &order).unwrap();
    assert!(worker.follow().unwrap().1);
    worker
}

/// The steps of a job that nobody interrupts.
fn steps_of(estate: &Estate, job: &Job) -> Vec<String> {
    let order = Order { setup: estate.setup.clone(), job: job.clone(), hold_at: None };
    let mut worker = Worker::start(worker(), &order).unwrap();
    let (steps, _) = worker.follow().unwrap();
    assert!(worker.finish().unwrap());
    steps.iter().map(|told| told.as_str().to_owned()).collect()
}

/// What was made before the incident may have been seen, so another one takes its place; what was not made yet is made once.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_rotation_is_half_way_when_an_incident_is_opened() {
    for platform in [Platform::BigCommerce, Platform::Prestashop, Platform::Shopify] {
        let scout = Estate::new(&[platform], Ledgers::Sqlite).await;
        let job = Job::Rotate {
            store: scout.sites[0].handle.to_owned(),
            credential: scout.held[0].what.name.to_owned(),
        };
        let steps = steps_of(&scout, &job);
        for step in ["RotationRecord After", "Issue Before", "Issue After", "Promote After", "Retire Before"]
        {
            println!("{platform:?} at {step}");
            let estate = Estate::new(&[platform], Ledgers::Sqlite).await;
            held_at(&estate, &job, &steps, step).kill().unwrap();
            let held = &estate.held[0];
            let mut made = held.ever(&estate.sites[0]);
            made.retain(|secret| *secret != held.used.secret);
            assert_eq!(made.is_empty(), matches!(step, "RotationRecord After" | "Issue Before"));
            estate.host.clock.advance(LEASE);
            let incident = estate.opened().await;
            estate.compare(&incident).await;
            let finished = Box::pin(estate.until_finished()).await;
            estate.all_is_well(&finished).await;
            let live = estate.copies(held, SinkCopy::Live);
            assert!(!made.contains(&live[0]), "one that may have been seen is in use");
            let rotations = estate.rotations(held).await.len();
            assert_eq!(rotations, if step == "RotationRecord After" { 1 } else { 2 });
        }
    }
}

impl Estate {
    /// Nobody is said to be out who is not.
    async fn nobody_is_said_to_be_out(&self, incident: &Incident) {
        for (site, said) in self.sites.iter().zip(self.report(incident).await.stores) {
            let out = matches!(said.access, AccessReport::Closed { .. } | AccessReport::WasOut { .. });
            assert!(!out || !site.stage.is_inside(), "{said:#?}");
        }
    }
}

/// Whoever is being let in at this moment is out in the end, whichever of the two processes is faster.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_grant_is_being_opened_when_an_incident_is_opened() {
    for platform in PLATFORMS {
        let scout = Estate::empty(&[platform], Ledgers::Sqlite).await;
        let steps = steps_of(&scout, &Job::Open(scout.wish(&scout.sites[0])));
        for (number, step) in steps.iter().enumerate().skip(1) {
            // Each step by its name once, where it happens first.
            if steps.iter().position(|known| known == step) != Some(number) {
                continue;
            }
            println!("{platform:?} at {number} {step}");
            let estate = Estate::empty(&[platform], Ledgers::Sqlite).await;
            let job = Job::Open(estate.wish(&estate.sites[0]));
            let mut opener = held_at(&estate, &job, &steps, step);
            let incident = estate.opened().await;
            estate.respond(&incident).await;
            estate.nobody_is_said_to_be_out(&incident).await;
            opener.go_on().unwrap();
            opener.follow().unwrap();
            // It may find that its grant has ended meanwhile, and say so.
            opener.finish().unwrap();
            for _ in 0..20 {
                let now = estate.respond(&incident).await;
                estate.nobody_is_said_to_be_out(&incident).await;
                if now.finished_at.is_some() {
                    break;
                }
                Box::pin(estate.people_act()).await;
                estate.host.clock.advance(LEASE * 4);
            }
            let report = estate.report(&incident).await;
            assert!(report.incident.finished_at.is_some(), "{report:#?}");
            assert!(!estate.sites[0].stage.is_inside(), "{report:#?}");
            let grants = estate.host.ledger.grants(&GrantQuery::new(), None, 10).await.unwrap();
            assert!(grants.iter().all(|grant| grant.phase.is_over()), "{grants:#?}");
            assert!(grants.iter().all(|grant| grant.phase != Phase::ForceClosed));
        }
    }
}
