//! The platforms that this program knows.

use guestpass::Registry;

/// Every platform of guestpass. A new one is one more line here.
pub(crate) fn registry() -> Registry {
    Registry::new()
        .with(guestpass_bigcommerce::factory())
        .with(guestpass_shopify::factory())
        .with(guestpass_wix::factory())
        .with(guestpass_prestashop::factory())
}
