//! The query documents are valid by a schema of our own that holds what they ask for.

use apollo_compiler::{ExecutableDocument, Schema};

const SCHEMA: &str = include_str!("admin-api.subset.graphql");
const DOCUMENTS: [(&str, &str); 10] = [
    ("whoami", include_str!("../src/queries/whoami.graphql")),
    ("staff_members", include_str!("../src/queries/staff_members.graphql")),
    ("is_alive", include_str!("../src/queries/is_alive.graphql")),
    ("delegate_create", include_str!("../src/queries/delegate_create.graphql")),
    ("delegate_destroy", include_str!("../src/queries/delegate_destroy.graphql")),
    ("storefront_create", include_str!("../src/queries/storefront_create.graphql")),
    ("storefront_delete", include_str!("../src/queries/storefront_delete.graphql")),
    ("storefront_tokens", include_str!("../src/queries/storefront_tokens.graphql")),
    ("storefront_tokens_with_secrets", include_str!("../src/queries/storefront_tokens_with_secrets.graphql")),
    // For the Storefront API, of which this schema holds as much.
    ("storefront_is_alive", include_str!("../src/queries/storefront_is_alive.graphql")),
];

const WRITING: [&str; 4] = ["delegate_create", "delegate_destroy", "storefront_create", "storefront_delete"];

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
        assert_eq!(operation.is_mutation(), WRITING.contains(&name), "{name}");
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

/// Ending the app would end its tokens, and everything else that it has on the store: guestpass never asks for that.
#[test]
fn nothing_takes_the_app_out() {
    fn files(folder: &std::path::Path, found: &mut Vec<std::path::PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { files(&path, found) } else { found.push(path) }
        }
    }
    let mut found = Vec::new();
    files(concat!(env!("CARGO_MANIFEST_DIR"), "/src").as_ref(), &mut found);
    assert!(found.len() > 20);
    for path in found {
        let text = std::fs::read_to_string(&path).unwrap();
        for word in ["appUninstall", "api_permissions", "uninstallUrl", "Method::DELETE"] {
            assert!(!text.contains(word), "{word} in {}", path.display());
        }
    }
}
