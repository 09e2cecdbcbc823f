//! App tokens: there is one at a time.

use guestpass::ErrorKind;
use guestpass::rotation::{Carried, CarryOver, Death, RetireOutcome};
use guestpass_testkit::fakes::bigcommerce::FakeHook;

use super::*;

#[tokio::test]
async fn authorising_again_ends_the_old_one_and_keeps_the_webhooks() {
    let scene = Scene::new().await;
    let (cx, rotator) = (scene.cx(), scene.rotator());
    let slot = slot(APP).with_text("scopes", "store_v2_products_read_only");
    scene.fake.add_app("app", "app-secret");
    let first = scene.fake.reauthorize_app("app", scene.hash(), &["store_v2_products"]);
    scene.fake.add_hook(scene.hash(), &first, FakeHook::new("store/app/uninstalled", "https://app.example/"));
    let old = rotator.inspect(&slot, &holding(&first), &cx).await.unwrap();
    assert_eq!(old.id.as_deref(), Some("app"), "its webhooks tell the client id");
    let told = scene.step(&slot, &Tag::random(), Some(&old)).await.to_string();
    assert!(told.contains("guestpass connect") && told.contains("dead already"), "{told}");

    let second = scene.fake.reauthorize_app("app", scene.hash(), &["store_v2_products"]);
    let new = holding(&second);
    let verified = rotator.verify(&slot, &new, &cx).await.unwrap();
    assert_eq!(held(&verified.rights, "store_v2_products_read_only"), Some(Held::Yes));
    let carried = rotator.carry_over(&CarryOver::new(&slot, Some(&old), &new), &cx).await.unwrap();
    let Carried::Verified { what, left } = carried else { panic!("{carried:?}") };
    assert!(what[0].starts_with("1 webhook") && left.is_empty(), "{what:?}");
    let outcome = rotator.retire(&slot, &old, Some(&new), &cx).await.unwrap();
    assert_eq!(outcome, RetireOutcome::AlreadyGone);
    let death = rotator.confirm_retired(&slot, &old, &cx).await.unwrap();
    assert!(matches!(death, Death::Dead { .. }), "{death:?}");
    assert!(scene.fake.api_token_works(&second) && !scene.fake.api_token_works(&first));
    let given_up = rotator.retire(&slot, &new, None, &cx).await.unwrap();
    assert!(matches!(given_up, RetireOutcome::ActionRequired(_)), "nothing replaced it: {given_up:?}");
}

#[tokio::test]
async fn a_token_from_a_wrong_context_is_explained() {
    let scene = Scene::new().await;
    let (cx, rotator) = (scene.cx(), scene.rotator());
    scene.fake.add_app("app", "app-secret");
    // What the platform gives when the context was wrong: alive, with no scope at all.
    let empty = scene.fake.reauthorize_app("app", scene.hash(), &[]);
    let named = slot(APP).with_text("scopes", "store_v2_products");
    let error = rotator.verify(&named, &holding(&empty), &cx).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}");
    assert!(error.remedy().contains("context"), "{error}");
    // Without named scopes it may be meant so, and somebody is told.
    let verified = rotator.verify(&slot(APP), &holding(&empty), &cx).await.unwrap();
    assert!(verified.warnings.iter().any(|warning| warning.contains("context")), "{:?}", verified.warnings);
}
