//! By what a page is signed, on paper and as a file.

use std::fmt::Write as _;
use std::io;

use maud::{Markup, html};
use sha2::{Digest, Sha256};

/// Sums up the data of a page.
#[derive(Default)]
pub(super) struct Checksum(Sha256);

impl Checksum {
    /// As sixty-four hexadecimal digits.
    pub(super) fn finish(self) -> String {
        self.0.finalize().iter().fold(String::new(), |mut hex, byte| {
            // Writing to a string does not fail.
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }
}

impl io::Write for Checksum {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Room for two signatures, and what they are about.
pub(super) fn signatures(verb: &str, checksum: &str, of_what: Markup) -> Markup {
    html! {
        section #signatures {
            h2 { "Signatures" }
            div.sign {
                @for _ in 0..2 {
                    div { p { b { (verb) } } dl {
                        @for field in ["Name", "Role", "Date", "Signature"] { dt { (field) } dd {} }
                    } }
                }
            }
            p { "SHA-256 of the data of this page: " code.sum { (checksum) } }
            p.m { (of_what) " A printed page and a file that show the same sum show the same data." }
            p.m {
                "The file itself can be signed with a detached signature by any tool, for example "
                code { "ssh-keygen -Y sign -n file -f KEY FILE" }
                ". Whoever changes the file afterwards breaks that signature."
            }
        }
    }
}
