//! API accounts: people make and delete them, everything else is seen.

use guestpass::rotation::{Carried, CarryOver, Death, RetireOutcome};
use guestpass::{ErrorKind, Proof};

use super::*;

const SCOPES: &str = "store_v2_information_read_only, store_v2_products_read_only";

fn named_scopes() -> Vec<&'static str> {
    SCOPES.split(", ").collect()
}

#[tokio::test]
async fn a_store_level_account_is_made_tried_and_deleted_by_its_owner() {
    let scene = Scene::new().await;
    let (cx, rotator) = (scene.cx(), scene.rotator());
    let slot = slot(STORE_ACCOUNT).with_text("scopes", SCOPES);
    let first = scene.fake.create_store_api_account(scene.hash(), "by hand", &named_scopes());
    let old = rotator.inspect(&slot, &holding(&first.token), &cx).await.unwrap();
    assert_eq!(held(&old.rights, "store_v2_products_read_only"), Some(Held::Yes));

    let tag = Tag::random();
    let step = scene.step(&slot, &tag, Some(&old)).await;
    let told = step.to_string();
    for wanted in
        [tag.as_str(), "Store-level API accounts", "Products: read-only (store_v2_products_read_only)"]
    {
        assert!(told.contains(wanted), "{wanted}: {told}");
    }
    assert_eq!(scene.fake.writes(), 0);
    let made = scene.fake.create_store_api_account(scene.hash(), tag.as_str(), &named_scopes());
    let mut new = holding(&made.token);
    new.tag = Some(tag.clone());
    let verified = rotator.verify(&slot, &new, &cx).await.unwrap();
    assert!(verified.warnings.is_empty() && verified.untried.is_none(), "{verified:?}");
    assert_eq!(verified.rights, old.rights);

    let RetireOutcome::ActionRequired(step) = rotator.retire(&slot, &old, Some(&new), &cx).await.unwrap()
    else {
        panic!("the owner deletes it");
    };
    assert!(step.to_string().contains(&format!("not the new one named {tag}")), "{step}");
    assert_eq!(rotator.confirm_retired(&slot, &old, &cx).await.unwrap(), Death::Alive);
    scene.fake.revoke_token(&first.token);
    let death = rotator.confirm_retired(&slot, &old, &cx).await.unwrap();
    assert!(matches!(death, Death::Dead { proof: Proof::CredentialDead { .. } }), "{death:?}");
    let again = rotator.retire(&slot, &old, Some(&new), &cx).await.unwrap();
    assert_eq!(again, RetireOutcome::AlreadyGone);
    assert!(scene.fake.api_token_works(&made.token) && !scene.fake.api_token_works(&first.token));
}

#[tokio::test]
async fn what_the_new_one_lacks_and_what_no_read_shows_is_told() {
    let scene = Scene::new().await;
    let (cx, rotator) = (scene.cx(), scene.rotator());
    let slot =
        slot(STORE_ACCOUNT).with_text("scopes", format!("{SCOPES}, store_v2_products, store_unheard_of"));
    let made =
        scene.fake.create_store_api_account(scene.hash(), "too little", &["store_v2_information_read_only"]);
    let verified = rotator.verify(&slot, &holding(&made.token), &cx).await.unwrap();
    assert_eq!(held(&verified.rights, "store_v2_information_read_only"), Some(Held::Yes));
    assert_eq!(held(&verified.rights, "store_v2_products_read_only"), Some(Held::No));
    assert_eq!(held(&verified.rights, "store_v2_products"), Some(Held::NotProvable));
    assert_eq!(held(&verified.rights, "store_unheard_of"), Some(Held::NotProvable));
    let warnings = verified.warnings.join("; ");
    assert!(
        warnings.contains("store_v2_products_read_only") && warnings.contains("store_unheard_of"),
        "{warnings}"
    );

    let none = scene.fake.create_store_api_account(scene.hash(), "nothing at all", &[]);
    let error = rotator.verify(&slot, &holding(&none.token), &cx).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}");
}

#[tokio::test]
async fn without_named_scopes_those_that_the_old_one_shows_are_asked_for() {
    let scene = Scene::new().await;
    let (cx, rotator, slot) = (scene.cx(), scene.rotator(), slot(STORE_ACCOUNT));
    let first = scene.fake.create_store_api_account(scene.hash(), "by hand", &["store_v2_customers"]);
    let old = rotator.inspect(&slot, &holding(&first.token), &cx).await.unwrap();
    assert_eq!(held(&old.rights, "store_v2_customers_read_only"), Some(Held::Yes));
    assert_eq!(held(&old.rights, "store_v2_products_read_only"), Some(Held::No));
    // The fake has no themes: a path that is not there proves nothing.
    assert_eq!(held(&old.rights, "store_themes_read_only"), Some(Held::NotProvable));
    let step = scene.step(&slot, &Tag::random(), Some(&old)).await;
    let ticked: Vec<_> = step.instructions.iter().flat_map(|one| one.permissions.clone()).collect();
    assert_eq!(ticked, ["Customers: read-only (store_v2_customers_read_only)"]);
}

#[tokio::test]
async fn a_token_that_is_dead_foreign_or_no_token_is_refused() {
    let scene = Scene::new().await;
    let (cx, rotator, slot) = (scene.cx(), scene.rotator(), slot(STORE_ACCOUNT));
    let foreign = scene.fake.create_store_api_account("demo2outlet", "outlet", &named_scopes());
    for (token, kind) in [
        (foreign.token.as_str(), ErrorKind::Unauthenticated),
        ("never-made", ErrorKind::Unauthenticated),
        ("pasted\nwith a line break", ErrorKind::InvalidRequest),
    ] {
        let error = rotator.verify(&slot, &holding(token), &cx).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
    }
    let error = rotator.inspect(&slot, &holding(&foreign.token), &cx).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{error}");
    // Even if the platform let it in, it would answer for its own store.
    scene.fake.quirks(|quirks| quirks.foreign_tokens_answer = true);
    let token = holding(&foreign.token);
    let error = rotator.verify(&slot, &token, &cx).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    let error = rotator.inspect(&slot, &token, &cx).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
}

#[tokio::test]
async fn a_deletion_that_takes_its_time_is_seen_when_it_is_there() {
    let scene = Scene::new().await;
    scene.fake.quirks(|quirks| quirks.api_account_deletion_delay = Duration::from_secs(40));
    let (cx, rotator, slot) = (scene.cx(), scene.rotator(), slot(STORE_ACCOUNT));
    let first = scene.fake.create_store_api_account(scene.hash(), "by hand", &named_scopes());
    let old = holding(&first.token);
    scene.fake.revoke_token(&first.token);
    assert_eq!(rotator.confirm_retired(&slot, &old, &cx).await.unwrap(), Death::Alive);
    scene.fake.forward(Duration::from_secs(40));
    let death = rotator.confirm_retired(&slot, &old, &cx).await.unwrap();
    assert!(matches!(death, Death::Dead { .. }), "{death:?}");
    let unknown = rotator.confirm_retired(&slot, &Credential::new(), &cx).await.unwrap();
    assert!(matches!(unknown, Death::CannotTell { .. }), "{unknown:?}");
}

#[tokio::test]
async fn an_account_level_rotation_costs_four_of_the_seventy_requests() {
    let scene = Scene::new().await;
    let (cx, rotator, slot) = (scene.cx(), scene.rotator(), slot(ACCOUNT_ACCOUNT));
    let old = holding(&scene.seed.account_token);
    let old = rotator.inspect(&slot, &old, &cx).await.unwrap();
    let tag = Tag::random();
    let told = scene.step(&slot, &tag, Some(&old)).await.to_string();
    for wanted in [tag.as_str(), "accounts.bigcommerce.com/tokens", "account_users_delete", "store owner"] {
        assert!(told.contains(wanted), "{wanted}: {told}");
    }
    let made =
        scene.fake.create_account_api_account(&scene.seed.account_uuid, tag.as_str(), &["account_read"]);
    let new = holding(&made.token);
    for _ in 0..2 {
        let verified = rotator.verify(&slot, &new, &cx).await.unwrap();
        assert_eq!(held(&verified.rights, "account_read"), Some(Held::Yes));
        assert_eq!(held(&verified.rights, "account_users_write"), Some(Held::NotProvable));
    }
    let carried = rotator.carry_over(&CarryOver::new(&slot, Some(&old), &new), &cx).await.unwrap();
    assert_eq!(carried, Carried::nothing());
    let outcome = rotator.retire(&slot, &old, Some(&new), &cx).await.unwrap();
    assert!(matches!(outcome, RetireOutcome::ActionRequired(_)), "{outcome:?}");
    scene.fake.revoke_token(&scene.seed.account_token);
    let death = rotator.confirm_retired(&slot, &old, &cx).await.unwrap();
    assert!(matches!(death, Death::Dead { .. }), "{death:?}");
    assert_eq!(scene.fake.account_requests(), 4);
}

#[tokio::test]
async fn an_account_level_token_without_its_reading_scope_is_alive() {
    let scene = Scene::new().await;
    let (cx, rotator, slot) = (scene.cx(), scene.rotator(), slot(ACCOUNT_ACCOUNT));
    let uuid = &scene.seed.account_uuid;
    let made = scene.fake.create_account_api_account(uuid, "users only", &["account_users_read"]);
    let verified = rotator.verify(&slot, &holding(&made.token), &cx).await.unwrap();
    assert_eq!(held(&verified.rights, "account_read"), Some(Held::No));
    assert_eq!(rotator.confirm_retired(&slot, &holding(&made.token), &cx).await.unwrap(), Death::Alive);
    let error = rotator.verify(&slot, &holding("never-made"), &cx).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{error}");
}
