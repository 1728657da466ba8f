//! Priorities in words: a number means nothing to a person.

use serde::Serialize;

/// A priority in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Priority {
    /// The class of its drawing, and its value in addresses.
    pub(crate) kind: &'static str,
    pub(crate) text: &'static str,
}

impl Priority {
    /// From highest to lowest, each with the number from which it counts. Models give 50 unless they say otherwise.
    pub(crate) const ALL: [(u8, Priority); 4] = [
        (
            90,
            Priority {
                kind: "urgent",
                text: "Urgent",
            },
        ),
        (
            70,
            Priority {
                kind: "high",
                text: "High",
            },
        ),
        (
            30,
            Priority {
                kind: "normal",
                text: "Normal",
            },
        ),
        (
            0,
            Priority {
                kind: "low",
                text: "Low",
            },
        ),
    ];

    /// The word for a number from 0 to 100.
    pub(crate) fn of(number: u8) -> Priority {
        let found = Priority::ALL.into_iter().find(|(from, _)| number >= *from);
        found.expect("the last one counts from 0").1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_becomes_a_word() {
        let word = |number| Priority::of(number).text;
        assert_eq!(
            [100, 90, 89, 70, 50, 30, 29, 0].map(word),
            [
                "Urgent", "Urgent", "High", "High", "Normal", "Normal", "Low", "Low"
            ]
        );
    }
}
