//! What only this ledger has, on either database.

use async_trait::async_trait;
use futures_util::future::join_all;
use guestpass::grants::{Commit, GrantQuery, Ledger, StepQuery};
use guestpass::{ErrorKind, Timestamp};
use guestpass_ledger::{KEEP_AT_LEAST, SqlLedger};
use guestpass_testkit::ledger::chains::verified;
use guestpass_testkit::ledger::samples::{
    closed, fact, grant, holding, noon, over, person, place, record, review, review_row, step, store,
    subject as account,
};

/// Where a ledger is kept, and a way to change it behind its back.
#[async_trait]
pub(crate) trait Data: Send + Sync {
    async fn open(&self) -> guestpass::Result<SqlLedger>;

    async fn run(&self, sql: &str);
}

/// Makes a test of every case. The argument is the path of a `fn() -> Option<impl Data>`.
macro_rules! sql_cases {
    ($data:path) => {
        $crate::cases::sql_cases! { $data;
            many_programs_start_at_once, a_newer_ledger_is_refused, an_older_grant_is_read,
            what_a_newer_program_wrote_is_named, unreadable_people_show_nothing, a_large_record_is_refused,
            long_texts_and_odd_ones_come_back, what_is_young_is_not_pruned, old_reviews_are_pruned_with_their_rows,
            pruning_leaves_a_checkpoint,
            pruning_spares_what_is_not_over, a_clock_set_back_keeps_what_lies_behind, few_of_many_places_are_due
        }
    };
    ($data:path; $($case:ident),+) => {
        $(
            #[tokio::test]
            async fn $case() {
                if let Some(data) = $data() {
                    Box::pin($crate::cases::$case(&data)).await;
                }
            }
        )+
    };
}
pub(crate) use sql_cases;

pub(crate) fn shows_no_secret(ledger: &SqlLedger) {
    let shown = format!("{ledger:?}");
    assert!(shown == "SqlLedger(\"SQLite\")" || shown == "SqlLedger(\"PostgreSQL\")", "{shown}");
}

pub(crate) async fn many_programs_start_at_once(data: &impl Data) {
    let programs = join_all((0..6).map(|_| data.open())).await;
    for (number, program) in programs.into_iter().enumerate() {
        let ledger = program.unwrap();
        ledger.commit(Commit::new().fact(fact("acme", &number.to_string()))).await.unwrap();
    }
    assert_eq!(verified(&data.open().await.unwrap(), "acme").await.len(), 6);
}

pub(crate) async fn a_newer_ledger_is_refused(data: &impl Data) {
    data.open().await.unwrap();
    data.run("UPDATE ledger_schema SET version = 99").await;
    let error = data.open().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(
        error.to_string(),
        "the ledger has version 99, this program knows versions up to 5; next: update guestpass"
    );
}

pub(crate) async fn an_older_grant_is_read(data: &impl Data) {
    let ledger = data.open().await.unwrap();
    let mut new = grant(&place("acme", "1"), &person("anna"));
    ledger.commit(Commit::new().grant(new.clone())).await.unwrap();
    new.revision = 1;
    let mut older = serde_json::to_value(&new).unwrap();
    assert!(older.as_object_mut().unwrap().remove("deliver_to").is_some());
    data.run(&format!("UPDATE grants SET document = '{older}'")).await;
    let read = ledger.grant(new.id).await.unwrap().unwrap();
    new.deliver_to = None;
    assert_eq!(read, new);
}

pub(crate) async fn what_a_newer_program_wrote_is_named(data: &impl Data) {
    let ledger = data.open().await.unwrap();
    let (here, anna) = (place("acme", "1"), person("anna"));
    let (new, task) = (grant(&here, &anna), step(&here, &anna));
    ledger.commit(Commit::new().grant(new.clone()).step(task.clone())).await.unwrap();
    data.run(
        "UPDATE grants SET phase = 'paused_by_law', document = replace(document, '\"phase\":\"active\"', \
         '\"phase\":\"paused_by_law\"'); UPDATE steps SET document = replace(document, '\"entry\"', '\"ritual\"')",
    )
    .await;
    let living = ledger.grants(&GrantQuery::living(&here), None, 10).await.unwrap_err();
    let steps = ledger.steps(&StepQuery::open_at(&here), None, 10).await.unwrap_err();
    for (error, id) in [(living, new.id.to_string()), (steps, task.id.to_string())] {
        assert_eq!(error.kind(), ErrorKind::Internal);
        assert!(error.message().contains(&id), "{error}");
        assert!(error.remedy().contains("update guestpass"), "{error}");
    }
}

pub(crate) async fn unreadable_people_show_nothing(data: &impl Data) {
    let ledger = data.open().await.unwrap();
    let mut change = Commit::new();
    change.people.push(record(&person("anna"), "Example"));
    ledger.commit(change).await.unwrap();
    data.run("UPDATE people SET document = '\"anna.private@vendor.example\"'").await;
    let error = ledger.person(&person("anna")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Internal);
    assert!(!format!("{error} {error:?}").contains("private"), "{error:?}");
}

pub(crate) async fn a_large_record_is_refused(data: &impl Data) {
    let ledger = data.open().await.unwrap();
    let mut large = grant(&place("acme", "1"), &person("anna"));
    large.reason = Some("x".repeat(1 << 20));
    let small = grant(&place("acme", "2"), &person("anna"));
    let error = ledger.commit(Commit::new().grant(small.clone()).grant(large)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    assert!(error.message().starts_with("the grant has 1049"), "{error}");
    let mut told = fact("acme", "first");
    told.reason = Some("x".repeat(1 << 20));
    assert!(ledger.commit(Commit::new().grant(small.clone()).fact(told)).await.is_err());
    assert_eq!(ledger.grant(small.id).await.unwrap(), None);
    assert_eq!(ledger.heads().await.unwrap(), []);
}

pub(crate) async fn long_texts_and_odd_ones_come_back(data: &impl Data) {
    let ledger = data.open().await.unwrap();
    let mut odd = grant(&place("acme", "1"), &person("anna"));
    odd.reason = Some(format!("'; DROP TABLE grants; -- \u{1F511} \u{0}\n {}", "ä".repeat(100_000)));
    odd.starts_at = Timestamp::MIN;
    odd.ends_at = Timestamp::MAX;
    let mut far = holding(&place("acme", "1"), Some(Timestamp::MAX), false);
    ledger.commit(Commit::new().grant(odd.clone()).holding(far.clone())).await.unwrap();
    odd.revision = 1;
    far.revision = 1;
    assert_eq!(ledger.grant(odd.id).await.unwrap(), Some(odd));
    assert_eq!(ledger.holding(&store("acme"), &account("1")).await.unwrap(), Some(far));
    assert_eq!(ledger.due_keys(noon(), 10).await.unwrap(), []);
}

fn long_ago() -> Timestamp {
    noon() - KEEP_AT_LEAST - KEEP_AT_LEAST
}

/// The latest time before which may be pruned.
fn latest() -> Timestamp {
    noon() - KEEP_AT_LEAST
}

fn old_fact(kind: &str) -> guestpass::grants::audit::Fact {
    let mut old = fact("acme", kind);
    old.at = long_ago();
    old
}

pub(crate) async fn what_is_young_is_not_pruned(data: &impl Data) {
    let ledger = data.open().await.unwrap();
    let too_late = latest() + std::time::Duration::from_millis(1);
    let error = ledger.prune(too_late, noon()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    let young = over(grant(&place("acme", "1"), &person("anna")), latest());
    let mut told = fact("acme", "young");
    told.at = latest();
    ledger.commit(Commit::new().grant(young.clone()).fact(told)).await.unwrap();
    let pruned = ledger.prune(latest(), noon()).await.unwrap();
    assert_eq!((pruned.grants, pruned.steps, pruned.events), (0, 0, 0));
    assert!(ledger.grant(young.id).await.unwrap().is_some());
    assert_eq!(ledger.checkpoint(&store("acme")).await.unwrap(), None);
}

pub(crate) async fn old_reviews_are_pruned_with_their_rows(data: &impl Data) {
    let ledger = data.open().await.unwrap();
    let (old, young) = (review(long_ago()), review(latest()));
    let mut change = Commit::new();
    change.review_rows = vec![review_row(old.id, 1), review_row(young.id, 1)];
    change.reviews = vec![old.clone(), young.clone()];
    ledger.commit(change).await.unwrap();
    let pruned = ledger.prune(latest(), noon()).await.unwrap();
    assert_eq!(pruned.reviews, 1);
    assert_eq!(ledger.review(old.id).await.unwrap(), None);
    assert_eq!(ledger.review_rows(old.id, 0, 10).await.unwrap(), []);
    assert!(ledger.review(young.id).await.unwrap().is_some());
    assert_eq!(ledger.review_rows(young.id, 0, 10).await.unwrap().len(), 1);
}

pub(crate) async fn pruning_leaves_a_checkpoint(data: &impl Data) {
    let ledger = data.open().await.unwrap();
    let gone = over(grant(&place("acme", "1"), &person("anna")), long_ago());
    let done = closed(step(&place("acme", "1"), &person("anna")), long_ago());
    let old = Commit::new().grant(gone.clone()).step(done.clone()).fact(old_fact("1")).fact(old_fact("2"));
    ledger.commit(old.fact(fact("acme", "3"))).await.unwrap();
    let before = verified(&ledger, "acme").await;
    let heads = ledger.heads().await.unwrap();

    let pruned = ledger.prune(latest(), noon()).await.unwrap();
    assert_eq!((pruned.grants, pruned.steps, pruned.events), (1, 1, 2));
    assert_eq!(ledger.grant(gone.id).await.unwrap(), None);
    assert_eq!(ledger.step(done.id).await.unwrap(), None);
    let checkpoint = ledger.checkpoint(&store("acme")).await.unwrap().unwrap();
    assert_eq!((checkpoint.seq, &checkpoint.hash), (2, &before[1].hash));
    assert_eq!(ledger.heads().await.unwrap(), heads);
    assert_eq!(verified(&ledger, "acme").await, before[2..]);

    ledger.commit(Commit::new().fact(old_fact("4"))).await.unwrap();
    assert_eq!(ledger.prune(latest(), noon()).await.unwrap().events, 0);
    assert_eq!(verified(&data.open().await.unwrap(), "acme").await.len(), 2);
}

/// A chain whose events are all old keeps its end, and goes on from there.
pub(crate) async fn pruning_spares_what_is_not_over(data: &impl Data) {
    let ledger = data.open().await.unwrap();
    let (here, anna) = (place("acme", "1"), person("anna"));
    let living = grant(&place("acme", "2"), &anna);
    let (with_task, task) = (over(grant(&here, &anna), long_ago()), step(&here, &anna));
    let change = Commit::new().grant(living.clone()).grant(with_task.clone()).step(task.clone());
    ledger.commit(change.fact(old_fact("1")).fact(old_fact("2"))).await.unwrap();
    let head = ledger.heads().await.unwrap();
    let pruned = ledger.prune(latest(), noon()).await.unwrap();
    assert_eq!((pruned.grants, pruned.steps, pruned.events), (0, 0, 2));
    assert!(ledger.grant(living.id).await.unwrap().is_some());
    assert!(ledger.grant(with_task.id).await.unwrap().is_some());
    assert_eq!(ledger.heads().await.unwrap(), head);
    ledger.commit(Commit::new().fact(fact("acme", "3"))).await.unwrap();
    assert_eq!(verified(&ledger, "acme").await[0].seq, 3);
}

pub(crate) async fn a_clock_set_back_keeps_what_lies_behind(data: &impl Data) {
    let ledger = data.open().await.unwrap();
    let change = Commit::new().fact(old_fact("1")).fact(fact("acme", "2")).fact(old_fact("3"));
    ledger.commit(change).await.unwrap();
    assert_eq!(ledger.prune(latest(), noon()).await.unwrap().events, 1);
    assert_eq!(verified(&ledger, "acme").await.len(), 2);
}

pub(crate) async fn few_of_many_places_are_due(data: &impl Data) {
    let ledger = data.open().await.unwrap();
    for part in 0..5 {
        let many = (0..200).fold(Commit::new(), |change, number| {
            let here = place(&format!("store-{part}"), &number.to_string());
            change.holding(holding(&here, (number == 7).then(noon), part == 3))
        });
        ledger.commit(many).await.unwrap();
    }
    let due = ledger.due_keys(noon(), 100).await.unwrap();
    assert_eq!(due.len(), 5);
    assert_eq!(due[0].key.contention.as_str(), "store-3");
    assert_eq!(ledger.due_holdings(&due[0].key, noon(), 100).await.unwrap().len(), 1);
}
