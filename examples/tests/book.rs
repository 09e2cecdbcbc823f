//! The page "Adding a provider" quotes the example as it is.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "all of this is tests, the helpers as well")]

use std::fs;
use std::path::Path;

const PAGE: &str = include_str!("../../docs/adding-a-provider.md");

/// The lines of every source file of the example, without their indentation.
fn sources() -> Vec<Vec<String>> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = ["marketstall/src", "marketstall/tests", "marketstall-fake/src", "src/bin"];
    let files = folders.iter().flat_map(|folder| fs::read_dir(here.join(folder)).expect(folder));
    files.map(|file| lines(&fs::read_to_string(file.unwrap().path()).unwrap())).collect()
}

/// The pieces that a quotation consists of; `// …` stands for what is left out.
fn pieces() -> Vec<Vec<String>> {
    let quotations =
        PAGE.split("```rust,ignore\n").skip(1).map(|rest| rest.split("```").next().unwrap_or_default());
    quotations.flat_map(|quotation| quotation.split("// …\n")).map(lines).collect()
}

fn lines(text: &str) -> Vec<String> {
    text.trim().lines().map(|line| line.trim().to_owned()).collect()
}

#[test]
fn every_quotation_is_in_the_example() {
    let (sources, pieces) = (sources(), pieces());
    assert!(pieces.len() > 10, "the page quotes the example");
    for piece in pieces {
        let quoted = |source: &Vec<String>| source.windows(piece.len()).any(|window| window == piece);
        assert!(sources.iter().any(quoted), "not in the example:\n{}", piece.join("\n"));
    }
}
