//! What the engine tells of its work.

use std::collections::BTreeMap;

use crate::Timestamp;
use crate::error::Error;
use crate::grants::grant::Grant;
use crate::grants::offboarding::OffboardedStore;
use crate::grants::step::Step;
use crate::grants::subject::Place;
use crate::grants::trouble::Trouble;
use crate::model::{AccessNote, OneTimeSecret, PersonHandle, Proof, ProviderId, StoreHandle};
use crate::review::{Finding, KnownFinding, Reading, RowKey};

/// What one place looks like after work on it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Settled {
    /// Where.
    pub place: Place,
    /// Whether more is to be done.
    pub standing: Standing,
    /// Its grants that were living when the work began, as they are now.
    pub grants: Vec<Grant>,
    /// Its steps that are open now.
    pub steps: Vec<Step>,
    /// What stands in the way.
    pub troubles: Vec<Trouble>,
    /// When there is something to do next, in UTC.
    pub due_at: Option<Timestamp>,
    /// How the person gets in, where that came up.
    pub note: Option<AccessNote>,
    /// A secret that came with the access and that no sink was named for: told only now, to whoever reads this.
    pub secret: Option<OneTimeSecret>,
    /// How we know that the subject is out, where that was found now.
    pub proof: Option<Proof>,
    /// How many writes were sent to the store.
    pub writes: u32,
}

/// Whether more is to be done at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Standing {
    /// It is as it should be now.
    Reached,
    /// Somebody must act: the person accepts, or a step is open.
    Awaiting,
    /// It is not as it should be yet, and will be tried again.
    Unfinished,
    /// Somebody else works on it.
    Busy,
}

impl Standing {
    /// The standing's stable name in machine output.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reached => "reached",
            Self::Awaiting => "awaiting",
            Self::Unfinished => "unfinished",
            Self::Busy => "busy",
        }
    }
}

/// What a look for drift has shown of one store.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Drifted {
    /// The platform.
    pub platform: ProviderId,
    /// The store.
    pub store: StoreHandle,
    /// How it was read. What is not complete is compared with nothing.
    pub reading: Reading,
    /// When the look before this one began that showed everybody, in UTC; `None` where there was none, and everything is new.
    pub since: Option<Timestamp>,
    /// What was found that was not there at the last look.
    pub appeared: Vec<(RowKey, Finding)>,
    /// What was there at the last look and is not any more.
    pub gone: Vec<KnownFinding>,
    /// Who of ours the rows of the store are about.
    pub people: BTreeMap<RowKey, PersonHandle>,
}

/// Told of results as they come, so that nobody has to collect them.
pub trait Watcher: Send + Sync {
    /// A place was worked on.
    fn settled(&self, _settled: &Settled) {}

    /// A place could not be worked on at all, for example because the ledger did not answer.
    fn failed(&self, _place: &Place, _error: &Error) {}

    /// One store of an offboarding has got this far.
    fn offboarded(&self, _store: &OffboardedStore) {}

    /// A store was looked at for drift.
    fn drifted(&self, _drifted: &Drifted) {}

    /// Whether an offboarding goes on with its next store. Once somebody has said no, what is under way is finished, and
    /// the rest waits for the next call.
    fn goes_on(&self) -> bool {
        true
    }
}

/// Watches nothing.
impl Watcher for () {}

/// What one pass did, in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct SweepReport {
    /// Places that are as they should be now.
    pub reached: u64,
    /// Places where somebody must act.
    pub awaiting: u64,
    /// Places that will be tried again.
    pub unfinished: u64,
    /// Places, or keys with all their places, that somebody else works on.
    pub busy: u64,
    /// Places that could not be worked on at all.
    pub failed: u64,
    /// Stores that were looked at for drift and showed everybody.
    pub looked_at: u64,
    /// Stores that were to be looked at for drift and could not be read.
    pub unreadable: u64,
    /// Stores that were to be looked at for drift, and wait because the platform's budget or our time was used up.
    pub put_off: u64,
    /// Findings that were not there at the last look.
    pub appeared: u64,
    /// Findings that were there at the last look and are not any more.
    pub gone: u64,
    /// Grants that looks for drift have ended, because their people were taken out by somebody else.
    pub ended_by_drift: u64,
    /// Whether more was due than one pass takes.
    pub more: bool,
}

impl SweepReport {
    /// How many places were looked after.
    #[must_use]
    pub fn places(&self) -> u64 {
        self.reached + self.awaiting + self.unfinished
    }

    pub(super) fn count(&mut self, standing: Standing) {
        match standing {
            Standing::Reached => self.reached += 1,
            Standing::Awaiting => self.awaiting += 1,
            Standing::Unfinished => self.unfinished += 1,
            Standing::Busy => self.busy += 1,
        }
    }

    /// With what another pass did.
    pub fn add(&mut self, other: Self) {
        self.reached += other.reached;
        self.awaiting += other.awaiting;
        self.unfinished += other.unfinished;
        self.busy += other.busy;
        self.failed += other.failed;
        self.looked_at += other.looked_at;
        self.unreadable += other.unreadable;
        self.put_off += other.put_off;
        self.appeared += other.appeared;
        self.gone += other.gone;
        self.ended_by_drift += other.ended_by_drift;
        self.more |= other.more;
    }
}
