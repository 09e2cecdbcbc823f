//! Orders about one grant: `guestpass extend`, `revoke`, `withdraw`, `suspend`, `resume`, `approve`, `decline`,
//! `force-close`.

use guestpass::grants::{Engine, Grant, GrantId, Phase, Principal};
use guestpass::{AccessProvider, Error, ErrorKind, Operation, Result, Timestamp};

use super::carry_out::carry_out;
use super::plan::PlanReport;
use super::until;
use crate::args::{ForceCloseArgs, NewEndArgs, OrderArgs, SecretArgs};
use crate::exit::Outcome;
use crate::output::{Output, warn};
use crate::session::Session;

/// What is to happen to a grant.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Order<'a> {
    Extend(&'a NewEndArgs),
    Revoke,
    Withdraw,
    Suspend,
    Resume(&'a SecretArgs),
    Approve(&'a SecretArgs),
    Decline,
    ForceClose,
}

/// Carries an order out, or shows what it would do.
pub(crate) async fn run(order: Order<'_>, args: &OrderArgs, session: &Session, out: &mut Output) -> Outcome {
    let grant = stored(args.id, session).await?;
    let by = args.by.principal();
    let given = Given { order, id: args.id, by: &by, reason: args.reason.as_deref(), session };
    if args.plan.dry_run {
        let after = given.to(&session.rehearsal(Some(&grant)).await?, &grant).await?;
        let provider = session.connect(grant.place.store.as_str())?;
        return order.plan(provider.as_ref(), &after, session.clock().now()).show(out);
    }
    let engine = session.engine().await?;
    let secret = match order {
        Order::Resume(secret) | Order::Approve(secret) => secret,
        _ => &SecretArgs::default(),
    };
    Box::pin(carry_out(engine, given.to(engine, &grant), secret, session, out)).await
}

/// Closes a record without a proof.
pub(crate) async fn force_close(args: ForceCloseArgs, session: &Session, out: &mut Output) -> Outcome {
    let ForceCloseArgs { id, reason, by, plan } = args;
    if !plan.dry_run {
        warn("nobody is taken out, and nothing proves that this access has ended");
    }
    run(Order::ForceClose, &OrderArgs { id, reason: Some(reason), by, plan }, session, out).await
}

/// The grant of this id.
pub(super) async fn stored(id: GrantId, session: &Session) -> Result<Grant> {
    session.ledger().await?.grant(id).await?.ok_or_else(|| {
        Error::new(ErrorKind::NotFound, format!("there is no grant {id}"))
            .with_remedy("copy the id from `guestpass grants --all`")
    })
}

struct Given<'a> {
    order: Order<'a>,
    id: GrantId,
    by: &'a Principal,
    reason: Option<&'a str>,
    session: &'a Session,
}

impl Given<'_> {
    async fn to(&self, engine: &Engine, grant: &Grant) -> Result<Grant> {
        let (id, by, reason) = (self.id, self.by, self.reason);
        match self.order {
            Order::Extend(end) => engine.extend(id, new_end(end, grant, self.session)?, by, reason).await,
            Order::Revoke => engine.revoke(id, by, reason).await,
            Order::Withdraw => engine.withdraw(id, by, reason).await,
            Order::Suspend => engine.suspend(id, by, reason).await,
            Order::Resume(_) => engine.resume(id, by, reason).await,
            Order::Approve(_) => engine.approve(id, by).await,
            Order::Decline => engine.decline(id, by, reason).await,
            Order::ForceClose => engine.force_close(id, by, reason.unwrap_or_default()).await,
        }
    }
}

impl Order<'_> {
    fn plan(self, provider: &dyn AccessProvider, after: &Grant, now: Timestamp) -> PlanReport {
        let (command, write) = match self {
            Self::Extend(_) => ("extend", None),
            Self::Revoke => ("revoke", removal(after)),
            Self::Withdraw => ("withdraw", removal(after)),
            Self::Decline => ("decline", removal(after)),
            Self::Suspend => ("suspend", Some(Operation::SetActive)),
            Self::Resume(_) => ("resume", Some(Operation::SetActive)),
            Self::Approve(_) => ("approve", after.may_start(now).then_some(Operation::Invite)),
            Self::ForceClose => ("force-close", None),
        };
        let subject = after.person.to_string();
        match write {
            Some(write) => PlanReport::new(command, provider, subject, write),
            None => PlanReport::empty(command, provider, subject),
        }
    }
}

fn removal(after: &Grant) -> Option<Operation> {
    (after.phase == Phase::Closing).then_some(Operation::Remove)
}

/// A length counts from the end that was agreed until now.
fn new_end(args: &NewEndArgs, grant: &Grant, session: &Session) -> Result<Timestamp> {
    match (&args.longer, &args.until) {
        (Some(longer), _) => until::after("--for", grant.ends_at, until::length("--for", longer)?),
        (None, until) => until::parse(until.as_deref().unwrap_or_default(), session.clock()),
    }
}
