//! What every ledger must do, as cases that run on it.
//!
//! [`ledger_suite!`](macro@crate::ledger_suite) makes one `#[tokio::test]` of each case. Its argument is the path of an
//! `async fn() -> Option<LedgerSubject>`; `None` leaves the case out, where the database is not there. A ledger that
//! forgets when it is closed says `volatile`, and has no cases about being opened again.
//!
//! ```text
//! guestpass_testkit::ledger_suite!(my_ledger);
//! guestpass_testkit::ledger_suite!(volatile my_ledger);
//! ```

pub mod chains;
pub mod commits;
pub mod due;
pub mod durable;
pub mod incidents;
pub mod leases;
pub mod listings;
pub mod people;
pub mod reviews;
pub mod samples;

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use guestpass::grants::Ledger;

/// A ledger under test, and a way to open the same data once more.
pub struct LedgerSubject {
    first: Arc<dyn Ledger>,
    open: Box<dyn Fn() -> BoxFuture<'static, Arc<dyn Ledger>> + Send + Sync>,
    data: Box<dyn Any + Send + Sync>,
}

impl LedgerSubject {
    /// Opens a ledger that holds nothing. `data` is what it stands on, for example a folder; it is dropped last.
    pub async fn open(
        data: impl Any + Send + Sync,
        open: impl Fn() -> BoxFuture<'static, Arc<dyn Ledger>> + Send + Sync + 'static,
    ) -> Self {
        Self { first: open().await, open: Box::new(open), data: Box::new(data) }
    }

    /// The ledger.
    #[must_use]
    pub fn ledger(&self) -> &dyn Ledger {
        &*self.first
    }

    /// The same data, opened once more beside the first one, as another process would.
    pub async fn another(&self) -> Arc<dyn Ledger> {
        (self.open)().await
    }

    /// Closes the ledger and opens it anew.
    pub async fn reopened(self) -> Self {
        let Self { first, open, data } = self;
        drop(first);
        Self { first: open().await, open, data }
    }
}

impl fmt::Debug for LedgerSubject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LedgerSubject").field("ledger", &self.first).finish_non_exhaustive()
    }
}

/// Makes one `#[tokio::test]` of every case on ledgers. The argument is the path of an
/// `async fn() -> Option<LedgerSubject>`, after `volatile` for a ledger that forgets when it is closed.
#[macro_export]
macro_rules! ledger_suite {
    (@tests $subject:path; $($topic:ident: $($case:ident),+);+) => {
        $($(
            #[tokio::test]
            async fn $case() {
                if let Some(subject) = $subject().await {
                    Box::pin($crate::ledger::$topic::$case(subject)).await;
                }
            }
        )+)+
    };
    (volatile $subject:path) => {
        $crate::ledger_suite! { @tests $subject;
            commits: everything_comes_back, a_change_is_made_as_a_whole_or_not_at_all,
                what_somebody_else_changed_is_stale, of_two_writers_at_once_one_wins,
                a_second_open_rotation_is_stale, of_many_rotations_begun_at_once_one_is_kept;
            chains: events_follow_each_other, an_edit_breaks_a_chain, chains_of_stores_are_apart,
                many_writers_leave_no_gap, events_are_read_in_pages;
            leases: one_owner_at_a_time, of_many_claims_at_once_one_wins, an_expired_lease_is_taken_over,
                a_returned_lease_is_not_taken_over, a_renewed_lease_stays, a_late_write_is_refused,
                claiming_again_ends_the_earlier_lease, a_clock_set_back_frees_no_lease;
            due: removals_come_first, leased_keys_are_left_out, what_is_due_under_a_key, nothing_is_due_too_early;
            listings: grants_are_found_by_what_is_asked, steps_are_found_by_what_is_asked,
                rotations_are_found_by_what_is_asked,
                long_listings_are_read_in_pages, the_newest_offboarding_comes_first;
            reviews: reviews_come_back, a_stale_review_is_refused, reviews_and_rows_are_read_in_order,
                a_review_is_cut;
            incidents: an_incident_comes_back_with_its_stores, stores_of_an_incident_change_one_by_one,
                the_newest_incident_comes_first;
            people: an_erased_person_is_gone, an_erased_text_does_not_come_back, the_newest_name_counts
        }
    };
    ($subject:path) => {
        $crate::ledger_suite! { volatile $subject }
        $crate::ledger_suite! { @tests $subject;
            durable: an_incident_outlives_its_program, everything_outlives_its_program, chains_go_on_where_they_ended,
                fences_go_on_where_they_ended
        }
    };
}
