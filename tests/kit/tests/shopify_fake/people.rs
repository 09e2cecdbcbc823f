use guestpass_testkit::fakes::shopify::{
    AccountTypes, Plan, RemovedPerson, ShopState, StaffDenial, StaffKind,
};

use super::*;

const ONE: &str = "query ($id: ID!) {\n  staffMember(id: $id) { id accountType active exists email } }";

#[tokio::test]
async fn everybody_is_listed_page_by_page() {
    let bench = Bench::new().await;
    let all = bench.listed().await;
    let kinds: Vec<_> = all.iter().map(|(_, kind)| kind.as_str()).collect();
    assert_eq!(kinds, ["REGULAR", "REGULAR", "COLLABORATOR", "COLLABORATOR_TEAM_MEMBER", "REQUESTED"]);
    let (mut seen, mut after) = (0, Value::Null);
    loop {
        let (_, body) = bench.asked(PEOPLE, json!({"first": 2, "after": after})).await;
        let page = &body["data"]["staffMembers"];
        seen += page["nodes"].as_array().unwrap().len();
        after = page["pageInfo"]["endCursor"].clone();
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
    }
    assert_eq!(seen, all.len());
    let filter =
        "account_type:collaborator OR account_type:collaborator_team_member OR account_type:requested";
    let (_, body) = bench.asked(PEOPLE, json!({"first": 50, "query": filter})).await;
    let nodes = &body["data"]["staffMembers"]["nodes"];
    assert_eq!(nodes.as_array().unwrap().len(), 3);
    assert_eq!((&nodes[0]["name"], &nodes[1]["name"]), (&json!("Acme Agency"), &json!("Jane Doe")));
    assert_eq!((&nodes[2]["active"], &nodes[2]["exists"]), (&json!(false), &json!(true)));

    let id = &nodes[1]["id"];
    let (_, body) = bench.asked(ONE, json!({"id": id})).await;
    assert_eq!(body["data"]["staffMember"]["email"], bench.seed.member_email);
    let (_, body) = bench.asked(ONE, json!({"id": "gid://shopify/StaffMember/999"})).await;
    assert_eq!((&body["data"]["staffMember"], body.get("errors")), (&Value::Null, None));
    let (_, body) = bench.asked(ONE, json!({"id": "gid://shopify/StaffMember"})).await;
    assert_eq!(body["errors"][0]["extensions"]["code"], "argumentLiteralsIncompatible");
    for kind in [StaffKind::Invited, StaffKind::Restricted, StaffKind::Saml] {
        let email = format!("{kind:?}@merchant.example");
        bench.fake.add_staff(&bench.seed.shop, kind, &email, "Any", "Body");
        assert_eq!(bench.kind_of(&email).await, Some(format!("{kind:?}").to_uppercase()));
        assert_eq!(bench.fake.is_inside(&bench.seed.shop, &email), kind == StaffKind::Saml);
    }
    bench.fake.quirks(|quirks| quirks.account_types = AccountTypes::Null);
    assert_eq!(bench.listed().await[0].1, "");
    bench.fake.quirks(|quirks| quirks.account_types = AccountTypes::Unheard);
    assert_eq!(bench.listed().await[0].1, "UNHEARD_OF");
}

#[tokio::test]
async fn the_gate_denies_in_both_forms() {
    let bench = Bench::new().await;
    let (status, body) = bench.asked_as(&bench.seed.basic_token, PEOPLE, json!({"first": 2})).await;
    assert_eq!(status, 200);
    assert_eq!(body["data"], json!({"staffMembers": null}));
    let expected = json!([{
        "message": "Access denied for staffMembers field.",
        "locations": [{"line": 2, "column": 3}],
        "extensions": {"code": "ACCESS_DENIED", "documentation": "https://shopify.dev/api/usage/access-scopes"},
        "path": ["staffMembers"],
    }]);
    assert_eq!(body["errors"], expected);
    assert_eq!(body["extensions"]["cost"]["requestedQueryCost"], 4);
    let id = json!({"id": "gid://shopify/StaffMember/1"});
    let (_, body) = bench.asked_as(&bench.seed.basic_token, ONE, id).await;
    let error = &body["errors"][0];
    let needed = text(&error["extensions"]["requiredAccess"]);
    assert!(text(&error["message"]).ends_with(&needed) && needed.starts_with("`read_users`"));

    let owner = "{ shop { name accountOwner { email } } }";
    assert_eq!(
        bench.asked(owner, json!({})).await.1["data"]["shop"]["accountOwner"]["email"],
        bench.seed.owner_email
    );
    let (_, body) = bench.asked_as(&bench.seed.basic_token, owner, json!({})).await;
    assert_eq!((&body["data"], &body["errors"][0]["path"][1]), (&Value::Null, &json!("accountOwner")));

    // Each of the three conditions alone closes the gate.
    let (shop, client) = (bench.seed.shop.clone(), bench.seed.client_id.clone());
    let open = async || bench.asked(PEOPLE, json!({"first": 1})).await.1.get("errors").is_none();
    bench.fake.enable_read_users(&shop, &client, false);
    assert!(!open().await);
    bench.fake.enable_read_users(&shop, &client, true);
    bench.fake.set_scopes(&shop, &client, &["read_products"]);
    assert!(!open().await);
    bench.fake.set_scopes(&shop, &client, &["read_users"]);
    bench.fake.set_plan(&shop, Plan::Grow);
    assert!(!open().await);
    bench.fake.set_plan(&shop, Plan::Advanced);
    assert!(open().await);
    bench.fake.set_scopes(&shop, &client, &[]);
    bench.fake.quirks(|quirks| quirks.staff_denial = StaffDenial::Http403);
    assert_eq!(
        bench.asked(PEOPLE, json!({"first": 1})).await,
        (403, json!({"errors": "User does not have access"}))
    );
}

#[tokio::test]
async fn a_removed_person_shows_in_three_ways() {
    let bench = Bench::new().await;
    let member = bench.seed.member_email.clone();
    bench.fake.remove_collaborator(&bench.seed.organisation, &bench.seed.shop);
    assert_eq!(bench.kind_of(&member).await, None);
    assert!(!bench.fake.is_inside(&bench.seed.shop, &member));
    for (quirk, active, exists) in
        [(RemovedPerson::ExistsFalse, false, false), (RemovedPerson::ActiveFalse, false, true)]
    {
        bench.fake.quirks(|quirks| quirks.removed_person = quirk);
        let (_, body) = bench.asked(PEOPLE, json!({"first": 9, "query": format!("email:{member}")})).await;
        let node = &body["data"]["staffMembers"]["nodes"][0];
        assert_eq!((&node["active"], &node["exists"]), (&json!(active), &json!(exists)), "{quirk:?}");
    }
}

#[tokio::test]
async fn whoami_names_shop_plan_and_scopes() {
    let bench = Bench::new().await;
    let (status, body) = bench.asked(WHOAMI, json!({})).await;
    assert_eq!((status, body.get("errors")), (200, None));
    assert_eq!(body["data"]["shop"]["myshopifyDomain"], bench.seed.shop);
    assert_eq!(body["data"]["shop"]["plan"]["shopifyPlus"], true);
    let installation = &body["data"]["currentAppInstallation"];
    assert_eq!(installation["accessScopes"][0], json!({"handle": "read_users"}));
    assert_eq!(installation["app"]["optionalAccessScopes"][0]["handle"], "read_orders");
    assert_eq!(body["extensions"]["cost"]["requestedQueryCost"], 7);
    let (_, body) = bench.asked("{ publicApiVersions { handle displayName supported } }", json!({})).await;
    let versions = body["data"]["publicApiVersions"].as_array().unwrap();
    assert_eq!((versions.len(), &versions[4]["handle"]), (7, &json!("2026-10")));
}

#[tokio::test]
async fn shops_are_named_by_path_host_or_token() {
    let bench = Bench::new().await;
    let at = async |path: &str, host: Option<&str>, token: &str| {
        let url = format!("{}{path}/admin/api/2026-10/graphql.json", bench.fake.uri());
        let mut request = bench.client.post(url).header("x-shopify-access-token", token);
        if let Some(host) = host {
            request = request.header("host", host);
        }
        let body = json!({"query": "{ shop { myshopifyDomain } }"});
        read(request.json(&body).send().await.unwrap()).await
    };
    let (plus, basic) = (bench.seed.shop.as_str(), bench.seed.basic_shop.as_str());
    let (token, other) = (bench.seed.token.as_str(), bench.seed.basic_token.as_str());
    let found = |(status, body): (u16, Value)| (status, body["data"]["shop"]["myshopifyDomain"].clone());
    assert_eq!(found(at("", None, other).await), (200, json!(basic)));
    assert_eq!(found(at(&format!("/{plus}"), None, token).await), (200, json!(plus)));
    assert_eq!(found(at("", Some(plus), token).await), (200, json!(plus)));
    assert_eq!(at(&format!("/{plus}"), None, other).await.0, 401);
    assert_eq!(at("", Some(basic), token).await.0, 401);
    assert_eq!(at("/nobody.myshopify.com", None, token).await, (404, json!({"errors": "Not Found"})));
    let (status, body) = at("", None, "shpat_unknown").await;
    assert_eq!((status, body["errors"].as_str().unwrap().starts_with("[API] Invalid")), (401, true));
    for (state, status) in [(ShopState::Frozen, 402), (ShopState::Locked, 423), (ShopState::Closed, 200)] {
        bench.fake.set_state(plus, state);
        assert_eq!(at("", None, token).await.0, status, "{state:?}");
    }
    assert_eq!(at("", None, token).await.1["errors"][0]["extensions"]["code"], "SHOP_INACTIVE");
}

#[tokio::test]
async fn documents_are_validated_for_their_version() {
    let bench = Bench::new().await;
    let code = async |query: &str, variables: Value| {
        let (status, body) = bench.asked(query, variables).await;
        assert_eq!(status, 200, "{query}");
        text(&body["errors"][0]["extensions"]["code"])
    };
    assert_eq!(code("{ nope }", json!({})).await, "undefinedField");
    assert_eq!(code("{ shop }", json!({})).await, "selectionMismatch");
    assert_eq!(code("{ shop {", json!({})).await, "PARSE_ERROR");
    assert_eq!(code(PEOPLE, json!({})).await, "INVALID_VARIABLE");
    assert_eq!(code(PEOPLE, json!({"first": 251})).await, "INVALID_FIELD_ARGUMENTS");
    assert_eq!(code("{ staffMembers { nodes { id } } }", json!({})).await, "INVALID_FIELD_ARGUMENTS");
    let nothing = bench.rest("POST", "/admin/api/2026-10/graphql.json", &bench.seed.token).json(&json!({}));
    let (status, body) = read(nothing.send().await.unwrap()).await;
    assert_eq!((status, body["errors"]["query"].is_string()), (400, true), "errors as an object");

    let expiry = "mutation { delegateAccessTokenCreate(input: {delegateAccessScope: [\"read_themes\"]}) \
        { delegateAccessToken { createdAt expiresIn } userErrors { code } } }";
    let at = async |version: &str| {
        let response = bench.graphql_at(version, &bench.seed.token, expiry, json!({})).send().await.unwrap();
        let header =
            |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        let (version, id) = (header("x-shopify-api-version"), header("x-request-id"));
        assert!(id.is_some());
        (version, read(response).await)
    };
    let (version, (_, body)) = at("2026-10").await;
    assert_eq!((version.as_deref(), body.get("errors")), (Some("2026-10"), None));
    let (version, (_, body)) = at("2024-04").await;
    assert_eq!(version.as_deref(), Some("2025-10"), "retired versions fall forward");
    assert_eq!(body["errors"][0]["extensions"]["code"], "undefinedField");
    assert_eq!(at("2031-01").await.1.0, 404);

    let deprecated = bench.graphql("{ shop { plan { displayName } } }", json!({})).send().await.unwrap();
    assert!(deprecated.headers().contains_key("x-shopify-api-deprecated-reason"));
    let current = bench.graphql("{ shop { name } }", json!({})).send().await.unwrap();
    assert!(!current.headers().contains_key("x-shopify-api-deprecated-reason"));
}
