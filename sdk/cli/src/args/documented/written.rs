//! Command lines where people read them: in pages and in helps.

use std::fmt;

/// Any id.
const ID: &str = "01935c2e-7f2a-7b61-8c9d-0d0f3f6a1b2c";
const NAME: &str = "guestpass";
/// What may stand before a command.
const BEFORE: [&str; 12] =
    ["$", "if", "while", "until", "do", "then", "else", "!", "sudo", "env", "exec", "time"];
const BETWEEN: [&str; 5] = ["|", "||", "&&", "&", ";"];

/// A command line, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) place: Place,
    /// The program and what follows it.
    pub(super) words: Vec<String>,
    /// Whether it may leave things out, as `guestpass steps done` in the middle of a sentence does.
    pub(super) may_be_short: bool,
}

/// A page and a line of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) file: String,
    pub(super) line: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// Those of a Markdown page: in its blocks for a shell, and in code in the middle of a line.
pub(super) fn in_page(file: &str, text: &str) -> Vec<Written> {
    let mut found = Vec::new();
    let mut prose = String::new();
    let mut shell = String::new();
    let mut block: Option<&str> = None;
    let mut shell_begins = 0;
    for (number, line) in (1..).zip(text.lines()) {
        if let Some(rest) = line.trim_start().strip_prefix("```") {
            if block.take().is_none() {
                (block, shell_begins) = (Some(rest.trim()), number + 1);
            } else {
                found.extend(in_shell(file, shell_begins, &std::mem::take(&mut shell)));
            }
        } else if matches!(block, Some("sh" | "bash" | "console" | "shell")) {
            shell.push_str(line);
            shell.push('\n');
        } else {
            prose.push_str(line);
        }
        // So that lines are counted as they stand in the page.
        prose.push('\n');
    }
    found.extend(in_prose(file, 1, &prose));
    found.sort_by_key(|it| it.place.line);
    found
}

/// Those of lines for a shell.
pub(super) fn in_shell(file: &str, begins: usize, text: &str) -> Vec<Written> {
    let mut found = Vec::new();
    let mut whole = String::new();
    let mut line = begins;
    for (number, part) in (begins..).zip(text.lines()) {
        if whole.is_empty() {
            line = number;
        }
        if let Some(part) = part.strip_suffix('\\') {
            whole.push_str(part);
            continue;
        }
        whole.push_str(part);
        let place = Place { file: file.to_owned(), line };
        found.extend(commands(&place, &std::mem::take(&mut whole), false));
    }
    found
}

/// Those that stand between backticks. Everything else is about the program, and is none.
pub(super) fn in_prose(file: &str, begins: usize, text: &str) -> Vec<Written> {
    let mut found = Vec::new();
    // Code does not go beyond its paragraph, so a backtick without another one spoils no more than that.
    let mut line = begins;
    for paragraph in text.split_inclusive("\n\n") {
        for (number, code) in paragraph.split('`').enumerate() {
            let follows = code.strip_prefix(NAME).filter(|rest| rest.starts_with(char::is_whitespace));
            if number % 2 == 1 && follows.is_some() {
                // In a table, a bar is written with a stroke before it.
                let code = code.replace("\\|", "|").replace("\\\n", " ").replace('\n', " ");
                let place = Place { file: file.to_owned(), line };
                found.extend(commands(&place, &without_braces(&code), true));
            }
            line += code.matches('\n').count();
        }
    }
    found
}

/// With an id where a program fills something in: `{id}`.
fn without_braces(code: &str) -> String {
    let mut parts = code.split('{');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        text.push_str(ID);
        text.push_str(part.split_once('}').map_or(part, |(_, rest)| rest));
    }
    text
}

/// The calls of the program in a line for a shell.
fn commands(place: &Place, line: &str, may_be_short: bool) -> Vec<Written> {
    let Some(words) = shlex::split(&line.replace("; ", " ; ")) else {
        // A line that no shell reads is not for one, unless it is about us.
        assert!(!line.contains("guestpass "), "{place}: a quote is open: {line}");
        return Vec::new();
    };
    let parts = words.split(|word| BETWEEN.contains(&word.as_str()));
    let calls = parts.filter_map(|words| call(words.to_vec()));
    calls.map(|words| Written { place: place.clone(), words, may_be_short }).collect()
}

/// The call, if it is one of the program.
fn call(words: Vec<String>) -> Option<Vec<String>> {
    let sets = |word: &String| word.split_once('=').is_some_and(|(name, _)| !name.starts_with('-'));
    let mut words = words.into_iter().skip_while(|word| BEFORE.contains(&word.as_str()) || sets(word));
    let program = words.next()?;
    let rest: Vec<String> = match program.rsplit('/').next() {
        Some(NAME) => words.collect(),
        Some("cargo") => {
            let words: Vec<_> = words.collect();
            let runs = |name: &str| words.iter().any(|word| word == name);
            (runs("run") && runs("guestpass-cli")).then_some(())?;
            let after = words.iter().position(|word| word == "--")?;
            words.into_iter().skip(after + 1).collect()
        }
        _ => return None,
    };
    Some([NAME.to_owned()].into_iter().chain(filled_in(rest)).collect())
}

/// Without what only the shell reads, and with something in place of what is to be filled in.
fn filled_in(words: Vec<String>) -> impl Iterator<Item = String> {
    let mut is_file = false;
    let words = words.into_iter().filter(move |word| {
        if std::mem::take(&mut is_file) {
            return false;
        }
        let redirection = word.trim_start_matches(|c: char| c.is_ascii_digit() || c == '&');
        let Some(file) = redirection.strip_prefix(['>', '<']) else { return true };
        is_file = file.trim_start_matches(['>', '&']).is_empty();
        false
    });
    words.map(|word| {
        match word.as_str() {
            "ID" => ID.to_owned(),
            "N" => "3".to_owned(),
            "SHELL" => "bash".to_owned(),
            // One of several: any of them.
            word => word.split('|').next().unwrap_or(word).to_owned(),
        }
    })
}
