//! A posted form: names and texts become [`Answers`], the pressed button an [`Action`].

use crate::answers::Answers;
use crate::limits;
use crate::path;
use crate::schema::{Component, Kind, Moment, Question, Schema};
use std::collections::BTreeSet;

/// The button that was pressed: the value of the input `action`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// `add:goals`: one more row in the list of that name.
    AddRow {
        /// Name of the list.
        list: String,
    },
    /// `remove:goals:n1`: that row away.
    RemoveRow {
        /// Name of the list.
        list: String,
        /// Id of the row.
        row: String,
    },
    /// A button of the page, such as `save` or `check`; empty if none was named.
    Other(String),
}

impl Action {
    /// The id of the element that the page should come back to after [`crate::Form::act`]: the new row, or the list that lost
    /// one.
    pub fn element(&self, answers: &Answers) -> Option<String> {
        match self {
            Action::AddRow { list } => {
                let row = answers.row_ids(list)?.last()?;
                Some(format!("row-{}-{row}", path::id_of(list)))
            }
            Action::RemoveRow { list, .. } => Some(path::id_of(list)),
            Action::Other(_) => None,
        }
    }

    /// The action among posted pairs.
    pub fn of(pairs: &[(String, String)]) -> Action {
        let action = pairs
            .iter()
            .find(|(name, _)| name == "action")
            .map_or("", |(_, value)| value.as_str());
        if let Some(list) = action.strip_prefix("add:") {
            return Action::AddRow {
                list: list.to_owned(),
            };
        }
        match action
            .strip_prefix("remove:")
            .and_then(|rest| rest.rsplit_once(':'))
        {
            Some((list, row)) => Action::RemoveRow {
                list: list.to_owned(),
                row: row.to_owned(),
            },
            None => Action::Other(action.to_owned()),
        }
    }
}

/// The names that a form's inputs may have, without row ids.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    inputs: BTreeSet<String>,
    lists: BTreeSet<String>,
}

impl Names {
    pub(crate) fn of(schema: &Schema) -> Names {
        let mut names = Names::default();
        names.collect("", &schema.components);
        names
    }

    fn collect(&mut self, container: &str, components: &[Component]) {
        for component in components {
            let own = component.path.join(".");
            let name = match (container.is_empty(), own.is_empty()) {
                (true, _) => own,
                (false, true) => container.to_owned(),
                (false, false) => format!("{container}.{own}"),
            };
            match &component.kind {
                Kind::Group { components, .. } => self.collect(&name, components),
                Kind::List(list) => {
                    let rows = format!("{name}[]");
                    self.collect(&rows, &list.components);
                    self.lists.insert(rows);
                }
                Kind::Question(question) if !component.disabled => {
                    let inputs = parts(question).iter().map(|part| format!("{name}{part}"));
                    self.inputs.extend(inputs);
                }
                Kind::Question(_)
                | Kind::Table { .. }
                | Kind::Prose { .. }
                | Kind::Computed(_)
                | Kind::Separator
                | Kind::Spacer => {}
            }
        }
    }

    /// What was typed; names that are not the form's are ignored.
    pub(crate) fn answers(&self, pairs: &[(String, String)]) -> Answers {
        let mut answers = Answers::default();
        let pairs = &pairs[..pairs.len().min(limits::POSTED_PAIRS)];
        let shaped = || {
            pairs
                .iter()
                .filter_map(|(name, text)| Some((path::shape(name)?, name, text)))
        };
        for (_, name, id) in shaped().filter(|(shape, ..)| self.lists.contains(shape)) {
            if let Some(list) = name.strip_suffix("[]") {
                answers.note_row(list, id);
            }
        }
        for (_, name, text) in shaped().filter(|(shape, ..)| self.inputs.contains(shape)) {
            let through = path::rows_of(name);
            let in_known_rows = through.len() == name.matches('[').count()
                && through.iter().all(|(list, id)| {
                    answers
                        .row_ids(list)
                        .is_some_and(|ids| ids.iter().any(|known| known == id))
                });
            if in_known_rows {
                answers.add_text(name, text.replace("\r\n", "\n"));
            }
        }
        answers.drop_answers_of_removed_rows();
        answers
    }
}

/// What stands after a question's name in the names of its inputs; keys hold no hyphen, so these never clash.
pub(crate) fn parts(question: &Question) -> &'static [&'static str] {
    match question {
        Question::Moment(moment) => match moment.parts {
            Moment::Date => &["-day", "-month", "-year"],
            Moment::Time => &[""],
            Moment::Both => &["-day", "-month", "-year", "-time"],
        },
        Question::Signature => &["-agreed", "-name"],
        Question::Text(_)
        | Question::Number(_)
        | Question::Choice { .. }
        | Question::Checkbox
        | Question::Checklist { .. } => &[""],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(action: &str, expected: Action) {
        let pairs = [
            ("other".to_owned(), "x".to_owned()),
            ("action".to_owned(), action.to_owned()),
        ];
        assert_eq!(Action::of(&pairs), expected);
    }

    #[test]
    fn the_pressed_button_is_named_by_the_action() {
        check(
            "add:goals",
            Action::AddRow {
                list: "goals".into(),
            },
        );
        check(
            "remove:goals[n1].steps:v2",
            Action::RemoveRow {
                list: "goals[n1].steps".into(),
                row: "v2".into(),
            },
        );
        check("check", Action::Other("check".into()));
        check("remove:goals", Action::Other("remove:goals".into()));
        assert_eq!(Action::of(&[]), Action::Other(String::new()));
    }
}
