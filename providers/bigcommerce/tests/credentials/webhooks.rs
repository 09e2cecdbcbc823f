//! Webhooks of an API account are taken along.

use guestpass::ErrorKind;
use guestpass::rotation::{Carried, CarryOver};
use guestpass_testkit::fakes::bigcommerce::FakeHook;
use guestpass_testkit::{Fault, On};

use super::*;

const ORDERS: &str = "store/order/created";

struct Accounts {
    scene: Scene,
    slot: CredentialSlot,
    old: Credential,
    new: Credential,
}

impl Accounts {
    async fn new() -> Self {
        let scene = Scene::new().await;
        let make = |name: &str| {
            let scopes = ["store_v2_information_read_only"];
            holding(&scene.fake.create_store_api_account(scene.hash(), name, &scopes).token)
        };
        let (old, new) = (make("the old one"), make("the new one"));
        Self { slot: slot(STORE_ACCOUNT), scene, old, new }
    }

    fn register(&self, of: &Credential, hook: FakeHook) {
        self.scene.fake.add_hook(self.scene.hash(), text(of), hook);
    }

    fn hooks(&self, of: &Credential) -> Vec<FakeHook> {
        self.scene.fake.hooks(self.scene.hash(), text(of))
    }

    async fn carry(&self) -> Result<Carried> {
        let change = CarryOver::new(&self.slot, Some(&self.old), &self.new);
        self.scene.rotator().carry_over(&change, &self.scene.cx()).await
    }
}

fn hook(scope: &str, number: usize) -> FakeHook {
    FakeHook::new(scope, &format!("https://hooks.example/{number}"))
}

fn verified(carried: Carried) -> (Vec<String>, Vec<ManualStep>) {
    match carried {
        Carried::Verified { what, left } => (what, left),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn every_webhook_is_made_once_with_its_headers_however_often_it_is_asked_for() {
    let accounts = Accounts::new().await;
    accounts.register(&accounts.old, hook(ORDERS, 1).sending("x-key", "marker-of-a-header"));
    accounts.register(&accounts.old, hook(ORDERS, 2).switched_off());
    accounts.register(&accounts.old, hook("store/product/updated", 1));
    // One was made by hand already.
    accounts.register(&accounts.new, hook("store/product/updated", 1));
    for _ in 0..2 {
        let (what, left) = verified(accounts.carry().await.unwrap());
        assert_eq!(what, ["3 webhooks are there for the new token"]);
        assert!(left.is_empty(), "{left:?}");
        assert_eq!(accounts.hooks(&accounts.new), accounts.hooks(&accounts.old));
        assert_eq!(accounts.scene.fake.writes(), 2);
    }
}

#[tokio::test]
async fn a_lost_answer_stops_it_and_the_next_call_makes_none_twice() {
    let accounts = Accounts::new().await;
    for number in 0..3 {
        accounts.register(&accounts.old, hook(ORDERS, number));
    }
    accounts.scene.fake.inject(On::Writes, Fault::LostAnswer, 1);
    let error = accounts.carry().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{error}");
    assert_eq!(accounts.hooks(&accounts.new).len(), 1, "it was made all the same");
    let (what, _) = verified(accounts.carry().await.unwrap());
    assert_eq!(what, ["3 webhooks are there for the new token"]);
    assert_eq!(accounts.hooks(&accounts.new), accounts.hooks(&accounts.old));
    assert_eq!(accounts.scene.fake.writes(), 3);
}

#[tokio::test]
async fn a_scope_that_is_full_is_left_to_a_person_and_nothing_is_lost_unnoticed() {
    let accounts = Accounts::new().await;
    for number in 0..10 {
        accounts.register(&accounts.old, hook(ORDERS, number));
        accounts.register(&accounts.new, hook(ORDERS, number + 5));
    }
    let (what, left) = verified(accounts.carry().await.unwrap());
    assert_eq!(what, ["5 webhooks are there for the new token"]);
    assert!(left[0].to_string().contains("store/order/created (5)"), "{left:?}");
    assert_eq!(accounts.scene.fake.writes(), 0, "there is no room");
}

#[tokio::test]
async fn one_that_the_platform_refuses_is_left_to_a_person() {
    let accounts = Accounts::new().await;
    accounts
        .register(&accounts.old, FakeHook::new(ORDERS, "https://hooks.example:8443/not-allowed-any-more"));
    accounts.register(&accounts.old, hook(ORDERS, 1));
    let (what, left) = verified(accounts.carry().await.unwrap());
    assert_eq!(what, ["1 webhook is there for the new token"]);
    assert!(left[0].to_string().contains("store/order/created (1)"), "{left:?}");
    assert!(!left[0].to_string().contains("8443"), "an address may hold a key: {left:?}");
}

#[tokio::test]
async fn more_than_one_page_of_them_is_taken_along() {
    let accounts = Accounts::new().await;
    for number in 0..300 {
        accounts.register(&accounts.old, hook(&format!("store/scope/{}", number % 60), number));
    }
    let cx = accounts.scene.env.call().with_timeout(Duration::from_secs(3600));
    let change = CarryOver::new(&accounts.slot, Some(&accounts.old), &accounts.new);
    let (what, left) = verified(accounts.scene.rotator().carry_over(&change, &cx).await.unwrap());
    assert_eq!(what, ["300 webhooks are there for the new token"]);
    assert!(left.is_empty());
    assert_eq!(accounts.hooks(&accounts.new), accounts.hooks(&accounts.old));
}

#[tokio::test]
async fn those_of_a_dead_or_unreadable_account_are_left_to_a_person() {
    let mut accounts = Accounts::new().await;
    accounts.scene.fake.revoke_token(text(&accounts.old));
    let (_, left) = verified(accounts.carry().await.unwrap());
    assert!(left[0].to_string().contains("the old token is dead"), "{left:?}");
    accounts.old = Credential::new();
    let (_, left) = verified(accounts.carry().await.unwrap());
    assert!(left[0].to_string().contains("cannot be read"), "{left:?}");
    let unreadable = Credential::new();
    let change = CarryOver::new(&accounts.slot, Some(&accounts.new), &unreadable);
    let carried = accounts.scene.rotator().carry_over(&change, &accounts.scene.cx()).await.unwrap();
    assert!(verified(carried).1[0].to_string().contains("the new token cannot be read"));
    let change = CarryOver::new(&accounts.slot, None, &accounts.new);
    let first = accounts.scene.rotator().carry_over(&change, &accounts.scene.cx()).await.unwrap();
    assert_eq!(first, Carried::nothing(), "there was none before");
}

#[tokio::test]
async fn a_new_token_that_is_refused_stops_it() {
    let accounts = Accounts::new().await;
    accounts.register(&accounts.old, hook(ORDERS, 1));
    accounts.scene.fake.revoke_token(text(&accounts.new));
    let error = accounts.carry().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{error}");
    assert_eq!(accounts.hooks(&accounts.old).len(), 1);
}

#[tokio::test]
async fn one_that_is_not_listed_yet_is_looked_for_again() {
    let accounts = Accounts::new().await;
    accounts.register(&accounts.old, hook(ORDERS, 1));
    accounts.scene.fake.forward(Duration::from_secs(60));
    accounts.scene.fake.quirks(|quirks| quirks.hook_delay = Duration::from_secs(60));
    assert_eq!(accounts.carry().await.unwrap(), Carried::Refreshed);
    accounts.scene.fake.forward(Duration::from_secs(60));
    let (what, left) = verified(accounts.carry().await.unwrap());
    assert_eq!((what.len(), left.len()), (1, 0));
    assert_eq!(accounts.scene.fake.writes(), 1);
}
