//! The fake Wix.

use std::net::TcpListener;
use std::sync::Arc;

use guestpass::{Result, SystemClock};
use guestpass_testkit::fakes::FakeWix;
use guestpass_testkit::fakes::wix::WixWorld;

use super::{EMAIL, FakePlatform};

/// Starts it with its demonstration sites.
pub(super) async fn start(listener: TcpListener) -> Result<FakePlatform> {
    let fake = FakeWix::start_on(listener, Arc::new(SystemClock::new())).await;
    let world = WixWorld::plant(fake)?;
    let (seed, url) = (world.seed.clone(), world.fake.uri());
    // Wix tells nobody's address, so the configuration says which account is whose.
    let kim = world.fake.account(EMAIL);
    Ok(FakePlatform {
        id: "wix",
        title: "Wix",
        store: "demo-wix",
        byhand: "byhand-wix",
        settings: vec![
            ("site_id", seed.site_id.clone()),
            ("account_id", seed.account_id),
            ("api_url", url.clone()),
        ],
        secrets: vec![("api_key", seed.api_key)],
        byhand_settings: vec![("site_id", seed.site_id.clone())],
        platform_role: Some(seed.support_role_id),
        permissions: Vec::new(),
        person_account: Some(kim),
        tells_addresses: false,
        store_id: seed.site_id,
        url,
        world: Arc::new(world),
        controls: &[
            ("POST accept", r#"{"site", "email", "account"?}: an invitation is accepted"#),
            ("POST decline", r#"{"site", "email"}: an invitation is declined"#),
            ("POST add-contributor", r#"{"site", "email", "roles"}: the merchant adds somebody"#),
            ("POST remove-contributor", r#"{"site", "email"}: the merchant removes somebody"#),
            ("POST set-seats", r#"{"site", "seats"}: limits the collaborators"#),
            ("POST revoke-key", r#"{"key"}"#),
            ("POST forward", r#"{"seconds"}: moves the fake's time on"#),
            ("POST fault", r#"{"on", "fault", "times"}: breaks the next matching requests"#),
            ("POST reset", r#"{"seed": true}: starts over"#),
            ("GET  contributors?site=ID", "who is really inside"),
            ("GET  requests", "what was asked of the fake"),
        ],
        most_requests: 10,
    })
}
