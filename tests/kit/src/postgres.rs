//! A throw-away PostgreSQL server for tests, from the programs that the machine has.
//!
//! One server serves a whole test program; each test makes a [`Database`] of its own on it. The server listens on a socket
//! in a temporary folder, writes durably as it would in earnest, and is stopped and deleted when the test program ends, also
//! by a panic or a signal. `GUESTPASS_TEST_POSTGRES` names a server to use instead: a URL of a user who may make databases.
//!
//! Where there is neither, tests that need one are left out and one line says so; with `GUESTPASS_REQUIRE_POSTGRES` set they
//! fail instead.

use std::env;
use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use url::Url;

const SCRIPT: &str = include_str!("postgres.sh");

/// A server that is there for the tests.
#[derive(Debug)]
struct Server {
    url: Url,
    psql: PathBuf,
    /// Ours stops when this end of the pipe is closed, which the operating system does when the test program ends.
    _until: Option<ChildStdin>,
}

/// A database for one test. Dropped when the test ends, where the server outlives the test program.
#[derive(Debug)]
pub struct Database {
    server: &'static Server,
    name: String,
}

impl Database {
    /// Makes an empty database; `None` where there is no server, and none is required.
    ///
    /// # Panics
    /// When a server is required or named and there is none, or it makes no database.
    #[must_use]
    #[allow(clippy::panic, reason = "a set-up that fails is a failed test")]
    pub fn make() -> Option<Self> {
        static SERVER: OnceLock<Result<Server, String>> = OnceLock::new();
        static MADE: AtomicU32 = AtomicU32::new(0);
        let server = match SERVER.get_or_init(server) {
            Ok(server) => server,
            Err(missing) if is_required() => panic!("PostgreSQL is required for these tests: {missing}"),
            Err(_) => return None,
        };
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let name = format!("guestpass_{}_{number}", std::process::id());
        match server.run(&format!("CREATE DATABASE {name}")) {
            Ok(()) => Some(Self { server, name }),
            Err(error) => panic!("no database was made: {error}"),
        }
    }

    /// Its URL. Holds the password where the server that was named has one.
    #[must_use]
    pub fn url(&self) -> String {
        let mut url = self.server.url.clone();
        url.set_path(&self.name);
        url.into()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if self.server._until.is_none() {
            let _ = self.server.run(&format!("DROP DATABASE {} WITH (FORCE)", self.name));
        }
    }
}

impl Server {
    fn run(&self, statement: &str) -> io::Result<()> {
        let done = Command::new(&self.psql)
            .args(["--no-psqlrc", "--quiet", "--command", statement, self.url.as_str()])
            .stdin(Stdio::null())
            .output()?;
        if done.status.success() { Ok(()) } else { Err(said(&done.stderr)) }
    }
}

fn said(words: &[u8]) -> io::Error {
    io::Error::other(String::from_utf8_lossy(words).trim().to_owned())
}

fn is_required() -> bool {
    let set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
    set("GUESTPASS_REQUIRE_POSTGRES") || set("GUESTPASS_TEST_POSTGRES")
}

fn server() -> Result<Server, String> {
    let found = match env::var("GUESTPASS_TEST_POSTGRES") {
        Ok(url) if !url.is_empty() => named(&url),
        _ => start(),
    };
    if let Err(missing) = &found
        && !is_required()
    {
        // Not `println!`: the words of tests that pass are not shown.
        let _ = writeln!(io::stderr(), "left out: the tests on PostgreSQL ({missing})");
    }
    found
}

fn named(url: &str) -> Result<Server, String> {
    let url = url.parse().map_err(|_| "GUESTPASS_TEST_POSTGRES is no URL")?;
    let psql = programs().map_or_else(|_| "psql".into(), |folder| folder.join("psql"));
    Ok(Server { url, psql, _until: None })
}

fn start() -> Result<Server, String> {
    let programs = programs()?;
    let folder = folder().map_err(|error| format!("no temporary folder: {error}"))?;
    let owner = fs::metadata(&folder).map_err(|error| error.to_string())?.uid();
    let mut script = Command::new("sh");
    script.args(["-c", SCRIPT, "postgres"]).arg(&folder).arg(&programs);
    script.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).current_dir("/");
    script.process_group(0);
    if owner == 0 {
        // PostgreSQL refuses to run as root.
        let (user, group) = somebody_else();
        chown(&folder, Some(user), Some(group)).map_err(|error| error.to_string())?;
        script.uid(user).gid(group);
    }
    let mut running = script.spawn().map_err(|error| format!("sh: {error}"))?;
    let (Some(until), Some(said)) = (running.stdin.take(), running.stdout.take()) else {
        return Err("no pipe".into());
    };
    let mut words = String::new();
    for line in BufReader::new(said).lines().map_while(Result::ok) {
        if line == "ready" {
            let url = socket_url(&folder)?;
            return Ok(Server { url, psql: programs.join("psql"), _until: Some(until) });
        }
        words.push_str(&line);
    }
    Err(format!("the server did not start: {words}"))
}

fn socket_url(folder: &Path) -> Result<Url, String> {
    let mut url: Url = "postgres://guestpass@localhost/postgres".parse().map_err(|_| "no URL")?;
    url.query_pairs_mut().append_pair("host", &folder.to_string_lossy());
    Ok(url)
}

/// The folder of `initdb` and its fellows: links are followed, because the fellows lie beside what they point to.
fn programs() -> Result<PathBuf, String> {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut versions: Vec<_> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|version| Some(version.ok()?.path()))
        .collect();
    let number = |path: &PathBuf| path.file_name().and_then(|name| name.to_str()?.parse::<u32>().ok());
    versions.sort_by_key(|path| std::cmp::Reverse(number(path)));
    env::split_paths(&path)
        .chain(versions.into_iter().map(|version| version.join("bin")))
        .filter_map(|folder| fs::canonicalize(folder.join("initdb")).ok())
        .filter_map(|initdb| initdb.parent().map(Path::to_owned))
        .find(|folder| folder.join("pg_ctl").exists() && folder.join("psql").exists())
        .ok_or_else(|| "initdb, pg_ctl and psql are not installed".into())
}

/// A new folder that nobody else can read, with a path short enough for a socket.
fn folder() -> io::Result<PathBuf> {
    let mut number = 0_u32;
    loop {
        let folder = env::temp_dir().join(format!("guestpass-postgres-{}-{number}", std::process::id()));
        match fs::DirBuilder::new().mode(0o700).create(&folder) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
            made => return made.map(|()| folder),
        }
    }
}

/// User and group to run the server as: `postgres` where there is one, nobody otherwise.
fn somebody_else() -> (u32, u32) {
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let ids = users.lines().find_map(|line| {
        let mut fields = line.strip_prefix("postgres:")?.split(':').skip(1);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    });
    ids.unwrap_or((65_534, 65_534))
}
