//! Webhooks, which belong to the client that made them and end with it.
//!
//! <https://docs.bigcommerce.com/developer/api-reference/rest/admin/management/webhooks>

use guestpass::http::{ApiRequest, Method, Safety};
use guestpass::{CallContext, Error, ErrorKind, Result};

use super::StoreApi;
use crate::dialect::rest;
use crate::wire::{Hook, HookPage};

const PAGE: usize = 250;
/// Ten for each scope, and there are fewer than a hundred scopes.
const MOST_PAGES: u32 = 20;

impl StoreApi {
    /// One of the token's own webhooks, if it has any. Needs no scope, so it shows whether the token lives.
    pub(crate) async fn any_hook(&self, cx: &CallContext) -> Result<Option<Hook>> {
        let request = self.list_hooks().with_query("limit", "1");
        let page: HookPage = self.http.send(&request, cx, rest).await?;
        Ok(page.data.into_iter().next())
    }

    /// All of the token's own webhooks, those that are switched off among them.
    pub(crate) async fn hooks(&self, cx: &CallContext) -> Result<Vec<Hook>> {
        let mut hooks = self.hooks_that_are("true", cx).await?;
        for hook in self.hooks_that_are("false", cx).await? {
            if hooks.iter().all(|known| known.id != hook.id) {
                hooks.push(hook);
            }
        }
        Ok(hooks)
    }

    async fn hooks_that_are(&self, active: &str, cx: &CallContext) -> Result<Vec<Hook>> {
        let mut hooks: Vec<Hook> = Vec::new();
        for number in 1..=MOST_PAGES {
            let request = self
                .list_hooks()
                .with_query("is_active", active)
                .with_query("limit", PAGE.to_string())
                .with_query("page", number.to_string());
            let page: HookPage = self.http.send(&request, cx, rest).await?;
            let shown = page.data.len();
            hooks.extend(page.data);
            let paging = page.meta.and_then(|meta| meta.pagination).unwrap_or_default();
            let last = paging.total_pages.map_or(shown < PAGE, |pages| u64::from(number) >= pages);
            if last {
                // One that is left out would be lost with the old token.
                return match paging.total {
                    Some(total) if total != hooks.len() as u64 => {
                        Err(Error::new(ErrorKind::Protocol, "the list of webhooks changed while it was read")
                            .with_remedy("try again"))
                    }
                    _ => Ok(hooks),
                };
            }
        }
        Err(Error::new(ErrorKind::Protocol, "the list of webhooks does not end"))
    }

    /// Makes a webhook. The same one twice is refused.
    pub(crate) async fn create_hook(&self, hook: &Hook, cx: &CallContext) -> Result<()> {
        let request = ApiRequest::new(
            "createHook",
            Method::POST,
            "/stores/{store_hash}/v3/hooks",
            ["stores", &self.hash, "v3", "hooks"],
            Safety::Write,
        )
        .with_json(&hook.as_order())?;
        self.http.send(&request, cx, |_| Ok(())).await
    }

    fn list_hooks(&self) -> ApiRequest {
        ApiRequest::new(
            "hooks",
            Method::GET,
            "/stores/{store_hash}/v3/hooks",
            ["stores", &self.hash, "v3", "hooks"],
            Safety::Read,
        )
    }
}
