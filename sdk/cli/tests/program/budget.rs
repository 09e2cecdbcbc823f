//! Separate processes spend one budget together.

use crate::fixture::{Fixture, SAM, STORE};

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_processes_stay_inside_the_limit_of_the_platform() {
    let it = Fixture::new().await;
    it.fake.add_user(STORE, SAM, "Sam", "Support");
    let mut done = 0;
    for round in 0..100 {
        let ran = it.run(&["observe", "acme", "sam", "--timeout", "60", "--json"]);
        match ran.code {
            0 => {
                assert_eq!(done, round, "once the budget is used up, it stays so");
                done += 1;
            }
            1 => {
                let error = &ran.document()["error"];
                assert_eq!(error["kind"], "rate_limited", "{error}");
                assert!(error["retry_after_seconds"].as_u64().unwrap() > 3000, "{error}");
            }
            _ => panic!("{ran:?}"),
        }
    }
    assert_eq!(done, 60, "the reserve is left");
    assert_eq!(it.fake.account_requests(), 60);

    // The reserve takes somebody out, with proof, when everything else has to wait.
    it.run(&["invite", "acme", "kim@vendor.example", "--timeout", "60"]).expect(1);
    it.run(&["remove", "acme", "sam", "--timeout", "60"]).expect(0);
    assert!(!it.fake.is_member(STORE, SAM));
    assert!(it.fake.account_requests() <= 70);
    assert!(it.fake.requests().iter().all(|request| !request.throttled));
}
