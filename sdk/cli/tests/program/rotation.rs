//! Rotations: a new credential in place of an old one, without anybody being refused.

use std::collections::BTreeSet;
use std::sync::Arc;

use guestpass::SystemClock;
use guestpass_testkit::fakes::FakePrestashop;
use guestpass_testkit::{Fault, On};
use serde_json::Value;

use crate::fixture::{Fixture, Ran, STORE};

const OLD: &str = "OLDKEYOLDKEYOLDKEYOLDKEYOLDKEYOL";
const NEW: &str = "NEWKEYNEWKEYNEWKEYNEWKEYNEWKEYNE";
const CLIENT: &str = "erp";
const CLIENT_SECRET: &str = "5f1c0a9e7d3b4c2f8a6e1d0b9c7f3a25";
/// The file that the program of the merchant reads.
const PLACE: &str = "web-key";

/// A shop with a webservice key that a program of somebody uses.
struct Shop {
    it: Fixture,
    fake: FakePrestashop,
    /// All that was ever printed.
    said: std::cell::RefCell<String>,
}

impl Shop {
    /// We hold a client of the Admin API, and so can make keys.
    async fn new() -> Self {
        let shop = Self::bare().await;
        shop.configure(KEY, SINK);
        shop
    }

    /// Only a human makes keys.
    async fn guided() -> Self {
        let shop = Self::bare().await;
        let text = shop.text(KEY, SINK);
        let without: Vec<_> = text.lines().filter(|line| !line.starts_with("admin_")).collect();
        shop.it.write("guestpass.toml", &without.join("\n"));
        shop
    }

    async fn bare() -> Self {
        let it = Fixture::new().await;
        let fake = FakePrestashop::start(Arc::new(SystemClock::new())).await;
        let seed = fake.seed_demo();
        fake.add_key(OLD, &[("orders", &["GET", "PUT"])]);
        fake.add_api_client(CLIENT, CLIENT_SECRET, &["profile_read"]);
        it.write_private("key", &seed.key);
        it.write_private("control-client", &seed.client_secret);
        it.write_private(PLACE, &format!("{OLD}\n"));
        it.write("control-id", &seed.client_id);
        Self { it, fake, said: Default::default() }
    }

    fn text(&self, credential: &str, sink: &str) -> String {
        let client = std::fs::read_to_string(self.it.path("control-id")).unwrap();
        format!(
            r#"state_dir = "state"
[stores.shop]
platform = "prestashop"
url = "{}"
key = "file:key"
admin_client_id = "{client}"
admin_client_secret = "file:control-client"
{credential}
{sink}
"#,
            self.fake.url()
        )
    }

    fn configure(&self, credential: &str, sink: &str) {
        self.it.write("guestpass.toml", &self.text(credential, sink));
    }

    fn run(&self, words: &[&str]) -> Ran {
        self.note(self.it.run(words))
    }

    fn run_later(&self, ahead: &str, words: &[&str]) -> Ran {
        self.note(self.it.run_later(ahead, words))
    }

    fn note(&self, ran: Ran) -> Ran {
        self.said.borrow_mut().push_str(&format!("{}{}", ran.stdout, ran.stderr));
        ran
    }

    fn rotate(&self, words: &[&str]) -> Ran {
        self.run(&[&["rotate"], words, &["--json"]].concat())
    }

    /// What whoever uses the key reads.
    fn in_use(&self) -> String {
        std::fs::read_to_string(self.it.path(PLACE)).unwrap().trim_end().to_owned()
    }

    /// Nothing that was printed or written holds a secret, but the places that are for secrets.
    fn tells_no_secret(&self) {
        let mut secrets: BTreeSet<String> = self.fake.secrets().into_iter().collect();
        secrets.extend([OLD, NEW, CLIENT_SECRET].map(ToOwned::to_owned));
        let said = self.said.borrow();
        assert!(!said.is_empty());
        for secret in secrets.iter().filter(|secret| secret.len() > 8) {
            assert!(!said.contains(secret.as_str()), "printed: {secret}: {said}");
            for path in self.it.written() {
                let name = path.strip_prefix(self.it.folder()).unwrap().to_string_lossy().into_owned();
                let is_place = name.starts_with(PLACE)
                    || name.starts_with("state/secrets/")
                    || name.starts_with("kept/");
                if !is_place && !["key", "control-client", "handed-in"].contains(&name.as_str()) {
                    let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
                    assert!(!text.contains(secret.as_str()), "{name}: {secret}");
                }
            }
        }
    }
}

const KEY: &str = r#"
[stores.shop.credentials.web]
kind = "webservice-key"
sink = "web"
drain = "1h"
"#;
const SINK: &str = "[sinks.web]\npath = \"web-key\"\n";

fn id(document: &Value) -> String {
    document["rotation"]["id"].as_str().unwrap().to_owned()
}

fn stages(document: &Value) -> Vec<&str> {
    document["steps"].as_array().unwrap().iter().map(|step| step["stage"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_replaced_while_both_work_and_the_old_one_ends_after_the_drain() {
    let shop = Shop::new().await;
    let planned = shop.rotate(&["shop", "web", "--dry-run"]).expect(0).document();
    assert_eq!((&planned["dry_run"], &planned["subject"]), (&Value::from(true), &Value::from("web")));
    assert_eq!(planned["sinks"][0]["reads_back"], true);
    assert!(planned["steps"].as_array().unwrap().len() > 5);
    assert!(!shop.it.path("state/ledger.sqlite").exists() && shop.fake.keys().len() == 2, "nothing was done");

    let begun = shop.rotate(&["shop", "webservice-key", "--reason", "quarterly", "--by", "robin"]).expect(0);
    let begun = begun.document();
    let rotation = &begun["rotation"];
    assert_eq!(rotation["stage"], "promoted");
    assert_eq!(stages(&begun), ["issuing", "issued", "staged", "verified", "promoting", "promoted"]);
    assert_eq!(rotation["waits_for"]["for"], "time");
    assert_eq!(rotation["requested_by"]["name"], "robin");
    assert_eq!(rotation["live"], "the old one; the new one");
    assert_eq!(rotation["drain_seconds"], 3600);
    let new = shop.in_use();
    assert!(new != OLD && shop.fake.key_works(&new) && shop.fake.key_works(OLD), "both work");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(shop.it.path(PLACE)).unwrap().permissions().mode() & 0o777, 0o600);
    }

    let again = shop.rotate(&["shop", "web"]).expect(1).document();
    assert_eq!(again["error"]["kind"], "conflict");
    assert!(again["error"]["next"].as_str().unwrap().contains(&id(&begun)));
    let early = shop.rotate(&["--resume", &id(&begun)]).expect(0).document();
    assert_eq!(early["rotation"]["stage"], "promoted", "the hour is not over");
    shop.rotate(&["--abort", &id(&begun)]).expect(2);

    let done = shop.run_later("2h", &["rotate", "--resume", &id(&begun), "--json"]).expect(0).document();
    assert_eq!(done["rotation"]["stage"], "done");
    assert_eq!(done["rotation"]["old"]["fate"], "dead");
    assert_eq!(done["rotation"]["next"], "nothing");
    assert!(!shop.fake.key_works(OLD) && shop.fake.key_works(&new));
    assert_eq!(shop.in_use(), new);
    assert!(!shop.it.path("web-key.next").exists() && !shop.it.path("web-key.old").exists());

    let listed = shop.run(&["rotations", "--all", "--json"]).expect(0).documents();
    assert_eq!(listed[0]["rotation"]["stage"], "done");
    assert_eq!(listed[1]["summary"]["rotations"], 1);
    assert_eq!(shop.run(&["rotations", "--json"]).expect(0).documents().len(), 1, "none is open");
    let shown = shop.run(&["rotations", &id(&begun)]).expect(0).stdout;
    assert!(shown.contains("quarterly") && shown.contains("asked for by:  robin"), "{shown}");
    shop.run(&["audit", "verify"]).expect(0);
    assert!(shop.run(&["audit", "export"]).expect(0).stdout.contains("rotation_planned"));
    shop.tells_no_secret();
}

#[tokio::test(flavor = "multi_thread")]
async fn people_see_every_step_as_it_happens() {
    let shop = Shop::new().await;
    let text = shop.run(&["rotate", "shop", "web", "--drain", "2h"]).expect(0).stdout;
    for part in [
        "issuing ",
        "staged ",
        "verified ",
        "promoted ",
        "live:          the old one; the new one",
        "--resume",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("waiting "), "nobody waits here: {text}");
    let table = shop.run(&["credentials"]).expect(0).stdout;
    assert!(table.contains("caller made / disable / probe / unlimited"), "{table}");
    assert!(table.contains("promoted, waits for"), "{table}");
    let plan = shop.run(&["rotate", "--resume", &open_id(&shop), "--dry-run"]).expect(0).stdout;
    assert!(plan.contains("nothing was sent"), "{plan}");
    shop.run(&["rotations", "--store", "shop"]).expect(0);
    shop.tells_no_secret();
}

fn open_id(shop: &Shop) -> String {
    id(&shop.run(&["rotations", "--json"]).expect(0).documents()[0])
}

#[tokio::test(flavor = "multi_thread")]
async fn where_a_human_makes_the_key_it_waits_takes_it_and_asks_for_the_end_of_the_old_one() {
    let shop = Shop::guided().await;
    let begun = shop.rotate(&["shop", "web", "--drain", "1m"]).expect(3).document();
    let id = id(&begun);
    assert_eq!(begun["rotation"]["waits_for"]["part"], "issue");
    assert!(begun["rotation"]["next"].as_str().unwrap().contains("--new"));
    let steps = shop.run(&["steps", "--json"]).expect(0).documents();
    assert_eq!(steps[0]["rotation_step"]["id"], id.as_str());
    assert_eq!(steps[0]["rotation_step"]["for"], "issue");
    assert_eq!(steps[1]["summary"]["open"], 1);
    assert_eq!(shop.run(&["steps", "--store", "shop"]).expect(0).stdout.matches("new credential").count(), 1);
    let shown = shop.run(&["steps", "show", &id, "--json"]).expect(0).document();
    assert!(!shown["rotation_step"]["step"]["instructions"].as_array().unwrap().is_empty());
    let refused = shop.run(&["steps", "done", &id, "--note", "made it"]).expect(2).stderr;
    assert!(refused.contains("--new"), "{refused}");
    assert_eq!(
        shop.rotate(&["--resume", &id]).expect(3).document()["rotation"]["waits_for"]["part"],
        "issue"
    );

    // A secret on the command line is refused and never repeated.
    let literal = shop.rotate(&["--resume", &id, "--new", NEW]).expect(2);
    assert!(literal.stderr.contains("--new"), "{}", literal.stderr);
    // One that does not work is not put in place.
    shop.it.write_private("handed-in", &format!("{NEW}\n"));
    let unknown = shop.rotate(&["--resume", &id, "--new", "file:handed-in"]);
    assert_ne!(unknown.code, 0, "{unknown:?}");
    assert_eq!(shop.in_use(), OLD);

    shop.fake.add_key(NEW, &[("orders", &["GET", "PUT"])]);
    let handed = shop.rotate(&["--resume", &id, "--new", "file:handed-in"]).expect(0).document();
    assert_eq!(handed["rotation"]["stage"], "promoted");
    assert_eq!(shop.in_use(), NEW);
    let late = shop.run_later("5m", &["rotate", "--resume", &id, "--json"]).expect(3).document();
    assert_eq!(late["rotation"]["waits_for"]["part"], "retire");
    shop.run_later("5m", &["steps", "check", &id]).expect(3);
    let word = ["steps", "done", &id, "--note", "clicked", "--by", "robin"];
    assert!(shop.run_later("5m", &word).expect(1).stderr.contains("still works"), "a look is believed more");
    shop.fake.set_key_enabled(OLD, false);
    let done = shop.run_later("5m", &["steps", "check", &id, "--json"]).expect(0).document();
    assert_eq!(done["rotation"]["stage"], "done");
    assert_eq!(shop.run(&["steps", "--json"]).expect(0).documents().len(), 1, "no step is left");
    shop.run(&["steps", "check", &id]).expect(1);
    shop.tells_no_secret();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_new_key_lacks_stops_it_until_somebody_agrees_or_gives_up() {
    let shop = Shop::guided().await;
    shop.fake.add_key(NEW, &[("orders", &["GET"])]);
    shop.it.write_private("handed-in", NEW);
    let id = id(&shop.rotate(&["shop", "web"]).expect(3).document());
    let stopped = shop.rotate(&["--resume", &id, "--new", "file:handed-in"]).expect(3).document();
    let lost = stopped["rotation"]["trouble"]["lost_rights"].as_array().unwrap();
    assert!(!lost.is_empty() && shop.in_use() == OLD, "{stopped}");
    assert!(stopped["rotation"]["next"].as_str().unwrap().contains("--allow-loss"));
    let right = lost[0].as_str().unwrap().to_owned();
    let agreed = shop.rotate(&["--resume", &id, "--allow-loss", &right]).expect(0).document();
    assert_eq!(agreed["rotation"]["may_lose"][0], right.as_str());
    assert_eq!((shop.in_use().as_str(), &agreed["rotation"]["stage"]), (NEW, &Value::from("promoted")));
    shop.tells_no_secret();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_given_up_leaves_the_old_one_and_ends_the_new_one() {
    let shop = Shop::new().await;
    let before = shop.fake.keys().len();
    // The trial of the new key fails, and so does every other one.
    shop.fake.inject(On::Operation("GET orders".to_owned()), Fault::StatusAfterCommit(500), 50);
    let stopped = shop.rotate(&["shop", "web"]).expect(5).document();
    assert_eq!(stopped["rotation"]["stage"], "staged", "{stopped}");
    assert!(stopped["rotation"]["trouble"]["kind"].is_string());
    assert!(shop.it.path("web-key.next").exists());
    let keys = shop.fake.keys();
    assert_eq!(keys.len(), before + 1);
    let new = keys.iter().find(|key| {
        key.enabled && ![OLD].contains(&key.key.as_str()) && key.description.contains("guestpass-")
    });
    let new = new.unwrap().key.clone();
    let aborted = shop.rotate(&["--abort", &id(&stopped), "--reason", "later"]).expect(0).document();
    assert_eq!(aborted["rotation"]["stage"], "aborted");
    assert!(!shop.fake.key_works(&new) && shop.fake.key_works(OLD));
    assert_eq!(shop.in_use(), OLD);
    assert!(!shop.it.path("web-key.next").exists());
    shop.tells_no_secret();
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_no_sink_takes_is_handed_to_whoever_gave_the_command() {
    let shop = Shop::new().await;
    let client = "[stores.shop.credentials.erp]\nkind = \"admin-api-client\"\nsink = \"manager\"\ncurrent = \"file:handed-in\"\n";
    shop.configure(client, "[sinks.manager]\ncommand = \"sh keep.sh\"\nreads_back = true\n");
    let pair = format!("{{\"client_id\":\"{CLIENT}\",\"client_secret\":\"{CLIENT_SECRET}\"}}");
    shop.it.write_private("handed-in", &pair);
    // It cannot stage anything today.
    shop.it.write("keep.sh", "case $GUESTPASS_ACTION in read) ;; *) exit 1 ;; esac\n");
    let stopped = shop.rotate(&["shop", "erp"]).expect(5).document();
    assert_eq!(stopped["rotation"]["stage"], "issued", "{stopped}");
    let path = stopped["unsaved"]["file"].as_str().unwrap().to_owned();
    let new = std::fs::read_to_string(shop.it.path(&path)).unwrap();
    let new: Value = serde_json::from_str(&new).unwrap();
    assert!(
        shop.fake.client_works(new["client_id"].as_str().unwrap(), new["client_secret"].as_str().unwrap())
    );

    let script = r#"set -eu; mkdir -p kept; cd kept
        case "$GUESTPASS_ACTION" in
        stage) cat > staged ;;
        promote) if [ -e staged ]; then if [ -e live ]; then mv live previous; fi; mv staged live; fi ;;
        discard) rm -f "$GUESTPASS_COPY" ;;
        read) if [ -e "$GUESTPASS_COPY" ]; then cat "$GUESTPASS_COPY"; fi ;;
        esac"#;
    shop.it.write("keep.sh", script);
    let place = format!("file:{path}");
    let done = shop.rotate(&["--resume", &id(&stopped), "--new", &place]).expect(0).document();
    assert_eq!(done["rotation"]["stage"], "done", "{done}");
    assert!(done["unsaved"].is_null());
    let live = std::fs::read_to_string(shop.it.path("kept/live")).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&live).unwrap(), new);
    assert!(!shop.fake.client_works(CLIENT, CLIENT_SECRET));
    shop.tells_no_secret();
}

#[tokio::test(flavor = "multi_thread")]
async fn sweeps_rotate_what_is_too_old_or_say_so() {
    let shop = Shop::new().await;
    let old = "made = 2026-01-31\nrotate_every = \"30d\"\n";
    shop.configure(&format!("{KEY}{old}"), SINK);
    let credentials = shop.run(&["credentials", "shop", "--json"]).expect(0).document();
    assert_eq!(credentials["credentials"][0]["is_due"], true);
    assert_eq!(credentials["credentials"][0]["how"]["find"], "caller_made");
    let planned = shop.run(&["sweep", "--dry-run", "--json"]).expect(0).document();
    assert_eq!(planned["rotations_due"][0]["credential"], "web");
    let swept = shop.run(&["sweep", "--json"]).expect(0).documents();
    assert_eq!(swept[0]["rotation_due"]["credential"], "web");
    assert_eq!(swept[1]["summary"]["rotations"]["announced"], 1);
    assert_eq!(shop.in_use(), OLD, "somebody must say so");
    assert!(shop.run(&["sweep"]).expect(0).stdout.contains("guestpass rotate shop web"));

    shop.configure(&format!("{KEY}{old}automatic = true\n"), SINK);
    let swept = shop.run(&["sweep", "--json"]).expect(0).documents();
    assert_eq!(swept[0]["rotation"]["stage"], "promoted", "{swept:?}");
    assert_eq!(swept[1]["summary"]["rotations"]["begun"], 1);
    let new = shop.in_use();
    assert!(new != OLD && shop.fake.key_works(OLD));
    let planned = shop.run_later("2h", &["sweep", "--dry-run", "--json"]).expect(0).document();
    assert_eq!(planned["rotations"][0]["stage"], "promoted");
    let swept = shop.run_later("2h", &["sweep", "--json"]).expect(0).documents();
    assert_eq!(swept[0]["rotation"]["stage"], "done");
    assert_eq!(swept[1]["summary"]["rotations"]["done"], 1);
    assert!(!shop.fake.key_works(OLD) && shop.fake.key_works(&new));
    let idle = shop.run_later("2h", &["sweep", "--json"]).expect(0).documents();
    assert_eq!(idle.len(), 1, "its age counts from today");
    shop.tells_no_secret();
}

#[tokio::test(flavor = "multi_thread")]
async fn mistakes_are_found_before_anything_is_sent() {
    let shop = Shop::new().await;
    let asked = shop.fake.requests().len();
    let cases = [
        (
            "kind = \"webservice-key\"",
            "kind = \"webservice-kye\"",
            "did you mean `webservice-key`? known are admin-api-client",
        ),
        (
            "drain = \"1h\"",
            "permission = \"GET x\"",
            "`permission` is no setting here; next: known are id, permissions; every credential may have kind, sinks",
        ),
        ("drain = \"1h\"", "lifetime = \"1h\"", "`lifetime` cannot be chosen for this kind"),
        ("drain = \"1h\"", "made = 2999-01-01", "`made` lies ahead"),
        ("kind = \"webservice-key\"", "kind = \"employee-password\"", "`employee` is missing; next: add it"),
        (
            "kind = \"webservice-key\"",
            "kind = \"employee-password\"\nemployee = \"7\"\nautomatic = true\nrotate_every = \"1d\"",
            "`automatic` is not for this kind",
        ),
    ];
    for (good, bad, expected) in cases {
        let text = shop.text(KEY, SINK);
        assert!(text.contains(good));
        shop.it.write("guestpass.toml", &text.replacen(good, bad, 1));
        let ran = shop.run(&["stores"]).expect(2);
        assert!(
            ran.stderr.contains(expected) && ran.stderr.contains("guestpass.toml:"),
            "{bad}: {}",
            ran.stderr
        );
        assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
    }
    let text = shop.text(KEY, SINK).replace("key = \"file:key\"", "access = \"merchant\"");
    shop.it.write("guestpass.toml", &text);
    assert!(shop.run(&["credentials"]).expect(2).stderr.contains("whose merchant holds the key"));

    let two = format!("{KEY}[stores.shop.credentials.other]\nkind = \"webservice-key\"\nsink = \"folder\"\n");
    shop.configure(&two, &format!("{SINK}[sinks.folder]\nfile = \"kept\"\n"));
    for (words, code, expected) in [
        (&["rotate", "shop", "webservice-key"][..], 2, "name one of them: other, web"),
        (&["rotate", "shop", "wbe"], 2, "did you mean `web`?"),
        (&["rotate", "shop", "other", "--sink", "web"], 2, "is a file for shop/web"),
        (&["rotate", "shop", "web", "--sink", "wbe"], 2, "there is no sink"),
        (&["rotate", "shop", "web", "--drain", "soon"], 2, "--drain"),
        (&["rotate", "shop"], 2, "CREDENTIAL"),
        (&["rotate", "shop", "web", "--new", "file:x"], 2, "--new"),
        (&["rotate", "--resume", "01935c2e-7f2a-7b61-8c9d-0d0f3f6a1b2c"], 1, "there is no rotation"),
        (&["rotate", "--resume", "x"], 2, "x"),
        (&["rotations", "01935c2e-7f2a-7b61-8c9d-0d0f3f6a1b2c"], 1, "there is no rotation"),
        (&["credentials", "nobody"], 2, "there is no store"),
    ] {
        let ran = shop.run(words).expect(code);
        assert!(ran.stderr.contains(expected), "{words:?}: {}", ran.stderr);
    }
    assert_eq!(shop.fake.requests().len(), asked, "nothing was sent");
    let grant = ["grant", "shop", "sam", "--for", "1h", "--deliver-to", "web"];
    shop.configure(KEY, &format!("{SINK}[people.sam]\nemail = \"sam@vendor.example\"\n"));
    assert!(shop.run(&grant).expect(2).stderr.contains("takes no passwords"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kind_of_which_only_one_can_live_wants_to_be_allowed_the_downtime() {
    let shop = Shop::new().await;
    let employee = shop.fake.add_employee("kim@vendor.example", "Kim", "Support", 5);
    let credential = format!(
        "[stores.shop.credentials.kim]\nkind = \"employee-password\"\nsink = \"web\"\nemployee = \"{employee}\"\n"
    );
    shop.configure(&credential, SINK);
    let too_long = shop.rotate(&["shop", "kim", "--allow-downtime", "--lifetime", "1h"]).expect(2).document();
    assert_eq!(too_long["error"]["field"], "lifetime");
    let refused = shop.rotate(&["shop", "kim"]).expect(1).document();
    assert!(refused["error"]["message"].as_str().unwrap().contains("ends the old one at once"), "{refused}");
    assert_eq!(shop.run(&["rotations", "--all", "--json"]).expect(0).documents().len(), 1);
    assert!(refused["error"]["next"].as_str().unwrap().contains("--allow-downtime"), "{refused}");
    let done = shop.run(&["rotate", "shop", "kim", "--allow-downtime"]).stdout;
    assert_eq!(shop.fake.password_of("kim@vendor.example"), Some(shop.in_use()), "{done}");
    assert!(done.contains("could not be tried") && !done.contains("the new one works"), "{done}");
    shop.tells_no_secret();
}

/// A platform that lists no tokens and ends them a while after it was asked.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_dies_by_a_schedule_is_seen_to_its_end() {
    let it = Fixture::new().await;
    it.fake.add_store_token(STORE, "marker-minting-token", &["store_storefront_api"]);
    it.write_private("minting-token", "marker-minting-token");
    let config = it.config().replace("file:store-token", "file:minting-token");
    let credential = "[stores.acme.credentials.web]\nkind = \"private-token\"\nscopes = \"Unauthenticated\"\n\
                      channel_id = \"1\"\nsink = \"web\"\n[sinks.web]\npath = \"web-key\"\n";
    it.write("guestpass.toml", &format!("{config}{credential}"));
    let in_use = || std::fs::read_to_string(it.path(PLACE)).unwrap().trim_end().to_owned();
    let first = it.run(&["rotate", "acme", "web", "--json"]);
    let first = first.expect(0).document();
    assert_eq!(first["rotation"]["stage"], "done", "there was none before: {first}");
    assert!(first["rotation"]["old"].is_null() && first["rotation"]["new"]["expires_at"].is_string());
    let old = in_use();
    assert!(it.fake.storefront_token_works(&old));

    let begun = it
        .run(&["rotate", "acme", "web", "--drain", "1h", "--lifetime", "7d", "--json"])
        .expect(0)
        .document();
    assert_eq!(begun["rotation"]["stage"], "promoted");
    let new = in_use();
    assert!(new != old && it.fake.storefront_token_works(&new) && it.fake.storefront_token_works(&old));
    let later = it.run_later("2h", &["rotate", "--resume", &id(&begun), "--json"]).expect(0).document();
    let fate = &later["rotation"]["old"]["fate"];
    assert!(["dies_at", "retiring", "dead"].contains(&fate.as_str().unwrap()), "{later}");
    let told = it.run(&["audit", "export"]).expect(0).stdout;
    for secret in [&old, &new] {
        assert!(!format!("{first}{begun}{later}{told}").contains(secret.as_str()));
    }
}

/// What was sent nowhere is given up without its store.
#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_that_made_nothing_is_given_up_after_its_store_has_left() {
    let shop = Shop::guided().await;
    let id = id(&shop.rotate(&["shop", "web"]).expect(3).document());
    shop.it.write("guestpass.toml", "state_dir = \"state\"\n");
    let aborted = shop.rotate(&["--abort", &id]).expect(0).document();
    assert_eq!(aborted["rotation"]["stage"], "aborted");
    assert_eq!(shop.in_use(), OLD);
}

/// Whoever dies in the middle leaves a record from which the next one goes on, and no second key.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn whoever_comes_after_a_killed_rotation_knows_what_may_be_live() {
    let shop = Shop::new().await;
    let before = shop.fake.keys().len();
    let slow = Fault::Slow(std::time::Duration::from_secs(300));
    shop.fake.inject(On::Writes, slow, 1);
    let mut first = shop.it.spawn(&["rotate", "shop", "web"]);
    let stage = || {
        let listed = shop.run(&["rotations", "--json"]).expect(0).documents();
        (listed.len() > 1)
            .then(|| (id(&listed[0]), listed[0]["rotation"]["stage"].as_str().unwrap().to_owned()))
    };
    let id = loop {
        assert!(first.try_wait().unwrap().is_none(), "it ended by itself");
        match stage() {
            Some((id, stage)) if stage == "issuing" => break id,
            _ => tokio::task::yield_now().await,
        }
    };
    first.kill().unwrap();
    first.wait().unwrap();
    let shown = shop.run(&["rotations", &id, "--json"]).expect(0).document();
    assert_eq!(shown["rotation"]["stage"], "issuing");
    assert!(shown["rotation"]["live"].as_str().unwrap().contains("perhaps the new one"), "{shown}");
    // The lease of the dead one still stands, and nothing is sent before it has lapsed.
    let busy = shop.rotate(&["--resume", &id]).expect(4).document();
    assert_eq!(busy["error"]["kind"], "outcome_unknown");
    assert!(busy["error"]["next"].as_str().unwrap().contains(&id));
    assert_eq!(shop.in_use(), OLD);
    assert!(shop.fake.key_works(OLD));
    assert!(shop.fake.keys().len() <= before + 1, "at most one was made");
    shop.tells_no_secret();
}
