//! What every page has around its contents.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::said::Said;

const STYLE: &str = include_str!("page.css");

/// Written out because each is closed here, as XML wants it. The policy comes before anything it is about.
const META: &str = concat!(
    r#"<meta charset="utf-8"/>"#,
    r#"<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"/>"#,
    r#"<meta name="viewport" content="width=device-width, initial-scale=1"/>"#,
    r#"<meta name="referrer" content="no-referrer"/>"#,
    r#"<meta name="robots" content="noindex, nofollow"/>"#,
    r#"<meta name="color-scheme" content="light dark"/>"#,
);

/// A part of a page that the contents name.
pub(super) type Section = (&'static str, &'static str);

/// Everything before the contents. What identifies the page stands on every sheet of paper, too.
pub(super) fn begin(title: &str, sheet: &str) -> Markup {
    html! {
        (DOCTYPE)
        (PreEscaped("<html lang=\"en\" xmlns=\"http://www.w3.org/1999/xhtml\"><head>"))
        (PreEscaped(META))
        title { (Said(title)) }
        style { (PreEscaped(STYLE)) (PreEscaped(running(sheet))) }
        (PreEscaped("</head><body>"))
        a.skip href="#contents" { "Skip to the contents" }
    }
}

/// Everything after the contents.
pub(super) fn end() -> Markup {
    PreEscaped("</body></html>\n".to_owned())
}

/// Where to find what.
pub(super) fn contents(sections: &[Section]) -> Markup {
    html! {
        nav #contents aria-label="Contents" {
            ol { @for (id, heading) in sections { li { a href={ "#" (id) } { (heading) } } } }
        }
    }
}

/// The foot of every sheet of paper. Nothing gets into the style that could be more than a word.
fn running(sheet: &str) -> String {
    let harmless = |c: &char| c.is_ascii_alphanumeric() || " -:".contains(*c);
    let sheet: String = sheet.chars().filter(harmless).collect();
    format!("@page{{@bottom-left{{content:\"{sheet}\"}}}}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_gets_out_of_the_foot() {
        let foot = running("Review 9f3ac\"}body{display:none}</style><script>\\");
        assert_eq!(foot, "@page{@bottom-left{content:\"Review 9f3acbodydisplay:nonestylescript\"}}");
    }
}
