//! What people do while an incident is worked on: they take out whom nobody else can, and make and end credentials.

use guestpass::grants::{Step, StepKind, StepQuery};
use guestpass::incident::{AccessReport, Incident};
use guestpass::rotation::{Advanced, Fate, HumanPart, Minted, Rotation, Stage, WaitsFor};
use guestpass::{Error, OneTimeSecret, SinkCopy, StepCheck};
use guestpass_suite::worker::{boss, patient, steady};

use crate::estate::{Estate, Held, MINUTE};
use crate::stores::Site;

/// More passes than any incident needs.
const PASSES: usize = 30;

impl Estate {
    /// Opens the incident, or finds it.
    pub(crate) async fn opened(&self) -> Incident {
        self.host.responder().open(Self::alarm().request().unwrap()).await.unwrap()
    }

    /// One call of a responder.
    pub(crate) async fn respond(&self, incident: &Incident) -> Incident {
        let responder = self.host.responder();
        Box::pin(responder.continue_incident(incident.id, &steady(), &())).await.unwrap()
    }

    /// Calls and people in turn, until nothing is open. The report is compared with the truth after each.
    pub(crate) async fn until_finished(&self) -> Incident {
        let incident = match self.incident().await {
            Some(incident) => incident,
            None => self.opened().await,
        };
        for _ in 0..PASSES {
            let now = self.respond(&incident).await;
            self.compare(&incident).await;
            if now.finished_at.is_some() {
                return now;
            }
            Box::pin(self.people_act()).await;
            self.compare(&incident).await;
            self.host.clock.advance(20 * MINUTE);
        }
        panic!("it does not end: {:#?}", self.report(&incident).await);
    }

    /// Everything that people are asked for, once.
    pub(crate) async fn people_act(&self) {
        if let Some(incident) = self.incident().await {
            let report = self.report(&incident).await;
            for (site, said) in self.sites.iter().zip(&report.stores) {
                if said.must_act.iter().any(|one| one.step.is_none()) {
                    assert!(matches!(said.access, AccessReport::Open { .. }), "{said:#?}");
                    site.stage.take_out();
                }
            }
        }
        for step in self.open_steps().await {
            if matches!(step.kind, StepKind::Exit | StepKind::Decision) {
                self.site_of(&step).stage.take_out();
            }
            self.said_to_be_done(&step).await;
        }
        for held in &self.held {
            for rotation in self.rotations(held).await {
                if !rotation.stage.is_over() {
                    Box::pin(self.somebody_helps(held, &rotation)).await;
                }
            }
        }
    }

    /// The merchant lets our guest in where a step asks for that, and they accept what was offered.
    pub(crate) async fn people_let_in(&self) {
        for step in self.open_steps().await {
            let stage = &self.site_of(&step).stage;
            match step.kind {
                StepKind::Entry => stage.let_in(),
                StepKind::FollowUp => stage.give(guestpass_suite::stage::Rights::Ours),
                _ => {}
            }
            self.said_to_be_done(&step).await;
        }
        for site in self.sites.iter().filter(|site| site.came == crate::stores::Came::ByGrant) {
            site.stage.accept();
        }
    }

    async fn said_to_be_done(&self, step: &Step) {
        let still_open = self.host.ledger.step(step.id).await.unwrap().unwrap().closed.is_none();
        let by_word = step.manual.as_ref().is_some_and(|manual| matches!(manual.check, StepCheck::Attest(_)));
        if still_open && by_word {
            self.host.engine.step_done(step.id, &boss(), "done by hand").await.unwrap();
        }
    }

    async fn open_steps(&self) -> Vec<Step> {
        self.host.ledger.steps(&StepQuery::new().only_open(), None, 100).await.unwrap()
    }

    fn site_of(&self, step: &Step) -> &Site {
        self.sites.iter().find(|site| site.handle == step.place.store.as_str()).unwrap()
    }

    async fn somebody_helps(&self, held: &Held, rotation: &Rotation) {
        let (world, kind) = (self.sites[held.site].stage.credentials(), held.what.way.kind);
        let lost = rotation.stage == Stage::Issuing && rotation.summary().contains("guestpass connect");
        match &rotation.waits_for {
            Some(WaitsFor::Person { part: HumanPart::Issue, .. }) => self.hand_in(held, rotation).await,
            Some(WaitsFor::Person { part: part @ (HumanPart::Retire | HumanPart::CleanUp), .. }) => {
                let ended = self.to_be_ended(held, rotation, *part);
                if ended.iter().all(|secret| !world.works(kind, secret)) {
                    heard(self.host.driver.attest(rotation.id, boss(), "seen", &patient()).await);
                }
                ended.iter().for_each(|secret| world.person_ends(kind, secret));
            }
            Some(WaitsFor::Person { .. }) => {
                heard(self.host.driver.attest(rotation.id, boss(), "done", &patient()).await);
            }
            _ if lost => self.hand_in(held, rotation).await,
            _ => {}
        }
    }

    async fn hand_in(&self, held: &Held, rotation: &Rotation) {
        let live = self.copies(held, SinkCopy::Live);
        let refused = |secret: &String| rotation.orphans.iter().any(|orphan| is_of(orphan, secret));
        let last = held.by_people.lock().unwrap().last().cloned();
        let made = last.filter(|last| !refused(last) && !live.contains(last)).unwrap_or_else(|| {
            let world = self.sites[held.site].stage.credentials();
            let made = world.person_makes(held.what.way.kind, &live[0]);
            held.by_people.lock().unwrap().push(made.clone());
            made
        });
        let made = OneTimeSecret::new(made.into());
        heard(Box::pin(self.host.driver.advance(rotation.id, Some(made), &patient())).await);
    }

    /// What the step is about: a person finds it by its mark or its name.
    fn to_be_ended(&self, held: &Held, rotation: &Rotation, part: HumanPart) -> Vec<String> {
        let ever = held.ever(&self.sites[held.site]);
        let is_old = |secret: &String| rotation.old.as_ref().is_some_and(|old| is_of(old, secret));
        if part == HumanPart::Retire {
            return ever.into_iter().filter(is_old).collect();
        }
        let given_up = rotation.new.iter().filter(|_| rotation.stage == Stage::Aborting);
        let unsettled: Vec<_> =
            rotation.orphans.iter().chain(given_up).filter(|minted| !minted.fate.is_settled()).collect();
        let live = self.copies(held, SinkCopy::Live);
        let is_new = |secret: &String| rotation.new.iter().any(|new| is_of(new, secret));
        let meant = |secret: &String| {
            let of = |minted: &&Minted| {
                is_of(minted, secret) || (minted.fate == Fate::Possible && !is_new(secret))
            };
            unsettled.iter().any(of)
        };
        ever.into_iter()
            .filter(|secret| !live.contains(secret) && !is_old(secret))
            .filter(|secret| meant(secret))
            .collect()
    }
}

fn heard(advanced: Result<Advanced, Error>) {
    match advanced {
        Ok(advanced) => assert!(advanced.unsaved.is_none(), "every place could take it"),
        Err(error) => assert!(error.is_stale(), "{error} {error:?}"),
    }
}

pub(crate) fn is_of(minted: &Minted, secret: &str) -> bool {
    let secret = OneTimeSecret::new(secret.to_owned().into());
    minted.fingerprint.as_ref().is_some_and(|print| print.is_of(&secret))
}
