//! Listings longer than a page, and listings that lie.

use futures_util::StreamExt;
use guestpass::{
    AccessProviderExt, AccessState, Cursor, ErrorKind, InviteOutcome, ListQuery, Operation, PageEnd,
    StoreHandle, UnknownReason,
};

use super::life::invites_by_hand_only;
use super::{PagingFault, Subject, addresses, email, everybody};

const CROWD: usize = 120;

fn crowd(s: &Subject) {
    for number in 0..CROWD {
        s.world.merchant_adds(&email(&format!("staff{number:03}@merchant.example")));
    }
}

/// Everybody is listed once, also where pages are empty or repeat entries.
pub async fn every_page_is_read(s: &Subject) {
    if !s.does(Operation::List) {
        return invites_by_hand_only(s).await;
    }
    crowd(s);
    let cx = s.call();
    for fault in [None, Some(PagingFault::EmptyPage), Some(PagingFault::RepeatedEntry)] {
        if let Some(fault) = fault {
            s.world.disturb_paging(fault);
        }
        let query = s.knowing(ListQuery::fresh(), None);
        let listed = everybody(&*s.connect(), query, &cx).await.unwrap();
        assert_eq!(addresses(&listed), s.world.inside(), "{fault:?}");
        let look = s.connect().observe(&s.target(), &cx).await.unwrap();
        assert_eq!(look.state, AccessState::Absent, "{fault:?}");
        assert!(look.evidence.complete);
    }
}

/// A cursor that comes back ends the listing, and such a look proves nobody's absence.
pub async fn a_listing_that_runs_in_a_circle_ends(s: &Subject) {
    if !s.does(Operation::List) {
        return invites_by_hand_only(s).await;
    }
    crowd(s);
    s.world.disturb_paging(PagingFault::Circle);
    if !s.world.has_pages() {
        return comes_whole_in_one_page(s).await;
    }
    let cx = s.call();
    let error = everybody(&*s.connect(), ListQuery::fresh(), &cx).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol, "{error}");
    let look = s.connect().observe(&s.target(), &cx).await.unwrap();
    assert!(matches!(look.state, AccessState::Unknown { reason: UnknownReason::Incomplete(_) }), "{look:?}");
    assert!(s.world.requests().len() < 30, "{} requests", s.world.requests().len());
}

/// What stands in for a case about pages where people are listed without pages: whatever else has pages may go wrong,
/// everybody is in the first answer, and it is read once.
async fn comes_whole_in_one_page(s: &Subject) {
    let (provider, cx) = (s.connect(), s.call());
    let query = s.knowing(ListQuery::fresh(), None);
    let page = provider.list_page(&query, None, &cx).await.unwrap();
    assert_eq!(addresses(&page.items), s.world.inside());
    assert!(page.end == PageEnd::Complete && page.evidence.complete, "{:?}", page.end);
    let look = provider.observe(&s.target(), &cx).await.unwrap();
    assert!(look.state == AccessState::Absent && look.evidence.complete, "{look:?}");
    let read = s.world.requests().iter().filter(|request| s.world.is_metered(request)).count();
    assert_eq!(read, 2, "one answer for the listing, one for the look");
    assert!(s.world.requests().len() < 10, "{} requests", s.world.requests().len());
}

/// Numbers that disagree twice make the listing incomplete.
pub async fn a_listing_that_does_not_add_up_proves_nothing(s: &Subject) {
    if !s.does(Operation::List) {
        return invites_by_hand_only(s).await;
    }
    s.world.disturb_paging(PagingFault::Miscount);
    if !s.world.has_pages() {
        return comes_whole_in_one_page(s).await;
    }
    let cx = s.call();
    let look = s.connect().observe(&s.target(), &cx).await.unwrap();
    assert!(matches!(look.state, AccessState::Unknown { reason: UnknownReason::Incomplete(_) }), "{look:?}");
    assert!(!look.evidence.complete);
    let error = everybody(&*s.connect(), ListQuery::fresh(), &cx).await.unwrap_err();
    assert!(error.to_string().contains("incomplete"), "{error}");
    if !s.does(Operation::Invite) {
        return invites_by_hand_only(s).await;
    }
    let error = s.connect().ensure_invited(&s.invitation(), &cx).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol, "{error}");
    assert_eq!(s.world.writes(), 0);
}

/// A listing goes on from a stored cursor, repeats a page at most, and skips nobody.
pub async fn an_interrupted_listing_is_resumed(s: &Subject) {
    if !s.does(Operation::List) {
        return invites_by_hand_only(s).await;
    }
    crowd(s);
    let (provider, cx) = (s.connect(), s.call());
    let query = s.knowing(ListQuery::fresh(), None);
    let mut pages = provider.pages(query.clone(), None, &cx);
    let mut seen = pages.next_page().await.unwrap().expect("a first page");
    let second = pages.next_page().await.unwrap();
    assert_eq!(second.is_some(), s.world.has_pages(), "a second page, if there are pages at all");
    seen.extend(second.into_iter().flatten());
    let stored = pages.resume_from().map(|cursor| serde_json::to_string(cursor).unwrap());
    drop(pages);

    let cursor: Option<Cursor> = stored.map(|text| serde_json::from_str(&text).unwrap());
    let provider = s.connect();
    let mut rest = provider.pages(query, cursor, &cx).into_stream();
    while let Some(account) = rest.next().await {
        seen.push(account.unwrap());
    }
    let mut found = addresses(&seen);
    if !s.world.has_pages() {
        assert_eq!(found.len(), 2 * s.world.inside().len(), "without pages, a resumed listing begins again");
    }
    found.dedup();
    assert_eq!(found, s.world.inside());
}

/// A cursor belongs to one store.
pub async fn a_cursor_of_another_store_is_refused(s: &Subject) {
    if !s.does(Operation::List) {
        return invites_by_hand_only(s).await;
    }
    let elsewhere = StoreHandle::new("elsewhere").unwrap();
    let cursor = Cursor::new(s.factory.id(), &elsewhere, &"anything").unwrap();
    let error = s.connect().list_page(&ListQuery::new(), Some(&cursor), &s.call()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{error}");
    assert!(s.world.requests().is_empty());
}

/// A listing is lazy.
pub async fn nothing_is_read_before_it_is_asked_for(s: &Subject) {
    let (provider, cx) = (s.connect(), s.call());
    let stream = provider.list(ListQuery::fresh(), &cx);
    tokio::task::yield_now().await;
    assert!(s.world.requests().is_empty());
    drop(stream);
    assert!(s.world.requests().is_empty());
}

/// A listing kept from before a write is not given out after it.
pub async fn a_write_makes_earlier_listings_stale(s: &Subject) {
    if !s.does(Operation::Invite) {
        return invites_by_hand_only(s).await;
    }
    let (provider, cx) = (s.connect(), s.call());
    everybody(&*provider, ListQuery::new(), &cx).await.unwrap();
    let (InviteOutcome::Granted(entry) | InviteOutcome::Invited(entry)) =
        provider.invite(&s.invitation(), &cx).await.unwrap()
    else {
        panic!("the guest was let in")
    };
    let query = s.knowing(ListQuery::new(), entry.state.as_ref());
    let page = provider.list_page(&query, None, &cx).await.unwrap();
    assert_eq!(addresses(&page.items), s.everybody_inside());
    assert!(page.end == PageEnd::Complete && page.evidence.complete);
}
