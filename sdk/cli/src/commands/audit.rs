//! `guestpass audit`

use std::collections::BTreeMap;
use std::path::Path;

use guestpass::grants::audit::{Event, Head};
use guestpass::grants::{ChainFault, Ledger, Verification, verify};
use guestpass::{Error, ErrorKind, Result, StoreHandle, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::until;
use crate::args::AuditCommand;
use crate::exit::{Exit, Outcome};
use crate::output::{Output, Report, Table};
use crate::session::Session;

const PAGE: u32 = 500;
const LARGEST_FILE: u64 = 64 << 20;

/// The ends of all chains. What `audit head` prints, `audit verify --head` reads.
#[derive(Serialize, Deserialize)]
struct Heads {
    heads: Vec<Head>,
}

impl Report for Heads {
    fn to_text(&self) -> String {
        let mut table = Table::new(["store", "events", "hash of the last one"]);
        for head in &self.heads {
            table.row([head.store.to_string(), head.seq.to_string(), head.hash.clone()]);
        }
        table.to_string()
    }
}

#[derive(Serialize)]
struct Verified {
    sound: bool,
    stores: Vec<StoreView>,
}

/// One chain.
#[derive(Serialize)]
struct StoreView {
    store: String,
    sound: bool,
    /// How many events were read and hold together.
    checked: u64,
    /// The last one of them.
    seq: u64,
    /// Whether it was compared with ends that were kept elsewhere.
    against_kept: bool,
    /// `broken`, `cut` or `rewritten`.
    fault: Option<&'static str>,
    /// Where.
    fault_at: Option<u64>,
}

impl From<Verification> for StoreView {
    fn from(found: Verification) -> Self {
        let fault = found.fault.as_ref().map(|fault| match fault {
            ChainFault::Broken { seq } => ("broken", *seq),
            ChainFault::Cut { kept } => ("cut", *kept),
            ChainFault::Rewritten { seq } => ("rewritten", *seq),
            _ => ("broken", found.head.seq),
        });
        Self {
            store: found.head.store.to_string(),
            sound: found.is_sound(),
            checked: found.checked,
            seq: found.head.seq,
            against_kept: found.against_kept,
            fault: fault.map(|(what, _)| what),
            fault_at: fault.map(|(_, at)| at),
        }
    }
}

impl Report for Verified {
    fn to_text(&self) -> String {
        let mut table = Table::new(["store", "events checked", "against a kept end", "result"]);
        for store in &self.stores {
            let result = match (store.fault, store.fault_at) {
                (Some(fault), Some(at)) => format!("{} at event {at}", fault.to_uppercase()),
                _ => "sound".to_owned(),
            };
            let kept = if store.against_kept { "yes" } else { "no" };
            table.row([store.store.clone(), store.checked.to_string(), kept.to_owned(), result]);
        }
        let mut text = table.to_string();
        if self.stores.iter().any(|store| !store.against_kept) {
            text.push_str(
                "Without a kept end only edits show that contradict themselves: a chain that was cut or written\n\
                 anew looks sound. Keep `guestpass audit head --json` elsewhere, and name it with --head.\n",
            );
        }
        text
    }
}

/// One event, for others to verify.
#[derive(Serialize)]
struct Line {
    event: Exported,
}

#[derive(Serialize)]
struct Exported {
    store: String,
    seq: u64,
    previous: String,
    hash: String,
    fact: Value,
    /// The fact as it was first written: what the hash is over.
    written: String,
}

/// Shows the ends of the chains, verifies them, or hands their events over.
pub(crate) async fn run(command: &AuditCommand, session: &Session, out: &mut Output) -> Outcome {
    let ledger = session.ledger().await?;
    match command {
        AuditCommand::Head => {
            out.show(&Heads { heads: ledger.heads().await? })?;
            Ok(Exit::Done)
        }
        AuditCommand::Verify { head } => {
            let kept = head.as_deref().map(read_heads).transpose()?.unwrap_or_default();
            let stores = verified(ledger.as_ref(), &kept).await?;
            let sound = stores.iter().all(|store| store.sound);
            out.show(&Verified { sound, stores })?;
            Ok(if sound { Exit::Done } else { Exit::Failed })
        }
        AuditCommand::Export { since, store } => {
            let since = since.as_deref().map(|since| until::since("--since", since, session.clock()));
            let store = store.as_deref().map(StoreHandle::new).transpose()?;
            export(ledger.as_ref(), since.transpose()?, store.as_ref(), out).await
        }
    }
}

/// Every chain that is there, and every one that was once.
async fn verified(ledger: &dyn Ledger, kept: &[Head]) -> Result<Vec<StoreView>> {
    let mut ends: BTreeMap<StoreHandle, Option<u64>> =
        kept.iter().map(|head| (head.store.clone(), None)).collect();
    ends.extend(ledger.heads().await?.into_iter().map(|head| (head.store, Some(head.seq))));
    let mut stores = Vec::new();
    for (store, end) in ends {
        let from = ledger.checkpoint(&store).await?.unwrap_or_else(|| Head::empty(store));
        let mut found = verify(ledger, from, kept).await?;
        // The ledger's own word for the end, read before its events: fewer of them means that some are gone.
        if let Some(end) = end.filter(|end| found.is_sound() && found.head.seq < *end) {
            found.fault = Some(ChainFault::Cut { kept: end });
        }
        stores.push(StoreView::from(found));
    }
    Ok(stores)
}

/// What `audit head --json` printed, once or many times.
fn read_heads(path: &Path) -> Result<Vec<Head>> {
    let fault = |problem: String| {
        Error::new(ErrorKind::InvalidRequest, format!("--head: {} {problem}", path.display()))
            .with_remedy("name a file that `guestpass audit head --json` has written")
    };
    let size = path.metadata().map_err(|error| fault(format!("cannot be read: {}", error.kind())))?.len();
    if size > LARGEST_FILE {
        return Err(fault(format!("is larger than {LARGEST_FILE} bytes")));
    }
    let text =
        std::fs::read_to_string(path).map_err(|error| fault(format!("cannot be read: {}", error.kind())))?;
    let mut heads = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let document: Heads = serde_json::from_str(line).map_err(|_| fault("holds no heads".to_owned()))?;
        heads.extend(document.heads);
    }
    if heads.is_empty() { Err(fault("holds no heads".to_owned())) } else { Ok(heads) }
}

async fn export(
    ledger: &dyn Ledger,
    since: Option<Timestamp>,
    store: Option<&StoreHandle>,
    out: &mut Output,
) -> Outcome {
    let heads =
        ledger.heads().await?.into_iter().filter(|head| store.is_none_or(|store| head.store == *store));
    for Head { store, seq: end, .. } in heads {
        let mut after = 0;
        while after < end {
            let page = ledger.events(&store, after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = last.seq;
            for event in page {
                if since.is_none_or(|since| event.fact().is_ok_and(|fact| fact.at >= since)) {
                    out.document(&Line { event: exported(&store, event) })?;
                }
            }
        }
    }
    Ok(Exit::Done)
}

fn exported(store: &StoreHandle, event: Event) -> Exported {
    Exported {
        store: store.to_string(),
        seq: event.seq,
        fact: serde_json::from_str(&event.written).unwrap_or(Value::Null),
        previous: event.previous,
        hash: event.hash,
        written: event.written,
    }
}
