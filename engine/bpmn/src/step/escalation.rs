//! Escalations: thrown by events, people and called processes, caught by the nearest event that fits.

use feel::Context;

use super::{At, Stepper};
use crate::elements::Element;
use crate::triggers::Trigger;
use crate::{Command, FollowUp, Record};

impl<'a> Stepper<'a> {
    /// Throws an escalation at a visit. The innermost event that fits happens; it may end the visit. What nothing in
    /// this process catches goes to the call activity that started it, and this instance goes on in the meantime; without
    /// one it has no effect.
    pub(crate) fn escalate(&mut self, at: At<'_>, code: String, variables: Context) {
        let catcher = self.catcher(at.key, &code, |trigger| {
            if let Trigger::Escalation(escalation) = trigger {
                Some(escalation.catches())
            } else {
                None
            }
        });
        let caught_by = catcher
            .as_ref()
            .map(|caught| self.definition.at(caught.event).id.clone());
        self.emit(Record::EscalationThrown {
            element_instance: at.key,
            code: code.clone(),
            caught_by,
        });
        let Some(caught) = catcher else {
            return self.escalate_to_caller(code, variables);
        };
        let throws = matches!(
            at.node.element,
            Element::EndEvent(_) | Element::IntermediateThrowEvent(_)
        );
        if throws && self.interrupts(caught.event) {
            // It has done its part; what it interrupts is not itself.
            self.emit(Record::ElementCompleted { key: at.key });
        }
        let mut variables = variables;
        let triggers = self.definition.at(caught.event).element.triggers();
        if let Some(Trigger::Escalation(wanted)) = triggers.iter().nth(caught.definition as usize) {
            wanted.caught.add_to(&mut variables, &code, "");
        }
        self.occur(caught.event, caught.host, caught.definition, &variables);
    }

    fn escalate_to_caller(&mut self, code: String, variables: Context) {
        let Some(parent) = self.instance.parent() else {
            return;
        };
        let command = Command::CalledEscalated {
            element: parent.element,
            code,
            variables,
        };
        self.follow_up(FollowUp::Command {
            instance: parent.instance,
            command,
        });
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::{Run, check_problems_of, context, document, flows, process};
    use crate::{Command, Record, Status};

    const ROOTS: &str = r#"<escalation id="L" escalationCode="LATE"/><escalation id="W" escalationCode="=&quot;WORSE&quot;"/>"#;

    fn text(body: &str) -> String {
        process(body).replace("<process", &format!("{ROOTS}<process"))
    }

    /// A subprocess in a subprocess that throws; what catches stands on the outer one.
    fn throwing(code: &str, end: bool, catching: &str) -> String {
        let tag = if end {
            "endEvent"
        } else {
            "intermediateThrowEvent"
        };
        let on = if end { "" } else { "x>After" };
        text(&format!(
            r#"<startEvent id="s"/><subProcess id="P"><startEvent id="ps"/><subProcess id="Q"><startEvent id="qs"/><userTask id="W1"/>
            <{tag} id="x"><extensionElements><z:ioMapping><z:input source="=1 + 1" target="level"/></z:ioMapping></extensionElements>
            <escalationEventDefinition escalationRef="{code}"/></{tag}><userTask id="After"/>{}</subProcess>{}</subProcess>{catching}<userTask id="U"/>{}"#,
            flows(&format!("qs>x qs>W1 qs>After {on}")),
            flows("ps>Q"),
            flows("s>P P>U")
        ))
        .replace(r#"<sequenceFlow id="qs-After" sourceRef="qs" targetRef="After"/>"#, "")
    }

    fn boundary(id: &str, code: &str, interrupting: bool) -> String {
        format!(
            r#"<boundaryEvent id="{id}" attachedToRef="P" cancelActivity="{interrupting}"><escalationEventDefinition {code}/></boundaryEvent>
            <userTask id="{id}U"/>{}"#,
            flows(&format!("{id}>{id}U"))
        )
    }

    const LATE: &str = r#"escalationRef="L""#;

    #[test]
    fn an_escalation_goes_beside_or_ends_the_scope_that_it_leaves() {
        let model = throwing("L", false, &boundary("B", LATE, false));
        let run = Run::with(&[&model], json!({}));
        assert_eq!(run.tasks(), ["W1", "After", "BU"]);
        assert_eq!(run.variable("level"), json!(2));
        let model = throwing("L", false, &boundary("B", LATE, true));
        let run = Run::with(&[&model], json!({}));
        assert_eq!(run.tasks(), ["BU"]);
        assert_eq!(run.passed(), "s ps qs x B");
    }

    #[test]
    fn the_event_that_names_the_code_catches_before_the_one_that_names_none() {
        let both = format!("{}{}", boundary("A", "", false), boundary("B", LATE, false));
        let run = Run::with(&[&throwing("L", true, &both)], json!({}));
        assert_eq!(run.tasks(), ["W1", "BU"]);
        let run = Run::with(&[&throwing("W", true, &both)], json!({}));
        assert_eq!(run.tasks(), ["W1", "AU"]);
    }

    #[test]
    fn an_escalation_that_nothing_catches_has_no_effect_and_is_recorded() {
        let run = Run::with(
            &[&throwing("W", false, &boundary("B", LATE, true))],
            json!({}),
        );
        assert_eq!(run.tasks(), ["W1", "After"]);
        assert!(run.incidents().is_empty());
        let records = run.records[&run.main].iter();
        let thrown = records.filter(|record| {
            matches!(record, Record::EscalationThrown { code, caught_by: None, .. } if code == "WORSE")
        });
        assert_eq!(thrown.count(), 1);
    }

    #[test]
    fn an_event_subprocess_catches_what_its_scope_throws() {
        let model = |interrupting: bool| {
            text(&format!(
                r#"<startEvent id="s"/><parallelGateway id="f"/><userTask id="A"/><endEvent id="x"><escalationEventDefinition escalationRef="L"/></endEvent>{}
                <subProcess id="E" triggeredByEvent="true"><startEvent id="es" isInterrupting="{interrupting}"><escalationEventDefinition>
                <extensionElements><c:caught xmlns:c="https://caseway.org/schema/1.0" codeVariable="why"/></extensionElements></escalationEventDefinition></startEvent>
                <userTask id="Look"><extensionElements><z:ioMapping><z:input source="=why" target="seen"/></z:ioMapping></extensionElements></userTask>{}</subProcess>"#,
                flows("s>f>A f>x"),
                flows("es>Look")
            ))
        };
        let run = Run::with(&[&model(false)], json!({}));
        assert_eq!(run.tasks(), ["A", "Look"]);
        let visit = run.instance().elements().keys().last().expect("a visit");
        let seen = run.instance().own_variables(*visit);
        assert_eq!(seen, context(json!({"seen": "LATE"})));
        let run = Run::with(&[&model(true)], json!({}));
        assert_eq!(run.tasks(), ["Look"]);
    }

    fn calling(interrupting: bool) -> [String; 2] {
        let caller = text(&format!(
            r#"<startEvent id="s"/><callActivity id="C"><extensionElements><z:calledElement processId="q"/></extensionElements></callActivity>
            <boundaryEvent id="B" attachedToRef="C" cancelActivity="{interrupting}"><escalationEventDefinition escalationRef="L"/></boundaryEvent>
            <userTask id="Help"/><userTask id="Next"/>{}"#,
            flows("s>C>Next B>Help")
        ));
        let called = document(&format!(
            r#"{ROOTS}<process id="q" isExecutable="true"><startEvent id="qs"/><intermediateThrowEvent id="x"><escalationEventDefinition escalationRef="L"/></intermediateThrowEvent>
            <userTask id="Inner"/>{}</process>"#,
            flows("qs>x>Inner")
        ));
        [caller, called]
    }

    #[test]
    fn an_escalation_of_a_called_process_reaches_its_caller() {
        let [caller, called] = calling(false);
        let mut run = Run::with(&[&caller, &called], json!({}));
        assert_eq!(run.tasks(), ["Help", "Inner"]);
        run.complete("Inner", json!({}));
        assert_eq!(run.tasks(), ["Help", "Next"]);
        let [caller, called] = calling(true);
        let run = Run::with(&[&caller, &called], json!({}));
        assert_eq!(run.tasks(), ["Help"]);
        assert_eq!(run.instances[&run.called()].status(), Status::Terminated);
    }

    #[test]
    fn a_person_escalates_an_open_task() {
        let model = |interrupting: bool| {
            text(&format!(
                r#"<startEvent id="s"/><userTask id="A"/><boundaryEvent id="B" attachedToRef="A" cancelActivity="{interrupting}">
                <escalationEventDefinition escalationRef="L"/></boundaryEvent><userTask id="Help"/>{}"#,
                flows("s>A B>Help")
            ))
        };
        let escalate = |run: &mut Run, code: &str| {
            let task = *run.instance().tasks().keys().next().expect("a task");
            run.command(Command::Escalate {
                task,
                code: code.into(),
                variables: context(json!({"why": "no answer"})),
            })
            .expect("an escalation");
        };
        let mut run = Run::with(&[&model(false)], json!({}));
        escalate(&mut run, "OTHER");
        assert_eq!(run.tasks(), ["A"]);
        escalate(&mut run, "LATE");
        escalate(&mut run, "LATE");
        assert_eq!(run.tasks(), ["A", "Help", "Help"]);
        assert_eq!(run.variable("why"), json!("no answer"));
        let mut run = Run::with(&[&model(true)], json!({}));
        escalate(&mut run, "LATE");
        assert_eq!(run.tasks(), ["Help"]);
    }

    #[test]
    fn escalations_without_code_are_found() {
        let body = |event: &str| text(&format!(r#"<startEvent id="s"/>{event}{}"#, flows("s>x")));
        check_problems_of(
            &body(r#"<endEvent id="x"><escalationEventDefinition/></endEvent>"#),
            &["error: \"x\" does not say which escalation it means"],
        );
        check_problems_of(
            &body(
                r#"<task id="x"/><boundaryEvent id="B" attachedToRef="x"><escalationEventDefinition escalationRef="W"/></boundaryEvent>"#,
            ),
            &["error: \"B\" catches an escalation whose code is an expression"],
        );
    }
}
