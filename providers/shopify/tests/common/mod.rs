//! What the tests share.

use std::sync::{Arc, Mutex};

use guestpass::{LoadedSecret, SecretSource};

/// A secret in a place that can be written.
pub(crate) fn stored(text: &str) -> Arc<dyn SecretSource> {
    source(&Arc::new(Mutex::new(text.to_owned())))
}

/// A process's view of such a place.
pub(crate) fn source(place: &Arc<Mutex<String>>) -> Arc<dyn SecretSource> {
    use guestpass::ExposeSecret;
    let (from, to) = (place.clone(), place.clone());
    let load = move || {
        let value = from.lock().unwrap().clone();
        let loaded: futures_util::future::BoxFuture<'static, _> = Box::pin(async move { Ok(value.into()) });
        loaded
    };
    Arc::new(LoadedSecret::new(load).storing(move |value| {
        *to.lock().unwrap() = value.expose_secret().to_owned();
        Box::pin(async { Ok(()) })
    }))
}
