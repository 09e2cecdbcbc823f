//! Every kind of finding, prepared in the fakes' own books, is found; and none that nobody prepared.

use std::collections::BTreeSet;

use guestpass::grants::{Phase, StepKind};
use guestpass::review::{Finding, Reading};
use guestpass::{Email, Operation, Told};

use crate::desk::{DAY, Desk, HOUR, boss, handle, where_native};
use crate::view::{kinds, of_guest, set};

async fn where_listed(case: impl AsyncFn(Desk)) {
    where_native(Operation::List, case).await;
}

fn other() -> Email {
    "g.guest@home.example".parse().unwrap()
}

/// Whom the platforms' demonstration stores have let in with an administrator's rights, besides the owner.
const PRIVILEGED: [(&str, usize); 4] = [("bigcommerce", 1), ("shopify", 0), ("wix", 1), ("prestashop", 0)];

#[tokio::test]
async fn everybody_has_a_row_and_nothing_is_invented() {
    where_listed(async |desk| {
        let grant = desk.let_in(desk.wish_for(3 * DAY)).await;
        let writes = desk.subject.world.writes();
        let review = desk.review().await;
        assert!(matches!(&review.reading, Reading::Complete { evidence } if evidence.complete));
        assert_eq!(review.rows.len(), desk.subject.everybody_inside().len());
        let [guest] = of_guest(&review)[..] else { panic!("{review:?}") };
        assert_eq!(kinds(guest), set([]), "{guest:?}");
        assert_eq!((&guest.grants, guest.role.as_deref()), (&vec![grant.id], Some("support")));
        assert_eq!(guest.until, Some(grant.ends_at));
        let found: Vec<_> = review.rows.iter().flat_map(|row| kinds(row)).collect();
        let (_, privileged) =
            PRIVILEGED.into_iter().find(|(id, _)| *id == desk.subject.factory.id().as_str()).unwrap();
        assert_eq!(found, vec!["privileged"; privileged], "{:?}", review.rows);
        assert_eq!(desk.subject.world.writes(), writes, "a review writes nothing");
        desk.finish();
    })
    .await;
}

#[tokio::test]
async fn ours_without_a_grant_are_found() {
    where_listed(async |desk| {
        desk.merchant_lets_in();
        // A wish that has not begun lets nobody in.
        let soon = desk.wish_with_vault().starting(desk.later(HOUR));
        desk.engine.request(soon).await.unwrap();
        let review = desk.review().await;
        let [guest] = of_guest(&review)[..] else { panic!("{review:?}") };
        assert_eq!(kinds(guest), set(["ours_without_grant"]));
        assert!(guest.findings.contains(&Finding::OursWithoutGrant { before_us: false }));
        assert!(guest.grants.is_empty());
        desk.finish();
    })
    .await;
}

#[tokio::test]
async fn who_was_there_before_us_is_told_apart() {
    where_native(Operation::SetRole, async |desk| {
        desk.merchant_lets_in();
        let grant = desk.engine.request(desk.wish()).await.unwrap();
        desk.settle(&grant).await;
        desk.engine.revoke(grant.id, &boss(), None).await.unwrap();
        desk.settle(&grant).await;
        assert_eq!(desk.grant(grant.id).await.phase, Phase::Ended);
        let review = desk.review().await;
        let [guest] = of_guest(&review)[..] else { panic!("{review:?}") };
        assert!(guest.findings.contains(&Finding::OursWithoutGrant { before_us: true }), "{guest:?}");
        desk.finish();
    })
    .await;
}

#[tokio::test]
async fn a_grant_whose_person_was_taken_out_is_found() {
    where_listed(async |desk| {
        let grant = desk.let_in(desk.wish_for(90 * DAY)).await;
        desk.subject.world.merchant_removes(&desk.guest());
        let review = desk.review().await;
        let [guest] = of_guest(&review)[..] else { panic!("{review:?}") };
        if desk.subject.factory.id().as_str() == "wix" {
            // Their invitation may still be open, for all that Wix tells.
            assert_eq!(kinds(guest), set(["unconfirmed"]));
            desk.subject.let_invitations_lapse();
        }
        let review = desk.review().await;
        let [guest] = of_guest(&review)[..] else { panic!("{review:?}") };
        assert_eq!(kinds(guest), set(["grant_without_person"]));
        assert_eq!((guest.account.is_none(), &guest.grants), (true, &vec![grant.id]));
        desk.finish();
    })
    .await;
}

#[tokio::test]
async fn who_is_out_as_they_should_be_is_no_finding() {
    where_native(Operation::Remove, async |desk| {
        let grant = desk.let_in(desk.wish_for(3 * DAY)).await;
        desk.engine.suspend(grant.id, &boss(), None).await.unwrap();
        desk.settle(&grant).await;
        let review = desk.review().await;
        assert!(of_guest(&review).iter().all(|row| kinds(row).is_subset(&set(["residual"]))), "{review:?}");
        desk.engine.revoke(grant.id, &boss(), None).await.unwrap();
        desk.settle(&grant).await;
        desk.people_take_out().await;
        assert!(!desk.is_inside());
        let review = desk.review().await;
        assert!(of_guest(&review).iter().all(|row| kinds(row).is_subset(&set(["residual"]))), "{review:?}");
        assert_eq!(review.ends.proven + review.ends.attested, 1);
        desk.finish();
    })
    .await;
}

/// PrestaShop's profiles cannot be read, and Shopify tells no permissions to an ordinary app.
#[tokio::test]
async fn more_than_the_grant_gives_is_found_where_it_is_told() {
    for platform in ["bigcommerce", "wix", "shopify"] {
        where_listed(async |desk| {
            if desk.subject.factory.id().as_str() != platform {
                return desk.finish();
            }
            desk.let_in(desk.wish_for(3 * DAY)).await;
            let more = desk.subject.world.privileged_permission();
            let mut rights = desk.subject.world.ordinary_permissions();
            rights.push(more.clone());
            desk.subject.world.merchant_sets_permissions(&desk.guest(), &rights);
            desk.subject.clock.advance(HOUR / 6);
            let review = desk.review().await;
            let [guest] = of_guest(&review)[..] else { panic!("{review:?}") };
            if platform == "shopify" {
                assert!(matches!(guest.findings[..], [Finding::NotComparable { .. }]), "{guest:?}");
            } else {
                assert_eq!(kinds(guest), set(["beyond_grant", "privileged"]), "{guest:?}");
                let rights = vec![more];
                assert!(guest.findings.contains(&Finding::BeyondGrant { rights }));
            }
            desk.finish();
        })
        .await;
    }
}

/// Wix tells no addresses, so that only named accounts are anybody's.
#[tokio::test]
async fn two_accounts_of_one_person_name_each_other() {
    where_listed(async |desk| {
        if desk.subject.factory.id().as_str() == "wix" {
            return desk.finish();
        }
        desk.let_in(desk.wish_for(3 * DAY)).await;
        desk.known.people.lock().unwrap().get_mut(&handle("gina")).unwrap().other_emails.push(other());
        desk.subject.world.merchant_adds(&other());
        desk.subject.world.person_accepts(&other());
        let review = desk.review().await;
        let mut guests = of_guest(&review);
        guests.sort_by_key(|row| row.grants.is_empty());
        let [with_grant, without] = guests[..] else { panic!("{review:?}") };
        let shared = desk.subject.connect().connection().shares_subject();
        let account = |row: &guestpass::review::ReviewRow| row.account.as_ref().unwrap().id.clone();
        if shared {
            // One comes in with the organisation, the other with an account that the merchant made.
            assert_eq!((kinds(with_grant), kinds(without)), (set([]), set(["ours_without_grant"])));
        } else {
            assert_eq!(kinds(with_grant), set(["duplicate"]));
            assert_eq!(kinds(without), set(["duplicate", "ours_without_grant"]));
            assert!(with_grant.findings.contains(&Finding::Duplicate { of: account(without) }));
            assert!(without.findings.contains(&Finding::Duplicate { of: account(with_grant) }));
        }
        desk.finish();
    })
    .await;
}

#[tokio::test]
async fn who_has_not_signed_in_for_long_is_found_where_it_is_told() {
    where_listed(async |desk| {
        desk.let_in(desk.wish_for(300 * DAY)).await;
        let invited: Email = "new.hire@merchant.example".parse().unwrap();
        let dormant = async |desk: &Desk| {
            let rows = desk.review().await.rows;
            let dormant = rows.into_iter().filter(|row| kinds(row).contains("dormant"));
            dormant.filter_map(|row| row.account).collect::<Vec<_>>()
        };
        desk.subject.clock.advance(89 * DAY);
        assert_eq!(dormant(&desk).await, []);
        desk.subject.clock.advance(2 * DAY);
        desk.subject.world.merchant_adds(&invited);
        let found = dormant(&desk).await;
        assert!(found.iter().all(|account| account.last_login != Told::NotTold));
        let address =
            |account: &guestpass::Collaborator| account.email.known().unwrap().as_str().to_lowercase();
        let found: BTreeSet<_> = found.iter().map(address).collect();
        if desk.subject.factory.id().as_str() == "bigcommerce" {
            let mut all: BTreeSet<_> = desk.subject.world.inside().into_iter().collect();
            all.remove(invited.as_str());
            assert_eq!(found, all);
        } else {
            assert_eq!(found, BTreeSet::new());
        }
        desk.finish();
    })
    .await;
}

#[tokio::test]
async fn a_shared_mailbox_is_found() {
    where_listed(async |desk| {
        desk.known.people.lock().unwrap().get_mut(&handle("gina")).unwrap().shared = true;
        desk.let_in(desk.wish_for(3 * DAY)).await;
        let review = desk.review().await;
        let [guest] = of_guest(&review)[..] else { panic!("{review:?}") };
        assert_eq!(kinds(guest), set(["shared_mailbox"]));
        desk.finish();
    })
    .await;
}

/// Somebody who is out has a row as long as something of theirs is left to look after, and nothing names them there.
#[tokio::test]
async fn what_a_removal_leaves_is_found() {
    where_native(Operation::Remove, async |desk| {
        let grant = desk.let_in(desk.wish_for(3 * DAY).with_also("SFTP account of gina.guest")).await;
        desk.engine.revoke(grant.id, &boss(), None).await.unwrap();
        desk.settle(&grant).await;
        desk.people_take_out().await;
        assert!(!desk.is_inside());
        let steps = desk.open_steps().await;
        let left =
            steps.iter().filter(|step| matches!(step.kind, StepKind::Residual | StepKind::Obligation { .. }));
        let left = left.count();
        assert!(left > 0);
        let review = desk.review().await;
        let found: Vec<_> = of_guest(&review)
            .into_iter()
            .flat_map(|row| &row.findings)
            .filter(|finding| matches!(finding, Finding::Residual { .. }))
            .collect();
        assert_eq!(found.len(), left, "{review:?}");
        let text = format!("{found:?}").to_lowercase();
        assert!(!text.contains("gina") && !text.contains("sftp"), "{text}");
        desk.finish();
    })
    .await;
}
