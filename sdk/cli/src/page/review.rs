//! The page of a review.

mod closing;
mod fragments;
mod spool;
mod summary;

use std::io::{self, Write};
use std::path::Path;

use guestpass::Result;
use maud::{Markup, html};

use self::fragments::Fragments;
use self::spool::{Part, Spool};
use self::summary::Counted;
use super::document::{self, Section};
use super::signing::Checksum;
use crate::output::{ResultFile, ReviewSummary, ReviewedStoreView, moment};

const SECTIONS: [Section; 6] = [
    ("summary", "In numbers"),
    ("gaps", "What is not complete"),
    ("look", "What somebody should look at"),
    ("everybody", "Everybody, store by store"),
    ("words", "How to decide, and what the words mean"),
    ("signatures", "Signatures"),
];

/// Is written store by store, and is whole when it is finished. What stands in it waits in a file; only counts and places
/// are kept in memory.
#[derive(Debug)]
pub(crate) struct ReviewPage {
    file: ResultFile,
    spool: Spool,
    counted: Counted,
    /// A row with findings, to show how one is decided.
    example: Option<String>,
}

impl ReviewPage {
    /// Begins a page that will be in this file.
    pub(crate) fn begin(path: &Path) -> Result<Self> {
        let file = ResultFile::create(path)?;
        let spool = Spool::beside(path).map_err(|error| file.failed(&error))?;
        Ok(Self { file, spool, counted: Counted::default(), example: None })
    }

    /// Adds a store.
    pub(crate) fn add(&mut self, store: &ReviewedStoreView) -> Result<()> {
        self.counted.add(store);
        if self.example.is_none() {
            let found = store.rows.iter().find(|row| !row.findings.is_empty());
            self.example = found.map(|row| row.row.clone());
        }
        let added = Fragments::of(store).and_then(|fragments| self.spool.add(store, &fragments));
        added.map_err(|error| self.file.failed(&error))
    }

    /// Puts the page in its place.
    pub(crate) fn finish(self, review: &ReviewSummary) -> Result<()> {
        let Self { mut file, mut spool, counted, example } = self;
        let written = write(&mut file, &mut spool, &counted, example.as_deref(), review);
        written.map_err(|error| file.failed(&error))?;
        file.finish()
    }
}

fn write(
    file: &mut ResultFile,
    spool: &mut Spool,
    counted: &Counted,
    example: Option<&str>,
    review: &ReviewSummary,
) -> io::Result<()> {
    let title = format!("Access review {}", review.mark);
    let sheet = format!("{title} - {}", moment(review.began_at));
    put(file, &document::begin(&title, &sheet))?;
    file.write_all(b"<main>")?;
    put(file, &summary::heading(&title, review, counted))?;
    put(file, &document::contents(&SECTIONS))?;
    put(file, &summary::numbers(review))?;

    file.write_all(b"<section id=\"gaps\"><h2>What is not complete</h2>")?;
    if counted.gaps == 0 {
        put(file, &html! { p { "Nothing: everybody was listed on every store of this page." } })?;
    } else {
        file.write_all(summary::gaps_begin(counted).as_bytes())?;
        spool.copy_by_name(Part::Gap, file)?;
        file.write_all(b"</tbody></table>")?;
    }
    file.write_all(b"</section>")?;

    put_rows(file, spool, counted)?;
    put(file, &closing::how_to_decide(example, &review.mark))?;
    let mut checksum = Checksum::default();
    spool.copy_by_name(Part::Data, &mut checksum)?;
    put(file, &closing::signatures(&checksum.finish(), &review.mark))?;
    file.write_all(b"</main>")?;
    put(file, &document::end())
}

fn put_rows(file: &mut ResultFile, spool: &mut Spool, counted: &Counted) -> io::Result<()> {
    file.write_all(b"<section id=\"look\"><h2>What somebody should look at</h2>")?;
    if counted.rows_with_findings == 0 {
        put(file, &html! { p { "No row has findings." } })?;
    } else {
        file.write_all(fragments::look_begin(counted).as_bytes())?;
        spool.copy_worst_first(Part::Look, file)?;
        file.write_all(b"</table>")?;
    }
    file.write_all(b"</section><section id=\"everybody\"><h2>Everybody, store by store</h2>")?;
    if counted.stores == 0 {
        put(file, &html! { p { "There are no stores." } })?;
    } else {
        file.write_all(fragments::everybody_begin(counted).as_bytes())?;
        spool.copy_by_name(Part::Everybody, file)?;
        file.write_all(b"</table>")?;
    }
    file.write_all(b"</section>")
}

fn put(file: &mut ResultFile, markup: &Markup) -> io::Result<()> {
    file.write_all(markup.0.as_bytes())
}
