//! `guestpass check`

use std::sync::Arc;

use futures_util::{StreamExt, stream};
use guestpass::{AccessProvider, CheckReport, Held, Result};
use serde::Serialize;

use crate::exit::{Exit, Failure, Outcome};
use crate::output::{ErrorView, Output, Report, Table, notice};
use crate::session::Session;

/// Enough to be quick, few enough to be polite to a platform that many stores share.
const AT_ONCE: usize = 4;

#[derive(Serialize)]
struct Checks {
    stores: Vec<Check>,
}

#[derive(Serialize)]
struct Check {
    store: String,
    platform: String,
    ok: bool,
    facts: Vec<Fact>,
    rights: Vec<RightView>,
    warnings: Vec<String>,
    error: Option<ErrorView>,
}

#[derive(Serialize)]
struct Fact {
    name: String,
    value: String,
}

#[derive(Serialize)]
struct RightView {
    name: String,
    held: &'static str,
}

impl Check {
    fn new(provider: &dyn AccessProvider, result: &Result<CheckReport>) -> Self {
        let report = result.as_ref().ok();
        let facts = report.into_iter().flat_map(|report| &report.facts);
        let rights = report.into_iter().flat_map(|report| &report.rights);
        Self {
            store: provider.connection().store().to_string(),
            platform: provider.connection().provider().to_string(),
            ok: report.is_some(),
            facts: facts.map(|(name, value)| Fact { name: name.clone(), value: value.clone() }).collect(),
            rights: rights
                .map(|right| RightView {
                    name: right.name.clone(),
                    held: match right.held {
                        Held::Yes => "yes",
                        Held::No => "no",
                        _ => "not_provable",
                    },
                })
                .collect(),
            warnings: report.map(|report| report.warnings.clone()).unwrap_or_default(),
            error: result.as_ref().err().map(ErrorView::from),
        }
    }

    fn details(&self) -> String {
        let mut text = format!("\n{}\n", self.store);
        for fact in &self.facts {
            text.push_str(&format!("  {}: {}\n", fact.name, fact.value));
        }
        for right in &self.rights {
            let held = if right.held == "not_provable" { "shown only by using it" } else { right.held };
            text.push_str(&format!("  right {}: {held}\n", right.name));
        }
        for warning in &self.warnings {
            text.push_str(&format!("  warning: {warning}\n"));
        }
        if let Some(error) = &self.error {
            text.push_str(&format!("  next: {}\n", error.next));
        }
        text
    }
}

impl Report for Checks {
    fn to_text(&self) -> String {
        let mut table = Table::new(["store", "platform", "result"]);
        for check in &self.stores {
            let result =
                check.error.as_ref().map_or_else(|| "works".to_owned(), |error| error.message.clone());
            table.row([check.store.clone(), check.platform.clone(), result]);
        }
        format!("{table}{}", self.stores.iter().map(Check::details).collect::<String>())
    }
}

/// Asks the platforms whether our credentials work.
pub(crate) async fn run(names: &[String], session: &Session, out: &mut Output) -> Outcome {
    let all = || session.config().store_names().map(ToOwned::to_owned).collect();
    let names: Vec<String> = if names.is_empty() { all() } else { names.to_vec() };
    // All connections are made before the first request is sent, so that a mistake in the last one costs nothing.
    let connections = names.iter().map(|name| session.connect(name)).collect::<Result<Vec<_>>>()?;
    let progress = session.progress(format!("checking {} store(s)", connections.len()));
    let results: Vec<_> = stream::iter(connections)
        .map(|provider| async move {
            let result = checked(provider.as_ref(), session).await;
            (provider, result)
        })
        .buffered(AT_ONCE)
        .collect()
        .await;
    drop(progress);
    let stores = results.iter().map(|(provider, result)| Check::new(provider.as_ref(), result)).collect();
    out.show(&Checks { stores })?;
    verdict(results, out)
}

/// A secret that cannot be read is a failure of its own store, not of the others.
async fn checked(provider: &dyn AccessProvider, session: &Session) -> Result<CheckReport> {
    session.read_secrets(provider.connection().store().as_str()).await?;
    provider.check(&session.call()).await
}

/// The failures of some stores are in their rows; that of the only store is the failure of the command.
fn verdict(mut results: Vec<(Arc<dyn AccessProvider>, Result<CheckReport>)>, out: &Output) -> Outcome {
    let failed = results.iter().filter(|(_, result)| result.is_err()).count();
    if failed == 0 {
        return Ok(Exit::Done);
    }
    if failed < results.len() {
        return Ok(Exit::Partly);
    }
    match (results.pop(), results.is_empty()) {
        (Some((_, Err(error))), true) if out.is_json() => {
            // Its row is the JSON document of this error already.
            notice(&error.to_string());
            Ok(Exit::of(&error))
        }
        (Some((_, Err(error))), true) => Err(Failure::Error(error)),
        _ => Ok(Exit::Failed),
    }
}
