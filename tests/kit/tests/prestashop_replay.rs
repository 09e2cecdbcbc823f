//! The fake PrestaShop against recordings of the real one: every recorded exchange is sent again, in order, and the
//! answers are compared.
//!
//! The recordings are not part of this repository. `GUESTPASS_VENDOR_DIR` names the folder that has them, as
//! `prestashop/webservice-captures.VERSION.json`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers outside of test functions fail a test in the same way"
)]

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use guestpass_testkit::ManualClock;
use guestpass_testkit::fakes::FakePrestashop;
use guestpass_testkit::fakes::prestashop::PrestashopVersion;
use quick_xml::Reader;
use quick_xml::events::Event;
use reqwest::{Client, Response};
use serde::Deserialize;
use serde_json::Value;

/// What the fake cannot repeat, by version and name, with the reason.
const LEFT_OUT: [(&str, &str, &str); 0] = [];

const FULL: &str = "FULLKEY0FULLKEY0FULLKEY0FULLKEY0";
const READ: &str = "READKEY0READKEY0READKEY0READKEY0";
const ALL: &[&str] = &["GET", "PUT", "POST", "DELETE", "HEAD"];

#[derive(Deserialize)]
struct Recording {
    captures: Vec<Capture>,
}

#[derive(Deserialize)]
struct Capture {
    name: String,
    request: Request,
    response: Recorded,
}

#[derive(Deserialize)]
struct Request {
    method: String,
    path: String,
    headers: BTreeMap<String, String>,
    body: Option<String>,
}

#[derive(Deserialize)]
struct Recorded {
    status: u16,
    headers: Vec<(String, String)>,
    body: Option<String>,
}

#[tokio::test]
async fn every_recorded_exchange_is_repeated() {
    let Some(folder) = std::env::var_os("GUESTPASS_VENDOR_DIR").map(PathBuf::from) else {
        // Not by a macro, whose output the test runner keeps to itself.
        let line = "left out: the recordings of PrestaShop, as GUESTPASS_VENDOR_DIR is not set";
        writeln!(std::io::stderr(), "{line}").unwrap();
        return;
    };
    replay(&folder, "9.0.3", PrestashopVersion::V9_0, "127.0.0.1:8090", 137).await;
    replay(&folder, "1.6.1.24", PrestashopVersion::V1_6, "127.0.0.1:8016", 132).await;
}

async fn replay(folder: &Path, version: &str, line: PrestashopVersion, host: &str, expected: usize) {
    let file = folder.join(format!("prestashop/webservice-captures.{version}.json"));
    let recording: Recording = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let mut bench = Bench::new(line, host).await;
    let (mut compared, mut differences) = (0, Vec::new());
    for capture in &recording.captures {
        bench.out_of_band(&capture.name);
        let difference = bench.repeat(capture).await.err();
        if LEFT_OUT.iter().any(|(of, name, _)| *of == version && *name == capture.name) {
            assert!(difference.is_some(), "{} is the same by now", capture.name);
            continue;
        }
        compared += 1;
        differences.extend(difference.map(|what| format!("{}: {what}", capture.name)));
    }
    assert!(differences.is_empty(), "{} of {version} differ:\n{}", differences.len(), differences.join("\n"));
    let left_out = LEFT_OUT.iter().filter(|(of, ..)| *of == version).count();
    assert_eq!((compared + left_out, recording.captures.len()), (expected, expected));
}

struct Bench {
    fake: FakePrestashop,
    client: Client,
    /// The address of the recorded shop.
    host: String,
    /// The fake's hashes, by the recorded ones.
    hashes: BTreeMap<String, String>,
}

impl Bench {
    async fn new(line: PrestashopVersion, host: &str) -> Self {
        let fake = FakePrestashop::start(Arc::new(ManualClock::new())).await;
        fake.set_version(line);
        fake.set_shop_name("HoldoutShop");
        fake.quirks(|quirks| {
            quirks.limit_per_second = usize::MAX;
            quirks.unsorted_lists = false;
        });
        fake.add_employee("owner@example.com", "Olive", "Owner", 1);
        let everything: &[&str] = &["GET", "PUT", "POST", "PATCH", "DELETE", "HEAD"];
        let employees = if line == PrestashopVersion::V1_6 { ALL } else { everything };
        let full: &[(&str, &[&str])] =
            &[("configurations", ALL), ("employees", employees), ("languages", ALL), ("shops", ALL)];
        fake.add_key(FULL, full);
        fake.add_key(READ, &[("employees", &["GET", "HEAD"])]);
        let (off, idle, lost) = ("OFFKEY00", "NOPERM00", "NOSHOP00");
        fake.add_key(&off.repeat(4), full);
        fake.set_key_enabled(&off.repeat(4), false);
        fake.add_key(&idle.repeat(4), &[]);
        fake.add_key(&lost.repeat(4), full);
        fake.set_key_shops(&lost.repeat(4), &[]);
        let client = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .build()
            .unwrap();
        Self { fake, client, host: host.to_owned(), hashes: BTreeMap::new() }
    }

    /// What was done to the recorded shop between two exchanges.
    fn out_of_band(&self, name: &str) {
        match name {
            _ if name.ends_with("-null-dates") => self.fake.null_compare_dates(),
            "list-without-shop-row" => self.fake.set_employee_shops("sam.support@vendor.example", &[]),
            "id_shop-2-key-not-associated" => self.fake.add_shop(2, "/second/"),
            "id_shop-2-key-associated" => self.fake.set_key_shops(FULL, &[1, 2]),
            "webservice-disabled" => self.fake.set_webservice(false),
            _ => {}
        }
    }

    async fn repeat(&mut self, capture: &Capture) -> Result<(), String> {
        let Capture { request, response, .. } = capture;
        let url = format!("{}{}", self.fake.uri(), request.path);
        let mut again = self.client.request(request.method.parse().unwrap(), url);
        for (name, value) in request.headers.iter().filter(|(name, _)| *name != "Content-Length") {
            again = again.header(name, value);
        }
        if let Some(body) = &request.body {
            again = again.body(self.translated(body));
        }
        let answer = again.send().await.map_err(|error| error.to_string())?;
        if answer.status() != response.status {
            return Err(format!("status {} instead of {}", answer.status(), response.status));
        }
        self.compare_headers(&answer, response)?;
        let body = answer.text().await.map_err(|error| error.to_string())?;
        let authority = self.fake.uri().replace("http://", "");
        let recorded = response.body.as_deref().unwrap_or_default().replace(&self.host, &authority);
        self.compare_bodies(&body, &recorded)
    }

    /// A recorded body with the fake's hashes in it.
    fn translated(&self, body: &str) -> String {
        self.hashes.iter().fold(body.to_owned(), |body, (recorded, own)| body.replace(recorded, own))
    }

    /// The same headers, and the same values except where a value is new each time.
    fn compare_headers(&self, answer: &Response, recorded: &Recorded) -> Result<(), String> {
        const OF_TRANSPORT: [&str; 3] = ["date", "content-length", "connection"];
        const VOLATILE: [&str; 4] = ["access-time", "execution-time", "content-sha1", "set-cookie"];
        let plain = |name: &str, value: &str| match VOLATILE.contains(&name) {
            true => String::new(),
            false => value.trim().to_lowercase(),
        };
        let authority = self.fake.uri().replace("http://", "");
        let expected: BTreeMap<_, _> = recorded
            .headers
            .iter()
            .map(|(name, value)| (name.to_lowercase(), value.replace(&self.host, &authority)))
            .map(|(name, value)| (name.clone(), plain(&name, &value)))
            .collect();
        let found: BTreeMap<_, _> = answer
            .headers()
            .iter()
            .filter(|(name, _)| !OF_TRANSPORT.contains(&name.as_str()))
            .map(|(name, value)| (name.to_string(), plain(name.as_str(), value.to_str().unwrap())))
            .collect();
        if found == expected { Ok(()) } else { Err(format!("headers {found:?} instead of {expected:?}")) }
    }

    fn compare_bodies(&mut self, body: &str, recorded: &str) -> Result<(), String> {
        let (found, expected) = (Shape::of(body), Shape::of(recorded));
        let (Some(mut found), Some(mut expected)) = (found, expected) else {
            let same = body.trim_end() == recorded.trim_end();
            return if same { Ok(()) } else { Err(format!("{body:?} instead of {recorded:?}")) };
        };
        let (mut own, mut theirs) = (Vec::new(), Vec::new());
        found.settle(&mut own);
        expected.settle(&mut theirs);
        self.hashes.extend(theirs.into_iter().zip(own));
        if found == expected { Ok(()) } else { Err(format!("{found:?}\n  instead of {expected:?}")) }
    }
}

/// A document, taken apart.
#[derive(Debug, PartialEq)]
enum Shape {
    Xml(Element),
    Json(Value),
}

#[derive(Debug, PartialEq)]
struct Element {
    name: String,
    /// As written, with a space before each.
    attributes: String,
    text: String,
    /// Whether the text is in CDATA, be it empty.
    cdata: bool,
    children: Vec<Self>,
}

impl Shape {
    /// `None` for plain text.
    fn of(body: &str) -> Option<Self> {
        match body.trim_start().chars().next()? {
            '<' => Some(Self::Xml(element(body))),
            '{' | '[' => Some(Self::Json(serde_json::from_str(body).unwrap())),
            _ => None,
        }
    }

    /// Replaces what is new each time by its form, and takes the hashes out, in order.
    fn settle(&mut self, hashes: &mut Vec<String>) {
        match self {
            Self::Xml(element) => element.settle(hashes),
            Self::Json(value) => settle(value, hashes),
        }
    }
}

impl Element {
    fn settle(&mut self, hashes: &mut Vec<String>) {
        self.text = settled(&self.name, &self.text, hashes);
        self.children.iter_mut().for_each(|child| child.settle(hashes));
    }
}

fn settle(value: &mut Value, hashes: &mut Vec<String>) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| settle(item, hashes)),
        Value::Object(fields) => fields.iter_mut().for_each(|(name, value)| match value {
            Value::String(text) => *text = settled(name, text, hashes),
            other => settle(other, hashes),
        }),
        _ => {}
    }
}

/// Times, hashes and the texts of PHP's warnings by their form; every other text as it is.
fn settled(name: &str, text: &str, hashes: &mut Vec<String>) -> String {
    let form = |text: &str| text.replace(|one: char| one.is_ascii_digit(), "9");
    match name {
        "passwd" if !text.is_empty() => {
            hashes.push(text.to_owned());
            let scheme = if text.starts_with("$2y$10$") { "bcrypt" } else { "md5" };
            format!("{scheme} {}", text.len())
        }
        "last_passwd_gen" if !text.starts_with("0000") => form(text),
        "message" if text.starts_with("[PHP Warning #2] ") => "a warning".to_owned(),
        _ => text.to_owned(),
    }
}

fn element(body: &str) -> Element {
    let blank = |name: &str, attributes: &str| Element {
        name: name.to_owned(),
        attributes: attributes.trim_end().to_owned(),
        text: String::new(),
        cdata: false,
        children: Vec::new(),
    };
    let mut reader = Reader::from_str(body);
    reader.config_mut().expand_empty_elements = true;
    let mut open = vec![blank("", "")];
    loop {
        match reader.read_event().unwrap_or_else(|error| panic!("{error} in {body}")) {
            Event::Start(start) => open.push(blank(start.name().into_inner(), start.attributes_raw())),
            Event::End(_) => {
                let done = open.pop().unwrap();
                open.last_mut().unwrap().children.push(done);
            }
            Event::Text(text) => open.last_mut().unwrap().text.push_str(text.trim()),
            Event::CData(text) => {
                let inside = open.last_mut().unwrap();
                inside.text.push_str(&text);
                inside.cdata = true;
            }
            Event::Eof => return open.pop().unwrap(),
            _ => {}
        }
    }
}
