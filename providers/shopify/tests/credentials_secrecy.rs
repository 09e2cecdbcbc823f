//! No secret of a rotation shows: not in outcomes, not in errors, not in logs. A program of its own, because what is logged
//! is decided for a whole program.

#![allow(clippy::unwrap_used, reason = "a set-up that fails is a failed test")]

mod common;

use std::error::Error as _;
use std::fmt::{Debug, Write as _};
use std::io;
use std::sync::{Arc, Mutex};

use common::rotation::{as_credential, knowing, order, slot};
use common::{Place, Scene};
use guestpass::rotation::{CarryOver, Credential, CredentialRotator, CredentialSlot, IssueOutcome, Tag};
use guestpass::{AccessProvider, Error, FixedSecret, OneTimeSecret};
use guestpass_testkit::{Fault, On};
use tracing_subscriber::fmt::MakeWriter;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'w> MakeWriter<'w> for Log {
    type Writer = Self;

    fn make_writer(&'w self) -> Self {
        self.clone()
    }
}

/// Everything that was said, and every secret that there was.
#[derive(Default)]
struct Heard {
    texts: String,
    secrets: Vec<String>,
}

impl Heard {
    fn result<T: Debug>(&mut self, result: &Result<T, Error>) {
        let _ = write!(self.texts, "{result:?}");
        let Err(error) = result else { return };
        let _ = write!(self.texts, "{error} {:?} {}", error.manual_step(), error.remedy());
        let mut source = error.source();
        while let Some(inner) = source {
            let _ = write!(self.texts, "{inner} {inner:?}");
            source = inner.source();
        }
    }

    fn secret(&mut self, secret: Option<&OneTimeSecret>) {
        self.secrets.extend(secret.map(|secret| secret.expose().to_owned()));
    }
}

const FAULTS: [Option<Fault>; 8] = [
    None,
    Some(Fault::Status(401)),
    Some(Fault::Status(403)),
    Some(Fault::Html(502)),
    Some(Fault::LostAnswer),
    Some(Fault::Truncated),
    Some(Fault::WrongType),
    Some(Fault::GraphqlPartial),
];

/// Everything that a rotation does, with a fault in each call.
async fn rotate(
    scene: &Scene,
    store: &dyn AccessProvider,
    slot: &CredentialSlot,
    old: &str,
    handed: &str,
    heard: &mut Heard,
) {
    let rotator: &dyn CredentialRotator = store.credentials().unwrap();
    let (old, tag, cx) = (knowing(old), Tag::random(), scene.cx());
    let disturb = |fault: &Option<Fault>| {
        if let Some(fault) = fault {
            scene.fake.inject(On::AnyRequest, fault.clone(), 1);
        }
    };
    let mut new = knowing(handed);
    for fault in FAULTS.iter().rev() {
        disturb(fault);
        heard.result(&rotator.inspect(slot, &old, &cx).await);
        disturb(fault);
        let made = rotator.issue(&order(slot, &tag, Some(&old)), &cx).await;
        heard.result(&made);
        if let Ok(IssueOutcome::Issued(made)) = &made {
            heard.secret(made.secret.as_ref());
            new = as_credential(made, &tag);
        }
        disturb(fault);
        heard.result(&rotator.find_issued(&order(slot, &tag, Some(&old)), &cx).await);
        disturb(fault);
        heard.result(&rotator.verify(slot, &new, &cx).await);
        disturb(fault);
        heard.result(&rotator.carry_over(&CarryOver::new(slot, Some(&old), &new), &cx).await);
        disturb(fault);
        heard.result(&rotator.retire(slot, &old, Some(&new), &cx).await);
        disturb(fault);
        heard.result(&rotator.confirm_retired(slot, &old, &cx).await);
        heard.result(&rotator.confirm_retired(slot, &Credential::new(), &cx).await);
    }
    let _ = write!(heard.texts, "{rotator:?} {store:?} {:?}", rotator.kinds());
}

#[tokio::test]
async fn no_secret_shows_anywhere() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_writer(log.clone())
        .finish();
    let logging = tracing::subscriber::set_default(subscriber);
    let mut heard = Heard::default();

    let scene = Scene::new().await;
    let seed = &scene.seed;
    let text = scene.fake.add_storefront_token(&seed.shop, &seed.client_id, "web");
    let store = scene.connect(scene.with_token());
    rotate(&scene, &*store, &slot("storefront-token"), &text, "none", &mut heard).await;
    heard.secrets.push(text);

    let secret = Arc::new(FixedSecret::new(seed.client_secret.clone().into()));
    let offline =
        slot("offline-token").with_text("client_id", &seed.client_id).with_secret("client_secret", secret);
    rotate(&scene, &*store, &offline, &seed.token, "none", &mut heard).await;

    let second = "shpss_the-second-secret";
    scene.fake.add_secret(&seed.client_id, second);
    let place = Place::holding(second);
    let refresh = Place::holding(&seed.refresh_token);
    let settings = scene.with_app().with_secret("client_secret", place.source());
    let store = scene.connect(settings.with_secret("refresh_token", refresh.source()));
    rotate(&scene, &*store, &slot("client-secret"), &seed.client_secret, second, &mut heard).await;
    drop(logging);

    heard.texts.push_str(&String::from_utf8(log.0.lock().unwrap().clone()).unwrap());
    assert!(heard.texts.contains("guestpass.request"), "the log was on");
    let fixed = [&seed.token, &seed.expiring_token, &seed.refresh_token, &seed.client_secret];
    heard.secrets.extend(fixed.into_iter().cloned());
    heard.secrets.extend([
        second.to_owned(),
        refresh.text(),
        "shpat_fake".to_owned(),
        "shprt_fake".to_owned(),
    ]);
    assert!(heard.secrets.len() > 10, "new ones were made");
    for secret in &heard.secrets {
        assert!(!heard.texts.contains(secret), "a secret shows: {secret}");
    }
    for request in scene.fake.requests() {
        assert!(!heard.secrets.iter().any(|secret| request.path.contains(secret)), "{}", request.path);
    }
}
