//! The query documents are valid by a schema of our own that holds what they ask for.

use apollo_compiler::{ExecutableDocument, Schema};

const SCHEMA: &str = include_str!("admin-api.subset.graphql");
const DOCUMENTS: [(&str, &str); 5] = [
    ("whoami", include_str!("../src/queries/whoami.graphql")),
    ("staff_members", include_str!("../src/queries/staff_members.graphql")),
    ("is_alive", include_str!("../src/queries/is_alive.graphql")),
    ("delegate_create", include_str!("../src/queries/delegate_create.graphql")),
    ("delegate_destroy", include_str!("../src/queries/delegate_destroy.graphql")),
];

#[test]
fn every_document_is_valid_and_asks_for_nothing_deprecated() {
    let schema = Schema::parse_and_validate(SCHEMA, "admin-api.subset.graphql").unwrap();
    for (name, text) in DOCUMENTS {
        let document = ExecutableDocument::parse_and_validate(&schema, text, name)
            .unwrap_or_else(|invalid| panic!("{name}: {}", invalid.errors));
        let operation = document.operations.get(None).unwrap();
        assert!(
            operation.all_fields(&document).all(|field| !field.definition.directives.has("deprecated")),
            "{name}"
        );
        assert_eq!(operation.is_mutation(), name.starts_with("delegate"), "{name}");
    }
}

#[test]
fn a_misspelt_field_would_be_found() {
    let schema = Schema::parse_and_validate(SCHEMA, "admin-api.subset.graphql").unwrap();
    assert!(ExecutableDocument::parse_and_validate(&schema, "{ shop { domian } }", "misspelt").is_err());
}

#[test]
fn every_document_of_the_crate_is_checked() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/queries");
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), DOCUMENTS.len());
}
