//! The other process: does one job and tells of every durable step; it can be held there, and killed.

use std::fmt;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use guestpass::grants::{
    GrantId, GrantRequest, Ledger, OffboardRequest, Phase, Principal, Settled, SweepOptions, TappedLedger,
    Watcher,
};
use guestpass::incident::{IncidentRequest, ResponseOptions};
use guestpass::rotation::{CredentialName, DriverOptions, RotationId, RotationRequest};
use guestpass::{Error, ErrorKind, OneTimeSecret, PersonHandle, Result, StoreHandle, Timestamp};
use guestpass_ledger::SqlLedger;
use serde::{Deserialize, Serialize};

use crate::setup::{Host, SINK, Setup};
use crate::teller::{HELD, Incidents, Teller};

const SETTLED: &str = "settled";

/// What a worker is asked to do.
#[derive(Serialize, Deserialize)]
pub struct Order {
    /// With what.
    pub setup: Setup,
    /// What.
    pub job: Job,
    /// At which durable step it stops until it is told to go on; counted from 0.
    pub hold_at: Option<usize>,
}

/// A job.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Job {
    /// Asks for access, and settles it.
    Open(Wish),
    /// Revokes a grant, and settles it.
    Close(GrantId),
    /// One pass.
    Sweep,
    /// Passes until nothing is due any more.
    SweepAll,
    /// Takes somebody out of every store.
    Offboard(String),
    /// Rotates a credential, as far as it goes.
    Rotate {
        /// The store.
        store: String,
        /// The credential.
        credential: String,
    },
    /// Goes on with a rotation.
    Resume {
        /// Which.
        id: RotationId,
        /// What a person made.
        handed: Option<String>,
    },
    /// Gives a rotation up.
    AbortRotation(RotationId),
    /// Opens an incident about somebody, or goes on with the one there is.
    Respond(Alarm),
}

/// What an incident is opened for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Alarm {
    /// Who must be out.
    pub person: String,
    /// Whether users of a credential may be refused for a while.
    pub allow_downtime: bool,
}

impl Alarm {
    /// As the responder takes it.
    ///
    /// # Errors
    /// When the name is none.
    pub fn request(&self) -> Result<IncidentRequest> {
        let request = IncidentRequest::new(PersonHandle::new(&self.person)?, boss());
        let request = request.because("a stolen laptop").for_ticket("SEC-1");
        Ok(if self.allow_downtime { request.allowing_downtime() } else { request })
    }
}

/// A wish for access with the role `support`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Wish {
    /// Where.
    pub store: String,
    /// Who.
    pub person: String,
    /// Until when.
    pub until: Timestamp,
}

impl Wish {
    /// As the engine takes it.
    ///
    /// # Errors
    /// When a name is none.
    pub fn request(&self) -> Result<GrantRequest> {
        let wish =
            GrantRequest::new(StoreHandle::new(&self.store)?, PersonHandle::new(&self.person)?, self.until);
        Ok(wish.with_role("support").because("ticket 4711").requested_by(boss()).delivering_to(SINK))
    }
}

/// Who gives the orders.
#[must_use]
pub fn boss() -> Principal {
    Principal::stated("boss")
}

/// A rotation whatever it takes.
///
/// # Errors
/// When a name is none.
pub fn rotation_of(store: &str, credential: &str) -> Result<RotationRequest> {
    let (store, credential) = (StoreHandle::new(store)?, CredentialName::new(credential)?);
    let mut request = RotationRequest::new(store, credential, boss());
    request.allow_downtime = true;
    Ok(request)
}

/// A responder that waits for budgets, drains and lost answers by itself, and not for people.
#[must_use]
pub fn steady() -> ResponseOptions {
    let mut options = ResponseOptions::default();
    (options.removals, options.rotation) = (Duration::from_secs(6 * 3600), Duration::from_secs(6 * 3600));
    options.patience = Duration::from_secs(3600);
    options
}

/// A driver that waits for drains and lost answers by itself, and not for people.
#[must_use]
pub fn patient() -> DriverOptions {
    let mut options = DriverOptions::default();
    options.timeout = Duration::from_secs(6 * 3600);
    options.patience = Duration::from_secs(3600);
    options
}

impl Job {
    /// Does it.
    ///
    /// # Errors
    /// What the engine gives.
    pub async fn run(&self, host: &Host) -> Result<()> {
        let engine = &host.engine;
        let cx = host.env.call().with_timeout(Duration::from_secs(6 * 3600));
        match self {
            Self::Open(wish) => {
                let grant = engine.request(wish.request()?).await?;
                engine.settle(&grant.place, &cx).await?;
            }
            Self::Close(id) => {
                let grant = engine.revoke(*id, &boss(), None).await?;
                engine.settle(&grant.place, &cx).await?;
            }
            Self::Sweep => {
                engine.sweep(&SweepOptions::default(), &()).await?;
            }
            Self::SweepAll => while engine.sweep(&SweepOptions::default(), &Progress).await?.places() > 0 {},
            Self::Offboard(person) => {
                let request = OffboardRequest::new(PersonHandle::new(person)?, boss());
                engine.offboard(request, &cx, &()).await?;
            }
            Self::Rotate { store, credential } => {
                let request = rotation_of(store, credential)?;
                let rotation = host.driver.begin(request).await?;
                host.driver.advance(rotation.id, None, &patient()).await?;
            }
            Self::Resume { id, handed } => {
                let handed = handed.clone().map(|secret| OneTimeSecret::new(secret.into()));
                host.driver.advance(*id, handed, &patient()).await?;
            }
            Self::AbortRotation(id) => {
                host.driver.abort(*id, boss(), None, &patient()).await?;
            }
            Self::Respond(alarm) => {
                let responder = host.responder();
                let request = alarm.request()?;
                // One that is over, and not written down so, would be followed by another one.
                let id = match host.ledger.incidents(Some(&request.person), 1).await?.first() {
                    Some(kept) => kept.id,
                    None => responder.open(request).await?.id,
                };
                Box::pin(responder.continue_incident(id, &steady(), &())).await?;
            }
        }
        Ok(())
    }
}

/// The worker's whole life: reads an order from standard input, and does it.
///
/// # Errors
/// When there is no order, or what the job gives.
pub async fn work() -> Result<()> {
    let mut line = String::new();
    let read = std::io::stdin().read_line(&mut line);
    let order: Order = read
        .map_err(std::io::Error::other)
        .and_then(|_| Ok(serde_json::from_str(&line)?))
        .map_err(|error| Error::new(ErrorKind::Internal, "no order came").with_source(error))?;
    let host = match &order.job {
        Job::SweepAll => order.setup.open().await?,
        job => {
            let teller = Arc::new(Teller::holding_at(order.hold_at));
            let ledger = SqlLedger::open(&order.setup.ledger.clone().into()).await?;
            let mut ledger: Arc<dyn Ledger> = Arc::new(ledger);
            if matches!(job, Job::Respond(_)) {
                ledger = Arc::new(TappedLedger::new(ledger, Incidents(teller.clone())));
            }
            order.setup.open_on(ledger)?.watched_by(teller)
        }
    };
    Box::pin(order.job.run(&host)).await
}

/// Tells of every place that was worked on.
struct Progress;

impl Watcher for Progress {
    #[allow(clippy::print_stdout, reason = "this is how the parent learns of it")]
    fn settled(&self, settled: &Settled) {
        let ended = settled.grants.iter().filter(|grant| grant.phase == Phase::Ended).count();
        println!("{SETTLED} {} {ended} {}", settled.place.store, memory());
    }
}

/// How much memory this process uses, in kilobytes; 0 where nobody tells.
fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}

/// A place that a worker has told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The store.
    pub store: String,
    /// How many grants ended there.
    pub ended: usize,
    /// How much memory the worker used then, in kilobytes.
    pub memory: u64,
}

impl Told {
    /// The place, if it is about one.
    #[must_use]
    pub fn place(&self) -> Option<Place> {
        let mut words = self.0.strip_prefix(SETTLED)?.split_whitespace();
        Some(Place {
            store: words.next()?.to_owned(),
            ended: words.next()?.parse().ok()?,
            memory: words.next()?.parse().ok()?,
        })
    }
}

/// A durable step that a worker has told of, as it tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told(String);

impl Told {
    /// Whether a request to a store that changes something is about to leave.
    #[must_use]
    pub fn is_write(&self) -> bool {
        ["Invite Before", "Change Before", "Password Before", "Remove Before"].contains(&self.0.as_str())
    }

    /// Whether a request that makes or ends a credential, or one that takes somebody out, is about to leave.
    #[must_use]
    pub fn is_response(&self) -> bool {
        ["Remove Before", "Issue Before", "Retire Before"].contains(&self.0.as_str())
    }

    /// Whether a sink is about to be written to.
    #[must_use]
    pub fn is_at_a_sink(&self) -> bool {
        ["Stage Before", "Promote Before", "Discard Before"].contains(&self.0.as_str())
    }

    /// As it was told.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A worker, as its parent sees it. It is killed when this is dropped.
#[derive(Debug)]
pub struct Worker {
    process: Child,
    orders: ChildStdin,
    words: BufReader<ChildStdout>,
}

impl Worker {
    /// Starts one with an order.
    ///
    /// # Errors
    /// When the program cannot be started.
    pub fn start(program: &Path, order: &Order) -> std::io::Result<Self> {
        Self::spawn(&mut Command::new(program), order)
    }

    /// Starts one whose complaints go to this file.
    ///
    /// # Errors
    /// When the program cannot be started, or the file not be made.
    pub fn start_complaining(program: &Path, order: &Order, complaints: &Path) -> std::io::Result<Self> {
        let file = std::fs::OpenOptions::new().create(true).append(true).open(complaints)?;
        Self::spawn(Command::new(program).stderr(file), order)
    }

    /// Starts one that can make no file larger than this: for it, the disk is full then.
    ///
    /// # Errors
    /// When the program cannot be started.
    pub fn start_with_room(program: &Path, order: &Order, bytes: u64) -> std::io::Result<Self> {
        let mut shell = Command::new("sh");
        // The limit counts in blocks of 512 bytes. Without the signal, the write itself fails.
        shell.args(["-c", "trap '' XFSZ && ulimit -f \"$1\" && exec \"$0\""]).arg(program);
        Self::spawn(shell.arg((bytes / 512).to_string()), order)
    }

    fn spawn(command: &mut Command, order: &Order) -> std::io::Result<Self> {
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let (Some(mut orders), Some(words)) = (process.stdin.take(), process.stdout.take()) else {
            return Err(std::io::Error::other("no pipes"));
        };
        writeln!(orders, "{}", serde_json::to_string(order)?)?;
        Ok(Self { process, orders, words: BufReader::new(words) })
    }

    /// Waits until it is held, or has ended. Gives what it told until then, and whether it is held.
    ///
    /// # Errors
    /// When it says no words.
    pub fn follow(&mut self) -> std::io::Result<(Vec<Told>, bool)> {
        let mut told = Vec::new();
        loop {
            let mut line = String::new();
            if self.words.read_line(&mut line)? == 0 {
                return Ok((told, false));
            }
            match line.trim_end() {
                HELD => return Ok((told, true)),
                step => told.push(Told(step.to_owned())),
            }
        }
    }

    /// Lets it go on from where it is held.
    ///
    /// # Errors
    /// When it is gone.
    pub fn go_on(&mut self) -> std::io::Result<()> {
        writeln!(self.orders)
    }

    /// Whether it has ended.
    ///
    /// # Errors
    /// When nobody can tell.
    pub fn has_ended(&mut self) -> std::io::Result<bool> {
        Ok(self.process.try_wait()?.is_some())
    }

    /// Waits until it has ended. Gives whether all went well.
    ///
    /// # Errors
    /// When it cannot be waited for.
    pub fn finish(mut self) -> std::io::Result<bool> {
        Ok(self.process.wait()?.success())
    }

    /// Kills it: it runs nothing any more, whatever it was doing.
    ///
    /// # Errors
    /// When it cannot be killed.
    pub fn kill(mut self) -> std::io::Result<()> {
        self.process.kill()?;
        self.process.wait().map(drop)
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
