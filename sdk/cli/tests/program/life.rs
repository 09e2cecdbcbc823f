//! The life of an access, command by command, with the token in each place it may be in.

use serde_json::Value;

use guestpass_testkit::{Fault, On};

use crate::fixture::{ACCOUNT_TOKEN, Fixture, OWNER, Ran, SAM, STORE};

fn names_follow_up(step: &Value) {
    for field in ["title", "reason"] {
        assert!(!step[field].as_str().unwrap().is_empty(), "{step}");
    }
    let instruction = &step["instructions"][0];
    assert_eq!(instruction["actor"], "merchant");
    assert!(instruction["text"].is_string() && instruction["link"]["url"].is_string());
    assert!(instruction["link"]["verified"].is_boolean());
    assert_eq!(step["check"]["by"], "observe");
    assert!(step["check"]["text"].is_string());
    let ticked =
        step["instructions"].as_array().unwrap().iter().any(|it| it["permissions"][0] == "Manage_Orders");
    assert!(ticked, "{step}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_life_of_an_access_in_json() {
    let it = Fixture::new().await;

    let check = it.run(&["check", "acme", "--json"]).expect(0).document();
    assert_eq!(check["stores"][0]["store"], "acme");
    assert_eq!(check["stores"][0]["ok"], true);
    assert!(check["stores"][0]["rights"].as_array().unwrap().iter().any(|right| right["held"] == "yes"));
    assert!(check["stores"][0]["error"].is_null());

    let words =
        ["invite", "acme", "sam", "--role", "support", "--reason", "ticket 1", "--until", "7d", "--json"];
    let invite = it.run(&words).expect(3).document();
    assert_eq!(invite["store"], "acme");
    assert_eq!(invite["platform"], "bigcommerce");
    assert_eq!(invite["person"], "sam");
    assert_eq!(invite["email"], SAM);
    assert!(["invited", "granted"].contains(&invite["result"].as_str().unwrap()));
    assert!(invite["account"].as_str().unwrap().starts_with("bc/account/user/"));
    assert_eq!(invite["before"]["state"], "absent");
    assert_eq!(invite["before"]["evidence"]["complete"], true);
    assert!(["invited", "present"].contains(&invite["after"]["state"].as_str().unwrap()));
    assert!(invite["action"].is_null());
    assert_eq!(invite["access"]["login"], SAM);
    names_follow_up(&invite["follow_ups"][0]);
    assert!(it.fake.is_member(STORE, SAM));

    let again = it.run(&words).expect(3).document();
    assert_eq!(again["result"], "already_there");
    assert_eq!(it.fake.adds(STORE, SAM), 1);

    it.fake.accept(STORE, SAM);
    it.fake.grant_permissions(STORE, SAM, &["Manage_Orders"]);
    let done = it.run(&words).expect(0).document();
    assert_eq!(done["follow_ups"].as_array().unwrap().len(), 0);

    let list = it.run(&["list", "acme", "--json"]).expect(0).documents();
    let (end, lines) = list.split_last().unwrap();
    assert_eq!(lines.len(), 2);
    let sam = lines.iter().find(|line| line["collaborator"]["email"] == SAM).unwrap();
    let fields = [
        "id",
        "email",
        "name",
        "kind",
        "status",
        "roles",
        "permissions",
        "privileged",
        "last_login",
        "second_factor",
    ];
    for field in fields {
        assert!(sam["collaborator"].get(field).is_some(), "{field}: {sam}");
    }
    assert_eq!(sam["collaborator"]["status"], "active");
    assert_eq!(sam["collaborator"]["permissions"], serde_json::json!(["Manage_Orders"]));
    assert_eq!(sam["collaborator"]["second_factor"], "not_told");
    assert_eq!(end["summary"]["collaborators"], 2);
    assert_eq!(end["summary"]["complete"], true);
    assert_eq!(end["summary"]["store"], "acme");
    assert!(list.iter().all(|line| line["schema"] == 1));

    let account = sam["collaborator"]["id"].as_str().unwrap();
    let look = it.run(&["observe", "acme", &format!("account:{account}"), "--json"]).expect(0).document();
    assert_eq!(look["state"], "present");
    assert_eq!(look["account"]["id"], account);
    assert!(look["reason"].is_null());
    assert!(look["evidence"]["began_at"].is_string());

    let remove = it.run(&["remove", "acme", "sam", "--baseline", "absent", "--json"]).expect(0).document();
    assert_eq!(remove["result"], "removed");
    assert_eq!(remove["subject"], SAM);
    assert_eq!(remove["proof"]["by"], "listed");
    assert_eq!(remove["proof"]["evidence"]["complete"], true);
    assert_eq!(remove["before"]["state"], "present");
    assert_eq!(remove["residual"].as_array().unwrap().len(), 1);
    assert!(remove["action"].is_null() && remove["last_look"].is_null());
    assert!(!it.fake.is_member(STORE, SAM));
    assert!(it.fake.is_member(STORE, OWNER));

    let again = it.run(&["remove", "acme", "sam", "--json"]).expect(0).document();
    assert_eq!(again["result"], "already_absent");
    assert_eq!(it.fake.removals(STORE, SAM), 1);
    let look = it.run(&["observe", "acme", "sam", "--json"]).expect(0).document();
    assert_eq!(look["state"], "absent");
    assert!(look["account"].is_null());
}

#[tokio::test(flavor = "multi_thread")]
async fn people_read_tables_and_sentences() {
    let it = Fixture::new().await;
    let text = it.run(&["invite", "acme", "sam", "--role", "support"]).expect(3).stdout;
    for part in [SAM, "Still to be done by hand:", "Tick: Manage_Orders", "How they get in"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let text = it.run(&["list", "acme"]).expect(0).stdout;
    assert!(text.contains("E-MAIL") && text.contains(SAM) && text.contains("2 account(s) on acme"), "{text}");
    let text = it.run(&["remove", "acme", SAM]).expect(0).stdout;
    assert!(text.contains("was taken out") && text.contains("proof: a complete listing"), "{text}");
}

fn refused(ran: Ran) {
    let ran = ran.expect(1);
    let error = &ran.document()["stores"][0]["error"];
    assert_eq!(error["kind"], "unauthenticated");
    assert_eq!(error["status"], 401);
    assert_eq!(error["store"], "acme");
    assert!(!error["next"].as_str().unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_token_may_be_in_a_variable_a_file_or_a_program() {
    let it = Fixture::new().await;
    it.edit("file:account-token", "env:ACME_TOKEN");
    let check = |token: &str| -> Ran {
        it.command(&["check", "acme", "--json"]).env("ACME_TOKEN", token).output().unwrap().into()
    };
    check(ACCOUNT_TOKEN).expect(0);
    refused(check("marker-wrong-token"));

    it.edit("file:account-token", "cmd:cat account-token");
    it.run(&["check", "acme"]).expect(0);
    it.write_private("account-token", "marker-wrong-token");
    refused(it.run(&["check", "acme", "--json"]));
    let ran = it.run(&["list", "acme", "--json"]).expect(1);
    assert_eq!(ran.document()["error"]["kind"], "unauthenticated");
    assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn some_stores_of_several_may_fail() {
    let it = Fixture::new().await;
    let both = it.run(&["check", "--json"]).expect(0).document();
    assert_eq!(both["stores"].as_array().unwrap().len(), 2);
    it.write_private("account-token", "marker-wrong-token");
    let ran = it.run(&["check"]).expect(5);
    assert!(ran.stdout.contains("acme") && ran.stdout.contains("byhand"), "{}", ran.stdout);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_others_can_read_is_warned_of() {
    use std::os::unix::fs::PermissionsExt;
    let it = Fixture::new().await;
    let shared = std::fs::Permissions::from_mode(0o644);
    std::fs::set_permissions(it.path("account-token"), shared).unwrap();
    let ran = it.run(&["check", "acme"]).expect(0);
    assert!(ran.stderr.contains("warning: others can read the secret in"), "{}", ran.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_platform_cannot_do_is_done_by_hand_or_refused() {
    let it = Fixture::new().await;
    let ran = it.run(&["change", "acme", "sam", "--suspend", "--json"]).expect(3);
    let document = ran.document();
    assert_eq!(document["change"], "suspend");
    assert_eq!(document["result"], "action_required");
    assert!(document["action"]["title"].is_string());
    it.run(&["change", "acme", "sam", "--role", "support"]).expect(3);
    it.run(&["change", "acme", "sam", "--resend"]).expect(3);
    let ran = it.run(&["change", "acme", "sam", "--cancel", "--json"]).expect(1);
    assert_eq!(ran.document()["error"]["kind"], "unsupported");
    assert_eq!(it.fake.writes(), 0);
    assert_eq!(it.fake.account_requests(), 0, "what nobody can do by API costs no request");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_stays() {
    let it = Fixture::new().await;
    let ran = it.run(&["remove", "acme", OWNER, "--json"]).expect(1);
    assert_eq!(ran.document()["error"]["kind"], "permission_denied");
    assert!(it.fake.is_member(STORE, OWNER));
    assert_eq!(it.fake.writes(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_is_settled_by_looking() {
    let it = Fixture::new().await;
    it.fake.inject(On::Writes, Fault::LostAnswer, 1);
    let invite = it.run(&["invite", "acme", "sam", "--json"]).expect(3).document();
    assert_eq!(invite["after"]["account"]["email"], SAM);
    assert_eq!(it.fake.adds(STORE, SAM), 1);
    assert!(it.fake.unfired().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_settled_in_time_is_called_unknown() {
    let it = Fixture::new().await;
    it.fake.inject(On::Writes, Fault::ConnectionReset, 1);
    let ran = it.run(&["invite", "acme", "sam", "--timeout", "20", "--json"]).expect(4);
    let error = &ran.document()["error"];
    assert_eq!(error["kind"], "outcome_unknown");
    assert_eq!(error["retry"], "look_first");
    assert_eq!(it.fake.writes(), 1, "it is not sent again");
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_we_let_in_we_may_take_out_although_the_owner_is_not_known() {
    let it = Fixture::new().await;
    it.edit("store_token = \"file:store-token\"\n", "");
    it.fake.add_user(STORE, "known@merchant.example", "Known", "Before");
    it.run(&["invite", "acme", "sam"]).expect(3);
    let refused = it.run(&["remove", "acme", "known@merchant.example"]).expect(1);
    assert!(refused.stderr.contains("store_token"), "{}", refused.stderr);
    let again = it.run(&["invite", "acme", "known@merchant.example"]).expect(3);
    assert!(again.stdout.contains("already"), "{}", again.stdout);
    it.run(&["remove", "acme", "known@merchant.example"]).expect(1);
    it.run(&["remove", "acme", "sam"]).expect(0);
    assert!(it.fake.is_member(STORE, "known@merchant.example") && !it.fake.is_member(STORE, SAM));
}

/// A store called `site`, on a platform whose listings show no invitations.
async fn with_wix(it: &Fixture) -> guestpass_testkit::fakes::FakeWix {
    let clock = std::sync::Arc::new(guestpass::SystemClock::new());
    let wix = guestpass_testkit::fakes::FakeWix::start(clock).await;
    let seed = wix.seed_demo();
    it.write_private("wix-key", &seed.api_key);
    let store = format!(
        "\n[stores.site]\nplatform = \"wix\"\nsite_id = \"{}\"\naccount_id = \"{}\"\napi_key = \"file:wix-key\"\napi_url = \"{}\"\n\
         [roles.support.wix]\nrole = \"{}\"\n",
        seed.site_id,
        seed.account_id,
        wix.uri(),
        seed.support_role_id
    );
    it.write("guestpass.toml", &(it.config() + &store));
    wix
}

/// What a grant keeps of an invitation shows it to plain operations too.
#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_of_a_grant_is_seen_by_a_plain_look() {
    let it = Fixture::new().await;
    let _wix = with_wix(&it).await;
    it.run(&["grant", "site", "sam", "--role", "support", "--for", "2h"]).expect(0);
    let look = it.run(&["observe", "site", "sam", "--json"]).expect(0).document();
    assert_eq!(look["state"], "invited");
}

/// Where no look shows invitations, a program that dies while it sends one must not make the next one send another.
#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_that_nobody_can_look_up_is_not_sent_again_after_a_crash() {
    let it = Fixture::new().await;
    let wix = with_wix(&it).await;

    wix.inject(On::Writes, Fault::Slow(std::time::Duration::from_secs(300)), 1);
    let invite = ["invite", "site", "sam", "--role", "support"];
    let mut first = it.spawn(&invite);
    while wix.writes() == 0 && first.try_wait().unwrap().is_none() {
        tokio::task::yield_now().await;
    }
    first.kill().unwrap();
    first.wait().unwrap();
    assert_eq!(wix.writes(), 1);

    let second = it.run(&invite).expect(4);
    assert!(second.stderr.contains("--send-again"), "{}", second.stderr);
    assert_eq!(wix.writes(), 1, "nothing was sent again");
    it.run(&[&invite[..], &["--send-again"]].concat()).expect(0);
    assert_eq!(wix.writes(), 2);
    it.run(&invite).expect(0);
    assert_eq!(wix.writes(), 2, "the kept state shows the invitation");
}
