//! Clients of the Admin API.

use std::time::Duration;

use guestpass::rotation::{Credential, Death, Find, FoundIssued, Retire, RetireOutcome, Tag};
use guestpass::{ErrorKind, Held, Support};
use guestpass_testkit::fakes::prestashop::FakeApiClient;
use guestpass_testkit::{Fault, On};

use super::*;
use crate::common::{Scene, V8};

const KIND: &str = "admin-api-client";
const OLD: &str = "erp";
const OLD_SECRET: &str = "00000000000000000000000000000001";

/// A shop with a client of somebody's that is to be rotated.
async fn scene() -> Scene {
    let scene = Scene::new().await;
    scene.fake.add_api_client(OLD, OLD_SECRET, &["profile_read", "webservice_key_read"]);
    scene.fake.set_client_lifetime(OLD, 7200);
    scene
}

fn pair(id: &str, secret: &str) -> Credential {
    known(&format!(r#"{{"client_id":"{id}","client_secret":"{secret}"}}"#))
}

fn works(scene: &Scene, credential: &Credential) -> bool {
    let text = credential.secret.as_ref().unwrap().expose().to_owned();
    let part = |name: &str| {
        let from = text.find(name).unwrap() + name.len() + 3;
        text[from..].split('"').next().unwrap().to_owned()
    };
    scene.fake.client_works(&part("client_id"), &part("client_secret"))
}

fn clients(scene: &Scene, called: &str) -> Vec<FakeApiClient> {
    scene.fake.api_clients().into_iter().filter(|client| client.client_id == called).collect()
}

#[tokio::test]
async fn a_second_client_takes_the_place_of_the_first() {
    let (scene, slot, tag) = (scene().await, slot(KIND), Tag::random());
    let (shop, cx) = (scene.connect(scene.with_admin_api()), scene.cx());
    let rotator = shop.credentials().unwrap();
    let old = rotator.inspect(&slot, &pair(OLD, OLD_SECRET), &cx).await.unwrap();
    assert_eq!(names(&old.rights, Held::Yes), ["profile_read", "webservice_key_read"]);

    let made = issued(rotator.issue(&order(&slot, &tag, Some(&old)), &cx).await.unwrap());
    let new = credential(&made, &tag, None);
    let [truth] = &clients(&scene, tag.as_str())[..] else { panic!("one client with the tag") };
    assert_eq!(new.id, Some(truth.id.to_string()));
    assert_eq!(
        (truth.scopes.len(), truth.lifetime),
        (2, 3600),
        "the same scopes, a shorter life of its tokens"
    );
    assert!(works(&scene, &new) && works(&scene, &old), "both at once");

    let verified = rotator.verify(&slot, &new, &cx).await.unwrap();
    assert_eq!(names(&verified.rights, Held::Yes), names(&old.rights, Held::Yes));
    assert!(names(&verified.rights, Held::No).contains(&"api_client_write"), "{verified:?}");

    let death = rotator.confirm_retired(&slot, &old, &cx).await.unwrap();
    assert_eq!(death, Death::Alive, "before its end");
    let outcome = rotator.retire(&slot, &old, Some(&new), &cx).await.unwrap();
    assert!(accepted(&outcome) && !works(&scene, &old) && works(&scene, &new));
    let again = rotator.retire(&slot, &old, Some(&new), &cx).await.unwrap();
    assert_eq!(again, RetireOutcome::AlreadyGone);
    // The token that the old one has until then is the truth behind the moment that is told.
    let at = dies_at(rotator.confirm_retired(&slot, &old, &cx).await.unwrap());
    assert_eq!(at, scene.fake.now() + Duration::from_secs(7200));
    assert!(clients(&scene, OLD)[0].tokens > 0);
    scene.clock.advance(Duration::from_secs(7200));
    assert_eq!(clients(&scene, OLD)[0].tokens, 0);
    tells_no_secret(&scene, &[&old, &new, &made, &verified, &outcome, &death, &rotator]);
}

#[tokio::test]
async fn a_lost_answer_leaves_one_client_that_is_found_and_ended_and_another_one_is_made() {
    for fault in [Fault::LostAnswer, Fault::ConnectionReset, Fault::StatusAfterCommit(500), Fault::Truncated]
    {
        let (scene, slot, tag) = (scene().await, slot(KIND), Tag::random());
        scene.fake.inject(On::Operation("POST api-clients".to_owned()), fault.clone(), 1);
        let (shop, cx) = (scene.connect(scene.with_admin_api()), scene.cx());
        let rotator = shop.credentials().unwrap();
        let old = pair(OLD, OLD_SECRET);
        let error = rotator.issue(&order(&slot, &tag, Some(&old)), &cx).await.unwrap_err();
        assert!(error.is_outcome_unknown(), "{fault:?}: {error}");
        tells_no_secret(&scene, &[&error]);
        let committed = clients(&scene, tag.as_str()).len();
        let look = rotator.find_issued(&order(&slot, &tag, Some(&old)), &cx).await.unwrap();
        if committed == 0 {
            assert!(matches!(look, FoundIssued::Nothing), "{fault:?}");
            continue;
        }
        let lost = found(look);
        assert!(lost.secret.is_none(), "it is never told again");
        let orphan = credential(&lost, &tag, None);
        assert!(accepted(&rotator.retire(&slot, &orphan, None, &cx).await.unwrap()));
        dies_at(rotator.confirm_retired(&slot, &orphan, &cx).await.unwrap());
        assert!(clients(&scene, tag.as_str())[0].deleted, "{fault:?}");
        let other = Tag::random();
        issued(rotator.issue(&order(&slot, &other, Some(&old)), &cx).await.unwrap());
        assert!(scene.fake.unfired().is_empty());
    }
}

#[tokio::test]
async fn a_tag_that_is_part_of_another_one_is_not_taken_for_it() {
    let (scene, slot, tag) = (scene().await, slot(KIND), Tag::random());
    scene.fake.add_api_client(&format!("{tag}-2"), "s", &["profile_read"]);
    let shop = scene.connect(scene.with_admin_api());
    let look = shop.credentials().unwrap().find_issued(&order(&slot, &tag, None), &scene.cx()).await.unwrap();
    assert!(matches!(look, FoundIssued::Nothing), "{look:?}");
}

#[tokio::test]
async fn the_control_client_itself_is_rotated_and_ended_by_its_heir() {
    let scene = Scene::new().await;
    let (slot, tag, cx) = (slot(KIND), Tag::random(), scene.cx());
    let (id, old_secret) = (scene.seed.client_id.clone(), scene.seed.client_secret.clone());
    let old = pair(&id, &old_secret);
    // Of one piece, from a place that changes.
    let (place, source) = place_of(old.secret.as_ref().unwrap().expose());
    let settings = scene.settings().with_secret("admin_client", source);
    let shop = scene.connect(settings);
    let rotator = shop.credentials().unwrap();
    let seen = rotator.inspect(&slot, &old, &cx).await.unwrap();
    let made = issued(rotator.issue(&order(&slot, &tag, Some(&seen)), &cx).await.unwrap());
    let new = credential(&made, &tag, None);
    rotator.verify(&slot, &new, &cx).await.unwrap();
    *place.lock().unwrap() = new.secret.clone().unwrap().expose().to_owned();
    assert!(accepted(&rotator.retire(&slot, &seen, Some(&new), &cx).await.unwrap()));
    dies_at(rotator.confirm_retired(&slot, &seen, &cx).await.unwrap());
    // Another process still has the old one, which no longer asks for tokens: the heir finds that it is gone.
    let stale = scene.connect(scene.with_admin_api());
    let again = stale.credentials().unwrap().retire(&slot, &seen, Some(&new), &cx).await.unwrap();
    assert_eq!(again, RetireOutcome::AlreadyGone);
    // The same connection goes on, although what it has read first is dead.
    scene.clock.advance(Duration::from_secs(2 * 3600));
    let cx = scene.cx();
    let next = rotator.inspect(&slot, &new, &cx).await.unwrap();
    assert_eq!(next.id, new.id);
    // A garbled place is a mistake in the settings, and is not repeated.
    let garbled = scene.settings().with_secret("admin_client", crate::common::secret("garbage-of-a-secret"));
    let error = scene.connect(garbled).credentials().unwrap().inspect(&slot, &new, &cx).await.unwrap_err();
    assert_eq!((error.kind(), error.field()), (ErrorKind::Config, Some("admin_client")));
    assert!(!explained(&error).contains("garbage"), "{error}");
}

#[tokio::test]
async fn what_is_in_place_is_never_ended() {
    let (scene, slot) = (scene().await, slot(KIND));
    let cx = scene.cx();
    let shop = scene.connect(scene.with_admin_api());
    let rotator = shop.credentials().unwrap();
    let one = pair(OLD, OLD_SECRET);
    let error = rotator.retire(&slot, &one, Some(&one.clone()), &cx).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    let by_id = Credential::new().with_id("2");
    let error = rotator.retire(&slot, &by_id, Some(&one.clone().with_id("2")), &cx).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    let error = rotator.retire(&slot, &by_id, Some(&one.clone()), &cx).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "known by its number alone");
    assert!(works(&scene, &one));
}

#[tokio::test]
async fn a_dead_a_missing_and_a_foreign_client_are_told_apart() {
    let scene = scene().await;
    let (slot, tag, cx) = (slot(KIND), Tag::random(), scene.cx());
    let shop = scene.connect(scene.with_admin_api());
    let rotator = shop.credentials().unwrap();
    let kind = async |known: &Credential| rotator.inspect(&slot, known, &cx).await.unwrap_err().kind();
    assert_eq!(kind(&pair(OLD, "another-secret")).await, ErrorKind::Unauthenticated);
    assert_eq!(kind(&pair("nobody", OLD_SECRET)).await, ErrorKind::Unauthenticated);
    assert_eq!(kind(&Credential::new()).await, ErrorKind::NotFound);
    assert_eq!(kind(&known("no pair at all")).await, ErrorKind::InvalidRequest);
    // A dead one still has scopes to take over; one that is gone has none.
    issued(rotator.issue(&order(&slot, &tag, Some(&pair(OLD, "another-secret"))), &cx).await.unwrap());
    assert_eq!(clients(&scene, tag.as_str())[0].scopes.len(), 2);
    let error = rotator.issue(&order(&slot, &Tag::random(), None), &cx).await.unwrap_err();
    assert_eq!(error.field(), Some("scopes"), "{error}");
    let first =
        slot.clone().with_text("scopes", "profile_read, api_client_read").with_text("token_lifetime", "60");
    let first_tag = Tag::random();
    issued(rotator.issue(&order(&first, &first_tag, None), &cx).await.unwrap());
    let truth = clients(&scene, first_tag.as_str()).remove(0);
    assert_eq!((truth.scopes.len(), truth.lifetime), (2, 60));
    let numbered = slot.clone().with_text("id", truth.id.to_string());
    let seen = rotator.inspect(&numbered, &Credential::new(), &cx).await.unwrap();
    assert_eq!(seen.id, Some(truth.id.to_string()));
    scene.fake.make_client_external(OLD);
    assert_eq!(kind(&pair(OLD, OLD_SECRET)).await, ErrorKind::Unsupported);
}

#[tokio::test]
async fn a_client_that_was_handed_out_with_fewer_scopes_shows_it() {
    let scene = scene().await;
    let (slot, cx) = (slot(KIND), scene.cx());
    scene.fake.add_api_client("fewer", "s", &["profile_read"]);
    for settings in [scene.with_admin_api(), scene.settings()] {
        let shop = scene.connect(settings);
        let verified = shop.credentials().unwrap().verify(&slot, &pair("fewer", "s"), &cx).await.unwrap();
        assert_eq!(names(&verified.rights, Held::Yes), ["profile_read"]);
        assert!(names(&verified.rights, Held::No).contains(&"webservice_key_read"), "{verified:?}");
        let error = shop.credentials().unwrap().verify(&slot, &pair("fewer", "x"), &cx).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    }
}

#[tokio::test]
async fn a_right_of_the_control_client_that_is_missing_is_named() {
    let scene = scene().await;
    let (slot, tag, cx) = (slot(KIND), Tag::random(), scene.cx());
    scene.fake.add_api_client("reader", "s", &["api_client_read"]);
    let settings = scene
        .settings()
        .with_text("admin_client_id", "reader")
        .with_secret("admin_client_secret", crate::common::secret("s"));
    let shop = scene.connect(settings);
    let old = pair(OLD, OLD_SECRET);
    let error = shop.credentials().unwrap().issue(&order(&slot, &tag, Some(&old)), &cx).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    assert!(error.remedy().contains("api_client_write"), "{}", error.remedy());
    assert!(clients(&scene, tag.as_str()).is_empty());
}

#[tokio::test]
async fn without_a_control_client_a_human_makes_and_deletes_and_guestpass_tries_both() {
    let scene = scene().await;
    let (slot, tag, cx) = (slot(KIND), Tag::random(), scene.cx());
    let shop = scene.shop();
    let rotator = shop.credentials().unwrap();
    let info = kind_of(rotator, KIND);
    assert_eq!(
        (info.capability.support, info.find, info.retire),
        (Support::Manual, Find::HandedIn, Retire::Human)
    );
    let old = rotator.inspect(&slot, &pair(OLD, OLD_SECRET), &cx).await.unwrap();
    assert_eq!(names(&old.rights, Held::Yes), ["profile_read", "webservice_key_read"]);
    let text = step(rotator.issue(&order(&slot, &tag, Some(&old)), &cx).await.unwrap()).to_string();
    assert!(text.contains(tag.as_str()) && text.contains("client_secret"), "{text}");
    scene.fake.add_api_client("second", "second-secret", &["profile_read", "webservice_key_read"]);
    let new = pair("second", "second-secret");
    rotator.verify(&slot, &new, &cx).await.unwrap();
    let RetireOutcome::ActionRequired(text) = rotator.retire(&slot, &old, Some(&new), &cx).await.unwrap()
    else {
        panic!("by hand")
    };
    assert!(text.to_string().contains("Enter exactly: erp"), "{text}");
    assert_eq!(rotator.confirm_retired(&slot, &old, &cx).await.unwrap(), Death::Alive);
    scene.fake.delete_api_client(OLD);
    let at = dies_at(rotator.confirm_retired(&slot, &old, &cx).await.unwrap());
    assert_eq!(at, scene.fake.now() + Duration::from_secs(7200));
    assert!(scene.fake.requests().iter().all(|request| !request.write), "{:?}", scene.fake.requests());
}

#[tokio::test]
async fn a_shop_before_9_says_that_it_has_no_such_clients() {
    let scene = Scene::of(V8).await;
    let shop = scene.connect(scene.with_admin_api());
    let old = pair(OLD, OLD_SECRET);
    let error = shop.credentials().unwrap().inspect(&slot(KIND), &old, &scene.cx()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
}
