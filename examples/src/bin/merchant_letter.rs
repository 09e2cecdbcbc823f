//! No credential at all: the message for the merchant, ready to send.

use guestpass::{
    AccessProviderExt, Environment, InviteRequest, InviteResult, Person, PersonHandle, Registry, Result,
    RoleSpec, StoreHandle, StoreSettings,
};

#[tokio::main]
async fn main() -> Result<()> {
    let env = Environment::system()?;
    let settings = StoreSettings::new(StoreHandle::new("acme")?)
        .with_label("Acme Garden")
        .with_text("store_hash", "abc123")
        .merchant_held();
    let store =
        Registry::new().with(guestpass_bigcommerce::factory()).connect("bigcommerce", settings, &env)?;

    let sam = Person::new(PersonHandle::new("sam")?, "sam@vendor.example".parse()?);
    let role = RoleSpec::new("support").with_permissions(["Manage_Orders", "Edit_Orders"]);
    let request = InviteRequest::new(sam).with_role(role).because("your order export stopped working");
    let report = store.ensure_invited(&request, &env.call()).await?;
    if let InviteResult::ActionRequired(step) = report.result
        && let Some(message) = step.message
    {
        println!("Subject: {}\n\n{}", message.subject, message.body);
    }
    Ok(())
}
