//! `guestpass observe`

use guestpass::{AccessState, Operation};
use serde::Serialize;

use super::grants::onto_kept;
use crate::exit::{Exit, Outcome};
use crate::output::{LookView, Output, Report};
use crate::session::Session;

#[derive(Serialize)]
struct Look {
    store: String,
    platform: String,
    subject: String,
    #[serde(flatten)]
    look: LookView,
}

impl Report for Look {
    fn to_text(&self) -> String {
        self.look.to_text(&format!("{}: {}", self.store, self.subject))
    }
}

/// Looks one person up.
pub(crate) async fn run(store: &str, person: &str, session: &Session, out: &mut Output) -> Outcome {
    let provider = session.connect(store)?;
    let platform = provider.connection().provider();
    let target = session.config().target(person, platform)?;
    let target = onto_kept(target, provider.as_ref(), person, session).await?;
    provider.capabilities().require(Operation::Observe)?;
    session.read_secrets(store).await?;
    let progress = session.progress(format!("looking {person} up on {store}"));
    let look = provider.observe(&target, &session.call()).await?;
    drop(progress);
    let proves_nothing = matches!(look.state, AccessState::Ambiguous { .. } | AccessState::Unknown { .. });
    out.show(&Look {
        store: store.to_owned(),
        platform: platform.to_string(),
        subject: target.to_string(),
        look: LookView::from(&look),
    })?;
    Ok(if proves_nothing { Exit::Unknown } else { Exit::Done })
}
