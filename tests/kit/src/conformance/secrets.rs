//! Secrets show nowhere: not in logs, not in errors, not in `Debug`.

use std::error::Error as StdError;
use std::fmt::Write as _;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use guestpass::{AccessProviderExt, Baseline, Error, ListQuery, Operation, RemoveRequest};
use tracing_subscriber::fmt::MakeWriter;

use super::life::invites_by_hand_only;
use super::{Subject, everybody};
use crate::{Fault, On, ThrottleShape};

/// Runs through successes and faults with everything logged, then searches every text for every secret.
pub async fn no_secret_shows_anywhere(s: &Subject) {
    let log = Log::default();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(log.clone()).finish();
    let logging = tracing::subscriber::set_default(subscriber);

    let mut texts = format!("{:?} {:?} {:?}", s.factory, s.settings, s.env);
    let provider = s.connect();
    let _ = write!(texts, "{provider:?} {:?}", provider.capabilities());
    if s.does(Operation::Invite) {
        work_with_faults(s, &mut texts).await;
    } else {
        invites_by_hand_only(s).await;
    }
    drop(logging);
    if s.does(Operation::Invite) {
        assert!(log.text().contains("guestpass.request"), "the log was on");
        assert!(log.text().contains("[REDACTED]"), "unknown headers were logged, redacted");
    }
    texts.push_str(&log.text());
    for secret in s.world.secrets() {
        for form in disguises(&secret) {
            assert!(!texts.contains(&form), "a secret shows as {form:?}");
        }
    }
}

async fn work_with_faults(s: &Subject, texts: &mut String) {
    let (provider, cx) = (s.connect(), s.call());
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
        s.world.inject(On::AnyRequest, fault.clone(), 1);
        match provider.check(&cx).await {
            Ok(report) => _ = write!(texts, "{report:?}"),
            Err(error) => describe(&error, texts),
        }
        s.world.inject(On::Writes, fault, 1);
        match provider.ensure_invited(&s.invitation(), &cx).await {
            Ok(report) => _ = write!(texts, "{report:?}"),
            Err(error) => describe(&error, texts),
        }
        let removal = RemoveRequest::new(s.target()).with_baseline(Baseline::Absent);
        match provider.ensure_removed(&removal, &cx).await {
            Ok(report) => _ = write!(texts, "{report:?}"),
            Err(error) => describe(&error, texts),
        }
    }
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

/// A log kept in memory.
#[derive(Debug, Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}
