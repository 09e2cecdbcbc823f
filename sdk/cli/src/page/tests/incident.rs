//! The page of an incident.

use guestpass::incident::{AccessReport, CredentialState, IncidentReport};
use guestpass::{Link, StepCheck};

use super::incidents::{finish, incident};
use super::reviews::at;
use super::tree::Node;
use super::{EVIL, Place, assert_harmless_and_accessible};
use crate::page::IncidentPage;

fn written(place: &Place, report: &IncidentReport) -> Node {
    IncidentPage::at(&place.path).unwrap().write(report).unwrap();
    let page = place.read().1;
    assert_harmless_and_accessible(&page);
    page
}

fn headline(page: &Node) -> String {
    page.with_class("state")[0].named("p")[0].text()
}

#[tokio::test]
async fn every_store_is_there_once_and_the_most_open_come_first() {
    let report = incident(200, |index| index % 10).await;
    let page = written(&Place::new("incident-200.html"), &report);
    let stores = page.with_id("stores");
    let mut shown: Vec<_> = stores.with_class("store").iter().map(|row| row.named("th")[0].text()).collect();
    assert_eq!(shown.len(), 200);
    assert!(shown[..20].is_sorted());
    shown.sort();
    shown.dedup();
    assert_eq!(shown.len(), 200);
    let groups: Vec<_> = stores.with_class("g").iter().map(|group| group.text()).collect();
    assert_eq!(
        groups,
        [
            "Not reached yet: nobody has looked · 20",
            "Open: they may still be inside · 20",
            "They are out, and credentials are open · 40",
            "Closed · 100",
            "They were not inside · 20",
        ]
    );
}

#[tokio::test]
async fn the_headline_says_what_is_open() {
    let report = incident(200, |index| index % 10).await;
    let page = written(&Place::new("headline.html"), &report);
    assert_eq!(
        headline(&page),
        "NOT FINISHED: nobody has looked at 20 of 200 stores yet; they may still be inside 20 of 200 stores; \
         80 of 180 credentials are not replaced; 40 credentials wait for a human; 20 steps wait for a human."
    );
    let text = page.named("header")[0].text();
    assert!(text.contains("As of 2026-11-22 10:00 UTC"), "{text}");
    assert!(text.contains("Not proven: 40 ends are on somebody’s word alone."), "{text}");
    let dying = "Still working: 20 old credentials die by themselves, the last one at 2026-11-23 09:00 UTC.";
    assert!(text.contains(dying), "{text}");
    let numbers = page.with_id("summary").text();
    for wanted in [
        "nobody has looked20",
        "they may still be inside20",
        "a look shows that they are out100",
        "out by somebody’s word20",
        "or it goes on for others20",
        "or could have come in180",
        "move money or take data out160",
        "they were not inside20",
        "All stores200",
        "the old one may still work80",
        "the old one no longer works60",
        "until a known time20",
        "replaced by somebody’s word20",
    ] {
        assert!(numbers.contains(wanted), "{wanted} is not in: {numbers}");
    }
}

#[tokio::test]
async fn what_a_human_must_do_has_its_links() {
    let report = incident(10, |index| index).await;
    let page = written(&Place::new("human.html"), &report);
    let human = page.with_id("human");
    assert_eq!(human.with_class("act").len(), 3);
    let links: Vec<_> = human.named("a").iter().filter_map(|a| a.attribute("href")).collect();
    assert_eq!(links, ["https://shop.example/manage/users?sort=name&page=1"]);
    let text = human.text();
    assert!(
        text.contains("Enter exactly: sam@agency.example") && text.contains("guestpass incident attest"),
        "{text}"
    );
    assert!(text.contains("--allow-downtime"), "{text}");
}

#[tokio::test]
async fn finished_is_said_only_when_it_is() {
    let place = Place::new("finished.html");
    let mut report = incident(10, |_| 8).await;
    assert_eq!(
        headline(&written(&place, &report)),
        "Nothing is open any more, and the incident is not written down as finished yet."
    );
    finish(&mut report, at("2026-11-22T09:59:00Z"));
    let page = written(&place, &report);
    assert_eq!(headline(&page), "Finished: sam is out of 10 stores; all 10 credentials are replaced.");
    assert_eq!(page.with_class("state")[0].attribute("class"), Some("state"));
    // What is open stays open, whatever the record says.
    let mut report = incident(10, |index| usize::from(index != 3) * 8).await;
    finish(&mut report, at("2026-11-22T09:59:00Z"));
    assert!(
        headline(&written(&place, &report))
            .starts_with("NOT FINISHED: nobody has looked at 1 of 10 stores yet")
    );
}

#[tokio::test]
async fn a_word_is_never_called_a_proof() {
    let report = incident(10, |_| 2).await;
    let page = written(&Place::new("word.html"), &report);
    let row = page.with_class("store")[0].text();
    assert!(
        row.contains("not proven, on the word of Kim, 2026-11-22 09:40 UTC: done in the admin panel"),
        "{row}"
    );
    assert!(!row.replace("not proven", "").contains("proven"), "{row}");
}

#[tokio::test]
async fn a_later_page_takes_the_place_of_an_earlier_one() {
    let place = Place::new("again.html");
    let report = incident(10, |_| 0).await;
    let page = IncidentPage::at(&place.path).unwrap();
    assert!(!place.path.exists());
    page.write(&report).unwrap();
    let first = place.read().1;
    page.write(&incident(10, |_| 8).await).unwrap();
    let second = place.read().1;
    assert_ne!(headline(&first), headline(&second));
    assert_ne!(first.with_class("sum")[0].text(), second.with_class("sum")[0].text());
    assert_eq!(std::fs::read_dir(place.path.parent().unwrap()).unwrap().count(), 1);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&place.path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[tokio::test]
async fn what_others_write_is_text() {
    for evil in EVIL {
        let mut report = incident(10, |index| index).await;
        report.incident.reason = Some(evil.to_owned());
        report.incident.ticket = Some(evil.to_owned());
        report.incident.by.name = evil.to_owned();
        for store in &mut report.stores {
            for act in &mut store.must_act {
                act.what = evil.to_owned();
                let step = act.step.as_mut().unwrap();
                step.title = evil.to_owned();
                step.reason = evil.to_owned();
                step.check = StepCheck::Attest(evil.to_owned());
                step.message.as_mut().unwrap().body = format!("{evil}\n{evil}");
                for one in &mut step.instructions {
                    one.text = evil.to_owned();
                    one.exact_words = Some(evil.to_owned());
                    one.link = Some(Link::unverified(evil));
                }
            }
            if let AccessReport::NotReached { reason } | AccessReport::Open { reason, .. } = &mut store.access
            {
                *reason = evil.to_owned();
            }
            if let Some(found) = &mut store.found {
                found.roles = vec![evil.to_owned()];
                found.privileged = vec![evil.to_owned(); 8];
            }
            for one in &mut store.credentials {
                if let CredentialState::ByHand { reason } | CredentialState::NotBegun { reason } =
                    &mut one.state
                {
                    *reason = evil.to_owned();
                }
            }
        }
        let place = Place::new("evil-incident.html");
        let page = written(&place, &report);
        let text = place.read().0;
        assert!(!text.contains("<script") && !text.contains("<img") && !text.contains('\u{202e}'));
        assert!(page.named("a").iter().all(|a| a.attribute("href").unwrap().starts_with('#')));
    }
}
