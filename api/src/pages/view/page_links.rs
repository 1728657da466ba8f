//! Which part of a long list is shown, and the way to the rest.

use serde::Serialize;

/// How many rows a page of a list has.
pub(crate) const PAGE_SIZE: usize = 50;

/// The line below a list.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct PageLinks {
    /// `Showing 1 to 50 of 120`.
    pub(crate) text: String,
    /// Whether there is more than one page.
    pub(crate) several: bool,
    pub(crate) previous: Option<String>,
    pub(crate) next: Option<String>,
    /// What else is to be said of the list.
    pub(crate) note: String,
}

impl PageLinks {
    /// Page `page` (the first is 1) of `total` rows. `address` gives the address of another page.
    pub(crate) fn new(page: usize, total: usize, address: impl Fn(usize) -> String) -> PageLinks {
        let last_page = total.div_ceil(PAGE_SIZE).max(1);
        let page = page.clamp(1, last_page);
        let (first, last) = ((page - 1) * PAGE_SIZE + 1, (page * PAGE_SIZE).min(total));
        let text = match (total, last_page) {
            (0, _) => String::new(),
            (1, _) => "1 in all".into(),
            (_, 1) => format!("{total} in all"),
            _ => format!("Showing {first} to {last} of {total}"),
        };
        PageLinks {
            text,
            several: last_page > 1,
            previous: (page > 1).then(|| address(page - 1)),
            next: (page < last_page).then(|| address(page + 1)),
            note: String::new(),
        }
    }
}

/// The rows of one page.
pub(crate) fn rows_of<T>(page: usize, rows: Vec<T>) -> Vec<T> {
    let last_page = rows.len().div_ceil(PAGE_SIZE).max(1);
    let skip = (page.clamp(1, last_page) - 1) * PAGE_SIZE;
    rows.into_iter().skip(skip).take(PAGE_SIZE).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(page: usize, total: usize, expected: &str) {
        let links = PageLinks::new(page, total, |page| format!("?page={page}"));
        let word = |link: Option<String>| link.unwrap_or("-".into());
        assert_eq!(
            format!(
                "{}|{}|{}",
                links.text,
                word(links.previous),
                word(links.next)
            ),
            expected
        );
    }

    #[test]
    fn a_page_says_what_it_shows_and_where_the_rest_is() {
        check(1, 0, "|-|-");
        check(1, 1, "1 in all|-|-");
        check(1, 50, "50 in all|-|-");
        check(1, 51, "Showing 1 to 50 of 51|-|?page=2");
        check(2, 51, "Showing 51 to 51 of 51|?page=1|-");
        // A page that is no longer there is the last one.
        check(9, 51, "Showing 51 to 51 of 51|?page=1|-");
    }

    #[test]
    fn rows_of_a_page_follow_the_same_rule() {
        assert_eq!(rows_of(2, (0..51).collect()), [50]);
        assert_eq!(rows_of(9, (0..51).collect()), [50]);
        assert_eq!(rows_of(0, (0..2).collect()), [0, 1]);
    }
}
