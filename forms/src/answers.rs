//! What a person typed, kept as typed even where it is wrong ("31 feb"), so that a draft never loses a word.

use crate::limits;
use crate::path;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The typed answers to one form; the JSON of a draft:
/// `{"values": {"seen-day": ["12"], "goals[n1].goal": ["..."]}, "rows": {"goals": ["v1", "n1"]}, "born": 1}`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Answers {
    /// Texts by the name of the input. A name that is absent was never asked; one without texts was left empty.
    values: BTreeMap<String, Vec<String>>,
    /// Row ids by the name of the list, in order. A list that is absent shows the rows of the variables.
    rows: BTreeMap<String, Vec<String>>,
    /// How many rows were ever added: the ids of new rows never repeat.
    born: u32,
}

impl Answers {
    /// Whether nothing was typed yet.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty() && self.rows.is_empty()
    }

    /// These answers with those of a later post over them: a field that the post did not ask keeps its answer,
    /// so what is hidden for a while comes back; a removed row takes its answers along.
    #[must_use]
    pub fn merged_with(mut self, later: Answers) -> Answers {
        self.values.extend(later.values);
        self.rows.extend(later.rows);
        self.born = self.born.max(later.born);
        self.drop_answers_of_removed_rows();
        self
    }

    pub(crate) fn texts(&self, name: &str) -> Option<&[String]> {
        self.values.get(name).map(Vec::as_slice)
    }

    pub(crate) fn add_text(&mut self, name: &str, text: String) {
        let texts = self.values.entry(name.to_owned()).or_default();
        // An empty text beside others is the "was asked" marker of tick boxes.
        if !text.is_empty() && texts.len() < limits::OPTIONS {
            texts.push(text);
        }
    }

    pub(crate) fn row_ids(&self, list: &str) -> Option<&[String]> {
        self.rows.get(list).map(Vec::as_slice)
    }

    pub(crate) fn set_rows(&mut self, list: &str, ids: Vec<String>) {
        self.rows.insert(list.to_owned(), ids);
    }

    /// Notes that a list was posted, with one more of its rows unless the id is empty.
    pub(crate) fn note_row(&mut self, list: &str, id: &str) {
        let ids = self.rows.entry(list.to_owned()).or_default();
        if path::is_row_id(id) && ids.len() < limits::ROWS && !ids.iter().any(|known| known == id) {
            ids.push(id.to_owned());
        }
        self.note_born(id);
    }

    /// Adds a row with a new id at the end of a list.
    pub(crate) fn add_row(&mut self, list: &str) {
        let highest = self
            .rows
            .values()
            .flatten()
            .filter_map(|id| number_of_new(id))
            .max()
            .unwrap_or(0);
        self.born = self.born.max(highest).saturating_add(1);
        self.rows
            .entry(list.to_owned())
            .or_default()
            .push(format!("n{}", self.born));
    }

    /// Removes a row and what was typed in it.
    pub(crate) fn remove_row(&mut self, list: &str, id: &str) {
        if let Some(ids) = self.rows.get_mut(list) {
            ids.retain(|known| known != id);
        }
        self.drop_answers_of_removed_rows();
    }

    /// Keeps only what belongs to rows that are there.
    pub(crate) fn drop_answers_of_removed_rows(&mut self) {
        let rows = self.rows.clone();
        let stays = |name: &str| {
            let through = path::rows_of(name);
            through.iter().all(|(list, id)| {
                rows.get(*list)
                    .is_none_or(|ids| ids.iter().any(|known| known == id))
            })
        };
        self.values.retain(|name, _| stays(name));
        self.rows.retain(|name, _| stays(name));
    }

    fn note_born(&mut self, id: &str) {
        self.born = self.born.max(number_of_new(id).unwrap_or(0));
    }
}

fn number_of_new(id: &str) -> Option<u32> {
    id.strip_prefix('n')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(values: &[(&str, &str)], rows: &[(&str, &[&str])]) -> Answers {
        let mut answers = Answers::default();
        for (list, ids) in rows {
            answers.note_row(list, "");
            for id in *ids {
                answers.note_row(list, id);
            }
        }
        for (name, text) in values {
            answers.add_text(name, (*text).to_owned());
        }
        answers
    }

    #[test]
    fn an_answer_that_was_not_asked_again_stays() {
        let merged =
            answers(&[("a", "1"), ("b", "2")], &[]).merged_with(answers(&[("b", "3")], &[]));
        assert_eq!(merged.texts("a"), Some(&["1".to_owned()][..]));
        assert_eq!(merged.texts("b"), Some(&["3".to_owned()][..]));
    }

    #[test]
    fn a_removed_row_takes_its_answers_along_and_its_id_never_comes_back() {
        let mut now = answers(
            &[("goals[n1].goal", "x"), ("goals[n2].goal", "y")],
            &[("goals", &["n1", "n2"])],
        );
        now.remove_row("goals", "n2");
        assert_eq!(now.texts("goals[n2].goal"), None);
        now.add_row("goals");
        assert_eq!(
            now.row_ids("goals"),
            Some(&["n1".to_owned(), "n3".to_owned()][..])
        );
        let fewer = now.merged_with(answers(&[], &[("goals", &[])]));
        assert_eq!(fewer.row_ids("goals"), Some(&[][..]));
        assert_eq!(fewer.texts("goals[n1].goal"), None);
    }

    #[test]
    fn a_draft_survives_a_trip_through_json() {
        let now = answers(
            &[("when-day", "31 feb"), ("goals[n1].goal", "é")],
            &[("goals", &["v1", "n1"])],
        );
        let text = serde_json::to_string(&now).expect("JSON");
        assert_eq!(
            serde_json::from_str::<Answers>(&text).expect("answers"),
            now
        );
        assert_eq!(
            serde_json::from_str::<Answers>("{}").expect("answers"),
            Answers::default()
        );
    }
}
