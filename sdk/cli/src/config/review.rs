//! What reviews find, and how often sweeps look for drift.

use std::time::Duration;

use guestpass::Result;
use guestpass::review::ReviewRules;
use toml::Spanned;

use super::file::ReviewTable;
use super::source::Source;
use crate::duration;

/// How often sweeps look at a store for drift, unless the file says otherwise.
const DRIFT_EVERY: Duration = Duration::from_secs(24 * 3600);
/// What switches the looks off.
const NEVER: &str = "never";

/// How reviews and sweeps look.
#[derive(Debug)]
pub(crate) struct Looking {
    /// What reviews find.
    pub(crate) rules: ReviewRules,
    /// How often sweeps look at a store for drift; `None` if never.
    pub(crate) drift_every: Option<Duration>,
}

impl Default for Looking {
    fn default() -> Self {
        Self { rules: ReviewRules::default(), drift_every: Some(DRIFT_EVERY) }
    }
}

/// Reads `[review]`.
pub(super) fn read(table: &ReviewTable, source: &Source) -> Result<Looking> {
    let mut looking = Looking::default();
    if let Some(text) = &table.dormant_after {
        looking.rules = looking.rules.dormant_after(length("dormant_after", text, source)?);
    }
    if let Some(text) = &table.drift_every {
        let never = text.get_ref() == NEVER;
        looking.drift_every = if never { None } else { Some(length("drift_every", text, source)?) };
    }
    Ok(looking)
}

fn length(name: &str, text: &Spanned<String>, source: &Source) -> Result<Duration> {
    duration::parse(text.get_ref()).ok_or_else(|| {
        let or_never = if name == "drift_every" { ", or never" } else { "" };
        let remedy = format!("write for example {}{or_never}", duration::FORM);
        source.fault(text.span(), &format!("`{name}` is no length of time"), remedy)
    })
}
