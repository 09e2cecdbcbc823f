//! Decisions: recorded, carried out where we can, and asked for where only the merchant can.

use guestpass_testkit::fakes::shopify::StaffKind;
use serde_json::{Value, json};

use super::world::{World, kinds, row};
use crate::fixture::{OWNER, Ran, SAM, STORE};

fn decide(world: &World, row: &str, verdict: &str) -> Ran {
    let words = ["review", "decide", row, verdict, "--by", "Robin Boss", "--reason", "left", "--json"];
    world.run(&words)
}

/// The decision as it is kept.
fn kept(world: &World, row: &str) -> Value {
    let review = super::world::Reviewed::of(&world.run(&["review", "show", "--json"]).expect(0));
    let rows = review.stores.iter().flat_map(|store| store["rows"].as_array().unwrap());
    rows.filter(|known| known["row"] == row).map(|known| known["decision"].clone()).next().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_of_ours_without_a_grant_is_taken_out() {
    let world = World::new().await;
    world.fake.add_user(STORE, SAM, "Sam", "Support");
    world.fake.accept(STORE, SAM);
    world.prestashop.add_employee(SAM, "Sam", "Support", world.shop.support_profile);
    world.wix.add_contributor(&world.site.site_id, SAM, &[&world.site.support_role_id]);
    let review = world.review(&["acme", "shop", "site"]);
    for store in ["acme", "shop", "site"] {
        let of_sam = row(review.row_of(store, "sam"));
        let done = decide(&world, of_sam, "revoke").expect(0).document();
        assert_eq!((&done["row"]["row"], &done["store"]), (&json!(of_sam), &json!(store)));
        assert_eq!(done["row"]["decision"]["verdict"], "revoke");
        assert_eq!(done["row"]["decision"]["by"], json!({ "name": "Robin Boss", "authenticated": false }));
        assert_eq!((&done["grants"][0]["phase"], &done["standing"]), (&json!("ended"), &json!("reached")));
        assert!(done["grants"][0]["end"]["proof"]["by"] != "attested" && done["writes"].as_u64() > Some(0));
        assert_eq!(kept(&world, of_sam)["reason"], "left");
    }
    assert!(!world.fake.is_member(STORE, SAM) && world.fake.is_member(STORE, OWNER));
    assert!(!world.prestashop.employee(SAM).unwrap().active);
    assert!(!world.wix.is_contributor(&world.site.site_id, SAM));

    // Once more is harmless, and another word replaces it.
    let writes = world.writes();
    let of_sam = row(review.row_of("acme", "sam"));
    let again = decide(&world, of_sam, "revoke").expect(0).document();
    assert_eq!((&again["already_out"], &again["writes"]), (&json!(true), &json!(0)));
    decide(&world, of_sam, "keep").expect(0);
    assert_eq!(kept(&world, of_sam)["verdict"], "keep");
    assert_eq!((world.writes(), world.fake.removals(STORE, SAM)), (writes, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_of_the_row_ends_or_its_next_look_is_due_later() {
    let world = World::new().await;
    let config = world.config().replace("rank = 10", "rank = 10\nreview_every = \"1d\"");
    world.write("guestpass.toml", &config);
    let grant = ["grant", "shop", "sam", "--role", "support", "--for", "9d", "--json"];
    let id = world.run(&grant).expect(0).document()["grant"]["id"].as_str().unwrap().to_owned();
    let due =
        |id: &str| world.grant_of(id)["review_at"].as_str().unwrap().parse::<guestpass::Timestamp>().unwrap();
    let before = due(&id);
    let review = world.review(&["shop"]);
    let of_sam = row(review.row_of("shop", "sam"));
    let requests = world.requests();
    let words = ["review", "decide", of_sam, "keep", "--by", "Robin", "--json"];
    let keep = world.run_later("12h", &words).expect(0).document();
    assert_eq!((&keep["grants"][0]["id"], &keep["grants"][0]["phase"]), (&json!(id), &json!("active")));
    assert_eq!(due(&id).duration_since(before).as_hours(), 12);
    assert!(keep["standing"].is_null());
    assert_eq!(world.requests(), requests, "to keep somebody costs nothing");
    assert!(world.prestashop.employee(SAM).unwrap().active);

    let revoked = decide(&world, of_sam, "revoke").expect(0).document();
    assert_eq!((&revoked["grants"][0]["id"], &revoked["grants"][0]["phase"]), (&json!(id), &json!("ended")));
    assert_eq!(revoked["grants"][0]["end"]["cause"], "revoked");
    assert_eq!(revoked["grants"][0]["end"]["by"]["name"], "Robin Boss");
    assert!(!world.prestashop.employee(SAM).unwrap().active);
}

#[tokio::test(flavor = "multi_thread")]
async fn too_much_is_taken_back_by_api_or_by_a_step() {
    let world = World::new().await;
    let by_api = ["grant", "shop", "sam", "--role", "support", "--for", "2h"];
    world.run(&by_api).expect(0);
    world.prestashop.set_profile(SAM, 4);
    world.grant();
    world.fake.accept(STORE, SAM);
    world.fake.grant_permissions(STORE, SAM, &["Manage_Orders"]);
    world.run(&["steps", "check", &world.step("acme", "follow_up")]).expect(0);
    world.fake.grant_permissions(STORE, SAM, &["Manage_Orders", "Manage_Products"]);

    let review = world.review(&["shop", "acme"]);
    let (shop, acme) = (review.row_of("shop", "sam"), review.row_of("acme", "sam"));
    assert!(kinds(shop).contains("beyond_grant") && kinds(acme).contains("beyond_grant"), "{review:?}");
    let reduced = decide(&world, row(shop), "reduce").expect(0).document();
    assert_eq!(reduced["grants"][0]["phase"], "active");
    assert_eq!(world.prestashop.employee(SAM).unwrap().profile, world.shop.support_profile);

    // On BigCommerce only people can do it; the step stays until a look shows it.
    let asked = decide(&world, row(acme), "reduce").expect(3).document();
    assert_eq!((&asked["steps"][0]["for"], &asked["writes"]), (&json!("follow_up"), &json!(0)));
    let step = world.step("acme", "follow_up");
    world.run(&["steps", "check", &step]).expect(3);
    world.fake.grant_permissions(STORE, SAM, &["Manage_Orders"]);
    world.run(&["steps", "check", &step]).expect(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_merchant_is_asked_about_their_own_people() {
    let world = World::new().await;
    world.fake.add_user(STORE, "clerk@merchant.example", "Clara\n  1. Forged", "Clerk");
    world.fake.grant_permissions(STORE, "clerk@merchant.example", &["Manage_Users"]);
    let review = world.review(&["acme"]);
    let [clerk] = review.rows_with("acme", "email", "clerk@merchant.example")[..] else {
        panic!("{review:?}")
    };
    for (verdict, wish) in [("revoke", "Remove the account"), ("reduce", "no more rights")] {
        let asked = decide(&world, row(clerk), verdict).expect(3).document();
        let message = asked["merchant"]["message"]["body"].as_str().unwrap();
        assert!(message.contains("clerk@merchant.example") && message.contains(wish), "{message}");
        assert!(
            message.contains("privileged: Manage_Users") && !message.contains("\n  1. Forged"),
            "{message}"
        );
        assert!(asked["grants"].as_array().unwrap().is_empty());
    }
    let text = world.run(&["review", "decide", row(clerk), "revoke", "--by", "Robin"]).expect(3).stdout;
    assert!(text.contains("Ready to send:") && text.contains("revoke account:"), "{text}");
    assert!(world.fake.is_member(STORE, "clerk@merchant.example"));
    assert_eq!(world.fake.writes(), 0);
    world.fake.remove_user(STORE, "clerk@merchant.example");
    let gone = decide(&world, row(clerk), "revoke").expect(0).document();
    assert_eq!((&gone["already_out"], &gone["merchant"]), (&json!(true), &Value::Null));
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_merchant_holds_the_key_it_ends_by_their_word() {
    let world = World::new().await;
    let words = ["grant", "byhand", "sam", "--role", "support", "--for", "2h", "--json"];
    let id = world.run(&words).expect(3).document()["grant"]["id"].as_str().unwrap().to_owned();
    world.run(&["steps", "done", &world.step("byhand", "entry"), "--note", "in"]).expect(0);
    let review = world.review(&["byhand"]);
    let of_sam = row(review.row_of("byhand", "sam"));
    let asked = decide(&world, of_sam, "revoke").expect(3).document();
    assert_eq!((&asked["grants"][0]["id"], &asked["grants"][0]["phase"]), (&json!(id), &json!("closing")));
    assert_eq!(asked["steps"][0]["for"], "exit");
    assert!(asked["steps"][0]["step"]["message"]["body"].as_str().unwrap().contains(SAM));
    // Told once more, it still waits for the same.
    let again = decide(&world, of_sam, "revoke").expect(3).document();
    assert_eq!(again["steps"][0]["id"], asked["steps"][0]["id"]);
    world.run(&["steps", "done", &world.step("byhand", "exit"), "--note", "they wrote"]).expect(0);
    assert_eq!(decide(&world, of_sam, "revoke").expect(0).document()["grants"], json!([]));
    assert_eq!(world.requests(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_no_api_removes_people_a_step_stays_until_a_look_shows_it() {
    let world = World::new().await;
    world.shopify.add_staff(&world.boutique.shop, StaffKind::Collaborator, SAM, "Sam", "Support");
    let review = world.review(&["boutique"]);
    let staff = world.shopify.staff(&world.boutique.shop);
    assert_eq!(review.rows("boutique").len(), staff.len());
    let of_sam = review.row_of("boutique", "sam");
    assert!(kinds(of_sam).contains("ours_without_grant"), "{of_sam}");
    let asked = decide(&world, row(of_sam), "revoke").expect(3).document();
    assert_eq!(
        (&asked["steps"][0]["for"], &asked["grants"][0]["phase"]),
        (&json!("exit"), &json!("closing"))
    );
    assert!(asked["steps"][0]["step"]["message"]["body"].is_string());
    world.shopify.remove_account(&world.boutique.shop, SAM);
    let done = decide(&world, row(of_sam), "revoke").expect(0).document();
    assert_eq!(done["grants"][0]["end"]["proof"]["by"], "listed", "{done}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_stands_although_the_store_does_not_answer() {
    let world = World::new().await;
    world.run(&["grant", "shop", "sam", "--role", "support", "--for", "2h"]).expect(0);
    world.wix.add_contributor(&world.site.site_id, SAM, &[&world.site.support_role_id]);
    let review = world.review(&["shop", "site"]);
    let (shop, site) = (row(review.row_of("shop", "sam")), row(review.row_of("site", "sam")));
    world.write_private("prestashop-token", "MARKERWRONGKEYMARKERWRONGKEYMARK");
    world.write_private("wix-token", "marker-wrong-token");

    // The order is written down, and sweeps go on with it.
    let late = decide(&world, shop, "revoke");
    assert_ne!(late.code, 0, "{late:?}");
    assert_eq!(kept(&world, shop)["verdict"], "revoke");
    assert!(world.prestashop.employee(SAM).unwrap().active);
    world.write_private("prestashop-token", &world.shop.key);
    world.run_later("3h", &["sweep"]);
    assert!(!world.prestashop.employee(SAM).unwrap().active);

    // Nobody knows yet what to end: the same command does it.
    let failed = decide(&world, site, "revoke").expect(1);
    assert!(failed.stderr.contains("give the same command again"), "{}", failed.stderr);
    assert_eq!(failed.documents()[1]["error"]["kind"], "unauthenticated");
    assert_eq!(kept(&world, site)["verdict"], "revoke");
    world.write_private("wix-token", &world.site.api_key);
    decide(&world, site, "revoke").expect(0);
    assert!(!world.wix.is_contributor(&world.site.site_id, SAM));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_it_would_do_is_shown_without_doing_it() {
    let world = World::new().await;
    world.run(&["grant", "shop", "sam", "--role", "support", "--for", "2h"]).expect(0);
    world.fake.add_user(STORE, SAM, "Sam", "Support");
    world.fake.add_user(STORE, "clerk@merchant.example", "Clara", "Clerk");
    let review = world.review(&["shop", "acme"]);
    let requests = world.requests();
    let [clerk] = review.rows_with("acme", "email", "clerk@merchant.example")[..] else {
        panic!("{review:?}")
    };
    let (shop, acme) = (review.row_of("shop", "sam"), review.row_of("acme", "sam"));
    let cases: [(&Value, &str, &[&str]); 6] = [
        (shop, "revoke", &["observe", "remove", "observe"]),
        (shop, "reduce", &["observe", "set_role", "observe"]),
        (shop, "keep", &[]),
        (acme, "revoke", &["observe", "remove", "observe"]),
        (clerk, "revoke", &["observe"]),
        (clerk, "keep", &[]),
    ];
    for (of, verdict, expected) in cases {
        let words = ["review", "decide", row(of), verdict, "--by", "Robin", "--dry-run", "--json"];
        let plan = world.run(&words).expect(0).document();
        assert_eq!((&plan["dry_run"], &plan["command"]), (&json!(true), &json!("review decide")));
        let steps: Vec<_> = plan["steps"].as_array().unwrap().iter().map(|step| &step["operation"]).collect();
        assert_eq!(steps, expected, "{verdict} {of}");
        assert_eq!(kept(&world, row(of)), Value::Null);
    }
    let refused = ["review", "decide", row(acme), "reduce", "--by", "Robin", "--dry-run"];
    assert!(world.run(&refused).expect(2).stderr.contains("no grant in use says to what"));
    assert_eq!(world.requests(), requests);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_of_an_old_review_is_warned_of() {
    let world = World::new().await;
    let old = world.review(&["acme", "byhand"]);
    let fresh = decide(&world, row(&old.rows("acme")[0]), "keep").expect(0);
    assert!(!fresh.stderr.contains("warning"), "{}", fresh.stderr);
    let elsewhere = world.review(&["byhand"]);
    let still = decide(&world, row(&old.rows("acme")[0]), "keep").expect(0);
    assert!(!still.stderr.contains("warning"), "{}: {}", elsewhere.mark(), still.stderr);
    let newer = world.review(&["acme"]);
    let warned = decide(&world, row(&old.rows("acme")[0]), "keep").expect(0);
    assert!(warned.stderr.contains(&format!("guestpass review show {}", newer.mark())), "{}", warned.stderr);
}
