use std::time::Duration;

use guestpass_testkit::conformance::{Denial, World};
use guestpass_testkit::fakes::wix::WixWorld;
use guestpass_testkit::{Fault, On, ThrottleShape};

use super::*;

#[tokio::test]
async fn lost_and_late_answers_leave_an_invitation_nobody_knows_the_id_of() {
    let bench = Bench::new().await;
    let site = &bench.seed.site_id;
    let send = || bench.on_site("POST", INVITE).json(&bench.invitation(&[GUEST])).send();
    bench.fake.inject(On::Writes, Fault::ConnectionReset, 1);
    assert!(send().await.is_err());
    assert_eq!(bench.fake.invitations(site, GUEST), 0);
    bench.fake.inject(On::Operation("site-invite/bulk".to_owned()), Fault::LostAnswer, 1);
    assert!(send().await.is_err());
    assert_eq!(bench.fake.invitations(site, GUEST), 1);
    bench.fake.inject(On::Writes, Fault::LateCommit { after: Duration::from_secs(60) }, 1);
    assert!(send().await.is_err());
    bench.fake.forward(Duration::from_secs(59));
    assert_eq!(bench.fake.invitations(site, GUEST), 1);
    bench.fake.forward(Duration::from_secs(1));
    assert_eq!(bench.fake.invitations(site, GUEST), 2);
    assert!(bench.fake.unfired().is_empty());
}

#[tokio::test]
async fn each_fault_spoils_the_answer_in_its_way() {
    let bench = Bench::new().await;
    // (fault, whether it is applied, status, what must be in the text of the body)
    let faults = [
        (Fault::Throttled(ThrottleShape::AllHeaders), false, 429, "RESOURCE_EXHAUSTED"),
        (Fault::Throttled(ThrottleShape::NoHeadersHtml), false, 429, "<html>"),
        (Fault::Status(400), false, 400, "validationError"),
        (Fault::Status(401), false, 401, "UNAUTHENTICATED"),
        (Fault::Status(403), false, 403, "\"description\":\"\""),
        (Fault::Status(409), false, 409, "ALREADY_EXISTS"),
        (Fault::Status(418), false, 418, "message"),
        (Fault::Status(428), false, 428, "MISSING_METASITE_ID"),
        (Fault::Status(500), false, 500, ""),
        (Fault::StatusAfterCommit(504), true, 504, ""),
        (Fault::Html(502), false, 502, "<html>"),
        (Fault::WrongType, true, 200, "\"invites\":7"),
        (Fault::Redirect("http://evil.example/".to_owned()), false, 302, ""),
        (Fault::GraphqlDenied, false, 403, "\"description\":\"\""),
        (Fault::GraphqlPartial, true, 200, "\"failedEmails\":[\"person"),
        (Fault::GraphqlErrorUnknown, false, 500, "UNHEARD_OF"),
        (Fault::ComplexityExceeded, false, 400, "OUT_OF_RANGE"),
        (Fault::StoreSuspended, false, 503, ""),
        (Fault::EmptyBody, true, 200, ""),
        (Fault::ExtraFields, true, 200, "HIBERNATING"),
        (Fault::Oversized(100_000), true, 200, "padding"),
        (Fault::Truncated, true, 200, "{\"failedEmails\""),
        (Fault::Slow(Duration::from_millis(5)), true, 200, "acceptLink"),
    ];
    for (number, (fault, applied, status, text)) in faults.into_iter().enumerate() {
        let email = format!("person{number}@vendor.example");
        bench.fake.inject(On::Writes, fault.clone(), 1);
        let request = bench.on_site("POST", INVITE).json(&bench.invitation(&[&email]));
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), status, "{fault:?}");
        assert!(response.headers().contains_key("x-wix-request-id"), "{fault:?}");
        let body = response.text().await.unwrap();
        assert!(body.contains(text), "{fault:?}: {body}");
        let invitations = bench.fake.invitations(&bench.seed.site_id, &email);
        assert_eq!(invitations, usize::from(applied), "{fault:?}");
        if status >= 500 && text.is_empty() {
            assert_eq!(body, "", "{fault:?}");
        }
    }
    bench.fake.inject(On::Reads, Fault::GraphqlPartial, 1);
    let (status, body) = sent(bench.on_site("GET", CONTRIBUTORS)).await;
    assert_eq!((status, code(&body)), (200, &json!("ABORTED")));
    assert!(body["contributors"].is_array());
    assert!(bench.fake.unfired().is_empty());
}

#[tokio::test]
async fn nothing_remembers_or_shows_a_secret() {
    let bench = Bench::new().await;
    let invite = bench.invite(GUEST).await;
    let texts = format!(
        "{:?} {:?} {:?} {:?}",
        bench.fake,
        bench.seed,
        bench.fake.requests(),
        bench.fake.invites(&bench.seed.site_id)
    );
    let link = invite["acceptLink"].as_str().unwrap();
    for secret in [&bench.seed.api_key, &bench.seed.client_secret, link] {
        assert!(!texts.contains(secret));
    }
    let request = bench.fake.requests().pop().unwrap();
    assert!(request.write && request.token_present);
    assert_eq!(request.operations, ["site-invite/bulk"]);
}

#[tokio::test]
async fn the_world_of_the_suite_tells_invited_from_inside() {
    let fake = FakeWix::start(Arc::new(ManualClock::new())).await;
    let world = WixWorld::plant(fake.clone()).unwrap();
    let bench = Bench { seed: world.seed.clone(), fake, client: Client::builder().build().unwrap() };
    let guest = GUEST.parse().unwrap();
    let before = world.inside();
    assert!(before.contains(&bench.seed.owner_email));
    assert!(!world.is_inside(&guest));
    bench.invite("Gina.Guest@vendor.example").await;
    assert_eq!((world.inside(), world.invited()), (before.clone(), vec![GUEST.to_owned()]));
    assert!(world.is_inside(&guest));
    world.person_accepts(&guest);
    assert!(world.invited().is_empty() && world.inside().contains(&GUEST.to_owned()));
    bench.post(REMOVE, json!({"accountId": bench.seed.guest_account_id})).await;
    assert!(!world.is_inside(&guest));
    assert_eq!((world.inside(), world.invitations(&guest), world.removals(&guest)), (before, 1, 1));
    let metered = world.requests().iter().filter(|request| world.is_metered(request)).count();
    assert_eq!(metered, 2);
    let link = bench.fake.accept_links(&bench.seed.site_id).pop().unwrap();
    assert!(world.secrets().iter().any(|secret| link.ends_with(secret)));
    for (denial, text) in [(Denial::Status, "description"), (Denial::Body, "")] {
        world.take_rights_away(denial);
        let response = bench.on_site("GET", CONTRIBUTORS).send().await.unwrap();
        assert_eq!(response.status(), 403);
        assert!(response.text().await.unwrap().contains(text));
    }
    world.revoke_credential();
    assert_eq!(sent(bench.on_site("GET", CONTRIBUTORS)).await.0, 401);
}
