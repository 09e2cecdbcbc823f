//! Decisions about some of everything: they are carried out, and nothing else happens.

use std::collections::{BTreeMap, BTreeSet};

use guestpass::ErrorKind;
use guestpass::grants::{Cause, GrantId, Phase, StepKind, SweepOptions};
use guestpass::review::{Consequence, Difference, KeptRow, Verdict};
use guestpass::{Proof, StepCheck, StoreHandle};

use super::Estate;
use super::plan::{Case, Kind, What};
use super::plant::{email, merchant};
use super::site::{Account, Rights, Site, State, rights};
use crate::desk::{HOUR, boss};

/// At most so many decisions about the same thing on one platform.
const ALIKE: usize = 2;

/// What is decided about a case; nothing about most.
fn verdict(site: &Site, case: &Case) -> Option<Verdict> {
    match case.what {
        What::Fits | What::NoGrant | What::LeftInside | What::BeforeUs | What::Dormant => {
            Some(Verdict::Revoke)
        }
        // Whether somebody may do too much is not told to every app of Shopify's.
        What::Beyond | What::BeyondAdmin if site.kind != Kind::Shopify => Some(Verdict::Reduce),
        What::Odd | What::NoRole | What::Shared => Some(Verdict::Keep),
        What::Admin => Some(Verdict::Revoke),
        _ => None,
    }
}

/// A decision, and what it was about.
struct Decided<'a> {
    site: &'a Site,
    case: Case,
    verdict: Verdict,
    row: KeptRow,
    before: Option<Account>,
}

impl Estate {
    /// The account of whom a case is about.
    fn of_case(&self, site: &Site, case: &Case) -> Option<Account> {
        let address = if case.what == What::Admin { merchant(site, case) } else { email(case.who) };
        self.fakes.account(site, &address)
    }

    /// Picks some of everything.
    fn picked(&self, rows: &[KeptRow]) -> Vec<Decided<'_>> {
        let mut alike: BTreeMap<(&str, bool, What), usize> = BTreeMap::new();
        let mut picked = Vec::new();
        for site in &self.sites {
            for case in &site.cases {
                let Some(verdict) = verdict(site, case) else { continue };
                if site.kind.is_held() && case.what != What::Fits {
                    continue;
                }
                let count = alike.entry((site.kind.platform(), site.kind.is_held(), case.what)).or_default();
                *count += 1;
                if *count > ALIKE {
                    continue;
                }
                let before = self.of_case(site, case);
                let is_theirs = |row: &&KeptRow| match &before {
                    Some(account) => row.key.as_str() == format!("account:{}", account.id),
                    None => row.person.as_ref().is_some_and(|person| person.as_str() == case.who),
                };
                let of_store = rows.iter().filter(|row| row.store.as_str() == site.handle);
                let row = of_store.clone().find(is_theirs).unwrap().clone();
                picked.push(Decided { site, case: *case, verdict, row, before });
            }
        }
        picked
    }

    /// Decides, and gives the grants that follow.
    async fn decide(&self, decided: &Decided<'_>) -> Vec<GrantId> {
        let Decided { row, verdict, case, .. } = decided;
        let reviewer = self.reviewer();
        let (kept, follows) =
            reviewer.decide(row.review, row.number, *verdict, &boss(), Some("quarter")).await.unwrap();
        assert_eq!(kept.decision.unwrap().verdict, *verdict);
        let mut grants = Vec::new();
        for what in &follows {
            let is_right = match (verdict, case.what) {
                (Verdict::Revoke, What::NoGrant | What::BeforeUs) => {
                    matches!(what, Consequence::TakeOut { .. })
                }
                (Verdict::Revoke, What::Admin) => matches!(what, Consequence::ByMerchant { .. }),
                (Verdict::Revoke, _) => matches!(what, Consequence::Revoke { .. }),
                _ => matches!(what, Consequence::ResetRole { .. }),
            };
            assert!(is_right, "{:?} {what:?}", decided.site);
            let carried = Box::pin(self.engine.carry_out(what, &boss(), Some("quarter"), &self.call())).await;
            match carried {
                Ok(grant) => grants.push(grant.id),
                Err(error) => {
                    assert_eq!((error.kind(), case.what), (ErrorKind::Unsupported, What::Admin), "{error}")
                }
            }
        }
        assert_eq!(follows.is_empty(), *verdict == Verdict::Keep);
        grants
    }

    /// The merchants do what steps ask them for, and say so where nobody can look.
    async fn merchants_act(&self, decided: &[Decided<'_>]) {
        for Decided { site, case, .. } in decided {
            let ours = email(case.who);
            for step in self.books(site).await.steps {
                if step.person.as_str() != case.who {
                    continue;
                }
                let is_inside = self.fakes.account(site, &ours).is_some();
                match step.kind {
                    StepKind::Exit if is_inside => self.fakes.take_out(site, &ours),
                    StepKind::FollowUp if is_inside => self.fakes.set_rights(site, &ours, Rights::Support),
                    _ => {}
                }
                let blind =
                    step.manual.as_ref().is_some_and(|step| matches!(step.check, StepCheck::Attest(_)));
                if blind && matches!(step.kind, StepKind::Exit | StepKind::FollowUp) {
                    self.engine.step_done(step.id, &boss(), "the merchant says so").await.unwrap();
                }
            }
        }
    }

    async fn assert_followed(&self, decided: &Decided<'_>, grants: &[GrantId]) {
        let Decided { site, case, verdict, before, .. } = decided;
        let now = self.of_case(site, case);
        if case.what == What::Admin || *verdict == Verdict::Keep {
            assert_eq!(now, *before, "{site:?}");
            return;
        }
        let [id] = grants else { panic!("{site:?} {grants:?}") };
        let grant = self.ledger.grant(*id).await.unwrap().unwrap();
        if *verdict == Verdict::Reduce {
            let mut held = now.unwrap().rights.unwrap();
            held.sort();
            let mut meant = rights(site.kind.platform(), Rights::Support);
            meant.sort();
            assert_eq!((held, grant.phase), (meant, Phase::Active), "{site:?}");
            return;
        }
        assert!(now.is_none_or(|account| account.state == State::Off), "{site:?}");
        let end = grant.end.unwrap();
        assert_eq!((grant.phase, end.cause), (Phase::Ended, Cause::Revoked), "{site:?}");
        let by_word = matches!(end.proof, Some(Proof::Attested { .. }));
        assert_eq!(by_word, site.kind.is_held(), "{site:?} {:?}", end.proof);
    }
}

#[tokio::test]
async fn what_is_decided_is_done_and_a_third_review_agrees() {
    let estate = Estate::on_sqlite().await;
    let (old, _) = estate.review().await;
    let picked = estate.picked(&estate.rows(old.id).await);
    let verdicts: BTreeSet<_> = picked.iter().map(|one| one.verdict.as_str()).collect();
    assert_eq!((verdicts.len(), picked.len() > 40), (3, true), "{}", picked.len());
    let mut follows = Vec::new();
    for decided in &picked {
        follows.push(estate.decide(decided).await);
    }
    let options = SweepOptions::default();
    for _ in 0..3 {
        for id in follows.iter().flatten() {
            let place = estate.ledger.grant(*id).await.unwrap().unwrap().place;
            Box::pin(estate.engine.settle(&place, &estate.call())).await.unwrap();
        }
        estate.merchants_act(&picked).await;
        estate.clock.advance(7 * HOUR);
        assert_eq!(Box::pin(estate.engine.sweep(&options, &())).await.unwrap().failed, 0);
    }
    for (decided, grants) in picked.iter().zip(&follows) {
        estate.assert_followed(decided, grants).await;
    }

    let expected = estate.expected().await;
    let (new, shown) = estate.review().await;
    estate.assert_right(&expected, &shown).await;
    estate.assert_kept(&new, &shown).await;
    let undone = not_followed(&estate, &old, &new).await;
    let merchants = picked.iter().filter(|one| one.case.what == What::Admin);
    let merchants = merchants.map(|one| (one.site.handle.clone(), one.row.key.to_string())).collect();
    assert_eq!(undone, merchants, "what only the merchant can do is not done, and nothing else is left");
    let store = StoreHandle::new(&picked[0].site.handle).unwrap();
    let events = estate.ledger.events(&store, 0, 1000).await.unwrap();
    assert!(events.iter().any(|event| event.fact().unwrap().kind == "review_decided"));
}

/// The rows whose decision of the older review is not done, by store.
async fn not_followed(
    estate: &Estate,
    old: &guestpass::review::Review,
    new: &guestpass::review::Review,
) -> BTreeSet<(String, String)> {
    let reviewer = estate.reviewer();
    let mut comparison = reviewer.compare(old.id, new.id).await.unwrap();
    let mut undone = BTreeSet::new();
    while let Some(store) = comparison.next_store().await.unwrap() {
        for change in store.changes {
            if change.what.iter().any(|what| matches!(what, Difference::NotFollowed { .. })) {
                undone.insert((store.store.to_string(), change.key.to_string()));
            }
        }
    }
    undone
}
