//! A configuration that fits the running fakes, with their tokens in files or variables.

use std::path::Path;

use guestpass::{Error, ErrorKind, Result};
use toml::Value;

use super::{EMAIL, FakePlatform, FakeWorld, PERSON, ROLE};

/// The first line, by which a file of ours is known.
const HEADER: &str = "# Written by `guestpass fakes`: fake stores, fake tokens, nothing real.";
const STATE: &str = "guestpass-fakes-state";

impl FakeWorld {
    /// A configuration whose secrets stand in environment variables.
    pub(crate) fn config_with_variables(&self) -> String {
        self.config(&|platform, secret| format!("env:{}", variable(platform, secret)))
    }

    /// What these variables must hold. The tokens of a fake are no secrets.
    pub(crate) fn variables(&self) -> Vec<(String, String)> {
        let of = |platform: &FakePlatform| -> Vec<_> {
            let secrets = platform.secrets.iter();
            secrets.map(|(name, value)| (variable(platform.id, name), value.clone())).collect()
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
            for (name, value) in &platform.secrets {
                write_private(&folder.join(file(platform.id, name)), value)?;
            }
        }
        std::fs::write(path, self.config(&|platform, secret| format!("file:{}", file(platform, secret))))
    }

    /// The configuration; `reference` says where the secret of a platform is.
    fn config(&self, reference: &dyn Fn(&str, &str) -> String) -> String {
        let mut text = format!("{HEADER}\n{}", line("state_dir", STATE));
        for platform in &self.platforms {
            text.push_str(&platform.stores(reference));
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

fn variable(platform: &str, secret: &str) -> String {
    format!("GUESTPASS_FAKE_{platform}_{secret}").to_uppercase()
}

fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(text.as_bytes())
}
