//! What a value must be, for searches in tables and for lists that are in memory.

use std::cmp::Ordering;

/// A value that can be compared. Keys are numbers, times microseconds since 1970, flags 0 and 1.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operand {
    /// A number.
    Number(i64),
    /// A text.
    Text(String),
}

/// How a value must be.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// It is one of these.
    In(Vec<Operand>),
    /// It is none of these, or there is none.
    NotIn(Vec<Operand>),
    /// There is a value, or there is none.
    Exists(bool),
    /// It is a text of this pattern.
    Like(Pattern),
    /// It compares with the value in one of these ways.
    Is(&'static [Ordering], Operand),
}

/// A pattern of a text: `*` is any run of letters, `?` any one, a backslash takes away their meaning.
#[derive(Debug, Clone, PartialEq)]
pub struct Pattern(Vec<Step>);

#[derive(Debug, Clone, Copy, PartialEq)]
enum Step {
    Run,
    One,
    Letter(char),
}

impl Operand {
    pub(super) fn number(&self) -> Option<i64> {
        match self {
            Operand::Number(number) => Some(*number),
            Operand::Text(_) => None,
        }
    }

    pub(super) fn text(&self) -> String {
        match self {
            Operand::Number(number) => number.to_string(),
            Operand::Text(text) => text.clone(),
        }
    }
}

impl Test {
    /// Whether a value, or that there is none, passes.
    pub fn fits(&self, value: Option<&Operand>) -> bool {
        match (self, value) {
            (Test::In(wanted), value) => value.is_some_and(|value| wanted.contains(value)),
            (Test::NotIn(unwanted), value) => value.is_none_or(|value| !unwanted.contains(value)),
            (Test::Exists(wanted), value) => value.is_some() == *wanted,
            (Test::Like(pattern), Some(Operand::Text(text))) => pattern.fits(text),
            (Test::Is(ways, limit), Some(value)) => ways.contains(&value.cmp(limit)),
            (Test::Like(_), Some(Operand::Number(_)) | None) | (Test::Is(..), None) => false,
        }
    }

    /// The one value that passes, where there is just one.
    pub(super) fn only(&self) -> Option<&Operand> {
        match self {
            Test::In(values) if values.len() == 1 => values.first(),
            Test::In(_) | Test::NotIn(_) | Test::Exists(_) | Test::Like(_) | Test::Is(..) => None,
        }
    }
}

impl From<&str> for Pattern {
    fn from(pattern: &str) -> Pattern {
        let mut letters = pattern.chars();
        let mut steps = Vec::new();
        while let Some(letter) = letters.next() {
            steps.push(match letter {
                '*' => Step::Run,
                '?' => Step::One,
                '\\' => Step::Letter(letters.next().unwrap_or('\\')),
                other => Step::Letter(other),
            });
        }
        Pattern(steps)
    }
}

impl Pattern {
    /// Whether a text fits.
    fn fits(&self, text: &str) -> bool {
        let steps = &self.0;
        // Which steps can come next: one for each beginning of the pattern that fits the text so far.
        let mut open = vec![false; steps.len() + 1];
        open[0] = true;
        let pass_runs = |open: &mut Vec<bool>| {
            for (at, step) in steps.iter().enumerate() {
                if open[at] && *step == Step::Run {
                    open[at + 1] = true;
                }
            }
        };
        pass_runs(&mut open);
        for letter in text.chars() {
            let mut next = vec![false; open.len()];
            for (at, step) in steps.iter().enumerate().filter(|(at, _)| open[*at]) {
                match step {
                    Step::Run => next[at] = true,
                    Step::One => next[at + 1] = true,
                    Step::Letter(wanted) => next[at + 1] |= *wanted == letter,
                }
            }
            open = next;
            pass_runs(&mut open);
        }
        open[steps.len()]
    }

    /// The same for SQLite's `glob`.
    pub(super) fn glob(&self) -> String {
        self.written(|step| match step {
            Step::Run => "*".into(),
            Step::One => "?".into(),
            Step::Letter(sign @ ('*' | '?' | '[')) => format!("[{sign}]"),
            Step::Letter(letter) => letter.to_string(),
        })
    }

    /// The same for `like` of PostgreSQL.
    pub(super) fn like(&self) -> String {
        self.written(|step| match step {
            Step::Run => "%".into(),
            Step::One => "_".into(),
            Step::Letter(sign @ ('%' | '_' | '\\')) => format!("\\{sign}"),
            Step::Letter(letter) => letter.to_string(),
        })
    }

    fn written(&self, step: impl Fn(Step) -> String) -> String {
        self.0.iter().copied().map(step).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_have_two_signs_and_an_escape() {
        for (text, pattern, expected) in [
            ("Amina", "A*a", true),
            ("Amina", "A?ina", true),
            ("Amina", "A?na", false),
            ("", "*", true),
            ("", "?", false),
            ("a*b", r"a\*b", true),
            ("axb", r"a\*b", false),
            ("aab", "*ab", true),
            ("aaaaaaaaaaaaaaaaaaaaaaaa", "*a*a*a*a*a*a*b", false),
        ] {
            assert_eq!(
                Pattern::from(pattern).fits(text),
                expected,
                "{text} {pattern}"
            );
        }
    }

    #[test]
    fn a_pattern_is_written_for_either_database() {
        let pattern = Pattern::from(r"a*b?c\*[%_\\");
        assert_eq!(pattern.glob(), r"a*b?c[*][[]%_\");
        assert_eq!(pattern.like(), r"a%b_c*[\%\_\\");
    }
}
