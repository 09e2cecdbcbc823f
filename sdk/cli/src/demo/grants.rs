//! The second half of the story: access that ends by itself.

use std::time::Duration;

use guestpass::grants::{GrantQuery, Phase, StepQuery};
use guestpass::{Error, ErrorKind, Result, StoreHandle};

use super::narrator::{Expected, Narrator};
use super::story::Way;
use crate::exit::{Exit, Failure};
use crate::fake_world::{FakePlatform, PERSON, ROLE, person_email};

const TICKET: &str = "T-1";
const WITNESS: &str = "Robin";
const HALF_AN_HOUR: Duration = Duration::from_secs(1800);
const TWO_HOURS: Duration = Duration::from_secs(7200);

/// A grant on a store of which we hold the key: it ends when its time is over, with proof.
pub(super) async fn that_end(
    narrator: &mut Narrator<'_>,
    platform: &FakePlatform,
) -> std::result::Result<(), Failure> {
    narrator.chapter(&format!("{}: access that ends by itself", platform.title))?;
    let (world, clock, way) = (&platform.world, narrator.clock, Way::of(narrator, platform)?);
    let kim = person_email()?;
    let (invited, removed) = (world.invitations(&kim), world.removals(&kim));
    let grant = ["grant", platform.store, PERSON, "--role", ROLE, "--for", "2h", "--ticket", TICKET];
    let by_api = usize::from(way.invites);
    let expected = Expected {
        exit: if way.invites && way.assigns_role { Exit::Done } else { Exit::HumanMustAct },
        truths: Box::new(|said| {
            vec![
                (
                    "Kim was let in or invited as often as an API can",
                    world.invitations(&kim) == invited + by_api,
                ),
                ("the grant has an id", said.contains("grant:")),
            ]
        }),
    };
    let mut cost = narrator.step(platform, "Let Kim in for two hours", &grant, expected).await?;
    narrator.meanwhile(
        "Meanwhile: people do what the steps say, Kim signs in, half an hour passes",
        || {
            if way.invites {
                world.person_accepts(&kim);
            } else {
                world.people_let_in(&kim);
            }
            if !way.assigns_role {
                world.merchant_sets_permissions(&kim, &platform.permissions);
            }
            clock.forward(HALF_AN_HOUR);
        },
    )?;
    if !is_active(narrator, platform).await? {
        let expected = Expected {
            exit: Exit::Done,
            truths: Box::new(|said| {
                vec![
                    ("Kim is inside", world.is_inside(&kim)),
                    ("a look has seen it", said.contains("can get in until")),
                ]
            }),
        };
        narrator
            .step(platform, "Has everybody done what they should?", &["sweep", "--no-drift"], expected)
            .await?;
    }
    narrator.meanwhile("Meanwhile: the two hours pass", || clock.forward(TWO_HOURS))?;
    if !way.removes {
        let expected = Expected {
            exit: Exit::Done,
            truths: Box::new(|said| {
                vec![
                    ("it is not called an end", said.contains("must end, and that is not proven yet")),
                    ("somebody is told what to do", said.contains("by hand:")),
                ]
            }),
        };
        narrator
            .step(
                platform,
                "Two hours later: what only a human can end stays open",
                &["sweep", "--no-drift"],
                expected,
            )
            .await?;
        narrator.meanwhile("Meanwhile: the merchant does what the steps say, and an hour passes", || {
            world.merchant_removes(&kim);
            clock.forward(HALF_AN_HOUR * 2);
        })?;
    }
    let expected = Expected {
        exit: Exit::Done,
        truths: Box::new(|said| {
            vec![
                ("Kim is not inside", !world.is_inside(&kim)),
                ("an API removed Kim once, if one can", !way.removes || world.removals(&kim) == removed + 1),
                ("the grant has ended", said.contains("the access of kim has ended (expired)")),
                ("there is proof", said.contains("proof:")),
            ]
        }),
    };
    cost += narrator.step(platform, "Its time is over", &["sweep", "--no-drift"], expected).await?;
    if way.invites && way.removes {
        let what = format!("{}: a grant from its beginning to its proven end", platform.title);
        narrator.limit(&what, cost, platform.most_requests);
    }
    verify(narrator, platform).await
}

/// The same where only the merchant holds the key: it ends by somebody's word, and is never called proven.
pub(super) async fn on_our_word(
    narrator: &mut Narrator<'_>,
    platform: &FakePlatform,
) -> std::result::Result<(), Failure> {
    narrator.chapter(&format!("{}: the same by the merchant's hand", platform.title))?;
    let (world, clock) = (&platform.world, narrator.clock);
    let sent = world.requests().len();
    let nothing_sent = move || ("nothing was sent", world.requests().len() == sent);
    let grant = ["grant", platform.byhand, PERSON, "--role", ROLE, "--for", "2h", "--ticket", TICKET];
    let expected = Expected {
        exit: Exit::HumanMustAct,
        truths: Box::new(move |said| {
            vec![nothing_sent(), ("there is a message ready to send", said.contains("Subject: "))]
        }),
    };
    narrator.step(platform, "Ask the merchant to let Kim in for two hours", &grant, expected).await?;
    let step = open_step(narrator, platform).await?;
    let done = ["steps", "done", &step, "--note", "the merchant wrote that it is done", "--by", WITNESS];
    let expected = Expected {
        exit: Exit::Done,
        truths: Box::new(move |said| vec![nothing_sent(), ("Kim can get in", said.contains("can get in"))]),
    };
    narrator.step(platform, "The merchant says that it is done", &done, expected).await?;
    narrator.meanwhile("Meanwhile: two hours pass", || clock.forward(TWO_HOURS))?;
    let expected = Expected {
        exit: Exit::Done,
        truths: Box::new(move |said| {
            vec![nothing_sent(), ("it is not called an end", said.contains("that is not proven yet"))]
        }),
    };
    narrator.step(platform, "Its time is over", &["sweep", "--no-drift"], expected).await?;
    let step = open_step(narrator, platform).await?;
    let done = ["steps", "done", &step, "--note", "the merchant wrote that Kim is out", "--by", WITNESS];
    let expected = Expected {
        exit: Exit::Done,
        truths: Box::new(move |said| {
            vec![
                nothing_sent(),
                ("the grant has ended", said.contains("has ended (expired)")),
                ("a word is not called a proof", said.contains("not proven: Robin says so")),
            ]
        }),
    };
    narrator.step(platform, "The merchant says that Kim is out", &done, expected).await?;
    verify(narrator, platform).await
}

async fn verify(narrator: &mut Narrator<'_>, platform: &FakePlatform) -> std::result::Result<(), Failure> {
    let expected = Expected {
        exit: Exit::Done,
        truths: Box::new(|said| {
            vec![("every chain is sound", said.contains("sound") && !said.contains("BROKEN"))]
        }),
    };
    narrator
        .step(platform, "Was the ledger changed behind our back?", &["audit", "verify"], expected)
        .await?;
    Ok(())
}

/// Whether it is known already that they are inside, because the platform asks nobody.
async fn is_active(narrator: &Narrator<'_>, platform: &FakePlatform) -> Result<bool> {
    let mut query = GrantQuery::new();
    query.store = Some(StoreHandle::new(platform.store)?);
    query.phases = vec![Phase::Active];
    Ok(!narrator.session.ledger().await?.grants(&query, None, 1).await?.is_empty())
}

/// The id of the step that is open on the merchant's store.
async fn open_step(narrator: &Narrator<'_>, platform: &FakePlatform) -> Result<String> {
    let mut query = StepQuery::new();
    query.store = Some(StoreHandle::new(platform.byhand)?);
    query.open = true;
    let steps = narrator.session.ledger().await?.steps(&query, None, 1).await?;
    let step = steps.first().map(|step| step.id.to_string());
    step.ok_or_else(|| Error::new(ErrorKind::Internal, "no step is open, but there should be one"))
}
