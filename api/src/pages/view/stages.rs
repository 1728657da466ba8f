//! The stages of a pathway: what caseworkers say instead of looking at a diagram.

use processes::stages::{self, StageState};
use serde::Serialize;

/// One stage of the bar above a task or case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Stage {
    pub(crate) name: String,
    pub(crate) note: &'static str,
    /// `done`, `now` or `ahead`: the class that draws it.
    pub(crate) state: &'static str,
    pub(crate) done: bool,
    pub(crate) current: bool,
}

impl From<stages::Stage> for Stage {
    fn from(stage: stages::Stage) -> Stage {
        let (state, note) = match stage.state {
            StageState::Done => ("done", "Done"),
            StageState::Current => ("now", "You are here"),
            StageState::ToCome => ("ahead", "Ahead"),
            StageState::NotNeeded => ("ahead", "Not needed"),
        };
        Stage {
            name: stage.name,
            note,
            state,
            done: state == "done",
            current: state == "now",
        }
    }
}

/// The same as small bars in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Bars {
    /// `Stage 2 of 6: Assessment`.
    pub(crate) label: String,
    /// `done`, `now` or empty, one a stage.
    pub(crate) bars: Vec<&'static str>,
}

/// The small bars of a list, for the stage where the step is. Nothing where the model names no stages.
pub(crate) fn bars(names: &[String], current: &str) -> Option<Bars> {
    let at = names.iter().position(|name| name == current)?;
    let bar = |index: usize| match index.cmp(&at) {
        std::cmp::Ordering::Less => "done",
        std::cmp::Ordering::Equal => "now",
        std::cmp::Ordering::Greater => "",
    };
    let label = format!("Stage {} of {}: {current}", at + 1, names.len());
    Some(Bars {
        label,
        bars: (0..names.len()).map(bar).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_shows_the_stage_of_its_step() {
        let names = ["Registration", "Assessment", "Case plan", "Closure"].map(String::from);
        let shown = bars(&names, "Assessment").unwrap();
        assert_eq!(
            (shown.label.as_str(), shown.bars),
            ("Stage 2 of 4: Assessment", vec!["done", "now", "", ""])
        );
        assert_eq!(bars(&names, "Elsewhere"), None);
    }
}
