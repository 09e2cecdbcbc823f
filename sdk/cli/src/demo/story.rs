//! The story: first without any credential, then with one.

use super::narrator::{Expected, Narrator};
use crate::exit::{Exit, Failure};
use crate::fake_world::{EMAIL, FakeWorld, HELD_BY_MERCHANT, PERMISSIONS, PERSON, ROLE, STORE};

const REASON: &str = "ticket 4711";
/// What letting somebody in, listing and taking them out with proof may cost together.
const MOST_REQUESTS: usize = 6;

/// Tells all of it.
pub(super) async fn tell(narrator: &mut Narrator<'_>) -> Result<(), Failure> {
    without_credential(narrator).await?;
    with_credential(narrator).await
}

async fn without_credential(narrator: &mut Narrator<'_>) -> Result<(), Failure> {
    narrator.chapter("The merchant holds the key: guestpass says what they must do")?;
    let nothing_sent = |world: &FakeWorld, said: &str| {
        vec![
            ("nothing was sent", world.bigcommerce.requests().is_empty()),
            ("there is a message ready to send", said.contains("Subject: ")),
            ("the message names the person", said.contains(EMAIL)),
        ]
    };
    let by_hand = || Expected { exit: Exit::HumanMustAct, truths: Box::new(nothing_sent) };
    let invite = ["invite", HELD_BY_MERCHANT, PERSON, "--role", ROLE, "--reason", REASON, "--until", "7d"];
    narrator.step("Ask the merchant to let Kim in", &invite, by_hand()).await?;
    let remove = ["remove", HELD_BY_MERCHANT, PERSON];
    narrator.step("Ask the merchant to take Kim out", &remove, by_hand()).await?;
    Ok(())
}

async fn with_credential(narrator: &mut Narrator<'_>) -> Result<(), Failure> {
    narrator.chapter("We hold a token: guestpass works by itself")?;
    let hash = narrator.world.seed.store_hash.clone();
    let inside = |world: &FakeWorld| world.bigcommerce.is_member(&hash, EMAIL);
    let everybody_listed = |world: &FakeWorld, said: &str| {
        let users = world.bigcommerce.users(&hash);
        let counted = said.contains(&format!("{} account(s)", users.len()));
        counted && users.iter().all(|user| said.contains(&user.email))
    };

    let expected = Expected {
        exit: Exit::Done,
        truths: Box::new(|world, _| vec![("nothing was written", world.bigcommerce.writes() == 0)]),
    };
    narrator.step("Does our token work?", &["check", STORE], expected).await?;

    let expected = Expected {
        exit: Exit::Done,
        truths: Box::new(|world, said| {
            vec![("exactly the users of the store are listed", everybody_listed(world, said))]
        }),
    };
    narrator.step("Who is inside?", &["list", STORE], expected).await?;

    let expected = Expected {
        exit: Exit::HumanMustAct,
        truths: Box::new(|world, said| {
            vec![
                ("Kim is a user of the store", inside(world)),
                ("Kim was added once", world.bigcommerce.adds(&hash, EMAIL) == 1),
                ("the role is left to a human", PERMISSIONS.iter().all(|name| said.contains(name))),
            ]
        }),
    };
    let invite = ["invite", STORE, PERSON, "--role", ROLE, "--reason", REASON, "--until", "7d"];
    let mut cost = narrator.step("Let Kim in; the role must be set by hand", &invite, expected).await?;

    let expected = Expected {
        exit: Exit::Done,
        truths: Box::new(|world, said| {
            vec![
                ("exactly the users of the store are listed", everybody_listed(world, said)),
                ("Kim is among them", said.contains(EMAIL)),
            ]
        }),
    };
    cost += narrator.step("Who is inside now?", &["list", STORE], expected).await?;

    narrator.meanwhile("Meanwhile: Kim signs in, and the merchant sets the permissions", |world| {
        world.bigcommerce.accept(&hash, EMAIL);
        world.bigcommerce.grant_permissions(&hash, EMAIL, &PERMISSIONS);
    })?;

    let expected = Expected {
        exit: Exit::Done,
        truths: Box::new(|world, said| {
            let users = world.bigcommerce.users(&hash);
            let kim = users.iter().find(|user| user.email == EMAIL);
            let permissions = kim.map(|kim| kim.permissions.clone()).unwrap_or_default();
            let login = kim.and_then(|kim| kim.last_login).is_some();
            vec![
                ("Kim has the permissions of the role", permissions == PERMISSIONS),
                ("the permissions are shown", permissions.iter().all(|name| said.contains(name.as_str()))),
                ("Kim has signed in", login && !said.contains("never")),
            ]
        }),
    };
    narrator.step("Is Kim inside, with the right role?", &["observe", STORE, PERSON], expected).await?;

    let expected = Expected {
        exit: Exit::Done,
        truths: Box::new(|world, said| {
            let kim = said.lines().find(|line| line.contains(EMAIL)).unwrap_or_default();
            vec![
                ("exactly the users of the store are listed", everybody_listed(world, said)),
                ("Kim is listed as active", kim.contains("active")),
            ]
        }),
    };
    narrator.step("And in the list?", &["list", STORE], expected).await?;

    let expected = Expected {
        exit: Exit::Done,
        truths: Box::new(|world, said| {
            vec![
                ("Kim is not a user of the store", !inside(world)),
                ("Kim was removed once", world.bigcommerce.removals(&hash, EMAIL) == 1),
                ("there is proof", said.contains("proof:")),
                ("everybody else is still there", world.bigcommerce.users(&hash).len() == 4),
            ]
        }),
    };
    let remove = ["remove", STORE, PERSON, "--baseline", "absent"];
    cost += narrator.step("Take Kim out, with proof", &remove, expected).await?;
    narrator.limit("Letting in, listing and taking out with proof", cost, MOST_REQUESTS);

    let expected = Expected {
        exit: Exit::Done,
        truths: Box::new(|world, said| {
            vec![
                ("Kim is not a user of the store", !inside(world)),
                ("the look shows it", said.contains("absent")),
            ]
        }),
    };
    narrator.step("Is Kim out?", &["observe", STORE, PERSON], expected).await?;
    Ok(())
}
