//! Reading everybody whom the store lists.

use std::collections::HashSet;

use guestpass::{CallContext, Collaborator, Evidence, Result};

use crate::client::{AdminApi, StaffPage};
use crate::dialect::Answer;
use crate::people::accounts;

/// The platform lists 25,000 at most.
const MOST_PAGES: u32 = 250;

/// What follows a page.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// More, behind this cursor.
    More(String),
    /// Nothing.
    End,
    /// Nobody knows: this is why the listing proves nothing.
    Gap(String),
}

/// One page of people.
#[derive(Debug)]
pub(crate) struct People {
    pub(crate) accounts: Vec<Collaborator>,
    pub(crate) next: Next,
}

/// Reads the page behind a cursor, and notes in the evidence that it did.
pub(crate) async fn page(
    api: &AdminApi,
    after: Option<&str>,
    evidence: &mut Evidence,
    cx: &CallContext,
) -> Result<People> {
    let StaffPage { people, request_id } = api.staff_page(after, cx).await?;
    evidence.pages += 1;
    evidence.request_ids.extend(request_id);
    let people = match people {
        Answer::Whole(people) => people,
        Answer::Partial(why) => return Ok(People { accounts: Vec::new(), next: Next::Gap(why) }),
    };
    let next = match (people.page_info.has_next_page, people.page_info.end_cursor) {
        (false, _) => Next::End,
        (true, Some(cursor)) => Next::More(cursor),
        (true, None) => Next::Gap("more people follow, but the platform does not say where".to_owned()),
    };
    Ok(People { accounts: accounts(people.nodes)?, next })
}

/// Reads all pages, gives each account to `see`, and tells why the reading is incomplete, if it is.
pub(crate) async fn everybody(
    api: &AdminApi,
    evidence: &mut Evidence,
    cx: &CallContext,
    mut see: impl FnMut(Collaborator) + Send,
) -> Result<Option<String>> {
    let mut cursors = HashSet::new();
    let mut after: Option<String> = None;
    for _ in 0..MOST_PAGES {
        let People { accounts, next } = page(api, after.as_deref(), evidence, cx).await?;
        accounts.into_iter().for_each(&mut see);
        match next {
            Next::End => {
                evidence.complete = true;
                return Ok(None);
            }
            Next::Gap(why) => return Ok(Some(why)),
            Next::More(cursor) if cursors.insert(cursor.clone()) => after = Some(cursor),
            Next::More(_) => return Ok(Some("the listing runs in a circle".to_owned())),
        }
    }
    Ok(Some("the listing does not end".to_owned()))
}
