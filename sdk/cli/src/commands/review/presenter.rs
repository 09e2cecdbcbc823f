//! Shows a review store by store, as it comes: on standard output and in files. Nothing is collected but counts.

use std::collections::HashSet;

use guestpass::review::{Comparison, Review, ReviewId};
use guestpass::{Error, ErrorKind, Result, StoreHandle};

use super::kept::Kept;
use super::lines::{DifferenceLine, DifferenceView, StoreLine, SummaryLine};
use super::rows::Csv;
use super::text;
use crate::args::ShownReview;
use crate::exit::Failure;
use crate::output::{Output, ReviewSummary, ReviewedStoreView, notice};
use crate::page::ReviewPage;

/// What standard output is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Json,
    /// Tables of rows.
    Rows,
    /// What has changed.
    Changes,
    Csv,
}

/// Shows one review.
#[derive(Debug)]
pub(super) struct Presenter<'a> {
    out: &'a mut Output,
    form: Form,
    /// Whether rows without findings are in the tables, too.
    all: bool,
    page: Option<ReviewPage>,
    csv: Option<Csv>,
    shown: HashSet<StoreHandle>,
    /// A row with findings, to show how it is named.
    example: Option<String>,
    /// The first thing that could not be written. The others go on.
    failed: Option<Failure>,
    /// Whether somebody still reads standard output.
    is_read: bool,
}

impl<'a> Presenter<'a> {
    /// Makes room for the files, so that one that cannot be written is found out before anything is sent. `compares` says
    /// whether there is an older review to compare with.
    pub(super) fn open(
        asked: &ShownReview,
        compares: bool,
        out: &'a mut Output,
    ) -> std::result::Result<Self, Failure> {
        let printed = asked.csv.as_deref().is_some_and(Csv::is_printed);
        if printed && (out.is_json() || asked.since.is_some()) {
            let other = if out.is_json() { "--json" } else { "--since" };
            let problem = format!("prints the rows where {other} prints something else");
            return Err(Error::invalid("--csv -", problem, "name a file").into());
        }
        if asked.html.is_some() && asked.html == asked.csv {
            return Err(Error::invalid("--html", "names the same file as --csv", "name two files").into());
        }
        let form = match (out.is_json(), printed, compares) {
            (true, ..) => Form::Json,
            (_, true, _) => Form::Csv,
            (.., true) => Form::Changes,
            (.., false) => Form::Rows,
        };
        let page = asked.html.as_deref().map(ReviewPage::begin).transpose()?;
        let csv = asked.csv.as_deref().map(|path| Csv::begin(path, out)).transpose()?;
        Ok(Self {
            out,
            form,
            all: asked.all,
            page,
            csv,
            shown: HashSet::new(),
            example: None,
            failed: None,
            is_read: true,
        })
    }

    /// Says which review comes.
    pub(super) fn begin(&mut self, review: &Review) {
        if matches!(self.form, Form::Rows | Form::Changes) {
            self.say(|out| out.text(&text::heading(review)));
        }
    }

    /// Shows a store.
    pub(super) fn add(&mut self, handle: &StoreHandle, store: &ReviewedStoreView) {
        self.shown.insert(handle.clone());
        if self.example.is_none() {
            let row = store.rows.iter().find(|row| !row.findings.is_empty());
            self.example = row.map(|row| row.row.clone());
        }
        let all = self.all;
        match self.form {
            Form::Json => self.say(|out| out.document(&StoreLine { store })),
            // That they wait is in the summary; there may be hundreds.
            Form::Rows if store.began_at.is_some() => self.say(|out| out.text(&text::store(store, all))),
            Form::Rows | Form::Changes | Form::Csv => {}
        }
        if let Some(Err(error)) = self.page.as_mut().map(|page| page.add(store)) {
            self.page = None;
            self.fail(too_late(&error));
        }
        if let Some(Err(error)) = self.csv.as_mut().map(|csv| csv.add(store, self.out)) {
            self.csv = None;
            self.fail(match error {
                Failure::Error(error) => too_late(&error),
                unread @ Failure::Output(_) => unread,
            });
        }
    }

    /// Shows what was kept of the stores that were read and not shown yet.
    pub(super) async fn add_read(&mut self, review: &Review, kept: &mut Kept<'_>) -> Result<()> {
        for store in review.stores.iter().filter(|store| store.reading.is_some()) {
            if !self.shown.contains(&store.store) {
                self.add(&store.store, &kept.store(review.id, store).await?);
            }
        }
        Ok(())
    }

    /// Shows the stores that wait.
    pub(super) fn add_waiting(&mut self, review: &Review) {
        for store in &review.stores {
            if !self.shown.contains(&store.store) {
                self.add(&store.store, &ReviewedStoreView::kept(review.id, store));
            }
        }
    }

    /// Shows what has changed since an older review.
    pub(super) async fn compare(
        &mut self,
        older: &Review,
        newer: ReviewId,
        mut comparison: Comparison<'_>,
    ) -> Result<()> {
        if self.form == Form::Changes {
            self.say(|out| out.text(&text::since(older)));
        }
        let (mut same, mut different) = (0_usize, 0_usize);
        while let Some(store) = comparison.next_store().await? {
            let view = DifferenceView::new(older.id, newer, &store);
            if view.is_nothing() {
                same += 1;
                continue;
            }
            different += 1;
            match self.form {
                Form::Json => self.say(|out| out.document(&DifferenceLine { difference: &view })),
                _ => self.say(|out| out.text(&text::difference(&view))),
            }
        }
        if self.form == Form::Changes {
            self.say(|out| out.text(&text::as_before(same, different)));
        }
        Ok(())
    }

    /// Puts the files in their places, and says how it stands.
    pub(super) fn finish(mut self, summary: &ReviewSummary) -> std::result::Result<(), Failure> {
        if let Some(Err(error)) = self.page.take().map(|page| page.finish(summary)) {
            self.fail(too_late(&error));
        }
        if let Some(Err(error)) = self.csv.take().map(Csv::finish) {
            self.fail(too_late(&error));
        }
        let example = self.example.take();
        match self.form {
            Form::Json => self.say(|out| out.document(&SummaryLine { summary })),
            Form::Rows | Form::Changes => {
                self.say(|out| out.text(&text::summary(summary, example.as_deref())))
            }
            Form::Csv => notice(&text::in_short(summary)),
        }
        self.failed.map_or(Ok(()), Err)
    }

    fn say(&mut self, what: impl FnOnce(&mut Output) -> std::io::Result<()>) {
        if self.is_read
            && let Err(error) = what(self.out)
        {
            self.is_read = false;
            self.fail(error.into());
        }
    }

    fn fail(&mut self, failure: Failure) {
        self.failed.get_or_insert(failure);
    }
}

/// What fails when stores were read already is no bad usage: that would mean that nothing was sent.
fn too_late(error: &Error) -> Failure {
    Error::new(ErrorKind::Internal, error.message())
        .with_remedy("the review itself is kept: `guestpass review show` writes its files again")
        .into()
}
