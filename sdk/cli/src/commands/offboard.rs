//! `guestpass offboard`

use std::sync::{Mutex, PoisonError};

use guestpass::grants::{OffboardRequest, OffboardState, OffboardedStore, Offboarding, Watcher};
use guestpass::{AccessProvider, Error, Operation, Result, Support, Timestamp};
use serde::Serialize;

use super::grants::handle;
use crate::args::OffboardArgs;
use crate::exit::{Exit, Outcome};
use crate::interrupt;
use crate::output::{Output, ProofView, Report, Table, Who, moment};
use crate::progress::Progress;
use crate::session::Session;

const MOST_LISTED: u32 = 100;

/// One store of an offboarding.
#[derive(Serialize)]
pub(super) struct RemovalView {
    store: String,
    platform: String,
    /// `waiting`, `open` or `out`.
    state: &'static str,
    /// What is missing, where it is open.
    reason: Option<String>,
    proof: Option<ProofView>,
}

impl From<&OffboardedStore> for RemovalView {
    fn from(store: &OffboardedStore) -> Self {
        let (state, reason, proof) = match &store.state {
            OffboardState::Waiting => ("waiting", None, None),
            OffboardState::Open { reason } => ("open", Some(reason.clone()), None),
            OffboardState::Out { proof } => ("out", None, Some(ProofView::from(proof))),
            _ => ("open", Some("a newer program wrote this".to_owned()), None),
        };
        Self { store: store.store.to_string(), platform: store.platform.to_string(), state, reason, proof }
    }
}

impl RemovalView {
    fn is_word(&self) -> bool {
        self.proof.as_ref().is_some_and(ProofView::is_word)
    }

    /// How we know that they are out, or what is missing.
    pub(super) fn in_words(&self) -> String {
        let how = self.proof.as_ref().map(ProofView::brief).or_else(|| self.reason.clone());
        let state = if self.state == "out" { "out: " } else { "" };
        format!("{state}{}", how.unwrap_or_default())
    }

    fn row(&self) -> [String; 4] {
        let state = if self.is_word() { "out (not proven)" } else { self.state };
        let how = self.proof.as_ref().map(ProofView::to_text).or_else(|| self.reason.clone());
        [self.store.clone(), self.platform.clone(), state.to_owned(), how.unwrap_or_default()]
    }
}

#[derive(Serialize)]
struct Line {
    offboarded: RemovalView,
}

/// The whole of it, in numbers.
#[derive(Serialize)]
struct Summary {
    id: String,
    person: String,
    by: Who,
    reason: Option<String>,
    began_at: Timestamp,
    finished_at: Option<Timestamp>,
    stores: usize,
    /// Out, with a proof.
    proven: usize,
    /// Out, by somebody's word.
    attested: usize,
    /// Not out, or not known.
    open: usize,
}

impl From<&Offboarding> for Summary {
    fn from(record: &Offboarding) -> Self {
        let views: Vec<_> = record.stores.iter().map(RemovalView::from).collect();
        let out = views.iter().filter(|store| store.state == "out").count();
        let attested = views.iter().filter(|store| store.is_word()).count();
        Self {
            id: record.id.to_string(),
            person: record.person.to_string(),
            by: Who::from(&record.by),
            reason: record.reason.clone(),
            began_at: record.began_at,
            finished_at: record.finished_at,
            stores: views.len(),
            proven: out - attested,
            attested,
            open: views.len() - out,
        }
    }
}

#[derive(Serialize)]
struct End {
    summary: Summary,
}

impl Summary {
    fn to_text(&self) -> String {
        let next = if self.open == 0 {
            String::new()
        } else {
            format!("\nSweeps go on with it; see how far it is: guestpass offboard --continue {}", self.id)
        };
        format!(
            "{} of {} store(s) proven, {} by somebody's word, {} open{next}",
            self.proven, self.stores, self.attested, self.open
        )
    }
}

/// What it would cost. Nothing was sent to find out.
#[derive(Serialize)]
struct Planned {
    dry_run: bool,
    command: &'static str,
    person: String,
    requests: u32,
    stores: Vec<PlannedStore>,
}

#[derive(Serialize)]
pub(super) struct PlannedStore {
    store: String,
    platform: String,
    support: Support,
    requests: u32,
}

impl PlannedStore {
    pub(super) fn new(provider: &dyn AccessProvider) -> Self {
        let capabilities = provider.capabilities();
        let remove = capabilities.get(Operation::Remove);
        let looks = 2 * capabilities.get(Operation::Observe).requests;
        Self {
            store: provider.connection().store().to_string(),
            platform: provider.connection().provider().to_string(),
            support: remove.support,
            requests: if remove.support == Support::Manual { looks } else { looks + remove.requests },
        }
    }

    pub(super) fn support(&self) -> Support {
        self.support
    }

    pub(super) fn requests(&self) -> u32 {
        self.requests
    }
}

impl Report for Planned {
    fn to_text(&self) -> String {
        let mut table = Table::new(["store", "platform", "how", "requests"]);
        for store in &self.stores {
            let (how, requests) = (store.support.to_string(), store.requests.to_string());
            table.row([store.store.clone(), store.platform.clone(), how, requests]);
        }
        format!(
            "offboard {} would do this; nothing was sent\n{table}\n{} request(s) at most, fewer where stores share a listing or they are out already\n",
            self.person, self.requests
        )
    }
}

/// Takes somebody out of every store.
pub(crate) async fn run(args: &OffboardArgs, session: &Session, out: &mut Output) -> Outcome {
    let person = args.person.as_deref().map(|text| handle(text, session)).transpose()?;
    if args.list {
        let records = session.ledger().await?.offboardings(person.as_ref(), MOST_LISTED).await?;
        return list(&records, out);
    }
    let stores = session.config().store_names().map(|store| session.connect(store));
    let stores = stores.collect::<Result<Vec<_>>>()?;
    if args.plan.dry_run {
        let stores: Vec<_> = stores.iter().map(|provider| PlannedStore::new(provider.as_ref())).collect();
        out.show(&Planned {
            dry_run: true,
            command: "offboard",
            person: person.map(|person| person.to_string()).unwrap_or_default(),
            requests: stores.iter().map(|store| store.requests).sum(),
            stores,
        })?;
        return Ok(Exit::Done);
    }
    let engine = session.engine().await?;
    // The time that a command may take is for one store.
    let several = u32::try_from(stores.len().max(1)).unwrap_or(u32::MAX);
    let cx = session.call().with_timeout(session.timeout().saturating_mul(several));
    let teller = Teller {
        out: Mutex::new(&mut *out),
        bar: session.counting("taking them out of every store", stores.len()),
    };
    let look_with = || "guestpass offboard --list".to_owned();
    let record = match (args.resume, person) {
        (Some(id), _) => interrupt::finish(engine.continue_offboarding(id, &cx, &teller), look_with).await?,
        (None, Some(person)) => {
            let mut request = OffboardRequest::new(person, args.by.principal());
            request.reason.clone_from(&args.reason);
            interrupt::finish(engine.offboard(request, &cx, &teller), look_with).await?
        }
        (None, None) => return Err(Error::invalid("PERSON", "is missing", "name who goes").into()),
    };
    drop(teller);
    show(&record, out)
}

fn show(record: &Offboarding, out: &mut Output) -> Outcome {
    let summary = Summary::from(record);
    let exit = if summary.open == 0 { Exit::Done } else { Exit::Partly };
    if out.is_json() {
        out.document(&End { summary })?;
    } else {
        let mut table = Table::new(["store", "platform", "state", "how we know, or what is missing"]);
        record.stores.iter().map(RemovalView::from).for_each(|store| table.row(store.row()));
        out.text(&format!("{table}{}", summary.to_text()))?;
    }
    Ok(exit)
}

#[derive(Serialize)]
struct Listed {
    offboardings: Vec<Summary>,
}

impl Report for Listed {
    fn to_text(&self) -> String {
        let mut table = Table::new(["offboarding", "person", "began", "proven", "by word", "open"]);
        for record in &self.offboardings {
            table.row([
                record.id.clone(),
                record.person.clone(),
                moment(record.began_at),
                record.proven.to_string(),
                record.attested.to_string(),
                record.open.to_string(),
            ]);
        }
        table.to_string()
    }
}

fn list(records: &[Offboarding], out: &mut Output) -> Outcome {
    out.show(&Listed { offboardings: records.iter().map(Summary::from).collect() })?;
    Ok(Exit::Done)
}

/// Counts stores on a terminal, and tells machines of each as it comes.
struct Teller<'a> {
    out: Mutex<&'a mut Output>,
    bar: Progress,
}

impl Watcher for Teller<'_> {
    fn offboarded(&self, store: &OffboardedStore) {
        self.bar.one_more();
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        if out.is_json()
            && let Err(error) = out.document(&Line { offboarded: RemovalView::from(store) })
        {
            tracing::warn!(%error, "the result could not be written");
        }
    }
}
