//! Request bodies: XML, as PHP's parser takes it.

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::Event;

/// One object of a body: its elements with their texts, in order.
pub(super) type Given = Vec<(String, String)>;

/// The elements called `name` below the root, or one list further down. `None` when the body is no XML.
pub(super) fn objects(body: &str, name: &str) -> Option<Vec<Given>> {
    let mut reader = Reader::from_str(body);
    reader.config_mut().expand_empty_elements = true;
    let (mut path, mut objects): (Vec<String>, Vec<Given>) = (Vec::new(), Vec::new());
    let mut rooted = false;
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) => {
                let element = start.name().into_inner().to_owned();
                if path.is_empty() && std::mem::replace(&mut rooted, true) {
                    return None;
                }
                open(&path, &element, name, &mut objects);
                path.push(element);
            }
            Event::End(_) => _ = path.pop(),
            Event::Text(text) => add(&path, &text, name, &mut objects)?,
            Event::CData(text) => add(&path, &text, name, &mut objects)?,
            Event::GeneralRef(reference) => {
                let text = match reference.resolve_char_ref().ok()? {
                    Some(character) => character.to_string(),
                    None => resolve_predefined_entity(&reference)?.to_owned(),
                };
                add(&path, &text, name, &mut objects)?;
            }
            Event::Eof => return (rooted && path.is_empty()).then_some(objects),
            Event::Empty(_) | Event::Decl(_) | Event::PI(_) | Event::Comment(_) | Event::DocType(_) => {}
        }
    }
}

fn open(path: &[String], element: &str, name: &str, objects: &mut Vec<Given>) {
    if element == name && (1..=2).contains(&path.len()) {
        objects.push(Given::new());
    } else if path.last().is_some_and(|parent| parent == name)
        && let Some(object) = objects.last_mut()
    {
        object.push((element.to_owned(), String::new()));
    }
}

/// Text outside of the root is no XML; text between fields is nothing.
fn add(path: &[String], text: &str, name: &str, objects: &mut [Given]) -> Option<()> {
    if path.is_empty() {
        return text.trim().is_empty().then_some(());
    }
    let mut above = path.iter().rev().skip(1);
    if above.next().is_some_and(|parent| parent == name)
        && let Some((_, value)) = objects.last_mut().and_then(|object| object.last_mut())
    {
        value.push_str(text);
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Option<Vec<Given>> {
        objects(body, "employee")
    }

    #[test]
    fn fields_are_read_from_text_cdata_and_entities() {
        let body = "<?xml version=\"1.0\"?><prestashop><employee>\n<id> 2</id><a><![CDATA[<&]]></a>\
                    <b>x&amp;y&#33;</b><c/></employee></prestashop>\n";
        let fields = [("id", " 2"), ("a", "<&"), ("b", "x&y!"), ("c", "")];
        let expected = fields.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        assert_eq!(read(body), Some(vec![expected]));
        let several =
            "<prestashop><employees><employee><a>1</a></employee><employee/></employees></prestashop>";
        assert_eq!(read(several).unwrap().len(), 2);
        assert_eq!(read("<prestashop/>"), Some(Vec::new()));
    }

    #[test]
    fn what_is_no_document_is_refused() {
        for body in [
            "",
            "{\"employee\": {}}",
            "<prestashop><employee>",
            "<a></b>",
            "<a/><b/>",
            "x<a/>",
            "<a>&nope;</a>",
        ] {
            assert_eq!(read(body), None, "{body}");
        }
    }
}
