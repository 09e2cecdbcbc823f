use super::*;

#[tokio::test]
async fn a_key_is_refused_for_what_it_lacks() {
    let bench = Bench::new().await;
    let (read, idle, off) = ("READKEY0".repeat(4), "IDLEKEY0".repeat(4), "OFFKEY00".repeat(4));
    bench.fake.add_key(&read, &[("employees", &["GET"])]);
    bench.fake.add_key(&idle, &[]);
    bench.fake.add_key(&off, &[("employees", ALL)]);
    bench.fake.set_key_enabled(&off, false);
    let unknown = "X".repeat(32);
    for (key, method, tail, status, codes, version) in [
        ("", "GET", "employees", 401, vec!["17"], "0"),
        ("SHORT", "GET", "employees", 401, vec!["18"], "0"),
        (unknown.as_str(), "GET", "employees", 401, vec!["20", "21"], "0"),
        (off.as_str(), "GET", "employees", 401, vec!["20", "21"], "0"),
        (idle.as_str(), "GET", "employees", 401, vec!["21"], "0"),
        (read.as_str(), "GET", "shops", 401, vec!["26"], "9.0.3"),
        (read.as_str(), "POST", "employees", 405, vec!["25"], "9.0.3"),
        (read.as_str(), "OPTIONS", "employees", 405, vec!["23"], "9.0.3"),
        (read.as_str(), "GET", "profiles", 400, vec!["27"], "9.0.3"),
    ] {
        let answer = Answer::read(bench.request_as(key, method, tail).send().await.unwrap()).await;
        assert_eq!((answer.status, answer.codes()), (status, codes), "{key} {method} {tail}");
        assert_eq!(answer.version.as_deref(), Some(version), "{key} {method} {tail}");
    }
    bench.fake.set_key_permissions(&idle, &[("employees", &["GET"])]);
    bench.fake.set_key_shops(&idle, &[]);
    let answer = Answer::read(bench.request_as(&idle, "GET", "employees").send().await.unwrap()).await;
    assert_eq!((answer.status, answer.codes()), (403, vec!["132"]));
}

#[tokio::test]
async fn each_version_says_which_it_is() {
    for (version, reported) in VERSIONS.into_iter().zip(["1.6.1.24", "8.1.5", "9.0.3"]) {
        let bench = Bench::of(version).await;
        assert_eq!(bench.get("employees").await.version.as_deref(), Some(reported));
    }
}

#[tokio::test]
async fn a_header_that_does_not_arrive_is_no_key() {
    let bench = Bench::new().await;
    bench.fake.quirks(|quirks| quirks.strips_authorization = true);
    let refused = bench.get("employees").await;
    assert_eq!((refused.status, refused.body.as_str(), refused.version), (401, "401 Unauthorized", None));
    assert_eq!(bench.get(&format!("employees?ws_key={KEY}")).await.status, 200);
    bench.fake.set_webservice(false);
    assert_eq!(bench.get(&format!("employees?ws_key={KEY}")).await.codes(), ["22"]);
}

#[tokio::test]
async fn another_host_is_sent_to_the_main_address() {
    let bench = Bench::new().await;
    let location = async |request: RequestBuilder| {
        let response = request.send().await.unwrap();
        let target = response.headers().get("location").map(|value| value.to_str().unwrap().to_owned());
        (response.status().as_u16(), target)
    };
    let home = bench.fake.url();
    let elsewhere = bench.request_as(KEY, "GET", "employees").header("host", "other.example");
    assert_eq!(location(elsewhere).await, (302, Some(format!("{home}index.php?url=employees"))));
    let unknown = bench.request_as(KEY, "GET", "employees?id_shop=7&sort=id_ASC");
    assert_eq!(location(unknown).await, (302, Some(format!("{home}index.php?url=employees&sort=id_ASC"))));
    bench.fake.set_main_domain(Some("shop.example"));
    bench.fake.quirks(|quirks| quirks.redirect_status = 301);
    let moved = location(bench.request_as(KEY, "GET", "employees")).await;
    assert_eq!(moved, (301, Some("http://shop.example/index.php?url=employees".to_owned())));
}

#[tokio::test]
async fn a_shop_may_live_in_a_folder() {
    let bench = Bench::new().await;
    bench.fake.set_base_path("/prestashop/");
    assert!(bench.fake.url().ends_with("/prestashop/"));
    let list = bench.get("employees").await;
    assert!(list.body.contains("/prestashop/api/employees/1\""));
    let url = format!("{}webservice/dispatcher.php?url=employees/1", bench.fake.url());
    let request = bench.client.get(url).basic_auth(KEY, Some(""));
    assert_eq!(Answer::read(request.send().await.unwrap()).await.field("email"), OWNER);
    let outside = bench.client.get(format!("{}/api/employees", bench.fake.uri())).basic_auth(KEY, Some(""));
    assert_eq!(outside.send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn employees_belong_to_shops() {
    let bench = Bench::new().await;
    bench.fake.add_shop(2, "/second/");
    bench.fake.set_key_shops(KEY, &[1, 2]);
    bench.ask("POST", "employees?id_shop=2", &employee(&[])).await;
    assert_eq!(bench.fake.employee(AGENT).unwrap().shops, [2].into());
    assert_eq!(bench.get("employees/2").await.codes(), ["131"]);
    let count = async |parameters: &str| {
        bench.get(&format!("employees?{parameters}")).await.body.matches("<employee ").count()
    };
    assert_eq!((count("").await, count("id_shop=2").await, count("id_shop=all").await), (1, 1, 1));
    bench.fake.set_multistore(true);
    assert_eq!(
        (count("id_shop=all").await, count("id_group_shop=1").await, count("id_shop_group=1").await),
        (2, 2, 2)
    );
    assert_eq!(bench.get("employees?id_group_shop=7").await.codes(), ["999"]);
    bench.fake.set_employee_shops(OWNER, &[]);
    assert_eq!(count("id_shop=all").await, 1, "somebody without a shop is on no list");
    bench.ask("PUT", "employees", &employee(&[("id", "1"), ("email", OWNER)])).await;
    assert_eq!(bench.fake.employee(OWNER).unwrap().shops, [1].into());
}

#[tokio::test]
async fn a_firewall_stops_methods_that_an_override_gets_through() {
    let bench = Bench::new().await;
    bench.create(AGENT).await;
    bench.fake.quirks(|quirks| quirks.firewall_blocks_methods = true);
    let refused = bench.ask("DELETE", "employees/2", "").await;
    assert_eq!((refused.status, refused.version), (403, None));
    assert!(refused.body.contains("<html>"));
    assert_eq!(bench.ask("POST", "employees/2?ps_method=DELETE", "").await.status, 200);
    assert!(bench.fake.employee(AGENT).is_none());
    assert_eq!(bench.fake.requests().last().unwrap().operations, ["employees", "DELETE employees"]);
}

#[tokio::test]
async fn junk_may_stand_before_the_document() {
    let bench = Bench::new().await;
    bench.fake.quirks(|quirks| quirks.junk_before_body = true);
    let list = bench.get("employees").await;
    let start = list.body.find("<?xml").unwrap();
    assert!(start > 0 && list.status == 200);
}
