//! Reviews that were kept: shown, listed, compared.

use serde_json::{Value, json};

use super::world::{DESK, Reviewed, World, row};
use crate::fixture::{OWNER, SAM, STORE};

#[tokio::test(flavor = "multi_thread")]
async fn a_review_is_shown_from_the_ledger_alone() {
    let world = World::new().await;
    world.fake.add_user(STORE, SAM, "Sam", "As they call him");
    let first = world.review(&[]);
    let second = world.review(&["acme"]);
    let requests = world.requests();

    let shown = Reviewed::of(&world.run(&["review", "show", first.mark(), "--json"]).expect(0));
    assert_eq!(shown.summary, first.summary);
    for name in ["acme", "boutique", "site", "shop", "byhand"] {
        let (told, kept) = (first.store(name), shown.store(name));
        for field in ["review", "platform", "reading", "reason", "began_at", "pages", "ends"] {
            assert_eq!(told[field], kept[field], "{name} {field}");
        }
        assert_eq!(first.rows(name).len(), shown.rows(name).len());
        for (told, kept) in first.rows(name).iter().zip(shown.rows(name)) {
            let same =
                ["row", "key", "account", "person", "status", "roles", "permissions", "grants", "findings"];
            for field in same {
                assert_eq!(told[field], kept[field], "{name} {field}");
            }
        }
    }
    let sam = shown.row_of("acme", "sam");
    assert_eq!((&sam["name"], &sam["email"]), (&json!("Sam Support"), &json!(SAM)), "as we call him");
    assert_eq!(shown.rows_with("acme", "email", OWNER).len(), 0, "the ledger knows nobody else's name");
    let last = Reviewed::of(&world.run(&["review", "show", "--json"]).expect(0));
    assert_eq!(last.summary["id"], second.summary["id"]);

    let text = world.run(&["review", "show", first.summary["id"].as_str().unwrap()]).expect(0).stdout;
    assert!(text.contains(&format!("Review {} of 5 store(s)", first.mark())), "{text}");
    let listed = world.run(&["review", "list", "--json"]).expect(0).document();
    let ids: Vec<_> = listed["reviews"].as_array().unwrap().iter().map(|review| &review["id"]).collect();
    assert_eq!(ids, [&second.summary["id"], &first.summary["id"]], "the newest first");
    assert!(world.run(&["review", "list"]).expect(0).stdout.contains(first.mark()));
    assert_eq!(world.requests(), requests);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_changed_is_told_and_nothing_else() {
    let world = World::new().await;
    world.fake.add_user(STORE, SAM, "Sam", "Support");
    world.fake.add_user(STORE, "leaver@merchant.example", "Lea", "Leaver");
    world.prestashop.add_employee(DESK, "Team", "Desk", world.shop.support_profile);
    let unfit = world.run(&["review", "--since", "last", "--json"]).expect(0);
    assert!(unfit.stderr.contains("nothing is compared"), "{}", unfit.stderr);
    let old = Reviewed::of(&unfit);
    let of_sam = row(old.row_of("acme", "sam"));
    assert!(world.run(&["review", "--since", "last"]).expect(0).stdout.contains("5 store(s) as before"));

    let words = ["review", "decide", row(old.row_of("shop", "desk")), "revoke", "--by", "Robin"];
    world.run(&words).expect(0);
    world.prestashop.set_active(DESK, true);
    world.fake.remove_user(STORE, "leaver@merchant.example");
    world.fake.grant_permissions(STORE, SAM, &["Manage_Users"]);
    world.fake.add_user(STORE, DESK, "Team", "Desk");
    world.write_private("wix-token", "marker-wrong-token");

    let ran = world.run(&["review", "--since", old.mark(), "--json"]).expect(5);
    let new = Reviewed::of(&ran);
    let differences: Vec<_> = new.differences.iter().map(|it| it["store"].as_str().unwrap()).collect();
    assert_eq!(differences, ["acme", "shop", "site"], "{differences:?}");
    let of = |store: &str| new.differences.iter().find(|it| it["store"] == store).unwrap();
    assert_eq!((&of("acme")["since"], &of("acme")["review"]), (&old.summary["id"], &new.summary["id"]));
    let why = of("site")["not_comparable"].as_str().unwrap();
    assert!(why.contains("could not read it") && of("site")["changes"].as_array().unwrap().is_empty());
    let changes = of("acme")["changes"].as_array().unwrap();
    assert_eq!(changes.len(), 3, "{changes:?}");
    let change = |field: &str, value: &Value| changes.iter().find(|it| it[field] == *value).expect(field);
    let what = |change: &Value| -> Vec<String> {
        let what = change["what"].as_array().unwrap().iter();
        what.map(|it| it["kind"].as_str().unwrap().to_owned()).collect()
    };
    let sam = change("person", &json!("sam"));
    assert_eq!((&sam["row_before"], &sam["row"]), (&json!(of_sam), &new.row_of("acme", "sam")["row"]));
    assert_eq!(what(sam), ["permissions", "found"]);
    assert_eq!(sam["what"][0]["detail"]["added"], json!(["Manage_Users"]));
    assert_eq!(what(change("person", &json!("desk")))[0], "appeared");
    let gone = change("row", &Value::Null);
    assert_eq!(what(gone), ["gone"]);
    assert_eq!(
        old.rows("acme").iter().find(|it| it["key"] == gone["key"]).unwrap()["email"],
        "leaver@merchant.example"
    );
    let again = of("shop")["changes"][0]["what"].as_array().unwrap();
    assert!(again.iter().any(|it| it["kind"] == "not_followed"), "{again:?}");

    let requests = world.requests();
    let text = world.run(&["review", "show", "--since", old.mark()]).expect(0).stdout;
    assert!(text.contains("was not there before") && text.contains("is not there any more"), "{text}");
    assert!(
        text.contains("site (wix) cannot be compared") && text.contains("2 more store(s) as before"),
        "{text}"
    );
    assert!(!text.contains("boutique"), "{text}");
    assert_eq!(world.requests(), requests);
}

/// What a review keeps has no name, no address and no secret.
#[tokio::test(flavor = "multi_thread")]
async fn the_ledger_learns_nobodys_name() {
    let world = World::new().await;
    world.fake.add_user(STORE, SAM, "Marker-first", "Marker-last");
    world.fake.add_user(STORE, "marker-clerk@merchant.example", "Clara", "Marker-clerk");
    for words in
        [&["review"][..], &["review", "-vvv", "--json"], &["review", "show", "-vvv"], &["review", "list"]]
    {
        let ran = world.run(words).expect(0);
        for secret in [&world.boutique.token, &world.site.api_key, &world.shop.key] {
            assert!(
                !ran.stdout.contains(secret.as_str()) && !ran.stderr.contains(secret.as_str()),
                "{words:?}"
            );
        }
        assert!(!ran.stdout.contains("-token-") && !ran.stderr.contains("marker-account-token"), "{words:?}");
    }
    let mut files = 0;
    for path in world.written().iter().filter(|path| path.to_string_lossy().contains("ledger.sqlite")) {
        files += 1;
        let text = String::from_utf8_lossy(&std::fs::read(path).unwrap()).to_lowercase();
        for marker in ["marker-", SAM, OWNER, "@merchant.example"] {
            assert!(!text.contains(marker), "{marker} in {path:?}");
        }
    }
    assert!(files > 0);
}
