//! What the ledger knows of one store.

use std::collections::{BTreeMap, HashMap};

use super::row::Ends;
use crate::Timestamp;
use crate::error::Result;
use crate::grants::{Grant, GrantQuery, Holding, Ledger, Phase, StepKind, StepQuery, SubjectKey};
use crate::model::{PersonHandle, Proof, StoreHandle};

const PAGE: u32 = 100;

/// What the ledger knows of one store.
#[derive(Debug, Default)]
pub(super) struct Books {
    pub(super) holdings: Vec<Holding>,
    /// Living grants, by subject.
    pub(super) grants: HashMap<SubjectKey, Vec<Grant>>,
    /// The last grant of a subject that is over.
    pub(super) ended: HashMap<SubjectKey, Ended>,
    /// What removals have left to look after.
    pub(super) left: BTreeMap<SubjectKey, Left>,
    pub(super) ends: Ends,
}

/// How the last grant of a subject ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ended {
    pub(super) at: Timestamp,
    /// Whether what was there before us was brought back.
    pub(super) restored: bool,
}

/// What somebody must look after, and about whom.
#[derive(Debug)]
pub(super) struct Left {
    pub(super) person: PersonHandle,
    pub(super) what: Vec<String>,
}

impl Books {
    pub(super) async fn read(ledger: &dyn Ledger, store: &StoreHandle) -> Result<Self> {
        let mut books = Self::default();
        let query = GrantQuery { store: Some(store.clone()), ..GrantQuery::new() };
        let mut after = None;
        loop {
            let page = ledger.grants(&query, after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.id);
            for grant in page {
                if grant.phase.is_over() {
                    books.count_end(&grant);
                    continue;
                }
                let subject = grant.place.subject.clone();
                if !books.grants.contains_key(&subject)
                    && let Some(holding) = ledger.holding(store, &subject).await?
                {
                    books.holdings.push(holding);
                }
                books.grants.entry(subject).or_default().push(grant);
            }
        }
        books.add_what_is_left(ledger, store).await?;
        Ok(books)
    }

    fn count_end(&mut self, grant: &Grant) {
        self.ends.count(grant);
        let Some(end) = &grant.end else { return };
        let ended = Ended {
            at: end.proof.as_ref().map_or(end.since, Proof::at).max(end.since),
            restored: matches!(end.proof, Some(Proof::Restored { .. })),
        };
        let known = self.ended.entry(grant.place.subject.clone()).or_insert(ended);
        if ended.at >= known.at {
            *known = ended;
        }
    }

    /// Steps are named by their ids: their words may hold names and addresses, which only the steps themselves keep.
    async fn add_what_is_left(&mut self, ledger: &dyn Ledger, store: &StoreHandle) -> Result<()> {
        let query = StepQuery { store: Some(store.clone()), ..StepQuery::new() }.only_open();
        let mut after = None;
        loop {
            let page = ledger.steps(&query, after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last.id);
            for step in page {
                let what = match step.kind {
                    StepKind::Residual => "what a removal does not cover",
                    StepKind::Obligation { .. } => "what was given by hand",
                    _ => continue,
                };
                let left = self
                    .left
                    .entry(step.place.subject)
                    .or_insert_with(|| Left { person: step.person.clone(), what: Vec::new() });
                left.what.push(format!("{what}, step {}", step.id));
            }
        }
    }

    pub(super) fn holding(&self, subject: &SubjectKey) -> Option<&Holding> {
        self.holdings.iter().find(|known| known.place.subject == *subject)
    }

    /// The grants of a subject that let it in, or may have.
    pub(super) fn owed(&self, subject: &SubjectKey) -> Vec<Grant> {
        let all = self.grants.get(subject).into_iter().flatten();
        all.filter(|grant| grant.phase.is_owed()).cloned().collect()
    }

    /// What grants say now of a subject that looked odd: they may have changed while the store was read.
    pub(super) async fn read_again(
        &mut self,
        ledger: &dyn Ledger,
        store: &StoreHandle,
        subject: &SubjectKey,
    ) -> Result<()> {
        let query =
            GrantQuery { store: Some(store.clone()), subject: Some(subject.clone()), ..GrantQuery::new() }
                .not_over();
        let grants = ledger.grants(&query, None, PAGE).await?;
        self.holdings.retain(|known| known.place.subject != *subject);
        self.holdings.extend(ledger.holding(store, subject).await?);
        self.grants.insert(subject.clone(), grants);
        Ok(())
    }
}

impl Ends {
    fn count(&mut self, grant: &Grant) {
        match grant.end.as_ref().and_then(|end| end.proof.as_ref()) {
            Some(Proof::Attested { .. }) => self.attested += 1,
            Some(_) => self.proven += 1,
            None => self.unproven += 1,
        }
    }
}

/// Whether a grant says that its person can get in now, as far as anybody knows.
pub(super) fn says_inside(grant: &Grant) -> bool {
    matches!(grant.phase, Phase::Active | Phase::Suspended | Phase::Closing)
}

/// Of several grants, the one whose role counts.
pub(super) fn highest(grants: &[Grant]) -> Option<&Grant> {
    grants.iter().max_by_key(|grant| (grant.role.is_some(), grant.rank))
}
