//! `guestpass grant`

use guestpass::grants::{GrantRequest, Principal};
use guestpass::{Operation, Result, StoreHandle, Support, Timestamp};

use super::carry_out::carry_out;
use super::plan::PlanReport;
use super::until;
use crate::args::{EndArgs, GrantArgs, WishArgs, user};
use crate::exit::Outcome;
use crate::output::Output;
use crate::session::Session;

/// Lets somebody in until a time.
pub(crate) async fn run(args: &GrantArgs, session: &Session, out: &mut Output) -> Outcome {
    let provider = session.connect(&args.store)?;
    let person = session.config().colleague(&args.person)?;
    let start = args.from.as_deref().map(|from| until::ahead("--from", from, session.clock())).transpose()?;
    let end = end_of(&args.wish.end, start, session)?;
    let wish = GrantRequest::new(StoreHandle::new(args.store.as_str())?, person.handle.clone(), end);
    let mut wish = with_wish(wish, &args.wish, session)?;
    wish.starts_at = start;
    if let Some(sink) = &args.deliver_to {
        session.config().check_takes_passwords(sink)?;
    }
    wish.deliver_to.clone_from(&args.deliver_to);
    provider.capabilities().require(Operation::Invite)?;
    // Whatever is wrong with it is found out on a ledger that is forgotten, before anything is written.
    let connection = provider.connection();
    let rehearsed = session.rehearsal(None).await?.request(wish.clone()).await;
    let rehearsed = rehearsed.map_err(|error| error.at(connection.provider(), connection.store()))?;
    if args.plan.dry_run {
        let mut plan =
            PlanReport::new("grant", provider.as_ref(), rehearsed.person.to_string(), Operation::Invite);
        let assigns = provider.capabilities().support(Operation::AssignRole) == Support::Native;
        if rehearsed.role.is_some() && !assigns {
            plan.add("role", Operation::AssignRole, provider.as_ref());
        }
        return plan.show(out);
    }
    session.read_secrets(&args.store).await?;
    let engine = session.engine().await?;
    Box::pin(carry_out(engine, engine.request(wish), &args.secret, session, out)).await
}

/// When it ends. A length counts from the start.
pub(super) fn end_of(args: &EndArgs, start: Option<Timestamp>, session: &Session) -> Result<Timestamp> {
    match (&args.length, &args.until) {
        (Some(length), _) => {
            let start = start.unwrap_or_else(|| session.clock().now());
            until::after("--for", start, until::length("--for", length)?)
        }
        (None, until) => until::parse(until.as_deref().unwrap_or_default(), session.clock()),
    }
}

/// The same request with everything else that was said.
pub(super) fn with_wish(
    mut request: GrantRequest,
    args: &WishArgs,
    session: &Session,
) -> Result<GrantRequest> {
    if let Some(role) = &args.role {
        // Asked here too, because this answer knows the nearest name.
        let platform = &session.config().store(request.store.as_str())?.platform;
        session.config().role(role, platform)?;
    }
    let rules = session.config().policy(request.store.as_str(), args.role.as_deref());
    let named = args.requested_by.as_deref().map(Principal::stated);
    request.role.clone_from(&args.role);
    request.reason.clone_from(&args.reason);
    request.ticket.clone_from(&args.ticket);
    request.requested_by = named.or_else(|| (!rules.needs_requester).then(user));
    request.also.clone_from(&args.also);
    let review = args.review_at.as_deref();
    request.review_at = review.map(|at| until::ahead("--review-at", at, session.clock())).transpose()?;
    Ok(request)
}
