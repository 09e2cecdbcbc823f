//! What every provider must do, as cases that run against its fake.
//!
//! [`conformance!`](macro@crate::conformance) makes one `#[tokio::test]` of each case. A case compares what the provider says
//! with the fake's ground truth. What a platform cannot do is not skipped: the case asserts the refusal or the manual
//! step instead. A fault that was set must have fired.
//!
//! ```text
//! async fn subject() -> Subject { /* start the fake, connect the provider to it */ }
//!
//! guestpass_testkit::conformance!(subject);
//! ```

pub mod credentials;
pub mod deadlines;
pub mod hostile;
pub mod life;
pub mod limits;
pub mod lost;
pub mod paging;
pub mod refusals;
pub mod rotators;
pub mod secrets;
mod world;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use guestpass::{
    AccessProvider, CallContext, Clock, Collaborator, Email, Environment, InviteRequest, ListQuery,
    Operation, Person, PersonHandle, ProviderFactory, ProviderState, StoreSettings, Support, Target,
};

pub use world::{Denial, PagingFault, World};

use crate::ManualClock;

/// A provider under test, connected to a fake, and the fake's other side.
#[derive(Debug)]
pub struct Subject {
    /// Makes connections like the one under test.
    pub factory: Box<dyn ProviderFactory>,
    /// The settings of the connection under test.
    pub settings: StoreSettings,
    /// What the connection under test stands on.
    pub env: Environment,
    /// The clock of the connection and of the fake.
    pub clock: Arc<ManualClock>,
    /// The fake.
    pub world: Arc<dyn World>,
}

impl Subject {
    /// A connection made anew.
    #[must_use]
    pub fn connect(&self) -> Arc<dyn AccessProvider> {
        self.factory.connect(self.settings.clone(), &self.env).expect("the subject's settings are valid")
    }

    /// A call with time enough for every wait that the clock lets pass by itself.
    #[must_use]
    pub fn call(&self) -> CallContext {
        let clock: Arc<dyn Clock> = self.clock.clone();
        CallContext::new(clock).with_timeout(Duration::from_secs(6 * 3600))
    }

    /// The person that cases let in.
    #[must_use]
    pub fn guest(&self) -> Person {
        let handle = PersonHandle::new("gina").expect("a handle");
        self.known(Person::new(handle, email("Gina.Guest@vendor.example")).with_name("Gina", "Guest"))
    }

    /// The person with their account, where the platform tells no addresses.
    #[must_use]
    pub fn known(&self, mut person: Person) -> Person {
        if let Some(account) = self.world.account(&person.email) {
            person.accounts.insert(self.factory.id().clone(), account);
        }
        person
    }

    /// Somebody of this address as a target.
    #[must_use]
    pub fn target_of(&self, email: &Email) -> Target {
        let handle = PersonHandle::new("somebody").expect("a handle");
        self.known(Person::new(handle, email.clone())).on(self.factory.id())
    }

    /// The query with everybody who has access as known people, and what was kept of the guest's invitation.
    #[must_use]
    pub fn knowing(&self, query: ListQuery, kept: Option<&ProviderState>) -> ListQuery {
        let guest = match kept {
            Some(state) => self.target().with_state(state.clone()),
            None => self.target(),
        };
        let others = self.world.inside().into_iter().map(|address| self.target_of(&email(&address)));
        query.with_known(std::iter::once(guest).chain(others).filter_map(|target| match target {
            Target::Person(person) => Some(person),
            _ => None,
        }))
    }

    /// The addresses of everybody who has access or can accept it, by the fake's own books.
    #[must_use]
    pub fn everybody_inside(&self) -> Vec<String> {
        let mut addresses = self.world.inside();
        addresses.extend(self.world.invited());
        addresses.sort();
        addresses
    }

    /// Lets time pass until an invitation that nobody answered can no longer be accepted.
    pub fn let_invitations_lapse(&self) {
        self.clock.advance(self.world.invitation_lifetime() + Duration::from_secs(24 * 3600));
    }

    /// A wish to let the guest in with an ordinary role.
    #[must_use]
    pub fn invitation(&self) -> InviteRequest {
        InviteRequest::new(self.guest()).with_role(self.world.ordinary_role()).because("conformance")
    }

    /// The guest as a target.
    #[must_use]
    pub fn target(&self) -> Target {
        self.guest().on(self.factory.id())
    }

    /// Whether the guest is inside, by the fake's own books.
    #[must_use]
    pub fn guest_is_inside(&self) -> bool {
        self.world.is_inside(&self.guest().email)
    }

    /// How the connection does an operation.
    #[must_use]
    pub fn support(&self, operation: Operation) -> Support {
        self.connect().capabilities().support(operation)
    }

    /// Whether the connection does an operation itself.
    #[must_use]
    pub fn does(&self, operation: Operation) -> bool {
        matches!(self.support(operation), Support::Native | Support::Emulated)
    }

    /// Ends a case: every fault that was set must have fired.
    pub fn finish(self) {
        assert_eq!(self.world.unfired(), Vec::<String>::new(), "faults were set and did not fire");
    }
}

fn email(text: &str) -> Email {
    text.parse().expect("an address")
}

/// Everybody, page by page, as a program would read them.
async fn everybody(
    provider: &dyn AccessProvider,
    query: ListQuery,
    cx: &CallContext,
) -> guestpass::Result<Vec<Collaborator>> {
    use futures_util::TryStreamExt;
    use guestpass::AccessProviderExt;
    provider.list(query, cx).try_collect().await
}

fn addresses(accounts: &[Collaborator]) -> Vec<String> {
    let mut addresses: Vec<_> = accounts
        .iter()
        .filter_map(|account| account.email.known())
        .map(|email| email.as_str().to_lowercase())
        .collect();
    addresses.sort();
    addresses
}

/// One case of the suite.
#[derive(Clone, Copy)]
pub struct Case {
    /// Its name, that of its function.
    pub name: &'static str,
    /// The operation it is about. Where a connection does that by hand or not at all, the case asserts the step or the
    /// refusal instead.
    pub about: Operation,
    run: for<'a> fn(&'a Subject) -> BoxFuture<'a, ()>,
}

impl Case {
    /// Runs it on a subject of its own, and asserts that every fault that was set has fired.
    pub async fn run(&self, subject: Subject) {
        (self.run)(&subject).await;
        subject.finish();
    }
}

impl std::fmt::Debug for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Case").field("name", &self.name).field("about", &self.about).finish_non_exhaustive()
    }
}

/// Every case, in the order of the suite.
#[must_use]
pub fn cases() -> Vec<Case> {
    crate::conformance! { @cases list }
}

/// Makes one `#[tokio::test]` of every conformance case. The argument is the path of an `async fn() -> Subject`.
#[macro_export]
macro_rules! conformance {
    (@cases $form:ident $($subject:path)?) => {
        $crate::conformance! { @$form [$($subject)?]
            life: round_trip Invite, inviting_twice_invites_once Invite, removing_twice_removes_once Remove,
                a_role_that_must_be_set_by_hand_is_a_follow_up AssignRole, somebody_of_the_merchants_stays Remove,
                the_owner_is_never_removed Remove,
                a_removed_person_is_proven_absent_under_every_address Remove, checking Check;
            refusals: a_revoked_credential_is_not_hammered Invite,
                a_missing_right_stops_before_any_write Invite, unsupported_operations_send_nothing SetActive,
                manual_operations_write_nothing SetRole, roles_say_who_may_assign_them ListRoles,
                privileged_roles_are_not_handed_out Invite;
            limits: every_throttle_is_waited_out Observe, a_throttled_write_is_sent_again_and_done_once Invite,
                fifty_callers_stay_inside_the_budget Observe, the_reserve_is_kept_for_removals Remove,
                watching_keeps_its_slow_pace Observe, a_wait_beyond_the_deadline_fails_at_once Observe;
            lost: a_lost_answer_to_an_invitation_invites_once Invite, an_intent_is_not_forgotten Invite, a_late_invitation_is_found_out Invite,
                an_invitation_that_never_arrived_may_be_tried_again Invite,
                a_lost_answer_to_a_removal_is_proven Remove, a_late_removal_is_found_out Remove,
                a_removal_that_never_arrived_may_be_tried_again Remove,
                unreadable_answers_to_writes_are_settled Invite, a_failing_platform_recovers Observe,
                without_time_to_settle_the_outcome_stays_unknown Invite;
            deadlines: a_slow_read_ends_at_the_deadline Observe, a_slow_write_leaves_the_outcome_unknown Invite,
                a_caller_who_leaves_at_any_point_leaves_one_access_at_most Invite;
            paging: every_page_is_read List, a_listing_that_runs_in_a_circle_ends List,
                a_listing_that_does_not_add_up_proves_nothing List, an_interrupted_listing_is_resumed List,
                a_cursor_of_another_store_is_refused List, nothing_is_read_before_it_is_asked_for List,
                a_write_makes_earlier_listings_stale Invite;
            hostile: unreadable_answers_to_reads_are_errors Observe, a_redirect_is_not_followed Observe,
                unknown_values_and_extra_fields_decode List, an_answer_beyond_the_cap_is_refused Observe;
            secrets: no_secret_shows_anywhere Check
        }
    };
    (@tests [$subject:path] $($topic:ident: $($case:ident $about:ident),+);+) => {
        $($(
            #[tokio::test]
            async fn $case() {
                let subject = $subject().await;
                $crate::conformance::$topic::$case(&subject).await;
                subject.finish();
            }
        )+)+
    };
    (@list [] $($topic:ident: $($case:ident $about:ident),+);+) => {
        vec![$($(
            $crate::conformance::Case {
                name: stringify!($case),
                about: ::guestpass::Operation::$about,
                run: |subject| Box::pin($crate::conformance::$topic::$case(subject)),
            },
        )+)+]
    };
    ($subject:path) => {
        $crate::conformance! { @cases tests $subject }
    };
}
