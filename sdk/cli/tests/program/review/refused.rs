//! What is wrong is found out before anything is sent, and before anything is kept.

use super::world::World;
use crate::fixture::Fixture;

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_and_nothing_is_kept() {
    let world = World::new().await;
    std::fs::create_dir(world.path("folder")).unwrap();
    let cases: [(&[&str], i32, &str); 19] = [
        (&["review", "acne"], 2, "there is no store \"acne\"; next: did you mean `acme`?"),
        (&["review", "acme", "shp"], 2, "did you mean `shop`?"),
        (&["review", "--csv", "nowhere/rows.csv"], 2, "nowhere/rows.csv cannot be written"),
        (&["review", "--html", "nowhere/page.html"], 2, "nowhere/page.html cannot be written"),
        (&["review", "--csv", "folder"], 2, "folder cannot be written"),
        (&["review", "--csv", "x", "--html", "x"], 2, "names the same file as --csv"),
        (&["review", "--csv", "-", "--json"], 2, "prints the rows where --json"),
        (&["review", "--csv", "-", "--since", "last"], 2, "prints the rows where --since"),
        (&["review", "--since", "9f3ac"], 1, "there is no review 9f3ac"),
        (&["review", "--since", "yesterday"], 2, "names no review"),
        (&["review", "show"], 1, "no review was kept yet; next: run `guestpass review`"),
        (&["review", "show", "9f3ac"], 1, "there is no review 9f3ac"),
        (&["review", "show", "f3a"], 2, "names no review"),
        (&["review", "continue"], 1, "no review was kept yet"),
        (&["review", "decide", "9f3ac-1", "keep", "--by", "Robin"], 1, "there is no review 9f3ac"),
        (&["review", "decide", "9f3ac", "keep", "--by", "Robin"], 2, "is no row of a review"),
        (&["review", "decide", "9f3ac-1", "keep"], 2, "--by"),
        (&["review", "decide", "9f3ac-1", "kick", "--by", "Robin"], 2, "kick"),
        (&["review", "decide", "9f3ac-1", "keep", "--by", " "], 2, "is empty"),
    ];
    for (words, code, expected) in cases {
        let ran = world.run(words).expect(code);
        assert!(ran.stderr.contains(expected), "{words:?}: {}", ran.stderr);
        assert_eq!(world.requests(), 0, "{words:?}");
        assert!(!world.path(".local/state/guestpass/ledger.sqlite").exists(), "{words:?}");
    }
    let none = world.run(&["review", "list", "--json"]).expect(0).document();
    assert_eq!(none["reviews"].as_array().unwrap().len(), 0);
    assert!(world.run(&["review", "list"]).expect(0).stdout.contains("no review was kept yet"));

    let review = world.review(&["boutique"]);
    let requests = world.requests();
    let beyond = format!("{}-999", review.mark());
    let ran = world.run(&["review", "decide", &beyond, "revoke", "--by", "Robin"]).expect(1);
    assert!(ran.stderr.contains("the review has no row 999"), "{}", ran.stderr);
    let same = world.run(&["review", "show", "--since", review.mark()]).expect(2);
    assert!(same.stderr.contains("names no older review"), "{}", same.stderr);
    let last = world.run(&["review", "show", "--since", "last"]).expect(1);
    assert!(last.stderr.contains("no finished review is older"), "{}", last.stderr);
    assert_eq!(world.requests(), requests);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_people_and_without_stores_there_is_little_to_say() {
    let it = Fixture::new().await;
    let config = it.config();
    let only_stores = config.split("[people.sam]").next().unwrap();
    it.write("guestpass.toml", only_stores);
    let text = it.run(&["review"]).expect(0).stdout;
    assert!(text.contains(": all listed, 1 row(s)") && text.contains("nothing found"), "{text}");
    it.write("guestpass.toml", "");
    let review = it.run(&["review", "--json", "--csv", "rows.csv"]).expect(0).document();
    assert_eq!((&review["summary"]["stores"], &review["summary"]["rows"]), (&0.into(), &0.into()));
    assert!(review["summary"]["finished_at"].is_string());
    assert_eq!(std::fs::read_to_string(it.path("rows.csv")).unwrap().lines().count(), 1);
}
