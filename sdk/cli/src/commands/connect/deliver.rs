//! Where a new secret goes: the sink that was named, else the file that the store's setting refers to; and if that fails
//! after all, a new file in the state folder.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use guestpass::{AuthorizationInfo, Authorized, Error, Result, SecretSource, SecretString, Sink};

use crate::args::{ConnectArgs, SecretArgs};
use crate::handover::{Delivered, Handover};
use crate::session::Session;

/// A place for a secret.
#[derive(Debug)]
pub(super) struct Destination {
    place: Place,
    /// Ready before anything is asked for, because what was told once is not told again.
    refuge: Option<Handover>,
}

#[derive(Debug)]
enum Place {
    Sink { name: String, sink: Arc<dyn Sink> },
    Setting { name: &'static str, source: Arc<dyn SecretSource> },
}

/// How a delivery went.
#[derive(Debug)]
pub(super) enum Delivery {
    /// It is in its place: as what, and where.
    Done(String),
    /// Its place failed. It is in this file.
    InRefuge { file: PathBuf, error: Error },
    /// Its place failed, and so did the file.
    Lost(Error),
}

impl Destination {
    pub(super) fn of(args: &ConnectArgs, info: &AuthorizationInfo, session: &Session) -> Result<Self> {
        if let Some(name) = &args.sink {
            session.config().check_takes(name, &format!("{}/{}", args.store, info.setting))?;
            let place = Place::Sink { name: name.clone(), sink: session.config().sink(name)? };
            return Ok(Self { place, refuge: None });
        }
        let entry = session.config().store(&args.store)?;
        match entry.settings.secret(info.setting).filter(|source| source.is_replaceable()) {
            Some(source) => Ok(Self { place: Place::Setting { name: info.setting, source }, refuge: None }),
            None => {
                let problem = format!(
                    "is not given, and `{}` of the store refers to nothing that can be written",
                    info.setting
                );
                let remedy = "name a sink, or let the setting refer to file:PATH";
                Err(Error::invalid("--sink", problem, remedy))
            }
        }
    }

    /// Finds out whether a secret could be put there now.
    pub(super) async fn make_ready(&mut self, session: &Session) -> Result<()> {
        if let Place::Sink { sink, .. } = &self.place {
            sink.probe().await?;
        }
        self.refuge = Some(Handover::prepare(&SecretArgs::default(), session.state())?);
        Ok(())
    }

    /// Puts nothing there.
    pub(super) fn give_up(self) {
        if let Some(refuge) = self.refuge {
            let _ = refuge.finish(None);
        }
    }

    /// Puts the secret there, or into the file that was made for this case.
    pub(super) async fn deliver(self, store: &str, authorized: &Authorized) -> Delivery {
        // A platform may give something else than was asked for; what the setting is for must not be overwritten by it.
        let label = format!("{store}/{}", authorized.setting);
        let put = match &self.place {
            Place::Sink { sink, name } => put(sink.as_ref(), &label, authorized)
                .await
                .map(|()| format!("in the sink {name} as {label}")),
            Place::Setting { name, source } if *name == authorized.setting => {
                let secret = SecretString::from(authorized.secret.expose().to_owned());
                source.replace(secret).await.map(|()| format!("where the setting `{name}` refers to"))
            }
            Place::Setting { name, .. } => Err(Error::invalid(
                name,
                format!("is for another secret than the {} that came", authorized.what),
                format!("let `{}` refer to it", authorized.setting),
            )),
        };
        let error = match put {
            Ok(place) => {
                if let Some(refuge) = self.refuge {
                    let _ = refuge.finish(None);
                }
                return Delivery::Done(place);
            }
            Err(error) => error,
        };
        match self.refuge.map(|refuge| refuge.finish(Some(&authorized.secret))) {
            Some(Ok(Some(Delivered::File(file)))) => Delivery::InRefuge { file, error },
            _ => Delivery::Lost(error),
        }
    }
}

/// A sink that keeps credentials keeps the one before it, too; another one takes the secret as it takes passwords.
async fn put(sink: &dyn Sink, label: &str, authorized: &Authorized) -> Result<()> {
    if !sink.abilities().keeps_credentials {
        return sink.put(label, &authorized.secret).await;
    }
    sink.stage(label, &authorized.secret).await?;
    sink.promote(label).await
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Sink { name, .. } => write!(f, "the sink {name}"),
            Place::Setting { name, .. } => write!(f, "where the setting `{name}` refers to"),
        }
    }
}

impl Delivery {
    /// Where the secret is, in words.
    pub(super) fn place(&self) -> Option<&str> {
        match self {
            Self::Done(place) => Some(place),
            Self::InRefuge { .. } | Self::Lost(_) => None,
        }
    }

    /// The file that took it instead.
    pub(super) fn refuge(&self) -> Option<&PathBuf> {
        match self {
            Self::InRefuge { file, .. } => Some(file),
            Self::Done(_) | Self::Lost(_) => None,
        }
    }

    /// For the ledger.
    pub(super) fn outcome(&self) -> &'static str {
        match self {
            Self::Done(_) => "delivered",
            Self::InRefuge { .. } => "handed_over",
            Self::Lost(_) => "lost",
        }
    }

    pub(super) fn into_result(self) -> Result<()> {
        match self {
            Self::Done(_) => Ok(()),
            Self::InRefuge { file, error } => {
                let remedy =
                    format!("the secret is in {}: put it in its place, then delete the file", file.display());
                Err(error.with_remedy(remedy))
            }
            Self::Lost(error) => {
                Err(error
                    .with_remedy("the secret is lost, though it lives: connect again when its place works"))
            }
        }
    }
}
