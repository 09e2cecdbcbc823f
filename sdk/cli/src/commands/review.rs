//! `guestpass review`

mod decide;
mod kept;
mod lines;
mod list;
mod presenter;
mod reading;
mod rows;
mod show;
mod text;
mod which;

use crate::args::{ReviewArgs, ReviewCommand};
use crate::exit::Outcome;
use crate::output::Output;
use crate::session::Session;

/// Looks who is inside, or works with what earlier looks have shown.
pub(crate) async fn run(args: &ReviewArgs, session: &Session, out: &mut Output) -> Outcome {
    match &args.command {
        None => Box::pin(reading::begin(args, session, out)).await,
        Some(ReviewCommand::Continue { review, shown }) => {
            Box::pin(reading::go_on(review, shown, session, out)).await
        }
        Some(ReviewCommand::Show { review, shown }) => Box::pin(show::run(review, shown, session, out)).await,
        Some(ReviewCommand::List) => list::run(session, out).await,
        Some(ReviewCommand::Decide(args)) => Box::pin(decide::run(args, session, out)).await,
    }
}
