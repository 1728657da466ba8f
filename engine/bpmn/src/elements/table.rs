//! The table of elements, for the README and for reports.

use super::{ELEMENTS, GLOBAL_TASKS, MARKERS, Position, TRIGGERS};

/// One line of the table for people: an element, or an event with its trigger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// BPMN's word for it.
    pub name: String,
    /// Clause of BPMN 2.0.2.
    pub clause: &'static str,
}

/// Every element of executable BPMN, events with each trigger that the standard allows there.
pub fn table() -> Vec<Row> {
    let mut rows = Vec::new();
    for kind in ELEMENTS {
        let Some(position) = kind.event else {
            rows.push(Row {
                name: kind.name.to_owned(),
                clause: kind.clause,
            });
            continue;
        };
        let mut positions = vec![position];
        if position == Position::Start {
            positions.push(Position::EventSubprocessStart);
        }
        for position in positions {
            let allowed = TRIGGERS.iter().filter(|t| t.allowed.contains(&position));
            rows.extend(allowed.map(|trigger| Row {
                name: position.word(trigger.name),
                clause: kind.clause,
            }));
        }
    }
    rows.extend(GLOBAL_TASKS.iter().map(|kind| Row {
        name: kind.name.to_owned(),
        clause: kind.clause,
    }));
    rows.extend(MARKERS.iter().map(|(name, clause)| Row {
        name: (*name).to_owned(),
        clause,
    }));
    rows
}

/// The table as the README shows it.
pub fn markdown() -> String {
    let mut text = "| executed | BPMN 2.0.2 |\n|---|---|\n".to_owned();
    for row in table() {
        text += &format!("| {} | {} |\n", row.name, row.clause);
    }
    text + "\nNothing of the standard's executable elements is left out.\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_listed_where_the_standard_allows_them() {
        let names: Vec<String> = table().into_iter().map(|row| row.name).collect();
        for name in [
            "user task",
            "timer boundary event",
            "terminate end event",
            "intermediate message catch event",
            "message event subprocess start event",
            "multiple end event",
            "global user task",
            "standard loop",
        ] {
            assert!(names.iter().any(|listed| listed == name), "{name}");
        }
        assert!(!names.iter().any(|name| name == "terminate start event"));
    }
}
