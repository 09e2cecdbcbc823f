//! `guestpass sweep`

use std::future::Future;
use std::pin::pin;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use guestpass::grants::{
    Drifted, DueKey, Grant, Place, Settled, Standing, SweepOptions, SweepReport, Watcher,
};
use guestpass::review::Reading;
use guestpass::rotation::RotationSweep;
use guestpass::{Error, OneTimeSecret, Result, Timestamp, Wait};
use serde::Serialize;

use super::rotation_sweep::{self, RotationCounts};
use super::sweep_looks::{self, DriftCounts, DriftLine, ReviewDueLine};
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
    reviews_due: u64,
    drift: DriftCounts,
}

impl Summary {
    fn new(report: &SweepReport, rotations: RotationSweep, reviews_due: u64) -> Self {
        Self {
            reached: report.reached,
            awaiting: report.awaiting,
            unfinished: report.unfinished,
            busy: report.busy,
            failed: report.failed,
            more: report.more,
            rotations: rotations.into(),
            reviews_due,
            drift: report.into(),
        }
    }
}

impl Report for End {
    fn to_text(&self) -> String {
        let Summary { reached, awaiting, unfinished, busy, failed, more, rotations, reviews_due, drift } =
            &self.summary;
        let more = if *more { "; more is due: sweep again" } else { "" };
        format!(
            "{reached} as they should be, {awaiting} waiting for people, {unfinished} to be tried again, {busy} busy, {failed} failed{more}{}{}{}",
            rotations.to_text(),
            sweep_looks::overdue(*reviews_due),
            drift.to_text(),
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
    /// Grants whose review would be announced.
    reviews_due: Vec<GrantView>,
    /// Stores that would be looked at for drift.
    to_look_at: usize,
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
        text.push_str(&self.reviews_due.iter().map(sweep_looks::review_due).collect::<String>());
        text.push_str(&sweep_looks::to_look_at(self.to_look_at));
        text
    }
}

/// Ends what is due, once or again and again.
pub(crate) async fn run(args: &SweepArgs, session: &Session, out: &mut Output) -> Outcome {
    let every = args.every.as_deref().map(|every| until::length("--every", every)).transpose()?;
    if args.plan.dry_run {
        out.show(&due(args, session).await?)?;
        return Ok(Exit::Done);
    }
    let options = options(args, session);
    let engine = session.engine().await?;
    let driver = session.driver().await?;
    // Drains and ends that take their time are for the next pass.
    let driving = session.driver_options(Duration::ZERO);
    let teller = Teller { out: Mutex::new(&mut *out), session };
    let Some(pause) = every else {
        let look_with = || "guestpass sweep".to_owned();
        let pass = async {
            // What is to end comes first, and looks after everything that is due.
            let mut due = options.clone();
            due.drift_every = None;
            let mut grants = engine.sweep(&due, &teller).await?;
            let rotations = driver.sweep(&driving, &teller).await?;
            let reviews_due = engine.announce_reviews(|grant| teller.review_due(grant)).await?;
            grants.add(engine.look_for_drift(&options, &teller).await?);
            Ok((grants, rotations, reviews_due))
        };
        let (grants, rotations, reviews_due) = interrupt::finish(Box::pin(pass), look_with).await?;
        out.show(&End { summary: Summary::new(&grants, rotations, reviews_due) })?;
        return Ok(judge(&grants, &rotations));
    };
    interrupt::until_stopped(|stop| async {
        let stop = stop.shared();
        let grants = engine.sweep_every(pause, &options, &teller, stop.clone());
        let rotations = again_and_again(pause, session, stop.clone(), async || {
            if let Err(error) = Box::pin(driver.sweep(&driving, &teller)).await {
                tracing::warn!(%error, "a pass over the rotations was not possible");
            }
        });
        let reviews = again_and_again(pause, session, stop, async || {
            if let Err(error) = Box::pin(engine.announce_reviews(|grant| teller.review_due(grant))).await {
                tracing::warn!(%error, "overdue reviews could not be announced");
            }
        });
        tokio::join!(Box::pin(grants), Box::pin(rotations), Box::pin(reviews));
    })
    .await?;
    Ok(Exit::Done)
}

fn options(args: &SweepArgs, session: &Session) -> SweepOptions {
    let looking = &session.config().review;
    let mut options = SweepOptions::default();
    options.keys = args.max;
    options.timeout = session.timeout();
    options.drift_every = looking.drift_every.filter(|_| !args.no_drift);
    options.drift_rules = looking.rules.clone();
    options
}

/// What a pass would look after. Nothing is sent to find out, and no ledger is made.
async fn due(args: &SweepArgs, session: &Session) -> Result<Due> {
    let engine = session.planning_engine().await?;
    let due = engine.ledger().due_keys(session.clock().now(), args.max).await?;
    let (rotations, rotations_due) = rotation_sweep::due(session).await?;
    let looks = options(args, session).drift_every.is_some();
    Ok(Due {
        dry_run: true,
        command: "sweep",
        due: due.iter().map(DueView::from).collect(),
        rotations,
        rotations_due,
        reviews_due: sweep_looks::not_announced(&engine).await?,
        to_look_at: if looks { engine.stores_to_look_at().await?.len() } else { 0 },
    })
}

/// Does something for ever, with this pause in between, until `stop` is ready.
async fn again_and_again(
    pause: Duration,
    session: &Session,
    stop: impl Future<Output = ()>,
    what: impl AsyncFn(),
) {
    let mut stop = pin!(stop);
    loop {
        what().await;
        tokio::select! {
            () = &mut stop => return,
            () = session.clock().sleep(pause, Wait::Backoff) => {}
        }
    }
}

/// A store that could not be looked at for drift is no failure of what was due: it is told, and looked at again.
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

    fn review_due(&self, grant: &Grant) {
        self.show(&ReviewDueLine { review_due: grant.into() });
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

    fn drifted(&self, drifted: &Drifted) {
        let failed = matches!(drifted.reading, Reading::Failed { .. });
        if failed || !drifted.appeared.is_empty() || !drifted.gone.is_empty() {
            self.show(&DriftLine::from(drifted));
        }
    }
}
