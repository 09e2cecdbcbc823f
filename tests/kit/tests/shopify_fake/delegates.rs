use guestpass_testkit::fakes::shopify::{NewApp, Verdict};

use super::*;

const CREATE: &str = "mutation ($input: DelegateAccessTokenInput!) { delegateAccessTokenCreate(input: $input) \
    { delegateAccessToken { accessToken accessScopes createdAt expiresIn } shop { id myshopifyDomain } \
    userErrors { field message code } } }";
const DESTROY: &str = "mutation ($accessToken: String!) { delegateAccessTokenDestroy(accessToken: $accessToken) \
    { status shop { id } userErrors { field message code } } }";
const REVOKE: &str = "mutation ($scopes: [String!]!) { appRevokeAccessScopes(scopes: $scopes) \
    { revoked { handle } userErrors { field message code } } }";

impl Bench {
    async fn delegate(&self, token: &str, scopes: &[&str], expires_in: Option<i64>) -> Value {
        let input = json!({"input": {"delegateAccessScope": scopes, "expiresIn": expires_in}});
        let (_, body) = self.asked_as(token, CREATE, input).await;
        body["data"]["delegateAccessTokenCreate"].clone()
    }

    async fn destroy(&self, token: &str, doomed: &str) -> Value {
        let (_, body) = self.asked_as(token, DESTROY, json!({"accessToken": doomed})).await;
        body["data"]["delegateAccessTokenDestroy"].clone()
    }
}

fn code(payload: &Value) -> &str {
    payload["userErrors"][0]["code"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn a_delegate_has_fewer_scopes_and_an_end() {
    let bench = Bench::new().await;
    let parent = bench.seed.token.clone();
    let made = bench.delegate(&parent, &["read_products"], Some(300)).await;
    assert_eq!(made["userErrors"], json!([]));
    assert_eq!(made["shop"]["myshopifyDomain"], bench.seed.shop);
    assert_eq!(made["delegateAccessToken"]["expiresIn"], 299);
    let delegate = text(&made["delegateAccessToken"]["accessToken"]);
    let (_, scopes) =
        read(bench.rest("GET", "/admin/oauth/access_scopes.json", &delegate).send().await.unwrap()).await;
    assert_eq!(scopes, json!({"access_scopes": [{"handle": "read_products"}]}));
    let (_, body) = bench.asked_as(&delegate, PEOPLE, json!({"first": 1})).await;
    assert_eq!(body["errors"][0]["extensions"]["code"], "ACCESS_DENIED");
    assert_eq!(code(&bench.delegate(&delegate, &["read_products"], None).await), "DELEGATE_ACCESS_TOKEN");
    bench.fake.forward(Duration::from_secs(299));
    assert!(bench.works(&delegate).await);
    bench.fake.forward(Duration::from_secs(1));
    assert!(!bench.works(&delegate).await);

    let refused = [
        (&[] as &[&str], None, "EMPTY_ACCESS_SCOPE"),
        (&["read_products"], Some(-1), "NEGATIVE_EXPIRES_IN"),
        (&["fake_scope"], None, "UNKNOWN_SCOPES"),
        (&["read_customers"], None, "UNKNOWN_SCOPES"),
    ];
    for (scopes, expires_in, expected) in refused {
        let payload = bench.delegate(&parent, scopes, expires_in).await;
        assert_eq!(code(&payload), expected);
        assert_eq!(
            (&payload["delegateAccessToken"], &payload["userErrors"][0]["field"]),
            (&Value::Null, &Value::Null)
        );
    }
    let expiring = bench.seed.expiring_token.clone();
    bench.fake.forward(Duration::ZERO);
    assert_eq!(code(&bench.delegate(&expiring, &["read_themes"], Some(9999)).await), "EXPIRES_AFTER_PARENT");
    bench.fake.quirks(|quirks| quirks.delegate_of_expiring = Verdict::Error);
    assert_eq!(code(&bench.delegate(&expiring, &["read_themes"], Some(60)).await), "REFRESH_TOKEN");
}

#[tokio::test]
async fn a_delegate_is_destroyed_once() {
    let bench = Bench::new().await;
    let parent = bench.seed.token.clone();
    let make = async || {
        let made = bench.delegate(&parent, &["read_products"], Some(300)).await;
        text(&made["delegateAccessToken"]["accessToken"])
    };
    let (first, second) = (make().await, make().await);
    let sibling = bench.destroy(&first, &second).await;
    assert_eq!((code(&sibling), &sibling["status"]), ("ACCESS_DENIED", &json!(false)));
    assert_eq!(bench.destroy(&parent, &first).await["status"], true);
    assert_eq!(code(&bench.destroy(&parent, &first).await), "ACCESS_TOKEN_NOT_FOUND");
    assert!(!bench.works(&first).await && bench.works(&second).await);
    assert_eq!(code(&bench.destroy(&parent, &parent).await), "CAN_ONLY_DELETE_DELEGATE_TOKENS");
    bench.fake.add_app(&NewApp::custom("other", "other-secret", "someone"));
    bench.fake.install(&bench.seed.shop, "other");
    bench.fake.add_token(&bench.seed.shop, "other", "shpat_other");
    assert_eq!(code(&bench.destroy("shpat_other", &second).await), "ACCESS_DENIED");
    bench.fake.revoke_token(&parent);
    assert!(!bench.works(&second).await, "a delegate dies with its parent");
    let shown = format!("{:?} {:?}", bench.fake.requests(), bench.fake.tokens(&bench.seed.shop));
    assert!(!shown.contains(&second) && !shown.contains("shpat"));
}

#[tokio::test]
async fn optional_scopes_are_given_back_all_or_none() {
    let bench = Bench::new().await;
    let revoke = async |scopes: &[&str]| {
        let (_, body) = bench.asked(REVOKE, json!({"scopes": scopes})).await;
        body["data"]["appRevokeAccessScopes"].clone()
    };
    let unknown = revoke(&["read_orders", "fake_scope"]).await;
    assert_eq!((code(&unknown), &unknown["revoked"]), ("UNKNOWN_SCOPES", &Value::Null));
    assert_eq!(unknown["userErrors"][0]["field"], json!(["scopes"]));
    assert_eq!(code(&revoke(&["read_products"]).await), "CANNOT_REVOKE_REQUIRED_SCOPES");
    assert_eq!(code(&revoke(&["read_customers"]).await), "CANNOT_REVOKE_UNDECLARED_SCOPES");
    let (_, before) = bench.get("/admin/oauth/access_scopes.json").await;
    let done = revoke(&["read_orders"]).await;
    assert_eq!((&done["revoked"][0]["handle"], &done["userErrors"]), (&json!("read_orders"), &json!([])));
    let (_, after) = bench.get("/admin/oauth/access_scopes.json").await;
    let count = |scopes: &Value| scopes["access_scopes"].as_array().unwrap().len();
    assert_eq!(count(&after), count(&before) - 1);
}

#[tokio::test]
async fn an_app_takes_itself_out() {
    let bench = Bench::new().await;
    let uninstall = "mutation { appUninstall { app { id } userErrors { code } } }";
    let (_, body) = bench.asked(uninstall, json!({})).await;
    assert!(body["data"]["appUninstall"]["app"]["id"].is_string());
    assert!(!bench.fake.is_alive(&bench.seed.token) && !bench.fake.is_alive(&bench.seed.refresh_token));
    assert_eq!(bench.asked(uninstall, json!({})).await.0, 401);
    bench.fake.quirks(|quirks| quirks.uninstalled_status = 404);
    assert_eq!(bench.asked(uninstall, json!({})).await.0, 404);
    assert!(bench.works(&bench.seed.basic_token).await, "on another shop it stays");
    let gone = bench.rest("DELETE", "/admin/api_permissions/current.json", &bench.seed.basic_token);
    assert_eq!(read(gone.send().await.unwrap()).await, (200, json!({})));
    assert!(!bench.works(&bench.seed.basic_token).await);
}
