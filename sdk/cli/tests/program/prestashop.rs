//! A platform on which the program makes accounts with their passwords, in every version of it.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use guestpass::SystemClock;
use guestpass_testkit::fakes::FakePrestashop;
use guestpass_testkit::fakes::prestashop::{DemoSeed, PrestashopVersion};

use crate::fixture::{Fixture, Ran, SAM};

struct Shop {
    it: Fixture,
    fake: FakePrestashop,
    seed: DemoSeed,
}

impl Shop {
    async fn of(version: PrestashopVersion) -> Self {
        let it = Fixture::new().await;
        let fake = FakePrestashop::start(Arc::new(SystemClock::new())).await;
        fake.set_version(version);
        let seed = fake.seed_demo();
        it.write_private("key", &seed.key);
        let config = format!(
            r#"[stores.shop]
platform = "prestashop"
url = "{}"
key = "file:key"
back_office_url = "https://shop.example/admin-7"

[people.sam]
email = "{SAM}"
first_name = "Sam"
last_name = "Support"

[roles.support.prestashop]
role = "{}"
[roles.sales.prestashop]
role = "4"
"#,
            fake.url(),
            seed.support_profile
        );
        it.write("guestpass.toml", &config);
        Self { it, fake, seed }
    }

    fn run(&self, words: &[&str]) -> Ran {
        self.it.run(words)
    }

    fn state(&self) -> String {
        let look = self.run(&["observe", "shop", "sam", "--json"]).expect(0).document();
        look["state"].as_str().unwrap().to_owned()
    }

    /// The secret in the file that a command has named.
    fn handed_over(&self, ran: &Ran) -> String {
        let path: PathBuf = ran.document()["secret"]["file"].as_str().expect("a file").into();
        fs::read_to_string(path).unwrap().trim_end().to_owned()
    }

    fn signs_in_with(&self, password: &str) -> bool {
        let account = self.fake.employee(SAM).unwrap();
        account.active && self.fake.password_of(SAM).as_deref() == Some(password)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_life_of_an_account_in_1_6() {
    whole_life(PrestashopVersion::V1_6).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_life_of_an_account_in_8() {
    whole_life(PrestashopVersion::V8).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_life_of_an_account_in_9() {
    whole_life(PrestashopVersion::V9_0).await;
}

async fn whole_life(version: PrestashopVersion) {
    let shop = Shop::of(version).await;
    shop.run(&["check", "shop"]).expect(0);
    shop.run(&["roles", "shop"]).expect(0);
    let invited = shop.run(&["invite", "shop", "sam", "--role", "support", "--json"]).expect(0);
    assert_eq!(invited.document()["result"], "granted");
    assert_eq!(invited.document()["access"]["login_url"], "https://shop.example/admin-7");
    let password = shop.handed_over(&invited);
    assert!(password.len() >= 24 && shop.signs_in_with(&password), "{version:?}");
    assert_eq!(shop.state(), "present");
    let again = shop.run(&["invite", "shop", "sam", "--role", "support", "--json"]).expect(0).document();
    assert_eq!((&again["result"], &again["secret"]), (&"already_there".into(), &serde_json::Value::Null));

    shop.run(&["change", "shop", "sam", "--role", "sales"]).expect(0);
    assert_eq!(shop.fake.employee(SAM).unwrap().profile, 4);
    shop.run(&["change", "shop", "sam", "--suspend"]).expect(0);
    assert_eq!(shop.state(), "suspended");
    shop.run(&["change", "shop", "sam", "--resume"]).expect(0);
    assert!(shop.signs_in_with(&password), "{version:?}: what is not changed stays");
    let reset = shop.run(&["change", "shop", "sam", "--reset-password", "--json"]).expect(0);
    let renewed = shop.handed_over(&reset);
    assert!(renewed != password && shop.signs_in_with(&renewed));

    let removed = shop.run(&["remove", "shop", "sam", "--json"]).expect(0).document();
    assert_eq!((&removed["result"], &removed["proof"]["by"]), (&"removed".into(), &"disabled".into()));
    assert_eq!(shop.state(), "suspended");
    assert!(!shop.fake.employee(SAM).unwrap().active && shop.fake.password_of(SAM) != Some(renewed));
    let back = shop.run(&["invite", "shop", "sam", "--role", "support", "--json"]).expect(0);
    assert!(shop.signs_in_with(&shop.handed_over(&back)), "{version:?}: switched on again");
    let deleted = shop.run(&["remove", "shop", "sam", "--delete", "--json"]).expect(0).document();
    assert_eq!(deleted["proof"]["by"], "listed");
    assert_eq!(shop.state(), "absent");
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_password_that_died_with_the_program_is_replaced_on_request() {
    use guestpass_testkit::{Fault, On};
    let shop = Shop::of(PrestashopVersion::V9_0).await;
    shop.fake.inject(On::Writes, Fault::Slow(std::time::Duration::from_secs(30)), 1);
    let mut child = shop.it.spawn(&["invite", "shop", "sam", "--role", "support"]);
    while shop.fake.admissions(SAM) == 0 {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let again = shop.run(&["invite", "shop", "sam", "--role", "support"]).expect(3).stdout;
    assert!(again.contains("guestpass change shop sam --reset-password"), "{again}");
    let reset =
        shop.run(&["change", "shop", "sam", "--reset-password", "--reveal-secret", "--json"]).expect(0);
    let password = reset.document()["secret"]["value"].as_str().unwrap().to_owned();
    assert!(shop.signs_in_with(&password));
    assert_eq!(shop.fake.admissions(SAM), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn super_admins_go_only_when_named_and_the_last_one_never() {
    let shop = Shop::of(PrestashopVersion::V9_0).await;
    let owner = shop.seed.owner_email.clone();
    shop.run(&["remove", "shop", &owner]).expect(1);
    let last = shop.run(&["remove", "shop", &owner, "--allow-privileged"]).expect(1).stderr;
    assert!(last.contains("last"), "{last}");
    shop.fake.add_employee("second@merchant.example", "Second", "Boss", 1);
    shop.run(&["remove", "shop", &owner, "--allow-privileged"]).expect(0);
    assert!(!shop.fake.employee(&owner).unwrap().active);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_of_the_shop_shows_anywhere_but_where_it_belongs() {
    let shop = Shop::of(PrestashopVersion::V9_0).await;
    let mut said = String::new();
    for words in [
        &["check", "shop", "-vvv"][..],
        &["list", "shop", "-vvv", "--json"],
        &["invite", "shop", "sam", "--role", "support", "-vvv"],
        &["change", "shop", "sam", "--reset-password", "-vvv", "--json"],
        &["remove", "shop", "sam", "-vvv"],
    ] {
        let ran = shop.run(words).expect(0);
        said.push_str(&ran.stdout);
        said.push_str(&ran.stderr);
    }
    for kept in walk(&shop.it.path(".local")) {
        if !kept.to_string_lossy().contains("/secrets/") {
            said.push_str(&fs::read_to_string(kept).unwrap());
        }
    }
    let secrets = shop.fake.secrets();
    assert!(secrets.len() > 4);
    for secret in secrets {
        assert!(!said.contains(&secret), "{secret} shows in {said}");
    }
}

fn walk(folder: &std::path::Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_password_of_a_grant_goes_where_it_was_told_and_nowhere_else() {
    let shop = Shop::of(PrestashopVersion::V8).await;
    let config = fs::read_to_string(shop.it.path("guestpass.toml")).unwrap();
    let sinks = "[sinks.vault]\nfile = \"vault\"\n[sinks.program]\ncommand = \"sh -c 'cat > got'\"\n\
                 [sinks.broken]\ncommand = \"./no-such-program\"\n[policy]\nlongest = \"8h\"\n";
    shop.it.write("guestpass.toml", &format!("{config}\n{sinks}"));
    let grant = |sink: &[&str]| {
        let words = ["grant", "shop", "sam", "--role", "support", "--for", "2h", "--json"];
        shop.run(&[&words[..], sink].concat())
    };
    let end = |ran: &Ran| {
        let id = ran.document()["grant"]["id"].as_str().unwrap().to_owned();
        let revoked = shop.run(&["revoke", &id, "--json"]).expect(0).document();
        assert!(
            ["listed", "disabled", "restored"]
                .contains(&revoked["grant"]["end"]["proof"]["by"].as_str().unwrap())
        );
        assert!(!shop.fake.employee(SAM).unwrap().active);
    };
    let mut passwords = Vec::new();
    let mut taken = |password: String| {
        assert!(shop.signs_in_with(&password), "the secret is the one that works");
        passwords.push(password);
    };

    let vaulted = grant(&["--deliver-to", "vault"]).expect(0);
    assert!(vaulted.document()["secret"].is_null());
    taken(fs::read_to_string(shop.it.path("vault/shop-sam.txt")).unwrap().trim_end().to_owned());
    end(&vaulted);
    let piped = grant(&["--deliver-to", "program"]).expect(0);
    taken(fs::read_to_string(shop.it.path("got")).unwrap());
    end(&piped);
    let filed = grant(&[]).expect(0);
    taken(shop.handed_over(&filed));
    end(&filed);

    let before = shop.fake.requests().iter().filter(|request| request.write).count();
    let broken = grant(&["--deliver-to", "broken"]);
    assert!(broken.code != 0 && !broken.document()["troubles"].as_array().unwrap().is_empty(), "{broken:?}");
    assert_eq!(
        shop.fake.requests().iter().filter(|request| request.write).count(),
        before,
        "nothing was sent"
    );
    for path in shop.it.written() {
        let name = path.display().to_string();
        if !["vault", "got", "secrets"].iter().any(|kept| name.contains(kept)) {
            let text = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
            assert!(passwords.iter().all(|password| !text.contains(password)), "{name}");
        }
    }
}
