//! Where an answer lives: keys and row ids from the form down; the names and ids of inputs come from it.

use std::fmt;

/// One step of a [`Path`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    Key(String),
    /// A row of the list before it, by its stable id.
    Row(String),
}

/// The way from the form to an answer: `goals[n1].status`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Path(Vec<Step>);

impl Path {
    pub(crate) fn with_keys(&self, keys: &[String]) -> Path {
        let keys = keys.iter().cloned().map(Step::Key);
        Path(self.0.iter().cloned().chain(keys).collect())
    }

    pub(crate) fn with_row(&self, id: &str) -> Path {
        let row = Step::Row(id.to_owned());
        Path(self.0.iter().cloned().chain([row]).collect())
    }

    /// The name of the input, as `path[row].key`.
    pub(crate) fn name(&self) -> String {
        self.to_string()
    }

    /// The id of the element in the page, `path-row-key`. Keys hold no hyphen, so two paths never share one.
    pub(crate) fn id(&self) -> String {
        let steps = self.0.iter().map(|step| match step {
            Step::Key(text) | Step::Row(text) => text.as_str(),
        });
        steps.collect::<Vec<_>>().join("-")
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(key) if place == 0 => f.write_str(key)?,
                Step::Key(key) => write!(f, ".{key}")?,
                Step::Row(id) => write!(f, "[{id}]")?,
            }
        }
        Ok(())
    }
}

/// The id of the element of a name: `plan.goals[n1]` is `plan-goals-n1`.
pub(crate) fn id_of(name: &str) -> String {
    name.replace(['.', '['], "-").replace(']', "")
}

/// A posted name without its row ids, `goals[].status`; `None` where the brackets hold no row id.
pub(crate) fn shape(name: &str) -> Option<String> {
    let mut shape = String::new();
    let mut rest = name;
    while let Some((before, after)) = rest.split_once('[') {
        let (id, after) = after.split_once(']')?;
        if !id.is_empty() && !is_row_id(id) {
            return None;
        }
        shape.push_str(before);
        shape.push_str("[]");
        rest = after;
    }
    shape.push_str(rest);
    Some(shape)
}

/// The lists and row ids that a name goes through, outermost first: `("goals", "n1")`.
pub(crate) fn rows_of(name: &str) -> Vec<(&str, &str)> {
    let starts = name.match_indices('[').map(|(at, _)| at);
    starts
        .filter_map(|at| {
            let id = name[at + 1..].split(']').next()?;
            (!id.is_empty()).then(|| (&name[..at], id))
        })
        .collect()
}

/// `v3`: the third row of the variables; `n1`: the first row that was added.
pub(crate) fn is_row_id(id: &str) -> bool {
    let digits = id.strip_prefix(['v', 'n']).unwrap_or_default();
    (1..=6).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_ids_come_from_the_path() {
        let goal = Path::default()
            .with_keys(&["plan".into(), "goals".into()])
            .with_row("n1")
            .with_keys(&["due".into()]);
        assert_eq!(goal.name(), "plan.goals[n1].due");
        assert_eq!(goal.id(), "plan-goals-n1-due");
        assert_eq!(id_of(&goal.name()), goal.id());
        assert_eq!(shape(&goal.name()).as_deref(), Some("plan.goals[].due"));
        assert_eq!(rows_of("a[n1].b[v2].c"), [("a", "n1"), ("a[n1].b", "v2")]);
    }

    #[test]
    fn only_row_ids_stand_in_brackets() {
        assert_eq!(shape("goals[]").as_deref(), Some("goals[]"));
        assert_eq!(shape("goals[<script>]"), None);
        assert_eq!(shape("goals[n1"), None);
        assert!(is_row_id("v12") && !is_row_id("12") && !is_row_id("n") && !is_row_id("n1234567"));
    }
}
