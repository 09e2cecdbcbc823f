//! `guestpass steps`

use guestpass::grants::{Engine, GrantQuery, Ledger, Phase, Step, StepId, StepQuery};
use guestpass::rotation::Rotation;
use guestpass::{Error, ErrorKind, Operation, Result, StoreHandle};
use serde::Serialize;

use super::grants::handle;
use super::plan::PlanReport;
use super::rotation_steps::{self, RotationStepView, Word};
use crate::args::{StepCommand, StepsArgs, Which};
use crate::exit::{Exit, Outcome};
use crate::interrupt;
use crate::output::{GrantView, Output, RememberedView, Report, Table};
use crate::session::Session;

const PAGE: u32 = 100;

/// One line of the machine form.
#[derive(Serialize)]
struct Line<'a> {
    step: &'a RememberedView,
}

/// The same for a step of a rotation.
#[derive(Serialize)]
struct RotationLine<'a> {
    rotation_step: &'a RotationStepView,
}

#[derive(Serialize)]
struct End {
    summary: Summary,
}

#[derive(Serialize)]
struct Summary {
    steps: usize,
    open: usize,
}

/// One step, and where it has brought the grants of its person.
#[derive(Serialize)]
struct Whole {
    step: RememberedView,
    grants: Vec<GrantView>,
}

impl Report for Whole {
    fn to_text(&self) -> String {
        let mut text = self.step.to_text();
        for grant in &self.grants {
            text.push_str(&format!("\n{}", grant.to_text()));
        }
        text
    }
}

/// Shows what people must do by hand, or records that they did.
pub(crate) async fn run(args: &StepsArgs, session: &Session, out: &mut Output) -> Outcome {
    let id = match &args.what {
        None => return several(&args.which, session, out).await,
        Some(StepCommand::Show { id } | StepCommand::Done { id, .. } | StepCommand::Check { id, .. }) => id,
    };
    // One id is asked for in both lists: people copy it from one.
    if let Some(rotation) = rotation_steps::find(&id.to_string(), session).await? {
        return of_rotation(&args.what, &rotation, session, out).await;
    }
    match &args.what {
        None => Ok(Exit::Done),
        Some(StepCommand::Show { id }) => {
            let ledger = session.ledger().await?;
            let step = stored(*id, ledger.as_ref()).await?;
            out.show(&Whole { step: RememberedView::from(&step), grants: Vec::new() })?;
            Ok(Exit::Done)
        }
        Some(StepCommand::Done { id, note, by, plan }) => {
            check_note(note)?;
            let step = stored(*id, session.ledger().await?.as_ref()).await?;
            if plan.dry_run {
                let provider = session.connect(step.place.store.as_str())?;
                return PlanReport::empty("steps done", provider.as_ref(), step.person.to_string()).show(out);
            }
            let engine = session.engine().await?;
            let closed = engine.step_done(*id, &by.principal(), note).await?;
            show(&closed, &step, engine, out).await?;
            Ok(Exit::Done)
        }
        Some(StepCommand::Check { id, plan }) => {
            let step = stored(*id, session.ledger().await?.as_ref()).await?;
            if plan.dry_run {
                let provider = session.connect(step.place.store.as_str())?;
                let mut plan = PlanReport::empty("steps check", provider.as_ref(), step.person.to_string());
                plan.add("look", Operation::Observe, provider.as_ref());
                return plan.show(out);
            }
            check(&step, session, out).await
        }
    }
}

async fn of_rotation(
    what: &Option<StepCommand>,
    rotation: &Rotation,
    session: &Session,
    out: &mut Output,
) -> Outcome {
    match what {
        Some(StepCommand::Done { note, by, plan, .. }) if !plan.dry_run => {
            check_note(note)?;
            let word = Word { by: by.principal(), note };
            rotation_steps::close(rotation, Some(word), session, out).await
        }
        Some(StepCommand::Check { plan, .. }) if !plan.dry_run => {
            rotation_steps::close(rotation, None, session, out).await
        }
        _ => rotation_steps::show(rotation, out),
    }
}

fn check_note(note: &str) -> Result<()> {
    if note.trim().is_empty() {
        return Err(Error::invalid("--note", "is empty", "say how you know that it was done"));
    }
    Ok(())
}

async fn check(step: &Step, session: &Session, out: &mut Output) -> Outcome {
    let engine = session.engine().await?;
    let progress = session.progress(format!("looking at {}", step.place.store));
    let cx = session.call();
    let look_with = || format!("guestpass steps show {}", step.id);
    let looked = interrupt::finish(engine.step_check(step.id, &cx), look_with).await?;
    drop(progress);
    show(&looked, step, engine, out).await?;
    Ok(if looked.closed.is_some() { Exit::Done } else { Exit::HumanMustAct })
}

/// Shows a step, and the grants that are not over or that have ended by it.
async fn show(
    step: &Step,
    before: &Step,
    engine: &Engine,
    out: &mut Output,
) -> Result<(), crate::exit::Failure> {
    let mut query = GrantQuery::new();
    query.store = Some(before.place.store.clone());
    query.subject = Some(before.place.subject.clone());
    let mut grants = Vec::new();
    let mut after = None;
    loop {
        let page = engine.ledger().grants(&query, after, PAGE).await?;
        let ended_by_it = |grant: &guestpass::grants::Grant| {
            let proof = grant.end.as_ref().and_then(|end| end.proof.as_ref());
            grant.phase == Phase::Ended && proof.is_some_and(|proof| proof.at() >= before.opened_at)
        };
        let shown = page.iter().filter(|grant| !grant.phase.is_over() || ended_by_it(grant));
        grants.extend(shown.map(GrantView::from));
        after = page.last().map(|grant| grant.id);
        if page.len() < PAGE as usize {
            break;
        }
    }
    out.show(&Whole { step: RememberedView::from(step), grants })?;
    Ok(())
}

async fn several(which: &Which, session: &Session, out: &mut Output) -> Outcome {
    let ledger = session.ledger().await?;
    let mut query = StepQuery::new();
    query.store = which.store.as_deref().map(StoreHandle::new).transpose()?;
    query.person = which.person.as_deref().map(|text| handle(text, session)).transpose()?;
    query.open = !which.all;
    let mut table = Table::new(RememberedView::HEADING);
    let mut summary = Summary { steps: 0, open: 0 };
    let mut after = None;
    loop {
        let page = ledger.steps(&query, after, PAGE).await?;
        for step in page.iter().map(RememberedView::from) {
            summary.steps += 1;
            summary.open += usize::from(step.is_open());
            if out.is_json() {
                out.document(&Line { step: &step })?;
            } else {
                table.row(step.row());
            }
        }
        after = page.last().map(|step| step.id);
        if page.len() < PAGE as usize {
            break;
        }
    }
    let of_rotations = match &query.person {
        Some(_) => Vec::new(),
        None => rotation_steps::open(query.store.as_ref(), session).await?,
    };
    for step in &of_rotations {
        summary.steps += 1;
        summary.open += 1;
        if out.is_json() {
            out.document(&RotationLine { rotation_step: step })?;
        } else {
            table.row(step.row());
        }
    }
    if out.is_json() {
        out.document(&End { summary })?;
    } else {
        out.text(&format!("{table}{} step(s); `guestpass steps show ID` says what to do", summary.steps))?;
    }
    Ok(Exit::Done)
}

async fn stored(id: StepId, ledger: &dyn Ledger) -> Result<Step> {
    ledger.step(id).await?.ok_or_else(|| {
        Error::new(ErrorKind::NotFound, format!("there is no step {id}"))
            .with_remedy("copy the id from `guestpass steps --all`")
    })
}
