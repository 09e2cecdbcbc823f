//! Answers that are not what the platform documents.

use guestpass::http::DEFAULT_SIZE_CAP;
use guestpass::{AccessState, ErrorKind, ListQuery, Operation, Status};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::life::invites_by_hand_only;
use super::{Subject, addresses, everybody};
use crate::{Fault, On};

/// Answers to reads that cannot be understood are errors of the platform, not of the caller, and not proof.
pub async fn unreadable_answers_to_reads_are_errors(s: &Subject) {
    if !s.does(Operation::Observe) {
        return invites_by_hand_only(s).await;
    }
    for fault in [Fault::Truncated, Fault::WrongType, Fault::EmptyBody, Fault::Html(200)] {
        s.world.inject(On::Reads, fault.clone(), 1);
        let error = s.connect().observe(&s.target(), &s.call()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Protocol, "{fault:?}: {error}");
    }
    s.world.inject(On::Reads, Fault::GraphqlPartial, 1);
    let before = s.world.requests().len();
    let partial = s.connect().observe(&s.target(), &s.call()).await;
    let believed = partial.is_ok_and(|look| look.state == AccessState::Absent);
    let asked_again = s.world.requests().len() > before + 1;
    assert!(!believed || asked_again, "an answer with errors proves nothing");
}

/// A redirect is an error; the place it points to never hears from us.
pub async fn a_redirect_is_not_followed(s: &Subject) {
    if !s.does(Operation::Observe) {
        return invites_by_hand_only(s).await;
    }
    let elsewhere = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200)).expect(0).mount(&elsewhere).await;
    s.world.inject(On::Reads, Fault::Redirect(elsewhere.uri()), 1);
    let error = s.connect().observe(&s.target(), &s.call()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol, "{error}");
    if s.does(Operation::Invite) {
        s.world.inject(On::Writes, Fault::Redirect(elsewhere.uri()), 1);
        let error = s.connect().invite(&s.invitation(), &s.call()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Protocol, "{error}");
    }
    assert!(!s.guest_is_inside());
    elsewhere.verify().await;
}

/// Platforms add fields and values without notice.
pub async fn unknown_values_and_extra_fields_decode(s: &Subject) {
    if !s.does(Operation::List) {
        return invites_by_hand_only(s).await;
    }
    let plain = everybody(&*s.connect(), ListQuery::fresh(), &s.call()).await.unwrap();
    s.world.inject(On::Reads, Fault::ExtraFields, 1);
    let query = s.knowing(ListQuery::fresh(), None);
    let listed = everybody(&*s.connect(), query, &s.call()).await.unwrap();
    assert_eq!(addresses(&listed), s.world.inside());
    for account in &listed {
        // A platform that has no such field tells the same as before.
        let kept = matches!(account.status, Status::Unknown(_) | Status::Active) || plain.contains(account);
        assert!(kept, "an unknown status is kept, and never taken for no access: {account:?}");
    }
}

/// An answer larger than the cap is given up, not held in memory.
pub async fn an_answer_beyond_the_cap_is_refused(s: &Subject) {
    if !s.does(Operation::Observe) {
        return invites_by_hand_only(s).await;
    }
    s.world.inject(On::Reads, Fault::Oversized(DEFAULT_SIZE_CAP), 1);
    let error = s.connect().observe(&s.target(), &s.call()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol, "{error}");
    assert!(error.to_string().contains("larger"), "{error}");
}
