use guestpass_testkit::conformance::World;
use guestpass_testkit::fakes::shopify::{
    AppKind, CollaborationState, CollaboratorEmail, Listed, NewApp, RequestRefused, ShopifyWorld,
};

use super::*;

#[tokio::test]
async fn a_request_is_answered_by_the_merchant() {
    let bench = Bench::new().await;
    let (shop, new) = (bench.seed.shop.as_str(), bench.seed.new_organisation.as_str());
    let email = bench.seed.new_organisation_email.as_str();
    bench.fake.add_member(new, "gina@vendor.example", "Gina", "Guest");
    let ask = |code: Option<&str>| bench.fake.request_access(new, shop, code, &["orders", "themes"]);
    assert_eq!(ask(None), Err(RequestRefused::CodeNeeded));
    assert_eq!(ask(Some("0000")), Err(RequestRefused::WrongCode));
    assert_eq!((bench.kind_of(email).await, bench.fake.access_requests(shop, email)), (None, 0));
    ask(Some(&bench.seed.request_code)).unwrap();
    assert_eq!(ask(Some(&bench.seed.request_code)), Err(RequestRefused::AlreadyThere));
    assert_eq!(bench.kind_of(email).await.as_deref(), Some("REQUESTED"));
    assert!(!bench.fake.is_inside(shop, email));

    bench.fake.approve(new, shop, Some(&["orders"]));
    assert_eq!(bench.kind_of(email).await.as_deref(), Some("COLLABORATOR"));
    assert_eq!(bench.kind_of("gina@vendor.example").await.as_deref(), Some("COLLABORATOR_TEAM_MEMBER"));
    let entry = bench.fake.collaborations(shop).pop().unwrap();
    assert_eq!((entry.asked.len(), entry.granted), (2, vec!["orders".to_owned()]));
    bench.fake.add_member(new, "new@vendor.example", "New", "Hire");
    assert!(bench.fake.is_inside(shop, "new@vendor.example"), "its people share the access");

    bench.fake.remove_account(shop, email);
    assert_eq!(bench.kind_of("gina@vendor.example").await, None, "the organisation leaves as one");
    assert_eq!(bench.fake.collaborations(shop).pop().unwrap().state, CollaborationState::Removed);
    assert_eq!((bench.fake.removals(shop, email), bench.fake.writes()), (1, 0));

    ask(Some(&bench.seed.request_code)).unwrap();
    bench.fake.reject(new, shop);
    assert_eq!(bench.kind_of(email).await, None);
    ask(Some(&bench.seed.request_code)).unwrap();
    bench.fake.expire_request(new, shop);
    assert_eq!(bench.fake.collaborations(shop).pop().unwrap().state, CollaborationState::Expired);
}

#[tokio::test]
async fn codes_are_not_asked_of_everybody() {
    let bench = Bench::new().await;
    let (shop, new) = (bench.seed.shop.as_str(), bench.seed.new_organisation.as_str());
    bench.fake.add_app(&NewApp::custom("own-app", "own-secret", new).requiring(&["read_products"]));
    bench.fake.install(shop, "own-app");
    bench.fake.quirks(|quirks| quirks.collaborator_email = CollaboratorEmail::FirstPerson);
    bench.fake.add_member(new, "gina@vendor.example", "Gina", "Guest");
    assert_eq!(bench.fake.request_access(new, shop, None, &[]), Ok(()));
    assert_eq!(bench.kind_of("gina@vendor.example").await.as_deref(), Some("REQUESTED"));
    bench.fake.set_request_code(shop, None);
    bench.fake.add_organisation("77", "Seven", "seven@vendor.example");
    assert_eq!(bench.fake.request_access("77", shop, None, &[]), Ok(()));
    bench.fake.add_organisation("78", "Eight", &bench.seed.staff_email);
    assert_eq!(bench.fake.request_access("78", shop, None, &[]), Err(RequestRefused::AddressInUse));
    assert_eq!(AppKind::Custom, NewApp::custom("a", "b", "c").kind);
}

#[tokio::test]
async fn time_ends_accesses() {
    let bench = Bench::new().await;
    let (shop, member) = (bench.seed.shop.as_str(), bench.seed.member_email.as_str());
    bench.fake.forward(DAY * 80);
    bench.fake.log_in(shop, member);
    bench.fake.forward(DAY * 89);
    assert!(bench.kind_of(member).await.is_some());
    bench.fake.forward(DAY);
    assert_eq!(bench.kind_of(member).await, None, "90 days without a log-in");
    assert_eq!(bench.fake.collaborations(shop)[0].state, CollaborationState::Expired);
    assert!(bench.kind_of(&bench.seed.requesting_email).await.is_some());
    bench.fake.quirks(|quirks| quirks.request_lifetime = DAY * 30);
    assert_eq!(bench.kind_of(&bench.seed.requesting_email).await, None);

    let new = bench.seed.new_organisation.as_str();
    bench.fake.request_access(new, shop, Some(&bench.seed.request_code), &[]).unwrap();
    bench.fake.approve_until(new, shop, None, Some(bench.fake.now() + DAY));
    assert!(bench.fake.is_inside(shop, &bench.seed.new_organisation_email));
    bench.fake.forward(DAY);
    assert!(!bench.fake.is_inside(shop, &bench.seed.new_organisation_email));
}

#[tokio::test]
async fn the_world_of_the_suite() {
    let fake = FakeShopify::start(Arc::new(ManualClock::new())).await;
    let world = ShopifyWorld::plant(fake).unwrap();
    let inside =
        ["jane@agency.example", "olivia@merchant.example", "partners@agency.example", "sam@merchant.example"];
    assert_eq!(world.inside(), inside);
    let requesting = world.seed.requesting_email.parse().unwrap();
    assert_eq!(world.invitations(&requesting), 1);
    world.person_accepts(&requesting);
    assert!(world.is_inside(&requesting));
    let world = world.listing(Listed::Collaborators);
    world.merchant_adds(&"gina@vendor.example".parse().unwrap());
    assert_eq!(world.inside().len(), 4);
    world.revoke_credential();
    assert!(!world.fake.is_alive(&world.seed.token) && !world.fake.is_alive(&world.seed.refresh_token));
    for secret in world.secrets() {
        assert!(!format!("{world:?}").contains(&secret));
    }
    assert!(!format!("{world:?}").contains(&world.seed.request_code));
}
