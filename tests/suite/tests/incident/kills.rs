//! A process that works on an incident is killed at every durable step, also with a request on its way. What the ledger says
//! at that moment is complete and true, and another one goes on until nothing is open.

use std::io::Write;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt;
use guestpass_suite::stage::Platform;
use guestpass_suite::worker::{Job, Order, Told, Worker};
use guestpass_testkit::postgres::Database;
use guestpass_testkit::{Fault, On};

use crate::estate::{Estate, LEASE, Ledgers, MINUTE};
use crate::worker;

/// More processes than any incident needs.
const PROCESSES: usize = 80;
/// So many steps after a process took over, it is killed, too. A process for each of the first so many steps to die at, and
/// every step is died at.
const STRIDE: usize = 19;
/// So many steps more does each one get than the one before.
const LONGER: usize = 3;

/// What became of the request that was on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sent {
    /// There was none.
    Nothing,
    /// It took effect; nobody reads the answer.
    Done,
    /// It takes effect when somebody else has taken over.
    Late,
}

const SENT: [Sent; 3] = [Sent::Nothing, Sent::Done, Sent::Late];

/// Dying at every step takes minutes: the gate does it, with `GUESTPASS_CRASH=all`; other runs do a few. On PostgreSQL the
/// same code runs as on SQLite, so it is done there for fewer.
fn lives(ledgers: Ledgers) -> usize {
    let all = std::env::var_os("GUESTPASS_CRASH").is_some_and(|which| which == "all");
    match (all, ledgers) {
        (true, Ledgers::Sqlite) => STRIDE,
        (true, Ledgers::Postgres) => 3,
        (false, Ledgers::Sqlite) => 2,
        (false, Ledgers::Postgres) => 1,
    }
}

async fn everything(platform: Platform, ledgers: Ledgers) {
    let lives = lives(ledgers);
    let (mut killed, mut broken) = (0, Vec::new());
    for number in 0..lives {
        // Shown when something does not hold.
        let first = number * STRIDE / lives + 1;
        let name = format!("{platform:?} on {ledgers:?} killed first at {first}");
        println!("{name}");
        match AssertUnwindSafe(Box::pin(killed_from(platform, ledgers, first))).catch_unwind().await {
            Ok(kills) => killed += kills,
            Err(_) => broken.push(name),
        }
    }
    let told =
        format!("incidents, {platform:?} on {ledgers:?}: {killed} processes killed in {lives} incidents");
    // Not `println!`: the words of tests that pass are not shown.
    let _ = writeln!(std::io::stderr(), "{told}");
    assert!(broken.is_empty(), "of {lives} incidents, {} went wrong:\n{}", broken.len(), broken.join("\n"));
    assert!(killed > 3 * lives, "{told}");
}

/// An incident on which each process is killed a while after it took over. Gives how many were.
async fn killed_from(platform: Platform, ledgers: Ledgers, first: usize) -> usize {
    let estate = Estate::new(&[platform], ledgers).await;
    let (mut kills, mut until) = (0, first);
    for _ in 0..PROCESSES {
        let mut worker = start(&estate, Some(until));
        let (steps, held) = worker.follow().unwrap();
        if held {
            let is_response = steps.last().is_some_and(Told::is_response);
            let sent = if is_response { SENT[(first + kills) % SENT.len()] } else { Sent::Nothing };
            println!("  {} {} steps, at {:?}, {sent:?}", kills, steps.len(), steps.last());
            if sent != Sent::Nothing {
                send(&estate, &mut worker, sent);
            }
            worker.kill().unwrap();
            kills += 1;
            // Whoever takes over looks again at what is open, so a process that never gets further would go on for ever.
            until = STRIDE + LONGER * kills;
            estate.says_what_is_so().await;
            estate.host.clock.advance(LEASE);
            if !estate.is_finished().await {
                continue;
            }
            let incident = estate.incident().await.unwrap();
            estate.all_is_well(&incident).await;
            return kills;
        }
        assert!(worker.finish().unwrap(), "a process failed after {steps:?}");
        until -= steps.len().min(until);
        estate.says_what_is_so().await;
        if estate.is_finished().await {
            let incident = estate.incident().await.unwrap();
            estate.all_is_well(&incident).await;
            return kills;
        }
        Box::pin(estate.people_act()).await;
        estate.says_what_is_so().await;
        estate.host.clock.advance(20 * MINUTE);
    }
    panic!("it does not end: {:#?}", estate.incident().await);
}

impl Estate {
    async fn is_finished(&self) -> bool {
        self.incident().await.is_some_and(|incident| incident.finished_at.is_some())
    }

    /// The report is complete and true, or nothing has happened yet.
    async fn says_what_is_so(&self) {
        match self.incident().await {
            Some(incident) => drop(self.compare(&incident).await),
            None => assert!(self.sites.iter().all(|site| site.stage.is_inside() == site.has_guest())),
        }
    }
}

fn start(estate: &Estate, hold_at: Option<usize>) -> Worker {
    let order = Order { setup: estate.setup.clone(), job: Job::Respond(Estate::alarm()), hold_at };
    Worker::start_complaining(worker(), &order, &estate.complaints()).unwrap()
}

/// Its next request that changes something leaves, and the process dies before it learns what became of it.
fn send(estate: &Estate, worker: &mut Worker, sent: Sent) {
    let world = estate.sites[0].stage.world();
    let fault = match sent {
        Sent::Late => Fault::LateCommit { after: LEASE + Duration::from_secs(2) },
        _ => Fault::Slow(Duration::from_secs(600)),
    };
    world.inject(On::Writes, fault, 1);
    worker.go_on().unwrap();
    while !world.unfired().is_empty() {
        if worker.has_ended().unwrap() {
            // What is about to be done by hand sends nothing.
            return estate.sites[0].stage.withdraw_faults();
        }
        std::thread::yield_now();
    }
}

macro_rules! matrix {
    ($($name:ident: $platform:ident),+) => {
        mod sqlite {
            use super::*;
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
            async fn $name() {
                everything(Platform::$platform, Ledgers::Sqlite).await;
            })+
        }

        mod postgres {
            use super::*;
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
            async fn $name() {
                if Database::make().is_some() {
                    everything(Platform::$platform, Ledgers::Postgres).await;
                }
            })+
        }
    };
}

matrix!(bigcommerce: BigCommerce, prestashop: Prestashop, shopify: Shopify, wix: Wix);
