use std::time::Duration;

use guestpass_testkit::fakes::wix::{DuplicateInvite, ResendEffect, SeatRefusal, Verdict};

use super::*;

const DAY: Duration = Duration::from_secs(24 * 3600);

#[tokio::test]
async fn an_invitation_is_shown_once_and_accepted_with_any_account() {
    let bench = Bench::new().await;
    let invite = bench.invite(GUEST).await;
    assert_eq!(invite["status"], "Pending");
    assert_eq!(invite["expirationDate"], "2026-12-22T12:00:00Z");
    assert_eq!(invite["policyIds"], json!([bench.seed.support_role_id]));
    assert_eq!(bench.fake.accept_links(&bench.seed.site_id), [invite["acceptLink"].as_str().unwrap()]);
    assert!(!bench.is_inside(GUEST));
    for path in ["/invites/site-invite", "/invites/site-invite/bulk", "/invites/site-invite/query"] {
        assert_eq!(sent(bench.on_site("GET", path)).await.0, 404, "nothing lists invitations");
    }
    let before = bench.contributors("").await;
    let other = bench.fake.account("gina.private@mail.example");
    bench.fake.accept_as(&bench.seed.site_id, GUEST, &other);
    let after = bench.contributors("").await;
    assert_eq!((after.len(), after.last()), (before.len() + 1, Some(&other)));
    assert!(!bench.is_inside(GUEST) && bench.is_inside("gina.private@mail.example"));
    let last = bench.last_invite();
    assert_eq!((last.status, last.accepted_by.as_ref()), (InviteStatus::Used, Some(&other)));

    assert_eq!(bench.post(REMOVE, json!({"accountId": other})).await.0, 200);
    assert_eq!(bench.fake.removals(&bench.seed.site_id, GUEST), 1, "counted for the invited address too");
    bench.invite(GUEST).await;
    assert_eq!(bench.fake.accept(&bench.seed.site_id, GUEST), bench.seed.guest_account_id);
    assert_eq!(bench.fake.invitations(&bench.seed.site_id, GUEST), 2);
}

#[tokio::test]
async fn failed_addresses_come_back_in_a_success() {
    let bench = Bench::new().await;
    bench.fake.quirks(|quirks| quirks.refused_emails = vec!["no@vendor.example".to_owned()]);
    let emails = [GUEST, "No@vendor.example", "nonsense", "sam@merchant.example", "olivia@merchant.example"];
    let (status, body) = bench.post(INVITE, bench.invitation(&emails)).await;
    assert_eq!(status, 200);
    assert_eq!(body["invites"].as_array().unwrap().len(), 1);
    assert_eq!(body["failedEmails"], json!(emails[1..]));

    bench.invite(GUEST).await;
    assert_eq!(bench.fake.invitations(&bench.seed.site_id, GUEST), 2, "a second one, beside the first");
    bench.fake.quirks(|quirks| {
        quirks.duplicate_invite = DuplicateInvite::FailedEmail;
        quirks.contributor_invite = DuplicateInvite::NewInvite;
    });
    let (_, body) = bench.post(INVITE, bench.invitation(&[GUEST, "sam@merchant.example"])).await;
    assert_eq!(body["failedEmails"], json!([GUEST]));
    assert_eq!(body["invites"][0]["email"], "sam@merchant.example");

    let role = |id: &str| json!({"policyIds": [id], "emails": ["x@vendor.example"]});
    for (body, field) in [
        (json!({"emails": [GUEST]}), "policyIds"),
        (json!({"policyIds": [bench.seed.support_role_id]}), "emails"),
        (role("6601492336091027458"), "policyIds"),
        (role("6642345101181663232"), "policyIds"),
        (role("7"), "policyIds"),
        (json!([]), "body"),
        (bench.invitation(&["x@vendor.example"; 51]), "emails"),
    ] {
        let (status, answer) = bench.post(INVITE, body.clone()).await;
        let violation = &answer["details"]["validationError"]["fieldViolations"][0];
        assert_eq!((status, &violation["field"]), (400, &json!(field)), "{body}");
    }
}

#[tokio::test]
async fn pending_invitations_take_seats() {
    let bench = Bench::new().await;
    bench.fake.set_seats(&bench.seed.site_id, Some(3));
    let first = bench.invite(GUEST).await;
    let (status, body) = bench.post(INVITE, bench.invitation(&["b@vendor.example"])).await;
    assert_eq!((status, &body["failedEmails"]), (200, &json!(["b@vendor.example"])));
    bench.fake.quirks(|quirks| quirks.seat_refusal = SeatRefusal::Precondition);
    let (status, body) = bench.post(INVITE, bench.invitation(&["b@vendor.example"])).await;
    assert_eq!((status, code(&body)), (428, &json!("PREMIUM_ONLY")));
    assert_eq!(bench.on_invite(&first, "revoke").await.0, 200);
    bench.invite("b@vendor.example").await;
}

#[tokio::test]
async fn revoking_works_on_pending_invitations() {
    let bench = Bench::new().await;
    let invite = bench.invite(GUEST).await;
    assert_eq!(bench.on_invite(&invite, "revoke").await, (200, json!({})));
    assert_eq!(bench.last_invite().status, InviteStatus::Deleted);
    assert_eq!(bench.fake.removals(&bench.seed.site_id, GUEST), 1);
    assert_eq!(bench.on_invite(&invite, "revoke").await.0, 404);
    assert_eq!(bench.on_invite(&invite, "resend").await.0, 404);
    bench.fake.quirks(|quirks| quirks.revoke_settled = Verdict::Success);
    assert_eq!(bench.on_invite(&invite, "revoke").await.0, 200);
    assert_eq!(bench.on_invite(&json!({"id": "unknown"}), "revoke").await.0, 200);
    assert_eq!(bench.fake.removals(&bench.seed.site_id, GUEST), 1, "which did nothing");
    bench.invite(GUEST).await;
    bench.fake.decline(&bench.seed.site_id, GUEST);
    assert_eq!(bench.last_invite().status, InviteStatus::Declined);
}

#[tokio::test]
async fn an_expired_invitation_can_be_sent_again() {
    let bench = Bench::new().await;
    let invite = bench.invite(GUEST).await;
    bench.fake.forward(30 * DAY);
    assert_eq!(bench.last_invite().status, InviteStatus::Expired);
    assert_eq!(bench.on_invite(&invite, "revoke").await.0, 404);
    bench.fake.quirks(|quirks| quirks.resend = ResendEffect::KeepsExpiry);
    let (_, again) = bench.on_invite(&invite, "resend").await;
    assert_eq!((&again["invite"]["id"], &again["invite"]["status"]), (&invite["id"], &json!("Expired")));
    bench.fake.quirks(|quirks| quirks.resend = ResendEffect::Extends);
    let (_, again) = bench.on_invite(&invite, "resend").await;
    assert_eq!((&again["invite"]["id"], &again["invite"]["status"]), (&invite["id"], &json!("Pending")));
    assert_eq!(again["invite"]["expirationDate"], "2027-01-21T12:00:00Z");
    bench.fake.quirks(|quirks| quirks.resend = ResendEffect::NewId);
    let (_, again) = bench.on_invite(&invite, "resend").await;
    assert_ne!(again["invite"]["id"], invite["id"]);
    let statuses: Vec<_> =
        bench.fake.invites(&bench.seed.site_id).into_iter().map(|invite| invite.status).collect();
    assert_eq!(statuses, [InviteStatus::Deleted, InviteStatus::Pending]);
    assert_eq!(bench.fake.invitations(&bench.seed.site_id, GUEST), 1, "sending again is no invitation");
}
