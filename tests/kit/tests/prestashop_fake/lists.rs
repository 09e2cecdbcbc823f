use guestpass_testkit::fakes::prestashop::Paging;

use super::*;

fn ids(list: &Value) -> Vec<u64> {
    let rows = list["employees"].as_array().map(Vec::as_slice).unwrap_or_default();
    rows.iter().map(|row| row["id"].as_u64().unwrap()).collect()
}

impl Bench {
    async fn crowd(&self, size: u64) {
        for number in 1..size {
            self.fake.add_employee(&format!("staff{number}@merchant.example"), "Staff", "Member", 4);
        }
    }

    async fn ids(&self, parameters: &str) -> Vec<u64> {
        ids(&self.get(&format!("employees?output_format=JSON&{parameters}")).await.json())
    }
}

#[tokio::test]
async fn lists_have_no_order_until_one_is_asked_for() {
    let bench = Bench::new().await;
    bench.crowd(9).await;
    let sorted: Vec<u64> = (1..=9).collect();
    let unsorted = bench.ids("").await;
    assert_ne!(unsorted, sorted);
    assert_eq!(unsorted, bench.ids("").await, "and yet the same each time");
    assert_eq!(bench.ids("sort=[id_ASC]").await, sorted);
    assert_eq!(bench.ids("sort=id_DESC&limit=2,3").await, [7, 6, 5]);
    assert_eq!(bench.ids("sort=[id_profile_DESC,id_ASC]&limit=2").await, [2, 3]);
    assert_eq!(bench.ids("sort=[id_ASC]&limit=9,5").await, Vec::<u64>::new());
    assert_eq!(bench.get("employees?limit=9,5&output_format=JSON").await.json(), json!([]));
}

#[tokio::test]
async fn pages_go_wrong_when_told_to() {
    let bench = Bench::new().await;
    bench.crowd(5).await;
    let page = async |offset: u8| bench.ids(&format!("sort=[id_ASC]&limit={offset},2")).await;
    for (paging, pages) in [
        (Paging::Right, [vec![1, 2], vec![3, 4], vec![5]]),
        (Paging::RepeatedRow, [vec![1, 2], vec![2, 3, 4], vec![4, 5]]),
        (Paging::SamePage, [vec![1, 2], vec![1, 2], vec![1, 2]]),
        (Paging::Backwards, [vec![5, 4], vec![3, 2], vec![1]]),
    ] {
        bench.fake.quirks(|quirks| quirks.paging = paging);
        assert_eq!([page(0).await, page(2).await, page(4).await], pages, "{paging:?}");
        assert_eq!(bench.ids("sort=[id_ASC]").await, [1, 2, 3, 4, 5]);
    }
}

#[tokio::test]
async fn filters_find_whom_they_mean() {
    let bench = Bench::new().await;
    bench.fake.add_employee("a+b@vendor.example", "Plus", "Person", 5);
    bench.fake.add_employee(AGENT, "Ada", "Agent", 5);
    bench.fake.set_active(AGENT, false);
    for (filter, found) in [
        ("filter[email]=AGENT@vendor.example", vec![3]),
        ("filter[email]=a%2Bb@vendor.example", vec![2]),
        ("filter[email]=a+b@vendor.example", vec![]),
        ("filter[email]=%25[vendor.example]%25", vec![2, 3]),
        ("filter[id]=[1|3]", vec![1, 3]),
        ("filter[id]=%3E[1]&filter[active]=1", vec![2]),
        ("filter[id_profile]=1", vec![1]),
    ] {
        assert_eq!(bench.ids(&format!("sort=[id_ASC]&{filter}")).await, found, "{filter}");
    }
}

#[tokio::test]
async fn bad_parameters_are_400_or_500() {
    let bench = Bench::new().await;
    for (parameters, code) in [
        ("filter[nope]=1", "32"),
        ("filter[email]=", "33"),
        ("display=[nope]", "35"),
        ("display=id", "36"),
        ("sort=id", "37"),
        ("sort=[nope_ASC]", "38"),
        ("limit=1,2,3", "39"),
        ("schema=nope", "28"),
    ] {
        for (warnings, status) in [(true, 500), (false, 400)] {
            bench.fake.quirks(|quirks| quirks.php_warnings = warnings);
            let refused = bench.get(&format!("employees?{parameters}")).await;
            assert_eq!((refused.status, refused.codes()[0]), (status, code), "{parameters}");
            assert_eq!(refused.codes().contains(&"3"), warnings, "{parameters}");
        }
    }
}

#[tokio::test]
async fn json_loses_what_is_false_in_one_object_only() {
    for version in VERSIONS {
        let bench = Bench::of(version).await;
        bench.fake.set_active(OWNER, false);
        let one = bench.get("employees/1?output_format=JSON").await.json();
        let many = bench.get("employees?display=full&output_format=JSON").await.json();
        let (off, kept) = match version {
            PrestashopVersion::V1_6 => (json!(0), true),
            _ => (json!("0"), false),
        };
        assert_eq!(many["employees"][0]["active"], off, "{version:?}");
        assert_eq!(many["employees"][0]["id"], 1);
        assert_eq!(one["employee"].get("active").is_some(), kept, "{version:?}");
        let root = bench.get("?output_format=JSON").await;
        assert_eq!((root.status, root.body.is_empty()), if kept { (200, false) } else { (500, true) });
    }
}

#[tokio::test]
async fn the_root_says_what_the_key_may_do() {
    let bench = Bench::new().await;
    let root = bench.get("").await;
    assert!(
        root.body
            .contains("get=\"true\" put=\"true\" post=\"true\" patch=\"true\" delete=\"true\" head=\"true\"")
    );
    assert!(root.body.contains(
        "get=\"true\" put=\"false\" post=\"false\" patch=\"false\" delete=\"false\" head=\"false\""
    ));
    let languages = bench.get("languages?display=[id,iso_code]&output_format=JSON").await.json();
    assert_eq!(languages, json!({"languages": [{"id": 1, "iso_code": "en"}]}));
}
