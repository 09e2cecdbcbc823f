//! Everybody, page by page, and whether the pages add up.

use std::collections::HashSet;

use guestpass::{CallContext, Evidence, Result};
use serde::{Deserialize, Serialize};

use crate::client::StallApi;
use crate::wire::{Member, Members};

/// A complete reading of all members, or one with a gap.
#[derive(Debug)]
pub(crate) struct Roster {
    pub(crate) members: Vec<Member>,
    pub(crate) evidence: Evidence,
    /// What keeps the reading from proving anybody's absence.
    pub(crate) gap: Option<String>,
}

/// Where a listing goes on.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Place {
    next: String,
    /// How many were listed before.
    before: usize,
}

impl Place {
    pub(crate) fn cursor(&self) -> &str {
        &self.next
    }

    /// What comes after this page: another place, or nothing. `Err` where the numbers show that something is wrong.
    pub(crate) fn after(page: &Members, from: Option<&Self>) -> Result<Option<Self>, Gap> {
        let before = from.map_or(0, |place| place.before) + page.members.len();
        match page.next() {
            Some(next) if before <= page.total => Ok(Some(Self { next: next.to_owned(), before })),
            None if before == page.total => Ok(None),
            _ => Err(Gap),
        }
    }
}

/// The numbers of a listing disagree.
#[derive(Debug)]
pub(crate) struct Gap;

/// Reads everybody. Numbers that disagree may come from a change under way, so they are read once more.
pub(crate) async fn roster(api: &StallApi, cx: &CallContext) -> Result<Roster> {
    let first = read(api, cx).await?;
    if first.gap.is_none() {
        return Ok(first);
    }
    read(api, cx).await
}

async fn read(api: &StallApi, cx: &CallContext) -> Result<Roster> {
    let mut evidence = Evidence::begun(cx.clock().now());
    let (mut members, mut ids, mut cursors) = (Vec::new(), HashSet::new(), HashSet::new());
    let mut cursor: Option<String> = None;
    let gap = loop {
        let (page, request_id) = api.members(cursor.as_deref(), cx).await?;
        evidence.pages += 1;
        evidence.request_ids.extend(request_id);
        cursor = page.next().map(str::to_owned);
        let total = page.total;
        members.extend(page.members.into_iter().filter(|member| ids.insert(member.id.clone())));
        match &cursor {
            None if members.len() == total => break None,
            None => {
                break Some(format!("{} members were listed, the platform counts {total}", members.len()));
            }
            Some(next) if !cursors.insert(next.clone()) => {
                break Some("the pages run in a circle".to_owned());
            }
            Some(_) => {}
        }
    };
    evidence.complete = gap.is_none();
    Ok(Roster { members, evidence, gap })
}
