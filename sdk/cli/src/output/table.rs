//! Tables for people.

use std::io::IsTerminal;

use comfy_table::{ColumnConstraint, ContentArrangement, Width, presets};

/// On a terminal with fewer columns, a table must do with few of its own.
const NARROW: u16 = 120;

/// A table with a heading line.
#[derive(Debug)]
pub(crate) struct Table(comfy_table::Table);

impl Table {
    /// A table of these columns.
    pub(crate) fn new<const N: usize>(heading: [&str; N]) -> Self {
        let mut table = comfy_table::Table::new();
        table.load_style(presets::NOTHING);
        // On a terminal long cells are wrapped; in a pipe each row stays on its line, for grep.
        match terminal_width() {
            Some(width) => table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width),
            None => table.set_content_arrangement(ContentArrangement::Disabled),
        };
        table.set_header(heading.map(str::to_uppercase));
        Self(table)
    }

    /// Whether there is little room, so that a table must do with few columns. In a pipe there is as much as it takes.
    pub(crate) fn is_narrow() -> bool {
        terminal_width().is_some_and(|width| width < NARROW)
    }

    /// Keeps room for so many characters in these columns, so that no date is broken.
    pub(crate) fn with_room(mut self, columns: impl IntoIterator<Item = usize>, characters: u16) -> Self {
        for column in columns {
            if let Some(column) = self.0.column_mut(column) {
                let padded = characters.saturating_add(2);
                column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(padded)));
            }
        }
        self
    }

    /// Adds a row.
    pub(crate) fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.0.add_row(cells);
    }
}

impl std::fmt::Display for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for line in self.0.lines() {
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

fn terminal_width() -> Option<u16> {
    let stdout = std::io::stdout();
    if !stdout.is_terminal() {
        return None;
    }
    terminal_size::terminal_size_of(stdout).map(|(width, _)| width.0)
}
