//! Every example runs and says what it promises.

#![allow(clippy::expect_used, reason = "a program that does not start is a failed test")]

use std::process::Command;

fn output(program: &str) -> String {
    let output = Command::new(program).output().expect("the example starts");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    text
}

#[test]
fn support_visit() {
    let text = output(env!("CARGO_BIN_EXE_support_visit"));
    assert!(text.contains("Set the role of sam@vendor.example by hand"), "{text}");
    assert!(text.contains("out, and this is how we know: Listed"), "{text}");
}

#[test]
fn merchant_letter() {
    let text = output(env!("CARGO_BIN_EXE_merchant_letter"));
    assert!(text.starts_with("Subject: "), "{text}");
    assert!(text.contains("sam@vendor.example") && text.contains("[ ] Edit_Orders"), "{text}");
    assert!(text.contains("this takes us out again"), "{text}");
}

#[test]
fn new_token() {
    let text = output(env!("CARGO_BIN_EXE_new_token"));
    assert!(text.contains("after the first command: promoted\nswept: retiring\nswept: done\n"), "{text}");
    assert!(text.contains("served and 0 refused") && !text.contains("\n0 people"), "{text}");
    assert!(text.contains("the old token still works: false"), "{text}");
}

#[test]
fn stolen_laptop() {
    let text = output(env!("CARGO_BIN_EXE_stolen_laptop"));
    assert!(text.contains("sam@vendor.example: ") && text.contains("reviewed: 1 store(s)"), "{text}");
    assert!(text.contains("out of 1 of 1 store(s), 0 of 1 credential(s) dead"), "{text}");
    assert!(text.contains("out of 1 of 1 store(s), 1 of 1 credential(s) dead"), "{text}");
    assert!(text.contains("Sam is inside: false") && text.contains("still works: false"), "{text}");
}
