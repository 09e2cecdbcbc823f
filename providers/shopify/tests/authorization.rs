//! A first token by the merchant's consent: what is checked before the code is sent, and what comes of it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a set-up that fails is a failed test")]

mod common;

use std::sync::Arc;
use std::time::Duration;

use common::Scene;
use guestpass::{
    Authorization, AuthorizationOptions, AuthorizationRequest, AuthorizationStart, Authorized, Error,
    ErrorKind, ExposeSecret, FixedSecret, LoadedSecret, ProviderFactory, Result, SecretString, StoreSettings,
    Url,
};
use guestpass_testkit::fakes::shopify::{OauthErrors, Plan, SignatureReading, TokenKind};
use guestpass_testkit::{Fault, On};

const CODE: &str = "authorization_code";

/// An installation under way.
struct Asked {
    scene: Scene,
    it: Arc<dyn Authorization>,
    request: AuthorizationRequest,
}

/// A place for a token that is not there yet and that nobody may read.
fn empty_place() -> Arc<LoadedSecret> {
    let load = || -> futures_util::future::BoxFuture<'static, Result<SecretString>> {
        Box::pin(async { Err(Error::config("refresh_token", "is not there yet", "authorise first")) })
    };
    Arc::new(LoadedSecret::new(load).storing(|_| Box::pin(async { Ok(()) })))
}

fn expiring(scene: &Scene) -> StoreSettings {
    scene
        .with_app()
        .with_secret("refresh_token", empty_place())
        .with_text("scopes", "read_products, write_orders")
}

async fn asked_with(settings: impl Fn(&Scene) -> StoreSettings) -> Asked {
    let scene = Scene::new().await;
    let it = guestpass_shopify::factory().authorization(settings(&scene), &scene.env).unwrap();
    let request = it.begin(&redirect(), &AuthorizationOptions::new()).unwrap();
    Asked { scene, it, request }
}

async fn asked() -> Asked {
    asked_with(expiring).await
}

fn redirect() -> Url {
    Url::parse("http://127.0.0.1:9/callback").unwrap()
}

impl Asked {
    fn link(&self) -> &str {
        let AuthorizationStart::Link(link) = &self.request.start else { panic!("a link") };
        link.as_str()
    }

    fn approved(&self) -> Url {
        Url::parse(&self.scene.fake.approve_install(self.link(), None)).unwrap()
    }

    async fn finish(&self, callback: &Url) -> Result<Authorized> {
        self.it.finish(&self.request, callback, &self.scene.cx()).await
    }

    /// Refused before anything was sent.
    async fn refused(&self, callback: &Url) -> Error {
        let error = self.finish(callback).await.unwrap_err();
        assert_eq!(self.scene.grants(CODE), 0, "nothing was sent: {error}");
        assert_eq!(error.store().map(ToString::to_string).as_deref(), Some("demo-plus"), "{error}");
        error
    }
}

/// The same address with one parameter changed.
fn changed(url: &Url, name: &str, value: &str) -> Url {
    let pairs: Vec<_> = url.query_pairs().into_owned().collect();
    let mut changed = url.clone();
    changed.query_pairs_mut().clear().extend_pairs(
        pairs.into_iter().map(|(key, old)| if key == name { (key, value.to_owned()) } else { (key, old) }),
    );
    changed
}

#[tokio::test]
async fn consent_gives_a_refresh_token_that_works() {
    let asked = asked().await;
    let link = Url::parse(asked.link()).unwrap();
    let parameter =
        |name: &str| link.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    assert_eq!(parameter("client_id").as_deref(), Some(asked.scene.seed.client_id.as_str()));
    assert_eq!(parameter("scope").as_deref(), Some("read_products,write_orders"));
    assert_eq!(parameter("redirect_uri").as_deref(), Some("http://127.0.0.1:9/callback"));
    assert_eq!(parameter("code_challenge"), None, "the platform documents no PKCE");
    assert!(!asked.link().contains(&asked.scene.seed.client_secret));
    assert!(asked.it.info().gives_state_back && asked.it.info().signs && !asked.it.info().pkce);

    let authorized = asked.finish(&asked.approved()).await.unwrap();
    assert_eq!((authorized.what, authorized.setting), ("refresh token", "refresh_token"));
    assert!(asked.scene.fake.is_alive(authorized.secret.expose()), "the fake knows it as a living token");
    assert_eq!(authorized.scopes, ["read_products", "write_orders"]);
    assert!(authorized.missing.is_empty() && authorized.warnings.is_empty(), "{authorized:?}");
    let ninety_days = Duration::from_secs(90 * 24 * 3600);
    let life = authorized.expires_at.unwrap().duration_since(asked.scene.env.clock().now());
    assert!(Duration::try_from(life).unwrap() <= ninety_days && life.as_secs() > 89 * 24 * 3600, "{life}");

    let place = authorized.secret.clone();
    let load = move || -> futures_util::future::BoxFuture<'static, Result<SecretString>> {
        let secret = SecretString::from(place.expose().to_owned());
        Box::pin(async move { Ok(secret) })
    };
    let stored = Arc::new(LoadedSecret::new(load).storing(|_| Box::pin(async { Ok(()) })));
    let store = asked.scene.connect(asked.scene.with_app().with_secret("refresh_token", stored));
    store.check(&asked.scene.cx()).await.unwrap();
}

#[tokio::test]
async fn without_a_refresh_token_in_the_settings_the_token_does_not_expire() {
    let asked = asked_with(|scene| {
        scene.with_app().with_secret("access_token", Arc::new(FixedSecret::new("not there".into())))
    })
    .await;
    let authorized = asked.finish(&asked.approved()).await.unwrap();
    assert_eq!(
        (authorized.what, authorized.setting, authorized.expires_at),
        ("access token", "access_token", None)
    );
    let forever = |scene: &Scene| {
        let tokens = scene.fake.tokens(&scene.seed.shop);
        tokens.iter().filter(|token| token.kind == TokenKind::Static && token.alive).count()
    };
    assert_eq!(forever(&asked.scene), forever(&Scene::new().await) + 1);
    assert!(asked.scene.fake.is_alive(authorized.secret.expose()));
}

#[tokio::test]
async fn the_signature_is_read_in_both_ways() {
    for signature in [SignatureReading::Decoded, SignatureReading::Encoded] {
        let asked = asked().await;
        asked.scene.fake.quirks(|quirks| quirks.signature = signature);
        asked.finish(&asked.approved()).await.unwrap();
    }
}

#[tokio::test]
async fn an_answer_to_another_question_is_refused() {
    let asked = asked().await;
    let other = asked.it.begin(&redirect(), &AuthorizationOptions::new()).unwrap();
    let AuthorizationStart::Link(link) = &other.start else { panic!("a link") };
    let callback = Url::parse(&asked.scene.fake.approve_install(link.as_str(), None)).unwrap();
    assert!(!asked.request.is_answered_by(&callback) && other.is_answered_by(&callback));
    let error = asked.refused(&callback).await;
    assert_eq!((error.kind(), error.code()), (ErrorKind::InvalidRequest, Some("state_mismatch")));
}

#[tokio::test]
async fn an_answer_that_the_platform_did_not_sign_is_refused() {
    let asked = asked().await;
    let approved = asked.approved();
    let secret = asked.scene.seed.client_secret.clone();
    for (name, value) in [("hmac", "00"), ("hmac", ""), ("code", "stolen"), ("timestamp", "1")] {
        let error = asked.refused(&changed(&approved, name, value)).await;
        assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{name}: {error}");
        assert!(!format!("{error} {error:?}").contains(&secret));
    }
    let mut more = approved.clone();
    more.query_pairs_mut().append_pair("extra", "1");
    assert_eq!(asked.refused(&more).await.code(), Some("hmac_mismatch"));
    let mut twice = approved.clone();
    twice.query_pairs_mut().append_pair("shop", "other.myshopify.com");
    asked.refused(&twice).await;
    asked.finish(&approved).await.unwrap();
}

#[tokio::test]
async fn an_answer_about_another_store_is_refused() {
    let asked = asked().await;
    asked.scene.fake.add_shop("other.myshopify.com", "Other", Plan::Basic, "o@o.example");
    let elsewhere = asked.link().replace(&asked.scene.seed.shop, "other.myshopify.com");
    let callback = Url::parse(&asked.scene.fake.approve_install(&elsewhere, None)).unwrap();
    assert!(asked.request.is_answered_by(&callback), "mark and signature are right");
    let error = asked.refused(&callback).await;
    assert_eq!((error.kind(), error.code()), (ErrorKind::Conflict, Some("other_store")));
}

#[tokio::test]
async fn a_merchant_may_say_no() {
    let asked = asked().await;
    let denied = Url::parse(&asked.scene.fake.deny_install(asked.link())).unwrap();
    assert!(asked.request.is_answered_by(&denied));
    let error = asked.refused(&denied).await;
    assert_eq!((error.kind(), error.code()), (ErrorKind::PermissionDenied, Some("access_denied")));
}

#[tokio::test]
async fn a_code_is_good_once_and_the_refusal_says_all_causes() {
    for errors in [OauthErrors::AsSeen, OauthErrors::AsAccepted] {
        let asked = asked().await;
        asked.scene.fake.quirks(|quirks| quirks.oauth_errors = errors);
        let callback = asked.approved();
        asked.finish(&callback).await.unwrap();
        let error = asked.finish(&callback).await.unwrap_err();
        assert_eq!((error.kind(), error.code()), (ErrorKind::Unauthenticated, Some("invalid_request")));
        assert!(error.remedy().contains("client_secret") && error.remedy().contains("code"), "{error}");
    }
}

#[tokio::test]
async fn an_answer_that_is_lost_is_not_asked_for_again() {
    for fault in [Fault::LostAnswer, Fault::StatusAfterCommit(520), Fault::Truncated] {
        let asked = asked().await;
        asked.scene.fake.inject(On::Operation(CODE.to_owned()), fault.clone(), 1);
        let error = asked.finish(&asked.approved()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{fault:?}: {error}");
        assert!(error.remedy().contains("authorise again") && error.remedy().contains("token"), "{error}");
        assert_eq!(asked.scene.grants(CODE), 1, "a code is never sent twice");
        assert!(asked.scene.fake.unfired().is_empty());
    }
}

#[tokio::test]
async fn a_merchant_who_gives_less_gives_a_token_all_the_same() {
    let asked = asked().await;
    let callback = asked.scene.fake.approve_install(asked.link(), Some(&["write_products"]));
    let authorized = asked.finish(&Url::parse(&callback).unwrap()).await.unwrap();
    assert_eq!(authorized.missing, ["write_orders"], "writing products implies reading them");
    assert!(asked.scene.fake.is_alive(authorized.secret.expose()));
}

#[tokio::test]
async fn what_cannot_be_asked_is_refused_at_once() {
    let scene = Scene::new().await;
    let factory = guestpass_shopify::factory();
    let field = |settings: StoreSettings| {
        let error = factory.authorization(settings, &scene.env).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{error}");
        error.field().map(str::to_owned).unwrap()
    };
    assert_eq!(field(scene.with_app()), "refresh_token", "nothing would refer to the token");
    assert_eq!(field(scene.with_token()), "client_id");
    let scopes = expiring(&scene).with_text("scopes", "read_products&state=x");
    assert_eq!(field(scopes), "scopes");
    let it = factory.authorization(expiring(&scene), &scene.env).unwrap();
    let options = AuthorizationOptions::new().with_scopes(vec!["no scope".to_owned()]);
    assert_eq!(it.begin(&redirect(), &options).unwrap_err().kind(), ErrorKind::InvalidRequest);
    assert!(scene.fake.requests().is_empty());
}

#[tokio::test]
async fn no_secret_shows() {
    let asked = asked().await;
    let state = asked.request.state.clone().unwrap();
    let authorized = asked.finish(&asked.approved()).await.unwrap();
    let shown = format!("{:?} {:?} {authorized:?}", asked.request, asked.it);
    for secret in [state.expose_secret(), authorized.secret.expose(), &asked.scene.seed.client_secret] {
        assert!(!shown.contains(secret), "{shown}");
    }
}
