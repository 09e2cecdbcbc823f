//! `guestpass review decide`

mod merchant;
mod planned;

use guestpass::grants::{Engine, Grant, Phase, Principal, Settled, Standing};
use guestpass::review::{Consequence, KeptRow, Review, Verdict};
use guestpass::{Error, ErrorKind, Result, Timestamp};
use serde::Serialize;

use super::kept::Kept;
use super::text::{one_line, who};
use super::which::{self, name_of};
use crate::args::{DecideArgs, SecretArgs, VerdictArg};
use crate::commands::carry_out::{is_due, judge};
use crate::exit::{Exit, Outcome};
use crate::handover::{Delivered, Handover};
use crate::interrupt;
use crate::output::{
    GrantView, Output, RememberedView, Report, ReviewRowView, StepView, TroubleView, moment, notice,
    steps_below, warn,
};
use crate::session::Session;

/// What was recorded, and what came of it.
#[derive(Serialize)]
struct Decided {
    review: String,
    store: String,
    platform: String,
    /// The row with the decision.
    row: ReviewRowView,
    /// The grants that it is about, as they are now.
    grants: Vec<GrantView>,
    /// How far the work on the store got; `null` where there was none.
    standing: Option<&'static str>,
    /// Open steps of the person on this store.
    steps: Vec<RememberedView>,
    troubles: Vec<TroubleView>,
    /// When a sweep looks after it next.
    due_at: Option<Timestamp>,
    writes: u32,
    /// What the merchant is to be asked for, where it is about their own people.
    merchant: Option<StepView>,
    /// Where a secret that is told only once was put.
    secret: Option<Delivered>,
    /// Whether a look has shown that nobody is there any more.
    already_out: bool,
}

impl Report for Decided {
    fn to_text(&self) -> String {
        let mut text = self.recorded();
        for grant in &self.grants {
            text.push_str(&grant.to_text());
        }
        if self.already_out {
            text.push_str(&format!("{}: a look shows that they are not there any more\n", self.store));
        }
        if self.standing == Some(Standing::Busy.as_str()) {
            text.push_str("  somebody else works on this store just now; the next sweep carries it out\n");
        }
        for trouble in &self.troubles {
            text.push_str(&trouble.to_text());
        }
        text.push_str(&steps_below(&self.steps));
        if let Some(step) = &self.merchant {
            text.push_str(&format!("\nOnly the merchant can do it:\n{}\n", step.to_text()));
        }
        text.push_str(&self.secret.as_ref().map(Delivered::to_text).unwrap_or_default());
        text
    }
}

impl Decided {
    fn recorded(&self) -> String {
        let Some(decision) = &self.row.decision else { return String::new() };
        let reason = decision.reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default();
        let whom = if self.row.person.is_some() { who(&self.row) } else { one_line(&self.row.key) };
        format!(
            "{}: {} {} on {} is recorded, by {}{reason}\n",
            self.row.row,
            decision.verdict,
            whom,
            self.store,
            decision.by.name()
        )
    }

    fn new(row: &KeptRow, view: ReviewRowView) -> Self {
        Self {
            review: row.review.to_string(),
            store: row.store.to_string(),
            platform: row.platform.to_string(),
            row: view,
            grants: Vec::new(),
            standing: None,
            steps: Vec::new(),
            troubles: Vec::new(),
            due_at: None,
            writes: 0,
            merchant: None,
            secret: None,
            already_out: false,
        }
    }

    fn settled(&mut self, settled: &Settled) {
        self.standing = Some(settled.standing.as_str());
        self.steps = settled.steps.iter().map(RememberedView::from).collect();
        self.troubles = settled.troubles.iter().map(TroubleView::from).collect();
        self.due_at = settled.due_at;
        self.writes = settled.writes;
    }
}

/// Records a decision, and sees to what follows.
pub(super) async fn run(args: &DecideArgs, session: &Session, out: &mut Output) -> Outcome {
    if args.by.trim().is_empty() {
        return Err(Error::invalid("--by", "is empty", "say who decides").into());
    }
    let (review, number) = which::row(&args.row, &*session.ledger().await?).await?;
    let by = Principal::stated(&args.by);
    if args.plan.dry_run {
        return planned::show(args, &review, number, session, out).await;
    }
    let (reviewer, engine) = (session.reviewer(true).await?, session.engine().await?);
    let verdict = verdict_of(args.verdict);
    let (row, follows) = reviewer.decide(review.id, number, verdict, &by, args.reason.as_deref()).await?;
    warn_of_newer(&review, &row, engine).await?;
    let view = Kept::new(engine.ledger().clone(), session).row(&row).await?;
    let mut decided = Decided::new(&row, view);
    let desk = Desk { engine, session, row: &row, by: &by, reason: args.reason.as_deref() };
    let done = Box::pin(desk.follow(verdict, &follows, &mut decided)).await;
    out.show(&decided)?;
    done
}

fn verdict_of(verdict: VerdictArg) -> Verdict {
    match verdict {
        VerdictArg::Keep => Verdict::Keep,
        VerdictArg::Revoke => Verdict::Revoke,
        VerdictArg::Reduce => Verdict::Reduce,
    }
}

/// What is decided about an old row may not be about what is there now.
async fn warn_of_newer(review: &Review, row: &KeptRow, engine: &Engine) -> Result<()> {
    let newer = which::newer_of(review, row.store.as_str(), engine.ledger().as_ref()).await?;
    if let Some(newer) = newer {
        let (name, store) = (name_of(&newer), &row.store);
        warn(&format!(
            "a newer review of {} has read {store}, too; see `guestpass review show {name}`",
            moment(newer.began_at)
        ));
    }
    Ok(())
}

/// Sees to what follows from a decision that is recorded.
struct Desk<'a> {
    engine: &'a Engine,
    session: &'a Session,
    row: &'a KeptRow,
    by: &'a Principal,
    reason: Option<&'a str>,
}

impl Desk<'_> {
    async fn follow(&self, verdict: Verdict, follows: &[Consequence], decided: &mut Decided) -> Outcome {
        if verdict == Verdict::Keep {
            return self.keep(decided).await;
        }
        for what in follows {
            if let Consequence::ByMerchant { account, .. } = what {
                return merchant::ask(self, account, verdict, decided).await;
            }
        }
        let mut grants = Vec::new();
        for what in follows {
            match self.order(what).await {
                Ok(grant) => grants.push(grant),
                Err(error) if is_out_already(what, &error) => decided.already_out = true,
                Err(error) => {
                    notice("the decision is recorded, and what follows is not: give the same command again");
                    return Err(error.into());
                }
            }
        }
        if grants.is_empty() && verdict == Verdict::Revoke {
            // They were told to end before; whether they have is worth a try all the same.
            grants = self.living().await?;
        }
        self.work_on(grants, decided).await
    }

    /// The next look at the grants is due as the rules say.
    async fn keep(&self, decided: &mut Decided) -> Outcome {
        for grant in self.living().await? {
            let grant = match grant.phase {
                Phase::Closing => grant,
                _ => self.engine.reviewed(grant.id, self.by, self.reason).await?,
            };
            decided.grants.push(GrantView::from(&grant));
        }
        Ok(Exit::Done)
    }

    async fn living(&self) -> Result<Vec<Grant>> {
        let mut living = Vec::new();
        for id in &self.row.grants {
            let grant = self.engine.ledger().grant(*id).await?;
            living.extend(grant.filter(|grant| !grant.phase.is_over()));
        }
        Ok(living)
    }

    async fn order(&self, what: &Consequence) -> Result<Grant> {
        let progress = self.session.progress(format!("looking at {}", self.row.store));
        let cx = self.session.call();
        let ordered = Box::pin(self.engine.carry_out(what, self.by, self.reason, &cx)).await;
        drop(progress);
        ordered
    }

    /// Carries orders out at once, as far as it goes. The grants of a row are all about one place.
    async fn work_on(&self, grants: Vec<Grant>, decided: &mut Decided) -> Outcome {
        let now = self.session.clock().now();
        let Some(first) = grants.iter().find(|grant| is_due(grant, now)) else {
            decided.grants.extend(grants.iter().map(GrantView::from));
            return Ok(Exit::Done);
        };
        let handover = Handover::prepare(&SecretArgs::default(), self.session.state())?;
        let progress = self.session.progress(format!("working on {}", self.row.store));
        let cx = self.session.call();
        let look_with = || format!("guestpass grants {}", first.id);
        let settled = interrupt::finish(self.engine.settle(&first.place, &cx), look_with).await;
        drop(progress);
        let told = settled.as_ref().ok().and_then(|settled| settled.secret.as_ref());
        let secret = handover.finish(told);
        let mut known = Vec::new();
        for grant in grants {
            let id = grant.id;
            known.push(self.engine.ledger().grant(id).await?.unwrap_or(grant));
        }
        decided.grants.extend(known.iter().map(GrantView::from));
        let settled = settled.inspect_err(|_| {
            notice("the decision and what follows are recorded: the next sweep goes on with it");
        })?;
        decided.settled(&settled);
        decided.secret = secret?;
        Ok(worst(known.iter().map(|grant| judge(grant, &settled))))
    }
}

/// Somebody who was to be taken out and whom a look does not show: our own finding, no answer of a platform.
fn is_out_already(what: &Consequence, error: &Error) -> bool {
    let none = error.kind() == ErrorKind::NotFound && error.status().is_none();
    none && matches!(what, Consequence::TakeOut { .. })
}

fn worst(exits: impl Iterator<Item = Exit>) -> Exit {
    let severity = |exit: &Exit| match exit {
        Exit::Done => 0,
        Exit::HumanMustAct => 1,
        Exit::Failed => 2,
        _ => 3,
    };
    exits.max_by_key(severity).unwrap_or(Exit::Done)
}
