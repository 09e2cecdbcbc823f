//! `guestpass grants`

use guestpass::grants::{Grant, GrantId, GrantQuery, Ledger, StepQuery, SubjectKey};
use guestpass::{AccessProvider, AccountId, PersonHandle, Result, StoreHandle, Target, Timestamp};
use serde::Serialize;

use super::order::stored;
use crate::args::{GrantsArgs, Which};
use crate::config::ACCOUNT;
use crate::exit::{Exit, Outcome};
use crate::output::{
    GrantView, Output, RememberedView, Report, Table, TroubleView, moment, steps_below, warn,
};
use crate::session::Session;

const PAGE: u32 = 100;

/// One line of the machine form.
#[derive(Serialize)]
struct Line<'a> {
    grant: &'a GrantView,
    troubles: &'a [TroubleView],
}

#[derive(Serialize)]
struct End {
    summary: Summary,
}

#[derive(Serialize)]
struct Summary {
    grants: usize,
    /// How many have something in their way.
    troubled: usize,
}

/// One grant and all about it.
#[derive(Serialize)]
struct Whole {
    grant: GrantView,
    troubles: Vec<TroubleView>,
    /// Open steps of the person on this store.
    steps: Vec<RememberedView>,
    /// When the store was last looked at.
    seen_at: Option<Timestamp>,
    /// When a sweep looks after it next.
    due_at: Option<Timestamp>,
}

impl Report for Whole {
    fn to_text(&self) -> String {
        let mut text = self.grant.details();
        for (label, time) in [("looked at", self.seen_at), ("next", self.due_at)] {
            if let Some(time) = time {
                text.push_str(&format!("  {:<14} {}\n", format!("{label}:"), moment(time)));
            }
        }
        for trouble in &self.troubles {
            text.push_str(&trouble.to_text());
        }
        text.push_str(&steps_below(&self.steps));
        text
    }
}

/// Shows the grants, or one.
pub(crate) async fn run(args: &GrantsArgs, session: &Session, out: &mut Output) -> Outcome {
    match args.id {
        Some(id) => one(id, session, out).await,
        None => several(&args.which, session, out).await,
    }
}

async fn one(id: GrantId, session: &Session, out: &mut Output) -> Outcome {
    let grant = stored(id, session).await?;
    let ledger = session.ledger().await?;
    let place = &grant.place;
    let holding = ledger.holding(&place.store, &place.subject).await?;
    let steps = ledger.steps(&StepQuery::open_at(place), None, PAGE).await?;
    let troubles = holding.iter().flat_map(|holding| &holding.troubles);
    out.show(&Whole {
        grant: GrantView::from(&grant),
        troubles: troubles.map(TroubleView::from).collect(),
        steps: steps.iter().map(RememberedView::from).collect(),
        seen_at: holding.as_ref().and_then(|holding| holding.seen_at),
        due_at: holding.as_ref().and_then(|holding| holding.due_at),
    })?;
    Ok(Exit::Done)
}

async fn several(which: &Which, session: &Session, out: &mut Output) -> Outcome {
    let ledger = session.ledger().await?;
    let mut query = GrantQuery::new();
    query.store = which.store.as_deref().map(StoreHandle::new).transpose()?;
    query.person = which.person.as_deref().map(|text| handle(text, session)).transpose()?;
    if !which.all {
        query = query.not_over();
    }
    let mut table = Table::new(GrantView::HEADING);
    let mut summary = Summary { grants: 0, troubled: 0 };
    let mut after = None;
    loop {
        let page = ledger.grants(&query, after, PAGE).await?;
        for grant in &page {
            let troubles = troubles_of(grant, ledger.as_ref()).await?;
            summary.grants += 1;
            summary.troubled += usize::from(!troubles.is_empty());
            let grant = GrantView::from(grant);
            if out.is_json() {
                out.document(&Line { grant: &grant, troubles: &troubles })?;
            } else {
                table.row(grant.row(&troubles));
            }
        }
        after = page.last().map(|grant| grant.id);
        if page.len() < PAGE as usize {
            break;
        }
    }
    if out.is_json() {
        out.document(&End { summary })?;
    } else {
        out.text(&format!("{table}{} grant(s)", summary.grants))?;
    }
    Ok(Exit::Done)
}

async fn troubles_of(grant: &Grant, ledger: &dyn Ledger) -> Result<Vec<TroubleView>> {
    if grant.phase.is_over() {
        return Ok(Vec::new());
    }
    let holding = ledger.holding(&grant.place.store, &grant.place.subject).await?;
    Ok(holding.iter().flat_map(|holding| &holding.troubles).map(TroubleView::from).collect())
}

/// Somebody of ours, or somebody who was: the ledger knows people whom the configuration has forgotten.
pub(super) fn handle(text: &str, session: &Session) -> Result<PersonHandle> {
    match session.config().colleague(text) {
        Ok(person) => Ok(person.handle.clone()),
        Err(unknown) => PersonHandle::new(text).map_err(|_| unknown),
    }
}

/// Says so where a grant stands for what a plain operation is about to change: the grant does not hear of it.
pub(super) async fn warn_of_living(provider: &dyn AccessProvider, person: &str, session: &Session) {
    match living(provider, person, session).await {
        Ok(grants) => {
            for grant in grants {
                let (id, store) = (grant.id, &grant.place.store);
                warn(&format!("the grant {id} stands for {person} on {store}; next: guestpass grants {id}"));
            }
        }
        Err(error) => warn(&format!("whether a grant stands for {person} is not known: {error}")),
    }
}

async fn living(provider: &dyn AccessProvider, person: &str, session: &Session) -> Result<Vec<Grant>> {
    let mut query = GrantQuery::new().not_over();
    query.store = Some(provider.connection().store().clone());
    query.subject = Some(subject(provider, person, session)?);
    session.ledger().await?.grants(&query, None, PAGE).await
}

/// The target with what was kept about it: by `invite` in the state folder, or by a grant in the ledger. Without it an
/// open invitation shows nowhere on some platforms.
pub(super) async fn onto_kept(
    target: Target,
    provider: &dyn AccessProvider,
    person: &str,
    session: &Session,
) -> Result<Target> {
    let store = provider.connection().store();
    let target = session.kept(store.as_str()).onto(target)?;
    if target.state().is_some() {
        return Ok(target);
    }
    let subject = subject(provider, person, session)?;
    let holding = session.ledger().await?.holding(store, &subject).await?;
    Ok(match holding.and_then(|holding| holding.state) {
        Some(state) => target.with_state(state),
        None => target,
    })
}

fn subject(provider: &dyn AccessProvider, person: &str, session: &Session) -> Result<SubjectKey> {
    Ok(match person.strip_prefix(ACCOUNT) {
        Some(account) => SubjectKey::account(&AccountId::new(account)?),
        None => provider.connection().subject(&session.config().person(person)?),
    })
}
