//! Writing: one call each, with its guards.

use guestpass::{
    AccessNote, AccountId, Baseline, CallContext, ChangeOutcome, Entry, Error, ErrorKind, InviteRequest,
    OneTimeSecret, RemovalScope, RemoveOutcome, RemoveRequest, Result, RoleSpec, Target,
};

use super::Wix;
use super::looking::day;
use crate::ID;
use crate::invitations::{Invitation, Kept};
use crate::roles::{named, resolve};

impl Wix {
    /// The id of the role that is meant. A key may manage people without the right to list roles: then an id will do.
    pub(super) async fn resolve(&self, spec: &RoleSpec, named: &str, cx: &CallContext) -> Result<String> {
        let catalogue = match self.catalogue(cx).await {
            Err(error) if error.kind() == ErrorKind::PermissionDenied => None,
            catalogue => catalogue?,
        };
        resolve(spec, named, catalogue.as_deref())
    }

    /// What has to be known of an invitation before it is sent: who is there, and which role it gives.
    pub(super) async fn prepare(&self, request: &InviteRequest, cx: &CallContext) -> Result<Kept> {
        let name = named(request.role.as_ref())?;
        let spec = request.role.clone().unwrap_or_default();
        let target = request.target(&ID);
        if let Some(Invitation { kept, .. }) =
            self.invitation(&target, cx)?.filter(|invitation| invitation.open)
        {
            return Err(match kept.invite_id {
                Some(_) => Error::new(ErrorKind::Conflict, format!("{target} has an invitation already"))
                    .with_remedy("send that one again, or cancel it first"),
                None => unsettled(
                    Error::new(
                        ErrorKind::OutcomeUnknown,
                        "nothing was sent: an earlier invitation is not settled",
                    ),
                    &kept,
                ),
            });
        }
        let role = self.resolve(&spec, name, cx).await?;
        let before = self.listing(cx).await?;
        if target.account().is_some_and(|account| before.find(account.as_str()).is_some()) {
            return Err(Error::new(ErrorKind::Conflict, format!("{target} is inside already"))
                .with_remedy("change their role instead"));
        }
        Ok(Kept::unanswered(&self.site_id, &role, before.accounts, cx.clock().now()))
    }

    pub(super) async fn send_invitation(&self, request: &InviteRequest, cx: &CallContext) -> Result<Entry> {
        let kept = match &request.intent {
            Some(intent) => Kept::read(intent, &self.site_id)?,
            None => self.prepare(request, cx).await?,
        };
        let email = &request.person.email;
        self.memory.remember(email.as_str(), &kept);
        let invite = match self.site.invite(email, &kept.role, request.reason.as_deref(), cx).await {
            Ok(invite) => invite,
            Err(error) if error.is_outcome_unknown() => return Err(unsettled(error, &kept)),
            Err(error) => {
                self.memory.forget(&kept);
                return Err(error);
            }
        };
        let kept = kept.answered(&invite, cx.clock().now());
        self.memory.remember(email.as_str(), &kept);
        let mut entry = Entry::default();
        entry.note = Some(self.access_note(request));
        entry.state = Some(kept.to_state());
        entry.secret = invite.accept_link.map(OneTimeSecret::new);
        Ok(entry)
    }

    pub(super) fn access_note(&self, request: &InviteRequest) -> AccessNote {
        let note = AccessNote::new(request.person.email.as_str())
            .step("Open the invitation from Wix, in the spam folder too, or the link that came with it")
            .step("The link lets in whoever opens it first: hand it to nobody else");
        match request.person.accounts.get(&ID) {
            Some(account) => note.step(format!("Accept it while signed in to the Wix account {account}")),
            None => note
                .step("Accept it, and tell the id of the Wix account that did: Wix does not tell it to us"),
        }
    }

    /// Revoke, look, remove. Whether it worked is for the look after it to say.
    pub(super) async fn take_out(&self, request: &RemoveRequest, cx: &CallContext) -> Result<RemoveOutcome> {
        if request.scope != RemovalScope::Store {
            return Err(Error::new(
                ErrorKind::Unsupported,
                "people are taken out of one site at a time on Wix",
            )
            .with_remedy("remove them from each site"));
        }
        let target = &request.target;
        let invitation = self.invitation(target, cx)?;
        let account = request.seen.as_ref().map(|seen| &seen.id).or(target.account());
        if account.is_none() && invitation.is_none() {
            return Err(nothing_to_go_by(target));
        }
        if let Some(account) = account {
            self.refuse_owner(account, request.baseline, invitation.as_ref(), cx).await?;
        }
        let revoked = match &invitation {
            Some(Invitation { kept, open: true }) => self.revoke(kept, cx).await,
            _ => Ok(()),
        };
        let listing = self.listing(cx).await?;
        let inside = account.and_then(|account| listing.find(account.as_str()));
        if let Some(account) = inside {
            self.site.remove(account, cx).await?;
        }
        let used = inside.is_some_and(|id| invitation.as_ref().is_some_and(|sent| !sent.kept.was_there(id)));
        if let Some(Invitation { kept, .. }) = invitation.as_ref().filter(|_| used) {
            self.memory.end(kept);
        }
        match revoked {
            // Who is listed and was not there before has used the invitation: there was nothing left to revoke.
            Err(error) if !used => return Err(error),
            _ => {}
        }
        let newcomers =
            invitation.as_ref().map(|sent| sent.kept.newcomers(&listing.accounts)).unwrap_or_default();
        let others: Vec<_> = newcomers.into_iter().filter(|id| Some(*id) != inside).collect();
        let residual =
            if others.is_empty() { Vec::new() } else { vec![self.guide.newcomers(target, &others)] };
        Ok(RemoveOutcome::Accepted { residual })
    }

    /// Takes back an invitation whose id is known. One that is used, ended or unknown cannot be taken back, and how Wix
    /// says so is not documented: whether somebody is inside is for the listing to say.
    pub(super) async fn revoke(&self, kept: &Kept, cx: &CallContext) -> Result<()> {
        let Some(id) = &kept.invite_id else { return Ok(()) };
        match self.site.revoke(id, cx).await {
            Ok(()) => {}
            Err(error) if says_nothing_to_revoke(&error) => {
                tracing::debug!(%error, "the invitation could not be revoked: it is no longer open");
            }
            Err(error) => return Err(error),
        }
        self.memory.end(kept);
        Ok(())
    }

    pub(super) async fn resend(&self, target: &Target, cx: &CallContext) -> Result<ChangeOutcome> {
        let (kept, id) = self.known_invitation(target, cx)?;
        self.confirm_site(cx).await?;
        let invite = self.site.resend(&id, cx).await.map_err(|error| match error.kind() {
            ErrorKind::NotFound => error.with_remedy("it was accepted, declined or revoked: look who is inside"),
            ErrorKind::OutcomeUnknown => error.with_remedy(
                "the message may have gone out again, and the invitation may have another id now: to be sure, cancel it \
                 and look who is inside",
            ),
            _ => error,
        })?;
        let kept = kept.answered(&invite, cx.clock().now());
        self.memory.replace(&kept);
        let mut entry = Entry::default();
        entry.state = Some(kept.to_state());
        entry.secret = invite.accept_link.map(OneTimeSecret::new);
        Ok(ChangeOutcome::Renewed(Box::new(entry)))
    }

    pub(super) async fn cancel(&self, target: &Target, cx: &CallContext) -> Result<ChangeOutcome> {
        let (kept, _) = self.known_invitation(target, cx)?;
        self.confirm_site(cx).await?;
        self.revoke(&kept, cx).await?;
        // Only the listing tells an invitation that was taken back from one that was accepted before.
        let listing = self.site.contributors(None, cx).await?;
        let newcomers = kept.newcomers(&listing.accounts);
        let accepted = match target.account() {
            Some(account) => newcomers.iter().any(|id| id.eq_ignore_ascii_case(account.as_str())),
            None => !newcomers.is_empty(),
        };
        if accepted {
            let message =
                format!("the invitation may have been accepted before: new are {}", newcomers.join(", "));
            return Err(Error::new(ErrorKind::Conflict, message).with_remedy("remove the account by its id"));
        }
        Ok(ChangeOutcome::Accepted)
    }

    pub(super) async fn set_role(
        &self,
        target: &Target,
        spec: &RoleSpec,
        cx: &CallContext,
    ) -> Result<ChangeOutcome> {
        let name = named(Some(spec))?;
        let Some(account) = target.account() else { return Err(nothing_to_go_by(target)) };
        let role = self.resolve(spec, name, cx).await?;
        let invitation = self.invitation(target, cx)?;
        self.refuse_owner(account, Baseline::Unknown, invitation.as_ref(), cx).await?;
        let listing = self.listing(cx).await?;
        let Some(inside) = listing.find(account.as_str()) else {
            return Err(Error::new(ErrorKind::NotFound, format!("{target} is no contributor of this site"))
                .with_remedy("invite them; a role is changed only for people who are inside"));
        };
        self.site.change_role(inside, &role, cx).await?;
        Ok(ChangeOutcome::Accepted)
    }

    /// An invitation whose id is known. An ended one too: what Wix says of it counts.
    pub(super) fn known_invitation(&self, target: &Target, cx: &CallContext) -> Result<(Kept, String)> {
        match self.invitation(target, cx)? {
            Some(Invitation { kept: kept @ Kept { invite_id: Some(_), .. }, .. }) => {
                let id = kept.invite_id.clone().unwrap_or_default();
                Ok((kept, id))
            }
            Some(Invitation { kept, .. }) => Err(Error::new(
                ErrorKind::InvalidRequest,
                "the invitation's answer was lost, and with it the id that this needs",
            )
            .with_remedy(format!("it ends by itself on {}", day(&kept)))),
            None => Err(Error::new(
                ErrorKind::InvalidRequest,
                "the state that was kept of the invitation is missing, and Wix lists no invitations",
            )
            .with_remedy("hand over the state that came with the invitation, or let the merchant do it")),
        }
    }

    /// Refuses to touch the owner, and anybody who might be the owner.
    pub(super) async fn refuse_owner(
        &self,
        account: &AccountId,
        baseline: Baseline,
        invitation: Option<&Invitation>,
        cx: &CallContext,
    ) -> Result<()> {
        let ours = baseline == Baseline::Absent
            || invitation.is_some_and(|invitation| !invitation.kept.was_there(account.as_str()));
        let owner = match self.read_facts(cx).await {
            Ok(facts) => facts.owner,
            Err(error) if ours && error.kind() != ErrorKind::Conflict => {
                tracing::warn!(%error, "the owner could not be read; the person was not there before us");
                None
            }
            Err(error) => return Err(error),
        };
        allow(account.as_str(), owner.as_deref(), ours)
    }
}

/// Whether an account may be touched: never the owner's, and where the owner is not known only one that came with us.
fn allow(account: &str, owner: Option<&str>, ours: bool) -> Result<()> {
    let refused = |why: &str, remedy: &str| {
        let message = format!("{account} was left alone: {why}");
        Err(Error::new(ErrorKind::PermissionDenied, message).with_remedy(remedy))
    };
    match owner {
        Some(owner) if owner.eq_ignore_ascii_case(account) => {
            refused("it owns the site", "ownership is transferred by the merchant")
        }
        None if !ours => refused(
            "it may own the site, which Wix does not tell here",
            "use an API key with `account_id`, or say that they were not there before us (baseline absent)",
        ),
        _ => Ok(()),
    }
}

/// How Wix refuses to revoke what is no longer open is not documented.
fn says_nothing_to_revoke(error: &Error) -> bool {
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::Conflict | ErrorKind::InvalidRequest => true,
        ErrorKind::Config => error.status() == Some(428) && error.code() != Some("MISSING_METASITE_ID"),
        _ => false,
    }
}

/// Nothing can be looked up, so the invitation stays open until it would have ended by itself.
fn unsettled(error: Error, kept: &Kept) -> Error {
    let remedy = format!(
        "send nothing again: it stays unsettled until the invitation would have expired (30 days, on {}); whoever \
         accepts it shows among the contributors",
        day(kept)
    );
    error.with_remedy(remedy).with_state(kept.to_state())
}

fn nothing_to_go_by(target: &Target) -> Error {
    Error::new(
        ErrorKind::InvalidRequest,
        format!("which account {target} has is not known, and Wix tells no addresses"),
    )
    .with_remedy("name their Wix account by its id, or hand over the state that was kept of their invitation")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_owner_and_who_may_be_the_owner_are_left_alone() {
        for (owner, ours, allowed) in [
            (Some("OLIVIA"), true, false),
            (Some("olivia"), false, false),
            (Some("somebody-else"), false, true),
            (None, true, true),
            (None, false, false),
        ] {
            assert_eq!(allow("olivia", owner, ours).is_ok(), allowed, "{owner:?} {ours}");
        }
    }

    #[test]
    fn a_refused_revocation_means_nothing_was_open_unless_it_is_about_us() {
        let refused = |kind, status, code: &str| {
            says_nothing_to_revoke(&Error::new(kind, "no").with_status(status).with_code(code))
        };
        assert!(refused(ErrorKind::NotFound, 404, "NOT_FOUND"));
        assert!(refused(ErrorKind::InvalidRequest, 400, "NOT_PENDING"));
        assert!(refused(ErrorKind::Config, 428, "NOT_PENDING"));
        assert!(!refused(ErrorKind::Config, 428, "MISSING_METASITE_ID"));
        assert!(!refused(ErrorKind::PermissionDenied, 403, ""));
        assert!(!refused(ErrorKind::Unavailable, 503, ""));
    }
}
