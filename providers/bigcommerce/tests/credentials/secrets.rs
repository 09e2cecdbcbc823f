//! Secrets show nowhere: not in logs, not in errors, not in `Debug`, not in steps.

use std::cell::RefCell;
use std::error::Error as _;
use std::fmt::{Debug, Write as _};
use std::io;
use std::sync::Once;

use guestpass::rotation::CarryOver;
use guestpass_testkit::fakes::bigcommerce::FakeHook;
use guestpass_testkit::{Fault, On};
use tracing_subscriber::filter::dynamic_filter_fn;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::registry::Registry as Subscribers;

use super::*;

#[tokio::test]
async fn no_secret_shows_anywhere() {
    start_logging();
    let scene = Scene::new().await;
    let mut seen = format!("{:?} {:?}", scene.store, scene.rotator().kinds());
    let mut secrets = vec![scene.seed.minting_token.clone(), scene.seed.account_token.clone()];
    for kind in [STOREFRONT, PRIVATE, IMPERSONATION] {
        let slot = token_slot(kind).with_secret("store_token", fixed(&scene.seed.minting_token));
        for fault in faults() {
            scene.fake.inject(On::Writes, fault.clone(), 1);
            note(&mut seen, &scene.order(&slot, Some(scene.in_days(9))).await);
        }
        let token = scene.issue(&slot).await;
        for fault in faults() {
            scene.fake.inject(On::AnyRequest, fault.clone(), 1);
            work(&scene, &slot, &token, &mut seen).await;
        }
        _ = write!(seen, "{slot:?} {token:?}");
    }
    for kind in [STORE_ACCOUNT, ACCOUNT_ACCOUNT, APP] {
        let slot = slot(kind);
        let made = scene.fake.create_store_api_account(scene.hash(), "with hooks", &[]);
        let hook = FakeHook::new("store/order/created", "https://h.example/?key=marker-in-an-address");
        scene.fake.add_hook(scene.hash(), &made.token, hook.sending("x-key", "marker-in-a-header"));
        let token = holding(&made.token);
        for fault in faults() {
            scene.fake.inject(On::AnyRequest, fault.clone(), 1);
            work(&scene, &slot, &token, &mut seen).await;
        }
        secrets.push(made.token);
    }
    let log = end_logging();
    assert!(log.contains("guestpass.request") && log.contains("[REDACTED]"), "the log was on");
    seen.push_str(&log);
    secrets.extend(scene.fake.storefront_tokens(scene.hash()).into_iter().map(|token| token.token));
    secrets.extend(["marker-in-an-address", "marker-in-a-header"].map(str::to_owned));
    assert!(secrets.len() > 10, "many were minted");
    for secret in secrets {
        assert!(!seen.contains(&secret), "{secret} shows");
        // The middle of a token says whose it is; its end makes it valid.
        for part in secret.split('.').skip(1) {
            assert!(!seen.contains(part), "{part} shows");
        }
    }
}

/// Every call there is, whatever becomes of it.
async fn work(scene: &Scene, slot: &CredentialSlot, token: &Credential, seen: &mut String) {
    let (rotator, cx) = (scene.rotator(), scene.cx());
    note(seen, &rotator.inspect(slot, token, &cx).await);
    note(seen, &rotator.verify(slot, token, &cx).await);
    let another = scene.fake.create_store_api_account(scene.hash(), "another one", &[]);
    let another = holding(&another.token);
    note(seen, &rotator.carry_over(&CarryOver::new(slot, Some(token), &another), &cx).await);
    scene.fake.revoke_token(text(&another));
    note(seen, &rotator.retire(slot, token, None, &cx).await);
    note(seen, &rotator.confirm_retired(slot, token, &cx).await);
}

fn faults() -> [Fault; 8] {
    [
        Fault::Status(401),
        Fault::Status(403),
        Fault::Status(422),
        Fault::StatusAfterCommit(500),
        Fault::LostAnswer,
        Fault::Truncated,
        Fault::WrongType,
        Fault::Redirect("http://127.0.0.1:9/elsewhere".to_owned()),
    ]
}

fn note<T: Debug>(seen: &mut String, result: &Result<T>) {
    match result {
        Ok(value) => _ = write!(seen, "{value:?}"),
        Err(error) => {
            _ = write!(seen, "{error} {error:?} {:?}", error.vendor_message());
            let mut source = error.source();
            while let Some(cause) = source {
                _ = write!(seen, "{cause} {cause:?}");
                source = cause.source();
            }
        }
    }
}

thread_local! {
    static LOG: RefCell<Option<Vec<u8>>> = const { RefCell::new(None) };
}

/// Logs everything on this thread. The subscriber is installed once for the process: one that comes and goes would race
/// with tests on other threads.
fn start_logging() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let wanted = dynamic_filter_fn(|_, _| LOG.with_borrow(Option::is_some));
        let lines =
            tracing_subscriber::fmt::layer().with_ansi(false).with_writer(|| ThreadLog).with_filter(wanted);
        tracing::subscriber::set_global_default(Subscribers::default().with(lines)).unwrap();
    });
    LOG.set(Some(Vec::new()));
}

fn end_logging() -> String {
    String::from_utf8_lossy(&LOG.take().unwrap_or_default()).into_owned()
}

struct ThreadLog;

impl io::Write for ThreadLog {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOG.with_borrow_mut(|log| {
            if let Some(log) = log {
                log.extend_from_slice(bytes);
            }
        });
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
