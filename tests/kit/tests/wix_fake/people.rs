use std::time::Duration;

use guestpass_testkit::fakes::wix::{EmptyRoles, StrangerRoles, Verdict};

use super::*;

fn roles(bench: &Bench, email: &str) -> Vec<String> {
    let people = bench.fake.contributors(&bench.seed.site_id);
    people.into_iter().find(|person| person.email == email).unwrap().roles
}

#[tokio::test]
async fn a_listing_tells_two_ids_and_nothing_else() {
    let bench = Bench::new().await;
    let response = bench.on_site("GET", CONTRIBUTORS).send().await.unwrap();
    assert!(response.headers().contains_key("x-wix-request-id"));
    let text = response.text().await.unwrap();
    assert!(!text.contains('@'), "no address shows: {text}");
    let body: Value = serde_json::from_str(&text).unwrap();
    for row in body["contributors"].as_array().unwrap() {
        let fields: Vec<_> = row.as_object().unwrap().keys().collect();
        assert_eq!(fields, ["accountId", "accountOwnerId"]);
        assert_ne!(row["accountOwnerId"], json!(bench.seed.account_id), "a user's id is no account's");
    }
    let sam = bench.seed.account_ids["sam@merchant.example"].clone();
    let agency = bench.seed.account_ids["former.agency@agency.example"].clone();
    assert_eq!(bench.contributors("").await, [sam.as_str(), &agency]);
    let (back, boss) = (&bench.seed.ordinary_role_id, &bench.seed.privileged_role_id);
    assert_eq!(bench.contributors(&format!("?filter.policyIds={back}")).await, [sam.as_str()]);
    let either = format!("?filter.policyIds={boss}&filter.policyIds={back}");
    assert_eq!(bench.contributors(&either).await, [sam.as_str(), &agency]);
    assert_eq!(bench.contributors("?filter.policyIds=1").await.len(), 0);
    bench.fake.quirks(|quirks| {
        quirks.owner_listed = true;
        quirks.repeat_contributor = true;
    });
    let listed = bench.contributors("").await;
    assert_eq!((listed.len(), &listed[0], &listed[3]), (4, &bench.seed.account_id, &bench.seed.account_id));
}

#[tokio::test]
async fn changing_a_role_replaces_all_roles() {
    let bench = Bench::new().await;
    let sam = &bench.seed.account_ids["sam@merchant.example"];
    let change = async |account: &str, roles: &[&str]| {
        let roles: Vec<_> = roles.iter().map(|role| json!({"roleId": role})).collect();
        let body = json!({"accountId": account, "newRoles": roles});
        sent(bench.on_site("PUT", CHANGE_ROLE).json(&body)).await
    };
    let support = bench.seed.support_role_id.as_str();
    let (status, body) = change(sam, &[support]).await;
    assert_eq!((status, &body["newAssignedRoles"][0]["roleId"]), (200, &json!(support)));
    assert_eq!(body["newAssignedRoles"][0]["assignmentId"].as_str().unwrap().len(), 19);
    assert_eq!(roles(&bench, "sam@merchant.example"), [support]);

    for refused in ["6601492336091027458", "6642345101181663232", "1"] {
        assert_eq!(change(sam, &[refused]).await.0, 400, "{refused}");
    }
    assert_eq!(change(sam, &[]).await.0, 400);
    assert_eq!(change(&bench.seed.account_id, &[support]).await.0, 403, "never the owner");
    let guest = &bench.seed.guest_account_id;
    assert_eq!(change(guest, &[support]).await.0, 404);
    assert_eq!(change("nobody", &[support]).await.0, 404);
    assert!(!bench.is_inside(GUEST));
    bench.fake.quirks(|quirks| {
        quirks.stranger_roles = StrangerRoles::Adds;
        quirks.empty_roles = EmptyRoles::Removes;
    });
    assert_eq!(change(guest, &[support]).await.0, 200);
    assert!(bench.is_inside(GUEST));
    assert_eq!(change(guest, &[]).await.0, 200);
    assert!(!bench.is_inside(GUEST));
    assert_eq!(sent(bench.on_site("PATCH", CHANGE_ROLE).json(&json!({}))).await.0, 404);
}

#[tokio::test]
async fn removing_takes_a_contributor_out() {
    let bench = Bench::new().await;
    let (site, sam) = (&bench.seed.site_id, "sam@merchant.example");
    let removal = |account: &str| json!({"accountId": account});
    let id = bench.seed.account_ids[sam].clone();
    assert_eq!(sent(bench.on_site("DELETE", REMOVE).json(&removal(&id))).await.0, 404);
    assert!(bench.is_inside(sam));
    bench.fake.quirks(|quirks| quirks.visibility_delay = Duration::from_secs(30));
    assert_eq!(bench.post(REMOVE, removal(&id)).await, (200, json!({})));
    assert!(!bench.is_inside(sam));
    assert!(bench.contributors("").await.contains(&id), "it shows for a while");
    bench.fake.forward(Duration::from_secs(30));
    assert!(!bench.contributors("").await.contains(&id));
    assert_eq!(bench.post(REMOVE, removal(&id)).await.0, 200);
    assert_eq!(bench.fake.removals(site, sam), 1);

    bench.fake.quirks(|quirks| quirks.remove_absent = Verdict::Error);
    let (status, body) = bench.post(REMOVE, removal(&id)).await;
    assert_eq!((status, code(&body)), (404, &json!("NOT_FOUND")));
    assert_eq!(bench.post(REMOVE, removal(&bench.seed.account_id)).await.0, 403, "never the owner");
    assert_eq!(bench.post(REMOVE, json!({})).await.0, 400);
}
