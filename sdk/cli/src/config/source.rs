//! The text of the configuration, and how its mistakes are pointed at.

use std::fs::File;
use std::io::Read;
use std::ops::Range;
use std::path::{Path, PathBuf};

use guestpass::{Error, ErrorKind, Result};
use toml::{Spanned, Value};

const LARGEST_FILE: u64 = 1 << 20;

/// The text of a configuration and where it came from.
#[derive(Debug)]
pub(super) struct Source {
    path: PathBuf,
    text: String,
}

impl Source {
    pub(super) fn new(path: &Path, text: String) -> Self {
        Self { path: path.to_owned(), text }
    }

    pub(super) fn read(path: &Path) -> Result<Self> {
        let fault = |problem: String, remedy: &str| {
            Error::new(ErrorKind::Config, format!("{}: {problem}", path.display())).with_remedy(remedy)
        };
        let unreadable = |error: std::io::Error| {
            fault(
                format!("the configuration cannot be read: {}", error.kind()),
                "name a readable file with --config",
            )
        };
        let mut bytes = Vec::new();
        let file = File::open(path).map_err(unreadable)?;
        file.take(LARGEST_FILE + 1).read_to_end(&mut bytes).map_err(unreadable)?;
        if bytes.len() as u64 > LARGEST_FILE {
            let problem = format!("the configuration is larger than {LARGEST_FILE} bytes");
            return Err(fault(problem, "name the right file with --config"));
        }
        let text = String::from_utf8(bytes)
            .map_err(|_| fault("the configuration is not UTF-8 text".into(), "save it as UTF-8"))?;
        Ok(Self::new(path, text))
    }

    pub(super) fn whole(&self) -> &str {
        &self.text
    }

    /// `file:line:column` of a byte offset, both counted from one.
    pub(super) fn place(&self, span: Range<usize>) -> String {
        let before = self.text.get(..span.start).unwrap_or(&self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        format!("{}:{line}:{column}", self.path.display())
    }

    /// A mistake at a place.
    pub(super) fn fault(&self, span: Range<usize>, problem: &str, remedy: impl Into<String>) -> Error {
        Error::new(ErrorKind::Config, format!("{}: {problem}", self.place(span))).with_remedy(remedy)
    }

    /// The text of a setting.
    pub(super) fn text(&self, key: &Spanned<String>, value: &Spanned<Value>) -> Result<String> {
        match value.get_ref() {
            Value::String(text) => Ok(text.clone()),
            other => {
                let problem = format!("`{}` is of the kind {}, not text", key.get_ref(), other.type_str());
                Err(self.fault(value.span(), &problem, "write it in quotes"))
            }
        }
    }

    /// What the TOML reader found. Only its first words are used: it would quote the line, and a value that does not
    /// fit, and either may hold a secret.
    pub(super) fn syntax(&self, error: &toml::de::Error) -> Error {
        let message = without_values(&error.message().split_whitespace().collect::<Vec<_>>().join(" "));
        self.fault(error.span().unwrap_or_default(), &message, "correct this place in the file")
    }

    /// An error about one of our own values, at its place.
    pub(super) fn located(&self, span: Range<usize>, field: &str, error: &Error) -> Error {
        self.fault(span, &format!("`{field}`: {}", error.message()), error.remedy())
    }
}

/// serde writes `invalid type: string "the value", expected …`.
fn without_values(message: &str) -> String {
    match (message.find('"'), message.rfind('"')) {
        (Some(first), Some(last)) if first < last => {
            let (start, end) =
                (message.get(..first).unwrap_or_default(), message.get(last + 1..).unwrap_or_default());
            format!("{}{end}", start.trim_end())
        }
        _ => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_as_an_editor_does() {
        let source = Source::new(Path::new("x.toml"), "a = 1\nü = \"b\"\n".into());
        assert_eq!(source.place(0..1), "x.toml:1:1");
        assert_eq!(source.place(6..8), "x.toml:2:1");
        assert_eq!(source.place(11..12), "x.toml:2:5");
        assert_eq!(source.place(999..1000), "x.toml:3:1");
    }

    #[test]
    fn values_are_cut_out() {
        let message = "invalid type: string \"hush \" hush\", expected a boolean";
        assert_eq!(without_values(message), "invalid type: string, expected a boolean");
        assert_eq!(without_values("unknown field `x`"), "unknown field `x`");
    }
}
