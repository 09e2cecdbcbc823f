//! `guestpass capabilities`

use guestpass::{Capabilities, Operation, ProviderFactory, Registry, Result, Support};
use serde::Serialize;
use std::sync::Arc;

use crate::exit::{Exit, Outcome};
use crate::output::{Output, Report, Table};
use crate::session::Session;

#[derive(Serialize)]
struct Tables {
    platforms: Vec<CapabilityTable>,
}

#[derive(Serialize)]
struct CapabilityTable {
    platform: String,
    /// The store for which it holds; without one it is the platform at its best.
    store: Option<String>,
    #[serde(skip)]
    title: String,
    capabilities: Vec<CapabilityView>,
}

#[derive(Serialize)]
struct CapabilityView {
    operation: Operation,
    support: Support,
    reason: String,
    unproven: Option<String>,
    requests: u32,
}

impl CapabilityTable {
    fn new(platform: String, store: Option<String>, title: String, capabilities: &Capabilities) -> Self {
        let rows = capabilities.iter().map(|(operation, capability)| CapabilityView {
            operation,
            support: capability.support,
            reason: capability.reason.to_string(),
            unproven: capability.unproven.as_ref().map(ToString::to_string),
            requests: capability.requests,
        });
        Self { platform, store, title, capabilities: rows.collect() }
    }
}

impl Report for Tables {
    fn to_text(&self) -> String {
        let mut text = String::new();
        for platform in &self.platforms {
            let mut table = Table::new(["operation", "how", "requests", "why"]);
            for row in &platform.capabilities {
                let unproven =
                    row.unproven.as_ref().map(|what| format!(" (not proven: {what})")).unwrap_or_default();
                let requests = if row.requests == 0 { "-".into() } else { row.requests.to_string() };
                let why = format!("{}{unproven}", row.reason);
                table.row([row.operation.to_string(), row.support.to_string(), requests, why]);
            }
            text.push_str(&format!("{}\n{table}\n", platform.title));
        }
        text
    }
}

/// Shows what can be done on a store.
pub(crate) fn store(name: &str, session: &Session, out: &mut Output) -> Outcome {
    let provider = session.connect(name)?;
    let platform = provider.connection().provider().to_string();
    let title = format!("{} ({platform})", provider.connection().label());
    let table = CapabilityTable::new(platform, Some(name.to_owned()), title, &provider.capabilities());
    out.show(&Tables { platforms: vec![table] })?;
    Ok(Exit::Done)
}

/// Shows what can be done on one platform, or on all, at their best.
pub(crate) fn platforms(wanted: Option<&str>, registry: &Registry, out: &mut Output) -> Outcome {
    let platforms = named(wanted, registry)?.into_iter().map(|factory| {
        let title = format!("{}, at its best", factory.title());
        CapabilityTable::new(factory.id().to_string(), None, title, &factory.capabilities())
    });
    out.show(&Tables { platforms: platforms.collect() })?;
    Ok(Exit::Done)
}

/// Prints the truth table of the documentation: one platform with its reasons, or all side by side.
pub(crate) fn markdown(wanted: Option<&str>, registry: &Registry, out: &mut Output) -> Outcome {
    let factories = named(wanted, registry)?;
    let table = match factories.as_slice() {
        [one] if wanted.is_some() => with_reasons(&one.capabilities()),
        all => side_by_side(all),
    };
    out.text(table.trim_end())?;
    Ok(Exit::Done)
}

fn named<'a>(wanted: Option<&str>, registry: &'a Registry) -> Result<Vec<&'a Arc<dyn ProviderFactory>>> {
    match wanted {
        Some(id) => Ok(vec![registry.factory(id)?]),
        None => Ok(registry.factories().collect()),
    }
}

fn with_reasons(capabilities: &Capabilities) -> String {
    let mut text = "| operation | how | why |\n| --- | --- | --- |\n".to_owned();
    for (operation, capability) in capabilities.iter() {
        let why = capability.reason.replace('|', "\\|");
        text.push_str(&format!("| {operation} | {} | {why} |\n", capability.support));
    }
    text
}

fn side_by_side(factories: &[&Arc<dyn ProviderFactory>]) -> String {
    let titles: Vec<_> = factories.iter().map(|factory| factory.title()).collect();
    let rule = " --- |".repeat(titles.len());
    let mut text = format!("| operation | {} |\n| --- |{rule}\n", titles.join(" | "));
    for operation in Operation::ALL {
        let cells: Vec<_> =
            factories.iter().map(|factory| factory.capabilities().support(operation).to_string()).collect();
        text.push_str(&format!("| {operation} | {} |\n", cells.join(" | ")));
    }
    text
}
