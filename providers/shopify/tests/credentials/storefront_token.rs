//! Storefront tokens: two live side by side, then the first one is deleted.

use guestpass::rotation::{Credential, Death, FoundIssued, RetireOutcome, Tag};
use guestpass::{ErrorKind, Held, Proof};
use guestpass_testkit::fakes::shopify::{NewApp, ShopState, StorefrontRefusal, Verdict};
use guestpass_testkit::{Fault, On};

use super::common::Scene;
use super::{as_credential, issue, knowing, order, rights, rotator, slot};

const KIND: &str = "storefront-token";
const SCOPE: &str = "unauthenticated_read_product_listings";

fn written(scene: &Scene) -> usize {
    scene.fake.requests().iter().filter(|request| request.write).count()
}

/// A token that was made before guestpass came.
fn plant(scene: &Scene) -> String {
    scene.fake.add_storefront_token(&scene.seed.shop, &scene.seed.client_id, "web shop")
}

fn living(scene: &Scene) -> usize {
    scene.fake.storefront_tokens(&scene.seed.shop).len()
}

#[tokio::test]
async fn both_live_until_the_first_is_deleted_and_seen_dead() {
    let scene = Scene::new().await;
    let store = scene.connect(scene.with_token());
    let (text, slot, tag, cx) = (plant(&scene), slot(KIND), Tag::random(), scene.cx());
    let old = rotator(&store).inspect(&slot, &knowing(&text), &cx).await.unwrap();
    let [planted] = scene.fake.storefront_tokens(&scene.seed.shop).try_into().unwrap();
    assert_eq!(old.id.as_ref(), Some(&planted.id), "recognised by its secret");
    assert_eq!(rights(&old.rights, &Held::Yes), [SCOPE]);

    let made = issue(&scene, &store, &slot, &tag, Some(&old)).await.unwrap();
    let new = as_credential(&made, &tag);
    let new_text = made.secret.as_ref().unwrap().expose().to_owned();
    let verified = rotator(&store).verify(&slot, &new, &cx).await.unwrap();
    assert_eq!((rights(&verified.rights, &Held::Yes), verified.untried), (vec![SCOPE.to_owned()], None));
    assert!(scene.fake.is_storefront_token_alive(&text) && scene.fake.is_storefront_token_alive(&new_text));
    assert_eq!(rotator(&store).confirm_retired(&slot, &old, &cx).await.unwrap(), Death::Alive);
    let by_id = Credential::new().with_id(planted.id);
    assert_eq!(rotator(&store).confirm_retired(&slot, &by_id, &cx).await.unwrap(), Death::Alive);
    assert_eq!(written(&scene), 1);

    let ended = rotator(&store).retire(&slot, &old, Some(&new), &cx).await.unwrap();
    assert_eq!(ended, RetireOutcome::Accepted);
    let death = rotator(&store).confirm_retired(&slot, &old, &cx).await.unwrap();
    let Death::Dead { proof: Proof::CredentialDead { evidence } } = death else { panic!("{death:?}") };
    assert!(evidence.complete && evidence.request_ids.len() == 2, "the list, and an attempt to use it");
    assert!(!scene.fake.is_storefront_token_alive(&text) && scene.fake.is_storefront_token_alive(&new_text));
    assert_eq!((living(&scene), scene.fake.storefront_tokens_ever(&scene.seed.shop).len()), (1, 2));
    let again = rotator(&store).retire(&slot, &old, Some(&new), &cx).await.unwrap();
    assert_eq!(again, RetireOutcome::AlreadyGone);
}

#[tokio::test]
async fn a_lost_answer_is_sent_once_found_by_its_title_and_deleted() {
    for fault in [
        Fault::LostAnswer,
        Fault::StatusAfterCommit(502),
        Fault::Truncated,
        Fault::EmptyBody,
        Fault::GraphqlPartial,
    ] {
        let scene = Scene::new().await;
        let store = scene.connect(scene.with_token());
        let (slot, tag, cx) = (slot(KIND), Tag::random(), scene.cx());
        plant(&scene);
        scene.fake.inject(On::Writes, fault.clone(), 1);
        let error = issue(&scene, &store, &slot, &tag, None).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{fault:?}: {error}");
        assert_eq!((written(&scene), living(&scene)), (1, 2), "{fault:?}");

        let found = rotator(&store).find_issued(&order(&slot, &tag, None), &cx).await.unwrap();
        let FoundIssued::Found(found) = found else { panic!("{found:?}") };
        assert_eq!((found.len(), found[0].secret.is_none()), (1, true));
        let orphan = Credential::new().with_id(found[0].id.clone().unwrap());
        rotator(&store).retire(&slot, &orphan, None, &cx).await.unwrap();
        let death = rotator(&store).confirm_retired(&slot, &orphan, &cx).await.unwrap();
        assert!(
            matches!(death, Death::Dead { proof: Proof::Listed { .. } }),
            "its secret is nobody's: {death:?}"
        );
        assert_eq!(living(&scene), 1);
        let gone = rotator(&store).find_issued(&order(&slot, &tag, None), &cx).await.unwrap();
        assert!(matches!(gone, FoundIssued::Nothing), "{gone:?}");
    }
}

#[tokio::test]
async fn what_did_not_arrive_is_not_found() {
    let scene = Scene::new().await;
    let store = scene.connect(scene.with_token());
    let (slot, tag) = (slot(KIND), Tag::random());
    scene.fake.inject(On::Writes, Fault::ConnectionReset, 1);
    let error = issue(&scene, &store, &slot, &tag, None).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{error}");
    let found = rotator(&store).find_issued(&order(&slot, &tag, None), &scene.cx()).await.unwrap();
    assert!(matches!(found, FoundIssued::Nothing), "{found:?}");
    scene.fake.inject(On::Reads, Fault::GraphqlPartial, 1);
    let look = rotator(&store).find_issued(&order(&slot, &tag, None), &scene.cx()).await;
    assert!(look.is_err(), "half a list proves nothing: {look:?}");
}

#[tokio::test]
async fn the_one_in_use_is_found_by_what_is_known_of_it() {
    let scene = Scene::new().await;
    let store = scene.connect(scene.with_token());
    let text = plant(&scene);
    let id = scene.fake.storefront_tokens(&scene.seed.shop)[0].id.clone();
    scene.fake.add_storefront_token(&scene.seed.shop, &scene.seed.client_id, "other");
    let inspect = async |slot: guestpass::rotation::CredentialSlot, known: Credential| {
        rotator(&store).inspect(&slot, &known, &scene.cx()).await.map(|seen| seen.id)
    };
    let nothing = Credential::new;
    assert_eq!(inspect(slot(KIND), nothing()).await.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(
        inspect(slot(KIND).with_text("title", "web shop"), nothing()).await.unwrap(),
        Some(id.clone())
    );
    let number = id.rsplit('/').next().unwrap();
    for name in [id.as_str(), number] {
        let slot = slot(KIND).with_text("token_id", name);
        assert_eq!(inspect(slot, nothing()).await.unwrap(), Some(id.clone()), "{name}");
    }
    assert!(
        !scene
            .fake
            .requests()
            .iter()
            .any(|request| request.operations.iter().any(|name| name == "storefront"))
    );
    let wrong = slot(KIND).with_text("title", "other");
    assert_eq!(inspect(wrong.clone(), knowing(&text)).await.unwrap(), Some(id.clone()), "the secret decides");
    scene.fake.quirks(|quirks| quirks.storefront_texts = false);
    assert_ne!(inspect(wrong, knowing(&text)).await.unwrap(), Some(id.clone()), "where it is shown");
    scene.fake.quirks(|quirks| quirks.storefront_texts = true);
    scene.fake.add_storefront_token(&scene.seed.shop, &scene.seed.client_id, "other");
    let twice = inspect(slot(KIND).with_text("title", "other"), nothing()).await.unwrap_err();
    assert_eq!(twice.kind(), ErrorKind::Conflict, "{twice}");
    scene.fake.delete_storefront_token(&scene.seed.shop, &scene.seed.client_id, &id);
    assert_eq!(inspect(slot(KIND), knowing(&text)).await.unwrap_err().kind(), ErrorKind::Unauthenticated);
}

#[tokio::test]
async fn a_token_of_another_app_is_deleted_by_a_person_and_seen_dead() {
    let scene = Scene::new().await;
    let store = scene.connect(scene.with_token());
    let (slot, cx, shop) = (slot(KIND), scene.cx(), scene.seed.shop.as_str());
    scene.fake.add_app(&NewApp::custom("headless", "shpss_headless", "merchant").requiring(&[SCOPE]));
    scene.fake.install(shop, "headless");
    let text = scene.fake.add_storefront_token(shop, "headless", "theirs");
    let id = scene.fake.storefront_tokens(shop)[0].id.clone();
    let old = rotator(&store).inspect(&slot, &knowing(&text), &cx).await.unwrap();
    assert_eq!(old.id, None);
    let error = rotator(&store).verify(&slot, &old, &cx).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated, "it is no token of ours: {error}");
    let step = match rotator(&store).retire(&slot, &old, None, &cx).await.unwrap() {
        RetireOutcome::ActionRequired(step) => step.to_string(),
        other => panic!("{other:?}"),
    };
    assert!(step.contains("Merchant") && !step.contains(&text), "{step}");
    assert_eq!((written(&scene), living(&scene)), (0, 1));
    assert_eq!(rotator(&store).confirm_retired(&slot, &old, &cx).await.unwrap(), Death::Alive);
    scene.fake.delete_storefront_token(shop, "headless", &id);
    scene.fake.quirks(|quirks| quirks.storefront_refusal = StorefrontRefusal::Status403);
    let forbidden = rotator(&store).inspect(&slot, &knowing(&text), &cx).await;
    assert!(forbidden.is_ok(), "{forbidden:?}");
    let unclear = rotator(&store).confirm_retired(&slot, &old, &cx).await.unwrap();
    assert!(matches!(unclear, Death::CannotTell { .. }), "a 403 has other causes: {unclear:?}");
    scene.fake.quirks(|quirks| quirks.storefront_refusal = StorefrontRefusal::Graphql200);
    let dead = rotator(&store).confirm_retired(&slot, &old, &cx).await.unwrap();
    assert!(matches!(dead, Death::Dead { proof: Proof::CredentialDead { .. } }), "{dead:?}");
    assert_eq!(rotator(&store).retire(&slot, &old, None, &cx).await.unwrap(), RetireOutcome::AlreadyGone);
    let nothing = rotator(&store).confirm_retired(&slot, &Credential::new(), &cx).await.unwrap();
    assert!(matches!(nothing, Death::CannotTell { .. }), "{nothing:?}");
}

#[tokio::test]
async fn every_way_to_refuse_a_token_is_understood() {
    for refusal in [StorefrontRefusal::Status401, StorefrontRefusal::Status403, StorefrontRefusal::Graphql200]
    {
        let scene = Scene::new().await;
        scene.fake.quirks(|quirks| {
            quirks.storefront_refusal = refusal;
            quirks.storefront_shop_denied = true;
        });
        let store = scene.connect(scene.with_token());
        let (slot, tag, cx) = (slot(KIND), Tag::random(), scene.cx());
        let made = issue(&scene, &store, &slot, &tag, None).await.unwrap();
        let new = as_credential(&made, &tag);
        rotator(&store).verify(&slot, &new, &cx).await.unwrap();
        rotator(&store).retire(&slot, &new, None, &cx).await.unwrap();
        let error = rotator(&store).verify(&slot, &new, &cx).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{refusal:?}: {error}");
        let death = rotator(&store).confirm_retired(&slot, &new, &cx).await.unwrap();
        assert!(matches!(death, Death::Dead { .. }), "{refusal:?}: {death:?}");
        assert_eq!(living(&scene), 0);
    }
}

#[tokio::test]
async fn a_missing_token_is_gone_whatever_the_platform_calls_it() {
    for verdict in [Verdict::Error, Verdict::Success] {
        let scene = Scene::new().await;
        scene.fake.quirks(|quirks| quirks.storefront_delete_absent = verdict);
        let store = scene.connect(scene.with_token());
        let missing = Credential::new().with_id("gid://shopify/StorefrontAccessToken/1");
        let ended = rotator(&store).retire(&slot(KIND), &missing, None, &scene.cx()).await.unwrap();
        let expected = match verdict {
            Verdict::Error => RetireOutcome::AlreadyGone,
            Verdict::Success => RetireOutcome::Accepted,
        };
        assert_eq!(ended, expected);
        let death = rotator(&store).confirm_retired(&slot(KIND), &missing, &scene.cx()).await.unwrap();
        assert!(matches!(death, Death::Dead { .. }), "{death:?}");
    }
}

#[tokio::test]
async fn a_lost_deletion_is_repeated_and_a_throttled_creation_done_once() {
    let scene = Scene::new().await;
    let store = scene.connect(scene.with_token());
    let (slot, tag, cx) = (slot(KIND), Tag::random(), scene.cx());
    scene.fake.inject(On::Writes, Fault::Throttled(guestpass_testkit::ThrottleShape::AllHeaders), 1);
    let made = issue(&scene, &store, &slot, &tag, None).await.unwrap();
    assert_eq!(living(&scene), 1);
    scene.fake.inject(On::Writes, Fault::LostAnswer, 1);
    let ended = rotator(&store).retire(&slot, &as_credential(&made, &tag), None, &cx).await.unwrap();
    assert!(matches!(ended, RetireOutcome::AlreadyGone | RetireOutcome::Accepted), "{ended:?}");
    assert_eq!(living(&scene), 0);
    assert!(scene.fake.unfired().is_empty());
}

#[tokio::test]
async fn an_app_without_scopes_and_a_full_store_are_told_plainly() {
    let scene = Scene::new().await;
    let store = scene.connect(scene.with_token());
    let (shop, client) = (scene.seed.shop.as_str(), scene.seed.client_id.as_str());
    scene.fake.set_scopes(shop, client, &["read_products"]);
    let error = issue(&scene, &store, &slot(KIND), &Tag::random(), None).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}");
    assert!(error.to_string().contains("unauthenticated_"), "{error}");
    assert_eq!(written(&scene), 0);

    scene.fake.set_scopes(shop, client, &[SCOPE]);
    for number in 0..100 {
        scene.fake.add_storefront_token(shop, client, &format!("token {number}"));
    }
    let error = issue(&scene, &store, &slot(KIND), &Tag::random(), None).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    assert!(error.to_string().contains("100"), "{error}");
    let last = slot(KIND).with_text("title", "token 99");
    let seen = rotator(&store).inspect(&last, &Credential::new(), &scene.cx()).await.unwrap();
    let listed = scene.fake.storefront_tokens(shop);
    assert_eq!(seen.id, Some(listed[99].id.clone()), "all pages are read");
}

#[tokio::test]
async fn a_right_that_the_new_one_lacks_is_named() {
    let scene = Scene::new().await;
    let store = scene.connect(scene.with_token());
    let (shop, client) = (scene.seed.shop.as_str(), scene.seed.client_id.as_str());
    scene.fake.set_scopes(shop, client, &[SCOPE, "unauthenticated_read_content"]);
    plant(&scene);
    scene.fake.set_scopes(shop, client, &[SCOPE]);
    let tag = Tag::random();
    let made = issue(&scene, &store, &slot(KIND), &tag, None).await.unwrap();
    let seen = rotator(&store).verify(&slot(KIND), &as_credential(&made, &tag), &scene.cx()).await.unwrap();
    assert_eq!(rights(&seen.rights, &Held::Yes), [SCOPE]);
    assert_eq!(rights(&seen.rights, &Held::No), ["unauthenticated_read_content"]);
}

/// Whoever rotates reads "refused" as the end of the token that was asked about.
#[tokio::test]
async fn trouble_with_our_own_credential_or_the_store_is_not_blamed_on_the_token() {
    let scene = Scene::new().await;
    let store = scene.connect(scene.with_token());
    let (text, slot, cx) = (plant(&scene), slot(KIND), scene.cx());
    scene.fake.set_state(&scene.seed.shop, ShopState::Frozen);
    let tried = [
        rotator(&store).inspect(&slot, &knowing(&text), &cx).await.map(drop),
        rotator(&store).verify(&slot, &knowing(&text), &cx).await.map(drop),
    ];
    scene.fake.set_state(&scene.seed.shop, ShopState::Open);
    scene.fake.revoke_token(&scene.seed.token);
    let again = [
        rotator(&store).inspect(&slot, &knowing(&text), &cx).await.map(drop),
        rotator(&store).verify(&slot, &knowing(&text), &cx).await.map(drop),
        rotator(&store).confirm_retired(&slot, &knowing(&text), &cx).await.map(drop),
    ];
    for error in tried.into_iter().chain(again).map(Result::unwrap_err) {
        let kind = error.kind();
        assert!(matches!(kind, ErrorKind::Config | ErrorKind::Unavailable), "{kind}: {error}");
    }
    assert!(scene.fake.is_storefront_token_alive(&text));
}

#[tokio::test]
async fn a_token_of_another_store_is_refused() {
    let scene = Scene::new().await;
    let store = scene.connect(scene.with_token());
    let foreign = scene.fake.add_storefront_token(&scene.seed.basic_shop, &scene.seed.client_id, "there");
    let error = rotator(&store).verify(&slot(KIND), &knowing(&foreign), &scene.cx()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{error}");
}
