//! A credential that some program uses, to try rotations on.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

/// The name of the credential in the configuration of every store.
pub(crate) const CREDENTIAL: &str = "web";

/// One credential of a fake's first store, and what a configuration says about it.
#[derive(Debug)]
pub(crate) struct FakeCredential {
    pub(crate) kind: &'static str,
    /// What belongs to its kind.
    pub(super) settings: Vec<(&'static str, String)>,
    /// Secrets that belong to its kind. Those of a fake are none.
    pub(super) secrets: Vec<(&'static str, String)>,
    /// The one that the program uses at first.
    pub(super) first: String,
    /// The truth about it and all that take its place.
    pub(crate) truth: Arc<dyn CredentialTruth>,
}

/// What the fake knows of such credentials, and what people do with them.
pub(crate) trait CredentialTruth: Debug + Send + Sync {
    /// Whether the program would be served with this one now.
    fn works(&self, secret: &str) -> bool;

    /// How many there ever were.
    fn ever(&self) -> usize;

    /// Lets time pass on the platform.
    fn forward(&self, by: Duration);

    /// Somebody makes a second one in the dashboard, where no API does it.
    fn person_copies(&self, _old: &str) -> Option<String> {
        None
    }

    /// Somebody deletes one in the dashboard, where no API does it.
    fn person_deletes(&self, _old: &str) {}
}
