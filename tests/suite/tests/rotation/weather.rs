//! What goes wrong with the places where a credential is kept, and a host that works in it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use guestpass::{Error, ErrorKind, OneTimeSecret, Result, Sink, SinkAbilities, SinkCopy};
use guestpass_suite::setup::Host;

use crate::scene::Scene;

/// Which calls fail, as `PLACE CALL`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Weather(Arc<Mutex<BTreeSet<String>>>);

impl Weather {
    /// From now on these calls fail at these places, and no others.
    pub(crate) fn fails(&self, places: &[&str], calls: &[&str]) {
        let all = places.iter().flat_map(|place| calls.iter().map(move |call| format!("{place} {call}")));
        *self.0.lock().unwrap() = all.collect();
    }

    /// Everything works again.
    pub(crate) fn clears(&self) {
        self.0.lock().unwrap().clear();
    }

    fn allows(&self, place: &str, call: &str) -> Result<()> {
        if self.0.lock().unwrap().contains(&format!("{place} {call}")) {
            return Err(Error::new(ErrorKind::Unavailable, "the disk is full").with_remedy("make room"));
        }
        Ok(())
    }
}

#[derive(Debug)]
struct Exposed {
    place: String,
    weather: Weather,
    inner: Arc<dyn Sink>,
}

#[async_trait]
impl Sink for Exposed {
    fn abilities(&self) -> SinkAbilities {
        self.inner.abilities()
    }

    async fn probe(&self) -> Result<()> {
        self.weather.allows(&self.place, "probe")?;
        self.inner.probe().await
    }

    async fn put(&self, label: &str, secret: &OneTimeSecret) -> Result<()> {
        self.inner.put(label, secret).await
    }

    async fn stage(&self, label: &str, secret: &OneTimeSecret) -> Result<()> {
        self.weather.allows(&self.place, "stage")?;
        self.inner.stage(label, secret).await
    }

    async fn promote(&self, label: &str) -> Result<()> {
        self.weather.allows(&self.place, "promote")?;
        self.inner.promote(label).await
    }

    async fn discard(&self, label: &str, which: SinkCopy) -> Result<()> {
        self.weather.allows(&self.place, "discard")?;
        self.inner.discard(label, which).await
    }

    async fn read_back(&self, label: &str, which: SinkCopy) -> Result<Option<OneTimeSecret>> {
        self.weather.allows(&self.place, "read_back")?;
        self.inner.read_back(label, which).await
    }
}

impl Scene {
    /// The same scene, with places of which calls can fail.
    pub(crate) fn exposed_to(mut self, weather: &Weather) -> Self {
        let ledger = self.host.ledger.clone();
        let exposed = |place: &str, inner: Arc<dyn Sink>| -> Arc<dyn Sink> {
            Arc::new(Exposed { place: place.to_owned(), weather: weather.clone(), inner })
        };
        let host: Host = self.setup.open_between(ledger, exposed).unwrap();
        self.host = host.watched_by(self.consumer.clone());
        self
    }
}
