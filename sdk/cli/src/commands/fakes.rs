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
    environment: BTreeMap<String, String>,
}

#[derive(Serialize)]
struct Fake {
    platform: &'static str,
    url: String,
    control: String,
    /// What the fake calls its first store.
    store_id: String,
    #[serde(skip)]
    controls: &'static [(&'static str, &'static str)],
}

impl Report for Serving {
    fn to_text(&self) -> String {
        let mut text = String::new();
        for fake in &self.fakes {
            text.push_str(&format!(
                "{} (fake) at {}\n\nControls below {}:\n",
                fake.platform, fake.url, fake.control
            ));
            for (call, meaning) in fake.controls {
                text.push_str(&format!("  {call:<24} {meaning}\n"));
            }
            text.push('\n');
        }
        if let Some(path) = &self.config_path {
            text.push_str(&format!("The configuration is {path}. Try: guestpass --config {path} check\n"));
        }
        if let Some(config) = &self.config {
            text.push_str("A configuration that fits (--write-config PATH writes it):\n\n");
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
    let written = args.write_config.as_ref().map(|path| path.display().to_string());
    let fakes = world.platforms.iter().map(|platform| Fake {
        platform: platform.id,
        url: platform.url.clone(),
        control: format!("{}/_control/", platform.url),
        store_id: platform.store_id.clone(),
        controls: platform.controls,
    });
    out.show(&Serving {
        fakes: fakes.collect(),
        config: written.is_none().then(|| world.config_with_variables()),
        environment: if written.is_none() {
            world.variables().into_iter().collect()
        } else {
            BTreeMap::new()
        },
        config_path: written,
    })?;
    interrupt::stop_requested().await;
    Ok(Exit::Done)
}
