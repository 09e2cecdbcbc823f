//! Bad input: one line that names field and remedy, exit code 2, and no request.

use crate::fixture::{Fixture, Ran, STORE};

fn refused(it: &Fixture, ran: &Ran, expected: &str) {
    assert_eq!(ran.code, 2, "{expected}: {ran:?}");
    assert_eq!(ran.stderr.lines().count(), 1, "{expected}: {}", ran.stderr);
    assert!(ran.stderr.starts_with("guestpass: "), "{}", ran.stderr);
    assert!(ran.stderr.contains(expected), "{expected}: {}", ran.stderr);
    assert!(ran.stderr.contains("; next: "), "{}", ran.stderr);
    assert!(!ran.stderr.contains("marker-"), "{}", ran.stderr);
    assert!(it.fake.requests().is_empty(), "{expected}");
}

#[tokio::test(flavor = "multi_thread")]
async fn in_the_configuration() {
    let it = Fixture::new().await;
    let uri = it.fake.uri();
    let hash = format!("store_hash = \"{STORE}\"");
    let cases: Vec<(&str, &str, &str)> = vec![
        (&hash, "store_hash = \"abc/123\"", "guestpass.toml:4:1: `store_hash` is no store hash"),
        (&hash, "", "guestpass.toml:1:9: `store_hash` is missing"),
        (&hash, "store_hash = 7", "guestpass.toml:4:14: `store_hash`"),
        ("account_uuid = \"0b6e", "account_uuid = \"zzz", "guestpass.toml:5:1: `account_uuid` is no UUID"),
        (
            "platform = \"bigcommerce\"",
            "platform = \"shopware\"",
            "guestpass.toml:2:1: `platform` names \"shopware\"",
        ),
        ("platform = \"bigcommerce\"\n", "", "guestpass.toml:1:9: `platform` is missing"),
        ("account_token = \"file:account-token\"\n", "", "guestpass.toml:1:9: `account_token` is missing"),
        ("\"file:account-token\"", "\"marker-literal\"", "guestpass.toml:6:1: `account_token` is a secret"),
        (
            "\"file:account-token\"",
            "\"env:ACME_NOT_SET\"",
            "`account_token` refers to the environment variable",
        ),
        ("\"file:account-token\"", "\"file:nowhere\"", "`account_token` refers to the file"),
        ("\"file:account-token\"", "\"cmd:guestpass-no-such\"", "`account_token` refers to the program"),
        (&uri, "http://api.bigcommerce.com", "guestpass.toml:8:1: `api_url` is plain http"),
        (&uri, "https://evil.example", "guestpass.toml:8:1: `api_url` names the host evil.example"),
        ("label =", "labl =", "guestpass.toml:3:1: `labl` is no setting"),
        ("[people.sam]", "[persons.sam]", "unknown field `persons`"),
        ("first_name", "firstname", "unknown field `firstname`"),
        (
            "sam@vendor.example",
            "sam@@vendor.example",
            "guestpass.toml:16:9: `email`: this is no e-mail address",
        ),
        ("rank = 10", "rank = \"marker-x\"", "guestpass.toml:21:8: invalid type"),
        ("[roles.support.bigcommerce]", "[roles.support.bigcommerce", "guestpass.toml:22:"),
    ];
    for (from, to, expected) in cases {
        it.edit(from, to);
        refused(&it, &it.run(&["list", "acme"]), expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn in_the_file_as_a_whole() {
    let it = Fixture::new().await;
    let list = ["list", "acme"];
    it.write("large.toml", &"#".repeat((1 << 20) + 1));
    std::fs::write(it.path("binary.toml"), [0xff, 0xfe]).unwrap();
    std::fs::create_dir(it.path("folder.toml")).unwrap();
    let named = [
        ("nowhere.toml", "nowhere.toml: the configuration cannot be read"),
        ("large.toml", "is larger than"),
        ("binary.toml", "is not UTF-8"),
        ("folder.toml", "cannot be read"),
    ];
    for (name, expected) in named {
        refused(&it, &it.run(&["--config", name, "list", "acme"]), expected);
    }
    std::fs::remove_file(it.path("guestpass.toml")).unwrap();
    refused(&it, &it.run(&list), "there is no configuration");
}

#[tokio::test(flavor = "multi_thread")]
async fn on_the_command_line() {
    let it = Fixture::new().await;
    let cases: [(&[&str], &str); 20] = [
        (&["list", "acne"], "there is no store \"acne\"; next: did you mean `acme`?"),
        (&["check", "acme", "acne"], "there is no store \"acne\""),
        (&["invite", "acme", "smo"], "there is no person \"smo\""),
        (&["invite", "acme", "sam@nowhere"], "this is no e-mail address"),
        (&["invite", "acme", "account:7"], "an account cannot be invited"),
        (
            &["invite", "acme", "sam", "--role", "suport"],
            "there is no role \"suport\"; next: did you mean `support`?",
        ),
        (&["invite", "acme", "sam", "--role", "elsewhere"], "add [roles.elsewhere.bigcommerce]"),
        (&["invite", "acme", "sam", "--until", "soon"], "--until: \"soon\" is no time"),
        (&["invite", "acme", "sam", "--until", "2020-01-01T00:00:00Z"], "has passed already"),
        (&["observe", "acme", "account:"], "this is no AccountId"),
        (&["remove", "acme", "nobody"], "there is no person \"nobody\""),
        (&["remove", "acme", "sam", "--baseline", "maybe"], "--baseline"),
        (&["change", "acme", "sam"], "required arguments were not provided"),
        (&["change", "acme", "sam", "--suspend", "--resume"], "cannot be used with"),
        (&["list"], "required arguments were not provided: <STORE>"),
        (&["list", "acme", "--frsh"], "unexpected argument '--frsh' found; next: a similar argument exists"),
        (&["lst", "acme"], "unrecognized subcommand 'lst'"),
        (&["list", "acme", "--timeout", "0"], "--timeout"),
        (&["capabilities", "--platform", "shopware"], "use one of: bigcommerce"),
        (&["init", "--platform", "shopware"], "use one of: bigcommerce"),
    ];
    for (words, expected) in cases {
        refused(&it, &it.run(words), expected);
        let json = [words, &["--json"]].concat();
        let error = &it.run(&json).expect(2).document()["error"];
        assert!(["config", "invalid_request"].contains(&error["kind"].as_str().unwrap()), "{error}");
        assert!(error["message"].is_string() && error["next"].is_string());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_configuration_error_tells_machines_its_field() {
    let it = Fixture::new().await;
    it.edit("account_uuid = \"0b6e", "account_uuid = \"zzz");
    let error = &it.run(&["check", "acme", "--json"]).expect(2).document()["error"];
    assert_eq!(error["field"], "account_uuid");
    assert_eq!(error["store"], "acme");
    assert_eq!(error["platform"], "bigcommerce");
    for absent in ["status", "code", "request_id", "retry_after_seconds", "manual_step"] {
        assert!(error[absent].is_null(), "{absent}");
    }
}
