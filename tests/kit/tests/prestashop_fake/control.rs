use super::*;

impl Bench {
    async fn control(&self, command: &str, body: Value) -> (u16, Value) {
        let request = self.client.post(format!("{}/_control/{command}", self.fake.uri())).json(&body);
        let answer = Answer::read(request.send().await.unwrap()).await;
        (answer.status, answer.json())
    }

    async fn look(&self, what: &str) -> Value {
        let request = self.client.get(format!("{}/_control/{what}", self.fake.uri()));
        Answer::read(request.send().await.unwrap()).await.json()
    }
}

#[tokio::test]
async fn a_program_in_another_language_can_do_everything() {
    let bench = Bench::new().await;
    let ok = (200, json!({"ok": true}));
    let added = bench.control("add-employee", json!({"email": AGENT, "profile": 5})).await;
    assert_eq!(added, (200, json!({"id": 2})));
    let change =
        json!({"email": AGENT, "active": false, "profile": 1, "shops": [], "reset_token": "f".repeat(40)});
    assert_eq!(bench.control("change-employee", change).await, ok);
    let agent = bench.look("employees").await[1].clone();
    assert_eq!(
        (&agent["active"], &agent["profile"], &agent["shops"]),
        (&json!(false), &json!(1), &json!([]))
    );
    let password = bench.look(&format!("password?email={AGENT}")).await;
    assert_eq!(password["password"], bench.fake.password_of(AGENT).unwrap());
    assert_eq!((bench.fake.admissions(AGENT), bench.fake.removals(AGENT)), (0, 0), "not ours");
    assert_eq!(bench.control("remove-employee", json!({"email": AGENT})).await, ok);
    assert_eq!(bench.control("remove-employee", json!({"email": AGENT})).await.0, 404);

    let key = "NEWKEY00".repeat(4);
    let new = json!({"key": key, "permissions": {"employees": ["GET"]}});
    assert_eq!(bench.control("add-key", new).await.0, 200);
    let change = json!({"key": key, "enabled": false, "permissions": {}, "shops": [1, 2]});
    assert_eq!(bench.control("change-key", change).await, ok);
    assert_eq!(bench.look("keys").await[1]["shops"], json!([1, 2]));
    assert_eq!(bench.control("add-profile", json!({"id": 5, "name": "Support"})).await, ok);
    let client = json!({"client_id": "app", "secret": "s", "scopes": ["profile_read"]});
    assert_eq!(bench.control("add-api-client", client).await, ok);
    assert_eq!(bench.token_of("app", "s", "profile_read").await.0, 200);
    assert_eq!(bench.control("delete-api-client", json!({"client_id": "app"})).await, ok);
    assert_eq!(bench.token_of("app", "s", "profile_read").await.0, 401);
    let gone = bench.look("api-clients").await[0].clone();
    assert_eq!((&gone["deleted"], &gone["tokens"]), (&json!(true), &json!(1)), "its token lives on");
    assert_eq!(bench.control("add-shop", json!({"id": 2, "path": "/second/"})).await, ok);
    bench.fake.set_key_shops(KEY, &[1, 2]);
    assert_eq!(bench.get("employees?id_shop=2").await.status, 200);
    assert_eq!(bench.control("null-compare-dates", json!({})).await, ok);
    assert_eq!(bench.get("employees/1").await.field("stats_compare_to"), "");
    assert_eq!(bench.control("quirks", json!({"php_warnings": false})).await.1["limit_per_second"], 1000);
    assert_eq!(bench.control("shop", json!({"version": "1.6", "webservice": false})).await, ok);
    assert_eq!(bench.get("employees").await.status, 503);
    assert!(!bench.look("requests").await.to_string().contains(KEY));

    let (_, seed) = bench.control("reset", json!({})).await;
    assert_eq!(bench.fake.employees().len(), 3);
    let request = bench.request_as(seed["key"].as_str().unwrap(), "GET", "employees/1");
    let owner = Answer::read(request.send().await.unwrap()).await;
    assert_eq!((owner.status, owner.field("email")), (200, seed["owner_email"].as_str().unwrap()));
}

#[tokio::test]
async fn nonsense_is_answered_and_changes_nothing() {
    let bench = Bench::new().await;
    for (command, body) in [
        ("add-employee", json!({"email": AGENT})),
        ("change-employee", json!({"email": OWNER, "colour": "red"})),
        ("shop", json!({"version": "7"})),
        ("quirks", json!({"unheard_of": true})),
    ] {
        let (status, answer) = bench.control(command, body).await;
        assert!(status == 400 && answer["error"].is_string(), "{command}");
    }
    assert_eq!(bench.control("juggle", json!({})).await.0, 404);
    assert_eq!(bench.fake.employees().len(), 1);
}
