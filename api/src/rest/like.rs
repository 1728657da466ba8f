//! Patterns for texts: `*` and `?`.

/// Whether a text fits a pattern: `*` is any run of letters, `?` any one, a backslash takes away their meaning.
pub(super) fn is_like(text: &str, pattern: &str) -> bool {
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

#[derive(Debug, PartialEq)]
enum Step {
    Run,
    One,
    Letter(char),
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
            assert_eq!(is_like(text, pattern), expected, "{text} {pattern}");
        }
    }
}
