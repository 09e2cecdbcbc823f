//! People do what a rotation asks of them, time moves, and another host goes on until it is over.

use std::time::Duration;

use guestpass::rotation::{
    Advanced, CredentialName, CredentialStatus, Fate, HumanPart, Minted, Rotation, RotationWatcher, Stage,
    WaitsFor,
};
use guestpass::{Clock, Error, OneTimeSecret, StoreHandle};
use guestpass_suite::worker::{Job, boss, patient, rotation_of};

use crate::scene::{NAME, Scene};

/// More passes than any rotation needs.
const PASSES: usize = 40;
const HOUR: Duration = Duration::from_secs(3600);

/// What comes next, beside the driver.
pub(crate) enum Turn {
    /// It goes on by this job.
    Goes(Job),
    /// It is over.
    Over,
}

impl Scene {
    /// People act and time passes; gives the job with which it goes on.
    pub(crate) async fn turn(&self) -> Turn {
        let Some(rotation) = self.rotation().await else { return Turn::Goes(Self::beginning()) };
        if rotation.stage.is_over() {
            return Turn::Over;
        }
        let handed = self.people_act(&rotation).await;
        if handed.is_none() {
            self.until_due(&rotation);
        }
        Turn::Goes(Job::Resume { id: rotation.id, handed })
    }

    /// Somebody else goes on, in as many passes as it takes.
    pub(crate) async fn until_over(&self) -> Rotation {
        if self.rotation().await.is_none() {
            let wish = rotation_of(guestpass_suite::stage::STORE, NAME).unwrap();
            if let Err(error) = self.host.driver.begin(wish.clone()).await {
                // Whoever takes over from a process that died waits until what that one sent must have shown.
                assert!(error.is_stale(), "{error}");
                self.host.clock.advance(HOUR / 12);
                self.host.driver.begin(wish).await.unwrap();
            }
        }
        for pass in 0..PASSES {
            let rotation = self.rotation().await.unwrap();
            if rotation.stage.is_over() {
                return rotation;
            }
            let handed = self.people_act(&rotation).await;
            if let Some(handed) = handed {
                let handed = OneTimeSecret::new(handed.into());
                let advanced = self.host.driver.advance(rotation.id, Some(handed), &patient()).await;
                self.heard(advanced);
            } else if pass % 2 == 0 {
                let advanced = self.host.driver.advance(rotation.id, None, &patient()).await;
                self.heard(advanced);
            } else {
                self.until_due(&rotation);
                self.host.driver.sweep(&patient(), self).await.unwrap();
            }
            self.consumer.tick("a pass");
        }
        panic!("it does not end: {:#?}", self.rotation().await);
    }

    pub(crate) fn heard(&self, advanced: Result<Advanced, Error>) {
        match advanced {
            Ok(advanced) => {
                assert!(advanced.unsaved.is_none(), "every place could take it");
                self.say(&format!("{advanced:?} {}", advanced.rotation.summary()));
            }
            Err(error) => {
                self.say(&format!("{error} {error:?} {}", error.remedy()));
                assert!(error.is_stale(), "{error} {error:?}");
            }
        }
    }

    /// What was made and not handed in is known to nobody else, and they are told so.
    pub(crate) fn whoever_made_one_deletes_it(&self, said: &str) {
        if !said.contains("never handed in") {
            return;
        }
        for made in self.by_people.lock().unwrap().iter() {
            self.stage.credentials().person_ends(self.way.kind, made);
        }
    }

    fn until_due(&self, rotation: &Rotation) {
        let now = self.host.clock.now();
        let wait = rotation.due_at.map(|due| Duration::try_from(due.duration_since(now)).unwrap_or_default());
        self.host.clock.advance(wait.unwrap_or(HOUR));
    }

    /// Somebody does what is asked for; gives what is to be handed in.
    async fn people_act(&self, rotation: &Rotation) -> Option<String> {
        let world = self.stage.credentials();
        match &rotation.waits_for {
            Some(WaitsFor::Person { part: HumanPart::Issue, step }) => {
                self.say(&step.to_string());
                Some(self.handed(rotation))
            }
            Some(WaitsFor::Person { part: part @ (HumanPart::Retire | HumanPart::CleanUp), step }) => {
                self.say(&step.to_string());
                let ended = self.to_be_ended(rotation, *part);
                let nothing_to_do = ended.iter().all(|secret| !world.works(self.way.kind, secret));
                ended.iter().for_each(|secret| world.person_ends(self.way.kind, secret));
                if nothing_to_do {
                    let said = self.host.driver.attest(rotation.id, boss(), "seen", &patient()).await;
                    self.heard(said);
                }
                None
            }
            Some(WaitsFor::Person { step, .. }) => {
                self.say(&step.to_string());
                let said = self.host.driver.attest(rotation.id, boss(), "done", &patient()).await;
                self.heard(said);
                None
            }
            _ if self.authority_is_lost(rotation) => Some(self.handed(rotation)),
            _ => None,
        }
    }

    /// Whether the record says plainly that somebody must authorise anew.
    fn authority_is_lost(&self, rotation: &Rotation) -> bool {
        let says =
            rotation.trouble.as_ref().is_some_and(|trouble| trouble.reason.contains("guestpass connect"));
        rotation.stage == Stage::Issuing && says && rotation.summary().contains("guestpass connect")
    }

    /// Whoever made one hands that in again, unless it was refused.
    fn handed(&self, rotation: &Rotation) -> String {
        let last = self.by_people.lock().unwrap().last().cloned();
        let refused = |secret: &String| rotation.orphans.iter().any(|orphan| is_of(orphan, secret));
        if let Some(last) = last.filter(|last| !refused(last)) {
            return last;
        }
        let made = self.stage.credentials().person_makes(self.way.kind, &self.used.secret);
        self.by_people.lock().unwrap().push(made.clone());
        made
    }

    /// What the step is about: a person finds it by its mark or its name.
    fn to_be_ended(&self, rotation: &Rotation, part: HumanPart) -> Vec<String> {
        let ever = self.ever();
        if part == HumanPart::Retire {
            return vec![self.used.secret.clone()];
        }
        let unsettled: Vec<_> = rotation
            .orphans
            .iter()
            .chain(rotation.new.iter().filter(|_| rotation.stage == Stage::Aborting))
            .filter(|minted| !minted.fate.is_settled())
            .collect();
        let live = self.live();
        let known = |secret: &String| rotation.new.iter().any(|new| is_of(new, secret));
        ever.into_iter()
            .filter(|secret| !live.contains(secret) && *secret != self.used.secret)
            .filter(|secret| {
                unsettled
                    .iter()
                    .any(|minted| is_of(minted, secret) || (minted.fate == Fate::Possible && !known(secret)))
            })
            .collect()
    }
}

pub(crate) fn is_of(minted: &Minted, secret: &str) -> bool {
    let secret = OneTimeSecret::new(secret.to_owned().into());
    minted.fingerprint.as_ref().is_some_and(|print| print.is_of(&secret))
}

impl RotationWatcher for Scene {
    fn advanced(&self, advanced: &Advanced) {
        self.say(&format!("{advanced:?} {}", advanced.rotation.summary()));
    }

    fn due(&self, store: &StoreHandle, status: &CredentialStatus) {
        self.say(&format!("{store} {status:?}"));
    }

    fn failed(&self, store: &StoreHandle, credential: &CredentialName, error: &Error) {
        panic!("{store}/{credential}: {error} {error:?}");
    }
}
