//! `[ledger]`, `[sinks]` and `[policy]` in the configuration.

use guestpass_testkit::postgres::Database;

use crate::fixture::{Fixture, SAM, STORE};

#[tokio::test(flavor = "multi_thread")]
async fn mistakes_name_their_place_and_no_secret() {
    let it = Fixture::new().await;
    let cases = [
        ("[ledger]\nurl = \"postgres://u:marker-p@h/d\"", "`url` holds a password"),
        ("[ledger]\nurl = \"postgres://u@h/d?password=marker-p\"", "`url` holds a password"),
        ("[ledger]\nurl = \"mysql://marker-h/d\"", "`url` is neither a URL of PostgreSQL nor a reference"),
        ("[ledger]\nurl = \"env:\"", "`url` is an empty reference"),
        ("[ledger]\nurl = \"env:X\"\npath = \"x\"", "both `path` and `url`"),
        ("[ledger]\nfile = \"x\"", "unknown field `file`"),
        ("[sinks.vault]", "either `path`, `file` or `command`"),
        ("[sinks.vault]\nfile = \"x\"\ncommand = \"y\"", "either `path`, `file` or `command`"),
        ("[sinks.vault]\ncommand = \"a 'b\"", "open quote"),
        ("[sinks.vault]\nfolder = \"x\"", "unknown field `folder`"),
        ("[policy]\nlongest = \"marker-x\"", "`longest` is no length of time"),
        ("[policy]\nlongest = 8", "`longest` is no length of time"),
        ("[policy]\nneeds_ticket = \"marker-x\"", "`needs_ticket` is neither true nor false"),
        ("[policy]\nneed_ticket = true", "`need_ticket` is no rule"),
    ];
    for (text, expected) in cases {
        it.add(text);
        let ran = it.run(&["stores"]).expect(2);
        assert!(
            ran.stderr.contains(expected) && ran.stderr.contains("guestpass.toml:"),
            "{text}: {}",
            ran.stderr
        );
        assert!(ran.stderr.contains("; next: ") && !ran.stderr.contains("marker-"), "{}", ran.stderr);
        assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
    }
    for good in [
        "[ledger]\nurl = \"postgres://u@h/d\"",
        "[ledger]\nurl = \"env:GUESTPASS_NOT_SET\"",
        "[sinks.vault]\nfile = \"x\"\n[sinks.other]\ncommand = \"cat 'two words'\"",
    ] {
        it.add(good);
        it.run(&["stores"]).expect(0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ledger_is_where_it_was_named() {
    let it = Fixture::new().await;
    it.add("[ledger]\npath = \"mine/grants.sqlite\"");
    let id = it.grant();
    assert!(it.path("mine/grants.sqlite").is_file());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(it.path("mine/grants.sqlite")).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0);
    }
    it.edit("[people.sam]", "[ledger]\nurl = \"file:ledger-token\"\n[people.sam]");
    it.write_private("ledger-token", &format!("sqlite:{}", it.path("mine/grants.sqlite").display()));
    assert_eq!(it.grant_of(&id)["id"], id.as_str());
    it.write_private("ledger-token", "postgres://u:marker-p@127.0.0.1:1/d");
    let ran = it.run(&["grants", "-vvv"]).expect(1);
    assert!(ran.stderr.contains("ledger") && !ran.stderr.contains("marker-"), "{}", ran.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn several_hosts_share_a_ledger_on_postgresql() {
    let Some(database) = Database::make() else { return };
    let (one, other) = (Fixture::new().await, Fixture::new().await);
    for host in [&one, &other] {
        host.write_private("ledger-url", &database.url());
    }
    one.add("[ledger]\nurl = \"file:ledger-url\"");
    // The other host has a configuration of its own, for the same store.
    other.write("guestpass.toml", &std::fs::read_to_string(one.path("guestpass.toml")).unwrap());
    let id = one.grant();
    let seen = other.run(&["grants", &id, "--json"]).expect(0).document();
    assert_eq!(seen["grant"]["id"], id.as_str());
    other.run_later("9d", &["sweep"]).expect(0);
    assert!(!one.fake.is_member(STORE, SAM));
    assert_eq!(one.grant_of(&id)["end"]["cause"], "expired");
    one.run(&["audit", "verify"]).expect(0);
}
