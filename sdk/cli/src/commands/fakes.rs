//! `guestpass fakes`

use std::collections::BTreeMap;

use serde::Serialize;

use crate::args::FakesArgs;
use crate::exit::{Exit, Outcome};
use crate::fake_world::FakeWorld;
use crate::interrupt;
use crate::output::{Output, Report};

#[derive(Serialize)]
struct Serving {
    fakes: Vec<Fake>,
    /// Where the configuration was written, if it was.
    config_path: Option<String>,
    /// A configuration that fits, if none was written.
    config: Option<String>,
    /// What the configuration's variables must hold. The tokens of a fake are no secrets.
    environment: BTreeMap<&'static str, String>,
}

#[derive(Serialize)]
struct Fake {
    platform: &'static str,
    url: String,
    control: String,
    store_hash: String,
}

/// What a test can do to the fake, as its documentation explains it.
const CONTROLS: [(&str, &str); 11] = [
    ("POST accept", r#"{"store", "email"}: the person signs in"#),
    ("POST grant-permissions", r#"{"store", "email", "permissions"}: the merchant sets the role"#),
    ("POST add-user", r#"{"store", "email"}: the merchant adds somebody"#),
    ("POST remove-user", r#"{"store", "email"}: the merchant removes somebody"#),
    ("POST make-owner", r#"{"store", "email"}: the store changes hands"#),
    ("POST revoke-token", r#"{"token"}"#),
    ("POST forward", r#"{"seconds"}: moves the fake's time on"#),
    ("POST fault", r#"{"on", "fault", "times"}: breaks the next matching requests"#),
    ("POST reset", r#"{"seed": true}: starts over"#),
    ("GET  users?store=HASH", "who is really inside"),
    ("GET  requests", "what was asked of the fake"),
];

impl Report for Serving {
    fn to_text(&self) -> String {
        let mut text = String::new();
        for fake in &self.fakes {
            text.push_str(&format!(
                "{} (fake) at {}\n\nControls below {}:\n",
                fake.platform, fake.url, fake.control
            ));
            for (call, meaning) in CONTROLS {
                text.push_str(&format!("  {call:<24} {meaning}\n"));
            }
        }
        if let Some(path) = &self.config_path {
            text.push_str(&format!("\nThe configuration is {path}. Try: guestpass --config {path} check\n"));
        }
        if let Some(config) = &self.config {
            text.push_str("\nA configuration that fits (--write-config PATH writes it):\n\n");
            text.push_str(config);
            text.push('\n');
            for (name, value) in &self.environment {
                text.push_str(&format!("export {name}={value}\n"));
            }
        }
        text.push_str("\nServing until Ctrl-C\n");
        text
    }
}

/// Serves the fakes until somebody stops it.
pub(crate) async fn run(args: &FakesArgs, out: &mut Output) -> Outcome {
    let world = FakeWorld::start(args.port).await?;
    if let Some(path) = &args.write_config {
        world.write_config(path)?;
    }
    let url = world.bigcommerce.uri();
    let written = args.write_config.as_ref().map(|path| path.display().to_string());
    let variables = if written.is_none() { world.variables().to_vec() } else { Vec::new() };
    out.show(&Serving {
        fakes: vec![Fake {
            platform: "bigcommerce",
            control: format!("{url}/_control/"),
            url,
            store_hash: world.seed.store_hash.clone(),
        }],
        config: written.is_none().then(|| world.config_with_variables()),
        config_path: written,
        environment: variables.into_iter().map(|(name, value)| (name, value.to_owned())).collect(),
    })?;
    interrupt::stop_requested().await;
    Ok(Exit::Done)
}
