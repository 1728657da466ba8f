//! Due times that an expression computes with working days: the values that it saw are kept with the deadline, so that the same
//! expression can be asked again when a calendar changes.
//!
//! What does not follow: a repeating timer, an event with several timers, and a value that a mapping or a script has computed
//! before. The deployment report has a hint for the first two.

use calendar::Period;
use feel::{Context, Environment, Expression, Value, Variables};
use jiff::Timestamp;

use super::Stepper;
use crate::deadline::{Computed, Roll};
use crate::definition::FlowNode;
use crate::elements::{Element, UserTask};
use crate::limits::COMPUTED_VALUES_BYTES_MAX;
use crate::size::bytes;
use crate::text::Text;
use crate::triggers::{TimerTrigger, Trigger};
use crate::{Deadline, Key};

/// What of an element says when it is due.
#[derive(Clone, Copy)]
enum Says<'n> {
    Task(&'n Expression),
    Timer(&'n TimerTrigger, &'n Expression),
}

impl<'n> Says<'n> {
    fn expression(self) -> &'n Expression {
        match self {
            Says::Task(expression) | Says::Timer(_, expression) => expression,
        }
    }

    /// The moment of a value, counted from the beginning.
    fn moment(
        self,
        value: &Value,
        from: Timestamp,
        environment: &Environment,
    ) -> Option<Timestamp> {
        let moment = match self {
            Says::Task(_) => UserTask::due_by(value, from, environment),
            Says::Timer(timer, _) => timer
                .reached(value, from, &environment.zone)
                .map(|schedule| schedule.due),
        };
        moment.ok()
    }
}

/// Whether the due time of an element is computed with working days, and can be computed again.
pub(crate) fn follows(element: &Element) -> bool {
    says(element).is_some()
}

/// Whether an element computes with working days what cannot be computed again.
pub(crate) fn stays(element: &Element) -> bool {
    let mut timers = element.triggers().iter().filter_map(timer);
    !follows(element) && timers.any(|timer| counting(timer.text()).is_some())
}

fn says(element: &Element) -> Option<Says<'_>> {
    if let Element::UserTask(task) = element {
        return counting(task.due.as_ref()?).map(Says::Task);
    }
    let mut timers = element.triggers().iter().filter_map(timer);
    let (Some(timer), None) = (timers.next(), timers.next()) else {
        return None;
    };
    match timer {
        TimerTrigger::Date(text) | TimerTrigger::Duration(text) => {
            counting(text).map(|expression| Says::Timer(timer, expression))
        }
        TimerTrigger::Cycle(..) => None,
    }
}

fn timer(trigger: &Trigger) -> Option<&TimerTrigger> {
    if let Trigger::Timer(timer) = trigger {
        Some(timer)
    } else {
        None
    }
}

fn counting(text: &Text) -> Option<&Expression> {
    match text {
        Text::Feel(expression) if expression.counts_working_days() => Some(expression),
        Text::Feel(_) | Text::Literal(_) => None,
    }
}

impl Stepper<'_> {
    /// What the due time of an element is computed from, now; none where no working days count, or the values are too large to keep.
    pub(super) fn computed(&self, node: &FlowNode, scope: Key) -> Option<Box<Computed>> {
        let expression = says(&node.element)?.expression();
        let visible = self.visible(scope);
        let mut values = Context::default();
        let mut size = 0;
        for name in expression.reads() {
            if let Some(value) = visible.get(name) {
                // As it will be read back.
                let value = value.into_json_like();
                size += bytes(&value);
                values.insert(name.as_str(), value);
            }
        }
        let at = self.now;
        (size <= COMPUTED_VALUES_BYTES_MAX).then(|| Box::new(Computed { at, values }))
    }

    /// The period of a deadline by a calendar: computed again where it was computed from working days, else as it began.
    pub(super) fn period(
        &self,
        node: Option<&FlowNode>,
        deadline: &Deadline,
        office: &crate::Office,
    ) -> Period {
        let again = || {
            let (node, computed) = (node?, deadline.computed.as_ref()?);
            let says = says(&node.element)?;
            let environment = office.environment(computed.at);
            let evaluation = says.expression().evaluate(&computed.values, &environment);
            let at = says.moment(&evaluation.value, deadline.started_at, &environment)?;
            let roll = node.deadline.as_deref().and_then(|rule| rule.roll);
            Some(Roll::until(roll, at))
        };
        again().unwrap_or(deadline.period)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::{Run, check_hints, flows, process};

    fn task(due: &str) -> String {
        format!(
            r#"<startEvent id="s"/><userTask id="Visit"><extensionElements><z:taskSchedule dueDate="{due}"/></extensionElements></userTask>{}"#,
            flows("s>Visit")
        )
    }

    /// How many values are kept with the deadline; none where there is no deadline, or it cannot be computed again.
    #[track_caller]
    fn check(due: &str, expected: Option<usize>) {
        let long = "x".repeat(5_000);
        let variables = json!({ "days": 3, "long": long });
        let run = Run::with(&[&process(&task(due))], variables);
        let deadlines = run.instance().deadlines();
        let kept = deadlines.values().find_map(|d| d.computed.as_ref());
        assert_eq!(
            kept.map(|kept| kept.values.iter().count()),
            expected,
            "{due}"
        );
    }

    #[test]
    fn what_an_expression_saw_is_kept_where_working_days_count() {
        check("=add working days(now(), days)", Some(1));
        check("=add working days(now(), 3)", Some(0));
        check("=if is working day(today()) then now() else null", Some(0));
        check("=now() + duration(&quot;P3D&quot;)", None);
        check("2026-03-09", None);
        // More than is kept.
        check("=add working days(now(), string length(long) - 4990)", None);
    }

    #[test]
    fn what_cannot_follow_a_calendar_is_told() {
        let timer = |time: &str| {
            format!(
                r#"<startEvent id="s"/><intermediateCatchEvent id="Wait"><timerEventDefinition>{time}</timerEventDefinition></intermediateCatchEvent>{}"#,
                flows("s>Wait")
            )
        };
        let cycle = "<timeCycle>=\"R3/PT\" + string(working days between(today(), today()) + 1) + \"H\"</timeCycle>";
        let told = "hint: \"Wait\" computes its time with working days when it is reached; a calendar that changes later does not move it";
        check_hints(&timer(cycle), &[told]);
        check_hints(
            &timer("<timeDate>=add working days(today(), 3)</timeDate>"),
            &[],
        );
    }
}
