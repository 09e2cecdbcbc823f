//! A fake store, a folder with a configuration, and a way to run the program in it.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;

use guestpass::SystemClock;
use guestpass_testkit::fakes::FakeBigCommerce;
use serde_json::Value;
use tempfile::TempDir;

pub(crate) const ACCOUNT_TOKEN: &str = "marker-account-token-5f1c";
pub(crate) const STORE_TOKEN: &str = "marker-store-token-9a2e";
pub(crate) const ACCOUNT: &str = "0b6e3f0a-52f1-4a3c-9a50-3a7f0c7c9a11";
pub(crate) const STORE: &str = "abc123";
pub(crate) const OWNER: &str = "owner@merchant.example";
pub(crate) const SAM: &str = "sam@vendor.example";

const SCOPES: &[&str] = &[
    "account_read",
    "account_stores_read",
    "account_users_read",
    "account_users_write",
    "account_users_delete",
];

pub(crate) struct Fixture {
    pub(crate) fake: FakeBigCommerce,
    folder: TempDir,
}

/// How a run of the program ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Ran {
    /// The documents on standard output, one on each line.
    pub(crate) fn documents(&self) -> Vec<Value> {
        self.stdout.lines().map(|line| serde_json::from_str(line).expect(line)).collect()
    }

    /// The only document on standard output.
    pub(crate) fn document(&self) -> Value {
        let mut documents = self.documents();
        assert_eq!(documents.len(), 1, "{self:?}");
        let document = documents.remove(0);
        assert_eq!(document["schema"], 1);
        document
    }

    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout: {}\nstderr: {}", self.stdout, self.stderr);
        self
    }
}

impl Fixture {
    /// A fake with one store, and a configuration whose tokens are in files.
    pub(crate) async fn new() -> Self {
        let fake = FakeBigCommerce::start(Arc::new(SystemClock::new())).await;
        fake.add_account(ACCOUNT, "Acme Ltd");
        fake.add_store(ACCOUNT, STORE, "Acme", OWNER);
        fake.add_account_token(ACCOUNT, ACCOUNT_TOKEN, SCOPES);
        fake.add_store_token(STORE, STORE_TOKEN, &["store_v2_information_read_only"]);
        let fixture = Self { fake, folder: tempfile::tempdir().unwrap() };
        fixture.write_private("account-token", &format!("{ACCOUNT_TOKEN}\n"));
        fixture.write_private("store-token", STORE_TOKEN);
        fixture.write("guestpass.toml", &fixture.config());
        fixture
    }

    pub(crate) fn config(&self) -> String {
        format!(
            r#"[stores.acme]
platform = "bigcommerce"
label = "Acme Garden"
store_hash = "{STORE}"
account_uuid = "{ACCOUNT}"
account_token = "file:account-token"
store_token = "file:store-token"
api_url = "{}"

[stores.byhand]
platform = "bigcommerce"
access = "merchant"
store_hash = "def456"

[people.sam]
email = "{SAM}"
first_name = "Sam"
last_name = "Support"

[roles.support]
rank = 10
[roles.support.bigcommerce]
role = "Custom"
permissions = ["Manage_Orders"]

[roles.elsewhere]
"#,
            self.fake.uri()
        )
    }

    /// Adds to the configuration.
    pub(crate) fn add(&self, text: &str) {
        self.write("guestpass.toml", &format!("{}\n{text}", self.config()));
    }

    /// Lets Sam into the store by a grant that lasts long enough. Gives its id.
    pub(crate) fn grant(&self) -> String {
        let words = ["grant", "acme", "sam", "--role", "support", "--for", "2h", "--json"];
        let grant = self.run(&words).expect(3).document();
        grant["grant"]["id"].as_str().unwrap().to_owned()
    }

    /// The grant as the program shows it.
    pub(crate) fn grant_of(&self, id: &str) -> Value {
        self.run(&["grants", id, "--json"]).expect(0).document()["grant"].clone()
    }

    /// The id of the open step for this purpose.
    pub(crate) fn step(&self, store: &str, purpose: &str) -> String {
        let steps = self.run(&["steps", "--store", store, "--json"]).expect(0).documents();
        let step = steps.iter().find(|line| line["step"]["for"] == purpose).expect(purpose);
        step["step"]["id"].as_str().unwrap().to_owned()
    }

    /// Every file below the folder that the program has written: neither tokens nor the configuration.
    pub(crate) fn written(&self) -> Vec<PathBuf> {
        let (mut folders, mut files) = (vec![self.folder().to_owned()], Vec::new());
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if !path.to_string_lossy().ends_with("-token") {
                    files.push(path);
                }
            }
        }
        files
    }

    /// Changes one place of the configuration.
    pub(crate) fn edit(&self, from: &str, to: &str) {
        let config = self.config();
        assert!(config.contains(from), "{from}");
        self.write("guestpass.toml", &config.replacen(from, to, 1));
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    pub(crate) fn write_private(&self, name: &str, text: &str) {
        self.write(name, text);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let private = std::fs::Permissions::from_mode(0o600);
            std::fs::set_permissions(self.path(name), private).unwrap();
        }
    }

    /// The program, in the folder, in an environment of its own.
    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_guestpass"));
        command
            .args(words)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.folder())
            .current_dir(self.folder())
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, words: &[&str]) -> Ran {
        self.command(words).output().unwrap().into()
    }

    /// The program, as if this much time had passed.
    pub(crate) fn run_later(&self, ahead: &str, words: &[&str]) -> Ran {
        self.command(words).env("GUESTPASS_CLOCK_AHEAD", ahead).output().unwrap().into()
    }

    pub(crate) fn spawn(&self, words: &[&str]) -> Child {
        self.command(words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }
}
