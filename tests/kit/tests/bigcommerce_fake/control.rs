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
    let agent = json!({"store": STORE, "email": AGENT});
    assert!(bench.control("add-user", agent.clone()).await.1["id"].is_string());
    assert_eq!(bench.control("accept", agent.clone()).await, ok);
    let grant = json!({"store": STORE, "email": AGENT, "permissions": ["Manage_Users"]});
    assert_eq!(bench.control("grant-permissions", grant).await, ok);
    assert_eq!(bench.control("make-owner", agent.clone()).await, ok);
    let users = bench.look("users?store=abc123").await;
    assert_eq!((&users[1]["email"], &users[1]["owner"]), (&json!(AGENT), &json!(true)));
    assert_eq!(users[1]["last_login"], "2026-11-22T12:00:00Z");
    assert_eq!(bench.get("v2/store").await.1["admin_email"], AGENT);
    let long_ago = json!({"store": STORE, "email": AGENT, "at": "2026-08-01T12:00:00Z"});
    assert_eq!(bench.control("accept", long_ago).await, ok);
    assert_eq!(bench.look("users?store=abc123").await[1]["last_login"], "2026-08-01T12:00:00Z");
    let owner = json!({"store": STORE, "email": OWNER});
    assert_eq!(bench.control("remove-user", owner.clone()).await, ok);
    assert_eq!(bench.control("remove-user", owner).await.0, 404);

    let fault = json!({"on": {"operation": "addUserToStore"}, "fault": {"late_commit": {"after": 60}}});
    assert_eq!(bench.control("fault", fault).await, ok);
    assert_eq!(bench.look("unfired").await.as_array().unwrap().len(), 1);
    assert!(bench.graphql(ADD, add("late@vendor.example")).send().await.is_err());
    assert_eq!(bench.control("forward", json!({"seconds": 60})).await, ok);
    assert_eq!(bench.look("users?store=abc123").await[1]["email"], "late@vendor.example");

    let changes = json!({"page_size_default": 3, "total_items": {"off_by": -1}, "limit_shape": "status509"});
    assert_eq!(bench.control("quirks", changes).await.1["page_size_default"], 3);
    assert_eq!(bench.look("quirks").await["limit_per_hour"], 70);

    let log = bench.look("requests").await;
    assert_eq!(log.as_array().unwrap().len(), 2, "control requests are not in it");
    assert_eq!(log[1]["operations"], json!(["addUserToStore"]));
    assert_eq!(log[1]["status"], Value::Null);
    assert!(!log.to_string().contains(TOKEN) && !log.to_string().contains("late@"));
    assert_eq!(bench.control("requests/clear", json!({})).await, ok);
    assert_eq!(bench.look("requests").await, json!([]));
    assert_eq!(bench.control("revoke-token", json!({"token": STORE_TOKEN})).await, ok);
    assert_eq!(bench.get("v2/store").await.0, 401);

    let (_, seed) = bench.control("reset", json!({})).await;
    let hash = seed["store_hash"].as_str().unwrap();
    assert_eq!(bench.fake.users(hash).len(), 4);
    let url = format!("{}/stores/{hash}/v2/store", bench.fake.uri());
    let request = bench.client.get(url).header("x-auth-token", seed["store_token"].as_str().unwrap());
    assert_eq!(read(request.send().await.unwrap()).await.1["admin_email"], seed["owner_email"]);
}

#[tokio::test]
async fn nonsense_is_answered_and_changes_nothing() {
    let bench = Bench::new().await;
    for (command, body) in [
        ("forward", json!({"seconds": -1})),
        ("forward", json!({"seconds": "soon"})),
        ("fault", json!({"on": "sometimes", "fault": "lost_answer"})),
        ("quirks", json!({"unheard_of": true})),
        ("quirks", json!({"page_size_max": -1})),
        ("accept", json!({"store": STORE})),
        ("accept", json!({"store": STORE, "email": AGENT, "at": "long ago"})),
        ("reset", json!({"sead": false})),
        ("add-user", json!([])),
    ] {
        let (status, answer) = bench.control(command, body.clone()).await;
        assert_eq!(status, 400, "{command} {body}");
        assert!(answer["error"].is_string());
    }
    assert_eq!(bench.control("nothing", json!({})).await.0, 404);
    assert_eq!(bench.control("add-user", json!({"store": "none", "email": AGENT})).await.0, 404);
    assert_eq!(bench.control("forward", json!({"seconds": 1e18})).await.0, 200);
    assert_eq!(bench.get("v2/time").await.0, 200);
    let zero =
        json!({"page_size_default": 0, "page_size_max": 0, "store_limit": 0, "unknown_field_status": 9});
    assert_eq!(bench.control("quirks", zero).await.0, 200);
    assert_eq!(bench.asked("{ account { idd } }", json!({})).await.0, 500);
    assert_eq!(bench.asked(LIST, json!({})).await.0, 200);
    assert_eq!(bench.get("v2/time").await.0, 429);
}

#[tokio::test]
async fn credentials_are_arranged_and_looked_at_from_outside() {
    let bench = Bench::new().await;
    let order = json!({"store": STORE, "name": "office", "scopes": ["store_storefront_api"]});
    let (status, made) = bench.control("create-api-account", order).await;
    assert_eq!((status, &made["lives"]), (200, &json!(true)), "{made}");
    let both = json!({"store": STORE, "account": ACCOUNT, "name": "office", "scopes": []});
    assert_eq!(bench.control("create-api-account", both).await.0, 400);
    assert_eq!(bench.look("api-tokens").await.as_array().unwrap().len(), 3);
    bench.fake.add_app("app", "app-secret");
    let again = json!({"client_id": "app", "store": STORE, "scopes": []});
    assert!(bench.control("reauthorize-app", again).await.1["token"].is_string());
    let token = made["token"].as_str().unwrap();
    let body = json!({"expires_at": 1_800_000_000, "channel_id": 1});
    let minted = bench.rest("POST", "v3/storefront/api-token", token).json(&body);
    let (_, minted) = read(minted.send().await.unwrap()).await;
    let works = bench.control("use-storefront-token", json!({"token": minted["data"]["token"]})).await;
    assert_eq!(works, (200, json!({"works": true})));
    let listed = bench.look("storefront-tokens?store=abc123").await;
    assert_eq!((&listed[0]["kind"], &listed[0]["revoked"]), (&json!("storefront"), &json!(false)));
}

#[tokio::test]
async fn a_program_in_another_language_can_install_an_app() {
    let bench = Bench::new().await;
    let app = json!({"client_id": "app1", "client_secret": "app-secret"});
    assert_eq!(bench.control("add-app", app).await.0, 200);
    let callback = "https://app.example/auth";
    let wish = json!({"store": STORE, "client_id": "app1", "scopes": ["a", "b"], "callback": callback});
    let (status, body) = bench.control("install-app", wish.clone()).await;
    let url = guestpass::Url::parse(body["callback"].as_str().unwrap()).unwrap();
    let asked = |name: &str| url.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned();
    assert_eq!(
        (status, asked("context"), asked("scope")),
        (200, format!("stores/{STORE}"), "a b".to_owned())
    );
    let exchange = json!({"client_id": "app1", "client_secret": "app-secret", "code": asked("code"),
        "context": asked("context"), "scope": asked("scope"), "grant_type": "authorization_code",
        "redirect_uri": callback});
    let request = bench.client.post(format!("{}/oauth2/token", bench.fake.uri()));
    let (_, token) = read(request.json(&exchange).send().await.unwrap()).await;
    let token = token["access_token"].as_str().unwrap();
    assert_eq!(bench.fake.scopes_of(token).unwrap(), ["a", "b"]);
    assert_eq!(bench.fake.app_token("app1", STORE).as_deref(), Some(token));
    let stranger = json!({"store": STORE, "client_id": "app2", "scopes": [], "callback": callback});
    assert_eq!(bench.control("install-app", stranger).await.0, 404);
}
