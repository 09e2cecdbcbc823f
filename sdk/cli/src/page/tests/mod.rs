//! Pages are taken apart as a browser would do it, and compared with what went in.

mod incident;
mod incidents;
mod review;
mod reviews;
mod tree;

use std::path::{Path, PathBuf};

use self::tree::Node;

/// What somebody could call themselves to get into a page.
const EVIL: [&str; 7] = [
    "<script>alert(1)</script>",
    "</style></title><img src=x onerror=alert(1)>",
    "\" onmouseover=\"alert(1)",
    "]]>&amp;<!--",
    "nimda\u{202e}admin",
    "a\u{0}b\u{1b}[2J",
    "javascript:alert(1)",
];

/// Where a test's page goes: into a folder that stays, where somebody wants to look at it.
struct Place {
    _folder: tempfile::TempDir,
    path: PathBuf,
    kept: Option<PathBuf>,
}

impl Place {
    fn new(name: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        let kept = std::env::var_os("GUESTPASS_KEEP_PAGES").map(|folder| Path::new(&folder).join(name));
        Self { _folder: folder, path, kept }
    }

    /// The page, as text and taken apart.
    fn read(&self) -> (String, Node) {
        let text = std::fs::read_to_string(&self.path).unwrap();
        if let Some(kept) = &self.kept {
            std::fs::create_dir_all(kept.parent().unwrap()).unwrap();
            std::fs::write(kept, &text).unwrap();
        }
        let tree = Node::parse(&text);
        (text, tree)
    }
}

/// What holds for every page, whatever is in it.
fn assert_harmless_and_accessible(page: &Node) {
    let allowed = |node: &Node| {
        const NAMES: &[&str] = &[
            "html", "head", "meta", "title", "style", "body", "main", "header", "section", "nav", "div", "p",
            "a", "b", "i", "code", "span", "h1", "h2", "h3", "ul", "ol", "li", "dl", "dt", "dd", "table",
            "caption", "colgroup", "col", "thead", "tbody", "tr", "th", "td", "details", "summary",
        ];
        NAMES.contains(&node.name.as_str())
    };
    let mut ids: Vec<_> = page.all().iter().filter_map(|node| node.attribute("id")).collect();
    for node in page.all() {
        assert!(allowed(node), "<{}> is in the page", node.name);
        for (name, value) in &node.attributes {
            assert!(!name.starts_with("on") && name != "src" && name != "style", "{name}={value}");
            if name == "href" {
                let known = value.strip_prefix('#').map(|id| ids.contains(&id));
                let is_web = value.starts_with("https://") || value.starts_with("http://");
                assert!(known.unwrap_or(is_web), "href={value}");
            }
        }
    }
    let meta = page.named("meta");
    let policy =
        meta.iter().find(|node| node.attribute("http-equiv") == Some("Content-Security-Policy")).unwrap();
    assert!(
        policy.attribute("content").unwrap().starts_with("default-src 'none'; style-src 'unsafe-inline'")
    );
    for (name, value) in [("referrer", "no-referrer"), ("robots", "noindex, nofollow")] {
        let found = meta.iter().find(|node| node.attribute("name") == Some(name)).unwrap();
        assert_eq!(found.attribute("content"), Some(value));
    }
    assert_eq!(meta[0].attribute("charset"), Some("utf-8"));
    assert_eq!(page.named("h1").len(), 1);
    assert_eq!(page.named("html")[0].attribute("lang"), Some("en"));
    for table in page.named("table") {
        assert!(!table.named("caption").is_empty());
        assert!(table.named("thead").iter().all(|head| !head.named("th").is_empty()));
        assert!(table.named("th").iter().all(|th| th.attribute("scope").is_some()));
    }
    let several = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), several, "an id is there twice");
    let style = page.named("style")[0].text();
    assert!(!style.contains("url(") && !style.contains("@import"));
}
