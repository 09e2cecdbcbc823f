//! `guestpass init`

use std::fs::OpenOptions;
use std::io::{ErrorKind as IoErrorKind, Write};

use guestpass::{ConfigField, Error, ErrorKind, ProviderFactory, Registry, Required};
use serde::Serialize;

use crate::args::InitArgs;
use crate::exit::{Exit, Outcome};
use crate::output::{Output, Report};

const STORE: &str = "mystore";
const WIDTH: usize = 100;

#[derive(Serialize)]
struct Written {
    path: String,
    platform: String,
}

impl Report for Written {
    fn to_text(&self) -> String {
        format!("{0} is written; fill it in, then run: guestpass --config {0} check", self.path)
    }
}

/// Writes a configuration to fill in, for one platform.
pub(crate) fn run(args: &InitArgs, registry: &Registry, out: &mut Output) -> Outcome {
    let factory = match &args.platform {
        Some(id) => registry.factory(id)?,
        None => registry
            .factories()
            .next()
            .ok_or_else(|| Error::new(ErrorKind::Config, "this program was built without any platform"))?,
    };
    let path = args.path.display().to_string();
    let opened = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .create_new(!args.force)
        .open(&args.path)
        .and_then(|mut file| file.write_all(template(factory.as_ref()).as_bytes()));
    opened.map_err(|error| match error.kind() {
        IoErrorKind::AlreadyExists => {
            Error::new(ErrorKind::InvalidRequest, format!("{path} is there already"))
                .with_remedy("name another file with --path, or replace it with --force")
        }
        kind => Error::new(ErrorKind::Internal, format!("{path} cannot be written: {kind}"))
            .with_remedy("name a file that you may write with --path"),
    })?;
    out.show(&Written { path, platform: factory.id().to_string() })?;
    Ok(Exit::Done)
}

/// A configuration with one store, built from what the platform says it needs.
fn template(factory: &dyn ProviderFactory) -> String {
    let platform = factory.id();
    let key = key(platform.as_str());
    let mut text = format!(
        "\
# guestpass: stores, people and roles.
#
# Secrets never stand in this file, only references to them:
#   \"env:NAME\"            an environment variable
#   \"file:PATH\"           a file, relative to this one; readable for you alone (chmod 600)
#   \"cmd:PROGRAM args\"    what a program prints, for example a password manager

# Where rate budgets are shared between processes.
# state_dir = \"guestpass-state\"

[stores.{STORE}]
platform = \"{platform}\"
# The store's name for people, for example in messages to the merchant.
# label = \"My Store\"
# Who holds the key: \"credential\" if guestpass has a token and works by itself; \"merchant\" if only the merchant has one,
# and guestpass says what they must do.
access = \"credential\"
"
    );
    for field in factory.fields() {
        text.push_str(&setting(field));
    }
    text.push_str(&format!(
        "
[people.sam]
email = \"sam@vendor.example\"
# Further addresses under which a store may know them.
# other_emails = []
first_name = \"Sam\"
last_name = \"Support\"
# Whether the address is a team's mailbox.
shared = false
# Their account, where it is the same on every store of a platform.
# accounts = {{ {key} = \"…\" }}

# A role of ours: its rank among our roles, rules for its grants, and what it means on each platform.
[roles.support]
rank = 10
# longest = \"8h\"
# needs_approval = true

[roles.support.{key}]
# The platform's own role; `guestpass roles {STORE}` shows them.
# role = \"…\"
# Permissions to tick, as the platform writes them.
permissions = []
# Whether it may hold an owner's rights.
allow_privileged = false

# Rules for every grant. They may stand with a role or a store as well; of several the strictest counts.
[policy]
# How long a grant may last: 90m, 8h, 7d, 2w.
# longest = \"7d\"
# How often somebody should look whether it is still right.
# review_every = \"2w\"
# How long an invitation or a step that lets somebody in may stay unanswered.
# patience = \"3d\"
# What a grant needs before it begins.
# needs_approval = false
# needs_reason = false
# needs_ticket = false
# needs_requester = false

# How reviews and sweeps look at who is inside.
[review]
# Who has not signed in for this long is dormant, where the platform tells.
# dormant_after = \"90d\"
# How often `guestpass sweep` looks what has changed at a store without us; never switches it off.
# drift_every = \"24h\"

# Where grants are remembered: a file of SQLite, unless told ledger.sqlite in the state folder, or PostgreSQL for
# several hosts. A URL with a password is a secret: refer to it.
[ledger]
# path = \"guestpass-ledger.sqlite\"
# url = \"env:GUESTPASS_LEDGER\"

# Where one-time secrets go (`grant --deliver-to vault`): each as a file into a folder, or to the standard input of a
# program, which finds GUESTPASS_ACTION=put, GUESTPASS_STORE, GUESTPASS_PERSON and GUESTPASS_KIND in its environment.
# [sinks.vault]
# file = \"secrets\"
# command = \"PROGRAM args\"

# Credentials to be rotated (`guestpass rotate {STORE} web`).
# `guestpass credentials --platform {platform}` shows the kinds.
# The sink of each is where its users read it: `path` is a file for one credential.
# [sinks.web]
# path = \"web-token\"
# [stores.{STORE}.credentials.web]
# kind = \"…\"
# sinks = [\"web\"]
# How long its users need to take a new one.
# drain = \"1h\"
# When the one in use was made, how old it may get, and whether `guestpass sweep` rotates it then or only says so.
# made = 2026-01-31
# rotate_every = \"30d\"
# automatic = true
"
    ));
    text
}

fn setting(field: &ConfigField) -> String {
    let needed = match field.required {
        Required::Always => "Required",
        Required::WithCredential => "Required with access = \"credential\"",
        _ => "Optional",
    };
    let mut text = comment(&format!("{needed}: {}.", field.help));
    let value = if field.secret {
        format!("env:{}", format!("{STORE}_{}", field.name).to_uppercase())
    } else {
        String::new()
    };
    let hidden = if needed == "Optional" { "# " } else { "" };
    text.push_str(&format!("{hidden}{} = \"{value}\"\n", field.name));
    text
}

/// A platform's id as a key of TOML: somebody else's, `reverse.dns/name`, is no bare one.
fn key(platform: &str) -> String {
    let bare = platform.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    if bare { platform.to_owned() } else { toml::Value::from(platform).to_string() }
}

/// Lines of a comment, broken between words.
fn comment(text: &str) -> String {
    let mut lines = vec![String::from("#")];
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + word.chars().count() < WIDTH => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(format!("# {word}")),
        }
    }
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::registry;

    #[test]
    fn somebody_elses_platform_is_a_quoted_key() {
        let table: toml::Table = format!("[roles.support.{}]", key("org.example/shop")).parse().unwrap();
        assert!(table["roles"]["support"].as_table().unwrap().contains_key("org.example/shop"));
        assert_eq!(key("bigcommerce"), "bigcommerce");
    }

    #[test]
    fn a_template_names_every_setting_and_is_sound_toml() {
        for factory in registry().factories() {
            let text = template(factory.as_ref());
            let table: toml::Table = text.parse().unwrap();
            assert!(
                ["stores", "roles", "policy", "review", "ledger"].iter().all(|key| table.contains_key(*key))
            );
            for field in factory.fields() {
                assert!(text.contains(&format!("{} = ", field.name)), "{text}");
            }
            assert!(text.lines().all(|line| line.chars().count() <= 120), "{text}");
        }
    }
}
