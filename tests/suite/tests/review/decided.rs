//! Decisions, what follows from them, and what the next review says of it.

use std::sync::Arc;

use guestpass::grants::{Cause, Ledger, Phase, StepKind};
use guestpass::review::{Consequence, Difference, KeptRow, Review, ReviewRequest, Verdict};
use guestpass::{ErrorKind, FixedSecret, Operation, StoreHandle, StoreSettings};
use guestpass_testkit::ManualClock;
use guestpass_testkit::conformance::Subject;
use guestpass_testkit::fakes::FakePrestashop;
use guestpass_testkit::fakes::prestashop::PrestashopWorld;

use crate::desk::{DAY, Desk, HOUR, MINUTE, boss, store, where_native};

impl Desk {
    pub(crate) async fn run(&self) -> Review {
        self.reviewer().run(ReviewRequest::new(boss()), &self.subject.call(), &()).await.unwrap()
    }

    async fn row_of_guest(&self, review: &Review) -> KeptRow {
        let rows = self.ledger.review_rows(review.id, 0, 100).await.unwrap();
        let is_guest = |row: &KeptRow| row.person.as_ref().is_some_and(|person| person.as_str() == "gina");
        rows.into_iter().find(is_guest).expect("the guest has a row")
    }

    /// Decides about the guest, and does what follows.
    async fn decide(&self, review: &Review, verdict: Verdict) -> Vec<Consequence> {
        let row = self.row_of_guest(review).await;
        let reviewer = self.reviewer();
        let (kept, follows) =
            reviewer.decide(review.id, row.number, verdict, &boss(), Some("quarter")).await.unwrap();
        assert_eq!(kept.decision.as_ref().unwrap().verdict, verdict);
        assert_eq!(reviewer.row(review.id, row.number).await.unwrap(), kept);
        for what in &follows {
            self.engine.carry_out(what, &boss(), Some("quarter"), &self.subject.call()).await.unwrap();
        }
        follows
    }

    async fn differences(&self, old: &Review, new: &Review) -> Vec<Difference> {
        let reviewer = self.reviewer();
        let mut comparison = reviewer.compare(old.id, new.id).await.unwrap();
        let found = comparison.next_store().await.unwrap().unwrap();
        assert_eq!((found.store, found.not_comparable), (store(), None));
        assert_eq!(comparison.next_store().await.unwrap(), None);
        found.changes.into_iter().flat_map(|change| change.what).collect()
    }
}

#[tokio::test]
async fn a_revoked_row_ends_its_grant() {
    where_native(Operation::List, async |desk| {
        let grant = desk.let_in(desk.wish_for(3 * DAY)).await;
        let old = desk.run().await;
        let follows = desk.decide(&old, Verdict::Revoke).await;
        assert_eq!(follows, [Consequence::Revoke { grant: grant.id }]);
        // Nothing more follows from the same decision while it is carried out.
        let number = desk.row_of_guest(&old).await.number;
        let again = desk.reviewer().decide(old.id, number, Verdict::Revoke, &boss(), None).await.unwrap();
        assert_eq!(again.1, []);
        desk.settle(&grant).await;
        desk.people_take_out().await;
        assert!(!desk.is_inside());
        let ended = desk.grant(grant.id).await;
        assert_eq!((ended.phase, ended.end.unwrap().cause), (Phase::Ended, Cause::Revoked));
        let facts = desk.facts("review_decided").await;
        assert_eq!(facts.len(), 2);
        assert_eq!((facts[0].outcome.as_deref(), &facts[0].actor), (Some("revoke"), &Some(boss())));
        desk.subject.clock.advance(10 * MINUTE);
        let new = desk.run().await;
        let differences = desk.differences(&old, &new).await;
        assert!(!differences.contains(&Difference::NotFollowed { verdict: Verdict::Revoke }));
        desk.finish();
    })
    .await;
}

/// Whoever is inside without a grant is taken out as if they had one, and nobody invites them for that.
#[tokio::test]
async fn who_has_no_grant_is_taken_out() {
    where_native(Operation::List, async |desk| {
        desk.merchant_lets_in();
        let old = desk.run().await;
        let new = desk.run().await;
        let row = desk.row_of_guest(&old).await;
        let refused = desk.reviewer().decide(old.id, row.number, Verdict::Reduce, &boss(), None).await;
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::InvalidRequest);
        assert_eq!(desk.row_of_guest(&old).await.decision, None);
        let follows = desk.decide(&old, Verdict::Revoke).await;
        assert!(matches!(follows[..], [Consequence::TakeOut { .. }]), "{follows:?}");
        assert_eq!(
            desk.differences(&old, &new).await,
            [Difference::NotFollowed { verdict: Verdict::Revoke }]
        );
        // Carried out once more, for example after a crash, it is the same grant.
        let cx = desk.subject.call();
        let [grant] = &desk.living().await[..] else { panic!("one grant") };
        let same = desk.engine.carry_out(&follows[0], &boss(), None, &cx).await.unwrap();
        assert_eq!((same.id, same.phase, same.adopted), (grant.id, Phase::Closing, true));
        desk.settle(grant).await;
        desk.people_take_out().await;
        assert!(!desk.is_inside());
        assert_eq!(desk.subject.world.invitations(&desk.guest()), 0);
        desk.subject.clock.advance(10 * MINUTE);
        let new = desk.run().await;
        let differences = desk.differences(&old, &new).await;
        assert!(
            !differences.contains(&Difference::NotFollowed { verdict: Verdict::Revoke }),
            "{differences:?}"
        );
        desk.finish();
    })
    .await;
}

/// The merchant's own people are the merchant's to take out.
#[tokio::test]
async fn a_decision_about_the_merchants_people_is_recorded_and_not_ours_to_carry_out() {
    where_native(Operation::List, async |desk| {
        let review = desk.run().await;
        let writes = desk.subject.world.writes();
        for verdict in [Verdict::Revoke, Verdict::Reduce, Verdict::Keep] {
            let (row, follows) = desk.reviewer().decide(review.id, 1, verdict, &boss(), None).await.unwrap();
            assert_eq!((row.person, row.decision.unwrap().verdict), (None, verdict));
            if verdict == Verdict::Keep {
                assert_eq!(follows, []);
                continue;
            }
            let [what @ Consequence::ByMerchant { .. }] = &follows[..] else { panic!("{follows:?}") };
            let error = desk.engine.carry_out(what, &boss(), None, &desk.subject.call()).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unsupported);
            assert!(error.remedy().contains("merchant"), "{error}");
        }
        assert_eq!(desk.subject.world.writes(), writes);
        assert_eq!(desk.facts("review_decided").await.len(), 3);
        let error = desk.reviewer().decide(review.id, 999, Verdict::Keep, &boss(), None).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        desk.finish();
    })
    .await;
}

/// By API where the platform can, by a step where only people can; and the step stays open until it is done.
#[tokio::test]
async fn a_reduced_row_gets_its_role_again() {
    for platform in ["bigcommerce", "wix"] {
        where_native(Operation::List, async |desk| {
            if desk.subject.factory.id().as_str() != platform {
                return desk.finish();
            }
            let grant = desk.let_in(desk.wish_for(3 * DAY)).await;
            let ordinary = desk.subject.world.ordinary_permissions();
            let mut more = ordinary.clone();
            more.push(desk.subject.world.privileged_permission());
            desk.subject.world.merchant_sets_permissions(&desk.guest(), &more);
            desk.subject.clock.advance(10 * MINUTE);
            let old = desk.run().await;
            let follows = desk.decide(&old, Verdict::Reduce).await;
            assert_eq!(follows, [Consequence::ResetRole { grant: grant.id }]);
            assert_eq!(desk.facts("role_reset").await.len(), 1);
            let settled = desk.settle(&grant).await;
            if desk.subject.does(Operation::SetRole) {
                assert_eq!(settled.writes, 1);
            } else {
                assert!(desk.open_step(StepKind::FollowUp).await.is_some());
                desk.sweep_after(7 * HOUR).await;
                assert!(desk.open_step(StepKind::FollowUp).await.is_some(), "they still may do more");
                let new = desk.run().await;
                let found = desk.differences(&old, &new).await;
                assert_eq!(found, [Difference::NotFollowed { verdict: Verdict::Reduce }]);
                desk.subject.world.merchant_sets_permissions(&desk.guest(), &ordinary);
                desk.sweep_after(7 * HOUR).await;
            }
            assert_eq!(desk.open_step(StepKind::FollowUp).await, None);
            assert_eq!(desk.grant(grant.id).await.phase, Phase::Active);
            desk.subject.clock.advance(10 * MINUTE);
            let new = desk.run().await;
            let row = desk.row_of_guest(&new).await;
            assert_eq!(row.findings, [], "{row:?}");
            let found = desk.differences(&old, &new).await;
            assert!(found.iter().any(|found| matches!(found, Difference::Settled { .. })), "{found:?}");
            desk.finish();
        })
        .await;
    }
}

/// PrestaShop, with its own books at hand.
async fn prestashop() -> (Desk, FakePrestashop, u64) {
    let clock = Arc::new(ManualClock::new());
    let shared: Arc<dyn guestpass::Clock> = clock.clone();
    let transport = Arc::new(guestpass::http::ReqwestTransport::new().unwrap());
    let env = guestpass::Environment::new(transport, shared, Arc::new(guestpass::MemoryCoordination::new()));
    let world = PrestashopWorld::plant(FakePrestashop::start(clock.clone()).await).unwrap();
    let settings = StoreSettings::new(StoreHandle::new("demo").unwrap())
        .with_text("url", world.fake.url())
        .with_secret("key", Arc::new(FixedSecret::new(world.seed.key.clone().into())));
    let (fake, support) = (world.fake.clone(), world.seed.support_profile);
    let factory = Box::new(guestpass_prestashop::factory());
    (Desk::new(Subject { factory, settings, env, clock, world: Arc::new(world) }), fake, support)
}

const ELSE: u64 = 77;

#[tokio::test]
async fn a_profile_is_set_again_by_the_api() {
    let (desk, fake, support) = prestashop().await;
    fake.add_profile(ELSE, "Catalogue");
    let grant = desk.let_in(desk.wish_for(3 * DAY)).await;
    fake.set_profile(desk.guest().as_str(), ELSE);
    desk.subject.clock.advance(10 * MINUTE);
    let old = desk.run().await;
    let row = desk.row_of_guest(&old).await;
    assert!(row.findings.iter().any(|finding| finding.kind() == "beyond_grant"), "{row:?}");
    desk.decide(&old, Verdict::Reduce).await;
    desk.settle(&grant).await;
    assert_eq!(fake.employee(desk.guest().as_str()).unwrap().profile, support);
    desk.finish();
}

/// A grant that ends before its role was given again still brings back what was there before it.
#[tokio::test]
async fn what_was_there_before_comes_back_though_a_reset_was_ordered() {
    let (desk, fake, support) = prestashop().await;
    fake.add_profile(ELSE, "Catalogue");
    fake.add_employee(desk.guest().as_str(), "Gina", "Guest", ELSE);
    let grant = desk.engine.request(desk.wish()).await.unwrap();
    desk.settle(&grant).await;
    assert_eq!(fake.employee(desk.guest().as_str()).unwrap().profile, support);
    desk.engine.reset_role(grant.id, &boss(), None).await.unwrap();
    desk.engine.revoke(grant.id, &boss(), None).await.unwrap();
    desk.settle(&grant).await;
    assert_eq!(fake.employee(desk.guest().as_str()).unwrap().profile, ELSE);
    let error = desk.engine.reset_role(grant.id, &boss(), None).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    desk.finish();
}
