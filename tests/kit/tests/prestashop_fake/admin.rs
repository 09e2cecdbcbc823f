use std::time::Duration;

use guestpass_testkit::fakes::prestashop::ApiModule;

use super::*;

const CLIENT: &str = "agency";
const SECRET: &str = "0123456789abcdef0123456789abcdef";
const SCOPES: [&str; 6] = [
    "api_client_read",
    "api_client_write",
    "webservice_key_read",
    "webservice_key_write",
    "profile_read",
    "profile_write",
];

impl Bench {
    pub(super) async fn token_of(&self, client: &str, secret: &str, scope: &str) -> (u16, Value) {
        let url = format!("{}admin-api/access_token", self.fake.url());
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", client),
            ("client_secret", secret),
            ("scope", scope),
        ];
        self.form(&url, &form).await
    }

    async fn form(&self, url: &str, fields: &[(&str, &str)]) -> (u16, Value) {
        let body: String = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let answer = Answer::read(self.client.post(url).body(body).send().await.unwrap()).await;
        (answer.status, answer.json())
    }

    /// A token with every scope.
    async fn token(&self) -> String {
        self.fake.add_api_client(CLIENT, SECRET, &SCOPES);
        let (status, body) = self.token_of(CLIENT, SECRET, &SCOPES.join(" ")).await;
        assert_eq!((status, &body["expires_in"]), (200, &json!(3600)));
        body["access_token"].as_str().unwrap().to_owned()
    }

    async fn admin(&self, token: &str, method: &str, tail: &str, body: Value) -> (u16, Value) {
        let url = format!("{}admin-api/{tail}", self.fake.url());
        let request = self.client.request(method.parse().unwrap(), url).bearer_auth(token).json(&body);
        let answer = Answer::read(request.send().await.unwrap()).await;
        (answer.status, answer.json())
    }
}

#[tokio::test]
async fn a_token_is_given_for_granted_scopes_only() {
    let bench = Bench::new().await;
    bench.fake.add_api_client(CLIENT, SECRET, &["api_client_read"]);
    let error = async |client, secret, scope| {
        let (status, body) = bench.token_of(client, secret, scope).await;
        (status, body["error"].as_str().unwrap_or_default().to_owned(), body["hint"].clone())
    };
    let refused = error(CLIENT, "wrong", "api_client_read").await;
    assert_eq!((refused.0, refused.1.as_str()), (401, "invalid_client"));
    let refused = error(CLIENT, SECRET, "employee_write").await;
    assert_eq!(refused, (400, "invalid_scope".to_owned(), json!("Check the `employee_write` scope")));
    let refused = error(CLIENT, SECRET, "profile_read").await;
    assert_eq!((refused.0, refused.1.as_str()), (401, "access_denied"));
    bench.fake.quirks(|quirks| quirks.api_module = ApiModule::V0_2);
    assert_eq!(error(CLIENT, SECRET, "profile_read").await.1, "invalid_scope", "an older module");
    let url = format!("{}admin-api/access_token", bench.fake.url());
    assert_eq!(bench.form(&url, &[("client_id", CLIENT)]).await.1["error"], "unsupported_grant_type");
    let grant = ("grant_type", "client_credentials");
    assert_eq!(bench.form(&url, &[grant]).await.1["error"], "invalid_request");
    let both = [grant, ("client_id", CLIENT), ("client_secret", SECRET), ("scope", "a"), ("scopes", "b")];
    assert_eq!(bench.form(&url, &both).await.1["error"], "invalid_request");
    let list = [grant, ("client_id", CLIENT), ("client_secret", SECRET), ("scope[]", "api_client_read")];
    assert_eq!(bench.form(&url, &list).await.0, 200);
    assert_eq!(bench.fake.writes(), 0, "a token changes nothing");
}

#[tokio::test]
async fn calls_need_a_good_token_with_the_scope() {
    let bench = Bench::new().await;
    let token = bench.token().await;
    let url = format!("{}admin-api/api-clients", bench.fake.url());
    for (header, text) in [
        (None, "No Authorization header provided"),
        (Some("Basic eA=="), "Bearer token missing"),
        (Some("Bearer nonsense"), "No authorization server matching your credentials"),
    ] {
        let request = header
            .into_iter()
            .fold(bench.client.get(&url), |request, value| request.header("authorization", value));
        let response = request.send().await.unwrap();
        assert_eq!(response.headers()["www-authenticate"], "Bearer");
        let answer = Answer::read(response).await;
        assert_eq!((answer.status, answer.json()), (401, json!(text)));
    }
    assert_eq!(bench.admin(&token, "GET", "api-clients", json!({})).await.0, 200);
    let (_, small) = bench.token_of(CLIENT, SECRET, "profile_read").await;
    let small = small["access_token"].as_str().unwrap();
    assert_eq!(bench.admin(small, "GET", "api-clients", json!({})).await.0, 403);
    bench.fake.set_multistore(true);
    assert_eq!(bench.admin(&token, "GET", "api-clients", json!({})).await.0, 400);
    assert_eq!(bench.admin(&token, "GET", "api-clients?allShops=1", json!({})).await.0, 200);
    bench.fake.quirks(|quirks| quirks.admin_api = false);
    assert_eq!(bench.admin(&token, "GET", "api-clients?allShops=1", json!({})).await.0, 404);
    bench.fake.quirks(|quirks| quirks.admin_api = true);
    bench.fake.set_version(PrestashopVersion::V8);
    assert_eq!(bench.admin(&token, "GET", "api-clients?allShops=1", json!({})).await.0, 404);
}

#[tokio::test]
async fn a_client_shows_its_secret_once_and_its_tokens_outlive_it() {
    let bench = Bench::new().await;
    let token = bench.token().await;
    let new = json!({"clientId": "second", "clientName": "Second", "enabled": true, "lifetime": 600,
        "scopes": ["api_client_read"]});
    let (status, made) = bench.admin(&token, "POST", "api-clients", new.clone()).await;
    let (id, secret) = (made["apiClientId"].as_u64().unwrap(), made["secret"].as_str().unwrap().to_owned());
    assert_eq!((status, secret.len(), made.as_object().unwrap().len()), (201, 32, 2));
    let (status, invalid) = bench.admin(&token, "POST", "api-clients", new).await;
    assert_eq!((status, &invalid[0]["propertyPath"]), (422, &json!("clientId")));
    for wrong in [
        json!({}),
        json!({"clientId": "x", "clientName": "X", "enabled": true, "lifetime": 0}),
        json!({"clientId": "x", "clientName": "X", "enabled": true, "lifetime": 1, "scopes": ["nope"]}),
    ] {
        let (status, invalid) = bench.admin(&token, "POST", "api-clients", wrong).await;
        assert!(status == 422 && invalid.is_array());
    }
    let path = format!("api-clients/{id}");
    let (_, shown) =
        bench.admin(&token, "PATCH", &path, json!({"enabled": false, "externalIssuer": "x"})).await;
    assert_eq!((&shown["enabled"], &shown["externalIssuer"]), (&json!(false), &Value::Null));
    assert!(!shown.to_string().contains(&secret));

    let (status, issued) = bench.token_of("second", &secret, "api_client_read").await;
    assert_eq!((status, &issued["expires_in"]), (200, &json!(600)), "switched off stops nothing");
    let old = issued["access_token"].as_str().unwrap();
    assert_eq!(bench.admin(&token, "DELETE", &path, json!({})).await.0, 204);
    assert_eq!(bench.token_of("second", &secret, "api_client_read").await.0, 401);
    assert_eq!(bench.admin(old, "GET", "api-clients", json!({})).await.0, 200, "until its end");
    bench.clock.advance(Duration::from_secs(600));
    assert_eq!(bench.admin(old, "GET", "api-clients", json!({})).await.0, 401);
    let (status, gone) = bench.admin(&token, "GET", &path, json!({})).await;
    assert_eq!((status, &gone["status"]), (404, &json!(500)), "the body's status is another");
}

#[tokio::test]
async fn a_key_made_by_the_api_opens_the_webservice() {
    let bench = Bench::new().await;
    let token = bench.token().await;
    let key = "ROTATED0".repeat(4);
    let new = json!({"key": key, "description": "ours", "enabled": true,
        "permissions": {"GET": ["employees"], "PUT": ["employees"]}, "shopIds": [1]});
    let (status, made) = bench.admin(&token, "POST", "webservice-keys", new.clone()).await;
    assert_eq!((status, &made), (201, &json!({"webserviceKeyId": 2})));
    assert_eq!(bench.admin(&token, "POST", "webservice-keys", new).await.0, 500, "a duplicate");
    let short = json!({"key": "short", "enabled": true});
    assert_eq!(bench.admin(&token, "POST", "webservice-keys", short).await.0, 422);
    let (_, shown) = bench.admin(&token, "GET", "webservice-keys/2", json!({})).await;
    assert_eq!(shown["permissions"], json!({"employees": ["GET", "PUT"]}));
    let opens = async || bench.request_as(&key, "GET", "employees").send().await.unwrap().status().as_u16();
    assert_eq!(opens().await, 200);
    bench.admin(&token, "PATCH", "webservice-keys/2", json!({"enabled": false})).await;
    assert_eq!(opens().await, 401);
    assert_eq!(bench.admin(&token, "DELETE", "webservice-keys/2", json!({})).await.0, 404, "not released");
    let (_, list) = bench.admin(&token, "GET", "webservice-keys?limit=1&offset=1", json!({})).await;
    assert_eq!((&list["totalItems"], &list["filters"], &list["limit"]), (&json!(2), &json!([]), &json!(1)));
    assert_eq!(list["items"][0]["key"], key);
    let (_, list) = bench.admin(&token, "GET", "webservice-keys?filters[description]=ours", json!({})).await;
    assert_eq!((&list["totalItems"], &list["filters"]), (&json!(1), &json!({"description": "ours"})));
}

#[tokio::test]
async fn profiles_are_made_one_by_one() {
    let bench = Bench::new().await;
    let token = bench.token().await;
    let (status, made) =
        bench.admin(&token, "POST", "profiles", json!({"names": {"en-US": "Support"}})).await;
    assert_eq!((status, &made), (201, &json!({"profileId": 2, "names": {"en-US": "Support"}})));
    assert_eq!(bench.admin(&token, "GET", "profiles/2", json!({})).await.1, made);
    assert_eq!(bench.admin(&token, "GET", "profiles", json!({})).await.0, 404, "no list");
    bench.fake.quirks(|quirks| quirks.api_module = ApiModule::V0_2);
    assert_eq!(bench.admin(&token, "GET", "profiles/2", json!({})).await.0, 404, "an older module");
    bench.fake.quirks(|quirks| quirks.api_module = ApiModule::V0_6);
    assert_eq!(bench.admin(&token, "DELETE", "profiles/1", json!({})).await.0, 500);
    assert_eq!(bench.admin(&token, "DELETE", "profiles/2", json!({})).await.0, 204);
    assert_eq!(bench.admin(&token, "GET", "profiles/2", json!({})).await.0, 404);
}

#[tokio::test]
async fn another_authorization_server_may_issue_the_tokens() {
    let bench = Bench::new().await;
    bench.fake.add_external_client("keycloak-app", "elsewhere-secret", &["api_client_read"]);
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", "keycloak-app"),
        ("client_secret", "elsewhere-secret"),
    ];
    let (status, issued) = bench.form(&bench.fake.external_token_url(), &form).await;
    assert_eq!(status, 200);
    let token = issued["access_token"].as_str().unwrap();
    let (_, list) = bench.admin(token, "GET", "api-clients", json!({})).await;
    assert_eq!(list["items"][0]["clientId"], "keycloak-app", "made at its first use");
    assert!(list["items"][0]["externalIssuer"].is_string());
    assert_eq!(bench.token_of("keycloak-app", "elsewhere-secret", "api_client_read").await.0, 401);
    assert!(bench.fake.secrets().iter().any(|secret| secret == token));
}

#[tokio::test]
async fn a_replica_sees_keys_late_and_the_truth_tells_who_is_let_in() {
    let bench = Bench::new().await;
    bench.fake.quirks(|quirks| quirks.key_delay = Duration::from_secs(5));
    let token = bench.token().await;
    let key = "REPLICA0".repeat(4);
    let new = json!({"key": key, "description": "d", "enabled": true, "permissions": {"GET": ["employees"]}});
    let (status, made) = bench.admin(&token, "POST", "webservice-keys", new.clone()).await;
    assert_eq!((status, bench.fake.key_works(&key)), (201, false));
    bench.fake.forward(Duration::from_secs(5));
    assert!(bench.fake.key_works(&key));
    let one = format!("webservice-keys/{}", made["webserviceKeyId"]);
    let (_, shown) = bench.admin(&token, "PATCH", &one, json!({"enabled": false})).await;
    assert_eq!(
        (&shown["enabled"], bench.fake.key_works(&key)),
        (&json!(false), true),
        "the replica is behind"
    );
    bench.fake.forward(Duration::from_secs(5));
    assert!(!bench.fake.key_works(&key));
    assert_eq!(bench.admin(&token, "POST", "webservice-keys", new.clone()).await.0, 500);
    bench.fake.quirks(|quirks| quirks.duplicate_key_status = 422);
    assert_eq!(bench.admin(&token, "POST", "webservice-keys", new).await.0, 422);
}

#[tokio::test]
async fn a_deleted_client_is_remembered_and_its_number_is_never_given_again() {
    let bench = Bench::new().await;
    let token = bench.token().await;
    let new = json!({"clientId": "a", "clientName": "a", "enabled": true, "lifetime": 60, "scopes": ["profile_read"]});
    let (_, made) = bench.admin(&token, "POST", "api-clients", new.clone()).await;
    let secret = made["secret"].as_str().unwrap().to_owned();
    assert!(bench.fake.client_works("a", &secret) && !bench.fake.client_works("a", "other"));
    bench.token_of("a", &secret, "profile_read").await;
    let one = format!("api-clients/{}", made["apiClientId"]);
    bench.admin(&token, "DELETE", &one, json!({})).await;
    assert!(!bench.fake.client_works("a", &secret));
    let gone = bench.fake.api_clients().into_iter().find(|client| client.client_id == "a").unwrap();
    assert_eq!((gone.deleted, gone.tokens, gone.lifetime), (true, 1, 60));
    bench.fake.forward(Duration::from_secs(60));
    assert_eq!(bench.fake.api_clients().into_iter().map(|client| client.tokens).collect::<Vec<_>>(), [1, 0]);
    let (_, next) = bench.admin(&token, "POST", "api-clients", new).await;
    assert_ne!(next["apiClientId"], made["apiClientId"]);
    assert!(bench.fake.secrets().contains(&secret), "a secret stays one");
}
