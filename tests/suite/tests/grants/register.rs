//! The register of access, and review dates.

use std::sync::Arc;

use guestpass::grants::{Directory, Ledger, Phase, Policy};
use guestpass::review::{EndKind, RegisterOptions, Reviewer, StoreRegister};
use guestpass::{Operation, StoreHandle};

use crate::desk::{DAY, Desk, HOUR, boss, everywhere, handle, store, where_native};

async fn register(desk: &Desk, options: RegisterOptions) -> StoreRegister {
    let shared: Arc<dyn Directory> = desk.known.clone();
    let reviewer = Reviewer::new(desk.ledger.clone(), shared, desk.subject.env.clone());
    reviewer.register(&store(), &options, &desk.subject.call()).await.unwrap()
}

#[tokio::test]
async fn whoever_was_let_in_is_in_the_register_until_long_after() {
    everywhere(async |desk| {
        assert_eq!(register(&desk, RegisterOptions::new()).await.entries, []);
        let mut wish = desk.wish().with_also("SFTP account");
        wish.ticket = Some("T-1".to_owned());
        let grant = desk.let_in(wish).await;
        let before = desk.subject.world.requests().len();
        let inside = register(&desk, RegisterOptions::new()).await;
        assert_eq!(desk.subject.world.requests().len(), before, "the ledger alone is read");
        let [entry] = &inside.entries[..] else { panic!("{inside:?}") };
        assert_eq!(
            (entry.person.clone(), entry.phase, entry.status.as_str()),
            (handle("gina"), Some(Phase::Active), "inside")
        );
        assert_eq!(entry.emails.first(), Some(&desk.guest()));
        assert_eq!(entry.requested_by.as_ref().map(|who| who.name.as_str()), Some("sam"));
        assert_eq!((entry.reason.as_deref(), entry.ticket.as_deref()), (Some("ticket 4711"), Some("T-1")));
        assert_eq!((entry.added_at, entry.until), (Some(grant.starts_at), Some(grant.ends_at)));
        assert!(entry.notes.iter().any(|note| note.starts_with("SFTP account: given by hand")), "{entry:?}");
        desk.sweep_after(3 * HOUR).await;
        desk.people_take_out().await;
        let out = register(&desk, RegisterOptions::new()).await;
        let [entry] = &out.entries[..] else { panic!("{out:?}") };
        let blind = !desk.subject.does(Operation::Observe);
        assert_eq!(entry.end, Some(if blind { EndKind::Attested } else { EndKind::Proven }), "{entry:?}");
        assert_eq!(entry.status, if blind { "out, says boss" } else { "out, proven" });
        desk.subject.clock.advance(DAY);
        let recent = register(&desk, RegisterOptions::new().since(desk.now())).await;
        assert_eq!(recent.entries, [], "it ended before that");
        desk.ledger.erase(&handle("gina")).await.unwrap();
        desk.known.people.lock().unwrap().clear();
        let erased = register(&desk, RegisterOptions::new()).await;
        assert_eq!((erased.entries[0].emails.len(), &erased.entries[0].name), (0, &None));
        desk.finish();
    })
    .await;
}

#[tokio::test]
async fn a_look_shows_who_is_inside_without_a_grant() {
    where_native(Operation::List, async |desk| {
        desk.merchant_lets_in();
        assert_eq!(register(&desk, RegisterOptions::new()).await.entries, []);
        let seen = register(&desk, RegisterOptions::new().looking()).await;
        assert!(seen.reading.as_ref().is_some_and(guestpass::review::Reading::is_complete), "{seen:?}");
        let [entry] = &seen.entries[..] else { panic!("{seen:?}") };
        assert_eq!((&entry.person, entry.status.as_str()), (&handle("gina"), "inside without a grant"));
        assert!(entry.account.is_some() && entry.phase.is_none());
        desk.finish();
    })
    .await;
}

#[tokio::test]
async fn an_overdue_review_is_announced_once_until_somebody_looks() {
    everywhere(async |desk| {
        let mut policy = Policy::new();
        policy.review_every = Some(DAY);
        *desk.known.policy.lock().unwrap() = policy;
        let grant = desk.let_in(desk.wish_for(5 * DAY)).await;
        let announced = async || {
            let mut told = Vec::new();
            let count = desk.engine.announce_reviews(|grant| told.push(grant.id)).await.unwrap();
            assert_eq!(usize::try_from(count).unwrap(), told.len());
            told
        };
        assert_eq!(announced().await, []);
        desk.subject.clock.advance(DAY);
        assert_eq!(announced().await, [grant.id]);
        assert_eq!(announced().await, [], "once for each date");
        let overdue = register(&desk, RegisterOptions::new()).await;
        assert!(overdue.entries[0].review_overdue);
        let writes = desk.subject.world.requests().len();
        let kept = desk.engine.reviewed(grant.id, &boss(), Some("still needed")).await.unwrap();
        assert_eq!(desk.subject.world.requests().len(), writes, "nothing is asked and nothing sent");
        assert_eq!(kept.review_at, Some(desk.later(DAY)));
        assert!(!register(&desk, RegisterOptions::new()).await.entries[0].review_overdue);
        desk.subject.clock.advance(DAY);
        assert_eq!(announced().await, [grant.id], "and again for the next one");
        let events = desk.events().await;
        let of = |kind: &str| events.iter().filter(|event| *event == kind).count();
        assert_eq!((of("review_overdue"), of("grant_reviewed")), (2, 1));
        let unknown = StoreHandle::new("elsewhere").unwrap();
        assert_eq!(desk.ledger.events(&unknown, 0, 1).await.unwrap(), []);
        desk.finish();
    })
    .await;
}
