//! Where a secret comes from. It is held as [`SecretString`] and shown to nobody.

use std::fmt;

use async_trait::async_trait;
use futures_util::future::BoxFuture;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Mutex;

use crate::error::Result;

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
}

type Load = Box<dyn Fn() -> BoxFuture<'static, Result<SecretString>> + Send + Sync>;

/// A secret that is read when it is first needed, and once more when its value was refused.
///
/// Many callers may find out at once that a value was refused: one of them reads, the others use what it read.
pub struct LoadedSecret {
    load: Load,
    value: Mutex<Option<SecretString>>,
}

impl LoadedSecret {
    /// Reads the value with `load`.
    #[must_use]
    pub fn new(load: impl Fn() -> BoxFuture<'static, Result<SecretString>> + Send + Sync + 'static) -> Self {
        Self { load: Box::new(load), value: Mutex::new(None) }
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
}
