//! `connect`: the real program, with a merchant and a browser that a test plays.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;

use guestpass::SystemClock;
use guestpass_testkit::fakes::FakeShopify;
use guestpass_testkit::fakes::shopify::DemoSeed;
use guestpass_testkit::{Fault, On};
use serde_json::Value;

use crate::fixture::{Fixture, Ran, STORE};

const APP: &str = "app1client";
const APP_SECRET: &str = "marker-app-secret-77aa";
const SCOPES: &[&str] = &["store_v2_information_read_only"];

/// A shop and a store that are not connected yet.
struct Scene {
    it: Fixture,
    shopify: FakeShopify,
    seed: DemoSeed,
}

impl Scene {
    async fn new() -> Self {
        let it = Fixture::new().await;
        let shopify = FakeShopify::start(Arc::new(SystemClock::new())).await;
        let seed = shopify.seed_demo();
        it.fake.add_app(APP, APP_SECRET);
        it.write_private("app-secret", APP_SECRET);
        it.write_private("shop-secret", &seed.client_secret);
        let scene = Self { it, shopify, seed };
        scene.it.add(&scene.config());
        scene
    }

    fn config(&self) -> String {
        format!(
            r#"[stores.shop]
platform = "shopify"
shop = "{shop}"
client_id = "{client}"
client_secret = "file:shop-secret"
refresh_token = "file:vault/shop+refresh_token.txt"
scopes = "read_products,write_orders"
api_url = "{shopify}/{shop}"

[stores.installed]
platform = "bigcommerce"
access = "merchant"
store_hash = "{STORE}"
client_id = "{APP}"
client_secret = "file:app-secret"
store_token = "file:installed-token"
login_url = "{bigcommerce}"

[stores.site]
platform = "wix"
access = "merchant"
site_id = "0b6e3f0a-52f1-4a3c-9a50-3a7f0c7c9a11"

[sinks.vault]
file = "vault"
"#,
            shop = self.seed.shop,
            client = self.seed.client_id,
            shopify = self.shopify.uri(),
            bigcommerce = self.it.fake.uri(),
        )
    }

    /// Starts the program and waits until it says what to open.
    fn connect(&self, words: &[&str]) -> Connecting {
        let words: Vec<&str> =
            ["connect"].into_iter().chain(words.iter().copied()).chain(["--json"]).collect();
        let mut command = self.it.command(&words);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let open = serde_json::from_str::<Value>(&line).ok().map(|document| document["open"].clone());
        Connecting { child, stdout, first: line, open: open.unwrap_or_default() }
    }

    /// What the ledger holds, as text.
    fn events(&self) -> String {
        self.it.run(&["audit", "export"]).expect(0).stdout
    }

    fn exchanges(&self) -> usize {
        let asks = |name: &String| name == "authorization_code";
        self.shopify.requests().iter().filter(|request| request.operations.iter().any(asks)).count()
    }

    fn vault(&self) -> Option<String> {
        std::fs::read_to_string(self.it.path("vault/shop+refresh_token.txt")).ok()
    }
}

/// The program, waiting for the merchant.
struct Connecting {
    child: Child,
    stdout: BufReader<ChildStdout>,
    first: String,
    open: Value,
}

impl Connecting {
    fn url(&self) -> &str {
        self.open["url"].as_str().expect("a link")
    }

    /// The browser comes back with the query of this address. Gives the page.
    fn browse(&self, callback: &str) -> String {
        let target = callback.split_once("://").unwrap().1;
        let target = target.split_once('/').map_or("/", |(_, path)| path);
        self.send(&format!("GET /{target} HTTP/1.1\r\nhost: localhost\r\naccept: */*\r\n\r\n"))
    }

    fn send(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(self.open["listening"].as_str().unwrap()).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut page = String::new();
        stream.read_to_string(&mut page).unwrap();
        page
    }

    fn paste(&mut self, text: &str) {
        writeln!(self.child.stdin.take().unwrap(), "{text}").unwrap();
    }

    fn end(mut self) -> Ran {
        let mut ran = Ran { code: 0, stdout: self.first, stderr: String::new() };
        self.stdout.read_to_string(&mut ran.stdout).unwrap();
        self.child.stderr.take().unwrap().read_to_string(&mut ran.stderr).unwrap();
        ran.code = self.child.wait().unwrap().code().unwrap_or(-1);
        ran
    }
}

fn connected(ran: &Ran) -> Value {
    ran.documents().last().unwrap()["connected"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shop_is_connected_through_the_browser() {
    let scene = Scene::new().await;
    let asking = scene.connect(&["shop", "--sink", "vault"]);
    let approved = scene.shopify.approve_install(asking.url(), None);

    assert!(asking.send("GET /favicon.ico HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 404"));
    let silent = TcpStream::connect(asking.open["listening"].as_str().unwrap()).unwrap();
    let forged = approved.replace("state=", "state=x");
    let page = asking.browse(&forged);
    assert!(page.starts_with("HTTP/1.1 400") && page.contains("another question"), "{page}");
    assert_eq!(scene.exchanges(), 0);

    let page = asking.browse(&approved);
    assert!(page.starts_with("HTTP/1.1 200") && page.contains("Connected"), "{page}");
    drop(silent);
    let ran = asking.end().expect(0);
    let told = connected(&ran);
    assert_eq!((told["what"].as_str(), told["delivered"].as_bool()), (Some("refresh token"), Some(true)));
    assert_eq!(told["scopes"], serde_json::json!(["read_products", "write_orders"]));

    let secret = scene.vault().unwrap().trim_end().to_owned();
    assert!(scene.shopify.is_alive(&secret), "the fake knows it");
    let events = scene.events();
    assert!(events.contains("credential_connected") && events.contains("refresh_token"), "{events}");
    for text in [&ran.stdout, &ran.stderr, &page, &events] {
        assert!(!text.contains(&secret) && !text.contains(&scene.seed.client_secret), "{text}");
        assert!(!text.contains("shpat_") && !text.contains("shprt_"), "{text}");
    }
    scene.it.run(&["check", "shop", "--json"]).expect(0);
    let left = scene.it.written().iter().filter(|path| path.to_string_lossy().contains("/secrets/")).count();
    assert_eq!(left, 0, "the file for the worst case is gone");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_sink_it_goes_where_the_setting_refers_to() {
    let scene = Scene::new().await;
    std::fs::create_dir(scene.it.path("vault")).unwrap();
    let asking = scene.connect(&["shop"]);
    asking.browse(&scene.shopify.approve_install(asking.url(), None));
    asking.end().expect(0);
    assert!(scene.shopify.is_alive(scene.vault().unwrap().trim_end()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_right_is_never_exchanged() {
    let scene = Scene::new().await;
    let asking = scene.connect(&["shop", "--sink", "vault"]);
    let page = asking.browse(&scene.shopify.deny_install(asking.url()));
    assert!(page.contains("Not connected"), "{page}");
    let ran = asking.end().expect(1);
    assert!(ran.stderr.contains("the merchant did not agree"), "{}", ran.stderr);

    let asking = scene.connect(&["shop", "--sink", "vault"]);
    let approved = scene.shopify.approve_install(asking.url(), None);
    asking.browse(&approved.replace("timestamp=1", "timestamp=2"));
    let ran = asking.end().expect(2);
    assert_eq!(ran.documents().last().unwrap()["error"]["code"], "hmac_mismatch");
    assert_eq!((scene.exchanges(), scene.vault()), (0, None));
    assert!(!scene.it.run(&["events"]).stdout.contains("credential_connected"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_lost_is_written_down() {
    let scene = Scene::new().await;
    scene.shopify.inject(On::Operation("authorization_code".to_owned()), Fault::LostAnswer, 1);
    let asking = scene.connect(&["shop", "--sink", "vault"]);
    let page = asking.browse(&scene.shopify.approve_install(asking.url(), None));
    assert!(page.contains("Not connected"), "{page}");
    let ran = asking.end().expect(4);
    assert!(ran.stderr.contains("authorise again"), "{}", ran.stderr);
    assert_eq!((scene.exchanges(), scene.vault()), (1, None));
    assert!(scene.events().contains("credential_connect_lost"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sink_that_fails_in_the_end_loses_nothing() {
    let scene = Scene::new().await;
    scene.it.write("vault", "in the way");
    let ran = scene.it.run(&["connect", "shop", "--sink", "vault", "--wait", "2", "--json"]).expect(1);
    assert!(!ran.stdout.contains("open"), "nobody is asked to click: {}", ran.stdout);
    std::fs::remove_file(scene.it.path("vault")).unwrap();

    let asking = scene.connect(&["shop", "--sink", "vault"]);
    std::fs::remove_dir_all(scene.it.path("vault")).unwrap();
    scene.it.write("vault", "in the way");
    asking.browse(&scene.shopify.approve_install(asking.url(), None));
    let ran = asking.end().expect(1);
    let told = ran.documents().into_iter().find(|document| document["connected"].is_object()).unwrap();
    let file = told["connected"]["file"].as_str().unwrap().to_owned();
    assert!(ran.stderr.contains(&file), "{}", ran.stderr);
    let secret = std::fs::read_to_string(file).unwrap();
    assert!(scene.shopify.is_alive(secret.trim_end()));
    assert!(!ran.stdout.contains(secret.trim_end()) && !ran.stderr.contains(secret.trim_end()));
    assert!(scene.events().contains("handed_over"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merchant_who_gives_less_is_told_of() {
    let scene = Scene::new().await;
    let asking = scene.connect(&["shop", "--sink", "vault", "--scopes", "read_orders,read_themes"]);
    asking.browse(&scene.shopify.approve_install(asking.url(), Some(&["read_orders"])));
    let ran = asking.end().expect(3);
    assert_eq!(connected(&ran)["missing"], serde_json::json!(["read_themes"]));
    assert!(scene.shopify.is_alive(scene.vault().unwrap().trim_end()));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_installation_comes_by_a_tunnel_or_is_pasted() {
    let scene = Scene::new().await;
    let redirect = "https://app.vendor.example/auth";
    let installed = || scene.it.fake.install_app(APP, STORE, SCOPES, redirect);
    let token = || std::fs::read_to_string(scene.it.path("installed-token")).unwrap().trim_end().to_owned();

    let asking = scene.connect(&["installed", "--redirect", redirect]);
    assert!(
        asking.open["url"].is_null() && asking.open["step"]["instructions"].is_array(),
        "{:?}",
        asking.open
    );
    let page = asking.browse(&installed());
    assert!(page.starts_with("HTTP/1.1 200"), "{page}");
    asking.end().expect(0);
    let first = token();
    assert_eq!(scene.it.fake.scopes_of(&first).unwrap(), SCOPES);

    let mut asking = scene.connect(&["installed", "--redirect", redirect, "--paste"]);
    assert!(asking.open["listening"].is_null());
    asking.paste(&installed());
    asking.end().expect(0);
    assert_eq!(scene.it.fake.scopes_of(&token()).unwrap(), SCOPES);
    assert_eq!(scene.it.fake.scopes_of(&first), None, "the platform ends the former one");

    let mut asking = scene.connect(&["installed", "--redirect", redirect, "--paste"]);
    asking.paste("marker-that-is-no-address");
    let ran = asking.end().expect(2);
    assert!(!ran.stderr.contains("marker") && !ran.stdout.contains("marker"), "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_waited_for_without_end() {
    let scene = Scene::new().await;
    for words in [
        &["shop", "--sink", "vault", "--wait", "1"][..],
        &["shop", "--redirect", "https://x.example/", "--paste", "--sink", "vault", "--wait", "1"],
    ] {
        let ran = scene.connect(words).end().expect(1);
        assert!(ran.stderr.contains("nobody came back within 1 s"), "{}", ran.stderr);
    }
    assert_eq!(scene.exchanges(), 0);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_while_waiting_leaves_nothing() {
    let scene = Scene::new().await;
    let asking = scene.connect(&["shop", "--sink", "vault"]);
    let pressed = Command::new("kill").args(["-INT", &asking.child.id().to_string()]).status().unwrap();
    assert!(pressed.success());
    let ran = asking.end().expect(1);
    assert!(ran.stderr.contains("nothing was exchanged"), "{}", ran.stderr);
    assert_eq!((scene.exchanges(), scene.vault()), (0, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_another_credential_is_refused_before_anybody_is_asked() {
    let scene = Scene::new().await;
    scene.it.write("web-token", "in use");
    let files = r#"[stores.shop.credentials.web]
kind = "storefront-token"
sinks = ["web"]

[sinks.web]
path = "web-token"

[sinks.nobodys]
path = "nobodys-token"
"#;
    scene.it.add(&format!("{}{files}", scene.config()));
    for more in ["--wait=1", "--dry-run"] {
        let ran = scene.it.run(&["connect", "shop", "--sink", "web", more]).expect(2);
        assert!(ran.stdout.is_empty(), "nobody is asked to click: {}", ran.stdout);
        for label in ["shop/web", "shop/refresh_token"] {
            assert!(ran.stderr.contains(label), "{}", ran.stderr);
        }
    }
    assert!(scene.shopify.requests().is_empty());
    assert_eq!(std::fs::read_to_string(scene.it.path("web-token")).unwrap(), "in use");

    // One that no credential names takes it.
    let asking = scene.connect(&["shop", "--sink", "nobodys"]);
    asking.browse(&scene.shopify.approve_install(asking.url(), None));
    asking.end().expect(0);
    let secret = std::fs::read_to_string(scene.it.path("nobodys-token")).unwrap();
    assert!(scene.shopify.is_alive(secret.trim_end()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_is_said_before_anybody_is_asked() {
    let scene = Scene::new().await;
    let plan =
        scene.it.run(&["connect", "shop", "--sink", "vault", "--dry-run", "--json"]).expect(0).document();
    assert_eq!((plan["dry_run"].as_bool(), plan["requests"].as_u64()), (Some(true), Some(1)));
    assert_eq!((plan["signs"].as_bool(), plan["pkce"].as_bool()), (Some(true), Some(false)));
    let ran = scene.it.run(&["connect", "site", "--sink", "vault"]).expect(1);
    assert!(ran.stderr.contains("Wix") && ran.stderr.contains("api_key"), "{}", ran.stderr);
    for words in [
        &["connect", "shop", "--sink", "nowhere"][..],
        &["connect", "shop", "--paste"],
        &["connect", "shop", "--redirect", "http://app.example/"],
        &["connect", "shop", "--redirect", "https://app.example/?a=b"],
        &["connect", "shop", "--scopes", "no scope", "--sink", "vault"],
        &["connect", "installed"],
        &["connect", "byhand"],
    ] {
        let ran = scene.it.run(words).expect(2);
        assert!(!ran.stderr.is_empty(), "{words:?}");
    }
    std::fs::remove_file(scene.it.path("shop-secret")).unwrap();
    let ran = scene.it.run(&["connect", "shop", "--sink", "vault"]).expect(2);
    assert!(ran.stderr.contains("client_secret"), "before anybody is asked to click: {}", ran.stderr);
    assert!(scene.shopify.requests().is_empty());
}
