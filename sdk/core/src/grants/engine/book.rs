//! One place as the ledger has it, changed as a whole and written back as a whole.

use super::goal::Goal;
use crate::Timestamp;
use crate::error::{Error, ErrorKind, Result};
use crate::grants::Cause;
use crate::grants::audit::Fact;
use crate::grants::grant::{End, Grant, GrantId, Obligation, Principal};
use crate::grants::holding::Holding;
use crate::grants::ledger::{Commit, GrantQuery, Lease, Ledger, PersonRecord, StepQuery};
use crate::grants::phase::{Move, Phase};
use crate::grants::step::{Step, StepEnd, StepId, StepKind};
use crate::grants::subject::Place;
use crate::model::{Actor, Instruction, ManualStep, PersonHandle, Proof, StepCheck};

const PAGE: u32 = 100;

/// One place: what is known of it, its living grants, its open steps, and what happened while it was changed.
#[derive(Debug, Clone)]
pub(super) struct Book {
    pub(super) holding: Holding,
    pub(super) grants: Vec<Grant>,
    pub(super) steps: Vec<Step>,
    pub(super) people: Vec<PersonRecord>,
    facts: Vec<Fact>,
    as_read: AsRead,
}

#[derive(Debug, Clone)]
struct AsRead {
    holding: Option<Holding>,
    grants: Vec<Grant>,
    steps: Vec<Step>,
}

/// Why and by whom grants end.
#[derive(Debug, Clone)]
pub(super) struct Ending {
    pub(super) cause: Cause,
    pub(super) by: Option<Principal>,
    pub(super) reason: Option<String>,
}

impl Ending {
    pub(super) fn by_itself(cause: Cause) -> Self {
        Self { cause, by: None, reason: None }
    }
}

impl Book {
    /// Reads a place. One that nobody has written about yet is empty, and addressed through this person.
    pub(super) async fn open(ledger: &dyn Ledger, place: &Place, person: &PersonHandle) -> Result<Self> {
        let holding = ledger.holding(&place.store, &place.subject).await?;
        let mut grants: Vec<Grant> = Vec::new();
        loop {
            let after = grants.last().map(|grant| grant.id);
            let page = ledger.grants(&GrantQuery::living(place), after, PAGE).await?;
            let was_last = page.len() < PAGE as usize;
            grants.extend(page);
            if was_last {
                break;
            }
        }
        let mut steps: Vec<Step> = Vec::new();
        loop {
            let after = steps.last().map(|step| step.id);
            let page = ledger.steps(&StepQuery::open_at(place), after, PAGE).await?;
            let was_last = page.len() < PAGE as usize;
            steps.extend(page);
            if was_last {
                break;
            }
        }
        let as_read = AsRead { holding: holding.clone(), grants: grants.clone(), steps: steps.clone() };
        let holding = holding.unwrap_or_else(|| Holding::new(place.clone(), person.clone()));
        Ok(Self { holding, grants, steps, people: Vec::new(), facts: Vec::new(), as_read })
    }

    /// Takes in a grant that is over, to be changed with the rest.
    pub(super) fn with_past(&mut self, grant: Grant) {
        if self.grants.iter().all(|known| known.id != grant.id) {
            self.as_read.grants.push(grant.clone());
            self.grants.push(grant);
        }
    }

    /// The living grant of this id.
    pub(super) fn grant(&mut self, id: GrantId) -> Option<&mut Grant> {
        self.grants.iter_mut().find(|grant| grant.id == id)
    }

    /// What has changed since it was read; `None` if nothing has.
    pub(super) fn into_commit(self, lease: Option<&Lease>) -> Option<Commit> {
        let AsRead { holding, grants, steps } = &self.as_read;
        let mut change = lease.map_or_else(Commit::new, Commit::under);
        if holding.as_ref() != Some(&self.holding) {
            change.holdings.push(self.holding);
        }
        change.grants = self.grants.into_iter().filter(|grant| !grants.contains(grant)).collect();
        change.steps = self.steps.into_iter().filter(|step| !steps.contains(step)).collect();
        change.people = self.people;
        change.facts = self.facts;
        let is_empty = change.holdings.is_empty()
            && change.grants.is_empty()
            && change.steps.is_empty()
            && change.people.is_empty()
            && change.facts.is_empty();
        (!is_empty).then_some(change)
    }

    /// A fact about this place.
    pub(super) fn note(&mut self, now: Timestamp, kind: &str) -> &mut Fact {
        let place = &self.holding.place;
        let mut fact = Fact::new(now, kind, place.platform.clone(), place.store.clone());
        fact.person = Some(self.holding.person.clone());
        self.facts.push(fact);
        let last = self.facts.len().saturating_sub(1);
        // Pushed just now, so it is there.
        #[allow(clippy::indexing_slicing, reason = "the element was pushed in the line before")]
        &mut self.facts[last]
    }

    /// A fact about one of its grants.
    pub(super) fn note_grant(&mut self, now: Timestamp, kind: &str, grant: &Grant) -> &mut Fact {
        let fact = self.note(now, kind);
        fact.person = Some(grant.person.clone());
        fact.grant = Some(grant.id);
        fact.role_after.clone_from(&grant.role);
        fact.ticket.clone_from(&grant.ticket);
        fact.outcome = Some(grant.phase.as_str().to_owned());
        fact
    }
}

/// What happens to grants and steps, whoever lets it happen.
impl Book {
    /// Makes a move of a living grant. One that ends keeps why, and what it brought along by hand becomes steps.
    pub(super) fn make(
        &mut self,
        id: GrantId,
        happens: Move,
        ending: Option<&Ending>,
        now: Timestamp,
    ) -> Result<()> {
        let Some(grant) = self.grant(id) else { return Err(gone(id)) };
        let was_owed = grant.phase.is_owed();
        let was_ending = grant.phase == Phase::Closing;
        grant.make(happens)?;
        if let (Some(Ending { cause, by, reason }), false) = (ending, was_ending) {
            let (cause, by, reason) = (*cause, by.clone(), reason.clone());
            grant.end.get_or_insert(End { cause, since: now, by, reason, proof: None });
        }
        let grant = grant.clone();
        if was_owed && !was_ending && !(grant.phase.is_open() || grant.phase == Phase::Suspended) {
            self.open_obligations(&grant, now);
        }
        // Whoever works through the steps must not let in somebody who is to go.
        let begins_to_end = !was_ending && grant.phase == Phase::Closing;
        if begins_to_end && !matches!(Goal::of(&self.holding, &self.grants), Goal::Inside(_)) {
            self.close_steps(now, None, |kind| matches!(kind, StepKind::Entry | StepKind::FollowUp));
        }
        Ok(())
    }

    fn open_obligations(&mut self, grant: &Grant, now: Timestamp) {
        for (index, Obligation { what, .. }) in
            grant.also.iter().enumerate().filter(|(_, also)| also.ended.is_none())
        {
            let kind = StepKind::Obligation { grant: grant.id, index };
            let manual = ManualStep::new(
                format!("Take away: {what}"),
                StepCheck::Attest(format!("{what} is taken away")),
            )
            .because("it was given by hand, beside the store's own accounts")
            .then(Instruction::new(
                Actor::Operator,
                format!("Take away what was given to {}: {what}", grant.person),
            ));
            self.open_step(kind, manual, now);
        }
    }

    /// Opens a step, unless one of the kind is open: then that one says what is to be done now.
    pub(super) fn open_step(&mut self, kind: StepKind, manual: ManualStep, now: Timestamp) {
        let several = matches!(kind, StepKind::FollowUp | StepKind::Residual);
        let same = |step: &Step| {
            step.kind == kind
                && (!several || step.manual.as_ref().is_none_or(|known| known.title == manual.title))
        };
        if let Some(step) = self.steps.iter_mut().find(|step| step.closed.is_none() && same(step)) {
            step.manual = Some(manual);
            return;
        }
        let step = Step {
            id: StepId::random(),
            place: self.holding.place.clone(),
            person: self.holding.person.clone(),
            kind: kind.clone(),
            manual: Some(manual),
            opened_at: now,
            closed: None,
            revision: 0,
        };
        // Not what it says: that names the person by their address, and events stay when it is erased.
        let detail = serde_json::json!({ "step": step.id, "for": kind });
        self.steps.push(step);
        self.note(now, "step_opened").detail = detail;
    }

    /// Whether a step of this kind is open.
    pub(super) fn has_step(&self, kind: &StepKind) -> bool {
        self.steps.iter().any(|step| step.closed.is_none() && step.kind == *kind)
    }

    /// Closes the open steps that match: nobody needs them any more, or a look shows that they were done.
    pub(super) fn close_steps(
        &mut self,
        now: Timestamp,
        done: Option<&Proof>,
        which: impl Fn(&StepKind) -> bool,
    ) {
        let end =
            done.map_or(StepEnd::Superseded { at: now }, |proof| StepEnd::Done { proof: proof.clone() });
        let mut closed = Vec::new();
        for step in self.steps.iter_mut().filter(|step| step.closed.is_none() && which(&step.kind)) {
            step.closed = Some(end.clone());
            closed.push(serde_json::json!({ "step": step.id, "for": step.kind }));
        }
        let outcome = if done.is_some() { "done" } else { "superseded" };
        for detail in closed {
            let fact = self.note(now, "step_closed");
            fact.outcome = Some(outcome.to_owned());
            fact.proof = done.cloned();
            fact.detail = detail;
        }
    }
}

pub(super) fn gone(id: GrantId) -> Error {
    Error::new(ErrorKind::NotFound, format!("there is no living grant {id}"))
        .with_remedy("copy the id from the list of grants")
}
