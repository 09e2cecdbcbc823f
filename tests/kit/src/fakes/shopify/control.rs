//! The control endpoints that only this platform has.

use std::time::Duration;

use guestpass::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::consent;
use super::quirks::Quirks;
use super::seed;
use super::service::Service;
use super::state::{CollaborationState, Plan, ShopState, StaffKind, World};
use super::truth;
use crate::fakes::control::{Controlled, OneToken, Problem, done, read, unknown};
use crate::fakes::ground::{Refusal, later};
use crate::fakes::http::Incoming;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Somebody {
    shop: String,
    email: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewStaff {
    shop: String,
    email: String,
    kind: StaffKind,
    #[serde(default)]
    first: String,
    #[serde(default)]
    last: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Activity {
    shop: String,
    email: String,
    active: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Permissions {
    shop: String,
    email: String,
    permissions: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewOrganisation {
    organisation: String,
    name: String,
    email: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewMember {
    organisation: String,
    email: String,
    #[serde(default)]
    first: String,
    #[serde(default)]
    last: String,
}

/// Somebody's organisation at a shop.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Partner {
    shop: String,
    organisation: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wish {
    shop: String,
    organisation: String,
    code: Option<String>,
    #[serde(default)]
    permissions: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Approval {
    shop: String,
    organisation: String,
    permissions: Option<Vec<String>>,
    /// The agreed length of the access.
    seconds: Option<f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RequestCode {
    shop: String,
    code: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ShopSettings {
    shop: String,
    plan: Option<Plan>,
    state: Option<ShopState>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AppAt {
    shop: String,
    client_id: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewStorefrontToken {
    shop: String,
    client_id: String,
    title: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Secret {
    client_id: String,
    secret: String,
}

/// Where a program has sent the merchant's browser, and what the merchant says there.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answering {
    url: String,
    /// What the merchant gives, instead of what was asked for.
    scopes: Option<Vec<String>>,
    #[serde(default)]
    deny: bool,
}

impl Controlled for Service {
    type Quirks = Quirks;

    fn quirks_mut(&mut self) -> &mut Quirks {
        &mut self.quirks
    }

    fn plant(&mut self, now: Timestamp) -> Result<Value, Refusal> {
        Ok(json!(seed::plant(&mut self.world, now)?))
    }

    fn look(&self, command: &str, request: &Incoming, now: Timestamp) -> Result<Value, Problem> {
        let shop = || self.world.shop(request.parameter("shop").unwrap_or_default());
        match command {
            "staff" => Ok(json!(truth::staff(shop()?))),
            "collaborations" => Ok(json!(truth::collaborations(shop()?))),
            "storefront-tokens" => Ok(json!(truth::storefront_tokens(shop()?))),
            "tokens" => Ok(json!(truth::tokens(shop()?, &self.world.vault, now))),
            other => Err(unknown(other)),
        }
    }

    fn act(&mut self, command: &str, request: &Incoming, now: Timestamp) -> Result<Value, Problem> {
        match command {
            "request-access" => {
                let Wish { shop, organisation, code, permissions } = read(request)?;
                let permissions: Vec<&str> = permissions.iter().map(String::as_str).collect();
                let (world, quirks) = (&mut self.world, &self.quirks);
                let code = code.as_deref();
                let sent = world.request_access(&organisation, &shop, code, &permissions, quirks, now)?;
                Ok(json!({"ok": sent.is_ok(), "refused": sent.err()}))
            }
            "add-storefront-token" => {
                let NewStorefrontToken { shop, client_id, title } = read(request)?;
                let number = self.world.create_storefront_token(&shop, &client_id, &title, now)?;
                Ok(json!({"ok": true, "token": self.world.storefront_text(&shop, number)?}))
            }
            "answer-install" => {
                let Answering { url, scopes, deny } = read(request)?;
                let answer = if deny {
                    consent::deny(&url)?
                } else {
                    consent::approve(&mut self.world, &url, scopes, &self.quirks, now)?
                };
                Ok(json!({"callback": answer}))
            }
            other => {
                act_on_world(other, request, &mut self.world, now)?;
                Ok(done())
            }
        }
    }
}

/// What merchants, partners and people do.
fn act_on_world(command: &str, request: &Incoming, world: &mut World, now: Timestamp) -> Result<(), Problem> {
    use CollaborationState::{Active, Expired, Pending, Rejected, Removed};
    let mut end = |from, to| -> Result<(), Problem> {
        let Partner { shop, organisation } = read(request)?;
        Ok(world.end_collaboration(&organisation, &shop, from, to, now)?)
    };
    match command {
        "reject" => end(Pending, Rejected)?,
        "expire" => end(Pending, Expired)?,
        "remove-collaborator" => end(Active, Removed)?,
        "approve" => {
            let Approval { shop, organisation, permissions, seconds } = read(request)?;
            let length = seconds.map(Duration::try_from_secs_f64).transpose();
            let length = length.map_err(|error| Problem::Malformed(error.to_string()))?;
            let ends_at = length.map(|length| later(now, length));
            world.approve(&organisation, &shop, permissions, ends_at, now)?;
        }
        "add-organisation" => {
            let NewOrganisation { organisation, name, email } = read(request)?;
            world.add_organisation(&organisation, &name, &email);
        }
        "add-member" => {
            let NewMember { organisation, email, first, last } = read(request)?;
            world.add_member(&organisation, &email, &first, &last, now)?;
        }
        "add-staff" => {
            let NewStaff { shop, email, kind, first, last } = read(request)?;
            world.add_staff(&shop, kind, &email, &first, &last, now)?;
        }
        "remove-account" => {
            let Somebody { shop, email } = read(request)?;
            world.remove_account(&shop, &email, now)?;
        }
        "set-active" => {
            let Activity { shop, email, active } = read(request)?;
            world.shop_mut(&shop)?.account_mut(&email)?.active = active;
        }
        "set-permissions" => {
            let Permissions { shop, email, permissions } = read(request)?;
            world.shop_mut(&shop)?.account_mut(&email)?.permissions = permissions;
        }
        "log-in" => {
            let Somebody { shop, email } = read(request)?;
            world.log_in(&shop, &email, now)?;
        }
        "make-owner" => {
            let Somebody { shop, email } = read(request)?;
            world.make_owner(&shop, &email)?;
        }
        "request-code" => {
            let RequestCode { shop, code } = read(request)?;
            world.shop_mut(&shop)?.code = code;
        }
        "shop" => {
            let ShopSettings { shop, plan, state } = read(request)?;
            let shop = world.shop_mut(&shop)?;
            shop.plan = plan.unwrap_or(shop.plan);
            shop.state = state.unwrap_or(shop.state);
        }
        "uninstall" => {
            let AppAt { shop, client_id } = read(request)?;
            world.uninstall(&shop, &client_id)?;
        }
        "add-secret" => {
            let Secret { client_id, secret } = read(request)?;
            world.app_mut(&client_id)?.secrets.push(secret);
        }
        "revoke-secret" => {
            let Secret { client_id, secret } = read(request)?;
            world.revoke_secret(&client_id, &secret)?;
        }
        "revoke-token" => {
            let OneToken { token } = read(request)?;
            if !world.vault.kill(&token) && !world.vault.kill_refresh(&token) {
                return Err(Problem::Missing("no such token".to_owned()));
            }
        }
        other => return Err(unknown(other)),
    }
    Ok(())
}
