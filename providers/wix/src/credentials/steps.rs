//! What people click at Wix to make and to end a credential.

use guestpass::rotation::Credential;
use guestpass::{Actor, Instruction, Link, ManualStep, StepCheck};

use crate::guide::Guide;
use crate::pair::ClientPair;
use crate::wire::OauthApp;

const KEYS: &str = "https://manage.wix.com/account/api-keys";
const APPS: &str = "https://manage.wix.com/account/custom-apps";
const KEYS_BY_HAND: &str = "Wix makes and deletes keys in the dashboard alone, and asks for a code that it sends by e-mail each time";
/// Wix allows so many redirect addresses.
const MOST_VALUES: usize = 20;
const LONGEST_VALUE: usize = 300;
const HAND_OVER: &str =
    "Copy it at once, because it is shown only now, and hand it over by a way that you trust";

impl Guide {
    pub(super) fn duplicate_key(&self, name: &str) -> ManualStep {
        let check =
            StepCheck::Observe("the new key sees this site, with the permissions of the old one".to_owned());
        ManualStep::new("Duplicate the API key", check)
            .because(KEYS_BY_HAND)
            .then(open_keys())
            .then(Instruction::new(
                Actor::Merchant,
                "Do not click Rotate: it may end the old key before anybody has the new one",
            ))
            .then(Instruction::new(Actor::Merchant, "Duplicate the key, and call the copy so").entering(name))
            .then(Instruction::new(
                Actor::Merchant,
                "Look that the copy has the permissions and the sites of the old one",
            ))
            .then(Instruction::new(Actor::Merchant, HAND_OVER))
            .then(Instruction::new(Actor::Operator, "Hand it in"))
    }

    pub(super) fn delete_key(&self) -> ManualStep {
        let check = StepCheck::Observe("Wix refuses the old key".to_owned());
        ManualStep::new("Delete the old API key", check).because(KEYS_BY_HAND).then(open_keys()).then(
            Instruction::new(
                Actor::Merchant,
                "Delete the old key, never the copy that was made for this rotation",
            ),
        )
    }

    pub(super) fn second_secret(&self) -> ManualStep {
        let check = StepCheck::Observe("the app gets a token for this site with the new secret".to_owned());
        ManualStep::new("Make another secret for the app", check)
            .because("no API makes secrets. UNVERIFIED: the exact names of the page, and whether the old secret works on")
            .then(open_apps())
            .then(Instruction::new(Actor::Operator, "Open the app's OAuth page and make another secret"))
            .then(Instruction::new(
                Actor::Operator,
                "If the page offers to keep the old secret for a while, choose that, and delete nothing yet",
            ))
            .then(Instruction::new(Actor::Operator, "Copy the new secret and hand it in at once"))
    }

    pub(super) fn delete_secret(&self) -> ManualStep {
        let check = StepCheck::Observe("the app gets no token with the old secret".to_owned());
        ManualStep::new("End the old secret of the app", check)
            .because("no API ends secrets. UNVERIFIED: Wix may have ended it when it made the new one")
            .then(open_apps())
            .then(Instruction::new(
                Actor::Operator,
                "Open the app's OAuth page and delete the old secret, if it is still there",
            ))
    }

    /// `old` is what could be read of the old client.
    pub(super) fn second_client(&self, name: &str, old: Option<&OauthApp>) -> ManualStep {
        let settings = old.map(settings).filter(|settings| !settings.is_empty());
        let copy = match &settings {
            Some(settings) => format!("Give it the settings of the old one: {}", settings.join("; ")),
            None => {
                "Give it the redirect addresses, the log-in address and the domains of the old one".to_owned()
            }
        };
        let check = StepCheck::Observe("the new client gets a token for this site".to_owned());
        ManualStep::new("Make a second headless client", check)
            .because(
                "no public API makes a client's secret, nor deletes a client; so one that guestpass made could not be \
                 ended again",
            )
            .then(self.open_headless())
            .then(Instruction::new(Actor::Merchant, "Create another client, and call it so").entering(name))
            .then(Instruction::new(Actor::Merchant, copy))
            .then(Instruction::new(Actor::Merchant, "Click Generate Client Secret"))
            .then(Instruction::new(Actor::Merchant, HAND_OVER))
            .then(Instruction::new(
                Actor::Operator,
                "Hand it in as {\"client_id\":\"…\",\"client_secret\":\"…\"}",
            ))
    }

    pub(super) fn delete_client(&self, old: &Credential) -> ManualStep {
        let check = StepCheck::Observe("the old client gets no token".to_owned());
        let find = Instruction::new(Actor::Merchant, "Delete the old client, and no other");
        let id = old.secret.as_ref().and_then(|secret| ClientPair::of(secret).ok()).map(|pair| pair.id);
        let find = match id.or_else(|| old.id.clone()) {
            Some(id) => find.entering(id),
            None => find,
        };
        ManualStep::new("Delete the old headless client", check)
            .because("no public API deletes a client")
            .then(self.open_headless())
            .then(find)
    }

    fn open_headless(&self) -> Instruction {
        Instruction::new(
            Actor::Merchant,
            "Sign in to the site's dashboard and open Settings > Headless Settings",
        )
        .at(self.dashboard().clone())
    }
}

/// The settings of a client in words, as far as they are set.
fn settings(app: &OauthApp) -> Vec<String> {
    let one = |label: &str, value: &Option<String>| {
        let value = plain(value.as_deref().unwrap_or_default());
        (!value.is_empty()).then(|| format!("{label} {value}"))
    };
    let several = |label: &str, values: &[String]| {
        let values: Vec<_> = values.iter().take(MOST_VALUES).map(|value| plain(value)).collect();
        (!values.is_empty()).then(|| format!("{label} {}", values.join(", ")))
    };
    let all = [
        one("type", &app.application_type),
        one("log-in address", &app.login_url),
        one("log-out address", &app.logout_url),
        several("redirect addresses", &app.allowed_redirect_uris),
        several("redirect domains", &app.allowed_redirect_domains),
    ];
    let named = all.iter().any(Option::is_some).then(|| one("its name is", &app.name)).flatten();
    named.into_iter().chain(all.into_iter().flatten()).collect()
}

fn plain(value: &str) -> String {
    value.chars().filter(|c| !c.is_control()).take(LONGEST_VALUE).collect()
}

fn open_keys() -> Instruction {
    Instruction::new(Actor::Merchant, "The owner or a co-owner opens the API Keys Manager")
        .at(Link::verified(KEYS))
}

fn open_apps() -> Instruction {
    Instruction::new(Actor::Operator, "Sign in as the app's developer and open the list of apps")
        .at(Link::unverified(APPS))
}
