//! The names of the webservice's resources.

use super::version::PrestashopVersion;

/// Those since 8; 1.6 differs by the two lists below.
const ALL: &str = "addresses attachments carriers cart_rules carts categories combinations configurations contacts \
    content_management_system countries currencies customer_messages customer_threads customers customizations \
    deliveries employees groups guests image_types images languages manufacturers messages order_carriers \
    order_cart_rules order_details order_histories order_invoices order_payments order_returns order_slip order_states \
    orders price_ranges product_customization_fields product_feature_values product_features product_option_values \
    product_options product_suppliers products search shop_groups shop_urls shops specific_price_rules specific_prices \
    states stock_availables stock_movement_reasons stock_movements stocks stores suppliers tags tax_rule_groups \
    tax_rules taxes translated_configurations warehouses weight_ranges zones";
const ONLY_NEW: [&str; 4] = ["attachments", "messages", "order_cart_rules", "order_returns"];
const ONLY_OLD: [&str; 7] = [
    "order_discounts",
    "supply_order_details",
    "supply_order_histories",
    "supply_order_receipt_histories",
    "supply_order_states",
    "supply_orders",
    "warehouse_product_locations",
];

/// In the order of the alphabet.
pub(super) fn names(version: PrestashopVersion) -> Vec<&'static str> {
    let mut names: Vec<_> = ALL.split_whitespace().collect();
    if version.is_old() {
        names.retain(|name| !ONLY_NEW.contains(name));
        names.extend(ONLY_OLD);
        names.sort_unstable();
    }
    names
}

pub(super) fn description(resource: &str) -> String {
    match resource {
        "configurations" => "Shop configuration".to_owned(),
        "employees" => "The Employees".to_owned(),
        "languages" => "Shop languages".to_owned(),
        "shops" => "Shops from multi-shop feature".to_owned(),
        other => format!("The {}", other.replace('_', " ")),
    }
}
