use guestpass_testkit::fakes::wix::{Permission, Verdict};

use super::*;

const SITES: &str = "/site-list/v2/sites/query";

#[tokio::test]
async fn roles_have_long_ids_and_say_where_they_do_not_belong() {
    let bench = Bench::new().await;
    let list = async |query: &str| {
        let (status, body) = sent(bench.on_account("GET", &format!("/roles-management/roles{query}"))).await;
        assert_eq!(status, 200);
        body
    };
    let all = list("").await;
    assert_eq!(all["predefinedRoles"].as_array().unwrap().len(), 6);
    assert_eq!(all["predefinedRoles"][1]["restrictFromLevel"], "Site");
    assert_eq!(all["predefinedRoles"][0]["restrictFromLevel"], Value::Null);
    assert_eq!(all["customRoles"][0]["title"], "Support");
    for role in all["predefinedRoles"].as_array().unwrap() {
        assert_eq!(role["id"].as_str().unwrap().len(), 19);
    }
    let on_sites = list("?filter.roleLevel=SITE_LEVEL&locale=de").await;
    assert!(!on_sites.to_string().contains("6642345101181663232"));
    assert_eq!(on_sites["predefinedRoles"][0]["title"], "Owner (de)");

    let by_site = || bench.on_site("GET", "/roles-management/roles");
    assert_eq!(sent(by_site()).await.0, 403);
    bench.fake.quirks(|quirks| quirks.roles_on_site_level = Verdict::Success);
    assert_eq!(sent(by_site()).await.1, all);
}

#[tokio::test]
async fn sites_come_in_pages() {
    let bench = Bench::new().await;
    bench.fake.add_site(&bench.seed.account_id, "headless-site", "Bare");
    bench.fake.make_headless("headless-site");
    bench.fake.set_key_permissions(&bench.seed.api_key, &[]);
    let query = async |body: Value| sent(bench.on_account("POST", SITES).json(&body)).await;
    let names = |body: &Value| -> Vec<String> {
        let sites = body["sites"].as_array().unwrap();
        sites.iter().map(|site| site["displayName"].as_str().unwrap().to_owned()).collect()
    };
    let (status, body) = query(json!({})).await;
    assert_eq!((status, names(&body).len()), (200, 2), "headless sites are left out");
    assert_eq!(body["sites"][0]["ownerAccountId"], json!(bench.seed.account_id));
    let contributors = body["sites"][0]["contributorAccountIds"].as_array().unwrap();
    assert_eq!(contributors.len(), 2);

    let all = json!({"namespace": {"$in": ["WIX", "HEADLESS"]}});
    let sort = json!([{"fieldName": "displayName", "order": "DESC"}]);
    let first = json!({"query": {"filter": all, "sort": sort, "cursorPaging": {"limit": 2}}});
    let (_, body) = query(first).await;
    assert_eq!(names(&body), ["Merchant Example Outlet", "Merchant Example"]);
    assert_eq!(body["metadata"]["hasNext"], true);
    let cursor = &body["metadata"]["cursors"]["next"];
    let next =
        json!({"query": {"filter": all, "sort": sort, "cursorPaging": {"limit": 2, "cursor": cursor}}});
    let (_, body) = query(next).await;
    assert_eq!((names(&body), &body["metadata"]["hasNext"]), (vec!["Bare".to_owned()], &json!(false)));

    let one = json!({"query": {"filter": {"id": {"$eq": bench.seed.site_id}}}});
    assert_eq!(names(&query(one).await.1), ["Merchant Example"]);
    assert_eq!(query(json!({"query": {"filter": {"owner": 1}}})).await.0, 400);
    assert_eq!(query(json!({"query": {"cursorPaging": {"limit": 101}}})).await.0, 400);
    let count = bench.on_account("POST", "/site-list/v2/sites/count").json(&json!({"filter": all}));
    assert_eq!(sent(count).await, (200, json!({"count": 3})));
    bench.fake.select_sites(&bench.seed.api_key, &[&bench.seed.site_id]);
    assert_eq!(names(&query(json!({})).await.1), ["Merchant Example"]);
}

#[tokio::test]
async fn a_team_tells_what_a_site_does_not() {
    let bench = Bench::new().await;
    let search = async |body: Value| {
        sent(bench.on_account("POST", "/roles-management/v3/team/search").json(&body)).await
    };
    assert_eq!(search(json!({})).await.0, 403);
    bench.fake.set_key_permissions(&bench.seed.api_key, &[Permission::ManageTeamMembers]);
    let site = json!({"fullNameResource": {"siteContext": {"metasiteId": bench.seed.site_id}}});
    let assignment = json!({"policyId": bench.seed.support_role_id, "assignments": [site]});
    let invitation = json!({"subjectsAssignments": [
        {"subjectEmail": GUEST, "assignments": [assignment]},
        {"subjectEmail": "nonsense", "assignments": []},
    ]});
    let invite = bench.on_account("POST", "/invites/account-invite/create").json(&invitation);
    let (status, body) = sent(invite).await;
    assert_eq!((status, &body["failedInvites"][0]["subjectEmail"]), (200, &json!("nonsense")));
    assert_eq!(body["successfulInvites"][0]["status"], "Pending");
    let pending = json!({"filter": {"inviteType": {"$eq": "Pending"}}});
    let (_, found) = search(pending.clone()).await;
    assert_eq!(found["teamMembers"][0]["invite"]["email"], GUEST);

    let user = bench.fake.accept_team_invite(&bench.seed.account_id, GUEST);
    assert_eq!(search(pending).await.1["teamMembers"], json!([]));
    let (_, found) = search(json!({"query": "gina"})).await;
    let member = &found["teamMembers"][0]["user"];
    assert_eq!((&member["email"], &member["id"]), (&json!(GUEST), &json!(user)));
    let old = &member["assignments"][0]["assignmentId"];
    let change = json!({"userId": user, "assignmentIdsToRemove": [old],
        "newAssignments": [{"policyId": bench.seed.ordinary_role_id}]});
    let change = bench.on_account("PATCH", "/roles-management/v2/team/assignments").json(&change);
    assert_eq!(sent(change).await.0, 200);
    let [member] = bench.fake.team(&bench.seed.account_id).try_into().unwrap();
    assert_eq!(member.grants, [(bench.seed.ordinary_role_id.clone(), None)]);
    let leave = bench.on_account("POST", "/roles-management/team/remove").json(&json!({"userId": user}));
    assert_eq!(sent(leave).await, (200, json!({})));
    assert!(bench.fake.team(&bench.seed.account_id).is_empty());
    bench.fake.quirks(|quirks| quirks.team_search_nested = true);
    assert_eq!(search(json!({"search": {"filter": {"email": "x"}}})).await.0, 400);
}
