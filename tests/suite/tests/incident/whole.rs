//! An incident over stores of all platforms at once, with the rotators that they really have.

use std::fmt;
use std::sync::{Arc, Mutex};

use guestpass::grants::{Checkpoint, Durable, Moment};
use guestpass::incident::AccessReport;
use guestpass_suite::worker::steady;
use guestpass_testkit::postgres::Database;

use crate::estate::{Estate, Ledgers, PLATFORMS};
use crate::stores::Came;

/// Whoever uses the credentials, at every durable step, and who was still inside when the first rotation sent something.
pub(crate) struct Users {
    pub(crate) estate: Arc<Estate>,
    pub(crate) steps: Mutex<Vec<String>>,
}

impl fmt::Debug for Users {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Users")
    }
}

impl Checkpoint for Users {
    fn at(&self, step: Durable, moment: Moment) {
        let when = format!("{step:?} {moment:?}");
        self.estate.users_get_in(&when);
        self.steps.lock().unwrap().push(when);
    }
}

async fn whole(ledgers: Ledgers) {
    let estate = Arc::new(Estate::new(&PLATFORMS, ledgers).await);
    let users = Arc::new(Users { estate: estate.clone(), steps: Mutex::default() });
    let incident = estate.opened().await;
    let report = estate.compare(&incident).await;
    assert_eq!(report.totals.not_reached + report.totals.open, report.totals.stores);
    let watched = estate.host.clone().watched_by(users.clone());
    let responder = watched.responder();
    Box::pin(responder.continue_incident(incident.id, &steady(), &())).await.unwrap();
    let report = estate.compare(&incident).await;
    assert!(report.totals.credentials_dead > 0, "what needs nobody is done at once: {:#?}", report.totals);
    for store in &report.stores {
        let is_open = matches!(store.access, AccessReport::Open { .. });
        assert!(!is_open || !store.must_act.is_empty(), "whatever stays open says who must act: {store:#?}");
    }
    let finished = Box::pin(estate.until_finished()).await;
    estate.all_is_well(&finished).await;
    let report = estate.report(&finished).await;
    let came = estate.sites.iter().filter(|site| site.came != Came::Never).count();
    let concerned = estate.held.iter();
    let concerned =
        concerned.filter(|held| estate.sites[held.site].is_concerned(&held.what, &estate.sites)).count();
    let totals = report.totals;
    assert_eq!((totals.were_inside, totals.closed_proven), (came as u64, came as u64));
    let replaced = totals.credentials_dead + totals.credentials_dying;
    assert_eq!((totals.credentials, replaced), (concerned as u64, concerned as u64));
    assert!(users.steps.lock().unwrap().len() > 100);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn on_sqlite() {
    Box::pin(whole(Ledgers::Sqlite)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn on_postgres() {
    if Database::make().is_some() {
        Box::pin(whole(Ledgers::Postgres)).await;
    }
}
