//! What people click in the back office where no API makes or ends a credential.

use guestpass::rotation::Credential;
use guestpass::{Actor, Instruction, ManualStep, StepCheck};

use crate::guide::Guide;

const CLIENTS: &str = "Advanced Parameters > Admin API";
const KEYS: &str = "Advanced Parameters > Webservice";
const IN_PLACE: &str = "Do not edit the old one: it would end at once, for everybody who uses it";

impl Guide {
    pub(super) fn make_client(&self, name: &str) -> ManualStep {
        let check =
            StepCheck::Observe("the new client gets a token, with the scopes of the old one".to_owned());
        ManualStep::new("Make a second client of the Admin API", check)
            .because("no API client is configured here that could make another one")
            .then(self.open(CLIENTS))
            .then(Instruction::new(Actor::Merchant, IN_PLACE))
            .then(
                Instruction::new(Actor::Merchant, "Add an API client with this client id and this name")
                    .entering(name),
            )
            .then(Instruction::new(
                Actor::Merchant,
                "Tick the scopes that the old one has, choose a short token lifetime (600 seconds), and save",
            ))
            .then(Instruction::new(
                Actor::Merchant,
                "Copy the secret, which is shown once, and hand over id and secret by a way that you trust",
            ))
            .then(Instruction::new(
                Actor::Operator,
                "Hand it in as {\"client_id\":\"…\",\"client_secret\":\"…\"}",
            ))
    }

    pub(super) fn delete_client(&self, client_id: Option<&str>, number: Option<&str>) -> ManualStep {
        let check = StepCheck::Observe("the old client gets no token any more".to_owned());
        let find = Instruction::new(Actor::Merchant, "Find the old client");
        let find = match (client_id, number) {
            (Some(id), _) => find.entering(id),
            (None, Some(number)) => find.entering(format!("number {number}")),
            (None, None) => find,
        };
        ManualStep::new("Delete the old client of the Admin API", check)
            .because(
                "no API client is configured here that could delete it, or which one it is cannot be read",
            )
            .then(self.open(CLIENTS))
            .then(find)
            .then(Instruction::new(
                Actor::Merchant,
                "Delete it; switching it off stops nothing. Tokens that it has work until their own end",
            ))
    }

    pub(super) fn make_key(&self, name: &str) -> ManualStep {
        let check =
            StepCheck::Observe("the shop takes the new key, with the rights of the old one".to_owned());
        ManualStep::new("Make a second webservice key", check)
            .because(
                "the webservice has no call for its own keys; the Admin API has one from PrestaShop 9.0.2 with \
                 ps_apiresources 0.2 on, for a client with webservice_key_read and webservice_key_write",
            )
            .then(self.open(KEYS))
            .then(Instruction::new(Actor::Merchant, IN_PLACE))
            .then(
                Instruction::new(
                    Actor::Merchant,
                    "Add a webservice key, click Generate, and enter this as its description",
                )
                .entering(name),
            )
            .then(Instruction::new(
                Actor::Merchant,
                "Tick the permissions that the old one has; with several shops, associate it with the same ones. Set it to \
                 enabled and save",
            ))
            .then(Instruction::new(Actor::Merchant, "Hand over the key by a way that you trust"))
            .then(Instruction::new(Actor::Operator, "Hand it in"))
    }

    pub(super) fn disable_key(&self, old: &Credential) -> ManualStep {
        let check = StepCheck::Observe("the shop refuses the old key".to_owned());
        let find = Instruction::new(
            Actor::Merchant,
            "Find the old key, never the one that was made for this rotation",
        );
        let find = match (&old.tag, &old.id) {
            (Some(tag), _) => find.entering(tag.as_str()),
            (None, Some(number)) => find.entering(format!("number {number}")),
            (None, None) => find,
        };
        ManualStep::new("Switch off the old webservice key", check)
            .because("no released API of this shop does it, or which key it is cannot be read")
            .then(self.open(KEYS))
            .then(find)
            .then(Instruction::new(Actor::Merchant, "Set its status to disabled, or delete it"))
    }
}
