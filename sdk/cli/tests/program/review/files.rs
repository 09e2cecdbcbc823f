//! Rows in files: each cell is one cell, no formula, for its owner alone.

use std::collections::BTreeMap;

use serde_json::json;

use super::world::World;
use crate::fixture::{OWNER, SAM, STORE};

const COLUMNS: [&str; 23] = [
    "review",
    "row",
    "store",
    "platform",
    "reading",
    "read_at",
    "person",
    "name",
    "email",
    "account",
    "status",
    "roles",
    "permissions",
    "last_login",
    "grants",
    "role",
    "until",
    "findings",
    "finding_texts",
    "decision",
    "decided_by",
    "decided_at",
    "decision_reason",
];

type Line = BTreeMap<String, String>;

fn read(text: &[u8]) -> Vec<Line> {
    let mut reader = csv::ReaderBuilder::new().from_reader(text);
    assert_eq!(reader.headers().unwrap().iter().collect::<Vec<_>>(), COLUMNS);
    reader.deserialize().map(Result::unwrap).collect()
}

fn file(world: &World, name: &str) -> Vec<Line> {
    read(private(world, name).as_bytes())
}

/// A file that only its owner can read.
fn private(world: &World, name: &str) -> String {
    let path = world.path(name);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    std::fs::read_to_string(path).unwrap()
}

fn of<'a>(lines: &'a [Line], field: &str, value: &str) -> &'a Line {
    lines.iter().find(|line| line[field] == value).expect(value)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_row_is_a_line_whatever_a_name_is_made_of() {
    let world = World::new().await;
    let odd = [
        ("formula@merchant.example", "=HYPERLINK(\"x\")", "'=HYPERLINK(\"x\") X"),
        ("comma@merchant.example", "Comma, \"Quote\"", "Comma, \"Quote\" X"),
        ("line@merchant.example", "Two\nLines", "Two\nLines X"),
    ];
    for (email, first, _) in odd {
        world.fake.add_user(STORE, email, first, "X");
    }
    world.fake.add_user(STORE, SAM, "Sam", "Support");
    world.fake.grant_permissions(STORE, SAM, &["Manage_Users", "Manage_Orders"]);
    let ran = world.run(&["review", "acme", "byhand", "--csv", "rows.csv", "--json"]).expect(0);
    let review = super::world::Reviewed::of(&ran);
    let lines = file(&world, "rows.csv");
    assert_eq!(lines.len(), world.fake.users(STORE).len() + 1);
    for (email, _, shown) in odd {
        assert_eq!(of(&lines, "email", email)["name"], shown);
    }
    let sam = of(&lines, "email", SAM);
    let told = review.row_of("acme", "sam");
    for field in ["row", "account", "status", "person"] {
        assert_eq!(sam[field], told[field].as_str().unwrap(), "{field}");
    }
    assert_eq!(
        (sam["review"].as_str(), sam["store"].as_str()),
        (review.summary["id"].as_str().unwrap(), "acme")
    );
    assert_eq!(sam["permissions"].split("; ").count(), 2);
    let kinds: Vec<_> = sam["findings"].split("; ").collect();
    assert!(kinds.contains(&"ours_without_grant") && kinds.contains(&"privileged"), "{sam:?}");
    assert!(sam["finding_texts"].contains("inside without a grant"));
    assert_eq!(sam["reading"], "complete");
    assert_eq!(sam["read_at"], review.store("acme")["began_at"].as_str().unwrap());
    assert!(of(&lines, "email", OWNER)["findings"].is_empty(), "files hold every row");
    let byhand = of(&lines, "store", "byhand");
    assert_eq!((byhand["reading"].as_str(), byhand["row"].as_str()), ("attested", ""));

    // Later, names are those of our own people, and decisions are there.
    let row = told["row"].as_str().unwrap();
    world.run(&["review", "decide", row, "keep", "--by", "Robin, Boss", "--reason", "=1+1"]).expect(0);
    world.run(&["review", "show", "--csv", "kept.csv"]).expect(0);
    let kept = file(&world, "kept.csv");
    assert_eq!(kept.len(), lines.len());
    let sam = of(&kept, "row", row);
    assert_eq!((sam["name"].as_str(), sam["email"].as_str()), ("Sam Support", SAM));
    assert_eq!((sam["decision"].as_str(), sam["decided_by"].as_str()), ("keep", "Robin, Boss"));
    assert_eq!(sam["decision_reason"], "'=1+1");
    assert!(sam["decided_at"].parse::<guestpass::Timestamp>().is_ok());
    assert!(kept.iter().all(|line| !line["email"].ends_with("merchant.example")), "{kept:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_printed_in_place_of_the_table() {
    let world = World::new().await;
    let ran = world.run(&["review", "acme", "--csv", "-"]).expect(0);
    let lines = read(ran.stdout.as_bytes());
    assert_eq!(lines.len(), 1);
    assert_eq!(of(&lines, "email", OWNER)["platform"], "bigcommerce");
    assert!(ran.stderr.contains("1 listed completely"), "{}", ran.stderr);
    let shown = world.run(&["review", "show", "--csv", "-"]).expect(0);
    assert_eq!(read(shown.stdout.as_bytes()).len(), 1);
}

/// What stands on the page itself is tested where it is made.
#[tokio::test(flavor = "multi_thread")]
async fn the_page_holds_every_row_and_no_markup_of_a_name() {
    let world = World::new().await;
    world.fake.add_user(STORE, "markup@merchant.example", "<script>alert(1)</script>", "X");
    world.fake.add_user(STORE, SAM, "Sam", "Support");
    let ran = world.run(&["review", "acme", "byhand", "--html", "page.html", "--json"]).expect(0);
    let review = super::world::Reviewed::of(&ran);
    let page = private(&world, "page.html");
    for row in review.rows("acme") {
        assert!(page.contains(row["row"].as_str().unwrap()), "{row}");
    }
    assert!(page.contains("byhand") && page.contains(OWNER));
    assert!(!page.contains("<script>alert") && page.contains("&lt;script&gt;alert"));
    let row = review.row_of("acme", "sam")["row"].as_str().unwrap();
    world.run(&["review", "decide", row, "keep", "--by", "Robin Boss"]).expect(0);
    world.run(&["review", "show", "--html", "page.html"]).expect(0);
    let kept = private(&world, "page.html");
    assert!(kept.contains("Robin Boss") && kept.contains(SAM) && !kept.contains(OWNER));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_written_although_a_store_failed() {
    let world = World::new().await;
    world.write("rows.csv", "older");
    world.write_private("wix-token", "marker-wrong-token");
    world.run(&["review", "--csv", "rows.csv"]).expect(5);
    let lines = file(&world, "rows.csv");
    assert_eq!(of(&lines, "store", "site")["reading"], "failed");
    assert_eq!(json!(of(&lines, "store", "acme")["reading"]), json!("complete"));
}
