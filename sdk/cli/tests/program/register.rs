//! The register of access: who was let in, as what, by whom, why, until when, and how it ended.

#[cfg(unix)]
use guestpass_testkit::{Fault, On};
use serde_json::Value;

use crate::fixture::{Fixture, OWNER, SAM, STORE};
use crate::shops::{HELD, Shops, sam};

/// The rows of a CSV, each as a map from its heading.
fn rows(csv: &str) -> Vec<std::collections::HashMap<String, String>> {
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    reader.deserialize().map(Result::unwrap).collect()
}

fn summary(lines: &[Value]) -> &Value {
    &lines.last().unwrap()["summary"]
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_was_let_in_is_in_the_register_on_every_platform() {
    let shops = Shops::new().await;
    let stores: Vec<&str> = HELD.into_iter().chain(["byhand"]).collect();
    let empty = shops.run(&["register", "--json"]).expect(0).documents();
    assert_eq!((empty.len(), &summary(&empty)["stores"]), (1, &Value::from(5)));
    assert!(!shops.it.path(".local/state/guestpass/ledger.sqlite").exists(), "reading makes no ledger");

    let grants: Vec<_> = stores.iter().map(|store| (*store, shops.let_in(store, "8h"))).collect();
    for (store, id) in &grants {
        assert!(*store == "byhand" || shops.is_inside(store), "{store}");
        let entry = shops.entry(store);
        assert_eq!(entry["person"], "sam", "{store}");
        assert_eq!(entry["name"], "Sam Support");
        assert_eq!(entry["emails"][0], SAM);
        assert_eq!((&entry["role"], &entry["reason"]), (&"support".into(), &"a broken cart".into()));
        assert_eq!((&entry["ticket"], &entry["phase"]), (&"T-1".into(), &"active".into()));
        let grant = shops.it.grant_of(id);
        assert_eq!((&entry["added_at"], &entry["until"]), (&grant["starts_at"], &grant["ends_at"]));
        assert_eq!(entry["requested_by"], grant["requested_by"]);
        assert_eq!((&entry["end"], &entry["grants"][0]), (&Value::Null, &id.as_str().into()));
    }
    // Everybody goes: by the API where there is one, by hand elsewhere, by word where nobody can look.
    for (store, id) in &grants {
        let ran = shops.run(&["revoke", id]);
        if ran.code == 3 {
            let exit = shops.it.step(store, "exit");
            if *store == "byhand" {
                shops.run(&["steps", "done", &exit, "--note", "they wrote", "--by", "Robin"]).expect(0);
            } else {
                assert!(shops.is_inside(store), "{store}");
                let waits = shops.entry(store);
                assert_eq!((&waits["phase"], &waits["end"]), (&"closing".into(), &Value::Null));
                shops.world(store).merchant_removes(&sam());
                shops.run(&["steps", "check", &exit]).expect(0);
            }
        }
        assert!(*store == "byhand" || !shops.is_inside(store), "{store}");
        let entry = shops.entry(store);
        let expected = if *store == "byhand" { "attested" } else { "proven" };
        assert_eq!(entry["end"], expected, "{store}: {entry}");
        let status = if *store == "byhand" { "out, says Robin" } else { "out, proven" };
        assert_eq!(entry["status"], status, "{store}");
    }
    let all = shops.run(&["register", "--json"]).expect(0).documents();
    let told = summary(&all);
    let count = |key: &str| told[key].as_u64().unwrap();
    assert_eq!((count("entries"), count("proven"), count("attested")), (5, 4, 1));
    assert_eq!((count("forced"), count("unproven"), count("overdue"), count("looked_at")), (0, 0, 0, 0));
    let text = shops.run(&["register"]).expect(0).stdout;
    assert!(text.contains("Ended: 4 proven, 1 by somebody's word, 0 closed by force"), "{text}");
    for part in [
        "bc (bigcommerce)\n",
        "byhand (bigcommerce)\n",
        "Sam Support: why: a broken cart, T-1",
        "ended: revoked by",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    // What ended long ago is left out.
    let later = shops.it.run_later("3d", &["register", "--since", "2d", "--json"]).expect(0).documents();
    assert_eq!(summary(&later)["entries"], 0);
    let since =
        shops.it.run_later("3d", &["register", "--since", "2020-01-01T00:00:00Z", "--json"]).expect(0);
    assert_eq!(summary(&since.documents())["entries"], 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spreadsheet_gets_what_auditors_ask_for_and_no_formula() {
    let it = Fixture::new().await;
    it.edit("first_name = \"Sam\"", "first_name = \"=HYPERLINK(1)\"");
    let words = ["grant", "acme", "sam", "--role", "support", "--for", "2h", "--requested-by", "@boss"];
    let reason = "+1, \"quoted\"\nand a second line";
    it.run(&[&words[..], &["--reason", reason, "--ticket", "=T-1"]].concat()).expect(3);
    it.fake.accept(STORE, SAM);
    let file = it.path("register.csv");
    it.write("register.csv", "an older one");
    let text = it.run(&["register", "--csv", "register.csv"]).expect(0).stdout;
    assert!(text.contains("Written to register.csv") && text.contains("acme (bigcommerce)"), "{text}");
    let csv = std::fs::read_to_string(&file).unwrap();
    let heading = "store,platform,name,email,role,added,added_by,approved_by,justification,ticket,review_date,\
                   review_overdue,status,end_known_by,until,notes,person,account,grants\r\n";
    assert!(csv.starts_with(heading), "{csv}");
    let rows = rows(&csv);
    assert_eq!(rows.len(), 1);
    let row = &rows[0];
    assert_eq!((row["store"].as_str(), row["platform"].as_str()), ("acme", "bigcommerce"));
    assert_eq!(row["name"], "'=HYPERLINK(1) Support");
    assert_eq!((row["email"].as_str(), row["role"].as_str()), (SAM, "support"));
    assert_eq!((row["added_by"].as_str(), row["ticket"].as_str()), ("'@boss", "'=T-1"));
    assert_eq!(row["justification"], format!("'{reason}"));
    assert_eq!((row["review_overdue"].as_str(), row["end_known_by"].as_str()), ("no", ""));
    assert_eq!(row["person"], "sam");
    for time in ["added", "until"] {
        row[time].parse::<guestpass::Timestamp>().unwrap();
    }
    assert_eq!(it.run(&["register", "--csv", "-"]).expect(0).stdout, csv);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    it.run(&["register", "--csv", "-", "--json"]).expect(2);
    // A folder that takes nothing is found out before anything is asked.
    let asked = it.fake.requests().len();
    let ran = it.run(&["register", "--look", "--csv", "no/such/folder/register.csv"]).expect(2);
    assert!(ran.stderr.contains("no/such/folder"), "{}", ran.stderr);
    assert_eq!(it.fake.requests().len(), asked);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_review_is_overdue_when_its_time_has_passed() {
    let it = Fixture::new().await;
    it.edit("rank = 10", "rank = 10\nreview_every = \"30m\"");
    it.run(&["grant", "acme", "sam", "--role", "support", "--for", "2h"]).expect(3);
    it.run(&["grant", "byhand", "sam", "--for", "2h"]).expect(3);
    it.fake.accept(STORE, SAM);
    let now = it.run(&["register", "--overdue", "--json"]).expect(0).documents();
    assert_eq!((now.len(), &summary(&now)["entries"]), (1, &Value::from(0)));
    let entry = &it.run(&["register", "acme", "--json"]).documents()[0]["entry"];
    assert!(entry["review_at"].is_string() && entry["review_overdue"] == false, "{entry}");
    let later = it.run_later("31m", &["register", "--overdue", "--json"]).expect(0).documents();
    assert_eq!(later.len(), 2, "byhand has no role, and no review date");
    let entry = &later[0]["entry"];
    assert_eq!((&entry["store"], &entry["review_overdue"]), (&"acme".into(), &true.into()));
    assert_eq!(summary(&later)["overdue"], 1);
    let text = it.run_later("31m", &["register"]).expect(0).stdout;
    assert!(text.contains(" overdue\n") && text.contains("Reviews overdue: 1"), "{text}");
    let csv = it.run_later("31m", &["register", "--overdue", "--csv", "-"]).expect(0).stdout;
    assert_eq!(rows(&csv)[0]["review_overdue"], "yes");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_shows_who_has_no_grant_and_says_where_none_was_possible() {
    let shops = Shops::new().await;
    for store in HELD {
        shops.world(store).merchant_adds(&sam());
    }
    assert_eq!(shops.run(&["register", "--json"]).expect(0).documents().len(), 1);
    let ran = shops.run(&["register", "--look", "--json"]).expect(0);
    let lines = ran.documents();
    let found: Vec<_> = lines.iter().filter_map(|line| line.get("entry")).collect();
    let stores: Vec<_> = found.iter().map(|entry| entry["store"].as_str().unwrap()).collect();
    assert_eq!(stores.len(), 4, "{stores:?}");
    for (entry, store) in found.iter().zip(&stores) {
        assert!(shops.is_inside(store), "{store}");
        assert_eq!(entry["status"], "inside without a grant", "{store}");
        assert!(entry["account"].is_string() && entry["phase"].is_null(), "{store}");
    }
    let told = summary(&lines);
    assert_eq!((&told["looked_at"], &told["not_looked_at"]), (&4.into(), &1.into()));
    assert!(ran.stderr.contains("byhand cannot be looked at"), "{}", ran.stderr);

    shops.let_in("byhand", "2h");
    shops.world("ps").revoke_credential();
    let ran = shops.run(&["register", "--look", "--json"]).expect(5);
    let lines = ran.documents();
    assert!(ran.stderr.contains("ps could not be looked at"), "{}", ran.stderr);
    let stores: Vec<_> = lines.iter().filter_map(|line| line["entry"]["store"].as_str()).collect();
    assert!(stores.contains(&"byhand") && !stores.contains(&"ps"), "{stores:?}");
    let told = summary(&lines);
    assert_eq!((&told["looked_at"], &told["not_looked_at"]), (&3.into(), &2.into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_ledger_knows_is_shown_where_a_look_fails() {
    let it = Fixture::new().await;
    let id = it.grant();
    it.fake.accept(STORE, SAM);
    std::fs::remove_file(it.path("account-token")).unwrap();
    let ran = it.run(&["register", "acme", "--look", "--json"]).expect(5);
    assert_eq!(ran.documents()[0]["entry"]["grants"][0], id.as_str());
    assert!(ran.stderr.contains("acme could not be looked at"), "{}", ran.stderr);
    it.run(&["register", "acme"]).expect(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_person_stays_by_handle_and_a_store_that_left_stays_too() {
    let it = Fixture::new().await;
    let id = it.grant();
    it.fake.accept(STORE, SAM);
    let config = it.config();
    let acme = &config[config.find("[stores.acme]").unwrap()..config.find("[stores.byhand]").unwrap()];
    it.write("guestpass.toml", &config.replace(acme, ""));
    for words in [&["register"][..], &["register", "acme"], &["register", "acme", "--look"]] {
        let looked = words.len() == 3;
        let ran = it.run(words).expect(if looked { 5 } else { 0 });
        assert!(ran.stdout.contains("acme (bigcommerce)\n") && ran.stdout.contains("Sam Support"), "{ran:?}");
        assert_eq!(ran.stderr.contains("acme could not be looked at"), looked, "{}", ran.stderr);
    }
    it.write("guestpass.toml", &config);
    it.run(&["revoke", &id]).expect(0);
    assert!(!it.fake.is_member(STORE, SAM) && it.fake.is_member(STORE, OWNER));
    it.run(&["erase", "sam"]).expect(0);
    let sam = &config[config.find("[people.sam]").unwrap()..config.find("[roles.support]").unwrap()];
    it.write("guestpass.toml", &config.replace(sam, ""));
    let ran = it.run(&["register", "acme", "--json"]).expect(0);
    let entry = &ran.documents()[0]["entry"];
    assert_eq!((&entry["person"], &entry["name"]), (&"sam".into(), &Value::Null));
    assert_eq!((entry["emails"].as_array().unwrap().len(), &entry["end"]), (0, &"proven".into()));
    assert!(!ran.stdout.contains(SAM) && !ran.stdout.contains("Support"), "{}", ran.stdout);
    let text = it.run(&["register"]).expect(0).stdout;
    assert!(text.contains("\n sam "), "a name that is gone leaves the handle: {text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_or_a_time_that_is_none_is_refused() {
    let it = Fixture::new().await;
    it.grant();
    let asked = it.fake.requests().len();
    let ran = it.run(&["register", "acne"]).expect(2);
    assert!(ran.stderr.contains("did you mean `acme`?"), "{}", ran.stderr);
    let ran = it.run(&["register", "--since", "soon"]).expect(2);
    assert!(ran.stderr.contains("--since"), "{}", ran.stderr);
    assert_eq!(it.fake.requests().len(), asked);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn whoever_stops_it_finds_no_half_of_a_file() {
    let it = Fixture::new().await;
    it.grant();
    let files =
        || std::fs::read_dir(it.folder()).unwrap().map(|file| file.unwrap().path()).collect::<Vec<_>>();
    let before = files().len();
    let asked = it.fake.requests().len();
    it.fake.inject(On::AnyRequest, Fault::Slow(std::time::Duration::from_secs(30)), 1);
    let mut child = it.spawn(&["register", "--look", "--csv", "register.csv"]);
    while it.fake.requests().len() == asked && child.try_wait().unwrap().is_none() {
        tokio::task::yield_now().await;
    }
    let pid = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    let ran: crate::fixture::Ran = child.wait_with_output().unwrap().into();
    assert!(ran.stderr.contains("stopped before every store was read"), "{ran:?}");
    ran.expect(1);
    assert_eq!(files().len(), before, "{:?}", files());
}
