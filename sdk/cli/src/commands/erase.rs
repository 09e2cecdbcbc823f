//! `guestpass erase`

use guestpass::grants::{GrantQuery, Ledger};
use guestpass::{Error, ErrorKind, PersonHandle, Result, Target};
use serde::Serialize;

use super::grants::handle;
use crate::args::EraseArgs;
use crate::exit::{Exit, Outcome};
use crate::output::{Output, Report};
use crate::session::Session;

const PAGE: u32 = 100;

#[derive(Serialize)]
struct Erased {
    dry_run: bool,
    person: String,
    /// Whether the ledger held anything.
    erased: bool,
    /// How many grants stay, by the handle alone; their events stay as well.
    grants_kept: usize,
    /// Whether the configuration still names them.
    in_configuration: bool,
}

impl Report for Erased {
    fn to_text(&self) -> String {
        let person = &self.person;
        let what = match (self.dry_run, self.erased) {
            (true, _) => "name and addresses would be forgotten; nothing was",
            (false, true) => "name and addresses are forgotten, and the texts of their steps",
            (false, false) => "the ledger held neither name nor address",
        };
        let mut text = format!("{person}: {what}\n");
        text.push_str(&format!(
            "What stays: {} grant(s) and their events, by the handle `{person}` alone, and copies of the ledger\n",
            self.grants_kept
        ));
        if self.in_configuration {
            text.push_str(&format!("The configuration still names them: take [people.{person}] out of it\n"));
        }
        text
    }
}

/// Forgets name and addresses of somebody.
pub(crate) async fn run(args: &EraseArgs, session: &Session, out: &mut Output) -> Outcome {
    let person = handle(&args.person, session)?;
    let ledger = session.ledger().await?;
    let in_configuration = session.config().colleague(person.as_str()).is_ok();
    let record = ledger.person(&person).await?;
    let grants_kept = refuse_living(&person, ledger.as_ref()).await?;
    if !in_configuration && record.is_none() && grants_kept == 0 {
        return Err(Error::new(ErrorKind::InvalidRequest, format!("nobody knows {person}"))
            .with_remedy("name somebody of `guestpass grants --all`")
            .into());
    }
    let erased = if args.plan.dry_run { record.is_some() } else { ledger.erase(&person).await? };
    if !args.plan.dry_run {
        let configured = session.config().colleague(person.as_str()).ok().cloned();
        let known = record.and_then(|record| record.to_person());
        for person in known.into_iter().chain(configured) {
            forget_invitations(&person, session)?;
        }
    }
    out.show(&Erased {
        dry_run: args.plan.dry_run,
        person: person.to_string(),
        erased,
        grants_kept,
        in_configuration,
    })?;
    Ok(Exit::Done)
}

/// How many grants there are, if all of them are over: without an address nobody could be taken out.
async fn refuse_living(person: &PersonHandle, ledger: &dyn Ledger) -> Result<usize> {
    let mut query = GrantQuery::new();
    query.person = Some(person.clone());
    let mut grants = 0;
    let mut after = None;
    loop {
        let page = ledger.grants(&query, after, PAGE).await?;
        if let Some(living) = page.iter().find(|grant| !grant.phase.is_over()) {
            let message = format!("nothing was erased: the grant {} of {person} is not over", living.id);
            return Err(Error::new(ErrorKind::Conflict, message)
                .with_remedy(format!("end it first: guestpass offboard {person}"))
                .at(&living.place.platform, &living.place.store));
        }
        grants += page.len();
        after = page.last().map(|grant| grant.id);
        if page.len() < PAGE as usize {
            break;
        }
    }
    let open = ledger.offboardings(Some(person), PAGE).await?;
    match open.iter().find(|record| record.finished_at.is_none()) {
        Some(record) => {
            let message = format!("nothing was erased: the offboarding of {person} is not finished");
            Err(Error::new(ErrorKind::Conflict, message)
                .with_remedy(format!("go on with it: guestpass offboard --continue {}", record.id)))
        }
        None => Ok(grants),
    }
}

/// What `invite` has kept stands under an address.
fn forget_invitations(person: &guestpass::Person, session: &Session) -> Result<()> {
    for store in session.config().store_names() {
        for email in std::iter::once(&person.email).chain(&person.other_emails) {
            session.kept(store).forget(&Target::email(email.clone()))?;
        }
    }
    Ok(())
}
