use guestpass::Url;

use super::*;

impl Bench {
    fn page(&self) -> String {
        let (uri, shop, client) = (self.fake.uri(), &self.seed.shop, &self.seed.client_id);
        format!(
            "{uri}/{shop}/admin/oauth/authorize?client_id={client}&scope=read_products&state=mark&redirect_uri=http%3A%2F%2F127.0.0.1%3A9%2Fdone"
        )
    }
}

fn parameter(callback: &str, name: &str) -> Option<String> {
    let url = Url::parse(callback).unwrap();
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

#[tokio::test]
async fn a_browser_is_sent_back_with_a_code_that_is_good_once() {
    let bench = Bench::new().await;
    let answer = bench.client.get(bench.page()).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 302);
    let callback = answer.headers()["location"].to_str().unwrap().to_owned();
    assert!(callback.starts_with("http://127.0.0.1:9/done?"), "{callback}");
    assert_eq!(parameter(&callback, "state").as_deref(), Some("mark"));
    assert_eq!(parameter(&callback, "shop"), Some(bench.seed.shop.clone()));
    assert_eq!(parameter(&callback, "hmac").unwrap().len(), 64);
    let fields = json!({"code": parameter(&callback, "code"), "expiring": "1"});
    let (status, body) = bench.granted(&fields).await;
    assert_eq!((status, body["scope"].as_str()), (200, Some("read_products")));
    assert!(bench.works(&text(&body["access_token"])).await);
    assert_eq!(bench.granted(&fields).await.0, 400);
}

#[tokio::test]
async fn a_page_for_nobody_is_none() {
    let bench = Bench::new().await;
    let get = async |url: String| bench.client.get(url).send().await.unwrap().status().as_u16();
    for (from, to) in [
        (bench.seed.client_id.as_str(), "nobody"),
        (bench.seed.shop.as_str(), "nowhere.myshopify.com"),
        ("redirect_uri=http", "redirect=http"),
        ("read_products", "read_minds"),
    ] {
        assert_eq!(get(bench.page().replace(from, to)).await, 404, "{to}");
    }
}

#[tokio::test]
async fn another_program_can_play_the_merchant() {
    let bench = Bench::new().await;
    let answer = async |body: Value| {
        let request = bench.client.post(format!("{}/_control/answer-install", bench.fake.uri()));
        read(request.json(&body).send().await.unwrap()).await
    };
    let (_, approved) = answer(json!({"url": bench.page(), "scopes": ["write_orders"]})).await;
    let code = parameter(approved["callback"].as_str().unwrap(), "code");
    assert_eq!(bench.granted(&json!({"code": code})).await.1["scope"], "write_orders");
    let (_, denied) = answer(json!({"url": bench.page(), "deny": true})).await;
    let denied = denied["callback"].as_str().unwrap();
    assert_eq!(parameter(denied, "error").as_deref(), Some("access_denied"));
    assert_eq!((parameter(denied, "state").as_deref(), parameter(denied, "code")), (Some("mark"), None));
    assert_eq!(answer(json!({"url": "nothing"})).await.0, 404);
}
