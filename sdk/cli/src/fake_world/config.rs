//! A configuration that fits the running fakes, with their tokens in files or variables.

use std::path::Path;

use guestpass::{Error, ErrorKind, Result};
use toml::Value;

use super::{CREDENTIAL, EMAIL, FakePlatform, FakeWorld, PERSON, ROLE};

/// The first line, by which a file of ours is known.
const HEADER: &str = "# Written by `guestpass fakes`: fake stores, fake tokens, nothing real.";
const STATE: &str = "guestpass-fakes-state";
/// Short enough to wait for.
const DRAIN: &str = "1m";

impl FakeWorld {
    /// A configuration whose secrets stand in environment variables.
    pub(crate) fn config_with_variables(&self) -> String {
        let current =
            |platform: &FakePlatform| line("current", &format!("env:{}", variable(platform.id, CREDENTIAL)));
        self.config(&|platform, secret| format!("env:{}", variable(platform, secret)), &current)
    }

    /// What these variables must hold. The tokens of a fake are no secrets.
    pub(crate) fn variables(&self) -> Vec<(String, String)> {
        let of = |platform: &FakePlatform| -> Vec<_> {
            let named = |(name, value): (String, String)| (variable(platform.id, &name), value);
            let first = (CREDENTIAL.to_owned(), platform.credential.first.clone());
            platform.all_secrets().chain([first]).map(named).collect()
        };
        self.platforms.iter().flat_map(of).collect()
    }

    /// Writes a configuration, and its secrets into files beside it. Budgets of earlier fakes are forgotten, because the
    /// fakes themselves have forgotten them.
    pub(crate) fn write_config(&self, path: &Path) -> Result<()> {
        if std::fs::read_to_string(path).is_ok_and(|text| !text.starts_with(HEADER)) {
            let message = format!("{} was not written by this command", path.display());
            return Err(Error::new(ErrorKind::InvalidRequest, message).with_remedy("name another file"));
        }
        self.write_files(path).map_err(|error| {
            Error::new(ErrorKind::Internal, format!("{} cannot be written: {}", path.display(), error.kind()))
                .with_remedy("name a file that you may write")
                .with_source(error)
        })
    }

    fn write_files(&self, path: &Path) -> std::io::Result<()> {
        let folder = path.parent().unwrap_or(Path::new(""));
        let state = folder.join(STATE);
        std::fs::create_dir_all(folder)?;
        if state.is_dir() {
            std::fs::remove_dir_all(&state)?;
        }
        for platform in &self.platforms {
            for (name, value) in platform.all_secrets() {
                write_private(&folder.join(file(platform.id, &name)), &value)?;
            }
            let place = folder.join(platform.place());
            // What a rotation of earlier fakes left behind.
            for copy in ["next", "old"] {
                let _ = std::fs::remove_file(folder.join(format!("{}.{copy}", platform.place())));
            }
            write_private(&place, &platform.credential.first)?;
        }
        let in_file = |platform: &str, secret: &str| format!("file:{}", file(platform, secret));
        std::fs::write(path, self.config(&in_file, &|_| String::new()))
    }

    /// The configuration; `reference` says where the secret of a platform is, `current` where the credential in use is, if
    /// its file is not there yet.
    fn config(
        &self,
        reference: &dyn Fn(&str, &str) -> String,
        current: &dyn Fn(&FakePlatform) -> String,
    ) -> String {
        let mut text = format!("{HEADER}\n{}", line("state_dir", STATE));
        for platform in &self.platforms {
            text.push_str(&platform.stores(reference));
            text.push_str(&platform.credential(reference, &current(platform)));
        }
        text.push_str(&format!("\n[people.{PERSON}]\n"));
        for (name, value) in [("email", EMAIL), ("first_name", "Kim"), ("last_name", "Support")] {
            text.push_str(&line(name, value));
        }
        let known = |platform: &FakePlatform| Some(line(platform.id, platform.person_account.as_deref()?));
        let accounts: String = self.platforms.iter().filter_map(known).collect();
        if !accounts.is_empty() {
            text.push_str(&format!("\n[people.{PERSON}.accounts]\n{accounts}"));
        }
        text.push_str(&format!("\n[roles.{ROLE}]\nrank = 10\n"));
        for platform in &self.platforms {
            text.push_str(&platform.role());
        }
        text
    }
}

impl FakePlatform {
    fn stores(&self, reference: &dyn Fn(&str, &str) -> String) -> String {
        let title = format!("Merchant Example on {}", self.title);
        let head = |store: &str, access: &str| {
            format!(
                "\n[stores.{store}]\n{}{}{}",
                line("platform", self.id),
                line("label", &title),
                line("access", access)
            )
        };
        let mut text = head(self.store, "credential");
        self.settings.iter().for_each(|(name, value)| text.push_str(&line(name, value)));
        self.secrets.iter().for_each(|(name, _)| text.push_str(&line(name, &reference(self.id, name))));
        text.push_str(&head(self.byhand, "merchant"));
        self.byhand_settings.iter().for_each(|(name, value)| text.push_str(&line(name, value)));
        text
    }

    /// The credential to be rotated, and the file from which its user reads it.
    fn credential(&self, reference: &dyn Fn(&str, &str) -> String, current: &str) -> String {
        let (credential, place) = (&self.credential, self.place());
        let mut text = format!("\n[stores.{}.credentials.{CREDENTIAL}]\n", self.store);
        text.push_str(&line("kind", credential.kind));
        credential.settings.iter().for_each(|(name, value)| text.push_str(&line(name, value)));
        credential.secrets.iter().for_each(|(name, _)| {
            text.push_str(&line(name, &reference(self.id, &of_credential(name))));
        });
        text.push_str(&format!("{}{current}{}", line("sink", &place), line("drain", DRAIN)));
        text.push_str(&format!("\n[sinks.{place}]\n{}", line("path", &place)));
        text
    }

    /// The file that the user of the credential reads, which is the name of its sink, too.
    pub(crate) fn place(&self) -> String {
        file(self.id, CREDENTIAL)
    }

    /// The secrets of the store and of the credential's kind, by name.
    fn all_secrets(&self) -> impl Iterator<Item = (String, String)> {
        let of_store = self.secrets.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
        let of_kind =
            self.credential.secrets.iter().map(|(name, value)| (of_credential(name), value.clone()));
        of_store.chain(of_kind)
    }

    fn role(&self) -> String {
        let mut text = format!("\n[roles.{ROLE}.{}]\n", self.id);
        if let Some(role) = &self.platform_role {
            text.push_str(&line("role", role));
        }
        if !self.permissions.is_empty() {
            let permissions = self.permissions.iter().cloned().map(Value::String).collect();
            text.push_str(&format!("permissions = {}\n", Value::Array(permissions)));
        }
        text
    }
}

fn line(name: &str, value: &str) -> String {
    format!("{name} = {}\n", Value::String(value.to_owned()))
}

fn file(platform: &str, secret: &str) -> String {
    format!("{platform}-{}", secret.replace('_', "-"))
}

/// The name of a secret that belongs to the credential's kind.
fn of_credential(secret: &str) -> String {
    format!("{CREDENTIAL}_{secret}")
}

fn variable(platform: &str, secret: &str) -> String {
    format!("GUESTPASS_FAKE_{platform}_{secret}").to_uppercase()
}

/// Writes a secret of a fake into a file of ours alone.
pub(crate) fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(text.as_bytes())
}
