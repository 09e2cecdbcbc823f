//! `guestpass demo`: the whole life of an access on a fake store, over real HTTP, with the code of the commands.

mod capture;
mod grants;
mod inside;
mod narrator;
mod rotations;
mod story;

use std::sync::Arc;

use guestpass::{Error, ErrorKind, Registry};

use crate::args::Global;
use crate::clock::ForwardClock;
use crate::exit::{Exit, Outcome};
use crate::fake_world::FakeWorld;
use crate::output::Output;
use crate::session::Session;
use narrator::Narrator;

const FOLDER: &str = "guestpass-demo-";
const CONFIG: &str = "guestpass.toml";
/// Nothing in the demonstration waits; if something does, it is better said than waited for.
const TIMEOUT_SECONDS: u64 = 20;

/// Tells the story and compares every step with what is really so.
pub(crate) async fn run(registry: Registry, out: &mut Output) -> Outcome {
    let folder = tempfile::Builder::new().prefix(FOLDER).tempdir().map_err(|error| {
        Error::new(ErrorKind::Internal, "no temporary folder can be made")
            .with_remedy("set TMPDIR to a folder that you may write to")
            .with_source(error)
    })?;
    let world = FakeWorld::start(0).await?;
    let config = folder.path().join(CONFIG);
    world.write_config(&config)?;
    let global = Global {
        config: Some(config),
        // Never the user's own: the fake's budget has nothing to do with real ones.
        state_dir: Some(folder.path().join("state")),
        json: true,
        timeout: TIMEOUT_SECONDS,
        verbose: 0,
    };
    // One session, as in a program that embeds the library: the listings of its connections are shared.
    let clock = Arc::new(ForwardClock::default());
    let session = Session::open_at(registry, &global, clock.clone())?;
    let mut narrator = Narrator::new(&session, &world, &clock, folder.path(), out);
    story::tell(&mut narrator).await?;
    let ok = narrator.end()?;
    Ok(if ok { Exit::Done } else { Exit::Failed })
}
