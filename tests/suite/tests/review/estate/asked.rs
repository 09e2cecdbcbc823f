//! The register of every store, and explanations of one of everything.

use std::collections::{BTreeMap, BTreeSet};

use guestpass::explain::{CauseKind, Explainer, Standing};
use guestpass::review::{EndKind, RegisterEntry, RegisterOptions};
use guestpass::{PersonHandle, StoreHandle};

use super::Estate;
use super::plan::{Case, Kind, What};
use super::plant::email;
use super::site::Site;

/// How an access stands that a grant gives, and how its end is known; `None` where there is no grant.
fn standing(what: What) -> Option<(&'static str, Option<EndKind>)> {
    Some(match what {
        What::NoGrant
        | What::Off
        | What::MerchantDormant
        | What::Never
        | What::MerchantTwice
        | What::OurOwner
        | What::Admin
        | What::SecondOwner => return None,
        What::Waiting => ("offered, and not used yet", None),
        What::Closing => ("being taken out, and not proven yet", None),
        What::Later | What::WasThere => ("begins on", None),
        What::BeforeUs | What::Left | What::Proven => ("out, proven", Some(EndKind::Proven)),
        What::Attested => ("out, says the merchant", Some(EndKind::Attested)),
        What::Forced => ("record closed by force, without a proof", Some(EndKind::Forced)),
        _ => ("inside", None),
    })
}

fn assert_entry(site: &Site, case: &Case, entry: &RegisterEntry) {
    let (status, end) = standing(case.what).unwrap();
    let it = format!("{site:?} {entry:?}");
    assert!(entry.status.starts_with(status) && entry.end == end, "{it}");
    assert_eq!(entry.name.as_deref(), Some("Some Body"), "{it}");
    assert_eq!(entry.emails.first().map(ToString::to_string), Some(email(case.who)), "{it}");
    let role = match case.what {
        What::NoRole => None,
        What::Odd => Some("odd"),
        _ => Some("support"),
    };
    assert_eq!(entry.role.as_deref(), role, "{it}");
    assert_eq!(entry.requested_by.as_ref().map(|who| who.name.as_str()), Some("asker"), "{it}");
    assert_eq!(entry.reason.as_deref(), Some("quarterly work"), "{it}");
    assert_eq!(entry.ticket, Some(format!("T-{}", site.handle)), "{it}");
    assert_eq!(entry.grants.len(), 1, "{it}");
}

#[tokio::test]
async fn the_register_has_one_entry_for_each_person_and_store() {
    let estate = Estate::on_sqlite().await;
    let expected = estate.expected().await;
    let reviewer = estate.reviewer();
    let cx = estate.call().with_looks_since(estate.now());
    for site in &estate.sites {
        let store = StoreHandle::new(&site.handle).unwrap();
        let register = reviewer.register(&store, &RegisterOptions::new(), &cx).await.unwrap();
        let mut entries: BTreeMap<_, _> =
            register.entries.iter().map(|entry| (entry.person.to_string(), entry)).collect();
        assert_eq!(entries.len(), register.entries.len(), "one for each: {site:?}");
        for case in site.cases.iter().filter(|case| standing(case.what).is_some()) {
            let entry = entries.remove(case.who).unwrap_or_else(|| panic!("{case:?} {site:?}"));
            assert_entry(site, case, entry);
        }
        assert!(entries.is_empty(), "{site:?} {entries:?}");
    }
    assert_eq!(estate.fakes.requests(), [0; 5], "the ledger alone is read");

    for site in &estate.sites {
        let store = StoreHandle::new(&site.handle).unwrap();
        let register = reviewer.register(&store, &RegisterOptions::new().looking(), &cx).await.unwrap();
        let with_grant = site.cases.iter().filter(|case| standing(case.what).is_some()).map(|case| case.who);
        let rows = expected[&site.handle].values();
        let inside = rows.filter(|row| row.account.is_some()).filter_map(|row| row.who.as_deref());
        let right: BTreeSet<_> = with_grant.chain(inside).collect();
        let found: BTreeSet<_> = register.entries.iter().map(|entry| entry.person.as_str()).collect();
        assert_eq!(found, right, "{site:?}");
        let without = expected[&site.handle]
            .values()
            .filter(|row| row.account.is_some() && row.who.is_some() && row.grants.is_empty());
        let told = register.entries.iter().filter(|entry| entry.status == "inside without a grant");
        assert_eq!(told.count(), without.count(), "{site:?}");
    }
}

/// Whether they are inside, and what is told first.
fn why(site: &Site, what: What, known: bool) -> (Standing, CauseKind) {
    let told = !matches!(site.kind, Kind::Shopify | Kind::Held(_));
    match what {
        What::Fits
        | What::Odd
        | What::NoRole
        | What::Shared
        | What::LeftInside
        | What::Dormant
        | What::DormantLately => (Standing::In, CauseKind::GrantLives),
        What::Beyond | What::BeyondAdmin if told => (Standing::In, CauseKind::WrongRole),
        What::Beyond | What::BeyondAdmin => (Standing::In, CauseKind::GrantLives),
        What::NoGrant | What::OurOwner => (Standing::In, CauseKind::WithoutGrant),
        What::BeforeUs | What::WasThere => (Standing::In, CauseKind::BeforeUs),
        What::Missing | What::Lost => (Standing::NotIn, CauseKind::TakenOut),
        What::Off => (Standing::NotIn, CauseKind::SwitchedOff),
        What::Twice if known => (Standing::In, CauseKind::GrantLives),
        What::Twice => (Standing::Unknown, CauseKind::Ambiguous),
        What::Waiting => (Standing::NotIn, CauseKind::InvitationOpen),
        What::Closing => (Standing::In, CauseKind::RemovalOpen),
        What::Later => (Standing::NotIn, CauseKind::StartsLater),
        What::Left | What::Proven | What::Attested => (Standing::NotIn, CauseKind::GrantEnded),
        What::Forced if site.kind.is_held() => (Standing::Unknown, CauseKind::ForcedClosed),
        What::Forced => (Standing::NotIn, CauseKind::ForcedClosed),
        What::MerchantDormant | What::Never | What::MerchantTwice | What::Admin | What::SecondOwner => {
            (Standing::NotIn, CauseKind::NoGrant)
        }
    }
}

#[tokio::test]
async fn one_of_everything_is_explained() {
    let estate = Estate::in_memory().await;
    let explainer = Explainer::new(estate.ledger.clone(), estate.directory.clone(), estate.env.clone());
    let cx = estate.call().with_looks_since(estate.now());
    let mut seen = BTreeSet::new();
    let mut wrong = Vec::new();
    for site in &estate.sites {
        for case in &site.cases {
            // Where a case is about the merchant's people, nobody has asked for ours.
            let store = StoreHandle::new(&site.handle).unwrap();
            let handle = PersonHandle::new(case.who).unwrap();
            let books = estate.books(site).await;
            let known = books.holdings.iter().any(|one| one.person == handle && one.account.is_some());
            if !seen.insert((
                site.kind.platform(),
                site.kind == Kind::Shopify,
                site.kind.is_held(),
                case.what,
                known,
            )) {
                continue;
            }
            // On Shopify everybody of ours is explained by what the organisation has.
            if site.kind.platform() == "shopify" && matches!(case.what, What::Admin | What::SecondOwner) {
                continue;
            }
            let said = explainer.store(&handle, &store, &cx).await.unwrap();
            let first = said.causes.first().map(|cause| cause.kind);
            let right = why(site, case.what, known);
            if (said.standing, first) != (right.0, Some(right.1)) {
                wrong
                    .push(format!("{site:?} {case:?} {known}: {:?} {first:?}, not {right:?}", said.standing));
            }
            assert!(
                said.causes.iter().all(|cause| !cause.evidence.is_empty() && !cause.next_step.is_empty())
            );
        }
    }
    assert!(seen.len() > 100, "{}", seen.len());
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), seen.len(), wrong.join("\n"));
}
