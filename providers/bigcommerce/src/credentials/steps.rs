//! What people click to make and to end credentials.
//!
//! API accounts: <https://support.bigcommerce.com/s/article/Store-API-Accounts>; apps:
//! <https://docs.bigcommerce.com/developer/docs/integrations/apps/guide/auth>.

use std::collections::BTreeMap;

use guestpass::rotation::{Credential, IssueOrder};
use guestpass::{Actor, Held, Instruction, Link, ManualStep, StepCheck};

use super::accounts::{account_scopes, wanted};
use super::scopes::in_panel;
use crate::guide::Guide;

const STORE_ACCOUNTS: &str = "Settings > Store-level API accounts";
const ACCOUNT_TOKENS: &str = "https://accounts.bigcommerce.com/tokens";
const NO_API: &str = "BigCommerce has no API that makes or deletes API accounts";

/// Making a store-level API account.
pub(super) fn make_store_account(guide: &Guide, order: &IssueOrder<'_>) -> ManualStep {
    let named = wanted(order.slot);
    let has_it = |old: &Credential| {
        let rights = old.rights.iter().filter(|right| right.held == Held::Yes);
        rights.map(|right| right.name.clone()).collect::<Vec<_>>()
    };
    let (scopes, text) = match (named.is_empty(), order.old.map(has_it).unwrap_or_default()) {
        (false, _) => (named, "Tick these scopes and no others, and save"),
        (true, seen) => (
            seen,
            "Tick the scopes of the API account in use, or fewer, and save. What could be seen of them is below; \
             whether it may also write, only its page in the control panel shows",
        ),
    };
    let tick = Instruction::new(Actor::Merchant, text).ticking(scopes.iter().map(|scope| in_panel(scope)));
    let check = StepCheck::Observe("the token handed in works for this store, with these scopes".to_owned());
    ManualStep::new("Make a store-level API account", check)
        .because(NO_API)
        .then(
            Instruction::new(
                Actor::Merchant,
                format!(
                    "As the owner, or as a user with the owner's high-risk permissions, sign in to the control panel, \
                     open {STORE_ACCOUNTS} and click Create API account; a store has at most 50"
                ),
            )
            .at(guide.panel()),
        )
        .then(
            Instruction::new(Actor::Merchant, "Enter this name, by which it is told from the one in use")
                .entering(order.tag.as_str()),
        )
        .then(tick)
        .then(hand_in())
}

/// Making an account-level API account.
pub(super) fn make_account_account(order: &IssueOrder<'_>) -> ManualStep {
    let scopes = account_scopes(order.slot);
    let check = StepCheck::Observe("the token handed in reads this account".to_owned());
    ManualStep::new("Make an account-level API account", check)
        .because(NO_API)
        .then(
            Instruction::new(
                Actor::Merchant,
                "As the store owner, sign in, open the account's API tokens and make a new API account",
            )
            .at(Link::verified(ACCOUNT_TOKENS)),
        )
        .then(
            Instruction::new(Actor::Merchant, "Enter this name, by which it is told from the one in use")
                .entering(order.tag.as_str()),
        )
        .then(
            Instruction::new(Actor::Merchant, "Tick these scopes and no others, and save")
                .ticking(scopes.iter().map(|scope| in_panel(scope))),
        )
        .then(hand_in())
}

/// Having an app authorised again.
pub(super) fn renew_app_token(guide: &Guide, order: &IssueOrder<'_>) -> ManualStep {
    let scopes = wanted(order.slot);
    let change = Instruction::new(
        Actor::Operator,
        "In the Developer Portal, change the scopes of the app: without a change of scopes, or of the owner's e-mail \
         address, the platform gives no new token",
    )
    .ticking(scopes.iter().map(|scope| in_panel(scope)));
    let check = StepCheck::Observe("the token handed in works for this store".to_owned());
    ManualStep::new("Have the app authorised again", check)
        .because("BigCommerce has no call that replaces an app's token; the one in use dies when the app is authorised")
        .then(change)
        .then(
            Instruction::new(Actor::Merchant, "Open the app in the control panel and accept its scopes")
                .at(guide.panel()),
        )
        .then(Instruction::new(
            Actor::Operator,
            "Let the app's own callback exchange the code, or exchange it with `guestpass connect`; a code is good once. \
             `context` in the answer is stores/ and the store's hash, and `scope` is not null",
        ))
        .then(Instruction::new(
            Actor::Operator,
            "Hand in the access token at once: the one before it is dead already",
        ))
}

fn hand_in() -> Instruction {
    Instruction::new(
        Actor::Operator,
        "Hand in the access token alone, not the client secret: it is shown once, and is in the text file that the \
         control panel offers. Delete that file afterwards",
    )
}

/// Deleting a store-level API account.
pub(super) fn delete_store_account(guide: &Guide, old: &Credential, heir: Option<&Credential>) -> ManualStep {
    let check = StepCheck::Observe("its token is refused by the store".to_owned());
    let mut step = ManualStep::new("Delete the old store-level API account", check).because(NO_API);
    if heir.is_some() {
        step = step.then(Instruction::new(
            Actor::Operator,
            "If the old API account made metafields or scripts: give the metafields to the new client id \
             (reassignMetafieldsOwner) and make the scripts again; they belong to the old one",
        ));
    }
    step.then(
        Instruction::new(Actor::Merchant, format!("Sign in to the control panel and open {STORE_ACCOUNTS}"))
            .at(guide.panel()),
    )
    .then(Instruction::new(
        Actor::Merchant,
        format!("Delete {} and confirm. Its webhooks end with it", which(old, heir)),
    ))
}

/// Deleting an account-level API account.
pub(super) fn delete_account_account(old: &Credential, heir: Option<&Credential>) -> ManualStep {
    let check = StepCheck::Observe("its token is refused by the account".to_owned());
    ManualStep::new("Delete the old account-level API account", check)
        .because(NO_API)
        .then(
            Instruction::new(
                Actor::Merchant,
                "As the store owner, sign in and open the account's API tokens",
            )
            .at(Link::verified(ACCOUNT_TOKENS)),
        )
        .then(Instruction::new(
            Actor::Merchant,
            format!("Open the menu of {}, click Delete and confirm", which(old, heir)),
        ))
}

/// Ending the token of an app that nothing has replaced.
pub(super) fn end_app_token(guide: &Guide) -> ManualStep {
    let check = StepCheck::Observe("the token is refused by the store".to_owned());
    ManualStep::new("End the token of the app", check)
        .because("BigCommerce has no call that ends an app's token; whether uninstalling the app does is not documented")
        .then(
            Instruction::new(
                Actor::Merchant,
                "Have the app authorised again, which ends the token before it, or delete the app in the Developer Portal",
            )
            .at(guide.panel()),
        )
}

/// By what somebody recognises an API account whose name no API tells.
fn which(old: &Credential, heir: Option<&Credential>) -> String {
    let it = match (&old.tag, &old.id) {
        (Some(tag), _) => format!("the API account named {tag}"),
        (None, Some(client)) => format!("the API account with the client id {client}"),
        (None, None) => "the API account that was in use before".to_owned(),
    };
    match heir.and_then(|heir| heir.tag.as_ref()) {
        Some(tag) => format!("{it}, not the new one named {tag},"),
        None => it,
    }
}

/// Looking after webhooks that cannot be listed.
pub(super) fn recreate_unknown_webhooks(why: &str) -> ManualStep {
    let check = StepCheck::Attest("every webhook that is needed belongs to the new API account".to_owned());
    ManualStep::new("Make the webhooks of the old API account again", check)
        .because(format!("{why}, and only its own client sees which webhooks it has"))
        .then(Instruction::new(
            Actor::Operator,
            "Look up in your own programs which webhooks they wait for, and let them register them with the new token",
        ))
}

/// Looking after webhooks that the platform refuses.
pub(super) fn recreate_refused_webhooks(scopes: &BTreeMap<String, usize>) -> ManualStep {
    let check = StepCheck::Attest("every webhook that is needed belongs to the new API account".to_owned());
    let list: Vec<_> = scopes.iter().map(|(scope, count)| format!("{scope} ({count})")).collect();
    ManualStep::new("Make some webhooks again by hand", check)
        .because(
            "the platform refused them: their address is not allowed any more, or the scope has ten already",
        )
        .then(Instruction::new(
            Actor::Operator,
            format!("Register them anew with the new token, or do without: {}", list.join(", ")),
        ))
}

/// Revoking a token for shoppers that nobody can read any more.
pub(super) fn bring_token_back() -> ManualStep {
    let check = StepCheck::Attest("the old token was revoked, or has expired".to_owned());
    ManualStep::new("Revoke the old token", check)
        .because("nothing lists these tokens, and revoking one needs the token itself, which cannot be read here")
        .then(Instruction::new(
            Actor::Operator,
            "Look for the old token where it was in use, and revoke it with DELETE /v3/storefront/api-token, the token in \
             the header Sf-Api-Token; or wait until it has expired, if you know when that is",
        ))
}
