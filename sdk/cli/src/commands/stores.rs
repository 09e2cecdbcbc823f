//! `guestpass stores`

use guestpass::Access;
use serde::Serialize;

use crate::exit::{Exit, Outcome};
use crate::output::{Output, Report, Table};
use crate::session::Session;

#[derive(Serialize)]
struct Stores {
    stores: Vec<Store>,
}

#[derive(Serialize)]
struct Store {
    store: String,
    label: Option<String>,
    platform: String,
    access: Access,
}

impl Report for Stores {
    fn to_text(&self) -> String {
        let mut table = Table::new(["store", "label", "platform", "access"]);
        for store in &self.stores {
            let access = if store.access == Access::Merchant { "merchant" } else { "credential" };
            let label = store.label.clone().unwrap_or_default();
            table.row([store.store.clone(), label, store.platform.clone(), access.into()]);
        }
        table.to_string()
    }
}

/// Shows the configured stores.
pub(crate) fn run(session: &Session, out: &mut Output) -> Outcome {
    let mut stores = Vec::new();
    for name in session.config().store_names() {
        // Connecting sends nothing, and finds the mistakes that only the platform can see.
        session.connect(name)?;
        let entry = session.config().store(name)?;
        stores.push(Store {
            store: name.to_owned(),
            label: entry.settings.label.clone(),
            platform: entry.platform.to_string(),
            access: entry.settings.access,
        });
    }
    out.show(&Stores { stores })?;
    Ok(Exit::Done)
}
