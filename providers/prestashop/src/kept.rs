//! What is to be kept of an access: the profile that was made for it.

use guestpass::ProviderState;
use serde::{Deserialize, Serialize};

/// A profile that guestpass made in a shop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Kept {
    shop: String,
    pub(crate) profile: u64,
    pub(crate) name: String,
}

impl Kept {
    pub(crate) fn new(shop: &str, profile: u64, name: String) -> Self {
        Self { shop: shop.to_owned(), profile, name }
    }

    /// What was kept, if it is of this shop and not SuperAdmin's number in disguise.
    pub(crate) fn read(state: Option<&ProviderState>, shop: &str) -> Option<Self> {
        let kept: Self = serde_json::from_value(state?.0.clone()).ok()?;
        (kept.shop == shop && kept.profile > crate::roles::SUPER_ADMIN).then_some(kept)
    }

    pub(crate) fn to_state(&self) -> ProviderState {
        ProviderState(serde_json::json!(self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_kept_of_this_shop_is_used() {
        let kept = Kept::new("shop.example", 7, "support".to_owned());
        let read = |state: &ProviderState, shop| Kept::read(Some(state), shop);
        assert_eq!(read(&kept.to_state(), "shop.example"), Some(kept.clone()));
        assert_eq!(read(&kept.to_state(), "other.example"), None);
        assert_eq!(read(&Kept { profile: 1, ..kept }.to_state(), "shop.example"), None);
        assert_eq!(read(&ProviderState(serde_json::json!({ "profile": 7 })), "shop.example"), None);
        assert_eq!(Kept::read(None, "shop.example"), None);
    }
}
