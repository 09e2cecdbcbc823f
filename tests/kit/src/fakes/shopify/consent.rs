//! The page on which a merchant installs an app, and what the platform sends back.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use guestpass::{Timestamp, Url};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use url::form_urlencoded;

use super::apps::known_scopes;
use super::bodies;
use super::quirks::{Quirks, SignatureReading};
use super::state::World;
use crate::fakes::ground::{Refusal, refuse};
use crate::fakes::http::{Answer, Incoming};

/// What a program asks for by the address of the page.
struct Question {
    shop: Option<String>,
    client_id: String,
    redirect: Url,
    state: Option<String>,
    scopes: Vec<String>,
}

impl Question {
    fn of(shop: Option<&str>, parameters: &BTreeMap<String, String>) -> Result<Self, Refusal> {
        let get = |name: &str| parameters.get(name).cloned();
        let redirect = get("redirect_uri").unwrap_or_default();
        let Ok(redirect) = Url::parse(&redirect) else {
            return refuse(format!("redirect_uri {redirect:?} is no address"));
        };
        let scopes = get("scope").unwrap_or_default();
        Ok(Self {
            shop: shop.map(str::to_lowercase),
            client_id: get("client_id").unwrap_or_default(),
            redirect,
            state: get("state"),
            scopes: scopes.split(',').map(str::to_owned).filter(|scope| !scope.is_empty()).collect(),
        })
    }

    fn read(url: &str) -> Result<Self, Refusal> {
        let Ok(url) = Url::parse(url) else { return refuse(format!("{url:?} is no address")) };
        let named = url.path_segments().and_then(|mut parts| parts.next().map(str::to_owned));
        let shop = [named.as_deref(), url.host_str()]
            .into_iter()
            .flatten()
            .find(|name| name.ends_with(".myshopify.com"));
        Self::of(shop, &url.query_pairs().into_owned().collect())
    }
}

/// The page, with a merchant who installs whatever is asked for.
pub(super) fn page(
    request: &Incoming,
    shop: Option<&str>,
    world: &mut World,
    quirks: &Quirks,
    now: Timestamp,
) -> Answer {
    let parameters = request.query.iter().cloned().collect();
    let approved = Question::of(shop, &parameters).and_then(|it| answer(world, &it, None, quirks, now));
    match approved {
        Ok(callback) if request.method == "GET" => Answer::empty(302).with_header("location", callback),
        _ => bodies::error(404),
    }
}

/// The merchant installs the app on the page of that address.
pub(super) fn approve(
    world: &mut World,
    url: &str,
    scopes: Option<Vec<String>>,
    quirks: &Quirks,
    now: Timestamp,
) -> Result<String, Refusal> {
    answer(world, &Question::read(url)?, scopes, quirks, now)
}

/// The merchant says no.
pub(super) fn deny(url: &str) -> Result<String, Refusal> {
    let Question { mut redirect, state, .. } = Question::read(url)?;
    redirect.query_pairs_mut().append_pair("error", "access_denied");
    redirect.query_pairs_mut().extend_pairs(state.map(|state| ("state", state)));
    Ok(redirect.into())
}

fn answer(
    world: &mut World,
    question: &Question,
    scopes: Option<Vec<String>>,
    quirks: &Quirks,
    now: Timestamp,
) -> Result<String, Refusal> {
    let client = question.client_id.as_str();
    let oldest = world.app(client)?.secrets.first().cloned();
    let Some(secret) = oldest else { return refuse("the app has no secret left") };
    let Some(named) = question.shop.as_deref() else { return refuse("the address names no shop") };
    let shop = world.shop(named)?.domain.clone();
    let wanted = scopes.unwrap_or_else(|| question.scopes.clone());
    if let Some(unknown) = wanted.iter().find(|scope| !known_scopes().contains(scope)) {
        return refuse(format!("there is no scope {unknown}"));
    }
    if !world.shop(&shop)?.installations.contains_key(client) {
        world.install(&shop, client)?;
    }
    if !wanted.is_empty()
        && let Some(installation) = world.shop_mut(&shop)?.installations.get_mut(client)
    {
        installation.granted = wanted;
    }
    let handle = shop.split('.').next().unwrap_or_default();
    let mut parameters = BTreeMap::from([
        ("code", world.vault.mint_code(&shop, client)),
        ("host", STANDARD.encode(format!("admin.shopify.com/store/{handle}"))),
        ("shop", shop.clone()),
        ("timestamp", now.as_second().to_string()),
    ]);
    parameters.extend(question.state.clone().map(|state| ("state", state)));
    let hmac = signature(&parameters, &secret, quirks.signature);
    let mut callback = question.redirect.clone();
    callback.query_pairs_mut().extend_pairs(&parameters).append_pair("hmac", &hmac);
    Ok(callback.into())
}

/// Over the parameters in the order of their names.
fn signature(parameters: &BTreeMap<&str, String>, secret: &str, reading: SignatureReading) -> String {
    let text = match reading {
        SignatureReading::Decoded => {
            let pairs: Vec<_> = parameters.iter().map(|(name, value)| format!("{name}={value}")).collect();
            pairs.join("&")
        }
        SignatureReading::Encoded => {
            form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish()
        }
    };
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes());
    let signed = mac.map(|mac| mac.chain_update(text.as_bytes()).finalize().into_bytes());
    signed.map(|bytes| bytes.iter().map(|byte| format!("{byte:02x}")).collect()).unwrap_or_default()
}
