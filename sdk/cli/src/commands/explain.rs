//! `guestpass explain`

use std::io;

use guestpass::explain::{Explanation, Standing};
use serde::Serialize;

use super::known;
use crate::args::ExplainArgs;
use crate::exit::{Exit, Outcome};
use crate::output::{Output, explanation_text, is_unremarkable};
use crate::progress::Progress;
use crate::session::Session;

#[derive(Serialize)]
struct Line<'a> {
    explanation: &'a Explanation,
}

#[derive(Serialize)]
struct End<'a> {
    summary: &'a Summary,
}

#[derive(Serialize)]
struct Summary {
    person: String,
    stores: usize,
    #[serde(rename = "in")]
    inside: usize,
    not_in: usize,
    unknown: usize,
}

/// Says why somebody can get in, or cannot.
pub(crate) async fn run(args: &ExplainArgs, session: &Session, out: &mut Output) -> Outcome {
    let ledger = session.ledger().await?;
    let person = known::person(&args.person, session, ledger.as_ref()).await?;
    let explainer = session.explainer().await?;
    let mut told = Told {
        summary: Summary { person: person.to_string(), stores: 0, inside: 0, not_in: 0, unknown: 0 },
        // Who asks about one store wants to hear of it, whatever there is to say.
        everything: args.store.is_some(),
        quiet: 0,
        blind: 0,
        written: Ok(()),
        bar: None,
        out,
    };
    if let Some(store) = &args.store {
        let store = known::store(store, session, ledger.as_ref()).await?;
        let bar = session.progress(format!("looking at {store}"));
        let explanation = explainer.store(&person, &store, &session.call()).await?;
        drop(bar);
        told.tell(&explanation);
    } else {
        let stores = session.config().store_names().count();
        told.bar = Some(session.counting(format!("looking for {person} everywhere"), stores));
        // The time that a command may take is for one store.
        let several = u32::try_from(stores.max(1)).unwrap_or(u32::MAX);
        let cx = session.call().with_timeout(session.timeout().saturating_mul(several));
        explainer.everywhere(&person, &cx, |explanation| told.tell(&explanation)).await?;
    }
    told.finish()
}

/// Tells of stores as they are read.
struct Told<'a> {
    summary: Summary,
    everything: bool,
    /// Stores where they are not inside and never had a grant.
    quiet: usize,
    /// Stores where nobody can look and where they never had a grant.
    blind: usize,
    written: io::Result<()>,
    bar: Option<Progress>,
    out: &'a mut Output,
}

impl Told<'_> {
    fn tell(&mut self, explanation: &Explanation) {
        if let Some(bar) = &self.bar {
            bar.one_more();
        }
        self.summary.stores += 1;
        match explanation.standing {
            Standing::In => self.summary.inside += 1,
            Standing::NotIn => self.summary.not_in += 1,
            _ => self.summary.unknown += 1,
        }
        // The reader may be gone; then nothing more is written, and the end says so.
        if self.written.is_ok() {
            self.written = self.show(explanation);
        }
    }

    fn show(&mut self, explanation: &Explanation) -> io::Result<()> {
        if self.out.is_json() {
            return self.out.document(&Line { explanation });
        }
        if !self.everything && is_unremarkable(explanation) {
            match explanation.standing {
                Standing::NotIn => self.quiet += 1,
                _ => self.blind += 1,
            }
            return Ok(());
        }
        self.out.text(&explanation_text(explanation))
    }

    fn finish(mut self) -> Outcome {
        self.bar = None;
        self.written?;
        if self.out.is_json() {
            self.out.document(&End { summary: &self.summary })?;
            return Ok(Exit::Done);
        }
        if self.quiet > 0 {
            self.out.text(&format!("Not inside, and never had a grant: {} store(s)", self.quiet))?;
        }
        if self.blind > 0 {
            self.out.text(&format!("Never had a grant, and nobody can look: {} store(s)", self.blind))?;
        }
        if !self.everything {
            let Summary { person, stores, inside, not_in, unknown } = &self.summary;
            self.out.text(&format!(
                "{person} on {stores} store(s): can get in on {inside}, cannot on {not_in}, not known on {unknown}"
            ))?;
        }
        Ok(Exit::Done)
    }
}
