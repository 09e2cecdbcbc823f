//! What a slot says about a token for shoppers, checked before anything is sent.

use guestpass::rotation::{CredentialSlot, IssueOrder};
use guestpass::{Error, Result, Timestamp};

use super::kinds::LONGEST_LIFE;
use crate::client::{NewStorefrontToken, TokenCall};

/// The documented scopes of private tokens.
const PRIVATE_SCOPES: [&str; 3] = ["Unauthenticated", "Customer", "B2B"];
const MOST_ORIGINS: usize = 2;

/// The order for a token of this kind.
pub(super) fn read(call: TokenCall, order: &IssueOrder<'_>, now: Timestamp) -> Result<NewStorefrontToken> {
    let slot = order.slot;
    let (channel_id, channel_ids) = channels(slot)?;
    let mut new = NewStorefrontToken {
        expires_at: expiry(order.expires_at, now)?,
        channel_id,
        channel_ids,
        ..NewStorefrontToken::default()
    };
    match call {
        TokenCall::Storefront => new.allowed_cors_origins = origins(slot)?,
        TokenCall::Private => new.scopes = private_scopes(slot)?,
        TokenCall::Impersonation => {}
    }
    Ok(new)
}

/// The words of a list in a setting.
pub(super) fn words(text: &str) -> Vec<String> {
    let words = text.split(|c: char| c == ',' || c.is_whitespace()).filter(|word| !word.is_empty());
    words.map(str::to_owned).collect()
}

/// The channel whose address a token is tried at.
pub(super) fn first_channel(slot: &CredentialSlot) -> Result<u64> {
    let (one, many) = channels(slot)?;
    Ok(one.or_else(|| many.first().copied()).unwrap_or(1))
}

pub(super) fn private_scopes(slot: &CredentialSlot) -> Result<Vec<String>> {
    let scopes = words(slot.required_text("scopes")?);
    let unknown = scopes.iter().find(|scope| !PRIVATE_SCOPES.contains(&scope.as_str()));
    if scopes.is_empty() || unknown.is_some() {
        let problem = unknown.map_or("names none".to_owned(), |scope| format!("names `{scope}`"));
        return Err(Error::config(
            "scopes",
            problem,
            format!("name at least one of {}", PRIVATE_SCOPES.join(", ")),
        ));
    }
    Ok(scopes)
}

/// The end of a token in whole seconds. Zero may mean "never", and milliseconds would be taken for a date long after all
/// of us, so neither is ever sent.
fn expiry(at: Option<Timestamp>, now: Timestamp) -> Result<i64> {
    let at = at.ok_or_else(|| {
        Error::invalid(
            "expires_at",
            "is missing",
            "every token of this kind gets an end, because nothing lists them",
        )
    })?;
    if at.as_second() <= now.as_second() {
        return Err(Error::invalid("expires_at", "lies in the past", "choose a time to come"));
    }
    let latest = now.saturating_add(LONGEST_LIFE).unwrap_or(Timestamp::MAX);
    if at > latest {
        let days = LONGEST_LIFE.as_secs() / (24 * 3600);
        return Err(Error::invalid(
            "expires_at",
            format!("is more than {days} days ahead"),
            "choose an earlier time; a lifetime is counted in seconds, not in milliseconds",
        ));
    }
    Ok(at.as_second())
}

/// Exactly one of the two fields; sending both has no documented effect.
fn channels(slot: &CredentialSlot) -> Result<(Option<u64>, Vec<u64>)> {
    let number = |field: &str, word: &str| {
        word.trim().parse().ok().filter(|&channel: &u64| channel > 0).ok_or_else(|| {
            Error::config(field, "holds something that is no channel id", "write whole numbers from 1 on")
        })
    };
    match (slot.text("channel_id"), slot.text("channel_ids")) {
        (Some(one), None) => Ok((Some(number("channel_id", one)?), Vec::new())),
        (None, Some(many)) => {
            let ids: Vec<u64> =
                words(many).iter().map(|word| number("channel_ids", word)).collect::<Result<_>>()?;
            if ids.is_empty() {
                return Err(Error::config("channel_ids", "names no channel", "name at least one"));
            }
            Ok((None, ids))
        }
        (Some(_), Some(_)) => Err(Error::config(
            "channel_id",
            "stands beside `channel_ids`",
            "give one of the two; the platform does not say what both together mean",
        )),
        (None, None) => Err(Error::config(
            "channel_id",
            "is missing",
            "give `channel_id` or `channel_ids`; the first shop is 1",
        )),
    }
}

fn origins(slot: &CredentialSlot) -> Result<Vec<String>> {
    let origins = slot.text("allowed_cors_origins").map(words).unwrap_or_default();
    if origins.len() > MOST_ORIGINS {
        return Err(Error::config(
            "allowed_cors_origins",
            "names more than two origins",
            "make another credential for the others",
        ));
    }
    if let Some(bad) = origins.iter().find(|origin| !is_origin(origin)) {
        return Err(Error::config(
            "allowed_cors_origins",
            format!("holds {bad}, which is no origin"),
            "write scheme and host alone, for example https://www.shop.example",
        ));
    }
    Ok(origins)
}

fn is_origin(text: &str) -> bool {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    host.is_some_and(|host| !host.is_empty() && !host.contains(['/', '?', '#', '@', '"']))
}
