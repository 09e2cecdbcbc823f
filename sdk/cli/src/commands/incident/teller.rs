//! Tells of an incident as it goes, and keeps the secrets that nobody else has.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use guestpass::grants::{OffboardState, OffboardedStore};
use guestpass::incident::IncidentWatcher;
use guestpass::rotation::{Advanced, CredentialName, WaitsFor};
use guestpass::{Error, OneTimeSecret, StoreHandle};
use serde::Serialize;
use tokio::sync::Notify;

use crate::args::SecretArgs;
use crate::commands::offboard::RemovalView;
use crate::commands::rotate::Rotated;
use crate::handover::{Delivered, Handover};
use crate::output::{ErrorView, Output, notice};
use crate::progress::Progress;
use crate::session::Session;

/// One store, as far as the removal got.
#[derive(Serialize)]
struct RemovalLine {
    removal: RemovalView,
}

/// Nothing could be done about a credential now.
#[derive(Serialize)]
struct FailedLine {
    failed: FailedView,
}

#[derive(Serialize)]
struct FailedView {
    store: String,
    credential: String,
    error: ErrorView,
}

/// A new secret that no sink has taken, and where it is.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Unsaved {
    pub(super) store: String,
    pub(super) credential: String,
    pub(super) rotation: String,
    pub(super) file: String,
}

/// Who is told of everything that happens.
pub(super) struct Teller<'a> {
    out: Mutex<&'a mut Output>,
    session: &'a Session,
    bar: Mutex<Bar>,
    stopped: AtomicBool,
    /// Whether something has happened since somebody asked.
    news: AtomicBool,
    unsaved: Mutex<Vec<Unsaved>>,
    /// Told when the last removal has got as far as it gets.
    pub(super) removed: Notify,
}

/// Removals first, then credentials.
struct Bar {
    shown: Progress,
    removals: usize,
    credentials: usize,
}

impl<'a> Teller<'a> {
    /// Of an incident at so many stores.
    pub(super) fn new(out: &'a mut Output, session: &'a Session, removals: usize) -> Self {
        let bar = Bar { shown: session.counting("removals", removals), removals, credentials: 0 };
        Self {
            out: Mutex::new(out),
            session,
            bar: Mutex::new(bar),
            stopped: AtomicBool::new(false),
            news: AtomicBool::new(true),
            unsaved: Mutex::default(),
            removed: Notify::new(),
        }
    }

    /// Nothing more is begun.
    pub(super) fn stop(&self) {
        self.stopped.store(true, Ordering::SeqCst);
    }

    /// Whether something has happened since the last time this was asked.
    pub(super) fn has_news(&self) -> bool {
        self.news.swap(false, Ordering::SeqCst)
    }

    /// How many credentials are to be replaced, as far as anybody knows, and how many of them are.
    pub(super) fn credentials(&self, all: u64, closed: u64) {
        let mut bar = self.bar.lock().unwrap_or_else(PoisonError::into_inner);
        bar.credentials = usize::try_from(all).unwrap_or(usize::MAX);
        if bar.removals == 0 && bar.credentials > 0 {
            bar.shown.now_counts("credentials", bar.credentials, closed);
        }
    }

    /// New secrets that no sink has taken.
    pub(super) fn unsaved(&self) -> Vec<Unsaved> {
        self.unsaved.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A line for people beside the result; a document for machines among the results.
    fn tell(&self, line: &impl Serialize, text: Option<&str>) {
        self.news.store(true, Ordering::SeqCst);
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        if !out.is_json() {
            if let Some(text) = text {
                self.bar.lock().unwrap_or_else(PoisonError::into_inner).shown.aside(|| notice(text));
            }
        } else if let Err(error) = out.document(line) {
            // That nobody reads it must not keep anybody inside.
            tracing::warn!(%error, "the result could not be written");
        }
    }

    /// A secret without a sink goes into a file of the state folder: nobody else has it.
    fn keep(&self, advanced: &Advanced) -> Option<Delivered> {
        let secret: &OneTimeSecret = advanced.unsaved.as_ref()?;
        let place = Handover::prepare(&SecretArgs::default(), self.session.state());
        let delivered = match place.and_then(|place| place.finish(Some(secret))) {
            Ok(delivered) => delivered?,
            Err(error) => {
                let rotation = &advanced.rotation;
                notice(&format!(
                    "the new secret of {}/{} is LOST: {error}",
                    rotation.store, rotation.credential
                ));
                return None;
            }
        };
        if let Delivered::File(path) = &delivered {
            let rotation = &advanced.rotation;
            self.unsaved.lock().unwrap_or_else(PoisonError::into_inner).push(Unsaved {
                store: rotation.store.to_string(),
                credential: rotation.credential.to_string(),
                rotation: rotation.id.to_string(),
                file: path.display().to_string(),
            });
        }
        Some(delivered)
    }
}

impl IncidentWatcher for Teller<'_> {
    fn offboarded(&self, store: &OffboardedStore) {
        let removal = RemovalView::from(store);
        let text = match (&store.state, &store.found) {
            // There are hundreds of stores where nothing had to be done; the bar counts them, and the report names them.
            (OffboardState::Out { .. }, None) => None,
            (OffboardState::Out { .. }, _) => Some(format!("{}: {}", store.store, removal.in_words())),
            _ => Some(format!("{}: STILL OPEN: {}", store.store, removal.in_words())),
        };
        self.tell(&RemovalLine { removal }, text.as_deref());
        let mut bar = self.bar.lock().unwrap_or_else(PoisonError::into_inner);
        bar.shown.one_more();
        bar.removals = bar.removals.saturating_sub(1);
        if bar.removals == 0 {
            self.removed.notify_one();
        }
    }

    fn advanced(&self, advanced: &Advanced) {
        let unsaved = self.keep(advanced);
        let rotation = &advanced.rotation;
        let mut text = format!(
            "{}/{}: its rotation is {}",
            rotation.store,
            rotation.credential,
            rotation.stage.as_str()
        );
        if let Some(WaitsFor::Person { step, .. }) = &rotation.waits_for {
            text.push_str(&format!("; a person must act: {}", step.title));
        }
        for warning in &advanced.warnings {
            text.push_str(&format!("; warning: {warning}"));
        }
        if let Some(Delivered::File(path)) = &unsaved {
            text.push_str(&format!("; NO SINK HAS TAKEN THE NEW SECRET, it is in {}", path.display()));
        }
        self.tell(&Rotated::new(advanced, Vec::new(), unsaved), Some(&text));
        let bar = self.bar.lock().unwrap_or_else(PoisonError::into_inner);
        if bar.removals == 0 && rotation.stage.is_over() {
            bar.shown.one_more();
        }
    }

    fn failed(&self, store: &StoreHandle, credential: &CredentialName, error: &Error) {
        let text = format!("{store}/{credential}: {}; next: {}", error.message(), error.remedy());
        let (store, credential) = (store.to_string(), credential.to_string());
        let failed = FailedView { store, credential, error: error.into() };
        self.tell(&FailedLine { failed }, Some(&text));
    }

    fn goes_on(&self) -> bool {
        !self.stopped.load(Ordering::SeqCst)
    }
}
