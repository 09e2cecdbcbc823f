//! Webservice keys.

use std::time::Duration;

use guestpass::rotation::{Credential, Death, Find, FoundIssued, Overlap, Retire, RetireOutcome, Tag};
use guestpass::{ErrorKind, Held, Support};
use guestpass_testkit::fakes::prestashop::{ApiModule, FakeKey};
use guestpass_testkit::{Fault, On};

use super::*;
use crate::common::{Scene, V1_6, V8};

const KIND: &str = "webservice-key";
const OLD: &str = "ERPKEY00ERPKEY00ERPKEY00ERPKEY00";
const HANDED: &str = "HANDED00HANDED00HANDED00HANDED00";
const MAY: &[(&str, &[&str])] = &[("employees", &["GET", "PUT"]), ("languages", &["GET"])];

async fn scene() -> Scene {
    let scene = Scene::new().await;
    scene.fake.add_key(OLD, MAY);
    scene
}

fn truth(scene: &Scene, key: &str) -> FakeKey {
    scene.fake.keys().into_iter().find(|known| known.key == key).expect("a key")
}

#[tokio::test]
async fn a_second_key_takes_the_place_of_the_first() {
    let (scene, slot, tag) = (scene().await, slot(KIND), Tag::random());
    scene.fake.set_key_shops(OLD, &[1, 3]);
    let (shop, cx) = (scene.connect(scene.with_admin_api()), scene.cx());
    let rotator = shop.credentials().unwrap();
    let old = rotator.inspect(&slot, &known(OLD), &cx).await.unwrap();
    assert_eq!(names(&old.rights, Held::Yes), ["GET employees", "PUT employees", "GET languages"]);
    assert_eq!(old.id, Some(truth(&scene, OLD).id.to_string()));

    let ours = rotator.make_secret(&slot).unwrap();
    let mut order = order(&slot, &tag, Some(&old));
    order.secret = Some(&ours);
    let made = issued(rotator.issue(&order, &cx).await.unwrap());
    let (before, after) = (truth(&scene, OLD), truth(&scene, ours.expose()));
    assert_eq!((&after.permissions, &after.shops), (&before.permissions, &before.shops));
    assert_eq!((after.description.as_str(), made.id.clone()), (tag.as_str(), Some(after.id.to_string())));
    assert!(scene.fake.key_works(OLD) && scene.fake.key_works(ours.expose()), "both at once");

    let new = credential(&made, &tag, Some(&ours));
    let verified = rotator.verify(&slot, &new, &cx).await.unwrap();
    assert_eq!(names(&verified.rights, Held::Yes), names(&old.rights, Held::Yes));
    assert!(names(&verified.rights, Held::No).contains(&"DELETE employees"));
    assert_eq!(rotator.confirm_retired(&slot, &old, &cx).await.unwrap(), Death::Alive);
    assert!(accepted(&rotator.retire(&slot, &old, Some(&new), &cx).await.unwrap()));
    assert!(!scene.fake.key_works(OLD) && scene.fake.key_works(ours.expose()));
    assert_eq!(truth(&scene, OLD).permissions, before.permissions, "nothing else of it is changed");
    let again = rotator.retire(&slot, &old, Some(&new), &cx).await.unwrap();
    assert_eq!(again, RetireOutcome::AlreadyGone);
    let death = rotator.confirm_retired(&slot, &old, &cx).await.unwrap();
    assert!(is_dead(&death), "{death:?}");
    tells_no_secret(&scene, &[&old, &new, &made, &verified, &death, &rotator]);
    let urls: Vec<_> = scene.wire.sent().into_iter().map(|sent| sent.uri).collect();
    assert!(urls.iter().all(|url| scene.secrets_in(url).is_empty()), "{urls:?}");
}

#[tokio::test]
async fn a_lost_answer_is_settled_by_the_key_itself() {
    for fault in [
        Fault::LostAnswer,
        Fault::ConnectionReset,
        Fault::StatusAfterCommit(500),
        Fault::Truncated,
        Fault::LateCommit { after: Duration::from_secs(30) },
    ] {
        let (scene, slot, tag) = (scene().await, slot(KIND), Tag::random());
        scene.fake.inject(On::Operation("POST webservice-keys".to_owned()), fault.clone(), 1);
        let (shop, cx) = (scene.connect(scene.with_admin_api()), scene.cx());
        let rotator = shop.credentials().unwrap();
        let (old, ours) = (known(OLD), rotator.make_secret(&slot).unwrap());
        let mut order = order(&slot, &tag, Some(&old));
        order.secret = Some(&ours);
        let error = rotator.issue(&order, &cx).await.unwrap_err();
        assert!(error.is_outcome_unknown(), "{fault:?}: {error}");
        assert!(!explained(&error).contains(ours.expose()));
        scene.clock.advance(shop.connection().settle_after());
        let is_there = scene.fake.keys().iter().any(|key| key.key == ours.expose());
        match rotator.find_issued(&order, &cx).await.unwrap() {
            FoundIssued::Nothing => assert!(!is_there, "{fault:?}"),
            look => {
                assert_eq!(found(look).id, Some(truth(&scene, ours.expose()).id.to_string()), "{fault:?}")
            }
        }
        assert!(scene.fake.unfired().is_empty());
    }
}

#[tokio::test]
async fn the_same_key_sent_again_is_no_second_key_whichever_way_the_shop_says_so() {
    for status in [500, 422] {
        let (scene, slot, tag) = (scene().await, slot(KIND), Tag::random());
        scene.fake.quirks(|quirks| quirks.duplicate_key_status = status);
        let (shop, cx) = (scene.connect(scene.with_admin_api()), scene.cx());
        let rotator = shop.credentials().unwrap();
        let (old, ours) = (known(OLD), rotator.make_secret(&slot).unwrap());
        let mut order = order(&slot, &tag, Some(&old));
        order.secret = Some(&ours);
        let made = issued(rotator.issue(&order, &cx).await.unwrap());
        let error = rotator.issue(&order, &cx).await.unwrap_err();
        assert!(error.is_outcome_unknown(), "{status}: {error}");
        assert_eq!(found(rotator.find_issued(&order, &cx).await.unwrap()).id, made.id);
    }
}

#[tokio::test]
async fn a_replica_that_lags_behind_is_neither_death_nor_life() {
    let (scene, slot, tag) = (scene().await, slot(KIND), Tag::random());
    let (shop, cx) = (scene.connect(scene.with_admin_api()), scene.cx());
    let rotator = shop.credentials().unwrap();
    let visible_after = kind_of(rotator, KIND).visible_after;
    scene.fake.quirks(|quirks| quirks.key_delay = visible_after);
    let (old, ours) = (known(OLD), rotator.make_secret(&slot).unwrap());
    let mut order = order(&slot, &tag, Some(&old));
    order.secret = Some(&ours);
    let new = credential(&issued(rotator.issue(&order, &cx).await.unwrap()), &tag, Some(&ours));
    let error = rotator.verify(&slot, &new, &cx).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated, "to be tried again");
    scene.clock.advance(visible_after);
    rotator.verify(&slot, &new, &cx).await.unwrap();
    rotator.retire(&slot, &old, Some(&new), &cx).await.unwrap();
    assert_eq!(rotator.confirm_retired(&slot, &old, &cx).await.unwrap(), Death::Alive);
    scene.clock.advance(visible_after);
    assert!(is_dead(&rotator.confirm_retired(&slot, &old, &cx).await.unwrap()));
}

#[tokio::test]
async fn the_key_of_the_connection_itself_is_rotated() {
    let (scene, slot, tag) = (scene().await, slot(KIND), Tag::random());
    let (place, source) = place_of(&scene.seed.key);
    let (shop, cx) = (scene.connect(scene.with_admin_api().with_secret("key", source)), scene.cx());
    let rotator = shop.credentials().unwrap();
    shop.list_roles(&cx).await.unwrap();
    let old = rotator.inspect(&slot, &known(&scene.seed.key), &cx).await.unwrap();
    let ours = rotator.make_secret(&slot).unwrap();
    let mut order = order(&slot, &tag, Some(&old));
    order.secret = Some(&ours);
    let new = credential(&issued(rotator.issue(&order, &cx).await.unwrap()), &tag, Some(&ours));
    rotator.verify(&slot, &new, &cx).await.unwrap();
    rotator.retire(&slot, &old, Some(&new), &cx).await.unwrap();
    assert!(
        is_dead(&rotator.confirm_retired(&slot, &old, &cx).await.unwrap()),
        "with a key that is dead itself"
    );
    *place.lock().unwrap() = ours.expose().to_owned();
    scene.pause();
    shop.check(&cx).await.unwrap();
}

#[tokio::test]
async fn a_key_that_no_sink_gives_back_is_known_by_its_number() {
    let scene = scene().await;
    let cx = scene.cx();
    let id = truth(&scene, OLD).id.to_string();
    let slot = slot(KIND).with_text("id", &id);
    let shop = scene.connect(scene.with_admin_api());
    let rotator = shop.credentials().unwrap();
    let seen = rotator.inspect(&slot, &Credential::new(), &cx).await.unwrap();
    assert_eq!(seen.secret.as_ref().map(|secret| secret.expose().to_owned()).as_deref(), Some(OLD));
    let by_id = Credential::new().with_id(&id);
    assert_eq!(rotator.confirm_retired(&slot, &by_id, &cx).await.unwrap(), Death::Alive);
    assert!(accepted(&rotator.retire(&slot, &by_id, None, &cx).await.unwrap()));
    assert!(is_dead(&rotator.confirm_retired(&slot, &by_id, &cx).await.unwrap()));
    // The number in the settings is of the old one: it never decides what is ended.
    let unknown = rotator.retire(&slot, &Credential::new(), None, &cx).await.unwrap();
    assert!(matches!(unknown, RetireOutcome::ActionRequired(_)), "{unknown:?}");
    let death = rotator.confirm_retired(&slot, &Credential::new(), &cx).await.unwrap();
    assert!(matches!(death, Death::CannotTell { .. }), "{death:?}");
}

#[tokio::test]
async fn dead_missing_and_strange_keys_are_told_apart() {
    let (scene, slot) = (scene().await, slot(KIND));
    let cx = scene.cx();
    let shop = scene.connect(scene.with_admin_api().with_text("shop_id", "1"));
    let rotator = shop.credentials().unwrap();
    let inspected = async |known: &Credential| rotator.inspect(&slot, known, &cx).await.unwrap_err().kind();
    assert_eq!(inspected(&Credential::new()).await, ErrorKind::NotFound);
    assert_eq!(inspected(&known(HANDED)).await, ErrorKind::Unauthenticated);
    assert_eq!(inspected(&known("short")).await, ErrorKind::InvalidRequest);
    rotator.inspect(&slot, &known(&format!("{OLD}\n")), &cx).await.unwrap();
    scene.fake.add_shop(2, "/second/");
    scene.fake.set_key_shops(OLD, &[2]);
    assert_eq!(inspected(&known(OLD)).await, ErrorKind::Conflict, "another shop's");
    let error = rotator.verify(&slot, &known(OLD), &cx).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    let death = rotator.confirm_retired(&slot, &known(OLD), &cx).await.unwrap();
    assert_eq!(death, Death::Alive, "elsewhere");
    scene.fake.set_key_enabled(OLD, false);
    assert_eq!(inspected(&known(OLD)).await, ErrorKind::Unauthenticated);
    // A proxy that refuses proves no death.
    scene.wire.instead(|request| {
        request.uri().path().ends_with("/api/").then(|| (401, "<html>who are you?</html>".to_owned()))
    });
    assert!(rotator.confirm_retired(&slot, &known(OLD), &cx).await.is_err());
}

#[tokio::test]
async fn a_lost_key_is_found_behind_many_others_and_half_a_listing_proves_nothing() {
    let (scene, slot, tag) = (scene().await, slot(KIND), Tag::random());
    for number in 0..250 {
        scene.fake.add_key(&format!("{number:032}"), MAY);
    }
    scene.fake.add_key(HANDED, MAY);
    let (shop, cx) = (scene.connect(scene.with_admin_api()), scene.cx());
    let rotator = shop.credentials().unwrap();
    let (ours, nobodys) = (secret(HANDED), rotator.make_secret(&slot).unwrap());
    let mut order = order(&slot, &tag, None);
    order.secret = Some(&ours);
    assert_eq!(
        found(rotator.find_issued(&order, &cx).await.unwrap()).id,
        Some(truth(&scene, HANDED).id.to_string())
    );
    order.secret = Some(&nobodys);
    assert!(matches!(rotator.find_issued(&order, &cx).await.unwrap(), FoundIssued::Nothing));
    let fake = scene.fake.clone();
    scene.wire.after("GET", "offset=100", move || fake.add_key(&"X".repeat(32), MAY));
    let error = rotator.find_issued(&order, &cx).await.unwrap_err();
    assert!(error.message().contains("changed while"), "{error}");
}

#[tokio::test]
async fn the_first_key_gets_what_the_settings_say() {
    let (scene, tag) = (scene().await, Tag::random());
    let cx = scene.cx();
    let shop = scene.connect(scene.with_admin_api());
    let rotator = shop.credentials().unwrap();
    let ours = rotator.make_secret(&slot(KIND)).unwrap();
    let bare = slot(KIND);
    let mut first = order(&bare, &tag, None);
    first.secret = Some(&ours);
    let error = rotator.issue(&first, &cx).await.unwrap_err();
    assert_eq!(error.field(), Some("permissions"), "{error}");
    let told = slot(KIND).with_text("permissions", "GET employees, PUT employees, GET languages");
    first.slot = &told;
    issued(rotator.issue(&first, &cx).await.unwrap());
    let (old, new) = (truth(&scene, OLD), truth(&scene, ours.expose()));
    assert_eq!((new.permissions, new.shops), (old.permissions, old.shops));
}

#[tokio::test]
async fn what_is_in_place_is_never_switched_off() {
    let (scene, slot) = (scene().await, slot(KIND));
    let cx = scene.cx();
    let shop = scene.connect(scene.with_admin_api());
    let rotator = shop.credentials().unwrap();
    let id = truth(&scene, OLD).id.to_string();
    for (old, heir) in [
        (known(OLD), known(OLD)),
        (Credential::new().with_id(&id), known(OLD)),
        (Credential::new().with_id(&id), Credential::new().with_id(&id)),
    ] {
        let error = rotator.retire(&slot, &old, Some(&heir), &cx).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    }
    assert!(scene.fake.key_works(OLD));
}

#[tokio::test]
async fn where_no_api_makes_keys_a_human_does_and_guestpass_tries_both() {
    let of = async |version| {
        let scene = Scene::of(version).await;
        scene.fake.add_key(OLD, MAY);
        scene
    };
    let old_module = scene().await;
    old_module.fake.quirks(|quirks| quirks.api_module = ApiModule::V0_1);
    for (scene, with_admin) in [(of(V1_6).await, false), (of(V8).await, true), (old_module, true)] {
        let settings = if with_admin { scene.with_admin_api() } else { scene.settings() };
        let (slot, tag, cx) = (slot(KIND), Tag::random(), scene.cx());
        let shop = scene.connect(settings);
        let rotator = shop.credentials().unwrap();
        let old = rotator.inspect(&slot, &known(OLD), &cx).await.unwrap();
        assert_eq!(names(&old.rights, Held::Yes), ["GET employees", "PUT employees", "GET languages"]);
        let ours = secret(HANDED);
        let mut order = order(&slot, &tag, Some(&old));
        order.secret = Some(&ours);
        let text = step(rotator.issue(&order, &cx).await.unwrap()).to_string();
        assert!(text.contains(tag.as_str()) && text.contains("Webservice"), "{text}");
        assert!(matches!(rotator.find_issued(&order, &cx).await.unwrap(), FoundIssued::Nothing));
        scene.fake.add_key(HANDED, MAY);
        rotator.verify(&slot, &known(HANDED), &cx).await.unwrap();
        let outcome = rotator.retire(&slot, &old, Some(&known(HANDED)), &cx).await.unwrap();
        assert!(matches!(outcome, RetireOutcome::ActionRequired(_)), "{outcome:?}");
        assert_eq!(rotator.confirm_retired(&slot, &old, &cx).await.unwrap(), Death::Alive);
        scene.fake.set_key_enabled(OLD, false);
        assert!(is_dead(&rotator.confirm_retired(&slot, &old, &cx).await.unwrap()));
        assert!(scene.fake.requests().iter().all(|request| !request.write), "{:?}", scene.fake.requests());
    }
}

#[tokio::test]
async fn the_kind_says_what_the_connection_can_do() {
    let scene = scene().await;
    let (with, without) = (scene.connect(scene.with_admin_api()), scene.shop());
    let told = |shop: &dyn guestpass::AccessProvider| {
        let info = kind_of(shop.credentials().unwrap(), KIND);
        (info.capability.support, info.find, info.retire, info.overlap)
    };
    assert_eq!(told(&*with), (Support::Emulated, Find::CallerMade, Retire::Disable, Overlap::Unlimited));
    assert_eq!(told(&*without), (Support::Manual, Find::HandedIn, Retire::Human, Overlap::Unlimited));
    let error = without.credentials().unwrap().make_secret(&slot(KIND)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    let error = with.credentials().unwrap().make_secret(&slot("storefront-token")).unwrap_err();
    assert!(error.remedy().contains("employee-password"), "{error}");
    let error = with.credentials().unwrap().make_secret(&slot(KIND).with_text("colour", "red")).unwrap_err();
    assert_eq!(error.field(), Some("colour"));
    assert!(scene.connect(scene.settings().merchant_held()).credentials().is_none());
}
