//! Two responders at once on one ledger: nothing is done twice, both end, and there is one report.

use std::collections::BTreeMap;
use std::fs;

use futures_util::future::join;
use guestpass::incident::Incident;
use guestpass_suite::worker::{Job, Order, Told, Worker, steady};
use guestpass_testkit::postgres::Database;

use crate::estate::{Estate, HOUR, LEASE, Ledgers, PLATFORMS};
use crate::worker;

impl Estate {
    /// By store: how often our guest was taken out, and how many credentials of each kind were made by calls.
    fn done(&self) -> BTreeMap<String, usize> {
        let email = self.setup.people[0].email.parse().unwrap();
        let mut done = BTreeMap::new();
        for site in &self.sites {
            done.insert(format!("removals from {}", site.handle), site.stage.world().removals(&email));
        }
        for held in self.held.iter().filter(|held| !held.what.way.by_hand) {
            let made = held.ever(&self.sites[held.site]).len() - 1;
            let people = held.by_people.lock().unwrap().len();
            done.insert(format!("made of {}", held.label), made - people);
        }
        done
    }
}

/// Of passwords the fake keeps those of other employees, too.
fn is_countable(what: &str) -> bool {
    !what.ends_with("/till")
}

async fn nothing_twice(estate: &Estate, incident: &Incident) {
    for (what, times) in estate.done() {
        assert!(times <= 1 || !is_countable(&what), "{what}: {times}");
    }
    for held in &estate.held {
        let rotations = estate.rotations(held).await;
        assert!(rotations.len() <= 1, "{}: {rotations:#?}", held.label);
        assert!(rotations.iter().all(|rotation| rotation.attempts <= 1), "{}: {rotations:#?}", held.label);
    }
    drop(estate.compare(incident).await);
}

/// Two hosts with connections of their own, in turns of one thread.
async fn two_hosts(ledgers: Ledgers) {
    let estate = Estate::new(&PLATFORMS, ledgers).await;
    let (first, second) = (estate.setup.open().await.unwrap(), estate.setup.open().await.unwrap());
    let order = Estate::alarm().request().unwrap();
    let (first, second) = (first.responder(), second.responder());
    let incident = first.open(order.clone()).await.unwrap();
    assert_eq!(second.open(order).await.unwrap().id, incident.id, "there is one incident");
    for _ in 0..20 {
        let options = steady();
        let both = join(
            Box::pin(first.continue_incident(incident.id, &options, &())),
            Box::pin(second.continue_incident(incident.id, &options, &())),
        );
        let (one, other) = Box::pin(both).await;
        one.unwrap();
        other.unwrap();
        nothing_twice(&estate, &incident).await;
        let now = estate.incident().await.unwrap();
        if now.finished_at.is_some() {
            estate.all_is_well(&now).await;
            return;
        }
        Box::pin(estate.people_act()).await;
        estate.host.clock.advance(HOUR / 3);
    }
    panic!("it does not end: {:#?}", estate.report(&incident).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn two_hosts_on_sqlite() {
    Box::pin(two_hosts(Ledgers::Sqlite)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn two_hosts_on_postgres() {
    if Database::make().is_some() {
        Box::pin(two_hosts(Ledgers::Postgres)).await;
    }
}

/// One process sleeps at a step for longer than its leases last, another one does everything meanwhile, and the first wakes up.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn one_that_wakes_up_late_does_nothing_twice() {
    let mut locked_out = 0;
    for (number, hold_at) in (4..).step_by(23).take(8).enumerate() {
        let platform = PLATFORMS[number % PLATFORMS.len()];
        println!("{platform:?} asleep at {hold_at}");
        let estate = Estate::new(&[platform], Ledgers::Sqlite).await;
        let incident = estate.opened().await;
        let job = || Job::Respond(Estate::alarm());
        let order = Order { setup: estate.setup.clone(), job: job(), hold_at: Some(hold_at) };
        let mut sleeper = Worker::start(worker(), &order).unwrap();
        let (steps, held) = sleeper.follow().unwrap();
        // What is about to leave leaves when it wakes up, whoever has the lease by then. What it makes is ended.
        let is_leaving = held && steps.last().is_some_and(Told::is_response);
        estate.compare(&incident).await;
        estate.host.clock.advance(LEASE);
        let order = Order { setup: estate.setup.clone(), job: job(), hold_at: None };
        let mut other = Worker::start_complaining(worker(), &order, &estate.complaints()).unwrap();
        other.follow().unwrap();
        if !other.finish().unwrap() {
            // It fell asleep in the middle of renewing its lease, and SQLite lets nobody write until it wakes up.
            let complaint = fs::read_to_string(estate.complaints()).unwrap();
            assert!(complaint.contains("database is locked"), "the other one does all of it: {complaint}");
            locked_out += 1;
        }
        estate.compare(&incident).await;
        if steps.last().is_some_and(Told::is_at_a_sink) {
            // What it holds in its hand would lie in the place of what has come since: it never wakes up.
            sleeper.kill().unwrap();
        } else if held {
            sleeper.go_on().unwrap();
            sleeper.follow().unwrap();
            // It may find that somebody else has done its work, and say so.
            sleeper.finish().unwrap();
        }
        estate.compare(&incident).await;
        let finished = Box::pin(estate.until_finished()).await;
        estate.all_is_well(&finished).await;
        let email = estate.setup.people[0].email.parse().unwrap();
        for site in &estate.sites {
            let removals = site.stage.world().removals(&email);
            assert!(removals <= 1 + usize::from(is_leaving), "{}: {removals}", site.handle);
        }
        for held in estate.held.iter().filter(|held| !held.what.way.by_hand && is_countable(&held.label)) {
            let made = held.ever(&estate.sites[held.site]).len() - 1;
            let asked: u32 = estate.rotations(held).await.iter().map(|rotation| rotation.attempts).sum();
            // One whose secret slept with its process was ended, and another one made: both are in the record.
            let known = usize::try_from(asked).unwrap() + usize::from(is_leaving);
            assert!(made <= known && known <= 3, "{}: {made} of {known}", held.label);
        }
    }
    assert!(locked_out <= 1, "the other one does all of it, but for a rare moment");
}
