//! Conditions that are waited for: looked at when they begin to be awaited, and, when nothing moves any more in a
//! command, where a variable that they read has changed in a scope that the waiting visit sees.
//!
//! A command costs nothing for conditions whose variables it leaves alone: the model knows which events read a
//! name, the state which subscriptions an event has.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use feel::{Context, Value};

use super::Stepper;
use crate::definition::NodeIndex;
use crate::triggers::{ConditionalTrigger, Trigger};
use crate::{Awaited, Key, Record};

/// Conditions that have to be looked at.
#[derive(Debug, Default)]
pub(super) struct Unasked {
    /// Subscriptions that are new.
    opened: BTreeSet<Key>,
    /// Scopes and names of variables that have another value, and whether they are new.
    changed: BTreeMap<(Key, Arc<str>), bool>,
}

impl<'a> Stepper<'a> {
    /// A condition has begun to be awaited.
    pub(super) fn ask_condition(&mut self, subscription: Key) {
        self.unasked.opened.insert(subscription);
    }

    /// Remembers the change of a variable that a condition of the model looks at. To be asked before the record is applied.
    pub(super) fn note_change(&mut self, record: &Record) {
        let Record::VariableSet { scope, name, value } = record else {
            return;
        };
        if !self.definition.conditions.contains_key(name) {
            return;
        }
        let before = self
            .instance
            .scope(*scope)
            .map(|inner| inner.variable(name));
        let created = match before.flatten() {
            None => true,
            Some(before) if before == value => return,
            Some(_) => false,
        };
        let known = self.unasked.changed.entry((*scope, name.clone()));
        known.or_insert(created);
    }

    /// Looks at the conditions that may have become true, and lets those happen that have.
    pub(super) fn settle_conditions(&mut self) {
        let Unasked { opened, changed } = std::mem::take(&mut self.unasked);
        let mut asked = opened;
        for ((scope, name), created) in changed {
            let definition = self.definition;
            let events = definition.conditions.get(&name).into_iter().flatten();
            for (event, number) in events {
                let fits = self.conditional(*event, *number).is_some_and(|trigger| {
                    if created {
                        trigger.on_create
                    } else {
                        trigger.on_update
                    }
                });
                if fits {
                    asked.extend(self.conditions_that_see(*event, *number, scope));
                }
            }
        }
        for subscription in asked {
            self.look_at(subscription);
        }
    }

    /// A definition of an event, where it is a condition.
    fn conditional(&self, event: NodeIndex, number: u32) -> Option<&'a ConditionalTrigger> {
        let definition = self.definition;
        let triggers = definition.at(event).element.triggers();
        if let Trigger::Conditional(conditional) = triggers.iter().nth(number as usize)? {
            Some(conditional)
        } else {
            None
        }
    }

    /// The open subscriptions of an event whose visits see the variables of a scope.
    fn conditions_that_see(&self, event: NodeIndex, number: u32, scope: Key) -> Vec<Key> {
        let element = &self.definition.at(event).id;
        let Some(all) = self.instance.conditions(element) else {
            return Vec::new();
        };
        let fits = |key: &Key| {
            let open = self.instance.subscriptions().get(key);
            open.is_some_and(|open| open.element == *element && open.definition == number)
        };
        if scope == self.instance.key() {
            return all.iter().copied().filter(fits).collect();
        }
        let mut inside = self.inside(scope);
        inside.insert(scope);
        let scopes = inside.iter().filter_map(|key| self.instance.scope(*key));
        let waits = scopes.flat_map(|scope| scope.waits()).copied();
        waits.filter(fits).collect()
    }

    /// Asks a condition, and lets its event happen if it was not true and is now. What cannot be computed is not true.
    fn look_at(&mut self, key: Key) {
        // What happened before may have ended the waiting.
        let Some(open) = self.instance.subscriptions().get(&key).cloned() else {
            return;
        };
        let Awaited::Condition { held: before } = open.awaits else {
            return;
        };
        let Some(event) = self.definition.find(&open.element) else {
            return;
        };
        let Some(conditional) = self.conditional(event, open.definition) else {
            return;
        };
        let asked = self.evaluate_quietly(&conditional.condition, open.element_instance);
        let held = asked.is_ok_and(|asked| asked.value == Value::Boolean(true));
        if held == before {
            return;
        }
        let subscription = key;
        self.emit(Record::ConditionChanged { subscription, held });
        if held {
            let nothing = Context::default();
            self.occur(event, open.element_instance, open.definition, &nothing);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::{Run, flows, process, script};
    use crate::{Command, Record};

    const RISKY: &str = "<conditionalEventDefinition><condition>=risk &gt; 3</condition></conditionalEventDefinition>";

    fn catching() -> String {
        process(&format!(
            r#"<startEvent id="s"/><intermediateCatchEvent id="C">{RISKY}</intermediateCatchEvent><endEvent id="e"/>{}"#,
            flows("s>C>e")
        ))
    }

    #[test]
    fn a_condition_that_is_true_already_is_not_waited_for() {
        let run = Run::with(&[&catching()], json!({"risk": 4}));
        assert!(run.ended());
    }

    #[test]
    fn a_condition_happens_when_it_becomes_true() {
        let mut run = Run::with(&[&catching()], json!({"risk": 1}));
        assert_eq!(run.awaits(), ["C false"]);
        run.set(json!({"risk": 2, "other": 9}));
        assert_eq!(run.awaits(), ["C false"]);
        run.set(json!({"risk": 5}));
        assert_eq!(run.passed(), "s C e");
        assert!(run.ended());
    }

    #[test]
    fn a_condition_whose_variables_do_not_exist_is_not_true_and_no_incident() {
        let mut run = Run::with(&[&catching()], json!({}));
        assert!(run.incidents().is_empty());
        run.set(json!({"risk": 4}));
        assert!(run.ended());
    }

    fn beside(event: &str) -> String {
        process(&format!(
            r#"<startEvent id="s"/><userTask id="A"/>{event}<userTask id="B"/>{}"#,
            flows("s>A C>B")
        ))
    }

    #[test]
    fn a_boundary_condition_that_does_not_interrupt_happens_each_time_it_becomes_true() {
        let event = format!(
            r#"<boundaryEvent id="C" attachedToRef="A" cancelActivity="false">{RISKY}</boundaryEvent>"#
        );
        let mut run = Run::with(&[&beside(&event)], json!({"risk": 1}));
        for (risk, tasks) in [(4, 2), (5, 2), (1, 2), (6, 3)] {
            run.set(json!({ "risk": risk }));
            assert_eq!(run.tasks().len(), tasks, "{risk}");
        }
    }

    #[test]
    fn a_boundary_condition_interrupts_as_soon_as_it_is_true() {
        let event = format!(r#"<boundaryEvent id="C" attachedToRef="A">{RISKY}</boundaryEvent>"#);
        let mut run = Run::with(&[&beside(&event)], json!({"risk": 1}));
        assert_eq!(run.tasks(), ["A"]);
        run.set(json!({"risk": 4}));
        assert_eq!(run.tasks(), ["B"]);
        let run = Run::with(&[&beside(&event)], json!({"risk": 4}));
        assert_eq!(run.tasks(), ["B"]);
    }

    #[test]
    fn a_condition_sees_the_variables_of_its_scope() {
        let event = format!(r#"<boundaryEvent id="C" attachedToRef="A">{RISKY}</boundaryEvent>"#);
        let mut run = Run::with(&[&beside(&event)], json!({"risk": 1}));
        let scope = *run.instance().elements().keys().last().expect("a visit");
        let set = |run: &mut Run, risk: i64| {
            let variables = crate::testing::context(json!({ "risk": risk }));
            let set = Command::SetVariables {
                scope,
                variables,
                local: true,
            };
            run.command(set).expect("variables");
        };
        set(&mut run, 2);
        // Hidden by the variable of the visit.
        run.set(json!({"risk": 9}));
        assert_eq!(run.tasks(), ["A"]);
        set(&mut run, 4);
        assert_eq!(run.tasks(), ["B"]);
    }

    #[test]
    fn the_filter_says_which_changes_are_looked_at() {
        let filtered = |filter: &str| {
            catching().replace(
                "<condition>",
                &format!("<extensionElements><z:conditionalFilter {filter}/></extensionElements><condition>"),
            )
        };
        let mut run = Run::with(&[&filtered(r#"variableNames="look""#)], json!({"risk": 1}));
        run.set(json!({"risk": 4}));
        assert!(!run.ended());
        run.set(json!({"look": true}));
        assert!(run.ended());
        let mut run = Run::with(&[&filtered(r#"variableEvents="update""#)], json!({}));
        run.set(json!({"risk": 4}));
        assert!(!run.ended());
        run.set(json!({"risk": 5}));
        assert!(run.ended());
    }

    #[test]
    fn a_condition_starts_an_event_subprocess_as_often_as_it_becomes_true() {
        let body = |interrupting: bool| {
            process(&format!(
                r#"<startEvent id="s"/><userTask id="A"/>{}<subProcess id="E" triggeredByEvent="true">
                <startEvent id="es" isInterrupting="{interrupting}">{RISKY}</startEvent><userTask id="B"/>{}</subProcess>"#,
                flows("s>A"),
                flows("es>B")
            ))
        };
        let mut run = Run::with(&[&body(false)], json!({}));
        for risk in [4, 1, 4] {
            run.set(json!({ "risk": risk }));
        }
        assert_eq!(run.tasks(), ["A", "B", "B"]);
        let mut run = Run::with(&[&body(true)], json!({}));
        run.set(json!({"risk": 4}));
        assert_eq!(run.tasks(), ["B"]);
        assert!(run.awaits().is_empty());
    }

    #[test]
    fn a_condition_behind_a_gateway_decides_the_way() {
        let mut run = Run::of(&format!(
            r#"<startEvent id="s"/><eventBasedGateway id="g"/><intermediateCatchEvent id="C">{RISKY}</intermediateCatchEvent>
            <intermediateCatchEvent id="T"><timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition></intermediateCatchEvent>{}"#,
            flows("s>g>C g>T")
        ));
        run.set(json!({"risk": 4}));
        assert_eq!(run.passed(), "s g C");
        assert!(run.ended());
    }

    /// The event subprocess makes its own condition false and true again.
    #[test]
    fn a_condition_that_makes_itself_true_for_ever_ends_in_an_incident() {
        let mut run = Run::of(&format!(
            r#"<startEvent id="s"/><userTask id="A"/>{}<subProcess id="E" triggeredByEvent="true">
            <startEvent id="es" isInterrupting="false"><conditionalEventDefinition><condition>=modulo(n, 2) = 1 or even</condition></conditionalEventDefinition></startEvent>
            {}{}</subProcess><subProcess id="F" triggeredByEvent="true"><startEvent id="fs" isInterrupting="false">
            <conditionalEventDefinition><condition>=modulo(n, 2) = 0</condition></conditionalEventDefinition></startEvent>{}{}</subProcess>"#,
            flows("s>A"),
            script("Up", "n", "n + 1"),
            flows("es>Up"),
            script("Down", "n", "n + 1"),
            flows("fs>Down")
        ));
        run.set(json!({"n": 0, "even": false}));
        assert!(run.incidents()[0].contains("RECORDS_PER_COMMAND_MAX"));
    }

    #[test]
    fn a_variable_of_one_item_does_not_concern_the_conditions_of_the_others() {
        let text = process(&format!(
            r#"<startEvent id="s"/><subProcess id="P"><multiInstanceLoopCharacteristics><extensionElements>
            <z:loopCharacteristics inputCollection="=for i in 1..50 return i" inputElement="n"/></extensionElements></multiInstanceLoopCharacteristics>
            <startEvent id="ps"/><intermediateCatchEvent id="C"><conditionalEventDefinition><condition>=n &gt; 100</condition></conditionalEventDefinition></intermediateCatchEvent>{}</subProcess>{}"#,
            flows("ps>C"),
            flows("s>P")
        ));
        let mut run = Run::with(&[&text], json!({}));
        let items = run.instance().elements().iter();
        let items = items.filter(|(_, visit)| visit.variables().contains_key("n"));
        let item = *items.map(|(key, _)| key).nth(20).expect("an item");
        let before = run.records[&run.main].len();
        let variables = crate::testing::context(json!({"n": 101}));
        let set = Command::SetVariables {
            scope: item,
            variables,
            local: true,
        };
        run.command(set).expect("variables");
        let changes = run.records[&run.main][before..].iter();
        let changes = changes.filter(|r| matches!(r, Record::ConditionChanged { .. }));
        assert_eq!(changes.count(), 1);
        assert_eq!(run.awaits().len(), 49);
    }
}
