//! The last part of the story: a new credential in place of an old one, while a program uses it all the time.

use std::path::PathBuf;
use std::time::Duration;

use guestpass::rotation::{KindInfo, Retire, Rotation, RotationQuery};
use guestpass::{Error, ErrorKind, Result, StoreHandle, Support};

use super::narrator::{Expected, Narrator, Truths};
use crate::exit::{Exit, Failure};
use crate::fake_world::{CREDENTIAL, FakePlatform, write_private};

const REASON: &str = "quarterly";
const AN_HOUR: Duration = Duration::from_secs(3600);

type Told = std::result::Result<(), Failure>;

/// Nobody is refused at any time; in the end the old one is dead, and one new one was made.
pub(super) async fn without_downtime(narrator: &mut Narrator<'_>, platform: &FakePlatform) -> Told {
    narrator.chapter(&format!("{}: a new credential in place of an old one", platform.title))?;
    let user = User::of(narrator, platform)?;
    begin(narrator, &user).await?;
    if user.is_by_hand() {
        hand_in(narrator, &user).await?;
    }
    pass(narrator, platform, "Meanwhile: the hour passes, and the program reads its file again")?;
    end(narrator, &user).await
}

/// The program that uses the credential: it reads its file again each time.
struct User<'a> {
    platform: &'a FakePlatform,
    place: PathBuf,
    /// What it used before.
    old: String,
    /// How many there were before.
    ever: usize,
    /// How its kind is rotated.
    info: KindInfo,
}

impl<'a> User<'a> {
    fn of(narrator: &Narrator<'_>, platform: &'a FakePlatform) -> Result<Self> {
        let store = narrator.session.connect(platform.store)?;
        let kinds = store.credentials().map(|rotator| rotator.kinds()).unwrap_or_default();
        let kind = platform.credential.kind;
        let info = kinds.into_iter().find(|info| info.kind.as_str() == kind);
        let info = info.ok_or_else(|| internal("the kind of a credential is not known"))?;
        let place = narrator.folder.join(platform.place());
        let ever = platform.credential.truth.ever();
        let mut user = Self { platform, place, old: String::new(), ever, info };
        user.old = user.reads();
        Ok(user)
    }

    fn reads(&self) -> String {
        std::fs::read_to_string(&self.place).unwrap_or_default().trim_end().to_owned()
    }

    /// Whether a human makes and ends it.
    fn is_by_hand(&self) -> bool {
        self.info.capability.support == Support::Manual
    }

    /// What must be true at every moment, and what the file holds now.
    fn is_served(&self, by_new: bool) -> Vec<(&'static str, bool)> {
        let secret = self.reads();
        let holds = if by_new { "the file holds the new one" } else { "the file still holds the old one" };
        vec![
            ("whoever reads the file is served", self.platform.credential.truth.works(&secret)),
            (holds, (secret != self.old) == by_new),
        ]
    }

    fn old_works(&self) -> bool {
        self.platform.credential.truth.works(&self.old)
    }

    fn made(&self) -> usize {
        self.platform.credential.truth.ever() - self.ever
    }
}

async fn begin(narrator: &mut Narrator<'_>, user: &User<'_>) -> Told {
    let rotate = ["rotate", user.platform.store, CREDENTIAL, "--drain", "1h", "--reason", REASON];
    let by_api = |_: &str| {
        let mut truths = user.is_served(true);
        truths.extend([("the old one works, too", user.old_works()), ("one was made", user.made() == 1)]);
        truths
    };
    let by_hand = |said: &str| {
        let mut truths = user.is_served(false);
        truths.push(("nothing was made", user.made() == 0));
        truths.push(("somebody is told what to do, and how it goes on", said.contains("--new file:PATH")));
        truths
    };
    let (exit, truths): (_, Truths<'_>) = if user.is_by_hand() {
        (Exit::HumanMustAct, Box::new(by_hand))
    } else {
        (Exit::Done, Box::new(by_api))
    };
    let title = "Replace what a program uses, while it uses it";
    narrator.step(user.platform, title, &rotate, Expected { exit, truths }).await?;
    Ok(())
}

/// A human makes the new one, and hands it in.
async fn hand_in(narrator: &mut Narrator<'_>, user: &User<'_>) -> Told {
    let place = narrator.folder.join(format!("{}-new", user.platform.place()));
    let copy = user.platform.credential.truth.person_copies(&user.old);
    let copy = copy.ok_or_else(|| internal("nobody can make the new one"))?;
    write_private(&place, &copy)
        .map_err(|error| internal("the new one cannot be written down").with_source(error))?;
    narrator.meanwhile("Meanwhile: somebody duplicates it in the dashboard, as the steps say", || {})?;
    let id = rotation(narrator, user.platform).await?.id.to_string();
    let new = format!("file:{}", place.display());
    let expected = Expected {
        exit: Exit::Done,
        truths: Box::new(|_| {
            let mut truths = user.is_served(true);
            truths.push(("the old one works, too", user.old_works()));
            truths
        }),
    };
    let resume = ["rotate", "--resume", &id, "--new", &new];
    narrator.step(user.platform, "Hand the new one in", &resume, expected).await?;
    Ok(())
}

/// The time of the old one is over. A call ends it, at once or some time later, or a human does.
async fn end(narrator: &mut Narrator<'_>, user: &User<'_>) -> Told {
    let is_last = user.info.retire != Retire::Scheduled && !user.is_by_hand();
    let title = "Its time is over";
    narrator.step(user.platform, title, &["sweep", "--no-drift"], ended(user, is_last)).await?;
    if is_last {
        return Ok(());
    }
    let id = rotation(narrator, user.platform).await?.id.to_string();
    let check = ["steps", "check", &id];
    let look: &[&str] = if user.is_by_hand() {
        let delete = || user.platform.credential.truth.person_deletes(&user.old);
        narrator.meanwhile("Meanwhile: somebody deletes the old one, as the steps say", delete)?;
        &check
    } else {
        pass(narrator, user.platform, "Meanwhile: the platform ends it, as it was asked to")?;
        &["sweep", "--no-drift"]
    };
    narrator.step(user.platform, "Is the old one dead?", look, ended(user, true)).await?;
    Ok(())
}

/// What must be true when the end was asked for, and when it has come.
fn ended<'a>(user: &'a User<'_>, is_last: bool) -> Expected<'a> {
    let truths = move |said: &str| {
        let mut truths = user.is_served(true);
        truths.push(("one was made, no more", user.made() == 1));
        truths.push((
            "it is called rotated when the old one is dead, not before",
            said.contains(": rotated") == is_last,
        ));
        truths.push(("the old one is dead when it is said", !is_last || !user.old_works()));
        truths
    };
    Expected { exit: Exit::Done, truths: Box::new(truths) }
}

/// Time passes, here and on the platform.
fn pass(narrator: &mut Narrator<'_>, platform: &FakePlatform, title: &str) -> Told {
    let clock = narrator.clock;
    narrator.meanwhile(title, || {
        clock.forward(AN_HOUR);
        platform.credential.truth.forward(AN_HOUR);
    })
}

/// The rotation that is under way.
async fn rotation(narrator: &Narrator<'_>, platform: &FakePlatform) -> Result<Rotation> {
    let mut query = RotationQuery::new().only_open();
    query.store = Some(StoreHandle::new(platform.store)?);
    let open = narrator.session.ledger().await?.rotations(&query, None, 1).await?;
    open.into_iter().next().ok_or_else(|| internal("no rotation is under way, but there should be one"))
}

fn internal(message: &'static str) -> Error {
    Error::new(ErrorKind::Internal, message)
}
