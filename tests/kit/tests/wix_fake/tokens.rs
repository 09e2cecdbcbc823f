use std::time::Duration;

use guestpass_testkit::fakes::wix::{Permission, PermissionForm, Verdict};

use super::*;

impl Bench {
    fn grant(&self) -> Value {
        json!({
            "grant_type": "client_credentials",
            "client_id": self.seed.client_id,
            "client_secret": self.seed.client_secret,
            "instance_id": self.seed.instance_id,
        })
    }

    async fn minted(&self, body: &Value) -> (u16, Value) {
        sent(self.bare("POST", "/oauth2/token").json(body)).await
    }

    async fn token(&self) -> String {
        let (status, body) = self.minted(&self.grant()).await;
        assert_eq!(
            (status, &body["token_type"], &body["expires_in"]),
            (200, &json!("Bearer"), &json!(14_400))
        );
        body["access_token"].as_str().unwrap().to_owned()
    }

    async fn as_app(&self, token: &str, method: &str, path: &str) -> (u16, Value) {
        sent(self.bare(method, path).header("authorization", token).json(&self.invitation(&[GUEST]))).await
    }
}

#[tokio::test]
async fn tokens_live_side_by_side_and_expire() {
    let bench = Bench::new().await;
    let first = bench.token().await;
    bench.fake.forward(Duration::from_secs(100));
    let second = bench.token().await;
    assert_ne!(first, second);
    assert_eq!(bench.as_app(&first, "GET", CONTRIBUTORS).await.0, 200);
    assert_eq!(bench.as_app(&format!("Bearer {second}"), "GET", CONTRIBUTORS).await.0, 200);
    let info = async |token: &str| {
        sent(bench.bare("POST", "/oauth2/token-info").json(&json!({"token": token}))).await.1
    };
    let about = info(&first).await;
    assert_eq!((&about["active"], &about["siteId"]), (&json!(true), &json!(bench.seed.site_id)));
    assert_eq!(about["exp"], "1795363200");
    bench.fake.forward(Duration::from_secs(14_300));
    assert_eq!(bench.as_app(&first, "GET", CONTRIBUTORS).await.0, 401);
    assert_eq!(info(&first).await["active"], false);
    assert_eq!(bench.as_app(&second, "GET", CONTRIBUTORS).await.0, 200);
    bench.fake.uninstall_app(&bench.seed.instance_id);
    assert_eq!(bench.as_app(&second, "GET", CONTRIBUTORS).await.0, 401);
    assert_eq!(bench.minted(&bench.grant()).await.1["error"], "invalid_grant");
    assert_eq!(bench.fake.writes(), 0, "minting is no write");
}

#[tokio::test]
async fn only_the_right_secret_mints() {
    let bench = Bench::new().await;
    let with = |name: &str, value: Value| {
        let mut grant = bench.grant();
        grant[name] = value;
        grant
    };
    let wrong = with("client_secret", json!("wrong"));
    assert_eq!(bench.minted(&wrong).await, (400, json!({"error": "invalid_client"})));
    bench.fake.quirks(|quirks| quirks.invalid_client_status = 401);
    assert_eq!(bench.minted(&wrong).await.0, 401);
    assert_eq!(bench.minted(&with("instance_id", json!("other"))).await.1["error"], "invalid_grant");
    assert_eq!(
        bench.minted(&with("grant_type", json!("password"))).await.1["error"],
        "unsupported_grant_type"
    );
    bench.fake.rotate_app_secret(&bench.seed.client_id, "new-secret");
    assert_eq!(bench.minted(&bench.grant()).await.0, 401);
    let url = format!("{}/oauth2/token", bench.fake.uri());
    let form = format!(
        "grant_type=client_credentials&client_id={}&client_secret=new-secret&instance_id={}",
        bench.seed.client_id, bench.seed.instance_id
    );
    bench.fake.quirks(|quirks| quirks.expires_in_shown = false);
    let (status, body) = sent(bench.client.post(url).body(form)).await;
    assert_eq!((status, body.get("expires_in")), (200, None));

    bench.fake.add_app("headless", "bare-secret", "Project");
    bench.fake.bind_headless("headless", &bench.seed.site_id, &[Permission::ManageContributors]);
    let grant =
        json!({"grant_type": "client_credentials", "client_id": "headless", "client_secret": "bare-secret"});
    assert_eq!(bench.minted(&grant).await.0, 200);
}

#[tokio::test]
async fn an_app_works_on_its_site_only() {
    let bench = Bench::new().await;
    let token = bench.token().await;
    let (_, about) = bench.as_app(&token, "GET", "/apps/v1/instance").await;
    assert_eq!(about["site"]["siteId"], json!(bench.seed.site_id));
    assert_eq!(about["instance"]["permissions"][0], "SCOPE.DC-IDENTITY.MANAGE-CONTRIBUTORS");
    assert_eq!(about["site"].get("ownerInfo"), None);
    bench.fake.quirks(|quirks| quirks.permission_form = PermissionForm::Name);
    let (_, about) = bench.as_app(&token, "GET", "/apps/v1/instance").await;
    assert_eq!(about["instance"]["permissions"][0], "Manage Contributors");
    assert_eq!(sent(bench.on_site("GET", "/apps/v1/instance")).await.0, 403, "a key is no app");

    assert_eq!(bench.as_app(&token, "POST", "/site-list/v2/sites/query").await.0, 403);
    assert_eq!(bench.as_app(&token, "POST", INVITE).await.0, 200);
    bench.fake.quirks(|quirks| quirks.app_invites = Verdict::Error);
    assert_eq!(bench.as_app(&token, "POST", INVITE).await.0, 403);
    let settings = [Permission::ViewSiteSettings, Permission::ReadSiteOwnerEmail];
    bench.fake.set_app_permissions(&bench.seed.instance_id, &settings);
    assert_eq!(bench.as_app(&token, "GET", CONTRIBUTORS).await.0, 403);
    let (_, properties) = bench.as_app(&token, "GET", "/site-properties/v4/properties").await;
    assert_eq!(properties["properties"]["siteDisplayName"], "Merchant Example");
    let (_, about) = bench.as_app(&token, "GET", "/apps/v1/instance").await;
    assert_eq!(about["site"]["ownerInfo"]["email"], json!(bench.seed.owner_email));
}

#[tokio::test]
async fn a_deleted_secret_mints_nothing_and_its_tokens_live_on() {
    let bench = Bench::new().await;
    let token = bench.token().await;
    bench.fake.quirks(|quirks| quirks.old_secret_works = true);
    bench.fake.rotate_app_secret(&bench.seed.client_id, "second");
    bench.token().await;
    bench.fake.delete_app_secret(&bench.seed.client_id, &bench.seed.client_secret);
    assert_eq!(bench.minted(&bench.grant()).await, (400, json!({"error": "invalid_client"})));
    let query = "/roles-management/v2/contributors/query";
    assert_eq!(bench.as_app(&token, "GET", query).await.0, 200);
    let secrets = bench.fake.secrets();
    for secret in [&bench.seed.client_secret, &bench.seed.api_key, &token] {
        assert!(secrets.contains(secret), "a secret stays one");
    }
}
