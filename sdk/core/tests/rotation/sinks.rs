//! A sink in memory that can fail.

use std::sync::Mutex;

use async_trait::async_trait;
use guestpass::{Error, ErrorKind, OneTimeSecret, Result, Sink, SinkAbilities, SinkCopy};

#[derive(Debug, Default)]
struct Copies {
    staged: Option<String>,
    live: Option<String>,
    previous: Option<String>,
}

/// Keeps one credential.
#[derive(Debug)]
pub(crate) struct Shelf {
    reads_back: bool,
    copies: Mutex<Copies>,
    /// Which methods fail now.
    down: Mutex<Vec<&'static str>>,
}

impl Shelf {
    pub(crate) fn holding(live: Option<&str>, reads_back: bool) -> Self {
        let copies = Copies { live: live.map(str::to_owned), ..Copies::default() };
        Self { reads_back, copies: Mutex::new(copies), down: Mutex::default() }
    }

    /// Lets these methods fail from now on.
    pub(crate) fn fail(&self, methods: &[&'static str]) {
        *self.down.lock().unwrap() = methods.to_vec();
    }

    /// What is kept, whatever the sink says.
    pub(crate) fn truth(&self, which: SinkCopy) -> Option<String> {
        let copies = self.copies.lock().unwrap();
        match which {
            SinkCopy::Staged => copies.staged.clone(),
            SinkCopy::Live => copies.live.clone(),
            _ => copies.previous.clone(),
        }
    }

    /// Somebody else writes into the live place.
    pub(crate) fn overwrite(&self, live: &str) {
        self.copies.lock().unwrap().live = Some(live.to_owned());
    }

    fn up(&self, method: &str) -> Result<()> {
        if self.down.lock().unwrap().contains(&method) {
            return Err(Error::new(ErrorKind::Unavailable, "the shelf is locked"));
        }
        Ok(())
    }
}

#[async_trait]
impl Sink for Shelf {
    fn abilities(&self) -> SinkAbilities {
        SinkAbilities { keeps_credentials: true, reads_back: self.reads_back }
    }

    async fn probe(&self) -> Result<()> {
        self.up("probe")
    }

    async fn put(&self, _: &str, _: &OneTimeSecret) -> Result<()> {
        Err(Error::new(ErrorKind::Unsupported, "no passwords here"))
    }

    async fn stage(&self, label: &str, secret: &OneTimeSecret) -> Result<()> {
        assert_eq!(label, "acme/web");
        self.up("stage")?;
        self.copies.lock().unwrap().staged = Some(secret.expose().to_owned());
        Ok(())
    }

    async fn promote(&self, _: &str) -> Result<()> {
        self.up("promote")?;
        let mut copies = self.copies.lock().unwrap();
        if let Some(staged) = copies.staged.take() {
            copies.previous = copies.live.replace(staged);
        }
        Ok(())
    }

    async fn discard(&self, _: &str, which: SinkCopy) -> Result<()> {
        self.up("discard")?;
        let mut copies = self.copies.lock().unwrap();
        match which {
            SinkCopy::Staged => copies.staged = None,
            SinkCopy::Previous => copies.previous = None,
            _ => panic!("what is live is never forgotten"),
        }
        Ok(())
    }

    async fn read_back(&self, _: &str, which: SinkCopy) -> Result<Option<OneTimeSecret>> {
        assert!(self.reads_back, "it was asked for what it cannot give");
        self.up("read_back")?;
        Ok(self.truth(which).map(|secret| OneTimeSecret::new(secret.into())))
    }
}
