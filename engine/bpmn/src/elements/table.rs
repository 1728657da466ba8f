//! The table of elements, for the README and for reports.

use super::{ELEMENTS, GLOBAL_TASKS, MARKERS, Position, TRIGGERS};

/// One line of the table for people: an element, or an event with its trigger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// BPMN's word for it.
    pub name: String,
    /// Clause of BPMN 2.0.2.
    pub clause: &'static str,
    /// Whether it is executed.
    pub executed: bool,
}

/// Every element of executable BPMN, events with each trigger that the standard allows there.
pub fn table() -> Vec<Row> {
    let mut rows = Vec::new();
    for kind in ELEMENTS {
        let Some(position) = kind.event else {
            rows.push(Row {
                name: kind.name.to_owned(),
                clause: kind.clause,
                executed: kind.read.is_some(),
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
                executed: trigger.executed.contains(&position),
            }));
        }
    }
    rows.extend(GLOBAL_TASKS.iter().map(|kind| Row {
        name: kind.name.to_owned(),
        clause: kind.clause,
        executed: kind.read.is_some(),
    }));
    rows.extend(MARKERS.iter().map(|(name, clause)| Row {
        name: (*name).to_owned(),
        clause,
        executed: true,
    }));
    rows
}

/// The table as the README shows it: what is executed with its clause, then the names of what is not.
pub fn markdown() -> String {
    let (executed, waiting): (Vec<Row>, Vec<Row>) = table().into_iter().partition(|r| r.executed);
    let mut text = "| executed | BPMN 2.0.2 |\n|---|---|\n".to_owned();
    for row in executed {
        text += &format!("| {} | {} |\n", row.name, row.clause);
    }
    let waiting: Vec<String> = waiting.into_iter().map(|row| row.name).collect();
    if waiting.is_empty() {
        return text + "\nNothing of the standard's executable elements is left out.\n";
    }
    text + &format!("\nNot yet: {}.\n", waiting.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_lists_what_is_executed_and_what_is_not() {
        let table = table();
        let executed = |name: &str| {
            let row = table.iter().find(|row| row.name == name);
            row.unwrap_or_else(|| panic!("no row {name}")).executed
        };
        assert!(executed("user task"));
        assert!(executed("timer boundary event"));
        assert!(executed("terminate end event"));
        assert!(executed("intermediate message catch event"));
        assert!(executed("message event subprocess start event"));
        assert!(executed("multiple end event"));
        assert!(table.iter().all(|row| row.name != "terminate start event"));
    }
}
