//! Every conformance case on every platform, as a table without empty cells.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a set-up that fails is a failed test")]

use std::fmt::Write as _;

use guestpass::Support;
use guestpass_suite::{Column, columns};
use guestpass_testkit::conformance::{Case, cases};

/// Runs a case; gives how the platform fulfils it, or that it does not.
async fn cell((_, make): Column, case: Case) -> &'static str {
    let subject = make().await.unwrap();
    let fulfilled = match subject.support(case.about) {
        Support::Native | Support::Emulated => "pass",
        Support::Manual => "manual",
        _ => "refusal",
    };
    match tokio::task::spawn(async move { case.run(subject).await }).await {
        Ok(()) => fulfilled,
        Err(_) => "FAILED",
    }
}

#[tokio::test]
async fn every_case_holds_on_every_platform() {
    let columns = columns();
    let headings: Vec<_> = columns.iter().map(|(heading, _)| *heading).collect();
    let mut table =
        format!("| case | {} |\n| --- |{}\n", headings.join(" | "), " --- |".repeat(headings.len()));
    for case in cases() {
        let mut row = Vec::new();
        for column in &columns {
            row.push(cell(*column, case).await);
        }
        writeln!(table, "| {} | {} |", case.name.replace('_', " "), row.join(" | ")).unwrap();
    }
    let path = concat!(env!("CARGO_TARGET_TMPDIR"), "/coverage.md");
    std::fs::write(path, &table).unwrap();
    println!("{table}");
    assert!(!table.contains("FAILED"), "{table}");
}
