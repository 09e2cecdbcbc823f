//! What people say about a rotation: give it up, it is done, these rights may go.

use super::ending::Which;
use super::ground::Ground;
use super::job::{Halt, Job};
use super::writing::{add, detail};
use super::{Advanced, Driver, DriverOptions};
use crate::error::{Error, ErrorKind, Result, Retry};
use crate::grants::audit::Fact;
use crate::grants::{Commit, Durable, Lease, Moment, Principal};
use crate::model::Proof;
use crate::rotation::{Death, Fate, HumanPart, Rotation, RotationId, Stage, WaitsFor};

const MADE_MEANWHILE: &str = "a person was asked for a new credential: if they made one that was never handed in, it is to be \
    deleted at the platform, and only they know of it";

impl Driver {
    /// Gives a rotation up, before the new one is in its place, and ends what it made.
    ///
    /// # Errors
    /// [`InvalidRequest`](ErrorKind::InvalidRequest) where there is only forward, with what goes on instead; else as
    /// [`advance`](Self::advance).
    pub async fn abort(
        &self,
        id: RotationId,
        by: Principal,
        reason: Option<String>,
        options: &DriverOptions,
    ) -> Result<Advanced> {
        let rotation = self.rotation(id).await?;
        refuse_over(&rotation)?;
        let (lease, rotation) = self.open(&rotation, options).await?;
        let advanced = Box::pin(self.abort_under(&lease, rotation, by, reason, options)).await;
        self.give_back(&lease).await;
        advanced
    }

    async fn abort_under(
        &self,
        lease: &Lease,
        mut rotation: Rotation,
        by: Principal,
        reason: Option<String>,
        options: &DriverOptions,
    ) -> Result<Advanced> {
        refuse_over(&rotation)?;
        let made_nothing =
            rotation.new.is_none() && rotation.orphans.iter().all(|orphan| orphan.fate.is_settled());
        let ground = match self.ground_of(&rotation) {
            Ok(ground) => ground,
            Err(_) if made_nothing => return self.abort_unmade(lease, rotation, by, reason).await,
            Err(error) => return Err(error),
        };
        if rotation.stage != Stage::Aborting {
            refuse_abort(&rotation, &ground)?;
            let was = rotation.stage;
            let waited_for_new =
                matches!(rotation.waits_for, Some(WaitsFor::Person { part: HumanPart::Issue, .. }));
            rotation.stage = Stage::Aborting;
            rotation.trouble = None;
            let mut job = Job::new(self, options, lease, &ground, rotation);
            if waited_for_new && ground.info.is_in_place() {
                job.refuse_if_old_is_dead().await?;
            }
            if waited_for_new {
                // Nothing that a person made and did not hand in can be seen from here.
                job.warnings.push(MADE_MEANWHILE.to_owned());
            }
            job.actor = Some(by);
            let fact = job.note("rotation_given_up");
            fact.reason = reason;
            add(fact, "was", &was);
            return self.run_after(job).await;
        }
        self.run(Job::new(self, options, lease, &ground, rotation)).await
    }

    /// Nothing was made, so nothing needs the store.
    async fn abort_unmade(
        &self,
        lease: &Lease,
        mut rotation: Rotation,
        by: Principal,
        reason: Option<String>,
    ) -> Result<Advanced> {
        rotation.stage = Stage::Aborted;
        rotation.waits_for = None;
        rotation.due_at = None;
        rotation.ended_at = Some(self.now());
        let mut fact = fact_of(&rotation, "rotation_aborted", self, &by);
        fact.reason = reason;
        self.record(lease, &mut rotation, fact).await?;
        Ok(Advanced { rotation, unsaved: None, warnings: Vec::new() })
    }

    /// Somebody says that what a person had to do was done, where nothing can be read. What can be read is believed more.
    ///
    /// # Errors
    /// [`InvalidRequest`](ErrorKind::InvalidRequest) when nothing of the kind is waited for,
    /// [`Conflict`](ErrorKind::Conflict) when the platform says that it is not so; else as [`advance`](Self::advance).
    pub async fn attest(
        &self,
        id: RotationId,
        by: Principal,
        note: &str,
        options: &DriverOptions,
    ) -> Result<Advanced> {
        let rotation = self.rotation(id).await?;
        refuse_over(&rotation)?;
        let (lease, rotation) = self.open(&rotation, options).await?;
        let advanced = Box::pin(self.attest_under(&lease, rotation, by, note, options)).await;
        self.give_back(&lease).await;
        advanced
    }

    async fn attest_under(
        &self,
        lease: &Lease,
        rotation: Rotation,
        by: Principal,
        note: &str,
        options: &DriverOptions,
    ) -> Result<Advanced> {
        refuse_over(&rotation)?;
        let ground = self.ground_of(&rotation)?;
        let mut job = Job::new(self, options, lease, &ground, rotation);
        job.actor = Some(by.clone());
        let part = job.asked();
        let which = match part {
            Some(HumanPart::CarryOver) => None,
            Some(HumanPart::Retire) => Some(Which::Old),
            Some(HumanPart::CleanUp) => first_unsettled(&job.rotation),
            Some(HumanPart::Issue) => {
                return Err(not_attested("the new credential is missing").with_remedy("hand its secret in"));
            }
            None => return Err(not_attested("it waits for nobody")),
        };
        let said = Proof::Attested { who: by.name, at: self.now(), note: note.to_owned() };
        if let Some(which) = which {
            let proof = job.proven_or(which, said).await?;
            job.attested(which, proof);
        } else {
            job.note("credential_carried_over").proof = Some(said);
        }
        job.rotation.waits_for = None;
        job.rotation.trouble = None;
        self.run_after(job).await
    }

    /// Writes down what was ordered, and goes on.
    async fn run_after(&self, mut job: Job<'_>) -> Result<Advanced> {
        job.rotation.waits_for = None;
        job.rotation.due_at = Some(self.now());
        match job.write().await {
            Ok(()) => {}
            Err(Halt::Ledger(error) | Halt::Trouble(error) | Halt::Refused(error)) => {
                return Err(error);
            }
            Err(Halt::Loss(_)) => {
                return Err(Error::new(ErrorKind::Internal, "writing loses no rights"));
            }
        }
        job.actor = None;
        self.run(job).await
    }

    /// Agrees to lose these rights.
    ///
    /// # Errors
    /// [`InvalidRequest`](ErrorKind::InvalidRequest) when the rotation is over or no right is named; else as
    /// [`advance`](Self::advance).
    pub async fn allow_loss(&self, id: RotationId, rights: &[String], by: Principal) -> Result<Rotation> {
        if rights.is_empty() {
            return Err(Error::invalid("rights", "names none", "name the rights that may go"));
        }
        let rotation = self.rotation(id).await?;
        refuse_over(&rotation)?;
        let (lease, mut rotation) = self.open(&rotation, &DriverOptions::default()).await?;
        for right in rights {
            if !rotation.may_lose.contains(right) {
                rotation.may_lose.push(right.clone());
            }
        }
        if rotation.trouble.as_ref().is_some_and(|trouble| !trouble.lost_rights.is_empty()) {
            rotation.trouble = None;
            rotation.due_at = Some(self.now());
        }
        let mut fact = fact_of(&rotation, "rights_given_up", self, &by);
        add(&mut fact, "rights", &rights);
        let written = self.record(&lease, &mut rotation, fact).await;
        self.give_back(&lease).await;
        written.map(|()| rotation)
    }

    async fn record(&self, lease: &Lease, rotation: &mut Rotation, fact: Fact) -> Result<()> {
        self.at(Durable::RotationRecord, Moment::Before);
        self.ledger.commit(Commit::under(lease).rotation(rotation.clone()).fact(fact)).await?;
        self.at(Durable::RotationRecord, Moment::After);
        rotation.revision += 1;
        Ok(())
    }
}

impl Job<'_> {
    /// Where only one can live, a person who made the new one ended the old one with it, so there is no way back.
    async fn refuse_if_old_is_dead(&self) -> Result<()> {
        let Some(old) = &self.rotation.old else { return Ok(()) };
        let old = self.credential(old).await?;
        match self.ground.rotator()?.inspect(&self.ground.slot, &old, &self.cx()).await {
            Err(error) if error.kind() == ErrorKind::Unauthenticated => {
                let message = "the rotation cannot be given up: the credential in use is dead, as when a new one was made";
                Err(Error::new(ErrorKind::InvalidRequest, message)
                    .with_remedy("go on with it: hand the new one in")
                    .with_source(error))
            }
            // Whatever else keeps it from being seen is no reason to hold on to the rotation.
            Ok(_) | Err(_) => Ok(()),
        }
    }

    /// What the platform says of a credential, or somebody's word where it says nothing.
    async fn proven_or(&self, which: Which, said: Proof) -> Result<Fate> {
        let said = Fate::Dead { proof: said };
        let Some(minted) = self.minted(which) else { return Ok(said) };
        let Ok(credential) = self.credential(minted).await else { return Ok(said) };
        if credential.id.is_none() && credential.secret.is_none() {
            return Ok(said);
        }
        let death = self.ground.rotator()?.confirm_retired(&self.ground.slot, &credential, &self.cx()).await;
        match death {
            Ok(Death::Dead { proof }) => Ok(Fate::Dead { proof }),
            Ok(Death::DiesAt { at }) => Ok(Fate::DiesAt { at }),
            Ok(Death::Alive) => Err(Error::new(ErrorKind::Conflict, "the credential still works")
                .with_remedy("end it at the platform, and then say so")),
            Err(error) if matches!(error.retry(), Retry::Backoff | Retry::After(_)) => Err(error),
            Ok(Death::CannotTell { .. }) | Err(_) => Ok(said),
        }
    }

    fn attested(&mut self, which: Which, fate: Fate) {
        let id = self.minted(which).and_then(|minted| minted.id.clone());
        let minted = match which {
            Which::Old => self.rotation.old.as_mut(),
            Which::New => self.rotation.new.as_mut(),
            Which::Orphan(index) => self.rotation.orphans.get_mut(index),
        };
        if let Some(minted) = minted {
            minted.fate = fate.clone();
        }
        let fact = self.note("credential_retired");
        add(fact, "id", &id);
        if let Fate::Dead { proof } = fate {
            fact.proof = Some(proof);
        }
    }
}

/// What is ended first is what somebody was asked about.
fn first_unsettled(rotation: &Rotation) -> Option<Which> {
    let new = rotation.new.as_ref().filter(|new| rotation.stage == Stage::Aborting && !new.fate.is_settled());
    let orphan = rotation.orphans.iter().position(|orphan| !orphan.fate.is_settled());
    new.map(|_| Which::New).or(orphan.map(Which::Orphan))
}

fn fact_of(rotation: &Rotation, kind: &str, driver: &Driver, by: &Principal) -> Fact {
    let mut fact = Fact::new(driver.now(), kind, rotation.platform.clone(), rotation.store.clone());
    fact.actor = Some(by.clone());
    fact.ticket.clone_from(&rotation.ticket);
    fact.outcome = Some(rotation.stage.as_str().to_owned());
    fact.detail = detail(rotation);
    fact
}

fn refuse_over(rotation: &Rotation) -> Result<()> {
    if !rotation.stage.is_over() {
        return Ok(());
    }
    let message = format!("the rotation is over: {}", rotation.stage);
    Err(Error::new(ErrorKind::InvalidRequest, message).with_remedy("begin a new one"))
}

/// The old one must be able to stay as it is.
fn refuse_abort(rotation: &Rotation, ground: &Ground) -> Result<()> {
    let asked_in_place = ground.info.is_in_place()
        && (rotation.stage != Stage::Planned
            || rotation.orphans.iter().any(|one| !matches!(one.fate, Fate::NeverMade { .. })));
    let why = if asked_in_place {
        "making the new credential ended the old one, or may have"
    } else if rotation.stage.may_abort() {
        return Ok(());
    } else {
        "the new credential is in its place, or may be in some of its sinks"
    };
    Err(Error::new(ErrorKind::InvalidRequest, format!("the rotation cannot be given up: {why}"))
        .with_remedy("go on with it: there is only forward, and it can be rotated again afterwards"))
}

fn not_attested(why: &str) -> Error {
    Error::new(ErrorKind::InvalidRequest, format!("there is nothing to confirm: {why}"))
        .with_remedy("go on with the rotation, and see what it waits for")
}
