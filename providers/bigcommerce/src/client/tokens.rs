//! Tokens for the API for shoppers: three calls that make one, one that ends one. Nothing lists them.
//!
//! <https://docs.bigcommerce.com/developer/api-reference/rest/storefront/tokens>

use guestpass::http::{ApiRequest, Failure, HeaderName, HeaderValue, Method, Safety};
use guestpass::{CallContext, Error, ErrorKind, OneTimeSecret, Result};
use serde::Serialize;

use super::StoreApi;
use crate::dialect::rest;
use crate::wire::StorefrontTokenAnswer;

const REVOKED_TOKEN: HeaderName = HeaderName::from_static("sf-api-token");
/// Longer ones are no tokens.
const LONGEST_TOKEN: usize = 8 * 1024;

/// Which call makes a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenCall {
    Storefront,
    Private,
    Impersonation,
}

/// An order for a token. The platform wants exactly one of the channel fields, and the end in whole seconds.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct NewStorefrontToken {
    pub(crate) expires_at: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) channel_id: Option<u64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) channel_ids: Vec<u64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) allowed_cors_origins: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) scopes: Vec<String>,
}

impl StoreApi {
    /// Makes a token. Another call makes another one.
    pub(crate) async fn create_storefront_token(
        &self,
        call: TokenCall,
        order: &NewStorefrontToken,
        cx: &CallContext,
    ) -> Result<OneTimeSecret> {
        let (operation, template, last) = match call {
            TokenCall::Storefront => {
                ("createToken", "/stores/{store_hash}/v3/storefront/api-token", "api-token")
            }
            TokenCall::Private => (
                "createPrivateToken",
                "/stores/{store_hash}/v3/storefront/api-token-private",
                "api-token-private",
            ),
            TokenCall::Impersonation => (
                "createTokenWithCustomerImpersonation",
                "/stores/{store_hash}/v3/storefront/api-token-customer-impersonation",
                "api-token-customer-impersonation",
            ),
        };
        let path = ["stores", &self.hash, "v3", "storefront", last];
        let request =
            ApiRequest::new(operation, Method::POST, template, path, Safety::Write).with_json(order)?;
        self.http
            .send(&request, cx, |response| {
                let answer: StorefrontTokenAnswer = rest(response)?;
                let token = answer.token().filter(is_token);
                token.ok_or_else(|| Failure::undecodable("it holds no token"))
            })
            .await
    }

    /// Asks for a token's end, which comes some time later.
    pub(crate) async fn revoke_storefront_token(
        &self,
        token: &OneTimeSecret,
        cx: &CallContext,
    ) -> Result<()> {
        let mut value = HeaderValue::from_str(token.expose()).map_err(|_| {
            Error::new(ErrorKind::InvalidRequest, "the secret to revoke is no token: it cannot be sent")
                .with_remedy("look whether the sink holds the token alone")
        })?;
        value.set_sensitive(true);
        let request = ApiRequest::new(
            "revokeToken",
            Method::DELETE,
            "/stores/{store_hash}/v3/storefront/api-token",
            ["stores", &self.hash, "v3", "storefront", "api-token"],
            Safety::Write,
        )
        .with_header(REVOKED_TOKEN, value);
        self.http.send(&request, cx, |_| Ok(())).await
    }
}

/// Something that can be sent as a token at all.
fn is_token(token: &OneTimeSecret) -> bool {
    let text = token.expose();
    !text.is_empty() && text.len() <= LONGEST_TOKEN && text.bytes().all(|byte| byte.is_ascii_graphic())
}
