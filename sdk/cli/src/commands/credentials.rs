//! `guestpass credentials`

use std::sync::Arc;

use guestpass::grants::Directory;
use guestpass::rotation::CredentialStatus;
use guestpass::{ProviderFactory, Registry, Result, StoreHandle};
use serde::Serialize;

use crate::args::CredentialsArgs;
use crate::exit::{Exit, Outcome};
use crate::output::{CredentialView, KindView, Output, Report, SinkView, Table, kinds_table};
use crate::session::Session;

#[derive(Serialize)]
struct Credentials {
    credentials: Vec<CredentialView>,
}

impl Report for Credentials {
    fn to_text(&self) -> String {
        if self.credentials.is_empty() {
            return "no credential is configured; `guestpass credentials --kinds` shows what could be\n"
                .to_owned();
        }
        let mut table = Table::new(CredentialView::HEADING);
        for credential in &self.credentials {
            table.row(credential.row());
        }
        let due = self.credentials.iter().filter(|credential| credential.is_due).count();
        format!("{table}{} credential(s), {due} due\n", self.credentials.len())
    }
}

#[derive(Serialize)]
struct Kinds {
    platforms: Vec<PlatformKinds>,
}

#[derive(Serialize)]
struct PlatformKinds {
    platform: String,
    /// The store for which it holds; without one it is the platform at its best.
    store: Option<String>,
    #[serde(skip)]
    title: String,
    kinds: Vec<KindView>,
}

impl Report for Kinds {
    fn to_text(&self) -> String {
        let mut text = String::new();
        for platform in &self.platforms {
            text.push_str(&format!("{}\n\n", platform.title));
            if platform.kinds.is_empty() {
                text.push_str("nothing can be rotated here\n\n");
            }
            for kind in &platform.kinds {
                text.push_str(&format!("{}\n", kind.to_text()));
            }
        }
        text
    }
}

/// Whether no configuration is needed.
pub(crate) fn is_about_platforms(args: &CredentialsArgs) -> bool {
    args.platform.is_some() || (args.kinds && args.store.is_none())
}

/// Shows the kinds of one platform, or of all, at their best.
pub(crate) fn of_platforms(args: &CredentialsArgs, registry: &Registry, out: &mut Output) -> Outcome {
    let wanted = args.platform.as_deref();
    if let (true, Some(id)) = (args.markdown, wanted) {
        out.text(kinds_table(&registry.factory(id)?.credential_kinds()).trim_end())?;
        return Ok(Exit::Done);
    }
    let of = |factory: &Arc<dyn ProviderFactory>| PlatformKinds {
        platform: factory.id().to_string(),
        store: None,
        title: format!("{}, at its best", factory.title()),
        kinds: factory.credential_kinds().iter().map(KindView::from).collect(),
    };
    let platforms = match wanted {
        Some(id) => vec![of(registry.factory(id)?)],
        None => registry.factories().map(of).collect(),
    };
    out.show(&Kinds { platforms })?;
    Ok(Exit::Done)
}

/// Shows the credentials of one store, or of all.
pub(crate) async fn run(args: &CredentialsArgs, session: &Session, out: &mut Output) -> Outcome {
    if let Some(store) = args.store.as_deref().filter(|_| args.kinds) {
        return of_store(store, session, out);
    }
    let names: Vec<String> = match &args.store {
        Some(store) => {
            session.config().store(store)?;
            vec![store.clone()]
        }
        None => session.config().store_names().map(ToOwned::to_owned).collect(),
    };
    let driver = session.planning_driver().await?;
    let mut credentials = Vec::new();
    for name in &names {
        let statuses = driver.credentials(&StoreHandle::new(name.as_str())?).await?;
        for status in &statuses {
            credentials.push(view(name, status, session)?);
        }
    }
    out.show(&Credentials { credentials })?;
    Ok(Exit::Done)
}

fn of_store(name: &str, session: &Session, out: &mut Output) -> Outcome {
    let provider = session.connect(name)?;
    let platform = provider.connection().provider().to_string();
    let kinds = provider.credentials().map(|rotator| rotator.kinds()).unwrap_or_default();
    let kinds = kinds.iter().map(KindView::from).collect();
    let title = format!("{} ({platform})", provider.connection().label());
    out.show(&Kinds {
        platforms: vec![PlatformKinds { platform, store: Some(name.to_owned()), title, kinds }],
    })?;
    Ok(Exit::Done)
}

/// A credential of a configured store.
pub(super) fn view(store: &str, status: &CredentialStatus, session: &Session) -> Result<CredentialView> {
    let platform = session.config().store(store)?.platform.to_string();
    Ok(CredentialView::new(store, &platform, status, sinks(&status.sinks, session), session.clock().now()))
}

/// These sinks, and whether they can give a secret back.
pub(super) fn sinks(names: &[String], session: &Session) -> Vec<SinkView> {
    let reads_back = |name: &str| session.directory().sink(name).is_some_and(|it| it.abilities().reads_back);
    names.iter().map(|name| SinkView { name: name.clone(), reads_back: reads_back(name) }).collect()
}
