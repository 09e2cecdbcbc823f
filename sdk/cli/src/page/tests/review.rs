//! The page of a review.

use std::collections::BTreeSet;

use guestpass::review::Finding;
use sha2::{Digest, Sha256};

use super::reviews::{MARK, row, stores, summary};
use super::tree::Node;
use super::{EVIL, Place, assert_harmless_and_accessible};
use crate::output::ReviewedStoreView;
use crate::page::ReviewPage;

fn written(place: &Place, stores: &[ReviewedStoreView]) -> (String, Node) {
    let mut page = ReviewPage::begin(&place.path).unwrap();
    stores.iter().for_each(|store| page.add(store).unwrap());
    assert!(!place.path.exists(), "nobody sees a page that is not whole");
    page.finish(&summary(stores)).unwrap();
    place.read()
}

/// The first cells of the rows of a part, without the headings of stores.
fn first_cells(part: &Node) -> Vec<String> {
    let heads = part.named("th").into_iter().filter(|th| th.attribute("scope") == Some("row"));
    heads.map(Node::text).collect()
}

fn store_headings(part: &Node) -> Vec<String> {
    part.with_class("g").iter().map(|heading| heading.named("b")[0].text()).collect()
}

fn assert_holds(page: &Node, stores: &[ReviewedStoreView]) {
    assert_harmless_and_accessible(page);
    let rows: Vec<_> = stores.iter().flat_map(|store| &store.rows).collect();
    let found: BTreeSet<_> =
        rows.iter().filter(|row| !row.findings.is_empty()).map(|row| row.row.clone()).collect();
    let look = first_cells(page.with_id("look"));
    assert_eq!(look.len(), found.len());
    assert_eq!(look.into_iter().collect::<BTreeSet<_>>(), found);
    let everybody = first_cells(page.with_id("everybody"));
    assert_eq!(everybody.len(), rows.len());
    let mut names: Vec<_> = stores.iter().map(|store| store.store.clone()).collect();
    names.sort();
    assert_eq!(store_headings(page.with_id("everybody")), names);
    // Every row is in full once, and has its reference there.
    for row in &rows {
        let id = format!("r{}", row.number);
        assert_eq!(page.with_id(&id).text(), row.row);
    }
    let gaps: Vec<_> = stores.iter().filter(|store| store.reading != "complete").collect();
    assert_eq!(first_cells(page.with_id("gaps")).len(), gaps.len());
    // In numbers, by kind and by how grants have ended.
    let review = summary(stores);
    let numbers = page.with_id("summary").text();
    for several in review.findings.values() {
        assert!(numbers.contains(&several.to_string()));
    }
    for (what, several) in [
        ("by how we know", None),
        ("the access is gone", Some(review.ends.proven)),
        ("nothing shows it", Some(review.ends.attested)),
        ("nothing was ever sent", Some(review.ends.unproven)),
        ("All stores", Some(review.stores as u64)),
        ("Could not be read", Some(review.failed as u64)),
    ] {
        let wanted = several.map_or_else(|| what.to_owned(), |several| format!("{what}{several}"));
        assert!(numbers.contains(&wanted), "{wanted} is not in: {numbers}");
    }
}

#[test]
fn eighty_rows() {
    let (place, stores) = (Place::new("review-80.html"), stores(25, 80));
    let (text, page) = written(&place, &stores);
    assert_holds(&page, &stores);
    assert!(text.len() < 150_000, "{} bytes", text.len());
}

#[test]
fn two_thousand_rows() {
    let (place, stores) = (Place::new("review-2000.html"), stores(400, 2_000));
    let (text, page) = written(&place, &stores);
    assert!(text.len() < 1_500_000, "{} bytes", text.len());
    assert_eq!(page.named("script").len(), 0);
    assert_eq!(first_cells(page.with_id("everybody")).len(), 2_000);
    assert_eq!(page.with_id("look").with_class("f").len(), 666);
}

#[test]
fn the_worst_store_comes_first() {
    let mut three = stores(3, 0);
    // By salt, the rows of the first are dormant, and the one of the second is inside without a grant. Names and numbers of
    // findings would put the first one first.
    three[0].rows.extend([3, 9, 12].map(|number| row(number, 15)));
    three[1].rows.push(row(6, 10));
    let (_, page) = written(&Place::new("worst.html"), &three);
    let order = store_headings(page.with_id("look"));
    assert_eq!(order, [three[1].store.clone(), three[0].store.clone()]);
}

#[test]
fn what_is_not_complete_does_not_look_complete() {
    let mut all = stores(3, 9);
    let said = |stores: &[ReviewedStoreView]| {
        written(&Place::new("gaps.html"), stores).1.with_class("state")[0].text()
    };
    assert!(said(&all).starts_with("Complete: everybody was listed on all 3 stores."));
    all[0].reading = "attested";
    let attested = said(&all);
    assert!(
        attested.starts_with("Not proven everywhere: of 3 stores, 1 store known by people’s word alone."),
        "{attested}"
    );
    all[1].reading = "failed";
    all[1].reason = Some("the key was refused".to_owned());
    all[2].reading = "waiting";
    let failed = said(&all);
    assert!(
        failed.starts_with(
            "NOT COMPLETE: of 3 stores, 1 store could not be read; 1 store not read yet; 1 store known by"
        ),
        "{failed}"
    );
    let (_, page) = written(&Place::new("gaps.html"), &all);
    assert!(page.with_id("gaps").text().contains("the key was refused"));
    assert!(!page.text().contains("everybody listed,"));
}

#[test]
fn stores_that_were_not_added_are_missed() {
    let (place, all) = (Place::new("missed.html"), stores(3, 9));
    let mut page = ReviewPage::begin(&place.path).unwrap();
    page.add(&all[0]).unwrap();
    page.finish(&summary(&all)).unwrap();
    let state = place.read().1.with_class("state")[0].text();
    assert!(state.starts_with("NOT COMPLETE: of 3 stores, 2 stores not on this page."), "{state}");
}

#[test]
fn names_are_text_wherever_they_stand() {
    for evil in EVIL {
        let mut all = stores(3, 12);
        for store in &mut all {
            store.store.push_str(evil);
            store.platform = evil.to_owned();
            store.reading = "failed";
            store.reason = Some(evil.to_owned());
            for row in &mut store.rows {
                for text in [
                    &mut row.name,
                    &mut row.email,
                    &mut row.account,
                    &mut row.person,
                    &mut row.role,
                    &mut row.status,
                ] {
                    *text = Some(evil.to_owned());
                }
                row.roles = vec![evil.to_owned()];
                row.permissions = vec![evil.to_owned(); 9];
                if let Some(decision) = &mut row.decision {
                    decision.reason = Some(evil.to_owned());
                }
            }
        }
        let (text, page) = written(&Place::new("evil.html"), &all);
        assert_harmless_and_accessible(&page);
        assert_eq!(first_cells(page.with_id("everybody")).len(), 12);
        assert!(
            !text.contains("<script")
                && !text.contains("<img")
                && !text.contains('\u{202e}')
                && !text.contains('\u{0}')
        );
        assert!(page.named("a").iter().all(|a| a.attribute("href").unwrap().starts_with('#')));
    }
}

#[test]
fn a_word_of_ten_kilobytes_stays_a_word() {
    let mut all = stores(1, 3);
    all[0].rows[2].name = Some("W".repeat(10_000));
    let (_, page) = written(&Place::new("long.html"), &all);
    assert_holds(&page, &all);
    assert!(page.named("style")[0].text().contains("overflow-wrap:anywhere"));
    assert!(page.with_id("look").text().contains(&"W".repeat(10_000)));
}

#[test]
fn the_checksum_is_the_one_that_the_page_explains() {
    let mut all = stores(25, 80);
    let (_, page) = written(&Place::new("sum.html"), &all);
    let shown = page.with_class("sum")[0].text();
    all.sort_by(|a, b| a.store.cmp(&b.store));
    let lines: String = all.iter().map(|store| serde_json::to_string(store).unwrap() + "\n").collect();
    let wanted: String = Sha256::digest(lines).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(shown, wanted);
    all[0].rows[0].name = Some("Somebody Else".to_owned());
    let (_, other) = written(&Place::new("sum.html"), &all);
    assert_ne!(other.with_class("sum")[0].text(), shown);
}

#[test]
fn every_right_is_written_out() {
    let all = stores(25, 80);
    let (_, page) = written(&Place::new("rights.html"), &all);
    for store in &all {
        for finding in store.rows.iter().flat_map(|row| &row.findings) {
            let (Finding::BeyondGrant { rights } | Finding::Privileged { rights }) = &finding.detail else {
                continue;
            };
            assert!(page.with_id("look").text().contains(&rights.join(", ")));
        }
    }
    // The same ones of a whole team are written once.
    let mut one = stores(1, 4);
    one[0].rows.remove(2);
    one[0].rows.iter_mut().for_each(|row| row.permissions = (0..9).map(|n| format!("right_{n}")).collect());
    let text = written(&Place::new("rights.html"), &one).1.with_id("everybody").text();
    assert_eq!(text.matches("right_0, right_1").count(), 1);
    assert_eq!(text.matches("the same 9 permissions as row 1").count(), 2);
}

#[test]
fn decisions_are_shown_and_missing_ones_have_boxes() {
    let all = stores(25, 80);
    let (_, page) = written(&Place::new("decisions.html"), &all);
    let found: Vec<_> =
        all.iter().flat_map(|store| &store.rows).filter(|row| !row.findings.is_empty()).collect();
    let decided = found.iter().filter(|row| row.decision.is_some()).count();
    assert!(decided > 0 && decided < found.len());
    let look = page.with_id("look");
    assert_eq!(look.named("i").len(), 3 * (found.len() - decided));
    assert_eq!(
        look.text().matches("revoke, Robin Boss (as stated), 2026-10-02 09:00 UTC: left the project").count(),
        decided
    );
    assert!(page.with_id("words").text().contains(&format!("guestpass review decide {MARK}-")));
    assert_eq!(page.with_id("signatures").with_class("sign")[0].named("dl").len(), 2);
}

#[test]
fn nothing_is_collected_while_stores_come() {
    let place = Place::new("stream.html");
    let mut page = ReviewPage::begin(&place.path).unwrap();
    let mut one = stores(1, 30).remove(0);
    for number in 0..500_u32 {
        one.store = format!("shop-{number:04}");
        page.add(&one).unwrap();
    }
    let largest = format!("{page:?}").len();
    // The index alone grows: what it holds of a store is far below what the page says about it.
    assert!(largest < 500 * 250, "{largest}");
    let mut review = summary(&[]);
    review.stores = 500;
    page.finish(&review).unwrap();
    assert!(std::fs::metadata(&place.path).unwrap().len() > 500 * 5_000);
}

#[cfg(unix)]
#[test]
fn the_page_is_for_its_owner_alone_and_leaves_nothing_beside_it() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new("owner.html");
    std::fs::write(&place.path, "an older page").unwrap();
    let mut page = ReviewPage::begin(&place.path).unwrap();
    page.add(&stores(1, 3)[0]).unwrap();
    assert_eq!(std::fs::read_to_string(&place.path).unwrap(), "an older page");
    page.finish(&summary(&stores(1, 3))).unwrap();
    assert_eq!(std::fs::metadata(&place.path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::read_dir(place.path.parent().unwrap()).unwrap().count(), 1);
}
