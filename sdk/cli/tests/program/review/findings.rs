//! What is found is what was prepared in the fakes' books, and nothing else.

use serde_json::json;

use super::world::{DESK, Reviewed, SAM_AT_HOME, World, kinds, row, set};
use crate::fixture::{OWNER, SAM, STORE};

#[tokio::test(flavor = "multi_thread")]
async fn everybody_inside_every_store_is_shown_with_what_was_prepared() {
    let world = World::new().await;
    // With a grant, and with more than it gives.
    let granted = world.grant();
    world.fake.accept(STORE, SAM);
    world.fake.grant_permissions(STORE, SAM, &["Manage_Orders", "Manage_Customers"]);
    // With a grant, and not there any more.
    let desk = ["grant", "acme", "desk", "--role", "support", "--for", "2h", "--json"];
    world.run(&desk).expect(3);
    world.fake.accept(STORE, DESK);
    world.look_after("sam");
    world.look_after("desk");
    world.fake.remove_user(STORE, DESK);
    // Their second account, somebody of the merchant's with dangerous rights, and somebody harmless.
    world.fake.add_user(STORE, SAM_AT_HOME, "Sam", "Home");
    world.fake.add_user(STORE, "clerk@merchant.example", "Clara", "Clerk");
    world.fake.accept(STORE, "clerk@merchant.example");
    world.fake.grant_permissions(STORE, "clerk@merchant.example", &["Manage_Users"]);
    world.fake.add_user(STORE, "nora@merchant.example", "Nora", "Normal");
    // Without a grant, on the other platforms.
    world.prestashop.add_employee(SAM, "Sam", "Support", world.shop.support_profile);
    world.wix.add_contributor(&world.site.site_id, SAM, &[&world.site.support_role_id]);
    let (writes, inside) = (world.writes(), world.fake.users(STORE).len());

    let review = world.review(&["--reason", "quarter 4", "--by", "Robin"]);
    assert_eq!(world.writes(), writes, "a review writes nothing");

    let acme = review.store("acme");
    assert_eq!((&acme["reading"], &acme["platform"]), (&json!("complete"), &json!("bigcommerce")));
    assert!(acme["began_at"].is_string() && acme["pages"].as_u64() > Some(0) && acme["reason"].is_null());
    assert_eq!(review.rows("acme").len(), inside + 1, "everybody inside, and a grant without its person");
    assert_eq!(review.found("acme", "ours_without_grant"), set([SAM_AT_HOME]));
    assert_eq!(review.found("acme", "beyond_grant"), set([SAM]));
    assert_eq!(review.found("acme", "privileged"), set(["clerk@merchant.example"]));
    assert_eq!(review.found("acme", "duplicate"), set([SAM, SAM_AT_HOME]));
    let gone = review.row_of("acme", "desk");
    assert_eq!(kinds(gone), ["grant_without_person"].into());
    assert!(gone["account"].is_null() && gone["grants"].as_array().unwrap().len() == 1);
    let [sam] = review.rows_with("acme", "email", SAM)[..] else { panic!("{review:?}") };
    assert_eq!((&sam["grants"], &sam["role"]), (&json!([granted]), &json!("support")));
    assert_eq!((&sam["person"], &sam["status"]), (&json!("sam"), &json!("active")));
    assert_eq!(review.rows_with("acme", "email", "clerk@merchant.example")[0]["name"], "Clara Clerk");
    let beyond = sam["findings"].as_array().unwrap().iter().find(|it| it["kind"] == "beyond_grant").unwrap();
    assert_eq!(beyond["detail"]["rights"], json!(["Manage_Customers"]));
    assert!(beyond["text"].as_str().unwrap().contains("Manage_Customers"));
    assert!(review.rows_with("acme", "email", OWNER)[0]["findings"].as_array().unwrap().is_empty());

    assert!(kinds(review.row_of("shop", "sam")).contains("ours_without_grant"));
    assert_eq!(review.rows("shop").len(), world.prestashop.employees().len());
    assert!(kinds(review.row_of("site", "sam")).contains("ours_without_grant"));
    // Wix lists the owner, too.
    assert!(review.rows("site").len() >= world.wix.contributors(&world.site.site_id).len());
    assert_eq!(review.store("boutique")["reading"], "complete");
    assert!(review.found("boutique", "ours_without_grant").is_empty());
    let byhand = review.store("byhand");
    assert_eq!((&byhand["reading"], byhand["rows"].as_array().unwrap().len()), (&json!("attested"), 0));
    assert!(byhand["reason"].as_str().unwrap().contains("merchant holds the key"));

    let summary = &review.summary;
    assert_eq!(
        (&summary["stores"], &summary["complete"], &summary["attested"]),
        (&json!(5), &json!(4), &json!(1))
    );
    assert_eq!((&summary["failed"], &summary["waiting"]), (&json!(0), &json!(0)));
    assert_eq!((&summary["reason"], &summary["by"]["name"]), (&json!("quarter 4"), &json!("Robin")));
    counted(&review);
}

/// The numbers are those of the lines, and rows have different references.
fn counted(review: &Reviewed) {
    let rows: Vec<_> = review.stores.iter().flat_map(|store| store["rows"].as_array().unwrap()).collect();
    assert_eq!(review.summary["rows"], rows.len());
    let names: std::collections::BTreeSet<_> = rows.iter().map(|it| row(it)).collect();
    assert_eq!(names.len(), rows.len());
    assert!(names.iter().all(|name| name.starts_with(&format!("{}-", review.mark()))));
    let findings = review.summary["findings"].as_object().unwrap();
    let found = rows.iter().flat_map(|row| row["findings"].as_array().unwrap());
    let mut by_kind = serde_json::Map::new();
    for finding in found {
        let count = by_kind.entry(finding["kind"].as_str().unwrap()).or_insert_with(|| json!(0));
        *count = json!(count.as_u64().unwrap() + 1);
    }
    assert_eq!(findings, &by_kind);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_not_signed_in_for_long_is_found_where_the_platform_tells() {
    let world = World::new().await;
    world.write("guestpass.toml", &(world.config() + "\n[review]\ndormant_after = \"30d\"\n"));
    world.fake.add_user(STORE, "clerk@merchant.example", "Clara", "Clerk");
    world.fake.accept(STORE, "clerk@merchant.example");
    world.fake.add_user(STORE, "nora@merchant.example", "Nora", "Never");
    let soon = Reviewed::of(&world.run_later("29d", &["review", "acme", "site", "--json"]).expect(0));
    assert!(soon.found("acme", "dormant").is_empty());
    let late = Reviewed::of(&world.run_later("31d", &["review", "acme", "site", "--json"]).expect(0));
    let signed_in = world.fake.users(STORE).into_iter().filter(|user| user.last_login.is_some());
    assert_eq!(late.found("acme", "dormant"), signed_in.map(|user| user.email).collect());
    assert!(late.found("site", "dormant").is_empty(), "Wix does not tell");
}

#[tokio::test(flavor = "multi_thread")]
async fn people_read_a_line_for_each_store_and_a_table_where_something_was_found() {
    let world = World::new().await;
    world.fake.add_user(STORE, SAM, "Sam", "Support");
    let text = world.run(&["review", "acme", "byhand", "--since", "last"]).expect(0).stdout;
    assert!(text.contains("acme (bigcommerce), 20"), "{text}");
    assert!(text.contains("all listed, 2 row(s), 1 with findings") && !text.contains(OWNER), "{text}");
    assert!(text.contains("ROW") && text.contains("  inside without a grant\n"), "{text}");
    assert!(text.contains(": by people's word, nobody\n  why: the merchant holds the key"), "{text}");
    assert!(text.contains("1 listed completely, 1 known from what people said"), "{text}");
    assert!(text.contains("0 proven, 0 by somebody's word, 0 without either"), "{text}");
    assert!(text.contains("-1 keep --by NAME"), "{text}");
    let all = world.run(&["review", "acme", "--all"]).expect(0).stdout;
    assert!(all.contains(OWNER), "{all}");
    let calm = world.run(&["review", "boutique", "--all"]).expect(0).stdout;
    assert!(calm.contains("boutique (shopify), 20"), "{calm}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_ended_is_counted_by_how_we_know() {
    let world = World::new().await;
    let id = world.grant();
    world.run(&["revoke", &id]).expect(0);
    let words = ["grant", "byhand", "sam", "--role", "support", "--for", "2h", "--json"];
    let byhand = world.run(&words).expect(3).document();
    let inside = world.review(&["byhand"]);
    assert!(inside.rows("byhand").is_empty(), "nobody has said that they are in");
    world.run(&["steps", "done", &world.step("byhand", "entry"), "--note", "in"]).expect(0);
    let inside = world.review(&["byhand"]);
    assert_eq!(inside.row_of("byhand", "sam")["grants"][0], byhand["grant"]["id"]);
    world.run(&["revoke", byhand["grant"]["id"].as_str().unwrap()]).expect(3);
    world.run(&["steps", "done", &world.step("byhand", "exit"), "--note", "out"]).expect(0);
    let review = world.review(&["acme", "byhand"]);
    assert_eq!(review.summary["ends"], json!({ "proven": 1, "attested": 1, "unproven": 0 }));
    assert_eq!(review.store("acme")["ends"]["proven"], 1);
    assert_eq!(review.store("byhand")["ends"]["attested"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_cannot_be_read_is_part_of_the_result() {
    let world = World::new().await;
    world.write_private("wix-token", "marker-wrong-token");
    let ran = world.run(&["review", "--json"]).expect(5);
    let review = Reviewed::of(&ran);
    assert_eq!((&review.summary["failed"], &review.summary["complete"]), (&json!(1), &json!(3)));
    assert_eq!(review.store("site")["reading"], "failed");
    assert!(review.store("site")["reason"].as_str().unwrap().contains("next:"), "{review:?}");
    assert!(review.summary["finished_at"].is_string());
    let text = world.run(&["review", "site"]).expect(1).stdout;
    assert!(text.contains(": NOT READ, in the ledger, nobody\n  why: "), "{text}");
    assert!(text.contains("1 not read"), "{text}");
    assert!(!text.contains("marker-"));
}
