//! XML, as far as the webservice uses it: elements, attributes, text. Read with bounds, and without document types: an
//! answer could otherwise make us expand what it defines.

use std::fmt::{self, Write as _};

use guestpass::http::Failure;
use quick_xml::XmlVersion;
use quick_xml::escape::{escape, resolve_predefined_entity};
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

const DEEPEST: usize = 16;
/// A page of a hundred employees has under a thousand.
const MOST_ELEMENTS: usize = 20_000;
/// What PHP or a module printed may stand before the document; the document begins with one of these.
const BEGINNINGS: [&[u8]; 2] = [b"<?xml", b"<prestashop"];

/// An element. Texts may hold password hashes, so only its form is printed.
#[derive(Default, PartialEq, Eq)]
pub(crate) struct Element {
    pub(crate) name: String,
    attributes: Vec<(String, String)>,
    pub(crate) text: String,
    pub(crate) children: Vec<Element>,
}

impl fmt::Debug for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Element")
            .field("name", &self.name)
            .field("children", &self.children.len())
            .finish_non_exhaustive()
    }
}

impl Element {
    pub(crate) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    pub(crate) fn children_named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// The `prestashop` element of an answer.
pub(crate) fn document(body: &[u8]) -> Result<Element, Failure> {
    let start = BEGINNINGS
        .iter()
        .filter_map(|beginning| body.windows(beginning.len()).position(|window| window == *beginning))
        .min();
    let text = start.and_then(|start| body.get(start..)).ok_or_else(|| unreadable("it is no XML"))?;
    let text = std::str::from_utf8(text).map_err(|_| unreadable("it is no UTF-8"))?;
    let root = parse(text)?;
    if root.name != "prestashop" {
        return Err(unreadable("it is not of PrestaShop"));
    }
    Ok(root)
}

/// The root element. What follows it is ignored, as PHP may print there too.
fn parse(text: &str) -> Result<Element, Failure> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let mut open: Vec<Element> = Vec::new();
    let mut count = 0;
    loop {
        // The reader's own words may quote the answer.
        match reader.read_event().map_err(|_| unreadable("its XML is broken"))? {
            Event::Start(start) => {
                count += 1;
                if count > MOST_ELEMENTS || open.len() >= DEEPEST {
                    return Err(unreadable("it is larger or deeper than any answer of PrestaShop"));
                }
                open.push(begun(&start)?);
            }
            Event::End(_) => {
                let Some(done) = open.pop() else { return Err(unreadable("its XML is broken")) };
                match open.last_mut() {
                    Some(parent) => parent.children.push(done),
                    None => return Ok(done),
                }
            }
            Event::Text(text) => add(&mut open, &text.xml10_content()),
            Event::CData(text) => add(&mut open, &text.xml10_content()),
            Event::GeneralRef(reference) => {
                let character =
                    reference.resolve_char_ref().map_err(|_| unreadable("it has a bad reference"))?;
                let name = reference.into_inner();
                match (character, resolve_predefined_entity(&name)) {
                    (Some(character), _) => add(&mut open, character.encode_utf8(&mut [0; 4])),
                    (None, Some(text)) => add(&mut open, text),
                    (None, None) => {
                        return Err(unreadable("it refers to something that XML does not define"));
                    }
                }
            }
            Event::DocType(_) => return Err(unreadable("it brings a document type")),
            Event::Eof => return Err(unreadable("its XML breaks off")),
            Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
        }
    }
}

fn begun(start: &BytesStart<'_>) -> Result<Element, Failure> {
    let mut element = Element { name: start.name().as_ref().to_owned(), ..Element::default() };
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|_| unreadable("it has a bad attribute"))?;
        let value = attribute
            .normalized_value(XmlVersion::Explicit1_0)
            .map_err(|_| unreadable("it has a bad attribute"))?;
        element.attributes.push((attribute.key.as_ref().to_owned(), value.into_owned()));
    }
    Ok(element)
}

fn add(open: &mut [Element], text: &str) {
    if let Some(element) = open.last_mut() {
        element.text.push_str(text);
    }
}

fn unreadable(what: &str) -> Failure {
    Failure::undecodable(what)
}

/// One employee with these fields, as a request's body.
pub(crate) fn employee<'a>(fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut body = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<prestashop><employee>");
    for (name, value) in fields {
        let _ = write!(body, "<{name}>{}</{name}>", escape(value));
    }
    body.push_str("</employee></prestashop>");
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrapped(inner: &str) -> String {
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<prestashop xmlns:xlink=\"x\">{inner}</prestashop>\n"
        )
    }

    #[test]
    fn elements_texts_and_references_are_read() {
        let body = wrapped("<a n='1 &amp; 2'><b><![CDATA[<&> ]]></b><c>&lt;&#233;&#x41;</c><d/></a>");
        let root = document(body.as_bytes()).unwrap();
        let a = root.child("a").unwrap();
        assert_eq!(a.attribute("n"), Some("1 & 2"));
        let texts: Vec<_> = a.children.iter().map(|child| child.text.as_str()).collect();
        assert_eq!(texts, ["<&> ", "<éA", ""]);
    }

    #[test]
    fn noise_around_the_document_is_ignored() {
        let body =
            format!("<br />\n<b>Notice</b>: \u{feff} no <xml> <i>here</i>\n{}<br>bye", wrapped("<a/>"));
        assert!(document(body.as_bytes()).unwrap().child("a").is_some());
        let mut binary = vec![0xff, 0xfe];
        binary.extend_from_slice(b"<prestashop><a/></prestashop>");
        assert!(document(&binary).unwrap().child("a").is_some());
    }

    #[test]
    fn what_is_no_answer_of_prestashop_is_refused() {
        let whole = wrapped("<a><b>1</b></a>");
        for cut in 0..whole.len() - "</prestashop>\n".len() {
            assert!(document(&whole.as_bytes()[..cut]).is_err(), "cut at {cut}");
        }
        let bomb = "<?xml version=\"1.0\"?><!DOCTYPE p [<!ENTITY a \"aaa\">]><prestashop>&a;</prestashop>";
        let deep = format!("<prestashop>{}", "<a>".repeat(DEEPEST + 1));
        let wide = format!("<prestashop>{}</prestashop>", "<a/>".repeat(MOST_ELEMENTS + 1));
        for body in [
            "",
            "{\"employees\":[]}",
            "<html><body>hush</body></html>",
            "<?xml version=\"1.0\"?><other/>",
            "<prestashop>&nbsp;</prestashop>",
            "<prestashop><a></b></prestashop>",
            bomb,
            &deep,
            &wide,
        ] {
            let failure = document(body.as_bytes()).unwrap_err();
            assert!(!failure.message.contains("hush"), "{}", failure.message);
        }
    }

    #[test]
    fn what_is_written_reads_the_same() {
        let body = employee([("email", "a&b<c>\"d'@x"), ("active", "")]);
        let root = document(body.as_bytes()).unwrap();
        let fields: Vec<_> = root
            .child("employee")
            .unwrap()
            .children
            .iter()
            .map(|f| (f.name.as_str(), f.text.as_str()))
            .collect();
        assert_eq!(fields, [("email", "a&b<c>\"d'@x"), ("active", "")]);
    }
}
