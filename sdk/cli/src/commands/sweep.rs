//! `guestpass sweep`

use std::future::Future;
use std::pin::pin;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use guestpass::grants::{DueKey, Place, Settled, Standing, SweepOptions, SweepReport, Watcher};
use guestpass::rotation::{Driver, DriverOptions, RotationSweep};
use guestpass::{Error, OneTimeSecret, Timestamp, Wait};
use serde::Serialize;

use super::rotation_sweep::{self, RotationCounts};
use super::until;
use crate::args::{SecretArgs, SweepArgs};
use crate::exit::{Exit, Outcome};
use crate::handover::{Delivered, Handover};
use crate::interrupt;
use crate::output::{
    CredentialView, ErrorView, GrantView, Output, ProofView, RememberedView, Report, RotationView, Table,
    TroubleView, moment, notice,
};
use crate::session::Session;

/// One place that was worked on.
#[derive(Serialize)]
struct SettledView {
    store: String,
    platform: String,
    standing: &'static str,
    grants: Vec<GrantView>,
    /// Its open steps.
    steps: Vec<RememberedView>,
    troubles: Vec<TroubleView>,
    proof: Option<ProofView>,
    due_at: Option<Timestamp>,
    writes: u32,
    secret: Option<Delivered>,
}

#[derive(Serialize)]
struct SettledLine {
    settled: SettledView,
}

impl Report for SettledLine {
    fn to_text(&self) -> String {
        let place = &self.settled;
        let mut text: String = place.grants.iter().map(GrantView::to_text).collect();
        if place.grants.is_empty() {
            text.push_str(&format!("{}: {}\n", place.store, place.standing));
        }
        for trouble in &place.troubles {
            text.push_str(&trouble.to_text());
        }
        for step in &place.steps {
            text.push_str(&format!("  by hand:       {}\n", step.title()));
        }
        text.push_str(&place.secret.as_ref().map(Delivered::to_text).unwrap_or_default());
        text
    }
}

/// One place that could not be worked on at all.
#[derive(Serialize)]
struct FailedLine {
    failed: FailedView,
}

#[derive(Serialize)]
struct FailedView {
    store: String,
    platform: String,
    error: ErrorView,
}

impl Report for FailedLine {
    fn to_text(&self) -> String {
        format!("{}: {}; next: {}\n", self.failed.store, self.failed.error.message, self.failed.error.next)
    }
}

#[derive(Serialize)]
struct End {
    summary: Summary,
}

#[derive(Serialize)]
struct Summary {
    reached: u64,
    awaiting: u64,
    unfinished: u64,
    busy: u64,
    failed: u64,
    more: bool,
    rotations: RotationCounts,
}

impl Summary {
    fn new(report: &SweepReport, rotations: RotationSweep) -> Self {
        Self {
            reached: report.reached,
            awaiting: report.awaiting,
            unfinished: report.unfinished,
            busy: report.busy,
            failed: report.failed,
            more: report.more,
            rotations: rotations.into(),
        }
    }
}

impl Report for End {
    fn to_text(&self) -> String {
        let Summary { reached, awaiting, unfinished, busy, failed, more, rotations } = &self.summary;
        let more = if *more { "; more is due: sweep again" } else { "" };
        format!(
            "{reached} as they should be, {awaiting} waiting for people, {unfinished} to be tried again, {busy} busy, {failed} failed{more}{}",
            rotations.to_text()
        )
    }
}

/// What is due. Nothing was sent to find out.
#[derive(Serialize)]
struct Due {
    dry_run: bool,
    command: &'static str,
    due: Vec<DueView>,
    /// Rotations that would be gone on with.
    rotations: Vec<RotationView>,
    /// Credentials whose rotation would be begun or announced.
    rotations_due: Vec<CredentialView>,
}

#[derive(Serialize)]
struct DueView {
    platform: String,
    key: String,
    places: u32,
    removals: u32,
    since: Timestamp,
}

impl From<&DueKey> for DueView {
    fn from(due: &DueKey) -> Self {
        Self {
            platform: due.key.platform.to_string(),
            key: due.key.contention.to_string(),
            places: due.places,
            removals: due.removals,
            since: due.since,
        }
    }
}

impl Report for Due {
    fn to_text(&self) -> String {
        let mut table = Table::new(["platform", "account or store", "places", "removals", "since"]);
        for due in &self.due {
            let (places, removals) = (due.places.to_string(), due.removals.to_string());
            table.row([due.platform.clone(), due.key.clone(), places, removals, moment(due.since)]);
        }
        let mut text = format!("sweep would look after this; nothing was sent\n{table}");
        for rotation in &self.rotations {
            text.push_str(&rotation.to_text());
        }
        for credential in &self.rotations_due {
            text.push_str(&credential.to_text());
        }
        text
    }
}

/// Ends what is due, once or again and again.
pub(crate) async fn run(args: &SweepArgs, session: &Session, out: &mut Output) -> Outcome {
    let every = args.every.as_deref().map(|every| until::length("--every", every)).transpose()?;
    if args.plan.dry_run {
        let due = session.ledger().await?.due_keys(session.clock().now(), args.max).await?;
        let due = due.iter().map(DueView::from).collect();
        let (rotations, rotations_due) = rotation_sweep::due(session).await?;
        out.show(&Due { dry_run: true, command: "sweep", due, rotations, rotations_due })?;
        return Ok(Exit::Done);
    }
    let mut options = SweepOptions::default();
    options.keys = args.max;
    options.timeout = session.timeout();
    let engine = session.engine().await?;
    let driver = session.driver().await?;
    // Drains and ends that take their time are for the next pass.
    let driving = session.driver_options(Duration::ZERO);
    let teller = Teller { out: Mutex::new(&mut *out), session };
    let Some(pause) = every else {
        let look_with = || "guestpass sweep".to_owned();
        let pass = async {
            let grants = engine.sweep(&options, &teller).await?;
            Ok((grants, driver.sweep(&driving, &teller).await?))
        };
        let (grants, rotations) = interrupt::finish(Box::pin(pass), look_with).await?;
        out.show(&End { summary: Summary::new(&grants, rotations) })?;
        return Ok(judge(&grants, &rotations));
    };
    interrupt::until_stopped(|stop| async {
        let stop = stop.shared();
        let grants = engine.sweep_every(pause, &options, &teller, stop.clone());
        let rotations = rotate_every(pause, &driver, &driving, &teller, session, stop);
        tokio::join!(Box::pin(grants), Box::pin(rotations));
    })
    .await?;
    Ok(Exit::Done)
}

/// Passes over the rotations again and again, with this pause between them, until `stop` is ready.
async fn rotate_every(
    pause: Duration,
    driver: &Driver,
    options: &DriverOptions,
    teller: &Teller<'_>,
    session: &Session,
    stop: impl Future<Output = ()>,
) {
    let mut stop = pin!(stop);
    loop {
        if let Err(error) = Box::pin(driver.sweep(options, teller)).await {
            tracing::warn!(%error, "a pass over the rotations was not possible");
        }
        tokio::select! {
            () = &mut stop => return,
            () = session.clock().sleep(pause, Wait::Backoff) => {}
        }
    }
}

fn judge(grants: &SweepReport, rotations: &RotationSweep) -> Exit {
    let unfinished = grants.unfinished + rotations.unfinished;
    let open = unfinished + grants.failed + rotations.failed;
    let done = grants.reached + grants.awaiting + rotations.done + rotations.waiting;
    match (open, done) {
        (0, _) => Exit::Done,
        (_, 0) if unfinished == 0 => Exit::Failed,
        _ => Exit::Partly,
    }
}

/// Tells of each place and each rotation as it comes.
pub(super) struct Teller<'a> {
    out: Mutex<&'a mut Output>,
    session: &'a Session,
}

impl Teller<'_> {
    pub(super) fn session(&self) -> &Session {
        self.session
    }

    pub(super) fn show(&self, report: &impl Report) {
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        // That nobody reads it must not keep anybody inside.
        if let Err(error) = out.show(report) {
            tracing::warn!(%error, "the result could not be written");
        }
    }

    /// A secret without a sink goes into a file of the state folder: nobody else has it.
    pub(super) fn keep(&self, secret: Option<&OneTimeSecret>) -> Option<Delivered> {
        let secret = secret?;
        let place = Handover::prepare(&SecretArgs::default(), self.session.state());
        match place.and_then(|place| place.finish(Some(secret))) {
            Ok(delivered) => delivered,
            Err(error) => {
                notice(&error.to_string());
                None
            }
        }
    }
}

impl Watcher for Teller<'_> {
    fn settled(&self, settled: &Settled) {
        if settled.standing == Standing::Busy {
            return;
        }
        let settled = SettledView {
            store: settled.place.store.to_string(),
            platform: settled.place.platform.to_string(),
            standing: settled.standing.as_str(),
            grants: settled.grants.iter().map(GrantView::from).collect(),
            steps: settled.steps.iter().map(RememberedView::from).collect(),
            troubles: settled.troubles.iter().map(TroubleView::from).collect(),
            proof: settled.proof.as_ref().map(ProofView::from),
            due_at: settled.due_at,
            writes: settled.writes,
            secret: self.keep(settled.secret.as_ref()),
        };
        self.show(&SettledLine { settled });
    }

    fn failed(&self, place: &Place, error: &Error) {
        let failed = FailedView {
            store: place.store.to_string(),
            platform: place.platform.to_string(),
            error: ErrorView::from(error),
        };
        self.show(&FailedLine { failed });
    }
}
