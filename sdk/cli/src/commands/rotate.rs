//! `guestpass rotate`

use std::io::{IsTerminal, Read};
use std::path::Path;
use std::time::Duration;

use guestpass::rotation::{
    Advanced, CredentialName, CredentialSlot, Driver, Rotation, RotationId, RotationPlan, RotationQuery,
    RotationRequest, Stage, WaitsFor,
};
use guestpass::{
    Error, ErrorKind, ExposeSecret, OneTimeSecret, Result, SecretString, StoreHandle, Timestamp,
};
use serde::Serialize;
use std::future::Future;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::credentials::sinks;
use super::rotations::{matching, stored};
use super::until;
use crate::args::RotateArgs;
use crate::config::unknown;
use crate::exit::{Exit, Failure, Outcome};
use crate::handover::{Delivered, Handover};
use crate::interrupt;
use crate::output::{KindView, Output, Report, RotationView, SinkView, happened, moment, notice};
use crate::secrets::SecretReference;
use crate::session::Session;

/// What a command waits for by itself: a new credential that shows, an end that comes a moment later.
const A_MOMENT: Duration = Duration::from_secs(15);
/// What it waits for with `--wait`.
const A_DAY: Duration = Duration::from_secs(24 * 3600);
const LARGEST_SECRET: u64 = 64 * 1024;

/// How far a rotation was taken.
#[derive(Serialize)]
pub(super) struct Rotated {
    rotation: RotationView,
    /// The stages it went through just now.
    steps: Vec<Reached>,
    warnings: Vec<String>,
    /// Where a new secret is that no sink has taken.
    unsaved: Option<Delivered>,
}

/// A stage, and when it was written down.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Reached {
    stage: Stage,
    at: Timestamp,
}

impl Rotated {
    /// One that nobody has worked on just now.
    fn untouched(rotation: &Rotation) -> Self {
        let rotation = RotationView::from(rotation);
        Self { rotation, steps: Vec::new(), warnings: Vec::new(), unsaved: None }
    }

    pub(super) fn new(advanced: &Advanced, steps: Vec<Reached>, unsaved: Option<Delivered>) -> Self {
        let rotation = RotationView::from(&advanced.rotation);
        Self { rotation, steps, warnings: advanced.warnings.clone(), unsaved }
    }
}

impl Report for Rotated {
    fn to_text(&self) -> String {
        let mut text = self.rotation.to_text();
        for warning in &self.warnings {
            text.push_str(&format!("  warning:       {warning}\n"));
        }
        let resume = format!("guestpass rotate --resume {} --new", self.rotation.id);
        match &self.unsaved {
            Some(Delivered::File(path)) => text.push_str(&format!(
                "\nNo sink has taken the new secret. It is in {0}\nOnce the sinks work: {resume} file:{0}\nThen delete that file.\n",
                path.display()
            )),
            Some(Delivered::Value(secret)) => text.push_str(&format!(
                "\nNo sink has taken the new secret: {secret}\nOnce the sinks work: {resume} -\n"
            )),
            None => {}
        }
        text
    }
}

/// What a rotation would do. Nothing was sent to find out.
#[derive(Serialize)]
struct PlanView {
    dry_run: bool,
    command: &'static str,
    store: String,
    platform: String,
    subject: String,
    kind: KindView,
    steps: Vec<String>,
    requests: u32,
    sinks: Vec<SinkView>,
    dependents: Vec<String>,
    warnings: Vec<String>,
}

impl PlanView {
    fn new(plan: &RotationPlan, session: &Session) -> Self {
        Self {
            dry_run: true,
            command: "rotate",
            store: plan.store.to_string(),
            platform: plan.platform.to_string(),
            subject: plan.credential.to_string(),
            kind: KindView::from(&plan.info),
            steps: plan.steps.clone(),
            requests: plan.requests,
            sinks: sinks(&plan.sinks, session),
            dependents: plan.dependents.iter().map(ToString::to_string).collect(),
            warnings: plan.warnings.clone(),
        }
    }
}

impl Report for PlanView {
    fn to_text(&self) -> String {
        let mut text = format!("rotate {} {} would do this; nothing was sent\n", self.store, self.subject);
        for (number, step) in (1..).zip(&self.steps) {
            text.push_str(&format!("  {number}. {step}\n"));
        }
        let places: Vec<_> = self.sinks.iter().map(SinkView::to_text).collect();
        text.push_str(&format!("  it goes to:    {}\n", places.join(", ")));
        text.push_str(&format!("  depend on it:  {}\n", self.dependents.join(", ")));
        for warning in &self.warnings {
            text.push_str(&format!("  warning:       {warning}\n"));
        }
        format!("{text}about {} request(s)\n", self.requests)
    }
}

/// One that would be gone on with. Nothing was sent.
#[derive(Serialize)]
struct WouldGoOn {
    dry_run: bool,
    command: &'static str,
    rotation: RotationView,
}

impl Report for WouldGoOn {
    fn to_text(&self) -> String {
        format!("this would be gone on with; nothing was sent\n{}", self.rotation.to_text())
    }
}

/// Begins a rotation, goes on with one, or gives one up.
pub(crate) async fn run(args: &RotateArgs, session: &Session, out: &mut Output) -> Outcome {
    match args.resume.or(args.abort) {
        Some(id) => go_on(id, args, session, out).await,
        None => begin(args, session, out).await,
    }
}

async fn begin(args: &RotateArgs, session: &Session, out: &mut Output) -> Outcome {
    let request = request(args, session)?;
    let store = request.store.clone();
    if args.plan.dry_run {
        let plan = session.planning_driver().await?.plan(&request).await?;
        let mut view = PlanView::new(&plan, session);
        if plan.info.is_in_place() && !args.allow_downtime {
            view.warnings.push("without --allow-downtime it is refused".to_owned());
        }
        out.show(&view)?;
        return Ok(Exit::Done);
    }
    let open = matching(&RotationQuery::of(&store, &request.credential).only_open(), session).await?;
    if let Some(open) = open.first() {
        return Err(under_way(open).into());
    }
    session.read_secrets(store.as_str()).await?;
    let (tell, told) = unbounded_channel();
    let driver = session.telling_driver(tell).await?;
    // The place for a secret that no sink takes is made before anything is written or sent.
    let handover = Handover::prepare(&args.secret, session.state())?;
    let rotation = match driver.begin(request).await {
        Ok(rotation) => rotation,
        Err(error) => {
            handover.finish(None)?;
            return Err(allowed_how(error, args.allow_downtime).into());
        }
    };
    let options = session.driver_options(patience(args));
    let work = driver.advance(rotation.id, None, &options);
    Work { rotation, handover, told, is_abort: false, stays: args.wait }
        .show(work, &driver, session, out)
        .await
}

async fn go_on(id: RotationId, args: &RotateArgs, session: &Session, out: &mut Output) -> Outcome {
    let rotation = stored(id, session).await?;
    if args.plan.dry_run {
        let rotation = RotationView::from(&rotation);
        out.show(&WouldGoOn { dry_run: true, command: "rotate", rotation })?;
        return Ok(Exit::Done);
    }
    let handed = match &args.new {
        Some(place) => Some(handed(place, session).await?),
        None => None,
    };
    session.read_secrets_if_known(rotation.store.as_str()).await?;
    let (tell, told) = unbounded_channel();
    let driver = session.telling_driver(tell).await?;
    let by = args.by.principal();
    if !args.allow_loss.is_empty() {
        driver.allow_loss(id, &args.allow_loss, by.clone()).await?;
    }
    let handover = Handover::prepare(&args.secret, session.state())?;
    let options = session.driver_options(patience(args));
    let is_abort = args.abort.is_some();
    let work = Work { rotation, handover, told, is_abort, stays: args.wait };
    if is_abort {
        let abort = driver.abort(id, by, args.reason.clone(), &options);
        return work.show(abort, &driver, session, out).await;
    }
    work.show(driver.advance(id, handed, &options), &driver, session, out).await
}

fn patience(args: &RotateArgs) -> Duration {
    if args.wait { A_DAY } else { A_MOMENT }
}

/// What is under way, and where its result goes.
struct Work {
    rotation: Rotation,
    handover: Handover,
    told: UnboundedReceiver<Rotation>,
    is_abort: bool,
    /// Whether it waits here until it is over.
    stays: bool,
}

impl Work {
    /// Shows each step as it is written down, and at the end where it stands.
    async fn show(
        self,
        work: impl Future<Output = Result<Advanced>>,
        driver: &Driver,
        session: &Session,
        out: &mut Output,
    ) -> Outcome {
        let Self { rotation, handover, mut told, is_abort, stays } = self;
        let id = rotation.id;
        let mut shown = Shown { last: rotation.stage, steps: Vec::new(), tells_drain: stays };
        let look_with = || format!("guestpass rotations {id}");
        let advanced = {
            let work = async {
                let mut work = Box::pin(work);
                loop {
                    tokio::select! {
                        biased;
                        Some(rotation) = told.recv() => shown.step(&rotation, session, out),
                        done = &mut work => break done,
                    }
                }
            };
            interrupt::finish(Box::pin(work), look_with).await
        };
        while let Ok(rotation) = told.try_recv() {
            shown.step(&rotation, session, out);
        }
        let advanced = match advanced {
            Ok(advanced) => advanced,
            Err(failure) => {
                handover.finish(None)?;
                // The record stands, so it is shown all the same.
                let rotation = driver.ledger().rotation(id).await?.unwrap_or(rotation);
                if !out.is_json() {
                    out.show(&Rotated::untouched(&rotation))?;
                }
                return Err(match failure {
                    Failure::Error(error) if error.is_stale() => busy(&error, id).into(),
                    Failure::Error(error) => named_in(error, &rotation).into(),
                    failure @ Failure::Output(_) => failure,
                });
            }
        };
        let (unsaved, lost) = match handover.finish(advanced.unsaved.as_ref()) {
            Ok(unsaved) => (unsaved, None),
            Err(error) => (None, Some(error)),
        };
        out.show(&Rotated::new(&advanced, shown.steps, unsaved))?;
        lost.map_or_else(|| Ok(judge(&advanced, is_abort)), |error| Err(error.into()))
    }
}

/// What was shown of a rotation.
struct Shown {
    last: Stage,
    steps: Vec<Reached>,
    /// Whether the drain is still to be told of, because it is waited for here.
    tells_drain: bool,
}

impl Shown {
    fn step(&mut self, rotation: &Rotation, session: &Session, out: &mut Output) {
        if rotation.stage != self.last {
            self.last = rotation.stage;
            self.steps.push(Reached { stage: rotation.stage, at: session.clock().now() });
            let happened = happened(rotation.stage, rotation.untried.is_none());
            line(rotation.stage.as_str(), happened, out);
        }
        let now = session.clock().now();
        if let Some(until) = rotation.drain_until.filter(|until| self.tells_drain && *until > now) {
            self.tells_drain = false;
            let waits = format!("until {}, so that its users take the new one", moment(until));
            line("waiting", &waits, out);
        }
    }
}

/// A line for people about what has happened.
fn line(label: &str, text: &str, out: &mut Output) {
    if !out.is_json()
        && let Err(error) = out.text(&format!("{label:<10} {text}"))
    {
        // That nobody reads it must not stop the work in the middle.
        tracing::warn!(%error, "a step could not be shown");
    }
}

/// How it ended.
pub(super) fn judge(advanced: &Advanced, is_abort: bool) -> Exit {
    let rotation = &advanced.rotation;
    let needs_consent = rotation.trouble.as_ref().is_some_and(|trouble| !trouble.lost_rights.is_empty());
    let is_lost = rotation.trouble.as_ref().is_some_and(|it| it.kind == ErrorKind::OutcomeUnknown.as_str());
    match (&rotation.waits_for, rotation.stage) {
        (_, Stage::Done) => Exit::Done,
        (_, Stage::Aborted) if is_abort => Exit::Done,
        (_, Stage::Aborted) => Exit::Failed,
        (Some(WaitsFor::Person { .. }), _) => Exit::HumanMustAct,
        _ if needs_consent => Exit::HumanMustAct,
        _ if advanced.unsaved.is_some() => Exit::Partly,
        _ if is_lost => Exit::Unknown,
        (Some(WaitsFor::Time { .. }), Stage::Promoted | Stage::Retiring) if rotation.trouble.is_none() => {
            Exit::Done
        }
        (_, Stage::Issuing) => Exit::Unknown,
        _ => Exit::Partly,
    }
}

/// The same error, with the words that go on with the rotation once it is mended.
fn named_in(error: Error, rotation: &Rotation) -> Error {
    if rotation.stage.is_over() {
        return error;
    }
    let remedy = format!("{}; then go on with `guestpass rotate --resume {}`", error.remedy(), rotation.id);
    error.with_remedy(remedy)
}

/// The same error; where it is the downtime that nobody has agreed to, with the words that agree.
fn allowed_how(error: Error, is_allowed: bool) -> Error {
    if is_allowed || error.kind() != ErrorKind::PermissionDenied {
        return error;
    }
    let remedy = format!("{}: add --allow-downtime", error.remedy());
    error.with_remedy(remedy)
}

fn busy(error: &Error, id: RotationId) -> Error {
    Error::new(ErrorKind::OutcomeUnknown, format!("{}; nothing was done now", error.message()))
        .with_remedy(format!("see how far it is with `guestpass rotations {id}`, and resume it later"))
}

fn under_way(open: &Rotation) -> Error {
    let message = format!("a rotation of {}/{} is under way: {}", open.store, open.credential, open.id);
    Error::new(ErrorKind::Conflict, message).with_remedy(format!(
        "go on with `guestpass rotate --resume {0}`, or give it up with `guestpass rotate --abort {0}`",
        open.id
    ))
}

/// What is asked for, checked against the configuration.
fn request(args: &RotateArgs, session: &Session) -> Result<RotationRequest> {
    let store = args.store.as_deref().unwrap_or_default();
    let credential = named(store, args.credential.as_deref().unwrap_or_default(), session)?;
    for sink in &args.sinks {
        session.config().check_keeps(sink, &format!("{store}/{credential}"))?;
    }
    let mut request = RotationRequest::new(StoreHandle::new(store)?, credential, args.by.principal());
    request.reason.clone_from(&args.reason);
    request.ticket.clone_from(&args.ticket);
    request.sinks.clone_from(&args.sinks);
    request.drain = args.drain.as_deref().map(|drain| until::length("--drain", drain)).transpose()?;
    request.lifetime = args.lifetime.as_deref().map(|it| until::length("--lifetime", it)).transpose()?;
    request.may_lose.clone_from(&args.allow_loss);
    request.allow_downtime = args.allow_downtime;
    Ok(request)
}

/// The credential of this name, or the only one of this kind.
fn named(store: &str, text: &str, session: &Session) -> Result<CredentialName> {
    let entry = session.config().store(store)?;
    let slots = &entry.credentials;
    if let Some(slot) = slots.iter().find(|slot| slot.name.as_str() == text) {
        return Ok(slot.name.clone());
    }
    let of_kind: Vec<&CredentialSlot> = slots.iter().filter(|slot| slot.kind.as_str() == text).collect();
    match of_kind.as_slice() {
        [one] => Ok(one.name.clone()),
        [] => {
            let known = slots.iter().map(|slot| slot.name.as_str());
            let remedy = format!(
                "add [stores.{store}.credentials.NAME] to the configuration; `guestpass credentials {store} --kinds` shows the kinds"
            );
            Err(unknown("credential", text, known, &remedy))
        }
        several => {
            let names: Vec<_> = several.iter().map(|slot| slot.name.as_str()).collect();
            let message = format!("{store} has several credentials of the kind {text}");
            Err(Error::new(ErrorKind::InvalidRequest, message)
                .with_remedy(format!("name one of them: {}", names.join(", "))))
        }
    }
}

/// The secret that `--new` names. Never from the command line itself.
async fn handed(place: &str, session: &Session) -> Result<OneTimeSecret> {
    const OPTION: &str = "--new";
    if place == "-" {
        return from_standard_input();
    }
    let Some(reference) = SecretReference::parse(OPTION, place, Path::new(".")) else {
        return Err(Error::invalid(
            OPTION,
            "is a secret itself, or no place of one; others can read a command line",
            "write - for standard input, env:NAME, file:PATH or cmd:PROGRAM",
        ));
    };
    let secret = reference?.source(OPTION, session.shared_clock()).current().await?;
    Ok(OneTimeSecret::new(SecretString::from(secret.expose_secret())))
}

fn from_standard_input() -> Result<OneTimeSecret> {
    let input = std::io::stdin();
    if input.is_terminal() {
        notice("paste the new secret, then Enter and Ctrl-D; whoever looks over your shoulder sees it");
    }
    let mut text = String::new();
    let read = input.take(LARGEST_SECRET + 1).read_to_string(&mut text);
    let fault = |problem: &str| Error::invalid("--new", problem, "put only the new secret there");
    // The error of the reader would not hold the bytes; it is left out all the same.
    read.map_err(|_| fault("is no text"))?;
    if text.len() as u64 > LARGEST_SECRET {
        return Err(fault("holds more than any credential has"));
    }
    let secret = text.trim_end_matches(['\r', '\n']);
    if secret.is_empty() {
        return Err(fault("holds nothing"));
    }
    Ok(OneTimeSecret::new(SecretString::from(secret)))
}
