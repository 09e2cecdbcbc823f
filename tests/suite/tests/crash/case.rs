//! One world with its ledger, and everybody who acts in it beside the process that dies.

use std::time::Duration;

use guestpass::grants::audit::Head;
use guestpass::grants::{
    Grant, GrantQuery, Phase, Step, StepKind, StepQuery, SweepOptions, TroubleKind, verify,
};
use guestpass::{Clock, PersonHandle, StepCheck, StoreHandle};
use guestpass_suite::setup::{Host, Setup};
use guestpass_suite::stage::{Books, GUEST, Platform, Rights, STORE, Stage, of_guest, of_others};
use guestpass_suite::worker::{Job, Wish, boss};
use guestpass_testkit::postgres::Database;
use tempfile::TempDir;

pub(crate) const MINUTE: Duration = Duration::from_secs(60);
pub(crate) const DAY: Duration = Duration::from_secs(24 * 3600);
/// More passes than any life needs.
const PASSES: usize = 12;

/// Where ledgers are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ledgers {
    Sqlite,
    Postgres,
}

/// What was there before us, and who holds the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Case {
    pub(crate) platform: Platform,
    pub(crate) merchant_held: bool,
    pub(crate) before: Before,
}

/// Our guest, before us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Before {
    Absent,
    Present,
    Off,
}

impl Case {
    /// Every case that the platform knows.
    pub(crate) fn all(platform: Platform) -> Vec<Self> {
        let case = |before| Self { platform, merchant_held: false, before };
        let mut all = vec![case(Before::Absent), case(Before::Present)];
        if Stage::knows_off(platform) {
            all.push(case(Before::Off));
        }
        all.push(Self { merchant_held: true, ..case(Before::Absent) });
        all
    }
}

/// What the process does while it dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Life {
    Open,
    Close,
    Sweep,
    Offboard,
}

impl Life {
    pub(crate) const ALL: [Self; 4] = [Self::Open, Self::Close, Self::Sweep, Self::Offboard];
}

/// A fake, a ledger, and a host that survives.
pub(crate) struct Scene {
    pub(crate) case: Case,
    pub(crate) stage: Stage,
    pub(crate) setup: Setup,
    pub(crate) host: Host,
    pub(crate) before: Books,
    _folder: TempDir,
    _database: Option<Database>,
}

impl Scene {
    pub(crate) async fn new(case: Case, ledgers: Ledgers) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = (ledgers == Ledgers::Postgres).then(|| Database::make().unwrap());
        let file = || format!("sqlite:{}", folder.path().join("ledger").display());
        let mut setup = Setup::new(database.as_ref().map_or_else(file, Database::url), folder.path());
        let stage = Stage::start(case.platform, setup.clock().unwrap()).await.unwrap();
        if case.before != Before::Absent {
            stage.was_there(case.before == Before::Off);
        }
        setup.stores = stage.stores(case.merchant_held);
        setup.people = vec![stage.guest()];
        setup.roles = vec![stage.role()];
        let host = setup.open().await.unwrap();
        let before = stage.books();
        Self { case, stage, setup, host, before, _folder: folder, _database: database }
    }

    pub(crate) fn wish(&self) -> Wish {
        let until = self.host.clock.now().saturating_add(10 * DAY).unwrap();
        Wish { store: STORE.to_owned(), person: GUEST.to_owned(), until }
    }

    /// Brings the scene to where the life begins.
    pub(crate) async fn job(&self, life: Life) -> Job {
        if life == Life::Open {
            return Job::Open(self.wish());
        }
        let grant = self.host.engine.request(self.wish().request().unwrap()).await.unwrap();
        let cx = self.host.env.call().with_timeout(DAY / 4);
        self.host.engine.settle(&grant.place, &cx).await.unwrap();
        self.until_inside().await;
        match life {
            Life::Close => Job::Close(grant.id),
            Life::Offboard => Job::Offboard(GUEST.to_owned()),
            Life::Open | Life::Sweep => {
                self.host.clock.advance(10 * DAY);
                Job::Sweep
            }
        }
    }

    pub(crate) async fn grants(&self) -> Vec<Grant> {
        self.host.ledger.grants(&GrantQuery::new(), None, 100).await.unwrap()
    }

    pub(crate) async fn living(&self) -> Vec<Grant> {
        self.host.ledger.grants(&GrantQuery::new().not_over(), None, 100).await.unwrap()
    }

    async fn steps(&self) -> Vec<Step> {
        let open = StepQuery::new().only_open();
        self.host.ledger.steps(&open, None, 100).await.unwrap()
    }

    /// Where nobody can look whether an invitation left, its outcome stays open in plain sight.
    async fn is_unsettled(&self) -> bool {
        let grants = self.living().await;
        let Some(grant) = grants.first() else { return false };
        let holding = self.host.ledger.holding(&grant.place.store, &grant.place.subject).await.unwrap();
        holding.is_some_and(|holding| holding.has(TroubleKind::Unsettled))
    }

    // ---- time and people ----

    /// Passes until everybody is inside whom the grants let in.
    pub(crate) async fn until_inside(&self) {
        for _ in 0..PASSES {
            let grants = self.living().await;
            assert!(!grants.is_empty(), "the grant is lost");
            if grants.iter().all(|grant| grant.phase == Phase::Active) {
                assert_eq!(self.stage.ways_in(), 1, "{:?}", self.stage.books());
                return;
            }
            if self.case.platform == Platform::Wix && self.is_unsettled().await && !self.stage.is_inside() {
                return;
            }
            self.people_act(true).await;
            self.pass(20 * MINUTE).await;
        }
        panic!("nobody got in: {}", self.state().await);
    }

    /// Passes until every grant is over.
    pub(crate) async fn until_over(&self) {
        for _ in 0..PASSES {
            self.people_act(false).await;
            self.pass(20 * MINUTE).await;
            if self.living().await.is_empty() {
                return;
            }
        }
        panic!("it does not end: {}", self.state().await);
    }

    pub(crate) async fn pass(&self, after: Duration) {
        self.host.clock.advance(after);
        let report = Box::pin(self.host.engine.sweep(&SweepOptions::default(), &())).await.unwrap();
        assert_eq!(report.failed, 0);
        self.nobody_else_is_touched();
    }

    /// People do what they are asked for. Whoever is to go gets nothing more.
    async fn people_act(&self, accepting: bool) {
        let steps = self.steps().await;
        let going = steps.iter().any(|step| step.kind == StepKind::Exit);
        for step in steps {
            match &step.kind {
                StepKind::Entry if !going => self.stage.let_in(),
                StepKind::FollowUp if !going => self.stage.give(Rights::Ours),
                StepKind::Exit | StepKind::Decision => self.people_bring_back().await,
                StepKind::Pause => self.stage.switch(false),
                _ => {}
            }
            let still_open = self.host.ledger.step(step.id).await.unwrap().unwrap().closed.is_none();
            let by_word =
                step.manual.as_ref().is_some_and(|manual| matches!(manual.check, StepCheck::Attest(_)));
            if still_open && by_word {
                self.host.engine.step_done(step.id, &boss(), "done by hand").await.unwrap();
            }
        }
        if accepting {
            self.stage.accept();
        }
    }

    /// People bring back what was there before; whoever is offboarded goes altogether.
    async fn people_bring_back(&self) {
        let offboardings = self.host.ledger.offboardings(Some(&guest()), 1).await.unwrap();
        match self.case.before {
            Before::Absent => self.stage.take_out(),
            _ if !offboardings.is_empty() => self.stage.take_out(),
            Before::Present => self.stage.give(Rights::Former),
            Before::Off => {
                self.stage.give(Rights::Former);
                self.stage.switch(false);
            }
        }
    }

    // ---- what must hold ----

    /// Nobody of the merchant's is touched, ever.
    fn nobody_else_is_touched(&self) {
        assert_eq!(of_others(&self.stage.books()), of_others(&self.before));
    }

    /// What our guest has beyond what they had, the ledger owes.
    pub(crate) async fn what_may_exist_is_owed(&self) {
        self.nobody_else_is_touched();
        let now = of_guest(&self.stage.books());
        if Stage::ways_in_of(&now) == 0 || now == of_guest(&self.before) {
            return;
        }
        let owed = self.living().await.iter().any(|grant| grant.phase.is_owed());
        assert!(owed, "nobody owes what our guest has: {}", self.state().await);
    }

    /// All is as it was before us.
    pub(crate) async fn all_is_as_before(&self) {
        let now = of_guest(&self.stage.books());
        let as_before = match self.case.before {
            Before::Absent => Stage::ways_in_of(&now) == 0,
            // By hand, people are asked to switch off and no more.
            Before::Off if self.case.platform == Platform::Shopify => Stage::ways_in_of(&now) == 0,
            Before::Present | Before::Off => now == of_guest(&self.before),
        };
        assert!(as_before, "{now:?} instead of {:?}; {}", of_guest(&self.before), self.state().await);
        self.ended_soundly().await;
    }

    /// Our guest is out of everything.
    pub(crate) async fn the_guest_is_out(&self) {
        let now = of_guest(&self.stage.books());
        assert!(Stage::ways_in_of(&now) == 0, "{now:?}; {}", self.state().await);
        self.ended_soundly().await;
    }

    pub(crate) fn at_most_one_invitation(&self) {
        let invitations = self.stage.invitations();
        let most = usize::from(self.case.before != Before::Present);
        assert!(invitations <= most, "{invitations} invitations");
    }

    /// Whoever got a password from us has the one that was delivered last.
    pub(crate) fn the_password_was_delivered(&self) {
        let makes_passwords = self.case.platform == Platform::Prestashop && !self.case.merchant_held;
        if makes_passwords && self.case.before != Before::Present {
            let file = self.setup.secret_file(&format!("{STORE}/{GUEST}"));
            assert_eq!(std::fs::read_to_string(file).ok(), self.stage.password());
        }
    }

    async fn ended_soundly(&self) {
        self.at_most_one_invitation();
        let store = StoreHandle::new(STORE).unwrap();
        let events = self.host.ledger.events(&store, 0, 1000).await.unwrap();
        // Where nobody was asked for anything, there is nothing to prove.
        let asked = ["invite_sent", "role_changed", "removal_sent", "step_opened"];
        let began = events.iter().any(|event| asked.contains(&event.fact().unwrap().kind.as_str()));
        for grant in self.grants().await {
            let proven = grant.end.as_ref().is_some_and(|end| end.proof.is_some());
            assert!(grant.phase.is_over() && (proven || !began), "no proof: {}", self.state().await);
        }
        let chain = verify(&*self.host.ledger, Head::empty(store), &[]).await.unwrap();
        assert!(chain.is_sound() && chain.checked > 0);
        assert_eq!(self.stage.world().unfired(), Vec::<String>::new());
    }

    /// Everything there is to know, for whoever must find out why.
    pub(crate) async fn state(&self) -> String {
        let (grants, steps) = (self.grants().await, self.steps().await);
        let mut places = Vec::new();
        for grant in &grants {
            places.push(self.host.ledger.holding(&grant.place.store, &grant.place.subject).await.unwrap());
        }
        let lines =
            |what: Vec<serde_json::Value>| what.iter().map(|one| format!("\n  {one}")).collect::<String>();
        let grants = lines(grants.iter().map(|grant| serde_json::json!(grant)).collect());
        let steps = lines(steps.iter().map(|step| serde_json::json!(step)).collect());
        let places = lines(places.iter().map(|place| serde_json::json!(place)).collect());
        let books = of_guest(&self.stage.books());
        format!("\nbooks {books:?}\ngrants{grants}\nsteps{steps}\nplaces{places}")
    }
}

pub(crate) fn guest() -> PersonHandle {
    PersonHandle::new(GUEST).unwrap()
}
