//! Clients of the Admin API: an id, and a secret that goes with it.

use std::fmt;
use std::sync::Arc;

use guestpass::http::BaseUrl;
use guestpass::{
    Error, ErrorKind, ExposeSecret, FixedSecret, OneTimeSecret, Result, SecretSource, SecretString,
    StoreSettings,
};
use serde::{Deserialize, Serialize};

/// PrestaShop's own limit for a client id. A secret of PrestaShop's has 32 characters; this leaves room.
const LONGEST_PART: usize = 255;
/// Two parts, and what is written around them.
const LONGEST_PAIR: usize = 1024;
const PAIR_FORM: &str = "write it as {\"client_id\":\"…\",\"client_secret\":\"…\"}";

/// A client of the Admin API, and where it gets its tokens.
#[derive(Debug, Clone)]
pub(crate) struct AdminClient {
    pub(crate) identity: Identity,
    /// The token endpoint, where it is not the shop's own.
    pub(crate) token_url: Option<BaseUrl>,
}

/// Where a client's id and secret come from.
#[derive(Debug, Clone)]
pub(crate) enum Identity {
    /// The id stands in the settings.
    Apart { id: String, secret: Arc<dyn SecretSource> },
    /// Both come together, as a rotation writes them: another client has another id too.
    Together(Arc<dyn SecretSource>),
}

impl Identity {
    fn source(&self) -> &Arc<dyn SecretSource> {
        match self {
            Self::Apart { secret, .. } => secret,
            Self::Together(both) => both,
        }
    }

    /// The client to use now, and the value of its source.
    pub(crate) async fn current(&self) -> Result<(ClientPair, SecretString)> {
        let value = self.source().current().await?;
        let pair = match self {
            Self::Apart { id, .. } => ClientPair { id: id.clone(), secret: value.clone() },
            Self::Together(_) => ClientPair::parse(value.expose_secret())
                .ok_or_else(|| Error::config("admin_client", "holds no client id and secret", PAIR_FORM))?,
        };
        Ok((pair, value))
    }

    /// Tells that this value was refused. Gives whether there is another one now.
    pub(crate) async fn refused(&self, value: &SecretString) -> Result<bool> {
        self.source().refused(value).await
    }
}

impl AdminClient {
    pub(crate) fn read(settings: &StoreSettings) -> Result<Option<Self>> {
        let token_url = settings
            .text("admin_token_url")
            .map(|url| BaseUrl::parse("admin_token_url", url, |_| true))
            .transpose()?;
        let apart = (settings.text("admin_client_id"), settings.secret("admin_client_secret"));
        let identity = match (settings.secret("admin_client"), apart) {
            (Some(both), (None, None)) => Identity::Together(both),
            (Some(_), _) => {
                return Err(Error::config(
                    "admin_client",
                    "stands beside `admin_client_id` or `admin_client_secret`",
                    "give the one or the two",
                ));
            }
            (None, (Some(id), Some(secret))) => {
                if !is_part(id) {
                    let remedy = "copy it from Advanced Parameters > Admin API";
                    return Err(Error::config("admin_client_id", "is no client id", remedy));
                }
                Identity::Apart { id: id.to_owned(), secret }
            }
            (None, (None, None)) if token_url.is_some() => {
                return Err(missing("admin_client_id", "admin_token_url"));
            }
            (None, (None, None)) => return Ok(None),
            (None, (Some(_), None)) => return Err(missing("admin_client_secret", "admin_client_id")),
            (None, (None, Some(_))) => return Err(missing("admin_client_id", "admin_client_secret")),
        };
        Ok(Some(Self { identity, token_url }))
    }

    /// A client of the shop's own, known by what a rotation keeps of it.
    pub(crate) fn of_shop(pair: &ClientPair) -> Self {
        let secret = Arc::new(FixedSecret::new(pair.secret.clone()));
        Self { identity: Identity::Apart { id: pair.id.clone(), secret }, token_url: None }
    }
}

fn missing(field: &str, because_of: &str) -> Error {
    Error::config(field, "is missing", format!("`{because_of}` needs it beside it"))
}

fn is_part(text: &str) -> bool {
    !text.is_empty() && text.len() <= LONGEST_PART && text.chars().all(|c| c.is_ascii_graphic())
}

/// The id and the secret of a client, which change together.
#[derive(Clone)]
pub(crate) struct ClientPair {
    pub(crate) id: String,
    pub(crate) secret: SecretString,
}

impl fmt::Debug for ClientPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientPair").field("id", &self.id).finish_non_exhaustive()
    }
}

/// A pair as a sink keeps it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    client_id: String,
    client_secret: String,
}

impl ClientPair {
    /// Reads what [`written`](Self::written) wrote. The reader's own words could quote the secret, so there are none.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.len() > LONGEST_PAIR {
            return None;
        }
        let Written { client_id, client_secret } = serde_json::from_str(text).ok()?;
        let secret = SecretString::from(client_secret);
        (is_part(&client_id) && is_part(secret.expose_secret())).then_some(Self { id: client_id, secret })
    }

    /// The pair that a credential of this kind is.
    pub(crate) fn of(secret: &OneTimeSecret) -> Result<Self> {
        Self::parse(secret.expose()).ok_or_else(|| {
            Error::new(ErrorKind::InvalidRequest, "the secret is no client of the Admin API")
                .with_remedy(PAIR_FORM)
        })
    }

    /// The pair as a sink keeps it: one line of JSON.
    pub(crate) fn written(&self) -> Result<OneTimeSecret> {
        let written =
            Written { client_id: self.id.clone(), client_secret: self.secret.expose_secret().to_owned() };
        let text = serde_json::to_string(&written).map_err(|_| {
            Error::new(ErrorKind::Internal, "the id and secret of a client cannot be written down")
        })?;
        Ok(OneTimeSecret::new(SecretString::from(text)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_is_read_as_it_was_written_and_in_no_other_form() {
        let pair = ClientPair { id: "guestpass-1".to_owned(), secret: "hush".to_owned().into() };
        let written = pair.written().unwrap();
        assert_eq!(written.expose(), r#"{"client_id":"guestpass-1","client_secret":"hush"}"#);
        let read = ClientPair::parse(&format!(" {}\n", written.expose())).unwrap();
        assert_eq!((read.id.as_str(), read.secret.expose_secret()), ("guestpass-1", "hush"));
        assert!(!format!("{read:?}").contains("hush"));
        let long = "x".repeat(LONGEST_PART + 1);
        for wrong in [
            "hush".to_owned(),
            r#"{"client_id":"a"}"#.to_owned(),
            r#"{"client_id":"a","client_secret":"hush","more":1}"#.to_owned(),
            r#"{"client_id":"a","client_id":"b","client_secret":"hush"}"#.to_owned(),
            r#"{"client_id":"","client_secret":"hush"}"#.to_owned(),
            r#"{"client_id":"a b","client_secret":"hush"}"#.to_owned(),
            r#"{"client_id":"a","client_secret":"hu\nsh"}"#.to_owned(),
            format!(r#"{{"client_id":"{long}","client_secret":"hush"}}"#),
            format!("{}{}", " ".repeat(4000), r#"["hush"]"#),
        ] {
            assert!(ClientPair::parse(&wrong).is_none(), "{wrong}");
            let error = ClientPair::of(&OneTimeSecret::new(wrong.into())).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("hush"), "{error}");
        }
    }
}
