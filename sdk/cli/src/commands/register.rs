//! `guestpass register`

use std::io::Write;
use std::path::Path;

use guestpass::grants::Ledger;
use guestpass::review::{EndKind, Reading, RegisterOptions, Reviewer, StoreRegister};
use guestpass::{CallContext, Error, ErrorKind, Result, StoreHandle};
use serde::Serialize;

use super::{known, until};
use crate::args::RegisterArgs;
use crate::exit::{Exit, Failure, Outcome};
use crate::interrupt;
use crate::output::{Output, RegisterEntryView, ResultFile, csv_line, notice};
use crate::session::Session;

/// Prints in place of writing a file.
const STDOUT: &str = "-";

#[derive(Serialize)]
struct Line<'a> {
    entry: &'a RegisterEntryView,
}

#[derive(Serialize)]
struct End<'a> {
    summary: &'a Summary,
}

#[derive(Serialize, Default)]
struct Summary {
    stores: usize,
    entries: usize,
    /// Entries that somebody should have looked at.
    overdue: usize,
    /// Entries that are over, by how that is known.
    proven: usize,
    attested: usize,
    forced: usize,
    unproven: usize,
    /// Stores that were looked at, with --look.
    looked_at: usize,
    /// Stores that could not be looked at, with --look: their entries are what the ledger knows.
    not_looked_at: usize,
}

/// The register of one store, and why a look that was asked for was none.
struct Read {
    register: StoreRegister,
    unseen: Option<Unseen>,
}

struct Unseen {
    reason: String,
    /// Whether nobody can ever look there: people's word is all there is.
    by_nature: bool,
}

/// Shows who was let in, as what, by whom, why and until when.
pub(crate) async fn run(args: &RegisterArgs, session: &Session, out: &mut Output) -> Outcome {
    let since =
        args.since.as_deref().map(|since| until::since("--since", since, session.clock())).transpose()?;
    let mut options = RegisterOptions::new();
    options.since = since;
    let ledger = session.ledger().await?;
    let stores = stores(args, session, ledger.as_ref()).await?;
    let told = Told::new(args, out)?;
    // What is half written goes away again.
    tokio::select! {
        done = Box::pin(read(told, stores, &options, session)) => done,
        () = interrupt::stop_requested() => {
            let error = Error::new(ErrorKind::Unavailable, "stopped before every store was read");
            Err(error.with_remedy("give the command again; no file was written").into())
        }
    }
}

async fn read(
    mut told: Told<'_>,
    stores: Vec<StoreHandle>,
    options: &RegisterOptions,
    session: &Session,
) -> Outcome {
    let reviewer = session.reviewer(false).await?;
    // One reading serves every store that is listed together.
    let began = session.clock().now();
    let bar = session.counting("reading the register", stores.len());
    for store in stores {
        let cx = session.call().with_looks_since(began);
        let read = match told.args.look {
            true => looked(&reviewer, &store, options, &cx, session).await?,
            false => Read { register: reviewer.register(&store, options, &cx).await?, unseen: None },
        };
        told.store(read, session)?;
        bar.one_more();
    }
    drop(bar);
    told.finish()
}

/// Those that are named, or all: also the ones that left the configuration.
async fn stores(args: &RegisterArgs, session: &Session, ledger: &dyn Ledger) -> Result<Vec<StoreHandle>> {
    let mut stores: Vec<StoreHandle> = Vec::new();
    for name in &args.stores {
        let store = known::store(name, session, ledger).await?;
        if !stores.contains(&store) {
            stores.push(store);
        }
    }
    if args.stores.is_empty() {
        stores = session.config().store_names().map(StoreHandle::new).collect::<Result<_>>()?;
        stores.extend(known::left(session, ledger).await?);
    }
    Ok(stores)
}

/// With a look. Where none is possible, what the ledger knows is shown all the same.
async fn looked(
    reviewer: &Reviewer,
    store: &StoreHandle,
    options: &RegisterOptions,
    cx: &CallContext,
    session: &Session,
) -> Result<Read> {
    let failed = if session.config().store(store.as_str()).is_err() {
        "it left the configuration".to_owned()
    } else {
        match reviewer.register(store, &options.clone().looking(), cx).await {
            Ok(register) => {
                let unseen = match &register.reading {
                    Some(Reading::Complete { .. }) => None,
                    Some(Reading::Attested { reason }) => {
                        Some(Unseen { reason: reason.clone(), by_nature: true })
                    }
                    Some(Reading::Failed { reason }) => {
                        Some(Unseen { reason: reason.clone(), by_nature: false })
                    }
                    _ => Some(Unseen { reason: "nobody looked".to_owned(), by_nature: false }),
                };
                return Ok(Read { register, unseen });
            }
            Err(error) => error.to_string(),
        }
    };
    // A ledger that cannot be read fails here again.
    let register = reviewer.register(store, options, cx).await?;
    Ok(Read { register, unseen: Some(Unseen { reason: failed, by_nature: false }) })
}

/// Tells of stores as they are read.
struct Told<'a> {
    args: &'a RegisterArgs,
    out: &'a mut Output,
    file: Option<ResultFile>,
    summary: Summary,
    /// Stores of which there is nothing to show.
    empty: usize,
    failed: bool,
}

impl<'a> Told<'a> {
    fn new(args: &'a RegisterArgs, out: &'a mut Output) -> Result<Self, Failure> {
        let path = args.csv.as_deref();
        if out.is_json() && path == Some(Path::new(STDOUT)) {
            let error = Error::new(ErrorKind::InvalidRequest, "--csv - and --json both print the register");
            return Err(error.with_remedy("leave one of them out, or name a file").into());
        }
        let file = path.filter(|path| *path != Path::new(STDOUT)).map(ResultFile::create).transpose()?;
        let mut told = Self { args, out, file, summary: Summary::default(), empty: 0, failed: false };
        if path.is_some() {
            told.csv(&csv_line(RegisterEntryView::CSV_HEADING)?)?;
        }
        Ok(told)
    }

    fn prints_csv(&self) -> bool {
        self.args.csv.is_some() && self.file.is_none()
    }

    fn csv(&mut self, line: &str) -> Result<(), Failure> {
        match &mut self.file {
            Some(file) => {
                if let Err(error) = file.write_all(line.as_bytes()) {
                    return Err(file.failed(&error).into());
                }
            }
            None => self.out.raw(line.as_bytes())?,
        }
        Ok(())
    }

    fn store(&mut self, read: Read, session: &Session) -> Result<(), Failure> {
        let mut register = read.register;
        let store = register.store.to_string();
        if let Ok(entry) = session.config().store(&store) {
            register.platform = register.platform.or_else(|| Some(entry.platform.clone()));
        }
        let platform = register.platform.as_ref().map(ToString::to_string);
        let mut entries = RegisterEntryView::of(register);
        entries.retain(|entry| !self.args.overdue || entry.review_overdue);
        self.count(&entries, read.unseen.as_ref());
        for entry in &entries {
            if self.args.csv.is_some() {
                self.csv(&csv_line(entry.csv_cells())?)?;
            }
            if self.out.is_json() {
                self.out.document(&Line { entry })?;
            }
        }
        if let Some(unseen) = &read.unseen {
            let what = if unseen.by_nature { "cannot be looked at" } else { "could not be looked at" };
            notice(&format!("{store} {what}, so this is what the ledger knows: {}", unseen.reason));
        }
        if self.out.is_json() || self.prints_csv() {
            return Ok(());
        }
        if entries.is_empty() && self.args.stores.is_empty() {
            self.empty += 1;
            return Ok(());
        }
        let of = platform.map(|platform| format!(" ({platform})")).unwrap_or_default();
        if entries.is_empty() {
            self.out.text(&format!("{store}{of}: nobody"))?;
        } else {
            self.out.text(&format!("{store}{of}\n{}", RegisterEntryView::table(&entries)))?;
        }
        Ok(())
    }

    fn count(&mut self, entries: &[RegisterEntryView], unseen: Option<&Unseen>) {
        let summary = &mut self.summary;
        summary.stores += 1;
        summary.entries += entries.len();
        for entry in entries {
            summary.overdue += usize::from(entry.review_overdue);
            match entry.end {
                None => {}
                Some(EndKind::Proven) => summary.proven += 1,
                Some(EndKind::Attested) => summary.attested += 1,
                Some(EndKind::Forced) => summary.forced += 1,
                Some(_) => summary.unproven += 1,
            }
        }
        if self.args.look {
            summary.looked_at += usize::from(unseen.is_none());
            summary.not_looked_at += usize::from(unseen.is_some());
            self.failed |= unseen.is_some_and(|unseen| !unseen.by_nature);
        }
    }

    fn finish(mut self) -> Outcome {
        if let Some(file) = self.file.take() {
            file.finish()?;
        } else if self.args.csv.is_some() {
            return Ok(self.exit());
        }
        if self.out.is_json() {
            self.out.document(&End { summary: &self.summary })?;
        } else {
            self.out.text(&self.sentence())?;
        }
        Ok(self.exit())
    }

    fn exit(&self) -> Exit {
        if self.failed { Exit::Partly } else { Exit::Done }
    }

    fn sentence(&self) -> String {
        let it = &self.summary;
        let what = if self.args.overdue { " whose review is overdue" } else { "" };
        let mut text = format!("{} entr{} on {} store(s){what}", it.entries, plural(it.entries), it.stores);
        if self.empty > 0 {
            text.push_str(&format!("; {} store(s) have none", self.empty));
        }
        if it.overdue > 0 && !self.args.overdue {
            text.push_str(&format!("\nReviews overdue: {}", it.overdue));
        }
        if it.proven + it.attested + it.forced + it.unproven > 0 {
            text.push_str(&format!(
                "\nEnded: {} proven, {} by somebody's word, {} closed by force, {} without a proof",
                it.proven, it.attested, it.forced, it.unproven
            ));
        }
        if self.args.look {
            text.push_str(&format!(
                "\nStores looked at: {}, not looked at: {}",
                it.looked_at, it.not_looked_at
            ));
        }
        if let Some(path) = &self.args.csv {
            text.push_str(&format!("\nWritten to {}", path.display()));
        }
        text
    }
}

fn plural(count: usize) -> &'static str {
    if count == 1 { "y" } else { "ies" }
}
