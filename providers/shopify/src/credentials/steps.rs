//! What people do in the Dev Dashboard and in the settings.
//! <https://shopify.dev/docs/apps/build/authentication-authorization/client-secrets/rotate-revoke-client-credentials>

use guestpass::{Actor, Instruction, Link, ManualStep, StepCheck};

const NO_SECRET_API: &str = "Shopify has no API that makes or revokes a client secret";
const CREDENTIALS: &str = "Dev Dashboard > Apps > the app > Settings > Credentials";

/// The navigation is documented, the address is not.
fn dashboard() -> Link {
    Link::unverified("https://dev.shopify.com/dashboard")
}

fn operator(text: impl Into<String>) -> Instruction {
    Instruction::new(Actor::Operator, text)
}

/// Making the second secret.
pub(super) fn make_secret() -> ManualStep {
    let check = StepCheck::Observe("a token request with the new secret is accepted".to_owned());
    ManualStep::new("Make a second client secret, and hand it in", check)
        .because(NO_SECRET_API)
        .then(operator(format!("Open {CREDENTIALS} and rotate the client secret: a second one appears beside the first")).at(dashboard()))
        .then(operator(
            "Do not revoke the first one: every token that it minted would die at once. guestpass says when it is safe",
        ))
        .then(operator(
            "Where the app checks signatures of webhooks or session tokens, let it accept both secrets now: Shopify signs \
             with the oldest one that is not revoked",
        ))
        .then(operator("Hand the new secret in to this rotation; never write it into a ticket or a chat"))
}

/// Revoking the old secret, or the new one of a rotation that was given up.
pub(super) fn revoke_secret(has_heir: bool) -> ManualStep {
    let check = StepCheck::Observe("a token request with that secret is refused".to_owned());
    let title = match has_heir {
        true => "Revoke the old client secret",
        false => "Revoke the new client secret, which is not used",
    };
    let which = match has_heir {
        true => "revoke the older of the two secrets",
        false => "revoke the newer of the two secrets; the older one stays in use",
    };
    let mut step = ManualStep::new(title, check).because(NO_SECRET_API);
    if has_heir {
        step = step
            .then(operator(
                "Look at the stores of this rotation once more: each must be verified or gone, and no program may still \
                 hold the old secret, or a token that never expires and that the old secret minted",
            ))
            .then(operator(
                "Know what happens: every token still pinned to the old secret dies at once, delegate tokens made of such \
                 tokens too, and for an hour webhooks may still be signed with it, so let the app accept both signatures \
                 that long",
            ));
    }
    step.then(operator(format!("Open {CREDENTIALS} and {which}")).at(dashboard()))
}

/// A store whose token never expires: what it needs before the secret that minted it is revoked.
pub(super) fn migrate_first() -> ManualStep {
    let what = "the store's token never expires, and which secret minted it cannot be seen: say that it was replaced after \
                the new secret was in its place";
    ManualStep::new("Replace this store's token that never expires", StepCheck::Attest(what.to_owned()))
        .because("a token dies with the client secret that minted it, and one that never expires is not renewed by itself")
        .then(operator(
            "Best: rotate this store's `offline-token`, with the new client secret. It becomes a token that is renewed, \
             once and for all",
        ))
        .then(operator(
            "Or, where it must go on never to expire: in the Dev Dashboard make a refresh token for the rotation of access \
             tokens, which lives an hour, and send it with the old token and the new secret as Shopify's guide on rotating \
             client credentials says",
        ).at(dashboard()))
}

/// Ending a refresh token that nobody needs.
pub(super) fn begin_anew() -> ManualStep {
    let check = StepCheck::Attest("the app was authorised again".to_owned());
    ManualStep::new("Authorise the app on the store again", check)
        .because("no API ends a single token of an app; a new chain of tokens ends the refresh token of the former one")
        .then(operator("Run `guestpass connect` for this store: the refresh token of before dies with it"))
}

/// A storefront token that this app cannot end.
pub(super) fn delete_storefront_token() -> ManualStep {
    let check = StepCheck::Observe("the Storefront API refuses the token".to_owned());
    ManualStep::new("Delete the old storefront token", check)
        .because("an app sees and deletes only the storefront tokens that it made, and this one is not among them")
        .then(Instruction::new(
            Actor::Merchant,
            "Delete it where it was made: in the app or sales channel that gave it out (for example Headless), or have the \
             developer of that app delete it",
        ))
}
