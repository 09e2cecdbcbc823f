//! Looking: who is inside, and what the key may do.

use guestpass::{CallContext, CheckReport, Error, ErrorKind, Evidence, Finder, Held, Result, Target};
use serde::{Deserialize, Serialize};

use super::Prestashop;
use crate::people::collaborator;
use crate::roles::SUPER_ADMIN;
use crate::scope::AdminScope;
use crate::wire::{Employee, Rights};

const PAGE: usize = 100;
/// More employees than any shop has; ends a listing that never ends.
const MOST_ROWS: u64 = 20_000;

/// A place in the listing: how many rows came before it, and the last of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    rows: u64,
    last: u64,
}

/// One page of the listing.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Slice {
    pub(super) employees: Vec<Employee>,
    pub(super) next: Option<Place>,
    /// Why the listing cannot be believed, if it cannot.
    pub(super) gap: Option<String>,
}

/// All employees, as one reading found them.
#[derive(Debug)]
pub(crate) struct Reading {
    pub(super) employees: Vec<Employee>,
    pub(super) evidence: Evidence,
    /// Why it is not complete, if it is not.
    pub(super) gap: Option<String>,
}

impl Slice {
    /// What a page adds to the listing. PrestaShop counts nothing and marks no end, so the page must prove that it is the
    /// next one: it was asked to begin with the last row of the former page, and ids ascend. It may repeat one row more.
    fn of(mut rows: Vec<Employee>, place: Option<&Place>, asked: usize) -> Self {
        let broken = |why: &str| Self { employees: Vec::new(), next: None, gap: Some(why.to_owned()) };
        let is_full = rows.len() >= asked;
        if let Some(place) = place {
            let Some(overlap) = rows.iter().take(2).position(|row| row.id == place.last) else {
                return broken("a page does not begin where the one before it ended");
            };
            rows.drain(..=overlap);
        }
        let ids = place.map(|place| place.last).into_iter().chain(rows.iter().map(|row| row.id));
        if !ids.is_sorted_by(|one, next| one < next) {
            return broken("the rows do not come in the order that was asked for");
        }
        let count = place.map_or(0, |place| place.rows) + rows.len() as u64;
        if count > MOST_ROWS {
            return broken("it does not end");
        }
        let last = rows.last().filter(|_| is_full).map(|row| row.id);
        Self { employees: rows, next: last.map(|last| Place { rows: count, last }), gap: None }
    }
}

impl Reading {
    /// Everybody that may be meant: one by the id, or all that have one of the addresses.
    pub(crate) fn matching(&self, target: &Target) -> Result<Vec<&Employee>> {
        let mut finder = Finder::new(target);
        for employee in &self.employees {
            finder.see(collaborator(employee)?);
        }
        let found = finder.found();
        let is_found = |employee: &&Employee| {
            let id = employee.id.to_string();
            found.iter().any(|account| account.id.as_str() == id)
        };
        Ok(self.employees.iter().filter(is_found).collect())
    }

    /// The one who is meant.
    pub(crate) fn only(&self, target: &Target) -> Result<&Employee> {
        match self.matching(target)?.as_slice() {
            [employee] => Ok(employee),
            [] => Err(Error::new(ErrorKind::NotFound, format!("{target} is no employee of this shop"))),
            several => Err(ambiguous(several)),
        }
    }

    pub(crate) fn by_id(&self, id: u64) -> Option<&Employee> {
        self.employees.iter().find(|employee| employee.id == id)
    }

    /// How many super-admins can sign in, beside this one.
    pub(super) fn other_super_admins(&self, id: u64) -> usize {
        let others = self.employees.iter().filter(|other| other.id != id && other.is_active());
        others.filter(|other| other.profile == SUPER_ADMIN).count()
    }

    /// The language of the super-admins, or of whoever there is.
    pub(super) fn language(&self) -> Option<u64> {
        let of = |wanted: fn(&Employee) -> bool| {
            self.employees.iter().filter(|employee| wanted(employee)).find_map(|employee| employee.language)
        };
        of(|employee| employee.profile == SUPER_ADMIN && employee.is_active())
            .or_else(|| of(|employee| employee.profile == SUPER_ADMIN))
            .or_else(|| of(|_| true))
    }
}

pub(super) fn ambiguous(several: &[&Employee]) -> Error {
    let ids: Vec<_> = several.iter().map(|employee| employee.id.to_string()).collect();
    Error::new(ErrorKind::Conflict, format!("several employees match: {}", ids.join(", ")))
        .with_remedy("let the merchant delete all but one: two of one address may keep both from signing in")
}

impl Prestashop {
    /// One page, from this place on.
    pub(super) async fn slice(&self, place: Option<&Place>, cx: &CallContext) -> Result<Slice> {
        let from = place.map_or(0, |place| place.rows.saturating_sub(1));
        let asked = PAGE + usize::from(place.is_some());
        let rows = self.webservice.employees(from, asked, cx).await?;
        Ok(Slice::of(rows, place, asked))
    }

    /// Reads everybody. What does not add up is read once more; if it still does not, the reading has a gap.
    pub(super) async fn read_all(&self, cx: &CallContext) -> Result<Reading> {
        let first = self.read_once(cx).await?;
        if first.gap.is_none() {
            return Ok(first);
        }
        let mut second = self.read_once(cx).await?;
        second.evidence.pages += first.evidence.pages;
        second.evidence.began_at = first.evidence.began_at;
        Ok(second)
    }

    async fn read_once(&self, cx: &CallContext) -> Result<Reading> {
        let mut evidence = Evidence::begun(cx.clock().now());
        let (mut employees, mut place) = (Vec::new(), None);
        let gap = loop {
            let slice = self.slice(place.as_ref(), cx).await?;
            evidence.pages += 1;
            employees.extend(slice.employees);
            place = slice.next;
            if slice.gap.is_some() || place.is_none() {
                break slice.gap;
            }
        };
        evidence.complete = gap.is_none();
        Ok(Reading { employees, evidence, gap })
    }

    /// Everybody, to decide on a write by.
    pub(crate) async fn people(&self, cx: &CallContext) -> Result<Reading> {
        let reading = self.read_all(cx).await?;
        match &reading.gap {
            None => Ok(reading),
            Some(gap) => Err(Error::new(
                ErrorKind::Protocol,
                format!("nothing was written, because the listing before it is incomplete: {gap}"),
            )
            .with_remedy("try again; if it stays so, look what stands between us and the shop")),
        }
    }

    pub(super) async fn check_key(&self, report: &mut CheckReport, cx: &CallContext) -> Result<()> {
        let index = self.webservice.index(cx).await?;
        report.fact("shop", self.shop.clone());
        if let Some(name) = index.shop {
            report.fact("shop name", name);
        }
        if let Some(version) = self.webservice.version().told() {
            report.fact("PrestaShop", version);
        }
        let rights = index.employees.unwrap_or(Rights { get: false, post: false, put: false, delete: false });
        let told = [
            ("GET", rights.get, "nobody can be looked up, and so nobody be let in or taken out"),
            ("POST", rights.post, "nobody new can be let in"),
            ("PUT", rights.put, "nobody can be switched off or on, or get another profile or password"),
            (
                "DELETE",
                rights.delete,
                "nobody can be deleted, which only an explicit word does, or an account that was \
                                       made twice",
            ),
        ];
        for (method, held, without) in told {
            report.right(format!("employees: {method}"), if held { Held::Yes } else { Held::No });
            if !held {
                report.warn(format!("the key lacks {method} on employees: without it {without}"));
            }
        }
        if rights.post || rights.put {
            report.warn(
                "a key that may write employees is as good as a super-admin: it can make one; keep it like one",
            );
        }
        Ok(())
    }

    /// What the Admin API grants is told, and that it does not is no failure of the check: people are managed without it.
    pub(super) async fn check_admin(&self, report: &mut CheckReport, cx: &CallContext) -> Result<()> {
        let Some(admin) = &self.admin else { return Ok(()) };
        for scope in [AdminScope::ReadProfiles, AdminScope::WriteProfiles] {
            let right = format!("Admin API: {}", scope.as_str());
            match admin.grants(scope, cx).await {
                Ok(()) => report.right(right, Held::Yes),
                Err(error)
                    if matches!(error.kind(), ErrorKind::Unsupported | ErrorKind::PermissionDenied) =>
                {
                    report.right(right, Held::No);
                    report.warn(format!("{}; {}", error.message(), error.remedy()));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(ids: impl IntoIterator<Item = u64>) -> Vec<Employee> {
        let row = |id| Employee {
            id,
            language: None,
            first_name: String::new(),
            last_name: String::new(),
            email: format!("{id}@shop.example"),
            active: "1".to_owned(),
            profile: 5,
        };
        ids.into_iter().map(row).collect()
    }

    fn ids(slice: &Slice) -> Vec<u64> {
        slice.employees.iter().map(|employee| employee.id).collect()
    }

    #[test]
    fn the_language_is_that_of_a_super_admin_who_can_sign_in() {
        let person = |language, profile, active: &str| {
            let mut row = rows([1]).remove(0);
            (row.language, row.profile, row.active) = (language, profile, active.to_owned());
            row
        };
        let everybody = [
            person(None, 5, "1"),
            person(Some(3), 5, "1"),
            person(Some(2), SUPER_ADMIN, "0"),
            person(Some(1), SUPER_ADMIN, "1"),
        ];
        for (known, language) in [(4, Some(1)), (3, Some(2)), (2, Some(3)), (1, None)] {
            let employees = everybody.iter().take(known).cloned().collect();
            let evidence = Evidence::begun(guestpass::Timestamp::UNIX_EPOCH);
            assert_eq!(Reading { employees, evidence, gap: None }.language(), language, "{known}");
        }
    }

    #[test]
    fn a_short_page_ends_the_listing_and_a_full_one_does_not() {
        let short = Slice::of(rows([1, 2]), None, 3);
        assert_eq!((ids(&short), &short.next, &short.gap), (vec![1, 2], &None, &None));
        let full = Slice::of(rows([1, 2, 5]), None, 3);
        assert_eq!(full.next, Some(Place { rows: 3, last: 5 }));
        assert_eq!(Slice::of(Vec::new(), None, 3), Slice { employees: Vec::new(), next: None, gap: None });
    }

    #[test]
    fn a_page_must_begin_with_the_row_that_the_former_one_ended_with() {
        let place = Place { rows: 3, last: 5 };
        let next = |page: &[u64]| Slice::of(rows(page.iter().copied()), Some(&place), 4);
        assert_eq!(ids(&next(&[5, 6, 9])), [6, 9]);
        assert_eq!(next(&[5, 6, 9, 11]).next, Some(Place { rows: 6, last: 11 }));
        assert_eq!(ids(&next(&[2, 5, 6, 9])), [6, 9], "one row more may be repeated");
        assert_eq!(next(&[5]).gap, None);
        for (why, page) in [
            ("the same page again", &[1, 2, 5, 6][..]),
            ("a row before was deleted", &[6, 9]),
            ("nothing at all", &[]),
            ("no order", &[5, 9, 6]),
            ("a row twice", &[5, 6, 6]),
            ("backwards", &[5, 4]),
        ] {
            assert!(next(page).gap.is_some(), "{why}");
        }
        assert!(Slice::of(rows([2, 1]), None, 3).gap.is_some());
        let far = Place { rows: MOST_ROWS, last: 5 };
        assert!(Slice::of(rows([5, 6]), Some(&far), 4).gap.is_some());
    }
}
