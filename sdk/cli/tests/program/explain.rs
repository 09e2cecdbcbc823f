//! Why they cannot get in, and why they are still in.

use guestpass_testkit::fakes::wix::SeatRefusal;
use serde_json::Value;

use crate::fixture::{ACCOUNT, ACCOUNT_TOKEN, Fixture, SAM, STORE};
use crate::shops::{HELD, Shops, cause, kinds, sam};

/// Every cause says how we know and what to do.
fn is_whole(explanation: &Value) -> bool {
    let causes = explanation["causes"].as_array().unwrap();
    let said = |cause: &Value, key: &str| !cause[key].as_str().unwrap().is_empty();
    let whole = |cause: &Value| ["what", "evidence", "next_step"].iter().all(|key| said(cause, key));
    !causes.is_empty() && causes.iter().all(whole)
}

fn summary(lines: &[Value]) -> &Value {
    &lines.last().unwrap()["summary"]
}

#[tokio::test(flavor = "multi_thread")]
async fn from_no_grant_to_its_end_on_every_platform_and_by_hand() {
    let shops = Shops::new().await;
    for store in HELD.into_iter().chain(["byhand"]) {
        let by_hand = store == "byhand";
        let never = shops.explain(store);
        assert_eq!(never["standing"], if by_hand { "unknown" } else { "not_in" }, "{store}: {never}");
        assert_eq!(kinds(&never)[0], "no_grant", "{store}");

        let id = shops.let_in(store, "8h");
        let inside = shops.explain(store);
        assert_eq!(inside["standing"], "in", "{store}: {inside:#}");
        assert_eq!(kinds(&inside)[0], "grant_lives", "{store}: {inside:#}");
        assert!(cause(&inside, "grant_lives")["evidence"].as_str().unwrap().contains(&id));
        assert_eq!(
            (&inside["grants"][0]["id"], &inside["seen"]),
            (&id.as_str().into(), &{ if by_hand { Value::Null } else { "present".into() } })
        );
        assert!(by_hand || shops.is_inside(store), "{store}");
        assert_eq!(by_hand, kinds(&inside).contains(&"by_word_alone"), "{store}");

        if shops.run(&["revoke", &id]).code == 3 {
            let leaving = shops.explain(store);
            assert_eq!(leaving["standing"], "in", "{store}");
            assert_eq!(cause(&leaving, "exit_step_open")["actor"], "merchant", "{store}");
            assert!(kinds(&leaving).contains(&"removal_open"), "{store}");
            let exit = shops.it.step(store, "exit");
            match by_hand {
                true => {
                    shops.run(&["steps", "done", &exit, "--note", "they wrote", "--by", "Robin"]).expect(0)
                }
                false => {
                    shops.world(store).merchant_removes(&sam());
                    shops.run(&["steps", "check", &exit]).expect(0)
                }
            };
        }
        let out = shops.explain(store);
        assert_eq!(out["standing"], "not_in", "{store}: {out:#}");
        let ended = cause(&out, "grant_ended")["evidence"].as_str().unwrap();
        assert!(ended.contains(&id) && ended.contains(if by_hand { "said by Robin" } else { "proven on" }));
        assert_eq!(cause(&out, "grant_ended")["next_step"], "Ask whoever revoked it.");
        // What a removal does not cover is told as long as its step is open.
        let steps = shops.run(&["steps", "--store", store, "--json"]).expect(0).documents();
        let residual = steps.iter().filter(|line| line["step"]["for"] == "residual").count();
        let told = kinds(&out).into_iter().filter(|kind| *kind == "residual_step").count();
        assert!(told >= residual.min(1) && (residual > 0 || told == 0), "{store}: {residual} {told}");
        for explanation in [&never, &inside, &out] {
            assert!(is_whole(explanation), "{store}: {explanation:#}");
        }
    }
    assert!(shops.it.fake.unfired().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_says_since_when_it_is_open_and_until_when() {
    let shops = Shops::new().await;
    for store in ["bc", "wx", "sh", "byhand"] {
        let id = shops.grant(store, "60d");
        if store == "sh" {
            let asks = shops.explain(store);
            assert_eq!(kinds(&asks)[0], "entry_step_open", "{asks:#}");
            continue;
        }
        let later = shops.explain_later("3h", store);
        assert_eq!(later["standing"], "not_in", "{store}: {later:#}");
        if store == "byhand" {
            let entry = cause(&later, "entry_step_open");
            assert_eq!(entry["actor"], "merchant", "{entry}");
            let evidence = entry["evidence"].as_str().unwrap();
            assert!(evidence.contains("is open since 20") && evidence.ends_with("ready to send"), "{entry}");
            continue;
        }
        let open = cause(&later, "invitation_open");
        let evidence = open["evidence"].as_str().unwrap();
        assert!(evidence.contains("sent on 20") && evidence.contains(", 3 hours ago; seen on"), "{evidence}");
        assert_eq!((&later["seen"], &open["actor"]), (&"invited".into(), &"person".into()));
        let told = "the platform lets it be accepted until 20";
        assert_eq!(evidence.contains(told), store == "wx", "{evidence}");
        assert!(evidence.contains("our rules keep it open until the grant ends"), "{evidence}");
        assert_eq!(shops.it.grant_of(&id)["phase"], "awaiting");
    }
    // By our rules.
    shops.write(&shops.config().replace("rank = 10", "rank = 10\npatience = \"2d\""));
    let rule = shops.explain_later("1d", "bc");
    let evidence = cause(&rule, "invitation_open")["evidence"].as_str().unwrap();
    assert!(evidence.contains("by our rules it lapses on 20"), "{evidence}");
    shops.it.run_later("3d", &["sweep"]);
    let lapsed = shops.explain_later("3d", "bc");
    assert_eq!(kinds(&lapsed)[0], "invitation_lapsed", "{lapsed:#}");
    assert!(!shops.is_inside("bc"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_whose_time_is_over_has_lapsed_before_anybody_notices() {
    let shops = Shops::new().await;
    shops.grant("wx", "60d");
    let over = shops.explain_later("31d", "wx");
    assert_eq!((&over["standing"], kinds(&over)[0]), (&"not_in".into(), "invitation_lapsed"), "{over:#}");
    shops.it.run_later("31d", &["sweep"]);
    let swept = shops.explain_later("31d", "wx");
    let lapsed = cause(&swept, "invitation_lapsed");
    assert!(lapsed["evidence"].as_str().unwrap().contains("ended on"), "{lapsed}");
    assert!(!shops.wx.fake.is_contributor(&shops.wx.seed.site_id, SAM));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_waits_for_the_merchant_is_theirs_to_accept() {
    let shops = Shops::new().await;
    let seed = &shops.sh.seed;
    let organisation = format!("organisation_email = \"{}\"\naccess_token", seed.new_organisation_email);
    shops.write(&shops.config().replace("access_token", &organisation));
    shops.grant("sh", "8h");
    let asks = shops.explain("sh");
    assert_eq!((kinds(&asks)[0], &asks["seen"]), ("entry_step_open", &"absent".into()), "{asks:#}");
    assert_eq!(cause(&asks, "entry_step_open")["actor"], "merchant", "the code comes first: {asks:#}");
    let (organisation, code) = (&seed.new_organisation, Some(seed.request_code.as_str()));
    shops.sh.fake.request_access(organisation, &seed.shop, code, &["orders"]).unwrap();
    let waits = shops.explain("sh");
    assert_eq!((kinds(&waits)[0], &waits["seen"]), ("invitation_open", &"invited".into()), "{waits:#}");
    let open = cause(&waits, "invitation_open");
    assert_eq!(open["actor"], "merchant", "{open}");
    assert!(open["evidence"].as_str().unwrap().contains("is open since 20"), "{open}");
    shops.sh.fake.approve(organisation, &seed.shop, None);
    let inside = shops.explain("sh");
    assert_eq!(inside["standing"], "in", "{inside:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_without_room_says_who_can_make_some() {
    let shops = Shops::new().await;
    shops.wx.fake.set_seats(&shops.wx.seed.site_id, Some(0));
    shops.wx.fake.quirks(|quirks| quirks.seat_refusal = SeatRefusal::Precondition);
    let id = shops.grant("wx", "8h");
    assert_eq!(shops.wx.fake.invitations(&shops.wx.seed.site_id, SAM), 0);
    let full = shops.explain("wx");
    assert_eq!((&full["standing"], kinds(&full)[0]), (&"not_in".into(), "seat_limit"), "{full:#}");
    let seats = cause(&full, "seat_limit");
    assert_eq!(seats["actor"], "merchant");
    assert!(seats["evidence"].as_str().unwrap().starts_with("since 20"), "{seats}");
    let text = shops.run(&["explain", "sam", "wx"]).expect(0).stdout;
    assert!(text.starts_with("wx: sam cannot get in\n  seen:  "), "{text}");
    assert!(
        text.contains("  1. The store has no room for another user.\n     how we know: since 20"),
        "{text}"
    );
    assert!(text.contains("     next (merchant): Ask the merchant to free a seat"), "{text}");
    shops.wx.fake.set_seats(&shops.wx.seed.site_id, None);
    shops.it.run_later("2h", &["sweep"]);
    assert_eq!(shops.it.grant_of(&id)["phase"], "awaiting");
    assert!(!kinds(&shops.explain("wx")).contains(&"seat_limit"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_without_a_reason_names_what_may_be_behind_it() {
    let shops = Shops::new().await;
    shops.wx.fake.set_seats(&shops.wx.seed.site_id, Some(0));
    shops.wx.fake.quirks(|quirks| quirks.seat_refusal = SeatRefusal::FailedEmails);
    shops.grant("wx", "8h");
    let refused = shops.explain("wx");
    assert_eq!((&refused["standing"], kinds(&refused)[0]), (&"not_in".into(), "refused"), "{refused:#}");
    assert!(cause(&refused, "refused")["evidence"].as_str().unwrap().contains("free collaborator seat"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_credential_or_a_store_that_is_down_comes_first() {
    let shops = Shops::new().await;
    for store in HELD {
        shops.let_in(store, "8h");
        shops.world(store).revoke_credential();
        let lost = shops.explain(store);
        assert_eq!((&lost["standing"], kinds(&lost)[0]), (&"unknown".into(), "authority_lost"), "{lost:#}");
        assert_eq!(cause(&lost, "authority_lost")["actor"], "operator");
        assert!(shops.is_inside(store), "and nobody says that they are out");
        let text = shops.run(&["explain", "sam", store]).expect(0).stdout;
        assert!(
            text.contains("nobody can tell whether sam can get in") && text.contains("next (you): "),
            "{text}"
        );
    }
    let dead = format!("http://127.0.0.1:9/{}", shops.sh.seed.shop);
    let url = format!("{}/{}", shops.sh.fake.uri(), shops.sh.seed.shop);
    shops.write(&shops.config().replace(&url, &dead));
    let down = shops.run(&["explain", "sam", "sh", "--timeout", "5", "--json"]).expect(0).documents();
    let down = &down[0]["explanation"];
    assert_eq!((&down["standing"], kinds(down)[0]), (&"unknown".into(), "store_unavailable"), "{down:#}");
    assert!(kinds(down).contains(&"grant_lives"), "what the ledger knows is told all the same");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_role_than_the_grants_is_named() {
    let shops = Shops::new().await;
    for store in ["bc", "wx", "ps"] {
        shops.let_in(store, "8h");
        assert!(!kinds(&shops.explain(store)).contains(&"wrong_role"), "{store}");
        let privileged = shops.world(store).privileged_permission();
        match store {
            "ps" => shops.ps.fake.set_profile(SAM, 1),
            _ => shops.world(store).merchant_sets_permissions(&sam(), &[privileged]),
        }
        let more = shops.explain(store);
        let wrong = cause(&more, "wrong_role");
        assert!(wrong["evidence"].as_str().unwrap().contains("more than the role says"), "{store}: {wrong}");
        assert_eq!((&more["standing"], &wrong["actor"]), (&"in".into(), &"operator".into()));
    }
    // Less than the role says, on the platform where nobody but the merchant gives rights.
    shops.world("bc").merchant_sets_permissions(&sam(), &[]);
    let less = shops.explain("bc");
    assert!(cause(&less, "wrong_role")["evidence"].as_str().unwrap().contains("Manage_Orders is missing"));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_there_without_a_grant_or_twice_or_switched_off_or_taken_out() {
    let shops = Shops::new().await;
    for store in HELD {
        shops.world(store).merchant_adds(&sam());
        // Where who never signed in counts as invited, they sign in.
        if store == "bc" {
            shops.world(store).person_accepts(&sam());
        }
        let there = shops.explain(store);
        assert_eq!(
            (&there["standing"], kinds(&there)[0]),
            (&"in".into(), "without_grant"),
            "{store}: {there:#}"
        );
        assert!(there["account"].is_string(), "{store}");
        shops.world(store).merchant_removes(&sam());
    }
    for store in ["bc", "ps"] {
        shops.let_in(store, "60d");
        shops
            .write(&shops.config().replace("first_name", "other_emails = [\"sam@old.example\"]\nfirst_name"));
        let second = "sam@old.example".parse().unwrap();
        shops.world(store).merchant_adds(&second);
        let twice = shops.explain(store);
        let other = cause(&twice, "other_account");
        assert!(other["evidence"].as_str().unwrap().contains("sam@old.example"), "{store}: {other}");
        assert!(shops.world(store).is_inside(&second));
        shops.world(store).merchant_removes(&second);
        assert!(!kinds(&shops.explain(store)).contains(&"other_account"), "{store}");
    }
    shops.ps.fake.set_active(SAM, false);
    let off = shops.explain("ps");
    assert_eq!((&off["standing"], kinds(&off)[0]), (&"not_in".into(), "switched_off"), "{off:#}");
    assert_eq!(cause(&off, "switched_off")["actor"], "merchant");

    shops.world("bc").merchant_removes(&sam());
    let gone = shops.explain("bc");
    assert_eq!((&gone["standing"], kinds(&gone)[0]), (&"not_in".into(), "taken_out"), "{gone:#}");
    shops.it.run_later("2d", &["sweep"]);
    let noticed = shops.explain_later("2d", "bc");
    assert_eq!(kinds(&noticed)[0], "taken_out", "{noticed:#}");
    assert!(cause(&noticed, "taken_out")["what"].as_str().unwrap().contains("Somebody else took them out"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_credential_that_they_may_have_seen_is_named_until_it_is_replaced() {
    let shops = Shops::new().await;
    shops.ps.fake.add_key("OLDKEYOLDKEYOLDKEYOLDKEYOLDKEYOL", &[("orders", &["GET"])]);
    shops.it.write_private("web-token", "OLDKEYOLDKEYOLDKEYOLDKEYOLDKEYOL\n");
    shops.it.write_private("client-token", &shops.ps.seed.client_secret);
    let client = format!(
        "admin_client_id = \"{}\"\nadmin_client_secret = \"file:client-token\"\nback_office_url",
        shops.ps.seed.client_id
    );
    let credential = "[stores.ps.credentials.web]\nkind = \"webservice-key\"\nsink = \"web\"\ndrain = \"1m\"\n\
                      [sinks.web]\npath = \"web-token\"\n";
    shops.write(&format!("{}\n{credential}", shops.config().replacen("back_office_url", &client, 1)));
    let id = shops.let_in("ps", "8h");
    assert!(!kinds(&shops.explain("ps")).contains(&"residual_credential"), "first they have to be out");
    shops.run(&["revoke", &id]).expect(0);
    let kept = shops.explain("ps");
    let web = cause(&kept, "residual_credential");
    assert!(web["evidence"].as_str().unwrap().starts_with("they were inside until 20"), "{web}");
    assert_eq!((&web["next_step"], &web["actor"]), (&"Rotate web.".into(), &"operator".into()));
    shops.run(&["rotate", "ps", "web"]);
    let halfway = shops.explain("ps");
    let next = cause(&halfway, "residual_credential")["next_step"].as_str().unwrap().to_owned();
    assert!(next.starts_with("Go on with rotation "), "{next}");
    shops.it.run_later("1h", &["sweep"]);
    assert!(!shops.ps.fake.key_works("OLDKEYOLDKEYOLDKEYOLDKEYOLDKEYOL"));
    assert!(!kinds(&shops.explain("ps")).contains(&"residual_credential"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_that_hides_people_is_a_cause_of_its_own() {
    let shops = Shops::new().await;
    let (shop, basic) = (&shops.sh.seed.shop, &shops.sh.seed.basic_shop);
    let config = shops.config().replace(shop.as_str(), basic).replace("file:sh-token", "file:sh-basic-token");
    shops.write(&config);
    let hidden = shops.explain("sh");
    assert_eq!(hidden["standing"], "unknown", "{hidden:#}");
    let plan = cause(&hidden, "plan_limit");
    assert_eq!(plan["actor"], "merchant", "{plan}");
    assert!(!kinds(&hidden).contains(&"authority_lost"), "{hidden:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn everywhere_goes_on_where_a_store_fails_and_says_little_where_there_is_little() {
    let shops = Shops::new().await;
    shops.let_in("wx", "8h");
    shops.world("ps").revoke_credential();
    shops.add("[stores.gone]\nplatform = \"shopify\"\nshop = \"gone.myshopify.com\"\naccess_token = \"file:no-such\"\n");
    let lines = shops.run(&["explain", "sam", "--json"]).expect(0).documents();
    let told = summary(&lines);
    assert_eq!(told["person"], "sam");
    let numbers = ["stores", "in", "not_in", "unknown"].map(|key| told[key].as_u64().unwrap());
    assert_eq!(numbers, [6, 1, 2, 3], "{lines:?}");
    let of = |store: &str| {
        lines.iter().find(|line| line["explanation"]["store"] == store).unwrap()["explanation"].clone()
    };
    assert_eq!((&of("wx")["standing"], &of("bc")["standing"]), (&"in".into(), &"not_in".into()));
    assert_eq!(kinds(&of("ps"))[0], "authority_lost");
    assert_eq!(of("gone")["standing"], "unknown");
    let text = shops.run(&["explain", "SAM@vendor.example"]).expect(0).stdout;
    assert!(text.contains("wx: sam can get in\n") && text.contains("ps: nobody can tell"), "{text}");
    assert!(!text.contains("bc: ") && !text.contains("byhand: "), "{text}");
    assert!(text.contains("Not inside, and never had a grant: 2 store(s)\n"), "{text}");
    assert!(text.contains("Never had a grant, and nobody can look: 1 store(s)\n"), "{text}");
    assert!(text.ends_with("sam on 6 store(s): can get in on 1, cannot on 2, not known on 3\n"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_stores_of_one_account_share_a_reading() {
    let it = Fixture::new().await;
    let mut config = it.config();
    for number in 0..100 {
        let hash = format!("many{number:03}");
        it.fake.add_store(ACCOUNT, &hash, "Many", "owner@many.example");
        config.push_str(&format!(
            "[stores.{hash}]\nplatform = \"bigcommerce\"\nstore_hash = \"{hash}\"\naccount_uuid = \"{ACCOUNT}\"\n\
             account_token = \"file:account-token\"\napi_url = \"{}\"\n",
            it.fake.uri()
        ));
    }
    it.write("guestpass.toml", &config);
    it.fake.add_user("many042", SAM, "Sam", "Somehow");
    it.fake.accept("many042", SAM);
    let lines = it.run(&["explain", "sam", "--json"]).expect(0).documents();
    let told = summary(&lines);
    assert_eq!((&told["stores"], &told["in"], &told["unknown"]), (&102.into(), &1.into(), &1.into()));
    let metered = it.fake.requests().iter().filter(|request| request.path.starts_with("/accounts/")).count();
    assert!(metered <= 30, "{metered} of 70 requests an hour");
    assert!(ACCOUNT_TOKEN.starts_with("marker") && !it.fake.is_member(STORE, SAM));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_left_the_configuration_is_found_by_handle_and_by_address() {
    let it = Fixture::new().await;
    it.grant();
    it.fake.accept(STORE, SAM);
    let config = it.config();
    let sam = &config[config.find("[people.sam]").unwrap()..config.find("[roles.support]").unwrap()];
    it.write("guestpass.toml", &config.replace(sam, ""));
    for name in ["sam", SAM, "SAM@vendor.example"] {
        let lines = it.run(&["explain", name, "acme", "--json"]).expect(0).documents();
        assert_eq!(lines[0]["explanation"]["standing"], "in", "{name}");
    }
    let acme = &config[config.find("[stores.acme]").unwrap()..config.find("[stores.byhand]").unwrap()];
    it.write("guestpass.toml", &config.replace(acme, ""));
    let left = it.run(&["explain", "sam", "acme", "--json"]).expect(0).documents();
    let left = &left[0]["explanation"];
    assert_eq!((&left["standing"], kinds(left)[0]), (&"unknown".into(), "store_unknown"), "{left:#}");
    let lines = it.run(&["explain", "sam", "--json"]).expect(0).documents();
    assert_eq!(summary(&lines)["stores"], 2, "where something is owed they are told of, too");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_unknown_is_explained() {
    let it = Fixture::new().await;
    it.grant();
    let asked = it.fake.requests().len();
    for (words, expected) in [
        (&["explain", "sem", "acme"][..], "did you mean `sam`?"),
        (&["explain", "sem@vendor.example"], "there is no person"),
        (&["explain", "sam", "acne"], "did you mean `acme`?"),
        (&["explain"], "required arguments"),
    ] {
        let ran = it.run(words).expect(2);
        assert!(ran.stderr.contains(expected), "{expected}: {}", ran.stderr);
    }
    assert_eq!(it.fake.requests().len(), asked);
}
