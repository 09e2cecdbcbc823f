//! API clients: `/api-clients`, from ps_apiresources 0.1 on.
//! <https://devdocs.prestashop-project.org/9/admin-api/resource_server/api-resources/>

use std::fmt;

use guestpass::http::{Failure, Method, Safety};
use guestpass::{CallContext, ErrorKind, Result, SecretString};
use serde::Deserialize;
use serde_json::json;

use super::{AdminApi, Row, read, signed};
use crate::scope::AdminScope;

const ALL: &str = "/admin-api/api-clients";
const ONE: &str = "/admin-api/api-clients/{id}";

/// A client, as the shop tells it: never its secret.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ApiClient {
    #[serde(rename = "apiClientId")]
    pub(crate) id: u64,
    pub(crate) client_id: String,
    /// Who issues its tokens, where that is not the shop.
    #[serde(default)]
    pub(crate) external_issuer: Option<String>,
    /// How long its tokens live, in seconds.
    #[serde(default)]
    pub(crate) lifetime: Option<u64>,
    /// What it may do; a listing leaves it out.
    #[serde(default)]
    pub(crate) scopes: Vec<String>,
}

impl Row for ApiClient {
    fn id(&self) -> u64 {
        self.id
    }
}

/// What a new client is to be.
#[derive(Debug)]
pub(crate) struct NewClient<'a> {
    /// Its client id, and its name: each is unique.
    pub(crate) name: &'a str,
    pub(crate) scopes: &'a [String],
    /// How long its tokens live, in seconds.
    pub(crate) lifetime: u64,
}

/// A client that was just made. Its secret is told now and never again.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MadeClient {
    #[serde(rename = "apiClientId")]
    pub(crate) id: u64,
    #[serde(deserialize_with = "super::secret")]
    pub(crate) secret: SecretString,
}

impl fmt::Debug for MadeClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MadeClient").field("id", &self.id).finish_non_exhaustive()
    }
}

impl AdminApi {
    /// The client with exactly this client id. The shop's filter takes what merely contains it, too.
    pub(crate) async fn client_called(&self, client_id: &str, cx: &CallContext) -> Result<Option<ApiClient>> {
        let request = || {
            self.request("clients/list", Method::GET, ALL, ["admin-api", "api-clients"], Safety::Read)
                .with_query("filters[clientId]", client_id)
        };
        let clients: Vec<ApiClient> = self.all(request, AdminScope::ReadClients, cx).await?;
        Ok(clients.into_iter().find(|client| client.client_id == client_id))
    }

    /// One client, with its scopes.
    pub(crate) async fn client(&self, id: u64, cx: &CallContext) -> Result<ApiClient> {
        let id = id.to_string();
        let path = ["admin-api", "api-clients", &id];
        let request = self.request("clients/get", Method::GET, ONE, path, Safety::Read);
        self.send(request, AdminScope::ReadClients, cx, |response| {
            let client: ApiClient = read(response, "a client")?;
            let same = client.id.to_string() == id;
            same.then_some(client).ok_or_else(|| Failure::undecodable("it is about another client"))
        })
        .await
    }

    /// Whether the Admin API takes this token, whatever it may do.
    pub(crate) async fn accepts(&self, token: &SecretString, id: u64, cx: &CallContext) -> Result<()> {
        let id = id.to_string();
        let path = ["admin-api", "api-clients", &id];
        let request = self.request("clients/get", Method::GET, ONE, path, Safety::Read);
        match self.http.send(&signed(request, token)?, cx, |_| Ok(())).await {
            Err(error) if error.kind() == ErrorKind::PermissionDenied => Ok(()),
            answer => answer,
        }
    }

    /// Makes a client. The shop lets a client with this scope give any scope that is installed.
    pub(crate) async fn create_client(&self, new: &NewClient<'_>, cx: &CallContext) -> Result<MadeClient> {
        let body = json!({
            "clientId": new.name, "clientName": new.name, "description": "made by guestpass in a rotation",
            "enabled": true, "lifetime": new.lifetime, "scopes": new.scopes,
        });
        let request = self
            .request("clients/create", Method::POST, ALL, ["admin-api", "api-clients"], Safety::Write)
            .with_json(&body)?;
        self.send(request, AdminScope::WriteClients, cx, |response| read(response, "a new client")).await
    }

    /// Deletes a client. The tokens that it has live on until their end.
    pub(crate) async fn delete_client(&self, id: u64, cx: &CallContext) -> Result<()> {
        let id = id.to_string();
        let path = ["admin-api", "api-clients", &id];
        let request = self.request("clients/delete", Method::DELETE, ONE, path, Safety::Idempotent);
        self.send(request, AdminScope::WriteClients, cx, |_| Ok(())).await
    }
}
