//! `guestpass rotate`

mod asked;
mod plan;
mod result;
mod work;

use std::time::Duration;

use guestpass::rotation::{Rotation, RotationId, RotationQuery};
use guestpass::{Error, ErrorKind};
use tokio::sync::mpsc::unbounded_channel;

use super::rotations::{matching, stored};
use crate::args::RotateArgs;
use crate::exit::{Exit, Outcome};
use crate::handover::Handover;
use crate::output::{Output, RotationView};
use crate::session::Session;
use asked::{handed, request};
use plan::{PlanView, WouldGoOn};
pub(super) use result::{Rotated, judge};
use work::Work;

/// What a command waits for by itself: a new credential that shows, an end that comes a moment later.
const A_MOMENT: Duration = Duration::from_secs(15);
/// What it waits for with `--wait`.
const A_DAY: Duration = Duration::from_secs(24 * 3600);

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

/// The same error; where it is the downtime that nobody has agreed to, with the words that agree.
fn allowed_how(error: Error, is_allowed: bool) -> Error {
    if is_allowed || error.kind() != ErrorKind::PermissionDenied {
        return error;
    }
    let remedy = format!("{}: add --allow-downtime", error.remedy());
    error.with_remedy(remedy)
}

fn under_way(open: &Rotation) -> Error {
    let message = format!("a rotation of {}/{} is under way: {}", open.store, open.credential, open.id);
    Error::new(ErrorKind::Conflict, message).with_remedy(format!(
        "go on with `guestpass rotate --resume {0}`, or give it up with `guestpass rotate --abort {0}`",
        open.id
    ))
}
