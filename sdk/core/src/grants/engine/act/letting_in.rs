//! Letting somebody in.

use super::secrets::password_intent;
use crate::capability::Operation;
use crate::error::{Error, ErrorKind, Result};
use crate::ext::{AccessProviderExt, InviteReport, InviteResult};
use crate::grants::engine::book::Book;
use crate::grants::engine::goal::Goal;
use crate::grants::engine::operations::makes_passwords;
use crate::grants::engine::settle::{Next, Work};
use crate::grants::engine::{Durable, Moment};
use crate::grants::grant::Grant;
use crate::grants::holding::IntentKind;
use crate::grants::phase::{Move, Phase};
use crate::grants::step::StepKind;
use crate::grants::trouble::TroubleKind;
use crate::model::{AccessState, Entry, InviteRequest, Observation, Person, RoleSpec};

impl Work<'_> {
    /// The wish for everything that the open grants of a place ask for.
    pub(in crate::grants::engine) fn invitation(&self, book: &Book, who: &Person) -> InviteRequest {
        let open: Vec<&Grant> = book.grants.iter().filter(|grant| grant.phase.is_open()).collect();
        let mut request = InviteRequest::new(who.clone());
        request.role = self.wanted_role(book).and_then(|role| self.role_spec(&role));
        request.reason = open.iter().rev().find_map(|grant| grant.reason.clone());
        request.until = open.iter().map(|grant| grant.ends_at).max();
        request.state.clone_from(&book.holding.state);
        request
    }

    pub(super) fn wanted_role(&self, book: &Book) -> Option<String> {
        match Goal::of(&book.holding, &book.grants) {
            Goal::Inside(wanted) => wanted.given(book.holding.role.as_ref()),
            _ => None,
        }
    }

    pub(super) fn role_spec(&self, role: &str) -> Option<RoleSpec> {
        self.engine.directory.role(role, &self.place.platform)
    }

    pub(super) async fn invite(&mut self, look: Observation, book: &Book, who: &Person) -> Result<Next> {
        let role = self.wanted_role(book);
        if let Some(unknown) = role.as_ref().filter(|role| self.role_spec(role).is_none()) {
            return self.refused(book, who, &unknown_role(unknown)).await;
        }
        let mut request = self.invitation(book, who);
        request.state = None;
        let by_hand = self.is_manual(Operation::Invite);
        let makes_secret = makes_passwords(&*self.provider);
        if makes_secret && let Err(error) = self.probe_sink(book).await {
            self.fail(None);
            return self.undelivered(&error).await;
        }
        if !by_hand {
            let state = match self.provider.intend(&request, self.cx).await {
                Ok(state) => state,
                Err(error) => return self.refused(book, who, &error).await,
            };
            self.intend(IntentKind::Invite, makes_secret, role.clone(), Some(state.clone())).await?;
            request.intent = state;
        }
        self.still_ours().await?;
        self.writing(by_hand, Durable::Invite, Moment::Before);
        let sent = Box::pin(self.provider.invite_after(look, &request, self.cx)).await;
        self.writing(by_hand, Durable::Invite, Moment::After);
        match sent {
            Ok(report) => Box::pin(self.invited(report, role)).await,
            Err(error) => self.write_failed(&error, book, who).await,
        }
    }

    pub(super) async fn invited(&mut self, report: InviteReport, role: Option<String>) -> Result<Next> {
        let InviteReport { result, after, before } = report;
        let now = self.now();
        let entry = match result {
            InviteResult::ActionRequired(step) => {
                self.amend(Durable::Outcome, |book| {
                    book.holding.intent = None;
                    book.holding.role.clone_from(&role);
                    book.holding.paused = false;
                    book.open_step(StepKind::Entry, step.clone(), now);
                    book.move_all(Phase::Opening, Move::Asked, "access_offered", now)
                })
                .await?;
                return Ok(Next::Rest);
            }
            InviteResult::Unconfirmed(entry) => {
                self.fail(None);
                return self.unconfirmed(entry).await;
            }
            InviteResult::AlreadyThere(entry)
            | InviteResult::Granted(entry)
            | InviteResult::Invited(entry) => entry,
        };
        let delivered = self.deliver(entry.secret.clone()).await;
        let look = after.unwrap_or(before);
        self.amend(Durable::Outcome, |book| {
            book.holding.intent = delivered.as_ref().err().map(|_| password_intent(now));
            book.holding.role.clone_from(&role);
            book.holding.paused = false;
            book.keep(&entry);
            if let Err(error) = &delivered {
                book.trouble(TroubleKind::Undelivered, error.message(), now);
            }
            let fact = book.note(now, "invite_sent");
            fact.role_after.clone_from(&role);
            for step in &entry.follow_ups {
                book.open_step(StepKind::FollowUp, step.clone(), now);
            }
            if matches!(look.state, AccessState::Present { .. }) {
                for phase in [Phase::Opening, Phase::Awaiting] {
                    book.move_all(phase, Move::Inside, "access_active", now)?;
                }
                return Ok(());
            }
            book.move_all(Phase::Opening, Move::Asked, "access_offered", now)
        })
        .await?;
        self.note = entry.note.or(self.note.take());
        if delivered.is_err() {
            self.fail(None);
        }
        Ok(Next::Rest)
    }

    /// The platform took an invitation that looks do not show: settled like one whose answer was lost.
    pub(super) async fn unconfirmed(&self, entry: Entry) -> Result<Next> {
        let now = self.now();
        self.amend(Durable::Outcome, |book| {
            book.keep(&entry);
            book.trouble(
                TroubleKind::Unsettled,
                "the platform took the invitation, but no look shows it",
                now,
            );
            Ok(())
        })
        .await?;
        Ok(Next::Rest)
    }
}

pub(super) fn unknown_role(role: &str) -> Error {
    Error::new(ErrorKind::Config, format!("the role {role} means nothing on this platform (any more)"))
        .with_remedy("say what it means there")
}
