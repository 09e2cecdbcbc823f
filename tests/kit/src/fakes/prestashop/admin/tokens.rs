//! Access tokens: the shop's own endpoint, that of an authorization server elsewhere, and their check.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use guestpass::Timestamp;
use serde_json::json;
use url::form_urlencoded;

use super::{ApiClient, SCOPES};
use crate::fakes::ground::later;
use crate::fakes::http::{Answer, Incoming};
use crate::fakes::prestashop::passwords::sha1_hex;
use crate::fakes::prestashop::quirks::Quirks;
use crate::fakes::prestashop::state::World;

/// Who may ask for tokens, and the tokens.
#[derive(Debug, Default)]
pub(in super::super) struct Apps {
    pub(in super::super) clients: Vec<ApiClient>,
    pub(in super::super) deleted: Vec<ApiClient>,
    /// Secrets and scopes of the clients of another authorization server, by client id.
    pub(in super::super) elsewhere: BTreeMap<String, (String, Vec<String>)>,
    pub(in super::super) tokens: Vec<Token>,
    pub(super) made: u64,
}

/// A token works until its end, whatever becomes of its client.
#[derive(Debug, Clone)]
pub(in super::super) struct Token {
    pub(in super::super) text: String,
    pub(in super::super) client_id: String,
    scopes: Vec<String>,
    pub(in super::super) until: Timestamp,
    foreign: bool,
}

const DENIED: &str = "The resource owner or authorization server denied the request.";
const UNSUPPORTED: &str = "The authorization grant type is not supported by the authorization server.";
const BAD_REQUEST: &str = "The request is missing a required parameter, includes an invalid parameter value, includes a \
    parameter more than once, or is otherwise malformed.";
const BAD_SCOPE: &str = "The requested scope is invalid, unknown, or malformed";
const CHECK_ALL: &str = "Check that all required parameters have been provided";

/// The shop's token endpoint.
pub(super) fn issue(request: &Incoming, world: &mut World, quirks: &Quirks, now: Timestamp) -> Answer {
    let form = Form::read(request);
    if request.method != "POST" || form.get("grant_type") != Some("client_credentials") {
        return refusal(400, "unsupported_grant_type", UNSUPPORTED, Some(CHECK_ALL.to_owned()));
    }
    let Some((id, secret)) = form.client(request) else {
        return refusal(
            400,
            "invalid_request",
            BAD_REQUEST,
            Some("Check the `client_id` parameter".to_owned()),
        );
    };
    let scopes = match form.scopes() {
        Ok(scopes) => scopes,
        Err(refusal) => return refusal,
    };
    let client = world.apps.clients.iter().find(|client| client.client_id == id && client.issuer.is_none());
    let Some(client) = client.filter(|client| client.secret == secret).cloned() else {
        return refusal(401, "invalid_client", "Client authentication failed", None);
    };
    let installed =
        |scope: &String| SCOPES.iter().any(|(known, since)| known == scope && quirks.api_module >= *since);
    if let Some(scope) = scopes.iter().find(|scope| !installed(scope)) {
        return refusal(400, "invalid_scope", BAD_SCOPE, Some(format!("Check the `{scope}` scope")));
    }
    if let Some(scope) = scopes.iter().find(|scope| !client.scopes.contains(scope)) {
        let hint = format!("Usage of scope `{scope}` is not allowed for this client");
        return refusal(401, "access_denied", DENIED, Some(hint));
    }
    world.apps.give(&client.client_id, scopes, client.lifetime, now, false)
}

/// The token endpoint of an authorization server that the shop trusts.
pub(in super::super) fn elsewhere(request: &Incoming, world: &mut World, now: Timestamp) -> Answer {
    let form = Form::read(request);
    let known = form.client(request).and_then(|(id, secret)| {
        let (right, scopes) = world.apps.elsewhere.get(&id)?;
        (*right == secret).then(|| (id, scopes.clone()))
    });
    let Some((id, granted)) = known else {
        return Answer::json(
            401,
            &json!({"error": "unauthorized_client", "error_description": "Invalid client"}),
        );
    };
    let asked = form.scopes().unwrap_or_default();
    let scopes = if asked.is_empty() {
        granted
    } else {
        granted.into_iter().filter(|scope| asked.contains(scope)).collect()
    };
    world.apps.give(&id, scopes, 300, now, true)
}

impl Apps {
    fn give(
        &mut self,
        client_id: &str,
        scopes: Vec<String>,
        lifetime: u64,
        now: Timestamp,
        foreign: bool,
    ) -> Answer {
        self.made += 1;
        let until = later(now, Duration::from_secs(lifetime));
        let all: Vec<_> =
            std::iter::once("is_authenticated").chain(scopes.iter().map(String::as_str)).collect();
        let claims = json!({
            "aud": client_id, "jti": sha1_hex(&self.made.to_be_bytes()), "iat": now.as_second(),
            "nbf": now.as_second(), "exp": until.as_second(), "sub": "", "scopes": all,
        });
        let part = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&json!({"typ": "JWT", "alg": "RS256"})), part(&claims));
        let text = format!("{signed}.{}", sha1_hex(signed.as_bytes()));
        self.tokens.push(Token {
            text: text.clone(),
            client_id: client_id.to_owned(),
            scopes,
            until,
            foreign,
        });
        let body = json!({"token_type": "Bearer", "expires_in": lifetime, "access_token": text});
        Answer::json(200, &body).with_header("cache-control", "no-store").with_header("pragma", "no-cache")
    }
}

/// What the request's token may do.
pub(super) fn scopes_of(
    request: &Incoming,
    world: &mut World,
    quirks: &Quirks,
    now: Timestamp,
) -> Result<Vec<String>, Answer> {
    let refused = |why: &str| Answer::json(401, &json!(why)).with_header("www-authenticate", "Bearer");
    let header = request.header("authorization").filter(|_| !quirks.strips_authorization);
    let header = header.ok_or_else(|| refused("No Authorization header provided"))?;
    let given = header.strip_prefix("Bearer ").ok_or_else(|| refused("Bearer token missing"))?;
    let token = world.apps.tokens.iter().find(|token| token.text == given && now < token.until).cloned();
    let token = token.ok_or_else(|| refused("No authorization server matching your credentials"))?;
    if token.foreign && !world.apps.clients.iter().any(|client| client.client_id == token.client_id) {
        let client = ApiClient::foreign(world.apps.next_client(), &token.client_id, &token.scopes);
        world.apps.clients.push(client);
    }
    Ok(token.scopes)
}

fn refusal(status: u16, error: &str, description: &str, hint: Option<String>) -> Answer {
    let mut body = json!({"error": error, "error_description": description, "message": description});
    if let (Some(hint), Some(fields)) = (hint, body.as_object_mut()) {
        fields.insert("hint".to_owned(), json!(hint));
    }
    Answer::json(status, &body)
}

/// The fields of a form.
struct Form(Vec<(String, String)>);

impl Form {
    fn read(request: &Incoming) -> Self {
        Self(form_urlencoded::parse(&request.body).into_owned().collect())
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    /// From the form, or from HTTP Basic.
    fn client(&self, request: &Incoming) -> Option<(String, String)> {
        if let Some(id) = self.get("client_id") {
            return Some((id.to_owned(), self.get("client_secret").unwrap_or_default().to_owned()));
        }
        let pair = STANDARD.decode(request.header("authorization")?.strip_prefix("Basic ")?).ok()?;
        let pair = String::from_utf8(pair).ok()?;
        let (id, secret) = pair.split_once(':')?;
        Some((id.to_owned(), secret.to_owned()))
    }

    /// `scope` or `scopes`, as a list or as one text.
    fn scopes(&self) -> Result<Vec<String>, Answer> {
        let named = |name: &str| {
            let list = format!("{name}[]");
            let texts = self.0.iter().filter(|(field, _)| *field == name || *field == list);
            let scopes = texts.flat_map(|(_, text)| text.split([' ', ',']));
            scopes.filter(|scope| !scope.is_empty()).map(str::to_owned).collect::<Vec<_>>()
        };
        let (scope, scopes) = (named("scope"), named("scopes"));
        if !scope.is_empty() && !scopes.is_empty() {
            let hint = "Use either scope or scopes parameter, not both.".to_owned();
            return Err(refusal(400, "invalid_request", BAD_REQUEST, Some(hint)));
        }
        Ok(if scope.is_empty() { scopes } else { scope })
    }
}
