//! `guestpass rotations`

use guestpass::rotation::{Rotation, RotationId, RotationQuery};
use guestpass::{Error, ErrorKind, Result, StoreHandle};
use serde::Serialize;

use crate::args::RotationsArgs;
use crate::exit::{Exit, Outcome};
use crate::output::{Output, Report, RotationView, Table};
use crate::session::Session;

const PAGE: u32 = 100;

/// One line of the machine form, or one rotation with all that is known.
#[derive(Serialize)]
struct One {
    rotation: RotationView,
}

impl Report for One {
    fn to_text(&self) -> String {
        self.rotation.details()
    }
}

#[derive(Serialize)]
struct End {
    summary: Summary,
}

#[derive(Serialize)]
struct Summary {
    rotations: usize,
    /// How many have something in their way.
    troubled: usize,
}

/// Shows rotations.
pub(crate) async fn run(args: &RotationsArgs, session: &Session, out: &mut Output) -> Outcome {
    if let Some(id) = args.id {
        let rotation = RotationView::from(&stored(id, session).await?);
        out.show(&One { rotation })?;
        return Ok(Exit::Done);
    }
    let mut query = RotationQuery::new();
    query.store = args.store.as_deref().map(StoreHandle::new).transpose()?;
    query.open = !args.all;
    let mut table = Table::new(RotationView::HEADING);
    let mut summary = Summary { rotations: 0, troubled: 0 };
    for rotation in matching(&query, session).await? {
        let rotation = RotationView::from(&rotation);
        summary.rotations += 1;
        summary.troubled += usize::from(rotation.is_troubled());
        if out.is_json() {
            out.document(&One { rotation })?;
        } else {
            table.row(rotation.row());
        }
    }
    if out.is_json() {
        out.document(&End { summary })?;
    } else {
        let Summary { rotations, troubled } = summary;
        let hint = "`guestpass rotations ID` shows all about one";
        out.text(&format!("{table}{rotations} rotation(s), {troubled} with trouble; {hint}"))?;
    }
    Ok(Exit::Done)
}

/// All that match.
pub(super) async fn matching(query: &RotationQuery, session: &Session) -> Result<Vec<Rotation>> {
    let ledger = session.ledger().await?;
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = ledger.rotations(query, after, PAGE).await?;
        let is_last = page.len() < PAGE as usize;
        after = page.last().map(|rotation| rotation.id);
        all.extend(page);
        if is_last {
            return Ok(all);
        }
    }
}

/// The rotation of this id.
pub(super) async fn stored(id: RotationId, session: &Session) -> Result<Rotation> {
    session.ledger().await?.rotation(id).await?.ok_or_else(|| {
        Error::new(ErrorKind::NotFound, format!("there is no rotation {id}"))
            .with_remedy("copy the id from `guestpass rotations --all`")
    })
}
