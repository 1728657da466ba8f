//! Hide conditions that the browser can decide alone: one field compared with literals.

use regex::Regex;
use std::sync::LazyLock;

/// Shown while one field equals one of some literals, or none of them; what the server decides still counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ShowIf {
    /// The names that lead to the field.
    pub(crate) key: Vec<String>,
    /// Whether it was written as `this.key`: the field beside this one, not the form's.
    pub(crate) of_this: bool,
    pub(crate) eq: Vec<String>,
    /// Shown while it equals none of them.
    pub(crate) not: bool,
}

const NAME: &str = r"(?P<this>this\.)?(?P<key>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)";

static COMPARISON: LazyLock<Regex> = LazyLock::new(|| {
    fixed(&format!(
        r#"^{NAME}\s*(?P<verb>!=|=)\s*(?:"(?P<text>[^"\\]*)"|(?P<word>true|false))$"#
    ))
});
static CONTAINED: LazyLock<Regex> = LazyLock::new(|| {
    fixed(&format!(
        r"^list contains\s*\(\s*\[(?P<list>[^\]\[]*)\]\s*,\s*{NAME}\s*\)$"
    ))
});
static NEGATION: LazyLock<Regex> = LazyLock::new(|| fixed(r"^not\s*\((.*)\)$"));
static TEXTS: LazyLock<Regex> =
    LazyLock::new(|| fixed(r#"^\s*"[^"\\]*"\s*(?:,\s*"[^"\\]*"\s*)*$"#));

fn fixed(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a fixed pattern that the tests use")
}

impl ShowIf {
    /// The literal test in a hide condition, if it is nothing more than one.
    ///
    /// `seen != "yes"`, `seen = "no"`, `not(...)` of these, `not(list contains(["a", "b"], seen))`, and several `!=` of one
    /// field joined by `and`.
    pub(crate) fn from_hide(condition: &str) -> Option<ShowIf> {
        let condition = condition.trim().trim_start_matches('=').trim();
        if let Some(inner) = NEGATION.captures(condition) {
            let inner = inner[1].trim();
            return comparison(inner)
                .or_else(|| contained(inner))
                .map(ShowIf::negated);
        }
        let mut parts = condition.split(" and ").map(comparison);
        let mut whole = parts.next()??;
        for part in parts {
            let part = part?;
            if part.key != whole.key || part.of_this != whole.of_this || part.not || whole.not {
                return None;
            }
            whole.eq.extend(part.eq);
        }
        Some(whole)
    }

    fn negated(self) -> ShowIf {
        ShowIf {
            not: !self.not,
            ..self
        }
    }
}

/// Hidden by `key != "x"` is shown while it equals it; hidden by `key = "x"` is shown while it does not.
fn comparison(text: &str) -> Option<ShowIf> {
    let found = COMPARISON.captures(text.trim())?;
    let literal = found
        .name("text")
        .or_else(|| found.name("word"))?
        .as_str()
        .to_owned();
    Some(of(&found, vec![literal], &found["verb"] == "="))
}

fn contained(text: &str) -> Option<ShowIf> {
    let found = CONTAINED.captures(text)?;
    let list = found["list"].to_owned();
    if !TEXTS.is_match(&list) {
        return None;
    }
    let literals = list
        .split('"')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect();
    Some(of(&found, literals, true))
}

fn of(found: &regex::Captures<'_>, eq: Vec<String>, not: bool) -> ShowIf {
    let key = found["key"].split('.').map(str::to_owned).collect();
    ShowIf {
        key,
        of_this: found.name("this").is_some(),
        eq,
        not,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(condition: &str, expected: Option<(&str, &[&str], bool)>) {
        let found = ShowIf::from_hide(condition);
        let found = found.map(|test| {
            (
                format!(
                    "{}{}",
                    if test.of_this { "this." } else { "" },
                    test.key.join(".")
                ),
                test.eq,
                test.not,
            )
        });
        let texts = |eq: &[&str]| {
            eq.iter()
                .map(|&literal| literal.to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(
            found,
            expected.map(|(key, eq, not)| (key.to_owned(), texts(eq), not)),
            "{condition}"
        );
    }

    #[test]
    fn a_comparison_of_one_field_with_literals_can_be_decided_in_the_browser() {
        check(r#"=seen != "yes""#, Some(("seen", &["yes"], false)));
        check(r#"seen = "no""#, Some(("seen", &["no"], true)));
        check(
            r#"=contact.seen != "yes""#,
            Some(("contact.seen", &["yes"], false)),
        );
        check(r#"=not(seen = "yes")"#, Some(("seen", &["yes"], false)));
        check(r#"=not(seen != "yes")"#, Some(("seen", &["yes"], true)));
        check("=urgent != true", Some(("urgent", &["true"], false)));
        check(
            r#"=this.score != "0" and this.score != "1""#,
            Some(("this.score", &["0", "1"], false)),
        );
        check(
            r#"=not(list contains(["go on", "stop"], review.decision))"#,
            Some(("review.decision", &["go on", "stop"], false)),
        );
    }

    #[test]
    fn anything_more_waits_for_the_server() {
        check(r#"=risk != suggested"#, None);
        check(r#"=a != "1" and b != "2""#, None);
        check(r#"=a = "1" and a = "2""#, None);
        check(r#"=a != "1" or a != "2""#, None);
        check(r#"=list contains(["1", "2"], a)"#, None);
        check(r#"=not(list contains([b, "2"], a))"#, None);
        check("", None);
    }
}
