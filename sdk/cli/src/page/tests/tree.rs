//! A page taken apart.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// An element, and what is in it.
#[derive(Debug, Default)]
pub(super) struct Node {
    pub(super) name: String,
    pub(super) attributes: Vec<(String, String)>,
    children: Vec<Child>,
}

#[derive(Debug)]
enum Child {
    Node(Node),
    Text(String),
}

impl Node {
    /// Pages are well-formed XML; whatever is not is an error.
    pub(super) fn parse(text: &str) -> Self {
        let mut reader = Reader::from_str(text);
        let mut open = vec![Self::default()];
        loop {
            match reader.read_event().unwrap() {
                Event::Start(start) => open.push(Self::begin(&start)),
                Event::Empty(start) => {
                    open.last_mut().unwrap().children.push(Child::Node(Self::begin(&start)))
                }
                Event::End(_) => {
                    let node = open.pop().unwrap();
                    open.last_mut().unwrap().children.push(Child::Node(node));
                }
                Event::Text(words) => open.last_mut().unwrap().say(&words),
                Event::GeneralRef(entity) => {
                    let character = match &*entity {
                        "amp" => "&",
                        "lt" => "<",
                        "gt" => ">",
                        "quot" => "\"",
                        other => panic!("&{other};"),
                    };
                    open.last_mut().unwrap().say(character);
                }
                Event::DocType(_) => {}
                Event::Eof => break,
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(open.len(), 1, "something is not closed");
        open.pop().unwrap()
    }

    fn begin(start: &BytesStart<'_>) -> Self {
        let attributes = start.attributes().map(|one| {
            let one = one.unwrap();
            (one.key.as_ref().to_owned(), quick_xml::escape::unescape(&one.value).unwrap().into_owned())
        });
        Self {
            name: start.name().as_ref().to_owned(),
            attributes: attributes.collect(),
            children: Vec::new(),
        }
    }

    fn say(&mut self, words: &str) {
        self.children.push(Child::Text(words.to_owned()));
    }

    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Every element below, in the order of the page.
    pub(super) fn all(&self) -> Vec<&Self> {
        let mut all = Vec::new();
        for child in &self.children {
            if let Child::Node(node) = child {
                all.push(node);
                all.extend(node.all());
            }
        }
        all
    }

    pub(super) fn named(&self, name: &str) -> Vec<&Self> {
        self.all().into_iter().filter(|node| node.name == name).collect()
    }

    pub(super) fn with_class(&self, class: &str) -> Vec<&Self> {
        let has =
            |node: &&Self| node.attribute("class").is_some_and(|all| all.split(' ').any(|one| one == class));
        self.all().into_iter().filter(has).collect()
    }

    pub(super) fn with_id(&self, id: &str) -> &Self {
        let found = self.all().into_iter().find(|node| node.attribute("id") == Some(id));
        found.unwrap_or_else(|| panic!("there is no #{id}"))
    }

    /// All words in it.
    pub(super) fn text(&self) -> String {
        self.children
            .iter()
            .map(|child| match child {
                Child::Node(node) => node.text(),
                Child::Text(text) => text.clone(),
            })
            .collect()
    }
}
