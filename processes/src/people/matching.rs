//! Possible same people: asked before somebody is registered a second time.

use super::{Person, beginning_with, words};
use crate::Result;
use jiff::civil::Date;
use runtime::Runtime;

/// From this likeness on somebody must look before a person is registered.
pub const REVIEW_FROM: f64 = 0.8;

/// From this likeness on a person is mentioned.
const MENTION_FROM: f64 = 0.6;

/// How many letters of a word must agree for a person to be looked at.
const SAME_LETTERS: usize = 2;

/// How many years two ages may be apart to count as the same.
const SAME_AGE: u8 = 2;

/// Somebody known who may be the same person.
#[derive(Debug, Clone, PartialEq)]
pub struct Possible {
    /// The person.
    pub person: Person,
    /// How alike, from 0 to 1.
    pub likeness: f64,
}

/// Known people who may be the one with this name and age, the most alike first.
pub async fn possible_matches(
    runtime: &Runtime,
    name: &str,
    age: Option<u8>,
    today: Date,
) -> Result<Vec<Possible>> {
    let wanted: Vec<String> = words(name).collect();
    let mut found: Vec<Possible> = Vec::new();
    for word in &wanted {
        let beginning: String = word.chars().take(SAME_LETTERS).collect();
        for person in beginning_with(runtime, &beginning).await? {
            if found.iter().any(|known| known.person.id == person.id) {
                continue;
            }
            let names: Vec<String> = words(&person.details.name).collect();
            let likeness = likeness(&wanted, age, &names, person.age(today));
            if likeness >= MENTION_FROM {
                found.push(Possible { person, likeness });
            }
        }
    }
    found.sort_by(|a, b| {
        b.likeness
            .total_cmp(&a.likeness)
            .then_with(|| a.person.id.cmp(&b.person.id))
    });
    Ok(found)
}

/// Three quarters the name, one quarter the age; an unknown age counts half.
fn likeness(wanted: &[String], age: Option<u8>, names: &[String], known: Option<u8>) -> f64 {
    let name = (one_way(wanted, names) + one_way(names, wanted)) / 2.0;
    let age = match (age, known) {
        (Some(a), Some(b)) if a.abs_diff(b) <= SAME_AGE => 1.0,
        (Some(_), Some(_)) => 0.0,
        _ => 0.5,
    };
    0.75 * name + 0.25 * age
}

/// How well each word is found among the others, on average.
fn one_way(words: &[String], others: &[String]) -> f64 {
    if words.is_empty() {
        return 0.0;
    }
    let best = |word: &String| {
        others
            .iter()
            .map(|other| alike(word, other))
            .fold(0.0, f64::max)
    };
    #[expect(clippy::cast_precision_loss, reason = "a name has few words")]
    let count = words.len() as f64;
    words.iter().map(best).sum::<f64>() / count
}

/// 1 for the same word, less for each letter that differs.
fn alike(a: &str, b: &str) -> f64 {
    let longest = a.chars().count().max(b.chars().count()).max(1);
    #[expect(clippy::cast_precision_loss, reason = "a word has few letters")]
    let share = distance(a, b) as f64 / longest as f64;
    1.0 - share
}

/// Letters to insert, leave out or exchange (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(64).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, letter) in a.chars().take(64).enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, other) in b.iter().enumerate() {
            let exchanged = diagonal + usize::from(letter != *other);
            diagonal = row[j + 1];
            row[j + 1] = exchanged.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(a: &str, a_age: Option<u8>, b: &str, b_age: Option<u8>, must_look: bool) {
        let names = |text| words(text).collect::<Vec<_>>();
        let likeness = likeness(&names(a), a_age, &names(b), b_age);
        assert_eq!(
            likeness >= REVIEW_FROM,
            must_look,
            "{a} and {b}: {likeness}"
        );
    }

    #[test]
    fn spelling_and_order_of_names_do_not_hide_a_child() {
        check("Sarah Nakato", Some(7), "Nakato Sara", Some(8), true);
        check("Sarah Nakato", Some(7), "Sarah Nakato", None, true);
        check("Mukasa John", Some(9), "John Mukasa", Some(9), true);
    }

    #[test]
    fn others_are_not_taken_for_the_same() {
        check("Sarah Nakato", Some(7), "Sarah Nakato", Some(16), false);
        check("Sarah Nakato", Some(7), "Peter Okello", Some(7), false);
        check("Sarah Nakato", Some(7), "Ruth Nakato", Some(7), false);
    }
}
