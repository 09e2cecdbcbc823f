//! Stores that cannot be read, or not completely: nothing is concluded from that.

use std::sync::atomic::{AtomicUsize, Ordering};

use guestpass::Operation;
use guestpass::review::Reading;
use guestpass_testkit::conformance::{Denial, PagingFault};
use guestpass_testkit::{Fault, On};

use crate::desk::{DAY, everywhere, where_native};
use crate::view::{kinds, of_guest, set};

#[tokio::test]
async fn a_store_that_refuses_its_listing_shows_what_the_ledger_knows() {
    for denial in [Denial::Status, Denial::Body] {
        where_native(Operation::List, async |desk| {
            let grant = desk.let_in(desk.wish_for(3 * DAY)).await;
            desk.subject.world.take_rights_away(denial);
            desk.subject.clock.advance(DAY / 24);
            desk.forget();
            for _ in 0..2 {
                let review = desk.review().await;
                let (Reading::Failed { reason } | Reading::Attested { reason }) = &review.reading else {
                    panic!("{:?}", review.reading)
                };
                assert!(!reason.is_empty());
                let [guest] = &review.rows[..] else { panic!("{review:?}") };
                assert_eq!((kinds(guest), &guest.grants), (set([]), &vec![grant.id]));
            }
            desk.finish();
        })
        .await;
    }
}

#[tokio::test]
async fn a_listing_that_breaks_off_proves_nobodys_absence() {
    let broken = AtomicUsize::new(0);
    for fault in [PagingFault::Circle, PagingFault::Miscount] {
        where_native(Operation::List, async |desk| {
            if !desk.subject.world.has_pages() {
                return desk.finish();
            }
            desk.let_in(desk.wish_for(3 * DAY)).await;
            desk.subject.world.merchant_removes(&desk.guest());
            desk.subject.world.disturb_paging(fault);
            desk.subject.clock.advance(DAY / 24);
            let review = desk.review().await;
            if review.reading.is_complete() {
                // A store without a second page runs in no circle.
                return desk.finish();
            }
            broken.fetch_add(1, Ordering::SeqCst);
            assert!(matches!(review.reading, Reading::Failed { .. }));
            let [guest] = &review.rows[..] else { panic!("{review:?}") };
            assert_eq!(kinds(guest), set([]), "the ledger says that they are inside, and nothing says no");
            desk.finish();
        })
        .await;
    }
    let broken = broken.into_inner();
    assert!(broken >= 3, "only {broken} listings broke off");
}

#[tokio::test]
async fn a_store_that_is_down_says_so() {
    where_native(Operation::List, async |desk| {
        desk.let_in(desk.wish_for(3 * DAY)).await;
        desk.subject.clock.advance(DAY / 24);
        desk.subject.world.inject(On::Reads, Fault::Status(503), 1000);
        let review = desk.review().await;
        let Reading::Failed { reason } = &review.reading else { panic!("{:?}", review.reading) };
        assert!(reason.contains("503") || reason.contains("next:"), "{reason}");
        assert_eq!(of_guest(&review).len(), 1);
    })
    .await;
}

/// Where the merchant holds the key, people's words are what there is, and nothing is asked.
#[tokio::test]
async fn a_store_whose_merchant_holds_the_key_is_reviewed_on_what_people_said() {
    everywhere(async |desk| {
        if desk.is_listed() {
            return desk.finish();
        }
        let grant = desk.let_in(desk.wish_for(3 * DAY)).await;
        let before = desk.subject.world.requests().len();
        let review = desk.review().await;
        assert!(matches!(review.reading, Reading::Attested { .. }));
        let [guest] = &review.rows[..] else { panic!("{review:?}") };
        assert_eq!((kinds(guest), &guest.grants), (set([]), &vec![grant.id]));
        assert_eq!(desk.subject.world.requests().len(), before);
        desk.finish();
    })
    .await;
}
