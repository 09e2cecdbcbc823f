//! Access tokens: minting them, and what they are for.

use std::collections::BTreeMap;

use serde_json::json;
use url::form_urlencoded;

use super::bodies;
use super::credentials::MintError;
use super::guard::{self, Call};
use super::permissions::Permission;
use super::state::World;
use crate::fakes::http::{Answer, Incoming};

/// Mints a token for client credentials, the only grant here.
pub(super) fn mint(call: Call<'_>, world: &mut World) -> Answer {
    let fields = fields(call.request);
    let field = |name: &str| fields.get(name).map(String::as_str);
    if field("grant_type") != Some("client_credentials") {
        return Answer::json(400, &json!({"error": "unsupported_grant_type"}));
    }
    let client = field("client_id").unwrap_or_default();
    let secret = field("client_secret").unwrap_or_default();
    let instance = field("instance_id");
    let minted = world.credentials.mint(client, secret, instance, call.quirks.token_lifetime, call.now);
    match minted {
        Ok(token) => {
            let lifetime = call.quirks.expires_in_shown.then(|| json!(call.quirks.token_lifetime.as_secs()));
            let body = json!({"access_token": token, "token_type": "Bearer"});
            Answer::json(200, &bodies::with(body, "expires_in", lifetime))
        }
        Err(MintError::InvalidClient) => Answer::json(
            call.quirks.invalid_client_status,
            &json!({"error": call.quirks.invalid_client_code}),
        ),
        Err(MintError::InvalidGrant) => {
            Answer::json(400, &json!({"error": "invalid_grant", "error_description": "No such instance."}))
        }
    }
}

/// The parameters, as JSON or as a form.
fn fields(request: &Incoming) -> BTreeMap<String, String> {
    request.json().unwrap_or_else(|_| form_urlencoded::parse(&request.body).into_owned().collect())
}

/// What a token is for. Anybody may ask.
pub(super) fn info(call: Call<'_>, world: &World) -> Answer {
    let fields = fields(call.request);
    let Some(token) = fields.get("token") else {
        return bodies::invalid("token", "must not be empty", "REQUIRED_FIELD");
    };
    let Some((token, app)) = world.credentials.live(token, call.now) else {
        return Answer::json(200, &json!({"active": false, "subjectType": "UNKNOWN"}));
    };
    let Ok(site) = world.site(&app.site) else {
        return bodies::error(500, call.quirks);
    };
    let body = json!({
        "active": true,
        "subjectType": "APP",
        "subjectId": app.client_id,
        "clientId": app.client_id,
        "exp": token.expires.as_second().to_string(),
        "iat": token.issued.as_second().to_string(),
        "accountId": site.owner,
        "siteId": site.id,
        "instanceId": app.id,
    });
    Answer::json(200, &body)
}

/// A headless client of the site, without its secret.
pub(super) fn oauth_app(call: Call<'_>, id: &str, world: &World) -> Result<Answer, Answer> {
    let caller = guard::site(call, world, Some(Permission::ReadOauthApps))?;
    let found = world.credentials.headless(id, &caller.site);
    let (name, redirects) = found.ok_or_else(|| bodies::error(404, call.quirks))?;
    let app = json!({
        "id": id, "name": name, "allowedRedirectUris": redirects, "allowedRedirectDomains": [],
        "applicationType": "WEB_APP", "technology": "OTHER", "allowSecretGeneration": false,
    });
    Ok(Answer::json(200, &json!({"oAuthApp": app})))
}

/// The installation that a token belongs to. Keys have none.
pub(super) fn instance(call: Call<'_>, world: &World) -> Result<Answer, Answer> {
    let caller = guard::site(call, world, None)?;
    let app = caller.app.ok_or_else(|| bodies::forbidden(call.quirks))?;
    let site = world.site(&caller.site).map_err(|_| bodies::error(500, call.quirks))?;
    let permissions: Vec<_> =
        app.permissions.iter().map(|permission| permission.text(call.quirks.permission_form)).collect();
    let about_site = json!({
        "siteId": site.id,
        "siteDisplayName": site.name,
        "locale": "en",
        "paymentCurrency": "USD",
        "url": super::sites::url(site),
        "installedWixApps": ["stores"],
    });
    let owner =
        app.permissions.contains(&Permission::ReadSiteOwnerEmail).then(|| world.email_of(&site.owner));
    let owner = owner.map(|email| json!({"email": email, "emailStatus": "VERIFIED"}));
    let body = json!({
        "instance": {
            "instanceId": app.id,
            "appName": app.app_name,
            "appVersion": "1.0.0",
            "isFree": true,
            "permissions": permissions,
            "availablePlans": [],
            "freeTrialAvailable": false,
            "copiedFromTemplate": false,
        },
        "site": bodies::with(about_site, "ownerInfo", owner),
    });
    Ok(Answer::json(200, &body))
}
