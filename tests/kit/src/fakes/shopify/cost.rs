//! What a query costs, and the buckets that costs come out of.

use std::collections::BTreeMap;

use apollo_compiler::ExecutableDocument;
use apollo_compiler::executable::{Field, Operation};
use apollo_compiler::response::JsonMap;
use guestpass::Timestamp;
use serde_json::{Value, json};

use super::quirks::{BucketSize, CostBlock};
use super::state::Plan;
use crate::fakes::graphql::{Meter, number};

const MUTATION: u64 = 10;

/// The budget of an app on a shop of this plan.
pub(super) fn size(plan: Plan) -> BucketSize {
    match plan {
        Plan::Basic | Plan::Grow => BucketSize { maximum: 2000, restore_rate: 100 },
        Plan::Advanced => BucketSize { maximum: 4000, restore_rate: 200 },
        Plan::Plus => BucketSize { maximum: 20_000, restore_rate: 1000 },
    }
}

/// Leaky buckets, by whom they belong to. They fill up again on the fake's clock.
#[derive(Debug, Default)]
pub(super) struct Buckets {
    levels: BTreeMap<String, (f64, Timestamp)>,
}

impl Buckets {
    /// What is in the bucket now.
    pub(super) fn available(&self, who: &str, size: BucketSize, now: Timestamp) -> f64 {
        let full = size.maximum as f64;
        let Some(&(level, at)) = self.levels.get(who) else {
            return full;
        };
        let passed = now.duration_since(at).as_secs_f64().max(0.0);
        (level + passed * size.restore_rate as f64).min(full)
    }

    /// Takes out what a request costs; a negative cost puts back.
    pub(super) fn take(&mut self, who: &str, size: BucketSize, cost: f64, now: Timestamp) -> f64 {
        let left = (self.available(who, size, now) - cost).clamp(0.0, size.maximum as f64);
        self.levels.insert(who.to_owned(), (left, now));
        left
    }
}

/// The cost of one request and the bucket after it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bill {
    pub(super) requested: u64,
    pub(super) actual: Option<u64>,
    pub(super) available: f64,
    pub(super) size: BucketSize,
}

impl Bill {
    /// The `extensions` of an answer; `None` when there are none.
    pub(super) fn extensions(&self, block: CostBlock, floats: bool) -> Option<Value> {
        let number = |number: u64| if floats { json!(number as f64) } else { json!(number) };
        let mut cost = json!({
            "requestedQueryCost": number(self.requested),
            "actualQueryCost": self.actual.map(number),
        });
        match block {
            CostBlock::Missing => return None,
            CostBlock::WithoutStatus => {}
            CostBlock::Whole => {
                let available =
                    if floats { json!(self.available) } else { json!(self.available.floor() as u64) };
                let status = json!({
                    "maximumAvailable": number(self.size.maximum),
                    "currentlyAvailable": available,
                    "restoreRate": number(self.size.restore_rate),
                });
                if let Value::Object(fields) = &mut cost {
                    fields.insert("throttleStatus".to_owned(), status);
                }
            }
        }
        Some(json!({"cost": cost}))
    }
}

/// What an operation costs: an object one, a mutation ten, a connection two and its page.
pub(super) fn of(operation: &Operation, document: &ExecutableDocument, variables: &JsonMap) -> u64 {
    if operation.is_mutation() {
        let fields = operation.root_fields(document).count();
        return u64::try_from(fields).unwrap_or(u64::MAX).saturating_mul(MUTATION);
    }
    Meter::new(document, |field, inside| price(field, inside, variables)).selections(&operation.selection_set)
}

fn price(field: &Field, inside: u64, variables: &JsonMap) -> u64 {
    let type_name = field.ty().inner_named_type().as_str();
    if field.selection_set.is_empty() || type_name == "PageInfo" {
        return 0;
    }
    if type_name.ends_with("Connection") {
        return inside.saturating_mul(items(field, variables)).saturating_add(2);
    }
    // An edge is not an object of its own.
    inside.saturating_add(u64::from(!type_name.ends_with("Edge")))
}

/// A page size that is refused later counts as none here, so that the error is about the page size.
fn items(field: &Field, variables: &JsonMap) -> u64 {
    let size = ["first", "last"].into_iter().find_map(|name| number(field, name, variables));
    size.and_then(|size| size.as_u64()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_bucket_fills_up_again_but_not_over() {
        let size = BucketSize { maximum: 100, restore_rate: 10 };
        let start = Timestamp::UNIX_EPOCH;
        let after = |seconds| start + Duration::from_secs(seconds);
        let mut buckets = Buckets::default();
        assert!((buckets.take("a", size, 60.0, start) - 40.0).abs() < 0.01);
        assert!((buckets.available("a", size, after(2)) - 60.0).abs() < 0.01);
        assert!((buckets.available("a", size, after(60)) - 100.0).abs() < 0.01);
        assert!((buckets.available("b", size, start) - 100.0).abs() < 0.01);
    }
}
