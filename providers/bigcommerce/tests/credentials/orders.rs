//! What is refused before anything is sent, and what the tables say.

use guestpass::ErrorKind;
use guestpass::rotation::{Find, Lifetime, Overlap, Retire, Verify};
use guestpass::{Operation, Support};

use super::*;

#[tokio::test]
async fn seconds_are_sent_and_never_milliseconds_or_a_time_gone_by() {
    let scene = Scene::new().await;
    let slot = token_slot(PRIVATE);
    let thousandfold = scene.now() + Duration::from_secs(30 * 24 * 3600 * 1000);
    let never = Timestamp::from_second(0).unwrap();
    for bad in [None, Some(never), Some(scene.now()), Some(thousandfold), Some(Timestamp::MAX)] {
        let error = scene.order(&slot, bad).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{bad:?}: {error}");
    }
    assert_eq!(scene.fake.requests().len(), 0);
    scene.order(&slot, Some(scene.in_days(1))).await.unwrap();
    let minted = scene.fake.storefront_tokens(scene.hash());
    assert_eq!(minted[0].expires_at - scene.now().as_second(), 24 * 3600);
}

#[tokio::test]
async fn settings_that_do_not_fit_are_refused_before_anything_is_sent() {
    let scene = Scene::new().await;
    let private = || slot(PRIVATE).with_text("scopes", "Customer");
    let browser = || slot(STOREFRONT).with_text("channel_id", "1");
    let slots = [
        ("channel_id", private()),
        ("channel_id", private().with_text("channel_id", "1").with_text("channel_ids", "1")),
        ("channel_id", private().with_text("channel_id", "0")),
        ("channel_id", private().with_text("channel_id", "first")),
        ("channel_ids", private().with_text("channel_ids", " , ")),
        ("channel_ids", private().with_text("channel_ids", "1, two")),
        ("scopes", slot(PRIVATE).with_text("channel_id", "1")),
        ("scopes", slot(PRIVATE).with_text("channel_id", "1").with_text("scopes", "")),
        ("scopes", slot(PRIVATE).with_text("channel_id", "1").with_text("scopes", "Admin")),
        ("scopes", browser().with_text("scopes", "Customer")),
        (
            "allowed_cors_origins",
            browser()
                .with_text("allowed_cors_origins", "https://a.example,https://b.example https://c.example"),
        ),
        ("allowed_cors_origins", browser().with_text("allowed_cors_origins", "https://a.example/shop")),
        ("allowed_cors_origins", browser().with_text("allowed_cors_origins", "*")),
        ("storefront_url", browser().with_text("storefront_url", "http://shop.example")),
        ("storefront_url", browser().with_text("storefront_url", "https://user:pw@shop.example")),
        ("store_token", browser().with_text("store_token", "plain")),
    ];
    for (field, slot) in slots {
        let error = scene.order(&slot, Some(scene.in_days(1))).await.unwrap_err();
        assert_eq!((error.kind(), error.field()), (ErrorKind::Config, Some(field)), "{slot:?}: {error}");
    }
    let error = scene.order(&slot("api-key"), Some(scene.in_days(1))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    assert_eq!(scene.fake.requests().len(), 0);
}

#[tokio::test]
async fn every_setting_reaches_the_platform() {
    let scene = Scene::new().await;
    let private = slot(PRIVATE).with_text("channel_ids", "1,12").with_text("scopes", "Customer B2B");
    scene.issue(&private).await;
    let origins = "https://a.example, https://b.example:8443";
    let browser = slot(STOREFRONT).with_text("channel_id", "7").with_text("allowed_cors_origins", origins);
    scene.issue(&browser).await;
    let minted = scene.fake.storefront_tokens(scene.hash());
    assert_eq!(minted[0].channel_ids, [1, 12]);
    assert_eq!(minted[0].scopes, ["Customer", "B2B"]);
    assert_eq!(minted[1].channel_ids, [7]);
    assert_eq!(minted[1].origins, ["https://a.example", "https://b.example:8443"]);
}

#[tokio::test]
async fn a_store_token_without_the_scope_is_blamed_and_the_slot_may_bring_its_own() {
    let scene = Scene::new().await;
    let private = token_slot(PRIVATE);
    scene.fake.add_store_token(scene.hash(), "another-minter", &["store_storefront_api"]);
    scene.fake.set_scopes(&scene.seed.minting_token, &[]);
    let error = scene.order(&private, Some(scene.in_days(1))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}");
    assert!(error.to_string().contains("`store_token`"), "{error}");
    let own = private.with_secret("store_token", fixed("another-minter"));
    scene.order(&own, Some(scene.in_days(1))).await.unwrap();
    let impersonation = token_slot(IMPERSONATION).with_secret("store_token", fixed("another-minter"));
    let error = scene.order(&impersonation, Some(scene.in_days(1))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}");
}

#[tokio::test]
async fn without_a_store_token_nothing_is_minted() {
    let scene = Scene::new().await;
    let settings = StoreSettings::new(StoreHandle::new("bare").unwrap())
        .with_text("store_hash", scene.hash())
        .with_text("account_uuid", &scene.seed.account_uuid)
        .with_text("api_url", scene.fake.uri())
        .with_secret("account_token", fixed(&scene.seed.account_token));
    let registry = Registry::new().with(guestpass_bigcommerce::factory());
    let bare = registry.connect("bigcommerce", settings.clone(), &scene.env).unwrap();
    let (slot, tag) = (token_slot(PRIVATE), Tag::random());
    let mut order = IssueOrder::new(&slot, &tag);
    order.expires_at = Some(scene.in_days(1));
    let error = bare.credentials().unwrap().issue(&order, &scene.cx()).await.unwrap_err();
    assert_eq!((error.kind(), error.field()), (ErrorKind::Config, Some("store_token")), "{error}");
    // A merchant who holds the key has nothing rotated by us.
    let by_hand = registry.connect("bigcommerce", settings.merchant_held(), &scene.env).unwrap();
    assert!(by_hand.credentials().is_none());
}

#[tokio::test]
async fn the_kinds_are_declared_as_the_platform_has_them() {
    let scene = Scene::new().await;
    let kinds = scene.rotator().kinds();
    let named = |kind: &str| kinds.iter().find(|info| info.kind.as_str() == kind).unwrap();
    assert_eq!(kinds.len(), 6);
    for kind in [STOREFRONT, PRIVATE, IMPERSONATION] {
        let info = named(kind);
        assert_eq!((info.find, info.retire), (Find::Impossible, Retire::Scheduled));
        assert_eq!(info.overlap, Overlap::Unlimited);
        assert!(matches!(info.lifetime, Lifetime::Chosen { longest: Some(_), .. }), "an end is a must");
        assert!(!info.is_guided());
    }
    assert!(matches!(named(STOREFRONT).verify, Verify::NotPossible(_)));
    assert!(named(STOREFRONT).note.contains("2026-06-30"));
    assert_eq!(named(PRIVATE).verify, Verify::Probe);
    for kind in [STORE_ACCOUNT, ACCOUNT_ACCOUNT, APP] {
        assert!(named(kind).is_guided() && named(kind).find == Find::HandedIn);
    }
    assert_eq!(named(STORE_ACCOUNT).overlap, Overlap::UpTo(50));
    assert!(named(APP).is_in_place() && named(APP).retire == Retire::Replaced);
    assert_eq!(named(ACCOUNT_ACCOUNT).capability.requests, 4);
    let capability = scene.store.capabilities().get(Operation::RotateCredentials);
    assert_eq!(capability.support, Support::Emulated);
    for info in &kinds {
        let error = scene.rotator().make_secret(&slot(STOREFRONT)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{}: {error}", info.kind);
    }
}
