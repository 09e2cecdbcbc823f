//! Incidents: out everywhere, and whatever they may have seen replaced.

use guestpass_testkit::conformance::World;
use guestpass_testkit::{Fault, LoggedRequest, On};
use serde_json::Value;
#[cfg(unix)]
use std::process::Stdio;

use crate::everywhere::{Everywhere, KEY, KIM, NEW_SITE_KEY, SITE_KEY, first_and_last};
use crate::fixture::{ACCOUNT, Fixture, OWNER, SAM};

/// The leases of whoever died are over then.
const LATER: &str = "10m";

fn lines<'a>(documents: &'a [Value], kind: &str) -> Vec<&'a Value> {
    documents.iter().filter(|line| line[kind].is_object()).map(|line| &line[kind]).collect()
}

fn report_of(documents: &[Value]) -> Value {
    documents.last().unwrap()["report"].clone()
}

fn id_of(report: &Value) -> String {
    report["incident"]["id"].as_str().unwrap().to_owned()
}

fn store_of(report: &Value, name: &str) -> Value {
    let stores = report["stores"].as_array().unwrap();
    stores.iter().find(|store| store["store"] == name).unwrap().clone()
}

fn credential_of(report: &Value, store: &str, name: &str) -> Value {
    let store = store_of(report, store);
    let credentials = store["credentials"].as_array().unwrap();
    credentials.iter().find(|one| one["credential"] == name).unwrap().clone()
}

/// Does by hand what the report asks of people.
fn people_do_their_part(at: &Everywhere, id: &str, report: &Value) {
    at.merchant_removes_from_shopify();
    let step = store_of(report, "byhand")["must_act"][0]["id"].as_str().unwrap().to_owned();
    at.run(&["steps", "done", &step, "--note", "they wrote"]).expect(0);
    at.wix.fake.duplicate_key(SITE_KEY, NEW_SITE_KEY);
    at.it.write_private("handed", NEW_SITE_KEY);
    let rotation = credential_of(report, "site", "web")["rotation"].as_str().unwrap().to_owned();
    let resume = ["rotate", "--resume", &rotation, "--new", "file:handed"];
    let handed = at.run(&resume);
    assert!([0, 3].contains(&handed.code), "{handed:?}");
    at.wix.fake.revoke_key(SITE_KEY);
    at.run(&["incident", "continue", id, "--allow-downtime", "--by", "robin"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn out_of_every_store_and_every_credential_replaced() {
    let at = Everywhere::new().await;
    let old_password = at.presta.fake.password_of(KIM);
    let second_site = at.wix.fake.contributors(&at.wix.seed.second_site_id).len();
    let words =
        ["incident", "sam", "--by", "robin", "--reason", "laptop stolen", "--ticket", "T-1", "--json"];
    let first = at.run(&words).expect(5);
    let said = first.documents();
    assert!(first.stderr.contains("guestpass incident continue"), "{}", first.stderr);
    let removed: Vec<_> = lines(&said, "removal").iter().map(|line| line["store"].clone()).collect();
    assert_eq!(removed.len(), 6, "each store is told once: {removed:?}");
    assert!(!lines(&said, "rotation").is_empty());
    let report = report_of(&said);
    at.compare(&report);
    assert_eq!(at.inside(), ["front"], "the merchant of that one must act");
    assert_eq!(report["incident"]["reason"], "laptop stolen");
    assert_eq!(report["incident"]["by"]["name"], "robin");
    assert_eq!(store_of(&report, "byhand")["access"], "open");
    assert_eq!(store_of(&report, "big")["proof"]["by"], "listed");
    assert!(store_of(&report, "big")["found"]["account"].is_string());
    assert_eq!(credential_of(&report, "shop", "web")["state"], "dead");
    assert_eq!(credential_of(&report, "shop", "kim")["state"], "needs_consent");
    assert_eq!(credential_of(&report, "site", "web")["way"], "guided");
    assert!(!credential_of(&report, "site", "web")["must_act"]["links"].as_array().unwrap().is_empty());
    assert_eq!(at.presta.fake.password_of(KIM), old_password, "nobody has agreed to that");
    at.users_work();

    // On each key, what takes them out goes before what replaces credentials.
    let log = at.presta.requests();
    let of = |part: &'static str| move |one: &LoggedRequest| one.write && one.path.contains(part);
    let (_, last_removal) = first_and_last(&log, of("employees")).expect("they were taken out");
    let (first_rotation, _) = first_and_last(&log, |one| one.path.starts_with("/admin-api/")).unwrap();
    assert!(last_removal < first_rotation, "{log:?}");
    let log = at.big.requests();
    let (_, last_look) = first_and_last(&log, |one| one.path.starts_with("/accounts/")).unwrap();
    let (first_token, _) = first_and_last(&log, |one| one.write && one.path.contains("storefront")).unwrap();
    assert!(last_look < first_token, "{log:?}");

    let id = id_of(&report);
    people_do_their_part(&at, &id, &report);
    let done = at.run_later(LATER, &["incident", "continue", &id, "--json"]);
    at.big.fake.forward(std::time::Duration::from_secs(3600));
    let done =
        if done.code == 0 { done } else { at.run_later("2h", &["incident", "continue", &id, "--json"]) };
    let report = report_of(&done.expect(0).documents());
    assert_eq!(report["is_over"], true);
    assert!(report["incident"]["finished_at"].is_string());
    at.compare(&report);
    assert!(at.inside().is_empty() && at.old_ones().is_empty(), "{:?} {:?}", at.inside(), at.old_ones());
    assert_eq!(store_of(&report, "byhand")["proof"]["by"], "attested");
    assert_eq!(report["totals"]["closed_attested"], 1, "a word is no proof: {}", report["totals"]);
    assert_eq!(store_of(&report, "site2")["access"], "was_out");
    assert!(store_of(&report, "site2")["credentials"].as_array().unwrap().is_empty());
    at.users_work();
    let new_password = at.presta.fake.password_of(KIM);
    assert!(new_password != old_password && new_password == Some(at.in_use("password")));
    assert_eq!(at.wix.fake.contributors(&at.wix.seed.second_site_id).len(), second_site, "untouched");
    let told = at.run(&["audit", "export"]).expect(0).stdout;
    let agreed = told.lines().filter(|line| line.contains("incident_downtime_allowed")).collect::<Vec<_>>();
    assert!(agreed.len() == 1 && agreed[0].contains("robin") && agreed[0].contains("\"shop\""), "{agreed:?}");
    let text = at.run(&["incident", "report", &id]).expect(0).stdout;
    assert!(
        text.starts_with("OVER: sam is out of all 6 store(s) (1 of them only by somebody's word)"),
        "{text}"
    );
    assert!(text.contains("NOT PROVEN"), "{text}");
    let before = at.requests();
    at.run(&["incident", "continue", &id]).expect(0);
    assert_eq!(at.requests(), before, "once more does nothing");
    at.run(&["audit", "verify"]).expect(0);
    at.tells_no_secret();
}

#[tokio::test(flavor = "multi_thread")]
async fn people_read_what_is_open_first_and_a_second_incident_goes_on_with_it() {
    let at = Everywhere::new().await;
    let first = at.run(&["incident", "sam", "--rotate", "nowhere"]).expect(3);
    assert!(
        first.stdout.starts_with("NOT OVER: sam may still be inside 2 of 6 store(s)"),
        "{}",
        first.stdout
    );
    for part in [
        "What people must do",
        "guestpass steps show",
        "Where they may still be inside",
        "Closed (3)",
        "no credential was to be replaced",
        "site2",
    ] {
        assert!(first.stdout.contains(part), "{part}: {}", first.stdout);
    }
    assert!(first.stderr.contains("shop: out: "), "{}", first.stderr);
    assert_eq!(at.old_ones().len(), 4, "none was to be replaced");
    let removals = at.presta.removals(&"sam@vendor.example".parse().unwrap());
    let second = at.run(&["incident", "sam", "--json"]).expect(3);
    assert!(
        second.stderr.contains("not finished") && second.stderr.contains("--rotate nowhere"),
        "{}",
        second.stderr
    );
    let id = id_of(&report_of(&second.documents()));
    let listed = at.run(&["incident", "list", "sam", "--json"]).expect(0).document();
    assert_eq!(listed["incidents"].as_array().unwrap().len(), 1);
    assert_eq!(listed["incidents"][0]["id"], id.as_str());
    assert_eq!(at.presta.removals(&"sam@vendor.example".parse().unwrap()), removals, "nothing twice");
    assert!(at.run(&["incident", "list"]).expect(0).stdout.contains("NOT FINISHED"));
    assert_eq!(
        at.run(&["incident", "list", "kim", "--json"]).expect(0).document()["incidents"]
            .as_array()
            .unwrap()
            .len(),
        0
    );
    // Sweeps finish it; that is written down by the next `continue`, and sends nothing.
    at.merchant_removes_from_shopify();
    at.run(&["incident", "continue", &id]).expect(3);
    let report = at.report(&id);
    assert_eq!(report["waits_for_people"], true);
    let step = store_of(&report, "byhand")["must_act"][0]["id"].as_str().unwrap().to_owned();
    at.run(&["steps", "done", &step, "--note", "they wrote"]).expect(0);
    at.run(&["incident", "continue", &id]).expect(0);
    assert!(at.report(&id)["incident"]["finished_at"].is_string());
    // Somebody whom the configuration has forgotten is still known by the ledger.
    let config = std::fs::read_to_string(at.it.path("guestpass.toml")).unwrap();
    let without: String = config
        .replace("[people.sam]", "[people.other]")
        .replace("[people.sam.accounts]", "[people.other.accounts]");
    at.it.write("guestpass.toml", &without.replace("sam@vendor.example", "other@vendor.example"));
    at.big.merchant_adds(&"sam@vendor.example".parse().unwrap());
    assert_eq!(at.inside(), ["big"]);
    let again = at.run(&["incident", "sam", "--rotate", "nowhere", "--json"]);
    assert_ne!(id_of(&report_of(&again.documents())), id, "{again:?}");
    assert!(at.inside().is_empty(), "{again:?}");
    at.tells_no_secret();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_and_what_cannot_begin_send_and_write_nothing() {
    let at = Everywhere::new().await;
    let plan = at.run(&["incident", "sam", "--dry-run", "--json"]).expect(0).document();
    assert_eq!(plan["stores"].as_array().unwrap().len(), 6);
    let of = |store: &str| {
        plan["stores"].as_array().unwrap().iter().find(|one| one["store"] == store).unwrap().clone()
    };
    assert_eq!(of("byhand")["support"], "manual");
    assert_eq!(of("shop")["credentials"][0]["needs_consent"], true);
    assert_eq!(of("shop")["credentials"][1]["replaced"], "if_inside");
    assert!(plan["requests"].as_u64().unwrap() > 0);
    assert!(
        at.run(&["incident", "sam", "--dry-run"]).expect(0).stdout.contains("only with --allow-downtime")
    );
    let page = ["incident", "sam", "--html", "no/such/folder/page.html"];
    assert!(at.run(&page).expect(2).stderr.contains("no/such/folder/page.html"));
    at.run(&["incident", "list"]).expect(0);
    let unknown = "01935c2e-7f2a-7b61-8c9d-0d0f3f6a1b2c";
    for words in [&["incident", "report", unknown][..], &["incident", "continue", unknown]] {
        assert!(at.run(words).expect(1).stderr.contains("there is no incident"));
    }
    at.run(&["incident", "attest", unknown, "shop", "web", "--note", "done"]).expect(1);
    at.run(&["incident"]).expect(2);
    assert!(!at.it.path("state/ledger.sqlite").exists(), "no ledger is made");
    // A new secret that no sink takes would have no place.
    std::fs::create_dir_all(at.it.path("state")).unwrap();
    at.it.write("state/secrets", "a file where a folder should be");
    assert!(at.run(&["incident", "sam"]).expect(2).stderr.contains("--rotate nowhere"));
    assert!(!at.it.path("state/ledger.sqlite").exists());
    assert_eq!((at.requests(), at.inside().len()), (0, 4), "nothing was sent");
    std::fs::remove_file(at.it.path("state/secrets")).unwrap();
    at.run(&["incident", "nobody"]).expect(2);
    assert_eq!(at.requests(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_secret_that_no_sink_takes_is_kept_and_somebodys_word_is_no_proof() {
    let at = Everywhere::new().await;
    // The file of the key cannot be staged beside its live one, once the platform has made the new one.
    at.it.write("keep.sh", "case $GUESTPASS_ACTION in read|probe) ;; *) exit 1 ;; esac\n");
    let config = std::fs::read_to_string(at.it.path("guestpass.toml")).unwrap();
    let broken =
        config.replace("[sinks.front]\npath = \"front\"\n", "[sinks.front]\ncommand = \"sh keep.sh\"\n");
    assert_ne!(broken, config);
    let broken = broken
        .replace("kind = \"storefront-token\"\n", "kind = \"storefront-token\"\ncurrent = \"file:front\"\n");
    at.it.write("guestpass.toml", &broken);
    let ran = at.run(&["incident", "sam", "--json"]).expect(5);
    let said = ran.documents();
    let last = said.last().unwrap();
    let unsaved = last["unsaved"].as_array().unwrap();
    assert_eq!(unsaved.len(), 1, "{ran:?}");
    assert_eq!(
        (&unsaved[0]["store"], &unsaved[0]["credential"]),
        (&Value::from("front"), &Value::from("web"))
    );
    let file = unsaved[0]["file"].as_str().unwrap();
    let new = std::fs::read_to_string(at.it.path(file)).unwrap();
    let new = new.trim_end();
    assert!(
        at.shopify.fake.is_storefront_token_alive(new)
            && at.shopify.fake.is_storefront_token_alive(&at.front)
    );
    assert!(!format!("{}{}", ran.stdout, ran.stderr).contains(new), "it is printed nowhere");
    let id = id_of(&last["report"]);
    let token = credential_of(&last["report"], "front", "web");
    assert_eq!(token["state"], "in_work");
    assert!(token["next"].as_str().unwrap().contains("guestpass rotate --resume"));

    let word = ["incident", "attest", &id, "front", "web", "--note", "done in the panel", "--by", "robin"];
    let text = at.run(&word).expect(0).stdout;
    assert!(text.contains("not proven: robin says so"), "{text}");
    let report = at.report(&id);
    assert_eq!(credential_of(&report, "front", "web")["state"], "attested");
    assert_eq!(credential_of(&report, "front", "web")["proof"]["by"], "attested");
    assert_eq!(report["totals"]["credentials_attested"], 1);
    let dead = report["stores"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|store| store["credentials"].as_array().unwrap());
    assert_eq!(
        dead.filter(|one| one["state"] == "dead").count() as u64,
        report["totals"]["credentials_dead"]
    );
    at.run(&["incident", "attest", &id, "front", "wbe", "--note", "x"]).expect(1);
    at.tells_no_secret();
}

/// Waits until the fake has seen such a request, so that the work is in the middle of it. Says whether it came to that.
#[cfg(unix)]
fn under_way(child: &mut std::process::Child, seen: impl Fn() -> bool) -> bool {
    while !seen() {
        if child.try_wait().unwrap().is_some() {
            return seen();
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    true
}

/// Whatever kills it, the report is right at that moment, and whoever comes after goes on.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_killed_leaves_a_true_report_and_the_next_one_goes_on() {
    let at = Everywhere::new().await;
    let slow = || Fault::Slow(std::time::Duration::from_secs(300));
    let points = [
        ("GET", "/api/employees"),
        ("PUT", "/api/employees"),
        ("POST", "/admin-api/webservice-keys"),
        ("PATCH", "/admin-api/webservice-keys"),
    ];
    let (mut id, mut minutes) = (String::new(), 1);
    for (method, path) in points {
        let is_it =
            |one: &LoggedRequest| one.method == method && one.path.starts_with(path) && !one.throttled;
        let hits = || at.presta.requests().iter().filter(|one| is_it(one)).count();
        let before = hits();
        at.presta.fake.inject(On::Operation(format!("{method} {}", operation(path))), slow(), 1);
        // A write that was cut off may have to be looked for more than once before the next one.
        let reached = (0..4).any(|_| {
            let first = ["incident", "sam", "--json"];
            let next = ["incident", "continue", &id, "--json"];
            let mut command = at.it.command(if id.is_empty() { &first } else { &next });
            command.env("GUESTPASS_CLOCK_AHEAD", format!("{minutes}m"));
            minutes += 10;
            let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            let reached = under_way(&mut child, || hits() > before);
            // Whoever has ended by itself cannot be killed any more.
            let _ = child.kill();
            child.wait().unwrap();
            if id.is_empty() {
                let listed = at.run(&["incident", "list", "--json"]).expect(0).document();
                id = listed["incidents"][0]["id"].as_str().unwrap().to_owned();
            }
            let report = at.report(&id);
            at.compare(&report);
            let shop = store_of(&report, "shop");
            assert_ne!(shop["access"], "was_out", "{report}");
            if method == "PUT" {
                // It may have taken effect, and nobody knows yet: what was open is known all the same.
                assert_eq!(shop["access"], "open");
                assert!(shop["found"]["account"].is_string());
            }
            reached
        });
        assert!(reached, "{method} {path} was never sent");
    }
    let done = at.run_later("4h", &["incident", "continue", &id, "--json"]);
    let report = report_of(&done.documents());
    at.compare(&report);
    assert_eq!(store_of(&report, "shop")["access"], "closed", "{report}");
    assert_eq!(credential_of(&report, "shop", "web")["state"], "dead", "{report}");
    assert_eq!(at.presta.removals(&"sam@vendor.example".parse().unwrap()), 1);
    assert!(!at.presta.fake.key_works(KEY));
    let alive = at
        .presta
        .fake
        .keys()
        .iter()
        .filter(|key| key.enabled && key.description.contains("guestpass-"))
        .count();
    assert_eq!(alive, 1, "one new key, and it is in use");
    at.users_work();
    at.tells_no_secret();
}

#[cfg(unix)]
fn operation(path: &str) -> &str {
    path.trim_start_matches("/api/").trim_start_matches("/admin-api/")
}

/// Ctrl-C once: what is under way is finished, nothing more is begun, and the report says how it stands.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_stops_between_two_things_and_twice_gives_up() {
    let at = Everywhere::new().await;
    let press = |child: &std::process::Child| {
        assert!(
            std::process::Command::new("kill")
                .args(["-INT", &child.id().to_string()])
                .status()
                .unwrap()
                .success()
        );
    };
    // One that was asked to wait has not begun.
    let writes = || at.presta.requests().iter().filter(|one| one.write && !one.throttled).count();
    at.presta.fake.inject(On::Writes, Fault::Slow(std::time::Duration::from_secs(2)), 1);
    let mut child = at.it.spawn(&["incident", "sam", "--json"]);
    assert!(under_way(&mut child, || writes() > 0));
    press(&child);
    let ran = at.note(child.wait_with_output().unwrap().into()).expect(5);
    assert!(ran.stderr.contains("nothing more is begun"), "{}", ran.stderr);
    let report = report_of(&ran.documents());
    let id = id_of(&report);
    at.compare(&report);
    assert_eq!(store_of(&report, "shop")["access"], "closed", "the write under way is finished");
    assert_eq!(credential_of(&report, "shop", "web")["state"], "not_begun");
    assert!(at.presta.fake.key_works(KEY) && at.in_use("key") == KEY);

    // Nobody has to wait for leases after that.
    let before = writes();
    at.presta.fake.inject(On::Writes, Fault::Slow(std::time::Duration::from_secs(300)), 1);
    let mut child = at.it.spawn(&["incident", "continue", &id, "--json"]);
    assert!(under_way(&mut child, || writes() > before));
    press(&child);
    std::thread::sleep(std::time::Duration::from_millis(300));
    press(&child);
    let ran = at.note(child.wait_with_output().unwrap().into()).expect(4);
    let documents = ran.documents();
    assert_eq!(documents.last().unwrap()["error"]["kind"], "outcome_unknown");
    assert!(documents.last().unwrap()["error"]["next"].as_str().unwrap().contains(&id));
    let report = documents[documents.len() - 2]["report"].clone();
    at.compare(&report);
    assert_eq!(credential_of(&report, "shop", "web")["state"], "in_work");
    let report = report_of(&at.run_later(LATER, &["incident", "continue", &id, "--json"]).documents());
    assert_eq!(credential_of(&report, "shop", "web")["state"], "dead", "{report}");
    at.compare(&report);
    at.tells_no_secret();
}

/// The page is there from the beginning, and says what the report says.
#[tokio::test(flavor = "multi_thread")]
async fn the_page_holds_the_report_and_no_secret() {
    let at = Everywhere::new().await;
    at.run(&["incident", "sam", "--html", "page.html"]).expect(5);
    let page = || std::fs::read_to_string(at.it.path("page.html")).unwrap();
    let first = page();
    for store in ["big", "front", "shop", "site", "byhand", "sam"] {
        assert!(first.contains(store), "{store}");
    }
    let id =
        at.run(&["incident", "list", "--json"]).document()["incidents"][0]["id"].as_str().unwrap().to_owned();
    assert!(first.contains(&id));
    at.run(&["incident", "attest", &id, "shop", "kim", "--note", "told by phone", "--by", "robin"]).expect(0);
    at.run(&["incident", "report", &id, "--html", "page.html"]).expect(5);
    assert!(page().contains("told by phone") && !first.contains("told by phone"));
    at.tells_no_secret();
}

/// Two hundred stores of one account: one reading serves them all, and the report still fits on a few screens.
#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_stores_stay_readable_and_inside_the_budget() {
    let it = Fixture::new().await;
    let mut more = String::new();
    for number in 0..200 {
        let hash = format!("many{number}");
        it.fake.add_store(ACCOUNT, &hash, &format!("Store {number}"), OWNER);
        let token = format!("marker-token-of-store-{number}");
        it.fake.add_store_token(&hash, &token, &["store_v2_information_read_only"]);
        it.write_private(&format!("many{number}-token"), &token);
        if number % 20 == 0 {
            it.fake.add_user(&hash, SAM, "Sam", "Support");
        }
        more.push_str(&format!(
            "[stores.many{number}]\nplatform = \"bigcommerce\"\nstore_hash = \"{hash}\"\naccount_uuid = \"{ACCOUNT}\"\n\
             account_token = \"file:account-token\"\nstore_token = \"file:many{number}-token\"\napi_url = \"{}\"\n",
            it.fake.uri()
        ));
    }
    it.add(&more);
    it.fake.clear_requests();
    let ran = it.run(&["incident", "sam"]).expect(3);
    assert!(ran.stdout.starts_with("NOT OVER: sam may still be inside 1 of 202 store(s)"), "{}", ran.stdout);
    assert!(ran.stdout.lines().count() < 100, "{}", ran.stdout);
    assert!(
        ran.stdout.contains("Closed (10):") && ran.stdout.contains("as a look showed (191)"),
        "{}",
        ran.stdout
    );
    assert!(!ran.stderr.contains("many1:"), "nothing happened there: {}", ran.stderr);
    assert!((0..200).all(|number| !it.fake.is_member(&format!("many{number}"), SAM)));
    assert!(it.fake.account_requests() <= 70, "{}", it.fake.account_requests());
}
