use super::*;

impl Bench {
    async fn control(&self, command: &str, body: Value) -> (u16, Value) {
        sent(self.bare("POST", &format!("/_control/{command}")).json(&body)).await
    }

    async fn look(&self, what: &str) -> Value {
        sent(self.bare("GET", &format!("/_control/{what}"))).await.1
    }
}

#[tokio::test]
async fn a_program_in_another_language_can_do_everything() {
    let bench = Bench::new().await;
    let site = &bench.seed.site_id;
    let ok = (200, json!({"ok": true}));
    let guest = json!({"site": site, "email": GUEST});
    bench.invite(GUEST).await;
    assert_eq!(bench.control("decline", guest.clone()).await, ok);
    bench.invite(GUEST).await;
    let other = bench.control("add-account", json!({"email": "other@mail.example"})).await.1;
    let as_other = json!({"site": site, "email": GUEST, "account": other["accountId"]});
    assert_eq!(bench.control("accept", as_other).await, (200, other.clone()));
    let contributors = bench.look(&format!("contributors?site={site}")).await;
    assert_eq!(contributors[2]["email"], "other@mail.example");
    assert_eq!(contributors[2]["invited_email"], GUEST);
    let invites = bench.look(&format!("invites?site={site}")).await;
    assert_eq!((&invites[0]["status"], &invites[1]["status"]), (&json!("Declined"), &json!("Used")));
    assert!(!invites.to_string().contains("fake-accept"));

    let roles = json!([bench.seed.privileged_role_id]);
    let change = json!({"site": site, "email": "other@mail.example", "roles": roles});
    assert_eq!(bench.control("change-roles", change).await, ok);
    assert_eq!(bench.look(&format!("contributors?site={site}")).await[2]["roles"], roles);
    let gone = json!({"site": site, "email": "other@mail.example"});
    assert_eq!(bench.control("remove-contributor", gone.clone()).await, ok);
    assert_eq!(bench.control("remove-contributor", gone).await.0, 404);
    let joins = json!({"site": site, "email": "new@merchant.example", "roles": []});
    assert!(bench.control("add-contributor", joins).await.1["accountId"].is_string());
    assert_eq!(bench.control("set-seats", json!({"site": site, "seats": 1})).await, ok);
    assert_eq!(bench.control("set-seats", json!({"site": site})).await, ok);

    let copy = json!({"key": bench.seed.api_key, "copy": "IST.copy"});
    assert_eq!(bench.control("duplicate-key", copy).await, ok);
    assert!(bench.fake.key_works("IST.copy") && bench.fake.key_works(&bench.seed.api_key));
    let client = bench.seed.client_id.as_str();
    let second = json!({"client_id": client, "secret": "second"});
    assert_eq!(bench.control("add-app-secret", second.clone()).await, ok);
    assert!(bench.fake.secret_works(client, "second"));
    assert!(!bench.fake.secret_works(client, &bench.seed.client_secret), "no overlap by default");
    assert_eq!(bench.control("delete-app-secret", second.clone()).await, ok);
    assert_eq!(bench.control("delete-app-secret", second).await.0, 404);
    assert_eq!(bench.control("delete-app", json!({"client_id": client})).await, ok);

    let fault = json!({"on": {"operation": "site-invite/bulk"}, "fault": {"late_commit": {"after": 60}}});
    assert_eq!(bench.control("fault", fault).await, ok);
    assert_eq!(bench.look("unfired").await.as_array().unwrap().len(), 1);
    let late = bench.on_site("POST", INVITE).json(&bench.invitation(&["late@vendor.example"]));
    assert!(late.send().await.is_err());
    assert_eq!(bench.control("forward", json!({"seconds": 60})).await, ok);
    assert_eq!(bench.last_invite().email, "late@vendor.example");

    let changes = json!({"resend": "new_id", "limit_per_minute": 5, "invite_lifetime": 60});
    assert_eq!(bench.control("quirks", changes).await.1["resend"], "new_id");
    assert_eq!(bench.look("quirks").await["duplicate_invite"], "new_invite");
    let log = bench.look("requests").await;
    assert_eq!(log.as_array().unwrap().len(), 3, "control requests are not in it");
    assert!(!log.to_string().contains(&bench.seed.api_key) && !log.to_string().contains("late@"));
    assert_eq!(bench.control("requests/clear", json!({})).await, ok);
    assert_eq!(bench.look("requests").await, json!([]));

    let none = json!({"key": bench.seed.api_key, "permissions": []});
    assert_eq!(bench.control("set-key-permissions", none).await, ok);
    assert_eq!(sent(bench.on_site("GET", CONTRIBUTORS)).await.0, 403);
    assert_eq!(bench.control("revoke-key", json!({"key": bench.seed.api_key})).await, ok);
    assert_eq!(sent(bench.on_site("GET", CONTRIBUTORS)).await.0, 401);
    let instance = &bench.seed.instance_id;
    let some = json!({"instance": instance, "permissions": ["manage_contributors"]});
    assert_eq!(bench.control("set-app-permissions", some).await, ok);
    assert_eq!(bench.control("uninstall-app", json!({"instance": instance})).await, ok);

    let (_, seed) = bench.control("reset", json!({})).await;
    assert_eq!(seed["guest_account_id"], json!(bench.seed.guest_account_id));
    assert_eq!(seed["account_ids"][GUEST], seed["guest_account_id"]);
    assert_eq!(sent(bench.on_site("GET", CONTRIBUTORS)).await.0, 200);
    assert_eq!(bench.fake.now().to_string(), "2026-11-22T12:00:00Z");
}

#[tokio::test]
async fn nonsense_is_answered_and_changes_nothing() {
    let bench = Bench::new().await;
    let site = &bench.seed.site_id;
    for (command, body) in [
        ("forward", json!({"seconds": -1})),
        ("quirks", json!({"unheard_of": true})),
        ("accept", json!({"site": site})),
        ("set-seats", json!({"site": site, "seats": -1})),
        ("set-key-permissions", json!({"key": "k", "permissions": ["everything"]})),
        ("add-contributor", json!([])),
    ] {
        let (status, answer) = bench.control(command, body.clone()).await;
        assert_eq!(status, 400, "{command} {body}");
        assert!(answer["error"].is_string());
    }
    assert_eq!(bench.control("nothing", json!({})).await.0, 404);
    assert_eq!(bench.control("accept", json!({"site": site, "email": GUEST})).await.0, 404);
    assert_eq!(bench.control("decline", json!({"site": "none", "email": GUEST})).await.0, 404);
    bench.invite(GUEST).await;
    let nobody = json!({"site": site, "email": GUEST, "account": "nobody"});
    assert_eq!(bench.control("accept", nobody).await.0, 404);
    assert_eq!(bench.last_invite().status, InviteStatus::Pending);
    let zero = json!({"limit_per_minute": 0, "sites_page_max": 0, "wrong_method_status": 9, "emails_max": 0});
    assert_eq!(bench.control("quirks", zero).await.0, 200);
    assert_eq!(sent(bench.on_site("GET", CONTRIBUTORS)).await.0, 429);
    for path in ["", "/", "/nowhere", "/invites/site-invite//", "//", "/roles-management"] {
        assert_eq!(sent(bench.bare("GET", path)).await.0, 404, "{path}");
    }
}
