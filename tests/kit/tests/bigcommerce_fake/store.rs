use guestpass_testkit::fakes::bigcommerce::StorefrontTokenKind;

use super::*;

#[tokio::test]
async fn a_stores_information_needs_its_token_and_scope() {
    let bench = Bench::new().await;
    let (status, store) = bench.get("v2/store").await;
    assert_eq!(status, 200);
    assert_eq!((&store["id"], &store["account_uuid"]), (&json!(STORE), &json!(ACCOUNT)));
    assert_eq!(store["admin_email"], OWNER);
    assert!(store["logo"].is_object() && store.get("data").is_none());
    bench.fake.quirks(|quirks| quirks.logo_empty_array = true);
    assert_eq!(bench.get("v2/store").await.1["logo"], json!([]));
    assert_eq!(bench.get("v2/time").await.1, json!({"time": 1_795_348_800}));
    assert_eq!(bench.get("v3/settings/store/profile").await.1["data"]["store_name"], "Acme Shop");
    assert_eq!(bench.get("v3/store/systemlogs").await.0, 403);
    assert_eq!(read(bench.rest("GET", "v2/store", TOKEN).send().await.unwrap()).await.0, 401);
    bench.fake.add_store_token(STORE, "logs", &["store_logs_read_only"]);
    bench.fake.add_log_entry(STORE, "general", 2, "A theme was downloaded by olivia@merchant.example");
    let (_, logs) =
        read(bench.rest("GET", "v3/store/systemlogs?type=general", "logs").send().await.unwrap()).await;
    assert_eq!(
        (&logs["data"][0]["severity"], &logs["meta"]["pagination"]["total"]),
        (&json!("2"), &json!(1))
    );
    bench.fake.revoke_token(STORE_TOKEN);
    assert_eq!(bench.get("v2/store").await.0, 401);
}

#[tokio::test]
async fn gzip_is_used_when_accepted() {
    let bench = Bench::new().await;
    bench.fake.quirks(|quirks| quirks.gzip_answers = true);
    assert_eq!(bench.get("v2/store").await.1["id"], STORE);
    // reqwest hides the encoding that it undoes itself.
    let raw = Client::builder().no_gzip().build().unwrap();
    let url = format!("{}/stores/{STORE}/v2/store", bench.fake.uri());
    let request = raw.get(url).header("x-auth-token", STORE_TOKEN);
    let response = request.header("accept-encoding", "gzip").send().await.unwrap();
    assert_eq!(response.headers()["content-encoding"], "gzip");
    assert_eq!(response.bytes().await.unwrap()[..2], [0x1f, 0x8b]);
    let refusing = bench.rest("GET", "v2/store", STORE_TOKEN).header("accept-encoding", "identity");
    assert!(!refusing.send().await.unwrap().headers().contains_key("content-encoding"));
}

#[tokio::test]
async fn webhooks_belong_to_the_client_that_made_them() {
    let bench = Bench::new().await;
    bench.fake.add_store_token(STORE, "other-client", &[]);
    let hook = json!({"scope": "store/information/updated", "destination": "https://vendor.example/hook"});
    let create = || bench.rest("POST", "v3/hooks", STORE_TOKEN).json(&hook).send();
    let (status, made) = read(create().await.unwrap()).await;
    assert_eq!(status, 200);
    let id = made["data"]["id"].as_u64().unwrap();
    assert_eq!(made["data"]["store_hash"], STORE);
    assert_eq!(made["data"]["headers"], Value::Null);
    assert_eq!(read(create().await.unwrap()).await.0, 422, "twice the same");
    assert_eq!(bench.get("v3/hooks?is_active=true").await.1["data"][0], made["data"]);
    let path = format!("v3/hooks/{id}");
    for (method, tail) in [("GET", path.as_str()), ("DELETE", &path), ("PUT", &path)] {
        let foreign = bench.rest(method, tail, "other-client").json(&json!({"is_active": false}));
        assert_eq!(read(foreign.send().await.unwrap()).await.0, 404, "{method}");
    }
    let (_, others) = read(bench.rest("GET", "v3/hooks", "other-client").send().await.unwrap()).await;
    assert_eq!(others["data"], json!([]));

    let update =
        bench.rest("PUT", &path, STORE_TOKEN).json(&json!({"is_active": false, "headers": {"x": "y"}}));
    assert_eq!(read(update.send().await.unwrap()).await.1["data"]["headers"]["x"], "y");
    assert_eq!(bench.get("v3/hooks?is_active=true").await.1["meta"]["pagination"]["total"], 0);
    let (status, deleted) = read(bench.rest("DELETE", &path, STORE_TOKEN).send().await.unwrap()).await;
    assert_eq!((status, &deleted["data"]["id"]), (200, &json!(id)));
    assert_eq!(bench.get(&path).await.0, 404);

    for bad in [
        json!({"scope": "store/x", "destination": "http://vendor.example/"}),
        json!({"scope": "store/x", "destination": "https://vendor.example:8443/"}),
        json!({"scope": "customers", "destination": "https://vendor.example/"}),
        json!({"destination": "https://vendor.example/"}),
        json!([1]),
    ] {
        let refused = bench.rest("POST", "v3/hooks", STORE_TOKEN).json(&bad);
        assert_eq!(read(refused.send().await.unwrap()).await.0, 422, "{bad}");
    }
}

#[tokio::test]
async fn a_deleted_api_account_takes_its_webhooks_along() {
    let bench = Bench::new().await;
    bench.fake.add_app("app", "app-secret");
    bench.fake.add_code("first", STORE, &["store_v2_information"]);
    bench.fake.add_code("second", STORE, &["store_v2_information"]);
    let exchange = async |code: &str, context: &str| {
        let form = json!({
            "client_id": "app", "client_secret": "app-secret", "code": code, "context": context,
            "scope": "store_v2_information", "grant_type": "authorization_code",
            "redirect_uri": "https://app.example/auth",
        });
        let request = bench.client.post(format!("{}/oauth2/token", bench.fake.uri()));
        read(request.json(&form).send().await.unwrap()).await
    };
    let (status, first) = exchange("first", "stores/abc123").await;
    assert_eq!((status, &first["scope"]), (200, &json!("store_v2_information")));
    assert_ne!(first["account_uuid"], ACCOUNT, "the account of the app, not of the merchant");
    assert_eq!(exchange("first", "stores/abc123").await, (400, json!({"error": "invalid_grant"})));
    let first = first["access_token"].as_str().unwrap().to_owned();
    let hook = json!({"scope": "store/app/uninstalled", "destination": "https://app.example/"});
    let made = bench.rest("POST", "v3/hooks", &first).json(&hook);
    assert_eq!(read(made.send().await.unwrap()).await.0, 200);

    let (_, second) = exchange("second", "{context}").await;
    assert_eq!(second["scope"], Value::Null);
    let second = second["access_token"].as_str().unwrap().to_owned();
    assert_eq!(read(bench.rest("GET", "v3/hooks", &first).send().await.unwrap()).await.0, 401, "replaced");
    let (_, hooks) = read(bench.rest("GET", "v3/hooks", &second).send().await.unwrap()).await;
    assert_eq!(hooks["data"].as_array().unwrap().len(), 1, "same client, same hooks");
    assert_eq!(read(bench.rest("GET", "v2/store", &second).send().await.unwrap()).await.0, 403);
    let bare = bench.client.post(format!("{}/oauth2/token", bench.fake.uri())).send().await.unwrap();
    assert!(bare.text().await.unwrap().contains("<html>"));
}

#[tokio::test]
async fn storefront_tokens_are_made_and_revoked() {
    let bench = Bench::new().await;
    let path = "v3/storefront/api-token";
    let create = async |tail: &str, body: Value| {
        let request = bench.rest("POST", tail, STORE_TOKEN).json(&body);
        read(request.send().await.unwrap()).await
    };
    let revoke = async |token: &str| {
        let request = bench.rest("DELETE", path, STORE_TOKEN).header("Sf-Api-Token", token);
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    };
    let (status, made) = create(path, json!({"expires_at": 1_800_000_000, "channel_id": 1})).await;
    assert_eq!(status, 200);
    let token = made["data"]["token"].as_str().unwrap();
    assert_eq!(token.split('.').count(), 3);
    assert_eq!(revoke(token).await, (200, String::new()));
    assert_eq!(revoke(token).await.0, 422);
    assert_eq!(revoke("").await.0, 422);

    let private = "v3/storefront/api-token-private";
    let body = json!({"expires_at": 1_800_000_000_000_i64, "channel_ids": [1, 2], "scopes": ["Customer"]});
    assert_eq!(create(private, body).await.0, 200);
    for bad in [
        json!({"expires_at": 1_800_000_000, "scopes": ["Customer"]}),
        json!({"expires_at": 1_800_000_000, "channel_id": 1, "channel_ids": [1], "scopes": ["Customer"]}),
        json!({"expires_at": 1_800_000_000, "channel_id": 1, "scopes": []}),
        json!({"expires_at": 1_800_000_000, "channel_id": 1, "scopes": ["Admin"]}),
        json!({"expires_at": "soon", "channel_id": 1, "scopes": ["Customer"]}),
        json!({"channel_id": 1, "scopes": ["Customer"]}),
    ] {
        assert_eq!(create(private, bad.clone()).await.0, 422, "{bad}");
    }
    let impersonation = "v3/storefront/api-token-customer-impersonation";
    assert_eq!(create(impersonation, json!({"expires_at": 0, "channel_id": 1})).await.0, 403);
    let tokens = bench.fake.storefront_tokens(STORE);
    assert_eq!(tokens.len(), 2);
    assert!(tokens[0].revoked && !tokens[1].revoked);
    assert_eq!((tokens[1].kind, &tokens[1].channel_ids), (StorefrontTokenKind::Private, &vec![1, 2]));
}
