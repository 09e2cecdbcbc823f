//! What several pages are made of.

use guestpass::{Instruction, Link, ManualStep, StepCheck, Timestamp};
use maud::{Markup, html};

use super::said::Said;
use crate::output::{Who, moment};

/// More words than these are folded on a screen; paper shows all of them.
pub(super) const MOST_WORDS: usize = 6;

/// A time, or a dash.
pub(super) fn time(at: Option<Timestamp>) -> Markup {
    html! { @match at { Some(at) => span.t { (moment(at)) }, None => "–" } }
}

/// Somebody, and whether anybody made sure that it was them.
pub(super) fn who(who: &Who) -> Markup {
    html! { (Said(who.name())) @if who.is_authenticated() { " (authenticated)" } @else { " (as stated)" } }
}

/// Words as the platform writes them.
pub(super) fn words(words: &[String], what: &str) -> Markup {
    let all = html! {
        @for (index, word) in words.iter().enumerate() { @if index > 0 { ", " } (Said(word)) }
    };
    html! {
        @if words.len() > MOST_WORDS {
            details { summary { (words.len()) " " (what) } (all) }
        } @else { (all) }
    }
}

/// Where to click. Only what a browser may open without harm is a link; anything else is text.
pub(super) fn link(link: &Link) -> Markup {
    html! {
        @if is_web(&link.url) { a.u href=(Said(&link.url)) rel="noreferrer noopener" { (Said(&link.url)) } }
        @else { span.u { (Said(&link.url)) } }
        @if !link.verified { " (address not verified)" }
    }
}

fn is_web(address: &str) -> bool {
    let parsed = url::Url::parse(address);
    parsed.is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

/// All of what a human must do.
pub(super) fn step(step: &ManualStep) -> Markup {
    html! {
        @if !step.reason.is_empty() { p.m { "Why by hand: " (Said(&step.reason)) } }
        @if !step.instructions.is_empty() {
            ol { @for one in &step.instructions { li { (instruction(one)) } } }
        }
        p.m { (check(&step.check)) }
        @if let Some(message) = &step.message {
            details {
                summary { "A message ready to send" }
                p { b { (Said(&message.subject)) } }
                div.msg { @for line in message.body.lines() { p { (Said(line)) } } }
            }
        }
    }
}

fn instruction(one: &Instruction) -> Markup {
    html! {
        b { (one.actor.to_string()) } ": " (Said(&one.text))
        @if let Some(at) = &one.link { div { (link(at)) } }
        @if let Some(words) = &one.exact_words { div { "Enter exactly: " code { (Said(words)) } } }
        @if !one.permissions.is_empty() { div { "Tick: " (words(&one.permissions, "permissions")) } }
    }
}

fn check(check: &StepCheck) -> Markup {
    html! {
        @match check {
            StepCheck::Observe(what) => { "guestpass looks: " (Said(what)) }
            StepCheck::Attest(what) => { "Somebody must confirm: " (Said(what)) }
            other => (Said(&other.to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_web_addresses_are_links() {
        let shown = |url: &str| link(&Link::verified(url)).into_string();
        assert!(shown("https://shop.example/users?a=1&b=2").starts_with("<a class=\"u\" href=\"https://"));
        for bad in [
            "javascript:alert(1)",
            " javascript:alert(1)",
            "java\nscript:alert(1)",
            "data:text/html,x",
            "users",
        ] {
            assert!(!shown(bad).contains("href"), "{bad}");
        }
        assert!(!shown("https://x/\" onmouseover=\"y").contains("\" onmouseover"));
    }

    #[test]
    fn long_lists_are_folded_and_short_ones_are_not() {
        let list: Vec<_> = (0..7).map(|n| format!("right_{n}")).collect();
        assert!(words(&list, "rights").into_string().contains("<summary>7 rights</summary>right_0, right_1"));
        assert_eq!(words(&["a".to_owned(), "<".to_owned()], "rights").into_string(), "a, &lt;");
    }
}
