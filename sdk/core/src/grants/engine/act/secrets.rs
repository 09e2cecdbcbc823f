//! Bringing secrets to where they belong.

use crate::error::{Error, ErrorKind, Result};
use crate::grants::engine::book::Book;
use crate::grants::engine::settle::{Next, Work};
use crate::grants::engine::{Durable, Moment};
use crate::grants::holding::{Intent, IntentKind};
use crate::grants::trouble::TroubleKind;
use crate::model::OneTimeSecret;

impl Work<'_> {
    pub(super) fn sink_name(book: &Book) -> Option<String> {
        let open = book.grants.iter().filter(|grant| grant.phase.is_open());
        open.rev().find_map(|grant| grant.deliver_to.clone())
    }

    pub(super) async fn probe_sink(&self, book: &Book) -> Result<()> {
        let Some(name) = Self::sink_name(book) else { return Ok(()) };
        match self.engine.directory.sink(&name) {
            Some(sink) => sink.probe().await,
            None => Err(no_sink(&name)),
        }
    }

    /// Brings a secret to its sink; without one, whoever reads the report gets it.
    pub(super) async fn deliver(&mut self, secret: Option<OneTimeSecret>) -> Result<()> {
        let Some(secret) = secret else { return Ok(()) };
        let Some(name) = Self::sink_name(&self.book().await?) else {
            self.secret = Some(secret);
            return Ok(());
        };
        let sink = self.engine.directory.sink(&name).ok_or_else(|| no_sink(&name))?;
        let label = format!("{}/{}", self.place.store, self.person);
        self.engine.checkpoint.at(Durable::Deliver, Moment::Before);
        let put = sink.put(&label, &secret).await;
        self.engine.checkpoint.at(Durable::Deliver, Moment::After);
        put
    }

    pub(super) async fn undelivered(&self, error: &Error) -> Result<Next> {
        let now = self.now();
        self.amend(Durable::Outcome, |book| {
            book.trouble(TroubleKind::Undelivered, error.message(), now);
            Ok(())
        })
        .await?;
        Ok(Next::Rest)
    }
}

pub(super) fn password_intent(now: crate::Timestamp) -> Intent {
    Intent { kind: IntentKind::ResetPassword, since: now, makes_secret: true, role: None }
}

pub(super) fn no_sink(name: &str) -> Error {
    Error::new(ErrorKind::Config, format!("the sink {name} is not configured (any more)"))
        .with_remedy("configure it")
}
