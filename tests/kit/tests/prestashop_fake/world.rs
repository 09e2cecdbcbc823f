use std::time::Duration;

use guestpass::Email;
use guestpass_testkit::conformance::{Denial, PagingFault, World};
use guestpass_testkit::fakes::prestashop::{Paging, PrestashopWorld};

use super::*;

async fn world() -> PrestashopWorld {
    let fake = FakePrestashop::start(Arc::new(ManualClock::new())).await;
    fake.quirks(|quirks| quirks.limit_per_second = 1000);
    PrestashopWorld::plant(fake).unwrap()
}

async fn send(world: &PrestashopWorld, method: &str, tail: &str, body: String) -> Answer {
    let url = format!("{}api/{tail}", world.fake.url());
    let client = Client::builder().build().unwrap();
    let request =
        client.request(method.parse().unwrap(), url).basic_auth(&world.seed.key, Some("")).body(body);
    Answer::read(request.send().await.unwrap()).await
}

#[tokio::test]
async fn only_our_own_doings_are_counted() {
    let world = world().await;
    let guest: Email = "Gina@vendor.example".parse().unwrap();
    let before = world.inside();
    assert!(before.len() >= 2 && before.contains(&world.owner().to_string().to_lowercase()), "{before:?}");
    world.merchant_adds(&guest);
    assert!(world.is_inside(&guest));
    world.merchant_removes(&guest);
    assert_eq!((world.inside(), world.invitations(&guest), world.removals(&guest)), (before, 0, 0));

    let fields = |active| employee(&[("email", guest.as_str()), ("active", active)]);
    let id = send(&world, "POST", "employees", fields("1")).await.field("id").to_owned();
    assert!(world.is_inside(&guest));
    let again = |active| fields(active).replace("<employee>", &format!("<employee><id>{id}</id>"));
    send(&world, "PUT", "employees", again("0")).await;
    assert!(!world.is_inside(&guest));
    send(&world, "PUT", "employees", again("0")).await;
    assert_eq!((world.invitations(&guest), world.removals(&guest)), (1, 1));
    send(&world, "DELETE", &format!("employees/{id}"), String::new()).await;
    assert_eq!(world.removals(&guest), 1, "who was off already is not removed again");
    assert_eq!(world.writes(), 4);
    assert_eq!((world.budget(), world.reserve()), ((5, Duration::from_secs(1)), 1));
    assert!(world.requests().iter().all(|request| world.is_metered(request)));
}

#[tokio::test]
async fn rights_go_in_two_forms_and_the_key_for_good() {
    let world = world().await;
    let list = async || send(&world, "GET", "employees", String::new()).await;
    assert_eq!(list().await.status, 200);
    world.take_rights_away(Denial::Status);
    assert_eq!(list().await.codes(), ["25"]);
    world.take_rights_away(Denial::Body);
    assert_eq!(list().await.codes(), ["26"]);
    world.revoke_credential();
    assert_eq!(list().await.codes(), ["20", "21"]);
    assert!(world.secrets().contains(&world.seed.key));
    assert!(world.secrets().contains(&world.seed.client_secret));
}

#[tokio::test]
async fn listings_go_wrong_as_the_suite_asks() {
    let world = world().await;
    for (fault, paging) in [
        (PagingFault::RepeatedEntry, Paging::RepeatedRow),
        (PagingFault::Circle, Paging::SamePage),
        (PagingFault::Miscount, Paging::Backwards),
        (PagingFault::EmptyPage, Paging::Right),
    ] {
        world.disturb_paging(fault);
        world.fake.quirks(|quirks| assert_eq!(quirks.paging, paging, "{fault:?}"));
    }
}
