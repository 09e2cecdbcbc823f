use std::time::Duration;

use guestpass::SystemClock;

use super::*;
use crate::registry::registry;

const GOOD: &str = r#"
[stores.acme]
platform = "bigcommerce"
store_hash = "abc123"
account_uuid = "0b6e3f0a-52f1-4a3c-9a50-3a7f0c7c9a11"
account_token = "env:ACME_TOKEN"

[stores.byhand]
platform = "bigcommerce"
access = "merchant"
store_hash = "def456"

[people.sam]
email = "sam@vendor.example"
other_emails = ["sam@old.example"]
first_name = "Sam"
shared = true
accounts = { bigcommerce = "bc/account/user/7" }

[roles.support]
rank = 10
[roles.support.bigcommerce]
role = "Custom"
permissions = ["Manage_Orders"]
allow_privileged = false
"#;

fn parse(text: &str) -> Result<Config> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    Config::parse(Path::new("guestpass.toml"), text, &registry(), &clock)
}

fn platform() -> ProviderId {
    ProviderId::from_static("bigcommerce")
}

#[test]
fn everything_is_understood() {
    let config = parse(GOOD).unwrap();
    assert_eq!(config.store_names().collect::<Vec<_>>(), ["acme", "byhand"]);
    let sam = config.person("sam").unwrap();
    assert!(sam.shared && sam.first_name.as_deref() == Some("Sam") && sam.last_name.is_none());
    let target = config.target("sam", &platform()).unwrap();
    assert_eq!(target.account().unwrap().as_str(), "bc/account/user/7");
    let role = config.role("support", &platform()).unwrap();
    assert_eq!(role.platform_role.as_deref(), Some("Custom"));
    assert_eq!(role.permissions, ["Manage_Orders"]);
}

#[test]
fn an_address_of_somebody_we_know_means_that_somebody() {
    let config = parse(GOOD).unwrap();
    assert_eq!(config.person("SAM@old.example").unwrap().handle.as_str(), "sam");
    let stranger = config.person("o'neil+x@other.example").unwrap();
    assert_eq!(stranger.handle.as_str(), "o-neil-x");
    assert!(matches!(config.target("account:7", &platform()).unwrap(), Target::Account(_)));
    assert!(config.person("account:7").is_err());
}

#[test]
fn every_mistake_names_its_place_and_a_remedy() {
    let cases: [(&str, &str, &str); 16] = [
        ("[stores.acme]", "[stores.\"a b\"]", "2:9: `a b`: this is no StoreHandle"),
        ("platform = \"bigcommerce\"", "platform = \"bigcomerce\"", "3:1: `platform` names \"bigcomerce\""),
        ("store_hash = \"abc123\"\n", "", "2:9: `store_hash` is missing"),
        ("account_token = \"env:ACME_TOKEN\"", "", "2:9: `account_token` is missing"),
        ("\"env:ACME_TOKEN\"", "\"hush-hush\"", "6:1: `account_token` is a secret and may not stand"),
        ("\"env:ACME_TOKEN\"", "\"env:\"", "6:1: `account_token` is an empty reference"),
        ("account_uuid", "acount_uuid", "5:1: `acount_uuid` is no setting here"),
        ("\"abc123\"", "12", "4:14: `store_hash` is of the kind integer"),
        ("access = \"merchant\"", "access = \"hush-hush\"", "10:1: `access` is neither"),
        ("\"sam@vendor.example\"", "\"sam@vendor\"", "14:9: `email`: this is no e-mail address"),
        ("shared = true", "shared = \"hush-hush\"", "17:10: invalid type: string, expected a boolean"),
        ("shared = true", "shard = true", "17:1: unknown field `shard`"),
        ("{ bigcommerce =", "{ shopware =", "18:14: `shopware` is no platform"),
        ("rank = 10", "rank = \"hush-hush\"", "21:8: invalid type: string, expected i64"),
        ("allow_privileged", "allow_all", "25:1: unknown field `allow_all`"),
        ("[roles.support.bigcommerce]", "[roles.support.shopware]", "22:16: `shopware` is no platform"),
    ];
    for (good, bad, expected) in cases {
        let text = GOOD.replacen(good, bad, 1);
        assert_ne!(text, GOOD, "{good}");
        let error = parse(&text).expect_err(bad);
        let shown = error.to_string();
        assert!(shown.contains(&format!("guestpass.toml:{expected}")), "{bad}: {shown}");
        assert!(shown.contains("; next: ") && !shown.contains('\n'), "{shown}");
        assert!(!format!("{shown} {error:?}").contains("hush-hush"), "{shown}");
        assert_eq!(error.kind(), ErrorKind::Config);
    }
}

#[test]
fn reviews_and_looks_have_lengths_of_time() {
    let looking = |text: &str| parse(&format!("{GOOD}\n{text}")).unwrap().review;
    let (day, unsaid) = (Duration::from_secs(24 * 3600), looking(""));
    assert_eq!((unsaid.drift_every, unsaid.rules.dormant_after), (Some(day), 90 * day));
    let said = looking("[review]\ndormant_after = \"30d\"\ndrift_every = \"8h\"");
    assert_eq!((said.drift_every, said.rules.dormant_after), (Some(day / 3), 30 * day));
    assert_eq!(looking("[review]\ndrift_every = \"never\"").drift_every, None);
}

#[test]
fn what_is_wrong_about_reviews_names_the_field_and_the_remedy() {
    let cases = [
        ("dormant_after = \"90\"", "`dormant_after` is no length of time", "write for example 90m"),
        ("dormant_after = \"never\"", "`dormant_after` is no length of time", "write for example 90m"),
        ("drift_every = \"daily\"", "`drift_every` is no length of time", ", or never"),
        ("drift_every = 8", "invalid type: integer", "; next: "),
        ("drift = \"8h\"", "unknown field `drift`", "; next: "),
    ];
    for (line, fault, remedy) in cases {
        let error = parse(&format!("{GOOD}\n[review]\n{line}")).expect_err(line);
        let shown = error.to_string();
        assert!(shown.contains("guestpass.toml:28:") && shown.contains(fault), "{line}: {shown}");
        assert!(shown.contains(remedy), "{line}: {shown}");
        assert_eq!(error.kind(), ErrorKind::Config);
    }
}

const CREDENTIAL: &str = r#"
[stores.acme]
platform = "bigcommerce"
store_hash = "abc123"
account_uuid = "0b6e3f0a-52f1-4a3c-9a50-3a7f0c7c9a11"
account_token = "env:ACME_TOKEN"

[stores.acme.credentials.web]
kind = "storefront-token"
sinks = ["web"]
current = "env:WEB_TOKEN"
made = 2026-01-31
rotate_every = "30d"
automatic = true
drain = "1h"

[stores.other]
platform = "bigcommerce"
access = "merchant"
store_hash = "def456"

[sinks.web]
path = "web-token"
[sinks.vault]
file = "secrets"
"#;

#[test]
fn mistakes_in_a_credential_name_their_place_before_any_platform_is_asked() {
    parse(CREDENTIAL).unwrap();
    let cases = [
        ("credentials.web]", "credentials.\"a b\"]", "8:26: `a b`: this is no CredentialName"),
        ("kind = \"storefront-token\"\n", "", "8:26: `kind` is missing"),
        ("kind = \"storefront-token\"", "kind = 5", "9:8: `kind` is of the kind integer"),
        ("sinks = [\"web\"]", "sinks = \"web\"", "10:9: `sinks` is no list of names"),
        ("sinks = [\"web\"]", "sinks = [\"wbe\"]", "10:1: `sinks` names \"wbe\", and there is no such sink"),
        ("sinks = [\"web\"]", "sink = \"wbe\"", "10:1: `sink` names \"wbe\""),
        ("sinks = [\"web\"]", "sinks = [\"web\", \"web\"]", "10:1: `sinks` names \"web\" twice"),
        ("sinks = [\"web\"]", "", "14:1: `automatic` needs a sink"),
        ("\"env:WEB_TOKEN\"", "\"hush-hush\"", "11:1: `current` is a secret and may not stand"),
        ("\"env:WEB_TOKEN\"", "\"env:\"", "11:1: `current` is an empty reference"),
        ("made = 2026-01-31", "made = \"soon\"", "12:8: `made` is neither a day nor a moment"),
        ("made = 2026-01-31", "made = 12:00:00", "12:8: `made` is neither a day nor a moment"),
        ("\"30d\"", "30", "13:16: `rotate_every` is no length of time"),
        ("rotate_every = \"30d\"\n", "", "13:1: `automatic` needs `rotate_every`"),
        ("automatic = true", "automatic = \"hush-hush\"", "14:13: `automatic` is neither true nor false"),
        ("\"1h\"", "\"soon\"", "15:9: `drain` is no length of time"),
        (
            "drain = ",
            "stores = [\"nobody\"]\nx = ",
            "15:1: `stores` names \"nobody\", and there is no such store",
        ),
        ("drain = ", "stores = [\"acme\"]\nx = ", "15:1: `stores` names its own store"),
        ("drain = ", "stores = [\"a b\"]\nx = ", "15:10: `stores`: this is no StoreHandle"),
        (
            "path = \"web-token\"",
            "path = \"x\"\nreads_back = true",
            "24:14: `reads_back` is for a sink with a `command`",
        ),
        (
            "file = \"secrets\"",
            "path = \"web-token.old\"",
            "23:8: `path` and its companions are files of the sink `vault`",
        ),
        (
            "[stores.other]",
            "[stores.acme.credentials.two]\nkind = \"x\"\nsink = \"web\"\n[stores.other]",
            "10:1: `sinks` names \"web\", a file for one credential, and both acme/two and acme/web name it",
        ),
    ];
    for (good, bad, expected) in cases {
        let text = CREDENTIAL.replacen(good, bad, 1);
        assert_ne!(text, CREDENTIAL, "{good}");
        let error = parse(&text).expect_err(bad);
        let shown = error.to_string();
        assert!(shown.contains(&format!("guestpass.toml:{expected}")), "{bad}: {shown}");
        assert!(shown.contains("; next: ") && !shown.contains('\n'), "{shown}");
        assert!(!format!("{shown} {error:?}").contains("hush-hush"), "{shown}");
        assert_eq!(error.kind(), ErrorKind::Config);
    }
    for made in ["\"2026-01-31\"", "2026-01-31T12:00:00Z", "\"2026-01-31T12:00:00+01:00\""] {
        parse(&CREDENTIAL.replacen("2026-01-31", made, 1)).unwrap();
    }
}

#[test]
fn syntax_errors_do_not_quote_the_line() {
    for bad in [
        "token = hush-hush\n",
        "token = \"hush-hush\n",
        "[stores.a\nx = 'hush-hush'",
        "stores = \"hush-hush\"",
    ] {
        let shown = parse(bad).unwrap_err().to_string();
        assert!(shown.starts_with("guestpass.toml:"), "{shown}");
        assert!(!shown.contains("hush-hush") && !shown.contains('\n'), "{shown}");
    }
}

#[test]
fn unknown_names_come_with_the_nearest_one() {
    let config = parse(GOOD).unwrap();
    let shown = config.store("acne").unwrap_err().to_string();
    assert!(
        shown.contains("there is no store \"acne\"; next: did you mean `acme`? known are acme, byhand"),
        "{shown}"
    );
    let shown = config.store("zzz").unwrap_err().to_string();
    assert!(!shown.contains("did you mean"), "{shown}");
    assert!(config.person("sma").unwrap_err().to_string().contains("did you mean `sam`?"));
    assert!(config.role("suport", &platform()).unwrap_err().to_string().contains("did you mean `support`?"));
    let other = ProviderId::from_static("other");
    assert!(config.role("support", &other).unwrap_err().to_string().contains("add [roles.support.other]"));
}

#[test]
fn a_debug_print_holds_no_secret_and_no_reference_value() {
    let config = parse(GOOD).unwrap();
    assert!(format!("{config:?}").contains("[REDACTED]"));
}

#[test]
fn the_documented_example_is_a_good_one() {
    let page = include_str!("../../../../docs/cli.md");
    let mut examples = page.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next());
    let example = examples.find(|example| example.contains("[stores.corner-shop]")).unwrap();
    let config = parse(example).unwrap();
    assert_eq!(config.store_names().collect::<Vec<_>>(), ["acme", "corner-shop"]);
    config.role("support", &platform()).unwrap();
    // Its credentials are good ones too, as their platform sees it.
    let env = guestpass::Environment::system().unwrap();
    let directory = crate::directory::Configured::new(registry(), config, env).unwrap();
    assert_eq!(directory.config().store("acme").unwrap().credentials.len(), 1);
}
