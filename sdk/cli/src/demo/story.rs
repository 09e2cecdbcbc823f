//! The story of every platform: first without any credential, then with one.
//!
//! It is the same story everywhere. Where a platform cannot do a step, the step comes as work for a human, and the story
//! lets the fake's merchant do it.

use guestpass::{Email, Operation, Remains, Support};

use super::grants;
use super::inside;
use super::narrator::{Expected, Narrator, Truths};
use super::rotations;
use crate::exit::{Exit, Failure};
use crate::fake_world::{EMAIL, FakePlatform, PERSON, ROLE, person_email};

const REASON: &str = "ticket 4711";

/// Tells the story of every platform.
pub(super) async fn tell(narrator: &mut Narrator<'_>) -> Result<(), Failure> {
    let world = narrator.world;
    for platform in &world.platforms {
        without_credential(narrator, platform).await?;
        with_credential(narrator, platform).await?;
        grants::that_end(narrator, platform).await?;
        grants::on_our_word(narrator, platform).await?;
        rotations::without_downtime(narrator, platform).await?;
    }
    // One platform is enough to show what is the same on all of them.
    if let Some(platform) = world.platforms.first() {
        inside::found_and_decided(narrator, platform).await?;
        inside::explained_and_watched(narrator, platform).await?;
        inside::incident(narrator, platform).await?;
    }
    Ok(())
}

async fn without_credential(narrator: &mut Narrator<'_>, platform: &FakePlatform) -> Result<(), Failure> {
    narrator.chapter(&format!("{}: the merchant holds the key", platform.title))?;
    let nothing_sent = |said: &str| {
        vec![
            ("nothing was sent", platform.world.requests().is_empty()),
            ("there is a message ready to send", said.contains("Subject: ")),
            ("the message names the person", said.contains(EMAIL)),
        ]
    };
    let by_hand = || Expected { exit: Exit::HumanMustAct, truths: Box::new(nothing_sent) };
    let invite = ["invite", platform.byhand, PERSON, "--role", ROLE, "--reason", REASON, "--until", "7d"];
    narrator.step(platform, "Ask the merchant to let Kim in", &invite, by_hand()).await?;
    let remove = ["remove", platform.byhand, PERSON];
    narrator.step(platform, "Ask the merchant to take Kim out", &remove, by_hand()).await?;
    Ok(())
}

/// How a platform does things, and so what the story may expect.
pub(super) struct Way {
    pub(super) invites: bool,
    pub(super) assigns_role: bool,
    pub(super) removes: bool,
    /// What a look shows of somebody who was taken out.
    leaves: &'static str,
}

impl Way {
    pub(super) fn of(narrator: &Narrator<'_>, platform: &FakePlatform) -> guestpass::Result<Self> {
        let store = narrator.session.connect(platform.store)?;
        let capabilities = store.capabilities();
        let does = |operation| matches!(capabilities.support(operation), Support::Native | Support::Emulated);
        Ok(Self {
            invites: does(Operation::Invite),
            assigns_role: does(Operation::AssignRole),
            removes: does(Operation::Remove),
            leaves: match store.connection().removal_leaves() {
                Remains::DisabledAccount => "suspended",
                _ => "absent",
            },
        })
    }
}

async fn with_credential(narrator: &mut Narrator<'_>, platform: &FakePlatform) -> Result<(), Failure> {
    narrator.chapter(&format!("{}: we hold a key", platform.title))?;
    let way = Way::of(narrator, platform)?;
    let kim = person_email()?;
    check(narrator, platform).await?;
    let cost = let_in(narrator, platform, &kim, &way).await?;
    see_inside(narrator, platform, &kim, &way).await?;
    let cost = cost + take_out(narrator, platform, &kim, &way).await?;
    if way.invites && way.removes {
        let what = format!("{}: letting in, listing and taking out with proof", platform.title);
        narrator.limit(&what, cost, platform.most_requests);
    }
    Ok(())
}

async fn check(narrator: &mut Narrator<'_>, platform: &FakePlatform) -> Result<(), Failure> {
    let world = &platform.world;
    let expected = Expected {
        exit: Exit::Done,
        truths: Box::new(|_| vec![("nothing was written", world.writes() == 0)]),
    };
    narrator.step(platform, "Does our key work?", &["check", platform.store], expected).await?;
    let expected =
        Expected { exit: Exit::Done, truths: Box::new(|said| everybody_is_listed(platform, said)) };
    narrator.step(platform, "Who is inside?", &["list", platform.store], expected).await?;
    Ok(())
}

async fn let_in(
    narrator: &mut Narrator<'_>,
    platform: &FakePlatform,
    kim: &Email,
    way: &Way,
) -> Result<usize, Failure> {
    let world = &platform.world;
    let invite = ["invite", platform.store, PERSON, "--role", ROLE, "--reason", REASON, "--until", "7d"];
    let by_api = |said: &str| {
        let role_is_told = platform.permissions.iter().all(|name| said.contains(name));
        vec![
            ("Kim was let in or invited, once", world.invitations(kim) == 1),
            ("a role that no API sets is left to a human", way.assigns_role || role_is_told),
        ]
    };
    let by_hand = |said: &str| {
        vec![
            ("nothing was written", world.writes() == 0),
            ("the steps name the person", said.contains(EMAIL)),
            ("Kim is not inside", !world.is_inside(kim)),
        ]
    };
    let exit = if way.invites && way.assigns_role { Exit::Done } else { Exit::HumanMustAct };
    let truths: Truths<'_> = if way.invites { Box::new(by_api) } else { Box::new(by_hand) };
    let mut cost = narrator.step(platform, "Let Kim in", &invite, Expected { exit, truths }).await?;
    if way.invites {
        let expected =
            Expected { exit: Exit::Done, truths: Box::new(|said| everybody_is_listed(platform, said)) };
        cost += narrator.step(platform, "Who is inside now?", &["list", platform.store], expected).await?;
    }
    narrator.meanwhile("Meanwhile: people do what the steps say, and Kim signs in", || {
        if way.invites {
            world.person_accepts(kim);
        } else {
            world.people_let_in(kim);
        }
        if !way.assigns_role {
            world.merchant_sets_permissions(kim, &platform.permissions);
        }
    })?;
    Ok(cost)
}

async fn see_inside(
    narrator: &mut Narrator<'_>,
    platform: &FakePlatform,
    kim: &Email,
    way: &Way,
) -> Result<(), Failure> {
    let world = &platform.world;
    let expected = Expected {
        exit: Exit::Done,
        truths: Box::new(|said| {
            let shown = platform.permissions.iter().all(|name| said.contains(name));
            vec![
                ("Kim is inside", world.inside().contains(&kim.as_str().to_lowercase())),
                ("the look shows it", said.contains("present")),
                ("the permissions are shown", shown || way.assigns_role || !way.invites),
            ]
        }),
    };
    narrator.step(platform, "Is Kim inside?", &["observe", platform.store, PERSON], expected).await?;
    let expected = Expected {
        exit: Exit::Done,
        truths: Box::new(|said| {
            let mut truths = everybody_is_listed(platform, said);
            truths.push(("Kim is among them", said.contains(EMAIL)));
            truths
        }),
    };
    narrator.step(platform, "And in the list?", &["list", platform.store], expected).await?;
    Ok(())
}

async fn take_out(
    narrator: &mut Narrator<'_>,
    platform: &FakePlatform,
    kim: &Email,
    way: &Way,
) -> Result<usize, Failure> {
    let world = &platform.world;
    let others = || world.inside().into_iter().filter(|email| *email != EMAIL).count();
    let before = others();
    let remove = ["remove", platform.store, PERSON, "--baseline", "absent"];
    let by_api = |said: &str| {
        vec![
            ("Kim is not inside", !world.is_inside(kim)),
            ("Kim was removed once", world.removals(kim) == 1),
            ("there is proof", said.contains("proof:")),
            ("everybody else is still there", others() == before),
        ]
    };
    let by_hand = |said: &str| {
        vec![
            ("nothing was written", world.writes() == 0),
            ("the steps name the person", said.contains(EMAIL)),
        ]
    };
    let (exit, truths): (_, Truths<'_>) =
        if way.removes { (Exit::Done, Box::new(by_api)) } else { (Exit::HumanMustAct, Box::new(by_hand)) };
    let cost = narrator.step(platform, "Take Kim out", &remove, Expected { exit, truths }).await?;
    if !way.removes {
        narrator
            .meanwhile("Meanwhile: the merchant does what the steps say", || world.merchant_removes(kim))?;
    }
    let expected = Expected {
        exit: Exit::Done,
        truths: Box::new(|said| {
            vec![
                ("Kim is not inside", !world.is_inside(kim)),
                ("the look shows it", said.contains(way.leaves)),
            ]
        }),
    };
    narrator.step(platform, "Is Kim out?", &["observe", platform.store, PERSON], expected).await?;
    Ok(cost)
}

/// The list is as long as it must be, and where the platform tells addresses, everybody inside is on it.
fn everybody_is_listed(platform: &FakePlatform, said: &str) -> Vec<(&'static str, bool)> {
    let (inside, invited) = (platform.world.inside(), platform.world.invited());
    let counted = said.contains(&format!("{} account(s)", inside.len() + invited.len()));
    let shown = inside.iter().chain(&invited).all(|email| said.to_lowercase().contains(email.as_str()));
    vec![
        ("as many are listed as are inside or invited", counted),
        ("everybody inside is listed", shown || !platform.tells_addresses),
    ]
}
