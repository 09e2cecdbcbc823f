//! Secrets show nowhere: not in logs, not in errors, not in `Debug`.

use std::cell::RefCell;
use std::error::Error as StdError;
use std::fmt::Write as _;
use std::io;
use std::sync::Once;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use guestpass::{AccessProviderExt, Baseline, Error, ListQuery, Operation, RemoveRequest};
use tracing_subscriber::filter::dynamic_filter_fn;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::registry::Registry;

use super::life::invites_by_hand_only;
use super::{Subject, everybody};
use crate::{Fault, On, ThrottleShape};

/// Runs through successes and faults with everything logged, then searches every text for every secret.
pub async fn no_secret_shows_anywhere(s: &Subject) {
    start_logging();
    let mut texts = format!("{:?} {:?} {:?}", s.factory, s.settings, s.env);
    let provider = s.connect();
    let _ = write!(texts, "{provider:?} {:?}", provider.capabilities());
    if s.does(Operation::Observe) {
        work_with_faults(s, &mut texts).await;
    } else {
        invites_by_hand_only(s).await;
    }
    let log = end_logging();
    if s.does(Operation::Observe) {
        assert!(log.contains("guestpass.request"), "the log was on");
        assert!(log.contains("[REDACTED]"), "unknown headers were logged, redacted");
    }
    texts.push_str(&log);
    for secret in s.world.secrets() {
        for form in disguises(&secret) {
            assert!(!texts.contains(&form), "a secret shows as {form:?}");
        }
    }
}

async fn work_with_faults(s: &Subject, texts: &mut String) {
    let provider = s.connect();
    let faults = [
        Fault::Status(401),
        Fault::Status(403),
        Fault::Status(500),
        Fault::Html(502),
        Fault::Throttled(ThrottleShape::AllHeaders),
        Fault::ConnectionReset,
        Fault::Truncated,
        Fault::WrongType,
        Fault::Redirect("http://127.0.0.1:9/elsewhere?secret=none".to_owned()),
    ];
    for fault in faults {
        let cx = s.call();
        s.world.inject(On::AnyRequest, fault.clone(), 1);
        match provider.check(&cx).await {
            Ok(report) => _ = write!(texts, "{report:?}"),
            Err(error) => describe(&error, texts),
        }
        let on = if s.does(Operation::Invite) { On::Writes } else { On::Reads };
        s.world.inject(on, fault, 1);
        match provider.ensure_invited(&s.invitation(), &cx).await {
            Ok(report) => _ = write!(texts, "{report:?}"),
            Err(error) => describe(&error, texts),
        }
        let removal = RemoveRequest::new(s.target()).with_baseline(Baseline::Absent);
        match provider.ensure_removed(&removal, &cx).await {
            Ok(report) => _ = write!(texts, "{report:?}"),
            Err(error) => describe(&error, texts),
        }
        // What could not be settled is over then, so that the next fault meets a write again.
        s.let_invitations_lapse();
    }
    let cx = s.call();
    let listed = everybody(&*provider, ListQuery::fresh(), &cx).await.unwrap();
    let _ = write!(texts, "{listed:?} {provider:?}");
    s.world.revoke_credential();
    describe(&provider.check(&cx).await.unwrap_err(), texts);
}

fn describe(error: &Error, texts: &mut String) {
    let _ = write!(texts, "{error} {error:?} {:?}", error.vendor_message());
    let mut source = error.source();
    while let Some(cause) = source {
        let _ = write!(texts, "{cause} {cause:?}");
        source = cause.source();
    }
}

/// The ways in which a secret is written in URLs, headers and JSON.
fn disguises(secret: &str) -> Vec<String> {
    let url: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let json = serde_json::Value::from(secret).to_string();
    let bytes = format!("{:?}", secret.as_bytes());
    let inner = |text: &str| text.trim_matches(['"', '[', ']', '=']).to_owned();
    vec![
        secret.to_owned(),
        url,
        inner(&json),
        inner(&bytes),
        inner(&STANDARD.encode(secret)),
        inner(&URL_SAFE_NO_PAD.encode(secret)),
    ]
}

thread_local! {
    static LOG: RefCell<Option<Vec<u8>>> = const { RefCell::new(None) };
}

/// Logs everything that happens on this thread, which is where a test of the suite runs. The subscriber itself is
/// installed once for the process: one that comes and goes would race with tests on other threads.
fn start_logging() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let wanted = dynamic_filter_fn(|_, _| LOG.with_borrow(Option::is_some));
        let lines =
            tracing_subscriber::fmt::layer().with_ansi(false).with_writer(|| ThreadLog).with_filter(wanted);
        let _ = tracing::subscriber::set_global_default(Registry::default().with(lines));
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
