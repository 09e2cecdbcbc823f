use super::*;

impl Bench {
    async fn control(&self, command: &str, body: Value) -> (u16, Value) {
        let request = self.client.post(format!("{}/_control/{command}", self.fake.uri()));
        read(request.json(&body).send().await.unwrap()).await
    }

    async fn look(&self, what: &str) -> Value {
        let request = self.client.get(format!("{}/_control/{what}", self.fake.uri()));
        read(request.send().await.unwrap()).await.1
    }
}

#[tokio::test]
async fn a_program_in_another_language_can_do_everything() {
    let bench = Bench::new().await;
    let ok = (200, json!({"ok": true}));
    let shop = bench.seed.shop.clone();
    let organisation = json!({"organisation": "9", "name": "Nine", "email": "nine@vendor.example"});
    assert_eq!(bench.control("add-organisation", organisation).await, ok);
    let member = json!({"organisation": "9", "email": "gina@vendor.example", "first": "Gina"});
    assert_eq!(bench.control("add-member", member).await, ok);
    let wish = json!({"shop": shop, "organisation": "9", "permissions": ["orders"]});
    let refused = json!({"ok": false, "refused": "code_needed"});
    assert_eq!(bench.control("request-access", wish.clone()).await, (200, refused));
    assert_eq!(bench.control("request-code", json!({"shop": shop})).await, ok);
    assert_eq!(bench.control("request-access", wish.clone()).await.1["ok"], true);
    let partner = json!({"shop": shop, "organisation": "9"});
    assert_eq!(bench.control("reject", partner.clone()).await, ok);
    assert_eq!(bench.control("request-access", wish).await.1["ok"], true);
    let approval = json!({"shop": shop, "organisation": "9", "permissions": [], "seconds": 3600});
    assert_eq!(bench.control("approve", approval).await, ok);
    let gina = json!({"shop": shop, "email": "gina@vendor.example"});
    assert_eq!(bench.control("log-in", gina.clone()).await, ok);
    let staff = bench.look(&format!("staff?shop={shop}")).await;
    let gina =
        staff.as_array().unwrap().iter().find(|staff| staff["email"] == "gina@vendor.example").unwrap();
    assert_eq!((&gina["kind"], &gina["inside"]), (&json!("COLLABORATOR_TEAM_MEMBER"), &json!(true)));
    assert_eq!(bench.control("forward", json!({"seconds": 3600})).await, ok);
    let collaborations = bench.look(&format!("collaborations?shop={shop}")).await;
    assert_eq!(collaborations.as_array().unwrap().last().unwrap()["state"], "expired");
    let first = json!({"shop": shop, "organisation": bench.seed.organisation});
    assert_eq!(bench.control("remove-collaborator", first).await, ok);
    let asking = json!({"shop": shop, "organisation": bench.seed.requesting_organisation});
    assert_eq!(bench.control("expire", asking.clone()).await, ok);
    assert_eq!(bench.control("expire", asking).await.0, 404);
    let staff = json!({"shop": shop, "email": "new@merchant.example", "kind": "REGULAR"});
    assert_eq!(bench.control("add-staff", staff).await, ok);
    let new = json!({"shop": shop, "email": "new@merchant.example"});
    let more = json!({"shop": shop, "email": "new@merchant.example", "permissions": ["orders"]});
    assert_eq!(bench.control("set-permissions", more).await, ok);
    let staff = bench.look(&format!("staff?shop={shop}")).await;
    let added = staff.as_array().unwrap().iter().find(|staff| staff["email"] == "new@merchant.example");
    assert_eq!(added.unwrap()["permissions"], json!(["orders"]));
    let suspend = json!({"shop": shop, "email": "new@merchant.example", "active": false});
    assert_eq!(bench.control("set-active", suspend).await, ok);
    assert!(!bench.fake.is_inside(&shop, "new@merchant.example"));
    assert_eq!(bench.control("make-owner", new).await, ok);
    let old_owner = json!({"shop": shop, "email": bench.seed.owner_email});
    assert_eq!(bench.control("remove-account", old_owner).await, ok);
    assert_eq!(bench.control("shop", json!({"shop": shop, "plan": "basic", "state": "frozen"})).await, ok);
    assert_eq!(bench.asked(WHOAMI, json!({})).await.0, 402);
    assert_eq!(bench.control("shop", json!({"shop": shop, "state": "open"})).await, ok);

    let fault = json!({"on": {"operation": "shop"}, "fault": {"throttled": "all_headers"}});
    assert_eq!(bench.control("fault", fault).await, ok);
    assert_eq!(bench.look("unfired").await.as_array().unwrap().len(), 1);
    assert_eq!(bench.asked(WHOAMI, json!({})).await.1["errors"][0]["extensions"]["code"], "THROTTLED");
    let changes = json!({"removed_person": "exists_false", "bucket": {"maximum": 10, "restore_rate": 1}});
    assert_eq!(bench.control("quirks", changes).await.1["bucket"]["maximum"], 10);
    assert_eq!(bench.look("quirks").await["idle_limit"], 7_776_000.0);
    let log = bench.look("requests").await;
    assert_eq!(log.as_array().unwrap().len(), 2, "control requests are not in it");
    assert!(!log.to_string().contains(&bench.seed.token));
    assert_eq!(bench.control("requests/clear", json!({})).await, ok);

    let secret = json!({"client_id": bench.seed.client_id, "secret": "shpss_second"});
    assert_eq!(bench.control("add-secret", secret.clone()).await, ok);
    assert_eq!(bench.control("revoke-secret", secret).await, ok);
    assert_eq!(bench.control("revoke-token", json!({"token": bench.seed.refresh_token})).await, ok);
    let app = json!({"shop": shop, "client_id": bench.seed.client_id});
    assert_eq!(bench.control("uninstall", app).await, ok);
    let tokens = bench.look(&format!("tokens?shop={shop}")).await;
    assert!(tokens.as_array().unwrap().iter().all(|token| token["alive"] == false));
    assert!(!tokens.to_string().contains("shpat"));

    let (_, seed) = bench.control("reset", json!({})).await;
    let (_, body) = bench.asked_as(&text(&seed["token"]), PEOPLE, json!({"first": 9})).await;
    assert_eq!(body["data"]["staffMembers"]["nodes"].as_array().unwrap().len(), 5);
}

#[tokio::test]
async fn nonsense_is_answered_and_changes_nothing() {
    let bench = Bench::new().await;
    for (command, body) in [
        ("forward", json!({"seconds": -1})),
        ("fault", json!({"on": "sometimes", "fault": "lost_answer"})),
        ("quirks", json!({"unheard_of": true})),
        ("add-staff", json!({"shop": bench.seed.shop, "email": "x@y.example", "kind": "KING"})),
        ("approve", json!({"shop": bench.seed.shop, "organisation": "1002", "seconds": -1})),
        ("reset", json!({"sead": false})),
        ("log-in", json!([])),
    ] {
        let (status, answer) = bench.control(command, body.clone()).await;
        assert_eq!(status, 400, "{command} {body}");
        assert!(answer["error"].is_string());
    }
    assert_eq!(bench.control("nothing", json!({})).await.0, 404);
    assert_eq!(bench.control("log-in", json!({"shop": "none", "email": "x@y.example"})).await.0, 404);
    let zero = json!({"page_size_max": 0, "rest_bucket": 0, "max_cost": 0, "uninstalled_status": 9});
    assert_eq!(bench.control("quirks", zero).await.0, 200);
    assert_eq!(bench.asked(PEOPLE, json!({"first": 1})).await.0, 200);
    assert_eq!(bench.get("/admin/api/2026-10/users.json").await.0, 429);
    assert_eq!(bench.control("forward", json!({"seconds": 1e18})).await.0, 200);
    bench.fake.uninstall(&bench.seed.shop, &bench.seed.client_id);
    assert_eq!(bench.asked(WHOAMI, json!({})).await.0, 500);
}
