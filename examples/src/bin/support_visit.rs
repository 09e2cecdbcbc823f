//! A support person visits a store: in, seen, out, with proof.

use futures_util::TryStreamExt;
use guestpass::{
    AccessProviderExt, InviteRequest, InviteResult, ListQuery, Person, PersonHandle, Registry, RemovalResult,
    RemoveRequest, Result, RoleSpec,
};

#[tokio::main]
async fn main() -> Result<()> {
    let (_fake, settings, env) = guestpass_examples::fake_store().await?;
    let registry = Registry::new().with(guestpass_bigcommerce::factory());
    let store = registry.connect("bigcommerce", settings, &env)?;

    let sam = Person::new(PersonHandle::new("sam")?, "sam@vendor.example".parse()?);
    let role = RoleSpec::new("support").with_permissions(["Manage_Orders"]);
    let request = InviteRequest::new(sam.clone()).with_role(role).because("ticket 4711");
    let invited = store.ensure_invited(&request, &env.call()).await?;
    if let InviteResult::Granted(entry) | InviteResult::Invited(entry) = &invited.result {
        for step in &entry.follow_ups {
            println!("{step}\n");
        }
    }

    let cx = env.call();
    let mut inside = store.list(ListQuery::new(), &cx);
    while let Some(account) = inside.try_next().await? {
        let email = account.email.known().map_or("?", |email| email.as_str());
        println!("{email:32} {:?} {}", account.status, account.privileged.join(" "));
    }

    let removal = RemoveRequest::new(sam.on(store.connection().provider())).with_baseline(invited.baseline());
    match store.ensure_removed(&removal, &env.call()).await?.result {
        RemovalResult::Removed(proof) => println!("\nout, and this is how we know: {proof:?}"),
        other => println!("\nnot proven: {other:?}"),
    }
    Ok(())
}
