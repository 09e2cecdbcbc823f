//! A store's token by the installation of an app: what is checked before the code is sent, and what comes of it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a set-up that fails is a failed test")]

use std::sync::Arc;

use guestpass::http::ReqwestTransport;
use guestpass::{
    Authorization, AuthorizationOptions, AuthorizationRequest, AuthorizationStart, Authorized, Clock,
    Environment, Error, ErrorKind, FixedSecret, MemoryCoordination, ProviderFactory, Result, StoreHandle,
    StoreSettings, Url,
};
use guestpass_testkit::fakes::FakeBigCommerce;
use guestpass_testkit::fakes::bigcommerce::DemoSeed;
use guestpass_testkit::{Fault, ManualClock, On};

const CLIENT: &str = "app1client";
const SECRET: &str = "marker-app-secret";
const SCOPES: &[&str] = &["store_v2_information_read_only", "store_v2_orders"];
const EXCHANGE: &str = "oauth2/token";

struct Asked {
    fake: FakeBigCommerce,
    seed: DemoSeed,
    env: Environment,
    it: Arc<dyn Authorization>,
    request: AuthorizationRequest,
}

fn settings(fake: &FakeBigCommerce, seed: &DemoSeed, secret: &str) -> StoreSettings {
    StoreSettings::new(StoreHandle::new("demo").unwrap())
        .with_text("store_hash", &seed.store_hash)
        .with_text("client_id", CLIENT)
        .with_secret("client_secret", Arc::new(FixedSecret::new(secret.into())))
        .with_secret("store_token", Arc::new(FixedSecret::new("not there yet".into())))
        .with_text("scopes", "store_v2_information_read_only, store_v2_orders_read_only")
        .with_text("login_url", fake.uri())
}

async fn asked_with(secret: &str) -> Asked {
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::new());
    let fake = FakeBigCommerce::start(clock.clone()).await;
    let seed = fake.seed_demo();
    fake.add_app(CLIENT, SECRET);
    let transport = Arc::new(ReqwestTransport::new().unwrap());
    let env = Environment::new(transport, clock, Arc::new(MemoryCoordination::new()));
    let it = guestpass_bigcommerce::factory().authorization(settings(&fake, &seed, secret), &env).unwrap();
    let redirect = Url::parse("https://app.vendor.example/auth").unwrap();
    let request = it.begin(&redirect, &AuthorizationOptions::new()).unwrap();
    Asked { fake, seed, env, it, request }
}

async fn asked() -> Asked {
    asked_with(SECRET).await
}

impl Asked {
    fn installed(&self) -> Url {
        let hash = &self.seed.store_hash;
        let callback = self.fake.install_app(CLIENT, hash, SCOPES, "https://app.vendor.example/auth");
        Url::parse(&callback).unwrap()
    }

    async fn finish(&self, callback: &Url) -> Result<Authorized> {
        self.it.finish(&self.request, callback, &self.env.call()).await
    }

    fn exchanges(&self) -> usize {
        self.fake.requests().iter().filter(|request| request.path.ends_with(EXCHANGE)).count()
    }

    /// Refused before anything was sent.
    async fn refused(&self, callback: &str) -> Error {
        let error = self.finish(&Url::parse(callback).unwrap()).await.unwrap_err();
        assert_eq!(self.exchanges(), 0, "{error}");
        error
    }
}

#[tokio::test]
async fn an_installation_gives_a_token_of_that_store() {
    let asked = asked().await;
    let AuthorizationStart::ByHand(step) = &asked.request.start else { panic!("no link of ours begins it") };
    let text = step.to_string();
    assert!(text.contains("https://app.vendor.example/auth") && text.contains("Auth Callback URL"), "{text}");
    assert!(!asked.it.info().gives_state_back && !asked.it.info().signs && !asked.it.info().pkce);

    let callback = asked.installed();
    assert!(asked.request.is_answered_by(&callback));
    let authorized = asked.finish(&callback).await.unwrap();
    assert_eq!((authorized.what, authorized.setting), ("access token", "store_token"));
    assert_eq!(asked.fake.scopes_of(authorized.secret.expose()).unwrap(), SCOPES);
    assert_eq!(authorized.scopes, SCOPES);
    assert!(authorized.missing.is_empty(), "modifying orders holds reading them");
    let shown = format!("{authorized:?} {:?} {:?}", asked.it, asked.request);
    assert!(!shown.contains(authorized.secret.expose()) && !shown.contains("marker"), "{shown}");
}

#[tokio::test]
async fn an_answer_about_another_store_is_refused() {
    let asked = asked().await;
    let other = asked.fake.install_app(CLIENT, "demo2outlet", SCOPES, "https://app.vendor.example/auth");
    let error = asked.refused(&other).await;
    assert_eq!((error.kind(), error.code()), (ErrorKind::Conflict, Some("other_store")));
    assert_eq!(asked.fake.app_token(CLIENT, "demo2outlet"), None, "the other store's code is not used");
}

#[tokio::test]
async fn a_context_that_somebody_changed_gives_a_token_that_is_not_kept() {
    let asked = asked().await;
    let other = asked.fake.install_app(CLIENT, "demo2outlet", SCOPES, "https://app.vendor.example/auth");
    let changed = other.replace("demo2outlet", &asked.seed.store_hash);
    let error = asked.finish(&Url::parse(&changed).unwrap()).await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::PermissionDenied, Some("empty_scope")));
    assert!(error.message().contains("thrown away"), "{error}");
}

#[tokio::test]
async fn a_token_for_another_store_is_not_kept() {
    let asked = asked().await;
    asked.fake.quirks(|quirks| quirks.exchanged_context = Some("stores/demo2outlet".to_owned()));
    let error = asked.finish(&asked.installed()).await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::Conflict, Some("other_store")));
    assert!(error.message().contains("thrown away"), "{error}");
}

#[tokio::test]
async fn an_answer_without_its_parts_is_refused() {
    let asked = asked().await;
    let base = "https://app.vendor.example/auth?";
    let context = format!("context=stores/{}", asked.seed.store_hash);
    for query in [
        String::new(),
        format!("{context}&scope=a"),
        format!("code=c&{context}"),
        "code=c&scope=a".to_owned(),
        format!("code=c&code=d&scope=a&{context}"),
        format!("code=c&scope=&{context}"),
    ] {
        let error = asked.refused(&format!("{base}{query}")).await;
        assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{query}: {error}");
    }
    assert_eq!(
        asked.refused(&format!("{base}error=access_denied")).await.kind(),
        ErrorKind::PermissionDenied
    );
}

#[tokio::test]
async fn a_code_is_good_once() {
    let asked = asked().await;
    let callback = asked.installed();
    let first = asked.finish(&callback).await.unwrap();
    let error = asked.finish(&callback).await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::InvalidRequest, Some("invalid_grant")));
    assert!(asked.fake.scopes_of(first.secret.expose()).is_some(), "the first token lives on");
}

#[tokio::test]
async fn a_wrong_secret_is_told_from_a_used_code() {
    let asked = asked_with("marker-wrong").await;
    let error = asked.finish(&asked.installed()).await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::Unauthenticated, Some("invalid_client")));
    assert!(
        error.remedy().contains("client_secret") && !format!("{error:?}").contains("marker"),
        "{error:?}"
    );
}

#[tokio::test]
async fn an_answer_that_is_lost_is_not_asked_for_again() {
    for fault in [Fault::LostAnswer, Fault::StatusAfterCommit(502), Fault::Truncated, Fault::EmptyBody] {
        let asked = asked().await;
        asked.fake.inject(On::Operation(EXCHANGE.to_owned()), fault.clone(), 1);
        let error = asked.finish(&asked.installed()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{fault:?}: {error}");
        assert!(error.remedy().contains("authorise again"), "{error}");
        assert_eq!(asked.exchanges(), 1, "a code is never sent twice");
        assert!(
            asked.fake.app_token(CLIENT, &asked.seed.store_hash).is_some(),
            "there is one that nobody knows"
        );
    }
}

#[tokio::test]
async fn a_page_in_place_of_a_token_is_an_error() {
    let asked = asked().await;
    asked.fake.inject(On::Operation(EXCHANGE.to_owned()), Fault::Html(200), 1);
    let error = asked.finish(&asked.installed()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{error}");
    assert!(!format!("{error} {error:?}").contains("<html"), "{error:?}");
}

#[tokio::test]
async fn settings_are_checked_without_asking() {
    let asked = asked().await;
    let factory = guestpass_bigcommerce::factory();
    let field = |settings: StoreSettings| {
        let error = factory.authorization(settings, &asked.env).unwrap_err();
        error.field().map(str::to_owned).unwrap()
    };
    let mut without = settings(&asked.fake, &asked.seed, SECRET);
    without.values.remove("store_token");
    assert_eq!(field(without), "store_token");
    let good = || settings(&asked.fake, &asked.seed, SECRET);
    assert_eq!(field(good().with_text("client_id", "a/b")), "client_id");
    assert_eq!(field(good().with_text("scopes", "a&b")), "scopes");
    assert_eq!(field(good().with_text("login_url", "https://evil.example")), "login_url");
    assert_eq!(field(good().with_text("login_url", "http://login.bigcommerce.com")), "login_url");
    let plain = Url::parse("http://127.0.0.1:9/auth").unwrap();
    let refused = asked.it.begin(&plain, &AuthorizationOptions::new()).unwrap_err();
    assert_eq!((refused.kind(), refused.field()), (ErrorKind::InvalidRequest, Some("redirect")));
    good().merchant_held().validate(factory.fields()).unwrap();
}
