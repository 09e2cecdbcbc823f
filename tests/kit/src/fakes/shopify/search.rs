//! The search syntax of `staffMembers(query:)`, as far as access needs it: terms, `AND`, `OR`, ranges of ids.

use super::quirks::{Quirks, UnknownSearchKey};
use super::state::Staff;

/// Whether somebody matches; an empty query matches everybody.
pub(super) fn matches(query: &str, staff: &Staff, quirks: &Quirks) -> bool {
    let mut any_of = query.split(" OR ").filter(|part| !part.trim().is_empty()).peekable();
    any_of.peek().is_none() || any_of.any(|part| all_match(part, staff, quirks))
}

fn all_match(part: &str, staff: &Staff, quirks: &Quirks) -> bool {
    let part = part.replace(['(', ')'], " ");
    part.split_whitespace().filter(|&term| term != "AND").all(|term| term_matches(term, staff, quirks))
}

fn term_matches(term: &str, staff: &Staff, quirks: &Quirks) -> bool {
    let Some((key, value)) = term.split_once(':') else {
        let text = format!("{} {} {}", staff.email, staff.first, staff.last).to_lowercase();
        return text.contains(&term.to_lowercase());
    };
    let value = value.trim_matches(['"', '\'']);
    match key {
        "account_type" => staff.kind.handle().eq_ignore_ascii_case(value),
        "email" => fits(&staff.email, value),
        "first_name" => fits(&staff.first, value),
        "last_name" => fits(&staff.last, value),
        "id" => id_fits(staff.number, value),
        _ => quirks.unknown_search_key == UnknownSearchKey::Ignored,
    }
}

/// A trailing star stands for anything.
fn fits(text: &str, wanted: &str) -> bool {
    let (text, wanted) = (text.to_lowercase(), wanted.to_lowercase());
    match wanted.strip_suffix('*') {
        Some(beginning) => text.starts_with(beginning),
        None => text == wanted,
    }
}

fn id_fits(number: u64, wanted: &str) -> bool {
    let digits = wanted.trim_start_matches(['<', '>', '=']);
    let Ok(limit) = digits.rsplit('/').next().unwrap_or_default().parse::<u64>() else {
        return false;
    };
    match wanted.strip_suffix(digits).unwrap_or_default() {
        ">=" => number >= limit,
        ">" => number > limit,
        "<=" => number <= limit,
        "<" => number < limit,
        _ => number == limit,
    }
}

#[cfg(test)]
mod tests {
    use guestpass::Timestamp;

    use super::super::state::StaffKind;
    use super::*;

    #[test]
    fn terms_ranges_and_misspelt_keys() {
        let staff = Staff {
            number: 102,
            kind: StaffKind::CollaboratorTeamMember,
            owner: false,
            active: true,
            email: "Jane@agency.example".to_owned(),
            first: "Jane".to_owned(),
            last: "Doe".to_owned(),
            permissions: Vec::new(),
            second_factor: false,
            created_at: Timestamp::UNIX_EPOCH,
            last_login: None,
            organisation: None,
            removed_at: None,
        };
        let mut quirks = Quirks::default();
        let yes = |query: &str| matches(query, &staff, &Quirks::default());
        assert!(yes("") && yes("account_type:collaborator OR account_type:collaborator_team_member"));
        assert!(!yes("account_type:collaborator") && yes("id:>=100 AND id:<103") && yes("jane"));
        assert!(yes("email:jane@AGENCY.example") && yes("(first_name:ja*) last_name:\"doe\""));
        assert!(!yes("email:jane@agency.example account_type:requested"));
        assert!(yes("acount_type:regular"), "a misspelt key is ignored");
        quirks.unknown_search_key = UnknownSearchKey::MatchesNobody;
        assert!(!matches("acount_type:regular", &staff, &quirks));
    }
}
