//! A token that never expires becomes one that is renewed.

use std::sync::Arc;

use guestpass::rotation::{
    Carried, CarryOver, Credential, CredentialSlot, Death, FoundIssued, RetireOutcome, Tag,
};
use guestpass::{ErrorKind, FixedSecret, Held, Proof};
use guestpass_testkit::fakes::shopify::Verdict;
use guestpass_testkit::{Fault, On};

use super::common::{Place, Scene};
use super::{as_credential, issue, knowing, order, rights, rotator, slot};

const KIND: &str = "offline-token";
const HOUR: std::time::Duration = std::time::Duration::from_secs(3600);

fn app_slot(scene: &Scene) -> CredentialSlot {
    let secret = Arc::new(FixedSecret::new(scene.seed.client_secret.clone().into()));
    slot(KIND).with_text("client_id", &scene.seed.client_id).with_secret("client_secret", secret)
}

#[tokio::test]
async fn the_store_goes_on_with_a_refresh_token() {
    let scene = Scene::new().await;
    let store = scene.connect(scene.with_token());
    let (slot, tag, cx) = (app_slot(&scene), Tag::random(), scene.cx());
    let old = rotator(&store).inspect(&slot, &Credential::new(), &cx).await.unwrap();
    assert!(rights(&old.rights, &Held::Yes).contains(&"read_products".to_owned()));
    let made = issue(&scene, &store, &slot, &tag, Some(&old)).await.unwrap();
    let refresh = made.secret.as_ref().unwrap().expose().to_owned();
    assert!(scene.fake.is_alive(&refresh) && !scene.fake.is_alive(&scene.seed.token));
    assert!(made.expires_at.unwrap() > scene.fake.now() + 80 * 24 * HOUR);

    let new = as_credential(&made, &tag);
    let verified = rotator(&store).verify(&slot, &new, &cx).await.unwrap();
    assert_eq!((&verified.rights, &verified.untried), (&old.rights, &None), "tried with what came beside it");
    assert_eq!(scene.grants("refresh_token"), 0, "and not used up");
    let carried = rotator(&store).carry_over(&CarryOver::new(&slot, Some(&old), &new), &cx).await.unwrap();
    let Carried::Verified { what, left } = carried else { panic!("{carried:?}") };
    assert!(left.is_empty() && what[0].contains("`refresh_token`"), "{what:?}");
    assert!(verified.warnings[0].contains("settings must change"), "{:?}", verified.warnings);
    let ended = rotator(&store).retire(&slot, &old, Some(&new), &cx).await.unwrap();
    assert_eq!(ended, RetireOutcome::AlreadyGone);
    let death = rotator(&store).confirm_retired(&slot, &old, &cx).await.unwrap();
    assert!(matches!(death, Death::Dead { proof: Proof::CredentialDead { .. } }), "{death:?}");

    // The settings are changed as the step says.
    let place = Place::holding(&refresh);
    let changed = scene.connect(scene.with_app().with_secret("refresh_token", place.source()));
    scene.clock.advance(2 * HOUR);
    changed.check(&cx).await.unwrap();
    assert_ne!(place.text(), refresh);
    assert!(rotator(&changed).verify(&slot, &new, &cx).await.unwrap().untried.is_none());
    let carried = rotator(&changed).carry_over(&CarryOver::new(&slot, Some(&old), &new), &cx).await.unwrap();
    assert_eq!(carried, Carried::nothing());
    let error = rotator(&changed).inspect(&slot, &Credential::new(), &cx).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported, "nothing is left to migrate: {error}");
    let error = issue(&scene, &changed, &slot, &tag, None).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    assert_eq!(scene.grants("token_exchange"), 1);
}

#[tokio::test]
async fn a_lost_answer_is_the_loss_of_authority_and_told_so() {
    for fault in [Fault::LostAnswer, Fault::StatusAfterCommit(520), Fault::Truncated, Fault::EmptyBody] {
        let scene = Scene::new().await;
        scene.fake.quirks(|quirks| quirks.repeated_migration = Verdict::Success);
        let store = scene.connect(scene.with_token());
        let (slot, tag, cx) = (app_slot(&scene), Tag::random(), scene.cx());
        let old = rotator(&store).inspect(&slot, &Credential::new(), &cx).await.unwrap();
        scene.fake.inject(On::Operation("token_exchange".to_owned()), fault.clone(), 1);
        let error = issue(&scene, &store, &slot, &tag, Some(&old)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{fault:?}: {error}");
        for known in [Some(&old), None] {
            let error = rotator(&store).find_issued(&order(&slot, &tag, known), &cx).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{fault:?}: {error}");
            assert!(error.remedy().contains("guestpass connect"), "{error}");
        }
        assert_eq!(scene.grants("token_exchange"), 1, "sent once, although the fake would take it again");

        // The app is authorised again, and what that gave is handed in.
        let (shop, client) = (&scene.seed.shop, &scene.seed.client_id);
        scene.fake.add_expiring_token(shop, client, "shpat_again", "shprt_again");
        let mut handed = knowing("shprt_again");
        handed.tag = Some(tag.clone());
        let place = Place::holding("shprt_again");
        let changed = scene.connect(scene.with_app().with_secret("refresh_token", place.source()));
        for connection in [&store, &changed] {
            rotator(connection).inspect(&slot, &handed, &cx).await.unwrap();
        }
        assert_eq!(rotator(&changed).verify(&slot, &handed, &cx).await.unwrap().untried, None);
    }
}

#[tokio::test]
async fn what_did_not_arrive_left_the_old_one_alive() {
    let scene = Scene::new().await;
    let store = scene.connect(scene.with_token());
    let (slot, tag) = (app_slot(&scene), Tag::random());
    scene.fake.inject(On::Operation("token_exchange".to_owned()), Fault::ConnectionReset, 1);
    let error = issue(&scene, &store, &slot, &tag, None).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{error}");
    let found = rotator(&store).find_issued(&order(&slot, &tag, None), &scene.cx()).await.unwrap();
    assert!(matches!(found, FoundIssued::Nothing), "{found:?}");
    let old = knowing(&scene.seed.token);
    assert_eq!(rotator(&store).confirm_retired(&slot, &old, &scene.cx()).await.unwrap(), Death::Alive);
    let made = issue(&scene, &store, &slot, &Tag::random(), None).await.unwrap();
    assert!(scene.fake.is_alive(made.secret.unwrap().expose()));
    scene.fake.inject(On::Reads, Fault::Status(500), 99);
    let look = rotator(&store).find_issued(&order(&slot, &tag, None), &scene.cx()).await.unwrap_err();
    assert_ne!(look.kind(), ErrorKind::Unauthenticated, "a failing platform proves nothing: {look}");
}

#[tokio::test]
async fn after_an_interruption_it_is_not_tried_at_the_price_of_using_it_up() {
    let scene = Scene::new().await;
    let store = scene.connect(scene.with_token());
    let (slot, tag, cx) = (app_slot(&scene), Tag::random(), scene.cx());
    let made = issue(&scene, &store, &slot, &tag, None).await.unwrap();
    let new = as_credential(&made, &tag);
    let elsewhere = scene.connect(scene.with_token());
    scene.fake.clear_requests();
    let verified = rotator(&elsewhere).verify(&slot, &new, &cx).await.unwrap();
    assert!(verified.untried.is_some() && scene.fake.requests().is_empty(), "{verified:?}");
    scene.clock.advance(HOUR);
    assert!(
        rotator(&store).verify(&slot, &new, &cx).await.unwrap().untried.is_some(),
        "the other one has ended"
    );
    assert!(scene.fake.is_alive(made.secret.as_ref().unwrap().expose()));
    let given_up = rotator(&store).retire(&slot, &new, None, &cx).await.unwrap();
    assert_eq!(given_up, RetireOutcome::AtExpiry { at: made.expires_at });
}

/// The answer got as far as the sink, and the record did not hear of it.
#[tokio::test]
async fn a_refresh_token_in_a_sink_is_taken_for_what_it_is() {
    let scene = Scene::new().await;
    let store = scene.connect(scene.with_token());
    let (slot, tag, cx) = (app_slot(&scene), Tag::random(), scene.cx());
    let mut kept = knowing("shprt_left-over");
    kept.tag = Some(tag.clone());
    let error = rotator(&store).inspect(&slot, &kept, &cx).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated, "the old one lives, so it cannot be: {error}");
    let made = issue(&scene, &store, &slot, &tag, None).await.unwrap();
    let kept = as_credential(&made, &tag);
    let elsewhere = scene.connect(scene.with_token());
    let seen = rotator(&elsewhere).inspect(&slot, &kept, &cx).await.unwrap();
    assert_eq!(seen.secret, made.secret);
    assert!(
        scene.grants("refresh_token") == 0 && scene.fake.is_alive(made.secret.as_ref().unwrap().expose())
    );
    let unmarked = knowing(made.secret.unwrap().expose());
    let error = rotator(&elsewhere).inspect(&slot, &unmarked, &cx).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{error}");
}

#[tokio::test]
async fn nothing_is_sent_that_cannot_work() {
    let scene = Scene::new().await;
    let store = scene.connect(scene.with_token());
    let tag = Tag::random();
    for (slot, field) in [
        (slot(KIND), "client_id"),
        (slot(KIND).with_text("client_id", &scene.seed.client_id), "client_secret"),
        (slot(KIND).with_text("client_id", "no/client"), "client_id"),
    ] {
        let error = issue(&scene, &store, &slot, &tag, None).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{error}");
        assert!(error.to_string().contains(field), "{error}");
    }
    assert!(scene.fake.requests().is_empty());
    let slot = app_slot(&scene);
    let foreign = rotator(&store).inspect(&slot, &knowing(&scene.seed.basic_token), &scene.cx()).await;
    assert!(foreign.is_err(), "{foreign:?}");
    // Where the address names no store, the token decides whose it is.
    let anywhere = scene.connect(scene.with_token().with_text("api_url", scene.fake.uri()));
    let known = knowing(&scene.seed.basic_token);
    let wrong = rotator(&anywhere).inspect(&slot, &known, &scene.cx()).await.unwrap_err();
    assert_eq!(wrong.kind(), ErrorKind::Conflict, "{wrong}");
    let dead = rotator(&store).inspect(&slot, &knowing("shpat_gone"), &scene.cx()).await.unwrap_err();
    assert_eq!(dead.kind(), ErrorKind::Unauthenticated, "{dead}");
    let refused = issue(&scene, &store, &slot, &tag, Some(&knowing("shpat_gone"))).await.unwrap_err();
    assert_eq!((refused.kind(), refused.code()), (ErrorKind::Unauthenticated, Some("invalid_subject_token")));
    assert!(scene.fake.is_alive(&scene.seed.token));
}
