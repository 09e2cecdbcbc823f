//! What somebody else wrote.

use std::fmt::Write;

use maud::{Escaper, Render};

/// Text that is not ours: escaped, and without a character that hides text, turns it around or is no text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Said<'a>(pub(super) &'a str);

impl Render for Said<'_> {
    fn render_to(&self, page: &mut String) {
        let mut page = Escaper::new(page);
        for c in self.0.chars() {
            // Writing to a string does not fail.
            let _ = match c {
                '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' => page.write_char(' '),
                _ if is_hidden(c) => write!(page, "[U+{:04X}]", u32::from(c)),
                _ if c.is_control() || is_no_character(c) => page.write_char('\u{fffd}'),
                _ => page.write_char(c),
            };
        }
    }
}

/// Whether it turns text around, or is there and cannot be seen. The joiners that words are written with stay.
fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
        | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Unicode keeps these free of meaning, and XML forbids two of them.
fn is_no_character(c: char) -> bool {
    matches!(u32::from(c), 0xfdd0..=0xfdef) || u32::from(c) & 0xfffe == 0xfffe
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        Said(text).render().into_string()
    }

    #[test]
    fn what_hides_or_turns_text_is_seen() {
        assert_eq!(shown("nimda\u{202e}admin"), "nimda[U+202E]admin");
        assert_eq!(shown("a\u{200b}b\u{feff}"), "a[U+200B]b[U+FEFF]");
        assert_eq!(shown("a\u{1b}[31m\u{0}\u{9b}\u{ffff}"), "a\u{fffd}[31m\u{fffd}\u{fffd}\u{fffd}");
        assert_eq!(shown("two\r\nlines"), "two  lines");
    }

    #[test]
    fn it_is_text_and_no_markup() {
        assert_eq!(shown("<b title=\"x\">&"), "&lt;b title=&quot;x&quot;&gt;&amp;");
    }

    #[test]
    fn names_stay_as_they_are_written() {
        for name in ["Zoë Ångström", "نیما می\u{200c}خواهد", "李小龍", "👩\u{200d}💻"] {
            assert_eq!(shown(name), name);
        }
    }
}
