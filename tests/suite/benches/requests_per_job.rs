//! How many requests each job costs on each platform: those charged to the platform's scarcest budget, and others.
//!
//! `cargo bench -p guestpass-suite`

#![allow(clippy::unwrap_used, reason = "a bench that cannot be set up has nothing to say")]

mod rotation;

use guestpass::rotation::Stage;
use guestpass::{AccessProvider, AccessProviderExt, Baseline, CallContext, ListQuery, RemoveRequest};
use guestpass_suite::columns;
use guestpass_testkit::conformance::{Subject, World};

const JOBS: [&str; 7] = [
    "check",
    "list",
    "observe",
    "invite",
    "list again at once",
    "remove with proof",
    "remove who is out already",
];

async fn run(job: &str, subject: &Subject, provider: &dyn AccessProvider, cx: &CallContext) {
    // What cannot be done here costs nothing, and says so; the count is all that matters.
    match job {
        "check" => drop(provider.check(cx).await),
        "list" => read_all(provider, ListQuery::fresh(), cx).await,
        "list again at once" => read_all(provider, ListQuery::new(), cx).await,
        "observe" => drop(provider.observe(&subject.target(), cx).await),
        "invite" => drop(provider.ensure_invited(&subject.invitation(), cx).await),
        _ => {
            let removal = RemoveRequest::new(subject.target()).with_baseline(Baseline::Absent);
            drop(provider.ensure_removed(&removal, cx).await);
        }
    }
}

async fn read_all(provider: &dyn AccessProvider, query: ListQuery, cx: &CallContext) {
    let mut pages = provider.pages(query, None, cx);
    while let Ok(Some(_)) = pages.next_page().await {}
}

fn counted(world: &dyn World) -> (usize, usize) {
    let requests = world.requests();
    let metered = requests.iter().filter(|request| world.is_metered(request)).count();
    (metered, requests.len() - metered)
}

/// What it has cost since then.
fn since(before: (usize, usize), world: &dyn World) -> String {
    let after = counted(world);
    format!("{} + {}", after.0 - before.0, after.1 - before.1)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    jobs().await;
    println!();
    rotations().await;
}

async fn jobs() {
    println!("| platform | {} |\n| --- |{}", JOBS.join(" | "), " --- |".repeat(JOBS.len()));
    for (heading, make) in columns() {
        let subject = make().await.unwrap();
        let provider = subject.connect();
        let mut row = Vec::new();
        for job in JOBS {
            let before = counted(&*subject.world);
            run(job, &subject, &*provider, &subject.call()).await;
            row.push(since(before, &*subject.world));
        }
        println!("| {heading} | {} |", row.join(" | "));
    }
}

async fn rotations() {
    println!("| platform | credential | new one in place | old one dead |\n| --- | --- | --- | --- |");
    for case in rotation::cases().await {
        let before = counted(&*case.world);
        let begun = case.begin().await;
        let first = since(before, &*case.world);
        assert_eq!(begun.stage, Stage::Promoted, "{}: {:?}", case.platform, begun.trouble);
        let before = counted(&*case.world);
        let ended = case.end(begun).await;
        let second = since(before, &*case.world);
        assert_eq!(ended.stage, Stage::Done, "{}: {:?}", case.platform, ended.trouble);
        println!("| {} | {} | {first} | {second} |", case.platform, case.kind());
    }
}
