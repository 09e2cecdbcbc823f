//! `guestpass events`

use std::collections::BTreeMap;
use std::time::Duration;

use guestpass::grants::Ledger;
use guestpass::grants::audit::Head;
use guestpass::{Error, ErrorKind, Result, StoreHandle, Wait};
use serde::Serialize;
use serde_json::Value;

use crate::args::EventsArgs;
use crate::exit::{Exit, Failure, Outcome};
use crate::interrupt;
use crate::output::Output;
use crate::session::Session;

const PAGE: u32 = 500;
/// How long to wait for more.
const PAUSE: Duration = Duration::from_secs(2);

#[derive(Serialize)]
struct Line {
    event: EventView,
}

#[derive(Serialize)]
struct EventView {
    store: String,
    seq: u64,
    hash: String,
    fact: Value,
}

#[derive(Serialize)]
struct CursorLine {
    cursor: String,
}

/// How far each store's events were printed: `acme=17,other=3`.
#[derive(Debug, Default, PartialEq, Eq)]
struct Cursor(BTreeMap<StoreHandle, u64>);

impl Cursor {
    fn parse(text: &str) -> Result<Self> {
        let part = |part: &str| {
            let (store, seq) = part.split_once('=')?;
            Some((StoreHandle::new(store).ok()?, seq.parse().ok()?))
        };
        let parts = text.split(',').filter(|part| !part.is_empty()).map(part);
        parts.collect::<Option<_>>().map(Self).ok_or_else(|| {
            Error::new(ErrorKind::InvalidRequest, format!("--after: {text:?} is no cursor"))
                .with_remedy("copy it from the last line with a cursor")
        })
    }

    fn of(&self, store: &StoreHandle) -> u64 {
        self.0.get(store).copied().unwrap_or_default()
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let parts: Vec<_> = self.0.iter().map(|(store, seq)| format!("{store}={seq}")).collect();
        f.write_str(&parts.join(","))
    }
}

/// Prints what happened.
pub(crate) async fn run(args: &EventsArgs, session: &Session, out: &mut Output) -> Outcome {
    let store = args.store.as_deref().map(StoreHandle::new).transpose()?;
    let mut cursor = args.after.as_deref().map(Cursor::parse).transpose()?.unwrap_or_default();
    if !args.follow {
        print_new(session.ledger().await?.as_ref(), store.as_ref(), &mut cursor, out).await?;
        return Ok(Exit::Done);
    }
    let mut stop = std::pin::pin!(interrupt::stop_requested());
    loop {
        // Asked for each time: the ledger may come into being meanwhile.
        print_new(session.ledger().await?.as_ref(), store.as_ref(), &mut cursor, out).await?;
        tokio::select! {
            () = &mut stop => return Ok(Exit::Done),
            () = session.clock().sleep(PAUSE, Wait::Backoff) => {}
        }
    }
}

/// Prints what the cursor does not cover yet, and moves it on.
async fn print_new(
    ledger: &dyn Ledger,
    only: Option<&StoreHandle>,
    cursor: &mut Cursor,
    out: &mut Output,
) -> Result<(), Failure> {
    for Head { store, seq: end, .. } in ledger.heads().await? {
        if only.is_some_and(|only| *only != store) {
            continue;
        }
        while cursor.of(&store) < end {
            let page = ledger.events(&store, cursor.of(&store), PAGE).await?;
            let Some(last) = page.last().map(|event| event.seq) else { break };
            for event in page {
                let fact = serde_json::from_str(&event.written).unwrap_or(Value::Null);
                let event = EventView { store: store.to_string(), seq: event.seq, hash: event.hash, fact };
                out.document(&Line { event })?;
            }
            cursor.0.insert(store.clone(), last);
            out.document(&CursorLine { cursor: cursor.to_string() })?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_as_it_was_printed() {
        let cursor = Cursor::parse("b.eu=3,acme=17").unwrap();
        assert_eq!(cursor.to_string(), "acme=17,b.eu=3");
        assert_eq!(Cursor::parse(&cursor.to_string()).unwrap(), cursor);
        assert_eq!(Cursor::parse("").unwrap(), Cursor::default());
        for bad in ["acme", "acme=", "acme=x", "a b=1", "=1"] {
            assert!(Cursor::parse(bad).unwrap_err().to_string().contains("--after"), "{bad}");
        }
    }
}
