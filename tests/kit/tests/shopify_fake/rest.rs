use guestpass_testkit::fakes::shopify::{Plan, Verdict};

use super::*;

const CREATE: &str = "mutation ($input: StorefrontAccessTokenInput!) { storefrontAccessTokenCreate(input: $input) \
    { storefrontAccessToken { id title accessToken createdAt accessScopes { handle } } userErrors { field message } } }";
const DELETE: &str = "mutation ($input: StorefrontAccessTokenDeleteInput!) { storefrontAccessTokenDelete(input: $input) \
    { deletedStorefrontAccessTokenId userErrors { field message } } }";
const LIST: &str =
    "{ shop { storefrontAccessTokens(first: 100) { nodes { id title } pageInfo { hasNextPage } } } }";

#[tokio::test]
async fn legacy_users_show_permissions_and_second_factors() {
    let bench = Bench::new().await;
    let (shop, member) = (bench.seed.shop.as_str(), bench.seed.member_email.as_str());
    bench.fake.set_second_factor(shop, member, true);
    let (status, body) = bench.get("/admin/api/2026-10/users.json").await;
    assert_eq!(status, 200);
    let users = body["users"].as_array().unwrap();
    assert_eq!(users.len(), 4, "a request is no user yet");
    let jane = users.iter().find(|user| user["email"] == member).unwrap();
    assert_eq!((&jane["user_type"], &jane["tfa_enabled?"]), (&json!("collaborator"), &json!(true)));
    assert_eq!(jane["permissions"], json!(["orders", "products"]), "the merchant gave less than was asked");
    assert!(text(&jane["admin_graphql_api_id"]).starts_with("gid://shopify/AdminUserSerializer/"));
    let (_, one) = bench.get(&format!("/admin/api/2026-10/users/{}.json", jane["id"])).await;
    assert_eq!(&one["user"], jane);
    assert_eq!(bench.get("/admin/api/2026-10/users/current.json").await.0, 404);
    bench.fake.set_plan(shop, Plan::Advanced);
    assert_eq!(bench.get("/admin/api/2026-10/users.json").await.0, 403, "for the largest plan alone");
}

#[tokio::test]
async fn legacy_users_are_paged_by_links() {
    let bench = Bench::new().await;
    let mut url = format!("{}/{}/admin/api/2026-10/users.json?limit=3", bench.fake.uri(), bench.seed.shop);
    let (mut seen, mut pages) = (Vec::new(), 0);
    loop {
        let request = bench.client.get(&url).header("x-shopify-access-token", &bench.seed.token);
        let response = request.send().await.unwrap();
        let link = response.headers().get("link").map(|link| link.to_str().unwrap().to_owned());
        let (_, body) = read(response).await;
        seen.extend(body["users"].as_array().unwrap().iter().map(|user| text(&user["email"])));
        pages += 1;
        let link = link.unwrap_or_default();
        let Some(next) = link.split(", ").find(|part| part.ends_with("rel=\"next\"")) else { break };
        url = next.trim_start_matches('<').split('>').next().unwrap().to_owned();
    }
    seen.dedup();
    assert_eq!((pages, seen.len()), (2, 4));
    assert_eq!(bench.get("/admin/api/2026-10/users.json?limit=0").await.0, 400);
    let (status, body) = bench.get("/admin/api/2026-10/users.json?page_info=x").await;
    assert_eq!((status, body["errors"].is_object()), (400, true));
}

#[tokio::test]
async fn storefront_tokens_come_and_go() {
    let bench = Bench::new().await;
    let make = async |title: &str| {
        let (_, body) = bench.asked(CREATE, json!({"input": {"title": title}})).await;
        body["data"]["storefrontAccessTokenCreate"].clone()
    };
    let made = make("old").await;
    let token = &made["storefrontAccessToken"];
    assert_eq!(text(&token["accessToken"]).len(), 32);
    assert_eq!(token["accessScopes"], json!([{"handle": "unauthenticated_read_product_listings"}]));
    assert!(make(" ").await["userErrors"][0]["message"].is_string());
    let create = bench
        .rest("POST", "/admin/api/2026-10/storefront_access_tokens.json", &bench.seed.token)
        .json(&json!({"storefront_access_token": {"title": "new"}}));
    let (status, new) = read(create.send().await.unwrap()).await;
    assert_eq!((status, &new["storefront_access_token"]["title"]), (200, &json!("new")));
    let nodes = async || {
        let (_, body) = bench.asked(LIST, json!({})).await;
        body["data"]["shop"]["storefrontAccessTokens"]["nodes"].as_array().unwrap().len()
    };
    assert_eq!(nodes().await, 2);
    let delete = async || bench.asked(DELETE, json!({"input": {"id": token["id"]}})).await.1;
    assert_eq!(
        delete().await["data"]["storefrontAccessTokenDelete"]["deletedStorefrontAccessTokenId"],
        token["id"]
    );
    assert!(delete().await["data"]["storefrontAccessTokenDelete"]["userErrors"][0].is_object());
    bench.fake.quirks(|quirks| quirks.storefront_delete_absent = Verdict::Success);
    assert_eq!(delete().await["data"]["storefrontAccessTokenDelete"]["userErrors"], json!([]));
    assert_eq!(nodes().await, 1);
    let (_, listed) = bench.get("/admin/api/2026-10/storefront_access_tokens.json").await;
    let id = listed["storefront_access_tokens"][0]["id"].as_u64().unwrap();
    let path = format!("/admin/api/2026-10/storefront_access_tokens/{id}.json");
    let deleted = bench.rest("DELETE", &path, &bench.seed.token).send().await.unwrap();
    assert_eq!(deleted.status(), 200);
    assert!(bench.fake.storefront_tokens(&bench.seed.shop).is_empty());
}
