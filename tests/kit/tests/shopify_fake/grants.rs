use guestpass_testkit::fakes::shopify::{NewApp, OauthErrors, RepeatedRefresh};

use super::*;

const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const OFFLINE: &str = "urn:shopify:params:oauth:token-type:offline-access-token";
const ONLINE: &str = "urn:shopify:params:oauth:token-type:online-access-token";
const ID_TOKEN: &str = "urn:ietf:params:oauth:token-type:id_token";

#[tokio::test]
async fn a_refresh_rotates_both_and_overlaps() {
    let bench = Bench::new().await;
    let (old, first) = (bench.seed.expiring_token.clone(), bench.seed.refresh_token.clone());
    let (status, pair) = bench.refreshed(&first).await;
    assert_eq!((status, &pair["expires_in"]), (200, &json!(3600)));
    assert_eq!(pair["refresh_token_expires_in"], 7_776_000);
    assert!(text(&pair["scope"]).contains("read_users,"));
    let (access, second) = (text(&pair["access_token"]), text(&pair["refresh_token"]));
    assert!(access != old && second != first);
    assert!(bench.works(&old).await, "the old access token lives on");
    assert_eq!(bench.refreshed(&second).await.0, 200);
    assert_eq!(
        bench.refreshed(&first).await,
        (
            401,
            json!({
                "error": "invalid_request",
                "error_description": "This request requires an active refresh_token",
            })
        ),
        "its successor was used"
    );
    bench.fake.forward(Duration::from_secs(3600));
    assert!(!bench.works(&old).await && !bench.works(&access).await);
}

#[tokio::test]
async fn a_lost_refresh_may_be_repeated_until_its_answer_is_used() {
    let bench = Bench::new().await;
    let first = bench.seed.refresh_token.clone();
    let (_, lost) = bench.refreshed(&first).await;
    let (status, again) = bench.refreshed(&first).await;
    assert_eq!(status, 200);
    assert_ne!(lost["refresh_token"], again["refresh_token"]);
    assert_eq!(bench.refreshed(&text(&lost["refresh_token"])).await.0, 401);
    assert!(bench.works(&text(&again["access_token"])).await);
    assert_eq!(bench.refreshed(&first).await.0, 401);

    let second = text(&again["refresh_token"]);
    bench.fake.quirks(|quirks| quirks.repeated_refresh = RepeatedRefresh::SamePair);
    let (_, one) = bench.refreshed(&second).await;
    assert_eq!(bench.refreshed(&second).await.1["refresh_token"], one["refresh_token"]);
    bench.fake.quirks(|quirks| quirks.repeated_refresh = RepeatedRefresh::Refused);
    assert_eq!(bench.refreshed(&second).await.0, 401);
    bench.fake.quirks(|quirks| quirks.repeated_refresh = RepeatedRefresh::NewPair);
    bench.fake.forward(DAY * 30);
    assert_eq!(bench.refreshed(&second).await.0, 401, "thirty days after its first use");
    bench.fake.forward(DAY * 60);
    assert_eq!(bench.refreshed(&text(&one["refresh_token"])).await.0, 401, "ninety days");
    bench.fake.quirks(|quirks| quirks.omit_expires_in = true);
    let (_, short) = bench.granted(&json!({"grant_type": "client_credentials"})).await;
    assert_eq!(short.get("expires_in"), None);
}

#[tokio::test]
async fn client_credentials_are_for_the_own_organisation() {
    let bench = Bench::new().await;
    let ask = json!({"grant_type": "client_credentials"});
    let (status, answer) = bench.granted(&ask).await;
    assert_eq!((status, &answer["expires_in"], answer.get("refresh_token")), (200, &json!(86_399), None));
    let token = text(&answer["access_token"]);
    assert!(bench.works(&token).await);
    bench.fake.forward(DAY);
    assert!(!bench.works(&token).await);

    let page = async |fields: Value| {
        let response = bench.grant(&fields).send().await.unwrap();
        let kind = response.headers()["content-type"].to_str().unwrap().to_owned();
        (response.status().as_u16(), kind, response.text().await.unwrap())
    };
    bench.fake.set_merchant(&bench.seed.shop, "somebody else");
    let (status, kind, body) = page(ask.clone()).await;
    assert_eq!((status, kind.as_str()), (400, "text/html; charset=utf-8"));
    assert!(body.contains("<title>400 - Oauth error shop_not_permitted: Client credentials"), "{body}");
    let (_, _, body) = page(json!({"grant_type": "client_credentials", "client_id": "<b>"})).await;
    assert!(body.contains("application_cannot_be_found") && body.contains("&lt;b&gt;"), "{body}");
    let (_, _, body) = page(json!({"grant_type": "client_credentials", "client_secret": "no"})).await;
    assert!(body.contains("<title>400 - Oauth error invalid_request</title>"), "{body}");
    bench.fake.set_merchant(&bench.seed.shop, "merchant");
    bench.fake.uninstall(&bench.seed.shop, &bench.seed.client_id);
    assert!(page(ask.clone()).await.2.contains("app_not_installed"));
    bench.fake.quirks(|quirks| quirks.oauth_errors = OauthErrors::AsAccepted);
    assert_eq!(bench.granted(&ask).await, (400, json!({"error": "app_not_installed"})));
    let url = format!("{}/nobody.myshopify.com/admin/oauth/access_token", bench.fake.uri());
    let unknown = bench.client.post(url).json(&ask).send().await.unwrap();
    assert_eq!(unknown.status(), 404);
    assert!(unknown.text().await.unwrap().contains("Store unavailable"));
}

#[tokio::test]
async fn forms_work_and_the_shop_may_be_left_to_the_token() {
    let bench = Bench::new().await;
    let form = format!(
        "grant_type=refresh_token&client_id={}&client_secret={}&refresh_token={}",
        bench.seed.client_id, bench.seed.client_secret, bench.seed.refresh_token
    );
    let url = format!("{}/admin/oauth/access_token", bench.fake.uri());
    let request = bench.client.post(url).header("content-type", "application/x-www-form-urlencoded");
    let (status, pair) = read(request.body(form).send().await.unwrap()).await;
    assert_eq!(status, 200);
    assert!(bench.works(&text(&pair["access_token"])).await);
    let log = bench.fake.requests();
    assert_eq!(log[0].operations, ["oauth/access_token", "refresh_token"]);
    assert!(log[0].write && !format!("{log:?}").contains(&bench.seed.refresh_token));
    assert_eq!(bench.fake.token_requests(), 1);
}

#[tokio::test]
async fn codes_and_sessions_are_exchanged() {
    let bench = Bench::new().await;
    let (shop, client) = (bench.seed.shop.as_str(), bench.seed.client_id.as_str());
    bench.fake.add_code("one", shop, client, None);
    bench.fake.add_code("two", shop, client, Some(&bench.seed.member_email));
    let (_, pair) = bench.granted(&json!({"code": "one", "expiring": "1"})).await;
    assert!(pair["refresh_token"].is_string());
    assert!(!bench.fake.is_alive(&bench.seed.refresh_token), "one chain for each app and shop");
    assert_eq!(bench.granted(&json!({"code": "one"})).await.0, 400, "a code is good once");
    let (_, online) = bench.granted(&json!({"code": "two"})).await;
    assert_eq!(online["associated_user"]["collaborator"], true);
    let me = "{ currentStaffMember { email privateData { accountSettingsUrl } } }";
    let (_, body) = bench.asked_as(&text(&online["access_token"]), me, json!({})).await;
    assert_eq!(body["data"]["currentStaffMember"]["email"], bench.seed.member_email);
    assert!(body["data"]["currentStaffMember"]["privateData"]["accountSettingsUrl"].is_string());
    let (_, body) = bench.asked(me, json!({})).await;
    assert_eq!(body["errors"][0]["extensions"]["code"], "ACCESS_DENIED");

    bench.fake.add_session("jwt", shop, client, &bench.seed.staff_email);
    let exchange = |subject: &str, kind: &str, wanted: &str| {
        json!({
            "grant_type": EXCHANGE, "subject_token": subject, "subject_token_type": kind,
            "requested_token_type": wanted, "expiring": "1",
        })
    };
    let (_, online) = bench.granted(&exchange("jwt", ID_TOKEN, ONLINE)).await;
    assert_eq!(online["associated_user"]["collaborator"], false);
    assert!(bench.granted(&exchange("jwt", ID_TOKEN, OFFLINE)).await.1["refresh_token"].is_string());
    assert_eq!(
        bench.granted(&exchange("bad", ID_TOKEN, OFFLINE)).await,
        (400, json!({"error": "invalid_subject_token"}))
    );
    let migrate = exchange(&bench.seed.token, OFFLINE, OFFLINE);
    assert!(bench.granted(&migrate).await.1["refresh_token"].is_string());
    assert!(!bench.works(&bench.seed.token).await, "the old token died");
    assert_eq!(bench.granted(&migrate).await.0, 400, "once and for ever");
}

#[tokio::test]
async fn a_secret_takes_its_tokens_along() {
    let bench = Bench::new().await;
    let (client, old) = (bench.seed.client_id.as_str(), bench.seed.client_secret.as_str());
    bench.fake.add_secret(client, "shpss_new");
    bench.fake.add_rotation("shprt_dashboard", client);
    let rotate = json!({
        "client_secret": "shpss_new", "refresh_token": "shprt_dashboard", "access_token": bench.seed.token,
    });
    let (status, rotated) = bench.granted(&rotate).await;
    assert_eq!((status, rotated["scope"].is_string()), (200, true));
    let refresh = json!({
        "client_secret": "shpss_new", "grant_type": "refresh_token",
        "refresh_token": bench.seed.refresh_token,
    });
    let (_, pair) = bench.granted(&refresh).await;
    bench.fake.revoke_secret(client, old);
    for dead in [&bench.seed.token, &bench.seed.expiring_token] {
        assert!(!bench.works(dead).await);
    }
    for alive in [&rotated["access_token"], &pair["access_token"]] {
        assert!(bench.works(&text(alive)).await);
    }
    assert_eq!(bench.granted(&json!({"grant_type": "client_credentials"})).await.0, 400, "the old secret");
    bench.fake.forward(Duration::from_secs(3600));
    assert_eq!(bench.granted(&rotate).await.0, 401, "the dashboard's token lives an hour");
}

#[tokio::test]
async fn rules_with_dates_and_addresses() {
    let bench = Bench::new().await;
    bench.fake.add_app(&NewApp::custom("public", "s", "vendor").public().requiring(&["read_products"]));
    bench.fake.install(&bench.seed.shop, "public");
    bench.fake.add_token(&bench.seed.shop, "public", "shpat_public");
    assert!(bench.works("shpat_public").await);
    bench.fake.forward(DAY * 40);
    let (status, body) = bench.asked_as("shpat_public", WHOAMI, json!({})).await;
    assert_eq!((status, body["errors"].as_str().unwrap().contains("Non-expiring")), (403, true));
    assert!(bench.works(&bench.seed.token).await, "custom apps are exempt");
    bench.fake.allow_address(&bench.seed.client_id, false);
    assert_eq!(bench.asked(WHOAMI, json!({})).await, (403, json!({"errors": "Forbidden"})));
}
