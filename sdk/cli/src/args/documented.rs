//! Every command line that people read can be given: those of the pages, of the helps, and of what the program says.

mod written;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};

use self::written::{Written, in_page, in_prose, in_shell};
use super::Cli;

/// What is wrong with it, if anything is.
fn fault(line: &Written) -> Option<String> {
    let error = Cli::try_parse_from(&line.words).err()?;
    let is_short = matches!(
        error.kind(),
        ErrorKind::MissingRequiredArgument
            | ErrorKind::MissingSubcommand
            | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
    );
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => None,
        _ if is_short && line.may_be_short => None,
        _ => {
            let why = error.to_string();
            Some(format!("{}: {}\n    {}", line.place, line.words.join(" "), why.lines().next()?))
        }
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Every page that people read, by its path from the root.
fn pages() -> Vec<String> {
    let mut pages = vec!["README.md".to_owned(), "CONTRIBUTING.md".to_owned()];
    for folder in ["docs", "docs/guide", "docs/platforms", "docs/decisions"] {
        for entry in fs::read_dir(root().join(folder)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            if name.ends_with(".md") {
                pages.push(format!("{folder}/{name}"));
            }
        }
    }
    for entry in fs::read_dir(root().join("providers")).unwrap() {
        pages.push(format!("providers/{}/README.md", entry.unwrap().file_name().into_string().unwrap()));
    }
    pages.sort();
    pages
}

fn check(lines: &[Written]) {
    let faults: Vec<_> = lines.iter().filter_map(fault).collect();
    assert!(faults.is_empty(), "these cannot be given:\n{}", faults.join("\n"));
}

#[test]
fn every_command_line_of_the_pages_can_be_given() {
    let mut lines = Vec::new();
    for page in pages() {
        lines.extend(in_page(&page, &fs::read_to_string(root().join(&page)).unwrap()));
    }
    for page in ["README.md", "docs/cli.md", "docs/guide/rotation.md", "docs/platforms/shopify.md"] {
        assert!(lines.iter().any(|line| line.place.file == page), "{page} has some");
    }
    assert!(lines.len() > 60, "{}", lines.len());
    check(&lines);
}

#[test]
fn every_command_line_of_the_helps_can_be_given() {
    let mut lines = Vec::new();
    let mut without = BTreeSet::new();
    collect(&mut Cli::command(), "guestpass", &mut lines, &mut without);
    assert!(without.is_empty(), "they show no example: {without:?}");
    assert!(lines.len() > 60, "{}", lines.len());
    check(&lines);
}

#[test]
fn every_command_line_that_the_program_says_can_be_given() {
    let mut lines = Vec::new();
    for folder in ["sdk", "providers"] {
        for entry in fs::read_dir(root().join(folder)).unwrap() {
            said_in(&entry.unwrap().path().join("src"), &mut lines);
        }
    }
    assert!(lines.len() > 40, "{}", lines.len());
    check(&lines);
}

/// What stands between backticks in texts and comments of a folder.
fn said_in(folder: &Path, lines: &mut Vec<Written>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let file = path.display().to_string();
        if path.is_dir() {
            said_in(&path, lines);
        } else if file.ends_with(".rs") && !file.ends_with("args/documented.rs") {
            lines.extend(in_prose(&file, 1, &fs::read_to_string(&path).unwrap()));
        }
    }
}

/// The examples of a command and of those below it, and what its help says in between.
fn collect(
    command: &mut clap::Command,
    name: &str,
    lines: &mut Vec<Written>,
    without: &mut BTreeSet<String>,
) {
    let place = format!("{name} --help");
    let after = command.get_after_long_help().map(ToString::to_string).unwrap_or_default();
    let examples = examples(&place, &after);
    let has_commands = command.get_subcommands().next().is_some();
    if examples.is_empty() && !has_commands {
        without.insert(name.to_owned());
    }
    lines.extend(examples);
    lines.extend(in_prose(&place, 1, &command.render_long_help().to_string()));
    for below in command.get_subcommands_mut().filter(|below| below.get_name() != "help") {
        let name = format!("{name} {}", below.get_name());
        collect(below, &name, lines, without);
    }
}

/// What stands behind `Example:`, and below it as far to the right.
fn examples(place: &str, text: &str) -> Vec<Written> {
    const LABEL: &str = "Example:  ";
    let mut found = Vec::new();
    let mut is_example = false;
    for (number, line) in (1..).zip(text.lines()) {
        let example = match line.strip_prefix(LABEL) {
            Some(first) => Some(first),
            None if is_example => line.strip_prefix(&" ".repeat(LABEL.len())),
            None => None,
        };
        is_example = example.is_some();
        if let Some(example) = example {
            let commands = in_shell(place, number, example);
            assert!(!commands.is_empty(), "{place}: no command line: {example}");
            found.extend(commands);
        }
    }
    found
}

#[test]
fn what_is_no_command_line_is_not_taken_for_one() {
    let page = "guestpass is here. `guestpass` too, and guestpass remove is prose.\n\n```toml\nkey = \"x\" # guestpass nothing\n```\n\
                A lonely ` mark.\n\n```json\n{\"a\":\"guestpass x\"}\n```\n\n```sh\necho guestpass nothing\ncargo test -p guestpass-cli -- nothing\n```\n";
    assert_eq!(in_page("x.md", page), Vec::new());
}

#[test]
fn command_lines_are_found_where_they_stand() {
    let page = "Say `guestpass\nsteps`, or `guestpass review decide ROW keep\\|revoke`.\n\n  ```sh\n  $ A=1 guestpass list acme > out.txt 2>&1 | jq . # all\n  \
                guestpass rotate \\\n    --resume ID; target/debug/guestpass stores\n  cargo run -p guestpass-cli -- demo\n  ```\n";
    let found: Vec<_> = in_page("x.md", page)
        .into_iter()
        .map(|it| (it.place.line, it.words[1..].join(" "), it.may_be_short))
        .collect();
    let id = "01935c2e-7f2a-7b61-8c9d-0d0f3f6a1b2c";
    assert_eq!(
        found,
        [
            (1, "steps".to_owned(), true),
            (2, "review decide ROW keep".to_owned(), true),
            (5, "list acme".to_owned(), false),
            (6, format!("rotate --resume {id}"), false),
            (6, "stores".to_owned(), false),
            (8, "demo".to_owned(), false),
        ]
    );
}

#[test]
fn a_wrong_option_is_a_fault_that_says_where() {
    let page = "\n```sh\nguestpass list acme --frsh\nguestpass steps done\n```\nIt is `guestpass steps done`, not `guestpass steps did`.\n";
    let faults: Vec<_> = in_page("x.md", page).iter().filter_map(fault).collect();
    assert_eq!(faults.len(), 3, "{faults:?}");
    assert!(
        faults[0].starts_with("x.md:3: guestpass list acme --frsh") && faults[0].contains("--frsh"),
        "{faults:?}"
    );
    assert!(faults[1].starts_with("x.md:4: ") && faults[2].starts_with("x.md:6: "), "{faults:?}");
}
