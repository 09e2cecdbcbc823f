//! Where a secret comes from. It is held as [`SecretString`] and shown to nobody.

use std::fmt;

use async_trait::async_trait;
use futures_util::future::BoxFuture;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Mutex;

use crate::error::{Error, ErrorKind, Result};

/// Gives the current value of a secret, and learns when that value was refused.
#[async_trait]
pub trait SecretSource: fmt::Debug + Send + Sync + 'static {
    /// The value to use now.
    ///
    /// # Errors
    /// When it cannot be read: the message names the source, never the value.
    async fn current(&self) -> Result<SecretString>;

    /// Tells that `value` was refused. Gives whether another value is there now, so that one more attempt makes sense.
    ///
    /// # Errors
    /// When the source cannot be read.
    async fn refused(&self, value: &SecretString) -> Result<bool>;

    /// Whether another value can be put in this one's place. Asked before a secret is fetched that replaces it.
    fn is_replaceable(&self) -> bool;

    /// Puts another value in this one's place, durably, before anybody uses it. For secrets that a platform renews, for
    /// example single-use refresh tokens.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] where the source can only be read; otherwise when writing failed.
    async fn replace(&self, value: SecretString) -> Result<()>;
}

fn read_only() -> Error {
    Error::new(ErrorKind::Unsupported, "this secret can be read but not written back")
        .with_remedy("keep it where it can be written, for example in a file")
}

/// A secret that does not change while the program runs.
#[derive(Debug, Clone)]
pub struct FixedSecret(SecretString);

impl FixedSecret {
    /// Holds this value.
    #[must_use]
    pub fn new(value: SecretString) -> Self {
        Self(value)
    }
}

#[async_trait]
impl SecretSource for FixedSecret {
    async fn current(&self) -> Result<SecretString> {
        Ok(self.0.clone())
    }

    async fn refused(&self, _value: &SecretString) -> Result<bool> {
        Ok(false)
    }

    fn is_replaceable(&self) -> bool {
        false
    }

    async fn replace(&self, _value: SecretString) -> Result<()> {
        Err(read_only())
    }
}

type Load = Box<dyn Fn() -> BoxFuture<'static, Result<SecretString>> + Send + Sync>;
type Store = Box<dyn Fn(SecretString) -> BoxFuture<'static, Result<()>> + Send + Sync>;

/// A secret that is read when it is first needed, and once more when its value was refused.
///
/// Many callers may find out at once that a value was refused: one of them reads, the others use what it read.
pub struct LoadedSecret {
    load: Load,
    store: Option<Store>,
    value: Mutex<Option<SecretString>>,
}

impl LoadedSecret {
    /// Reads the value with `load`.
    #[must_use]
    pub fn new(load: impl Fn() -> BoxFuture<'static, Result<SecretString>> + Send + Sync + 'static) -> Self {
        Self { load: Box::new(load), store: None, value: Mutex::new(None) }
    }

    /// Writes another value back with `store`.
    #[must_use]
    pub fn storing(
        mut self,
        store: impl Fn(SecretString) -> BoxFuture<'static, Result<()>> + Send + Sync + 'static,
    ) -> Self {
        self.store = Some(Box::new(store));
        self
    }
}

impl fmt::Debug for LoadedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LoadedSecret([REDACTED])")
    }
}

#[async_trait]
impl SecretSource for LoadedSecret {
    async fn current(&self) -> Result<SecretString> {
        let mut held = self.value.lock().await;
        if let Some(value) = held.as_ref() {
            return Ok(value.clone());
        }
        let value = (self.load)().await?;
        *held = Some(value.clone());
        Ok(value)
    }

    async fn refused(&self, value: &SecretString) -> Result<bool> {
        let mut held = self.value.lock().await;
        let differs = |other: &SecretString| other.expose_secret() != value.expose_secret();
        if held.as_ref().is_some_and(differs) {
            return Ok(true);
        }
        let fresh = (self.load)().await?;
        let changed = differs(&fresh);
        *held = Some(fresh);
        Ok(changed)
    }

    fn is_replaceable(&self) -> bool {
        self.store.is_some()
    }

    async fn replace(&self, value: SecretString) -> Result<()> {
        let Some(store) = &self.store else { return Err(read_only()) };
        let mut held = self.value.lock().await;
        store(value.clone()).await?;
        *held = Some(value);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test]
    async fn a_refused_value_is_read_again_once() {
        let reads = Arc::new(AtomicU32::new(0));
        let counter = reads.clone();
        let secret = LoadedSecret::new(move || {
            let read = counter.fetch_add(1, Ordering::SeqCst);
            Box::pin(async move { Ok(SecretString::from(format!("v{}", read.min(1)))) })
        });
        let first = secret.current().await.unwrap();
        assert_eq!(first.expose_secret(), "v0");
        assert!(secret.refused(&first).await.unwrap());
        assert!(secret.refused(&first).await.unwrap(), "somebody else has read the new value already");
        assert_eq!(reads.load(Ordering::SeqCst), 2);
        let second = secret.current().await.unwrap();
        assert!(!secret.refused(&second).await.unwrap(), "the same value again is no reason to try again");
    }

    #[tokio::test]
    async fn a_value_is_used_only_after_it_was_stored() {
        let load = || -> BoxFuture<'static, Result<SecretString>> {
            Box::pin(async { Ok("old".to_owned().into()) })
        };
        let broken = LoadedSecret::new(load).storing(|_| Box::pin(async { Err(read_only()) }));
        assert!(broken.replace("new".to_owned().into()).await.is_err());
        assert_eq!(broken.current().await.unwrap().expose_secret(), "old");
        let sound = LoadedSecret::new(load).storing(|_| Box::pin(async { Ok(()) }));
        sound.replace("new".to_owned().into()).await.unwrap();
        assert_eq!(sound.current().await.unwrap().expose_secret(), "new");
        let fixed = FixedSecret::new("old".to_owned().into());
        assert!(!fixed.is_replaceable() && fixed.replace("new".to_owned().into()).await.is_err());
    }
}
