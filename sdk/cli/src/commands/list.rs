//! `guestpass list`

use guestpass::{AccessProviderExt, ListQuery, Operation};
use serde::Serialize;

use crate::exit::{Exit, Outcome};
use crate::output::{AccountView, Output, Table};
use crate::session::Session;

/// One line of the machine form.
#[derive(Serialize)]
struct Line<'a> {
    collaborator: &'a AccountView,
}

/// The last line of the machine form: without it the listing is not complete.
#[derive(Serialize)]
struct End {
    summary: Summary,
}

#[derive(Serialize)]
struct Summary {
    store: String,
    platform: String,
    collaborators: usize,
    complete: bool,
    /// Whether `--fresh` was asked for.
    fresh: bool,
}

/// Shows who has access.
pub(crate) async fn run(store: &str, fresh: bool, session: &Session, out: &mut Output) -> Outcome {
    let provider = session.connect(store)?;
    provider.capabilities().require(Operation::List)?;
    session.read_secrets(store).await?;
    let progress = session.progress(format!("listing {store}"));
    let cx = session.call();
    let query = if fresh { ListQuery::fresh() } else { ListQuery::new() };
    let query = session.complete(query, store, provider.connection().provider())?;
    let mut pages = provider.pages(query, None, &cx);
    // Machines get each page as it comes. A table needs all its rows to know its columns, so it keeps short rows only.
    let mut table = Table::new(AccountView::HEADING);
    let mut collaborators = 0;
    while let Some(page) = pages.next_page().await? {
        for account in page.iter().map(AccountView::from) {
            collaborators += 1;
            if out.is_json() {
                out.document(&Line { collaborator: &account })?;
            } else {
                table.row(account.row());
            }
        }
    }
    drop(progress);
    if out.is_json() {
        let platform = provider.connection().provider().to_string();
        let summary = Summary { store: store.to_owned(), platform, collaborators, complete: true, fresh };
        out.document(&End { summary })?;
    } else {
        out.text(&format!("{table}{collaborators} account(s) on {store}"))?;
    }
    Ok(Exit::Done)
}
