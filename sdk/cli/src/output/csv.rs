//! CSV for spreadsheets.

use std::borrow::Cow;

use guestpass::{Error, ErrorKind, Result};

/// A line of comma-separated values with its end, as [RFC 4180](https://www.rfc-editor.org/rfc/rfc4180) writes it.
pub(crate) fn csv_line<T: AsRef<str>>(cells: impl IntoIterator<Item = T>) -> Result<String> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    for cell in cells {
        writer.write_field(harmless(cell.as_ref()).as_bytes()).map_err(|_| unwritable())?;
    }
    writer.write_record(None::<&[u8]>).map_err(|_| unwritable())?;
    let line = writer.into_inner().map_err(|_| unwritable())?;
    String::from_utf8(line).map_err(|_| unwritable())
}

/// Names come from the platform; a spreadsheet takes a cell that begins like this for a formula.
/// <https://owasp.org/www-community/attacks/CSV_Injection>
fn harmless(cell: &str) -> Cow<'_, str> {
    match cell.chars().next() {
        Some('=' | '+' | '-' | '@' | '\t' | '\r' | '\n') => Cow::Owned(format!("'{cell}")),
        _ => Cow::Borrowed(cell),
    }
}

fn unwritable() -> Error {
    Error::new(ErrorKind::Internal, "a row could not be written as CSV").with_remedy("use --json instead")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_one_cell_and_no_formula() {
        let cells = ["a,b", "say \"hi\"", "two\nlines", "=HYPERLINK(1)", "+1", "-", "plain", ""];
        let line = csv_line(cells).unwrap();
        let expected = "\"a,b\",\"say \"\"hi\"\"\",\"two\nlines\",'=HYPERLINK(1),'+1,'-,plain,\r\n";
        assert_eq!(line, expected);
    }
}
