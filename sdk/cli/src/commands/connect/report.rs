//! What `connect` says.

use std::net::SocketAddr;
use std::path::PathBuf;

use guestpass::{AuthorizationInfo, AuthorizationRequest, AuthorizationStart, Authorized, Timestamp};
use serde::Serialize;

use super::Door;
use super::deliver::Delivery;
use crate::args::ConnectArgs;
use crate::output::{Report, StepView, moment};

/// What would be done.
#[derive(Serialize)]
pub(super) struct Rehearsal {
    dry_run: bool,
    command: &'static str,
    store: String,
    platform: String,
    setting: &'static str,
    to: String,
    redirect: String,
    scopes: Vec<String>,
    gives_state_back: bool,
    signs: bool,
    pkce: bool,
    requests: u32,
}

impl Rehearsal {
    pub(super) fn of(
        args: &ConnectArgs,
        info: &AuthorizationInfo,
        question: &AuthorizationRequest,
        to: String,
    ) -> Self {
        Self {
            dry_run: true,
            command: "connect",
            store: args.store.clone(),
            platform: info.provider.to_string(),
            setting: info.setting,
            to,
            redirect: question.redirect.to_string(),
            scopes: question.scopes.clone(),
            gives_state_back: info.gives_state_back,
            signs: info.signs,
            pkce: info.pkce,
            requests: 1,
        }
    }
}

impl Report for Rehearsal {
    fn to_text(&self) -> String {
        let yes = |it: bool| if it { "yes" } else { "no" };
        format!(
            "connect {} would do this; nothing was sent\n\
             \x20 asks for:        {}\n  comes back to:   {}\n  new secret:      `{}`, {}\n\
             \x20 protected by:    mark {}, signature {}, PKCE {}\n{} request(s)\n",
            self.store,
            named(&self.scopes),
            self.redirect,
            self.setting,
            self.to,
            yes(self.gives_state_back),
            yes(self.signs),
            yes(self.pkce),
            self.requests
        )
    }
}

/// What somebody is to do now.
#[derive(Serialize)]
pub(super) struct Opening {
    open: Open,
}

#[derive(Serialize)]
struct Open {
    store: String,
    platform: String,
    /// The address to open, where there is one.
    url: Option<String>,
    /// What to click, where there is none.
    step: Option<StepView>,
    redirect: String,
    scopes: Vec<String>,
    /// Where the program waits; `null` where the address is pasted.
    listening: Option<SocketAddr>,
    wait_seconds: u64,
}

impl Opening {
    pub(super) fn of(
        args: &ConnectArgs,
        info: &AuthorizationInfo,
        question: &AuthorizationRequest,
        door: &Door,
    ) -> Self {
        let (url, step) = match &question.start {
            AuthorizationStart::Link(link) => (Some(link.to_string()), None),
            AuthorizationStart::ByHand(step) => (None, Some(StepView::from(step.as_ref()))),
            _ => (None, None),
        };
        let listening = match door {
            Door::Listening(listener) => Some(listener.address()),
            Door::Pasting => None,
        };
        Self {
            open: Open {
                store: args.store.clone(),
                platform: info.provider.to_string(),
                url,
                step,
                redirect: question.redirect.to_string(),
                scopes: question.scopes.clone(),
                listening,
                wait_seconds: args.wait,
            },
        }
    }
}

impl Report for Opening {
    fn to_text(&self) -> String {
        let open = &self.open;
        let mut text = format!("{}: asks for {}\n", open.store, named(&open.scopes));
        if let Some(url) = &open.url {
            text.push_str(&format!(
                "\nOpen this address as somebody who may install apps on the store:\n\n  {url}\n"
            ));
        }
        if let Some(step) = &open.step {
            text.push_str(&format!("\n{}\n", step.to_text()));
        }
        match &open.listening {
            Some(address) => text.push_str(&format!(
                "\nWaiting at {address} for what comes back to {}, for {} s\n",
                open.redirect, open.wait_seconds
            )),
            None => text.push_str(
                "\nThen paste the whole address that the browser shows in the end, and press Enter:\n",
            ),
        }
        text
    }
}

/// A store that is connected.
#[derive(Serialize)]
pub(super) struct ConnectedLine {
    pub(super) connected: Connected,
}

#[derive(Serialize)]
pub(super) struct Connected {
    store: String,
    platform: String,
    /// What came: access token or refresh token.
    what: &'static str,
    setting: &'static str,
    sink: Option<String>,
    /// Whether it is in its place.
    delivered: bool,
    /// Where it is instead, if its place failed.
    file: Option<PathBuf>,
    scopes: Vec<String>,
    missing: Vec<String>,
    expires_at: Option<Timestamp>,
    facts: Vec<(String, String)>,
    warnings: Vec<String>,
    #[serde(skip)]
    place: Option<String>,
}

impl Connected {
    pub(super) fn of(
        args: &ConnectArgs,
        info: &AuthorizationInfo,
        authorized: &Authorized,
        delivery: &Delivery,
    ) -> Self {
        Self {
            store: args.store.clone(),
            platform: info.provider.to_string(),
            what: authorized.what,
            setting: authorized.setting,
            sink: args.sink.clone(),
            delivered: delivery.place().is_some(),
            file: delivery.refuge().cloned(),
            scopes: authorized.scopes.clone(),
            missing: authorized.missing.clone(),
            expires_at: authorized.expires_at,
            facts: authorized.facts.clone(),
            warnings: authorized.warnings.clone(),
            place: delivery.place().map(str::to_owned),
        }
    }
}

impl Report for ConnectedLine {
    fn to_text(&self) -> String {
        let it = &self.connected;
        let mut text = match (&it.place, &it.file) {
            (Some(place), _) => format!("{}: connected; the {} is {place}\n", it.store, it.what),
            (None, Some(file)) => {
                format!("{}: connected, but the {} is in {}\n", it.store, it.what, file.display())
            }
            (None, None) => format!("{}: the {} came and could be kept nowhere\n", it.store, it.what),
        };
        text.push_str(&format!("  allowed:    {}\n", named(&it.scopes)));
        if !it.missing.is_empty() {
            text.push_str(&format!(
                "  not given:  {}; connect again to ask once more\n",
                it.missing.join(", ")
            ));
        }
        if let Some(end) = it.expires_at {
            text.push_str(&format!("  ends:       {} unless it is renewed\n", moment(end)));
        }
        for warning in &it.warnings {
            text.push_str(&format!("  mind:       {warning}\n"));
        }
        if it.sink.is_some() {
            text.push_str(&format!(
                "  next:       let `{}` of the store refer to it, then: guestpass check {}\n",
                it.setting, it.store
            ));
        } else if it.place.is_some() {
            text.push_str(&format!("  next:       guestpass check {}\n", it.store));
        }
        text
    }
}

fn named(scopes: &[String]) -> String {
    if scopes.is_empty() { "what the app's own settings say".to_owned() } else { scopes.join(", ") }
}
