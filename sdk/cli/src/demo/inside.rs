//! The last part of the story: who is inside, and why; and what to do when somebody's laptop is gone.

use std::time::Duration;

use guestpass::review::Finding;
use guestpass::{Error, ErrorKind, Result};

use super::narrator::{Expected, Narrator};
use crate::exit::{Exit, Failure};
use crate::fake_world::{FakePlatform, PERSON, ROLE, person_email};
use crate::output::row_reference;

const BOSS: &str = "Robin Boss";
const TWO_MINUTES: Duration = Duration::from_secs(120);
const AN_HOUR: Duration = Duration::from_secs(3600);
const HALF_AN_HOUR: Duration = Duration::from_secs(1800);
const A_DAY: Duration = Duration::from_secs(25 * 3600);
/// More rows than a review of the fakes has.
const ROWS: u32 = 1_000;

type Told = std::result::Result<(), Failure>;

/// Somebody was let in by hand: a review finds it, and what is decided about it happens.
pub(super) async fn found_and_decided(narrator: &mut Narrator<'_>, platform: &FakePlatform) -> Told {
    narrator.chapter(&format!("{}: who is inside, against the ledger", platform.title))?;
    let (world, kim) = (&platform.world, person_email()?);
    let removed = world.removals(&kim);
    narrator.meanwhile("Meanwhile: the merchant lets Kim in, and tells nobody", || {
        world.people_let_in(&kim);
        world.person_accepts(&kim);
    })?;
    let review = ["review", platform.store, "--reason", "quarterly", "--by", BOSS];
    let expected = Expected {
        exit: Exit::Done,
        truths: Box::new(|said| {
            vec![
                ("Kim is inside", world.is_inside(&kim)),
                ("it is found, and of nobody else", said.matches("inside without a grant").count() == 1),
                ("nothing was changed", world.removals(&kim) == removed),
            ]
        }),
    };
    narrator.step(platform, "Who is inside, and why?", &review, expected).await?;
    let row = row_of_kim(narrator).await?;
    let decide = ["review", "decide", &row, "revoke", "--by", BOSS, "--reason", "nobody asked for it"];
    let expected = Expected {
        exit: Exit::Done,
        truths: Box::new(|said| {
            vec![
                ("Kim is out", !world.is_inside(&kim)),
                ("an API removed Kim once", world.removals(&kim) == removed + 1),
                ("there is proof", said.contains("proof:")),
            ]
        }),
    };
    narrator.step(platform, "Kim must go", &decide, expected).await?;
    Ok(())
}

/// Somebody cannot get in, and it is said why; what changes at the store without us is told once.
pub(super) async fn explained_and_watched(narrator: &mut Narrator<'_>, platform: &FakePlatform) -> Told {
    narrator.chapter(&format!("{}: why, and what has changed without us", platform.title))?;
    let (world, clock, kim) = (&platform.world, narrator.clock, person_email()?);
    let invited = world.invitations(&kim);
    let grant = ["grant", platform.store, PERSON, "--role", ROLE, "--for", "7d", "--ticket", "T-2"];
    let expected = Expected {
        exit: Exit::HumanMustAct,
        truths: Box::new(|_| vec![("Kim was asked in", world.invitations(&kim) > invited)]),
    };
    narrator.step(platform, "Let Kim in for a week", &grant, expected).await?;
    let expected = Expected {
        exit: Exit::Done,
        truths: Box::new(|said| {
            vec![
                ("it is said that Kim has not accepted", said.contains("accept")),
                ("it is said what to do", said.contains("next (kim)")),
            ]
        }),
    };
    let explain = ["explain", PERSON, platform.store];
    narrator.step(platform, "Why can Kim not get in?", &explain, expected).await?;
    narrator.meanwhile("Meanwhile: Kim signs in, the merchant sets the role, half an hour passes", || {
        world.person_accepts(&kim);
        world.merchant_sets_permissions(&kim, &platform.permissions);
        clock.forward(HALF_AN_HOUR);
    })?;
    let expected = Expected {
        exit: Exit::Done,
        truths: Box::new(|said| {
            vec![
                ("Kim is inside", world.is_inside(&kim)),
                ("every store was looked at", said.contains("store(s) looked at, 0 unreadable")),
            ]
        }),
    };
    let title = "What is due, and how does every store look today?";
    narrator.step(platform, title, &["sweep"], expected).await?;
    narrator.meanwhile("Meanwhile: the merchant takes Kim out, and a day passes", || {
        world.merchant_removes(&kim);
        clock.forward(A_DAY);
    })?;
    let expected = Expected {
        exit: Exit::Done,
        truths: Box::new(|said| {
            vec![
                ("Kim is out", !world.is_inside(&kim)),
                ("the grant has ended", said.contains("the access of kim has ended (drift)")),
            ]
        }),
    };
    narrator.step(platform, "Is everybody where the ledger says?", &["sweep"], expected).await?;
    narrator.meanwhile("Meanwhile: the merchant lets Kim in again, and another day passes", || {
        world.people_let_in(&kim);
        world.person_accepts(&kim);
        clock.forward(A_DAY);
    })?;
    let expected = Expected {
        exit: Exit::Done,
        truths: Box::new(|said| {
            let appeared = said.lines().filter(|line| line.contains("appeared:"));
            vec![
                ("Kim is inside", world.is_inside(&kim)),
                (
                    "it is told, and of nobody else",
                    appeared.filter(|line| line.contains("without a grant")).count() == 1,
                ),
            ]
        }),
    };
    narrator.step(platform, "What has changed without us?", &["sweep"], expected).await?;
    let expected = Expected {
        exit: Exit::Done,
        truths: Box::new(|said| vec![("it is told once", !said.contains("appeared:"))]),
    };
    narrator.step(platform, "And now?", &["sweep"], expected).await?;
    Ok(())
}

/// Somebody's laptop is gone: out of every store first, then what they may have seen is replaced.
pub(super) async fn incident(narrator: &mut Narrator<'_>, platform: &FakePlatform) -> Told {
    narrator.chapter("Every store: a laptop is gone")?;
    let (world, clock, kim) = (&platform.world, narrator.clock, person_email()?);
    let place = narrator.folder.join(platform.place());
    let reads = || std::fs::read_to_string(&place).unwrap_or_default().trim_end().to_owned();
    let (old, truth) = (reads(), &platform.credential.truth);
    let incident = ["incident", PERSON, "--reason", "laptop stolen", "--by", BOSS];
    let expected = Expected {
        exit: Exit::Partly,
        truths: Box::new(|_| {
            vec![
                ("Kim is out", !world.is_inside(&kim)),
                ("the file holds another one", reads() != old),
                ("whoever reads the file is served", truth.works(&reads())),
                ("so is who still has the old one, for a minute", truth.works(&old)),
            ]
        }),
    };
    narrator
        .step(platform, "Out of every store, and what Kim may have seen is replaced", &incident, expected)
        .await?;
    let id = narrator.session.ledger().await?.incidents(None, 1).await?;
    let id = id.first().map(|incident| incident.id.to_string());
    let id = id.ok_or_else(|| Error::new(ErrorKind::Internal, "there is no incident"))?;
    let go_on = ["incident", "continue", &id];
    let pass = |by| {
        clock.forward(by);
        truth.forward(by);
    };
    narrator.meanwhile("Meanwhile: programs take the new one", || pass(TWO_MINUTES))?;
    let expected = Expected {
        exit: Exit::Partly,
        truths: Box::new(|_| vec![("whoever reads the file is served", truth.works(&reads()))]),
    };
    narrator.step(platform, "Go on with it", &go_on, expected).await?;
    narrator.meanwhile("Meanwhile: the platform ends the old one, as it was asked to", || pass(AN_HOUR))?;
    let expected = Expected {
        exit: Exit::Partly,
        truths: Box::new(|_| {
            vec![
                ("the old one is dead", !truth.works(&old)),
                ("whoever reads the file is served", truth.works(&reads())),
            ]
        }),
    };
    narrator.step(platform, "Is the old one dead?", &go_on, expected).await?;
    let report = ["incident", "report", &id];
    let expected = Expected {
        exit: Exit::Partly,
        truths: Box::new(|said| {
            vec![
                ("it says what people must do", said.contains("What people must do")),
                ("Kim is out", !world.is_inside(&kim)),
            ]
        }),
    };
    narrator.step(platform, "What was open, what is closed, and who must act?", &report, expected).await?;
    Ok(())
}

/// How the last review names the row of whoever is inside without a grant.
async fn row_of_kim(narrator: &Narrator<'_>) -> Result<String> {
    let ledger = narrator.session.ledger().await?;
    let missing = || Error::new(ErrorKind::Internal, "no row is about Kim, but there should be one");
    let review = ledger.reviews(1).await?.into_iter().next().ok_or_else(missing)?;
    let rows = ledger.review_rows(review.id, 0, ROWS).await?;
    let found = |finding: &Finding| matches!(finding, Finding::OursWithoutGrant { .. });
    let row = rows.iter().find(|row| row.findings.iter().any(found)).ok_or_else(missing)?;
    Ok(row_reference(review.id, row.number))
}
