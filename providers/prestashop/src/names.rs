//! First and last names as PrestaShop takes them.

use guestpass::Person;

use crate::version::Version;

/// What `isName` refuses, beside digits.
const REFUSED: &str = "!<>,;?=+()@#\"°{}_$%:¤|\\";
const NOBODY: &str = "Guest";

/// First and last name of a new employee. Neither may be empty: what is not known is taken from the address.
pub(crate) fn names(person: &Person, version: &Version) -> (String, String) {
    let address = person.email.as_str().split('@').next().unwrap_or_default();
    let words: Vec<_> = address.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty()).collect();
    let handle = capitalised(person.handle.as_str());
    let first = words.first().map_or(handle.clone(), |word| capitalised(word));
    let rest: Vec<_> = words.iter().skip(1).map(|word| capitalised(word)).collect();
    let last = if rest.is_empty() { handle } else { rest.join(" ") };
    let longest = version.longest_name();
    let known =
        |name: &Option<String>| name.as_deref().map(|name| clean(name, longest)).filter(|n| !n.is_empty());
    let fallback = |name: String| Some(clean(&name, longest)).filter(|name| !name.is_empty());
    (
        known(&person.first_name).or(fallback(first)).unwrap_or(NOBODY.to_owned()),
        known(&person.last_name).or(fallback(last)).unwrap_or(NOBODY.to_owned()),
    )
}

/// Without what PrestaShop refuses, and no longer than it allows.
fn clean(name: &str, longest: usize) -> String {
    let allowed = |c: &char| !c.is_numeric() && !c.is_control() && !REFUSED.contains(*c);
    let kept: String = name.chars().map(|c| if allowed(&c) { c } else { ' ' }).collect();
    let words: Vec<_> = kept.split_whitespace().collect();
    let cut: String = words.join(" ").chars().take(longest).collect();
    cut.trim_end().to_owned()
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use guestpass::PersonHandle;

    use super::*;

    fn named(handle: &str, email: &str, given: Option<(&str, &str)>) -> (String, String) {
        let person = Person::new(PersonHandle::new(handle).unwrap(), email.parse().unwrap());
        let person = match given {
            Some((first, last)) => person.with_name(first, last),
            None => person,
        };
        names(&person, &Version::read("1.6.1.24").unwrap())
    }

    #[test]
    fn names_are_what_prestashop_takes_and_never_empty() {
        let pair = |first: &str, last: &str| (first.to_owned(), last.to_owned());
        assert_eq!(named("gg", "x@a.example", Some(("Gina", "O'Guest-Zoë"))), pair("Gina", "O'Guest-Zoë"));
        assert_eq!(named("gg", "x@a.example", Some(("Gi_na <7>", "G=u;e\nst"))), pair("Gi na", "G u e st"));
        assert_eq!(named("gg", "gina.von-guest@a.example", None), pair("Gina", "Von Guest"));
        assert_eq!(named("gg", "gina77@a.example", None), pair("Gina", "Gg"));
        assert_eq!(named("4711", "4711@a.example", Some(("!!", "42"))), pair("Guest", "Guest"));
        let (first, last) = named("gg", "x@a.example", Some((&"é".repeat(40), "Guest")));
        assert_eq!((first.chars().count(), last.as_str()), (32, "Guest"));
    }
}
