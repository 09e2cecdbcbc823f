use super::*;

/// The only update that works in every version: what was read, without the dates.
fn without_dates(read: &str, changes: &[(&str, &str)]) -> String {
    let dates =
        ["last_passwd_gen", "stats_date_from", "stats_date_to", "stats_compare_from", "stats_compare_to"];
    let lines = read.lines().filter(|line| !dates.iter().any(|date| line.contains(&format!("<{date}>"))));
    let changed = lines.map(|line| {
        let change = changes.iter().find(|(name, _)| line.trim().starts_with(&format!("<{name}>")));
        change.map_or(line.to_owned(), |(name, value)| format!("<{name}>{value}</{name}>"))
    });
    changed.collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn the_recipe_for_updates_works_in_every_version() {
    for version in VERSIONS {
        let bench = Bench::of(version).await;
        let made = bench.create(AGENT).await;
        assert_eq!((made.status, made.field("active")), (201, "1"), "{version:?}");
        let id = made.field("id").to_owned();
        let read = bench.get(&format!("employees/{id}")).await;
        let unchanged = bench.ask("PUT", "employees/2", &read.body).await;
        let refused = if version == PrestashopVersion::V9_0 { "93" } else { "85" };
        assert_eq!((unchanged.status, unchanged.codes()), (400, vec![refused]), "{version:?}");

        let hash = bench.fake.employee(AGENT).unwrap().hash;
        let off = bench.ask("PUT", "employees/2", &without_dates(&read.body, &[("active", "0")])).await;
        assert_eq!(off.status, 200, "{version:?}: {}", off.body);
        let now = bench.fake.employee(AGENT).unwrap();
        assert!(!now.active && now.hash == hash && now.profile == 5, "{now:?}");
        assert_eq!(bench.fake.password_of(AGENT).unwrap(), "Agent-Passw0rd-1");
        let changes = [("active", "1"), ("passwd", "Other-Passw0rd-2")];
        bench.ask("PUT", "employees/2", &without_dates(&read.body, &changes)).await;
        let now = bench.fake.employee(AGENT).unwrap();
        assert!(now.active && now.hash != hash && now.hash.len() == hash.len());
        assert_eq!(bench.fake.password_of(AGENT).unwrap(), "Other-Passw0rd-2");
        assert_eq!((bench.fake.admissions(AGENT), bench.fake.removals(AGENT)), (2, 1));
    }
}

#[tokio::test]
async fn version_8_may_take_zero_dates_back() {
    let bench = Bench::of(PrestashopVersion::V8).await;
    let read = bench.get("employees/1").await;
    assert_eq!(bench.ask("PUT", "employees/1", &read.body).await.codes(), ["85"]);
    bench.fake.quirks(|quirks| quirks.v8_refuses_zero_dates = false);
    assert_eq!(bench.ask("PUT", "employees/1", &read.body).await.status, 200);
}

#[tokio::test]
async fn put_empties_what_it_does_not_name_and_the_body_says_whom() {
    let bench = Bench::new().await;
    bench.create(AGENT).await;
    let body = employee(&[("id", "2")]).replace("<active>1</active>", "");
    assert_eq!(bench.ask("PUT", "employees/1", &body).await.status, 200);
    let (owner, agent) = (bench.fake.employee(OWNER).unwrap(), bench.fake.employee(AGENT).unwrap());
    assert!(owner.active && !agent.active);
    assert_eq!(
        bench
            .ask("PUT", "employees/2", "<prestashop><employee><id>2</id></employee></prestashop>")
            .await
            .codes(),
        ["41"]
    );
    assert_eq!(bench.ask("PUT", "employees/2", &employee(&[])).await.codes(), ["90"]);
    assert_eq!(bench.ask("PUT", "employees/2", &employee(&[("id", "77")])).await.codes(), ["92"]);
    assert_eq!(bench.ask("POST", "employees", &employee(&[("id", "77")])).await.codes(), ["91"]);
}

#[tokio::test]
async fn patch_works_once_after_the_dates_were_emptied() {
    let bench = Bench::new().await;
    let body = "<prestashop><employee><id>1</id><firstname>Olga</firstname></employee></prestashop>";
    let patch = async || bench.ask("PATCH", "employees/1", body).await;
    let refused = patch().await;
    assert_eq!((refused.status, refused.codes()), (400, vec!["85"]));
    bench.fake.null_compare_dates();
    assert_eq!(patch().await.status, 200);
    assert_eq!(bench.fake.employee(OWNER).unwrap().first, "Olga");
    assert_eq!(patch().await.status, 400);
    let old = Bench::of(PrestashopVersion::V1_6).await;
    let refused = old.ask("PATCH", "employees/1", body).await;
    assert_eq!((refused.status, refused.codes()), (405, vec!["23"]));
}

#[tokio::test]
async fn nothing_protects_the_merchant() {
    let bench = Bench::new().await;
    let reckless = employee(&[("id_profile", "999"), ("passwd", "a")]);
    assert_eq!(bench.ask("POST", "employees", &reckless).await.status, 201);
    assert_eq!(bench.ask("POST", "employees", &reckless).await.status, 201);
    assert_eq!(bench.fake.employees().iter().filter(|one| one.email == AGENT).count(), 2);
    assert_eq!(bench.ask("DELETE", "employees/?id=[2,77]", "").await.codes(), ["87"]);
    assert_eq!(bench.fake.employees().len(), 3, "nothing goes when one is missing");
    let gone = bench.ask("DELETE", "employees/1", "").await;
    assert_eq!((gone.status, gone.body.as_str()), (200, ""));
    assert!(bench.fake.employee(OWNER).is_none());
    assert_eq!(bench.fake.removals(OWNER), 1);
    assert_eq!(bench.ask("DELETE", "employees/1", "").await.codes(), ["87"]);
}

#[tokio::test]
async fn a_body_that_is_no_xml_comes_back_with_its_password() {
    let bench = Bench::new().await;
    for body in ["{\"employee\":{\"passwd\":\"Hidden-1\"}}", "<prestashop><employee><passwd>Hidden-1"] {
        let refused = bench.ask("POST", "employees", body).await;
        assert_eq!((refused.status, refused.codes().last()), (500, Some(&"127")), "{body}");
        assert!(refused.body.contains("Hidden-1"));
    }
    assert_eq!(bench.ask("POST", "employees", "").await.codes(), ["127"]);
    assert_eq!(bench.ask("POST", "employees", &format!("xml={}", employee(&[]))).await.status, 201);
    assert_eq!(bench.fake.employees().len(), 2);
}

#[tokio::test]
async fn fields_are_checked_by_version() {
    let long = "A".repeat(40);
    for (version, fits) in [(PrestashopVersion::V1_6, false), (PrestashopVersion::V9_0, true)] {
        let bench = Bench::of(version).await;
        let status =
            async |fields: &[(&str, &str)]| bench.ask("POST", "employees", &employee(fields)).await.status;
        assert_eq!(status(&[("lastname", &long)]).await == 201, fits, "{version:?}");
        for (field, value) in
            [("lastname", "R2D2"), ("email", "nobody"), ("active", "2"), ("id_lang", "x"), ("email", "")]
        {
            assert_eq!(status(&[(field, value)]).await, 400, "{field}={value}");
        }
    }
}

#[tokio::test]
async fn secrets_are_known_to_the_fake() {
    let bench = Bench::new().await;
    bench.create(AGENT).await;
    let token = "0123456789abcdef0123456789abcdef01234567";
    bench.fake.set_reset_token(AGENT, token);
    assert_eq!(bench.get("employees/2").await.field("reset_password_token"), token);
    let (secrets, hash) = (bench.fake.secrets(), bench.fake.employee(AGENT).unwrap().hash);
    for secret in [KEY, token, "Agent-Passw0rd-1", &hash] {
        assert!(secrets.iter().any(|known| known == secret), "{secret}");
    }
}
