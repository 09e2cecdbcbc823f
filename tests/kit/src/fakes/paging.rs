//! Pages of a list behind opaque cursors, honest or not.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

/// How a listing lies.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Lies {
    /// The first page is empty although more pages follow.
    pub empty_first: bool,
    /// Each page begins with the last item of the page before.
    pub repeats: bool,
    /// Every page is followed by another one, behind the same cursor.
    pub circles: bool,
}

/// A page: which items it shows, and what it says of the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// Where the page would begin without repeating anything.
    pub from: usize,
    /// The first item shown.
    pub first: usize,
    /// How many are shown.
    pub shown: usize,
    /// Where the next page begins.
    pub end: usize,
    /// Whether another page follows.
    pub has_next: bool,
}

/// The page of `size` items after the cursor at `after`, of a list of `total`.
#[must_use]
pub fn page(total: usize, size: usize, after: Option<usize>, lies: Lies) -> Page {
    let empty = lies.empty_first && after.is_none();
    let from = if lies.circles { 0 } else { after.unwrap_or(0).min(total) };
    let repeated = usize::from(lies.repeats && from > 0);
    let first = from - repeated;
    let room = if empty { 0 } else { size.max(repeated + 1) };
    let shown = room.min(total - first);
    let end = (first + shown).max(from);
    let end = if lies.circles { 0 } else { end };
    Page { from, first, shown, end, has_next: lies.circles || empty || end < total }
}

/// The cursor of a place. Opaque to clients: the second number means nothing, so that nobody can count on the first.
#[must_use]
pub fn cursor(offset: usize) -> String {
    STANDARD.encode(json!([offset, 1_724_438_389_u64]).to_string())
}

/// The place of a cursor, if it is one.
#[must_use]
pub fn offset(cursor: &str) -> Option<usize> {
    let decoded = STANDARD.decode(cursor).ok()?;
    let (offset, _) = serde_json::from_slice::<(usize, u64)>(&decoded).ok()?;
    Some(offset)
}
