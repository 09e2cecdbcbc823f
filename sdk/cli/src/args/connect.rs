//! The command line of `connect`.

use clap::Args;

use super::{By, Plan};

pub(crate) const CONNECT_HELP: &str = "\
For a store whose token is not there yet. The store's settings name the app (`client_id`,
`client_secret`) and refer to the token that is to come, for example
refresh_token = \"file:secrets/acme-refresh_token.txt\"; the file need not be there.

Prints an address, or what to click, and waits for the browser to come back to this machine. What
comes back is checked (our own mark, the platform's signature, the store) before its code is
exchanged. Whether --sink can take a secret is found out before anything is printed; if it fails
after all, the secret goes into a new file in the state folder, and the program says which.

Where the app's redirect address is on the internet, --redirect names it: together with --port
where it leads to this machine, together with --paste where somebody copies the address that the
browser shows in the end. BigCommerce goes to https addresses alone.

Example:  guestpass connect acme --sink vault
          guestpass connect acme --sink vault --scopes read_products,write_orders --port 8723
          guestpass connect acme --redirect https://app.example/auth --paste
Costs:    one request; --dry-run shows what would be asked for
Exit codes: 0 connected, 1 failed, denied, or nobody came,
            2 bad usage or configuration, or an answer that is not ours; nothing was sent,
            3 connected, but the merchant gave less than was asked for,
            4 the answer was lost: connect again";

#[derive(Debug, Args)]
pub(crate) struct ConnectArgs {
    /// The store
    pub(crate) store: String,
    /// Where the secret goes, by its name in the configuration [default: the file that the store's setting refers to]
    #[arg(long, value_name = "SINK")]
    pub(crate) sink: Option<String>,
    /// What to ask for, instead of the store's `scopes`
    #[arg(long, value_name = "SCOPE,…", value_delimiter = ',')]
    pub(crate) scopes: Vec<String>,
    /// The app's redirect address, as the platform knows it [default: one on this machine]
    #[arg(long, value_name = "URL")]
    pub(crate) redirect: Option<String>,
    /// The port on the loopback interface to wait at; 0 takes a free one
    #[arg(long, value_name = "NUMBER", default_value_t = 0, conflicts_with = "paste")]
    pub(crate) port: u16,
    /// Wait for nobody: read the address that the browser shows in the end from standard input
    #[arg(long, requires = "redirect")]
    pub(crate) paste: bool,
    /// Open no browser
    #[arg(long)]
    pub(crate) no_browser: bool,
    /// How long to wait for the merchant
    #[arg(long, value_name = "SECONDS", default_value_t = 600,
          value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub(crate) wait: u64,
    #[command(flatten)]
    pub(crate) by: By,
    #[command(flatten)]
    pub(crate) plan: Plan,
}
