use guestpass_testkit::fakes::bigcommerce::{
    FailedData, FreshPermissions, ScopeDenial, StoreIdForm, Verdict,
};

use super::*;

#[tokio::test]
async fn only_the_accounts_own_token_opens_it() {
    let bench = Bench::new().await;
    let body = json!({"query": "{ account { id accountInfo { name } } }"});
    for token in ["", "unknown", STORE_TOKEN] {
        let (status, answer) = read(bench.graphql_as(token, &body).send().await.unwrap()).await;
        assert_eq!(status, 401, "{token}");
        assert_eq!(answer["status"], 401);
    }
    let (status, answer) = read(bench.graphql_as(TOKEN, &body).send().await.unwrap()).await;
    assert_eq!(status, 200);
    assert_eq!(answer["data"]["account"]["id"], format!("bc/account/account/{ACCOUNT}"));
    assert_eq!(answer["data"]["account"]["accountInfo"]["name"], "Acme");

    let url = format!("{}/accounts/another/graphql", bench.fake.uri());
    let elsewhere = bench.client.post(url).header("x-auth-token", TOKEN).json(&body);
    assert_eq!(elsewhere.send().await.unwrap().status(), 401);
}

#[tokio::test]
async fn a_missing_scope_shows_in_either_way() {
    let bench = Bench::new().await;
    bench.fake.set_scopes(TOKEN, &["account_read", "account_stores_read"]);
    let (status, answer) = bench.add(AGENT).await;
    assert_eq!((status, &answer["status"]), (403, &json!(403)));
    bench.fake.quirks(|quirks| quirks.scope_denial = ScopeDenial::Graphql200);
    let (status, answer) = bench.add(AGENT).await;
    assert_eq!(status, 200);
    assert_eq!(answer["errors"][0]["extensions"]["code"], "INSUFFICIENT_ACCESS_SCOPE");
    assert_eq!(answer["errors"][0]["extensions"]["requiredScopes"], json!(["account_users_write"]));
    assert_eq!(answer["errors"][0]["path"], json!(["user", "addUserToStore"]));
    assert!(!bench.fake.is_member(STORE, AGENT));
}

#[tokio::test]
async fn what_does_not_validate_is_refused() {
    let bench = Bench::new().await;
    let refused = [
        "{ account { idd } }",
        "mutation { addUserToStore(input: {storeId: \"x\", user: {email: \"a@b.c\"}}) { storeId } }",
        "mutation ($input: AddUserInput!) { user { addUserToStore(input: $input) { storeId } } }",
        "{ account { users(limit: 5) { edges { node { id } } } } }",
        "{ account { id }",
        "subscription { account { id } }",
        "{ account { ...f } } fragment f on Account { ...f }",
        "",
    ];
    for query in refused {
        let (status, answer) = bench.asked(query, add(AGENT)).await;
        assert_eq!(status, 400, "{query}");
        assert!(answer["errors"][0]["message"].is_string(), "{query}");
        assert!(answer.get("data").is_none(), "{query}");
    }
    bench.fake.quirks(|quirks| quirks.unknown_field_status = 200);
    assert_eq!(bench.asked("{ account { idd } }", json!({})).await.0, 200);
    assert_eq!(bench.asked(ADD, json!({"input": {"storeId": STORE_ID}})).await.0, 200);
    assert!(!bench.fake.is_member(STORE, AGENT));
    for raw in ["", "[]", "{\"query\": 7}", "{\"query\":\"{account{id}}\",\"variables\":[]}", "\u{0}"] {
        let request = bench.graphql_as(TOKEN, &json!({})).body(raw);
        assert!(read(request.send().await.unwrap()).await.1["errors"].is_array(), "{raw}");
    }
}

#[tokio::test]
async fn variables_inline_values_aliases_and_fragments_all_work() {
    let bench = Bench::new().await;
    assert_eq!(bench.add(AGENT).await.1["data"]["user"]["addUserToStore"]["storeId"], STORE_ID);
    let scalars = "mutation ($e: String!, $s: ID!) \
        { user { added: addUserToStore(input: {storeId: $s, user: {email: $e}}) { __typename storeId } } }";
    let (_, answer) = bench.asked(scalars, json!({"e": "two@vendor.example", "s": STORE_ID})).await;
    assert_eq!(answer["data"]["user"]["added"]["__typename"], "AddUserToStoreResult");
    let inline = format!(
        "mutation {{ user {{ addUserToStore(input: {{storeId: \"{STORE_ID}\", \
         user: {{email: \"three@vendor.example\"}}}}) {{ storeId }} }} }}"
    );
    assert_eq!(bench.asked(&inline, json!(null)).await.0, 200);
    let fragment = "query Q { me: account { ...f ... on Account { id } } } \
        fragment f on Account { users(first: 2) { edges { cursor node { mail: email } } } }";
    let (_, answer) = bench.asked(fragment, json!({})).await;
    assert_eq!(answer["data"]["me"]["users"]["edges"][1]["node"]["mail"], AGENT);
    assert_eq!(bench.fake.users(STORE).len(), 4);
}

#[tokio::test]
async fn users_come_and_go() {
    let bench = Bench::new().await;
    assert_eq!(bench.add(AGENT).await.0, 200);
    assert_eq!(bench.fake.adds(STORE, "AGENT@vendor.example"), 1);
    let (_, answer) = bench.asked(LIST, json!({})).await;
    let users = store_users(&answer);
    assert_eq!(users["collectionInfo"]["totalItems"], 2);
    let added = &users["edges"][1]["node"];
    assert_eq!(added["email"], AGENT);
    assert_eq!(added["lastLoginAt"], Value::Null);
    assert_eq!(added["status"], "ACTIVE");
    assert_eq!(added["permissions"], json!(["No_Permission_Required", "No_Permission_Required"]));
    assert!(users["edges"][0]["node"]["permissions"].as_array().unwrap().len() > 100);
    bench.fake.accept(STORE, AGENT);
    let (_, answer) = bench.asked(LIST, json!({})).await;
    assert_eq!(store_users(&answer)["edges"][1]["node"]["lastLoginAt"], "2026-11-22T12:00:00Z");

    let input = json!({"input": {"storeId": STORE_ID, "userId": added["id"]}});
    let (_, answer) = bench.asked(REMOVE, input.clone()).await;
    assert_eq!(answer["data"]["user"]["removeUserFromStore"]["user"]["email"], AGENT);
    assert!(!bench.fake.is_member(STORE, AGENT));
    assert_eq!(bench.fake.removals(STORE, AGENT), 1);
    let (status, answer) = bench.asked(REMOVE, input.clone()).await;
    assert_eq!((status, &answer["data"]), (200, &Value::Null));
    assert!(answer["errors"][0]["message"].is_string());
    bench.fake.quirks(|quirks| {
        quirks.remove_absent = Verdict::Success;
        quirks.fresh_permissions = FreshPermissions::Missing;
    });
    assert!(bench.asked(REMOVE, input).await.1.get("errors").is_none());
    assert_eq!(bench.fake.removals(STORE, AGENT), 1);

    assert_eq!(bench.add(AGENT).await.0, 200);
    let (_, answer) = bench.asked(LIST, json!({})).await;
    assert_eq!(store_users(&answer)["edges"][1]["node"]["id"], added["id"], "the same person");
    assert_eq!(store_users(&answer)["edges"][1]["node"]["permissions"], Value::Null);
}

#[tokio::test]
async fn doubtful_writes_follow_the_quirks() {
    let bench = Bench::new().await;
    let owner = bench.fake.users(STORE)[0].id.clone();
    let remove_owner = json!({"input": {"storeId": STORE_ID, "userId": owner}});
    assert!(bench.asked(REMOVE, remove_owner.clone()).await.1["errors"].is_array());
    assert!(bench.fake.is_member(STORE, OWNER));
    assert!(bench.add(OWNER).await.1.get("errors").is_none());
    bench.fake.quirks(|quirks| {
        quirks.add_existing = Verdict::Error;
        quirks.failed_data = FailedData::FieldNull;
    });
    let (_, answer) = bench.add(OWNER).await;
    assert_eq!(answer["data"], json!({"user": {"addUserToStore": null}}));
    assert_eq!(answer["errors"][0]["path"], json!(["user", "addUserToStore"]));
    let unknown_id = json!({"input": {"storeId": STORE_ID, "user": {"id": "bc/account/user/1"}}});
    assert!(bench.asked(ADD, unknown_id).await.1["errors"].is_array());
    bench.fake.quirks(|quirks| {
        quirks.owner_removal = Verdict::Success;
        quirks.store_id_form = StoreIdForm::Numeric;
    });
    assert!(bench.asked(REMOVE, remove_owner).await.1["errors"].is_array(), "the id has another form now");
    let bracketed =
        json!({"input": {"storeId": STORE_ID, "user": {"email": format!("bc/account/user/{AGENT}")}}});
    assert!(bench.asked(ADD, bracketed).await.1["errors"].is_array());
}

#[tokio::test]
async fn the_account_has_members_of_its_own() {
    let bench = Bench::new().await;
    let add = "mutation { account { addUserToAccount(input: {email: \"new@vendor.example\"}) \
        { account { users { edges { node { id email } } } } } } }";
    let (_, answer) = bench.asked(add, json!({})).await;
    let users = &answer["data"]["account"]["addUserToAccount"]["account"]["users"]["edges"];
    let id = &users[1]["node"]["id"];
    assert_eq!(users[1]["node"]["email"], "new@vendor.example");
    let by_id = json!({"input": {"storeId": STORE_ID, "user": {"id": id}}});
    assert!(bench.asked(ADD, by_id).await.1.get("errors").is_none());
    assert!(bench.fake.is_member(STORE, "new@vendor.example"));
    let remove =
        "mutation ($u: ID!) { account { removeUserFromAccount(input: {userId: $u}) { accountId userId } } }";
    let (_, answer) = bench.asked(remove, json!({"u": id})).await;
    assert_eq!(&answer["data"]["account"]["removeUserFromAccount"]["userId"], id);
    assert!(!bench.fake.is_member(STORE, "new@vendor.example"));
}

#[tokio::test]
async fn listings_are_paged() {
    let bench = Bench::new().await;
    for number in 0..24 {
        bench.fake.add_user(STORE, &format!("u{number}@merchant.example"), "U", "Ser");
    }
    let (mut seen, mut after) = (Vec::new(), Value::Null);
    loop {
        let (_, answer) = bench.asked(LIST, json!({"after": after})).await;
        let users = store_users(&answer);
        let edges = users["edges"].as_array().unwrap();
        assert!(edges.len() <= 10);
        seen.extend(edges.iter().map(|edge| edge["node"]["email"].as_str().unwrap().to_owned()));
        if users["pageInfo"]["hasNextPage"] == json!(false) {
            break;
        }
        after = users["pageInfo"]["endCursor"].clone();
    }
    assert_eq!(seen.len(), 25);
    let (_, answer) = bench.asked(LIST, json!({"first": 51})).await;
    assert!(answer["errors"][0]["message"].as_str().unwrap().contains("at most 50"));
}

#[tokio::test]
async fn a_query_that_costs_too_much_is_refused() {
    let bench = Bench::new().await;
    let query = "{ account { stores(first: 50) { edges { node { users(first: 50) { edges { node \
        { id email firstName lastName } } } } } } } }";
    let response = bench.graphql(query, json!({})).send().await.unwrap();
    let cost: u64 = response.headers()["x-bc-graphql-complexity"].to_str().unwrap().parse().unwrap();
    assert!(cost > 10_000);
    assert!(read(response).await.1["errors"][0]["message"].as_str().unwrap().contains("complex"));
    let response = bench.graphql(LIST, json!({"first": 50})).send().await.unwrap();
    assert!(response.headers().contains_key("x-bc-graphql-complexity"));
    assert!(read(response).await.1.get("errors").is_none());
}

#[tokio::test]
async fn hostile_documents_are_survived() {
    let bench = Bench::new().await;
    let chain: String =
        (0..9_000).map(|number| format!("fragment f{number} on Account {{ ...f{} }} ", number + 1)).collect();
    let doubling: String = (0..60)
        .map(|number| format!("fragment f{number} on Account {{ ...f{0} ...f{0} }} ", number + 1))
        .collect();
    let doubled_fields: String = (0..40)
        .map(|number| {
            format!(
                "fragment f{number} on Query {{ a{number}: account {{ id }} ...f{0} ...f{0} }} ",
                number + 1
            )
        })
        .collect();
    let deep_value = format!("{{ account(x: {}1{}) {{ id }} }}", "[".repeat(50_000), "]".repeat(50_000));
    let deep_set = format!("{{ account {}id{} }}", "{ ... ".repeat(50_000), "}".repeat(50_000));
    let wide = format!("{{ account {{ {} }} }}", "id ".repeat(50_000));
    for query in [
        format!("{{ account {{ ...f0 }} }} {chain} fragment f9000 on Account {{ id }}"),
        format!("{{ account {{ ...f0 }} }} {doubling} fragment f60 on Account {{ id }}"),
        format!("{{ ...f0 }} {doubled_fields} fragment f40 on Query {{ account {{ id }} }}"),
        deep_value,
        deep_set,
        wide,
    ] {
        let answered = bench.graphql(&query, json!({})).send().await;
        assert!(answered.is_ok(), "{}", &query[..60]);
    }
    assert_eq!(bench.asked("{ account { id } }", json!({})).await.0, 200);
}
