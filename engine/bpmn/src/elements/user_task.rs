//! User task (BPMN 2.0.2, 10.3.3.5): a task for a person.
//!
//! Texts are literal or FEEL. Candidates are a list, or one text with commas. Where a task names nobody, its lane
//! is its candidate group. A due date may be a date and time, a day (then the end of its office hours), or a
//! duration from now; null means none. A deadline (`caseway:`, see `deadline.rs`) outweighs it.

use feel::{Environment, Value};
use jiff::Timestamp;
use jiff::civil::Time;

use super::{Behaviour, Element, FormReference, Next, TaskListener, binding, task_listeners};
use crate::limits::TASK_PRIORITY_MAX;
use crate::read::NodeReader;
use crate::step::{At, Failure, Stepper};
use crate::text::{Text, plain_text, split_commas};
use crate::{Corrections, Held, Record, Stage, Task, TaskChange, TaskEvent, TaskState, time};

/// Work for a person.
#[derive(Debug, Default)]
pub struct UserTask {
    /// Who does it.
    pub assignee: Option<Text>,
    /// Groups whose members may take it.
    pub candidate_groups: Option<Text>,
    /// People who may take it.
    pub candidate_users: Option<Text>,
    /// When it shall be done.
    pub due: Option<Text>,
    /// When it shall be looked at.
    pub follow_up: Option<Text>,
    /// From 0 to 100.
    pub priority: Option<Text>,
    /// The deployed form.
    pub form: Option<FormReference>,
    /// The programs that look at what happens to it.
    pub listeners: Vec<TaskListener>,
}

const DEFAULT_PRIORITY: u8 = 50;

pub(crate) fn read(node: &mut NodeReader<'_, '_>) -> Option<Element> {
    let mut task = UserTask::default();
    if let Some(assignment) = node.extension("assignmentDefinition") {
        task.assignee = node.text(assignment, "assignee");
        task.candidate_groups = node.text(assignment, "candidateGroups");
        task.candidate_users = node.text(assignment, "candidateUsers");
    }
    if let Some(schedule) = node.extension("taskSchedule") {
        task.due = node.text(schedule, "dueDate");
        task.follow_up = node.text(schedule, "followUpDate");
    }
    if let Some(priority) = node.extension("priorityDefinition") {
        task.priority = node.text(priority, "priority");
    }
    task.form = binding::read_form(node);
    task.listeners = task_listeners::read(node);
    check_literals(node, &task);
    Some(Element::UserTask(task))
}

fn check_literals(node: &mut NodeReader<'_, '_>, task: &UserTask) {
    let literal = |text: &Option<Text>| text.as_ref().and_then(Text::literal).map(str::to_owned);
    let zone = jiff::tz::TimeZone::UTC;
    for (what, text) in [("due date", &task.due), ("follow-up date", &task.follow_up)] {
        let Some(text) = literal(text) else {
            continue;
        };
        if let Err(problem) = due(
            &Value::from(text),
            Timestamp::UNIX_EPOCH,
            &zone,
            Time::midnight(),
        ) {
            let message = format!("The {what} of {}: {problem}", node.label());
            node.error(message, "correct it, or begin with \"=\" for an expression");
        }
    }
    if let Some(text) = literal(&task.priority)
        && priority(&Value::from(text.clone())).is_none()
    {
        let message = format!("{} has the priority \"{text}\"", node.label());
        node.error(message, "write a number from 0 to 100");
    }
}

/// A moment, or a duration from now.
fn due(
    value: &Value,
    now: Timestamp,
    zone: &jiff::tz::TimeZone,
    of_day: Time,
) -> Result<Timestamp, String> {
    let written = value.as_str().unwrap_or_default().trim();
    let duration = matches!(value, Value::DaysDuration(_) | Value::YearsDuration(_))
        || written.starts_with('P');
    if duration {
        time::after(now, value, zone)
    } else {
        time::moment(value, zone, of_day)
    }
}

fn priority(value: &Value) -> Option<u8> {
    let number: i64 = match value.as_number() {
        Some(number) => number.to_i64()?,
        None => value.as_str()?.trim().parse().ok()?,
    };
    u8::try_from(number)
        .ok()
        .filter(|priority| *priority <= TASK_PRIORITY_MAX)
}

impl UserTask {
    /// The due date that a value says, counted from the beginning.
    pub(crate) fn due_by(
        value: &Value,
        from: Timestamp,
        environment: &Environment,
    ) -> Result<Timestamp, String> {
        let (_, closing) = environment.calendar.office_hours();
        due(value, from, &environment.zone, closing)
    }

    fn candidates(
        step: &Stepper<'_>,
        at: At<'_>,
        text: &Option<Text>,
        what: &str,
    ) -> Result<Vec<String>, Failure> {
        let Some(text) = text else {
            return Ok(Vec::new());
        };
        let value = step.value(text, at.key)?;
        if value.is_null() {
            return Ok(Vec::new());
        }
        let names = match value.as_list() {
            Some(items) => items.iter().map(plain_text).collect(),
            None => value.as_str().map(split_commas),
        };
        names.ok_or_else(|| {
            Failure::expression(format!(
                "The {what} of \"{}\" are a {} where a list of names is needed",
                at.node.label(),
                value.kind()
            ))
        })
    }

    fn moment(
        step: &Stepper<'_>,
        at: At<'_>,
        text: &Option<Text>,
        from: Timestamp,
        what: &str,
    ) -> Result<Option<Timestamp>, Failure> {
        let Some(text) = text else {
            return Ok(None);
        };
        let value = step.value(text, at.key)?;
        if value.is_null() {
            return Ok(None);
        }
        UserTask::due_by(&value, from, &step.environment)
            .map(Some)
            .map_err(|problem| {
                let label = at.node.label();
                Failure::expression(format!("The {what} of \"{label}\": {problem}"))
            })
    }

    fn form_id(&self, step: &Stepper<'_>, at: At<'_>) -> Result<Option<String>, Failure> {
        let Some(form) = &self.form else {
            return Ok(None);
        };
        let what = format!("The form of \"{}\"", at.node.label());
        step.required_text(&form.id, at.key, &what).map(Some)
    }

    fn assigned(&self, step: &Stepper<'_>, at: At<'_>) -> Result<Option<String>, Failure> {
        let Some(text) = &self.assignee else {
            return Ok(None);
        };
        let value = step.value(text, at.key)?;
        if value.is_null() {
            return Ok(None);
        }
        let name = plain_text(&value).ok_or_else(|| {
            Failure::expression(format!(
                "The assignee of \"{}\" is a {} where a name is needed",
                at.node.label(),
                value.kind()
            ))
        })?;
        Ok(Some(name).filter(|name| !name.is_empty()))
    }

    /// Where programs listen to its creation or to who gets it, it waits for them, and nobody has it yet.
    fn held(&self, assignee: &mut Option<String>) -> Option<Box<Held>> {
        let mut listeners = self.listeners.iter();
        let waits = listeners.any(|listener| match listener.event {
            TaskEvent::Creating => true,
            TaskEvent::Assigning => assignee.is_some(),
            TaskEvent::Updating | TaskEvent::Completing => false,
        });
        waits.then(|| {
            let assignee = assignee.take();
            let corrections = Corrections::default();
            let change = TaskChange::Create { assignee };
            Box::new(Held {
                change,
                corrections,
            })
        })
    }

    fn prioritised(&self, step: &Stepper<'_>, at: At<'_>) -> Result<u8, Failure> {
        let Some(text) = &self.priority else {
            return Ok(DEFAULT_PRIORITY);
        };
        let value = step.value(text, at.key)?;
        if value.is_null() {
            return Ok(DEFAULT_PRIORITY);
        }
        priority(&value).ok_or_else(|| {
            Failure::expression(format!(
                "The priority of \"{}\" is not a number from 0 to 100",
                at.node.label()
            ))
        })
    }
}

impl Behaviour for UserTask {
    fn execute<'a>(&self, step: &mut Stepper<'a>, at: At<'a>) -> Result<Next, Failure> {
        let mut candidate_groups =
            UserTask::candidates(step, at, &self.candidate_groups, "candidate groups")?;
        let names_nobody = self.assignee.is_none()
            && self.candidate_groups.is_none()
            && self.candidate_users.is_none();
        if names_nobody {
            candidate_groups.extend(at.node.lane().map(str::to_owned));
        }
        let from = step.began(at.node, at.key)?;
        let due = || UserTask::moment(step, at, &self.due, from, "due date");
        let (due, deadline) = step.deadline(at.node, at.key, due)?;
        let mut assignee = self.assigned(step, at)?;
        let held = self.held(&mut assignee);
        let task = Task {
            key: step.next_key(),
            element: at.node.id.clone(),
            element_instance: at.key,
            name: at.node.label().clone(),
            form: self.form_id(step, at)?,
            assignee,
            candidate_groups,
            candidate_users: UserTask::candidates(
                step,
                at,
                &self.candidate_users,
                "candidate users",
            )?,
            due,
            follow_up: UserTask::moment(step, at, &self.follow_up, step.now, "follow-up date")?,
            priority: self.prioritised(step, at)?,
            state: TaskState::Open,
            held,
            denied: None,
        };
        let is_held = task.held.is_some();
        let task = Box::new(task);
        let begun = deadline.map(|deadline| (task.clone(), deadline));
        step.emit(Record::TaskCreated { task });
        if let Some((task, deadline)) = begun {
            step.begin_task_deadline(at.node, &task, deadline);
        }
        if is_held {
            step.proceed(at.key, Stage::TaskListener(0));
        }
        Ok(Next::Wait)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::{Run, check_problems, context, flows, process};
    use crate::{Assignment, Command, Rejection, Task, TaskUpdate};

    fn model(extensions: &str) -> String {
        format!(
            r#"<startEvent id="s"/><userTask id="A" name="Visit
              the home"><extensionElements>{extensions}</extensionElements></userTask>
            <endEvent id="e"/>{}"#,
            flows("s>A>e")
        )
    }

    #[track_caller]
    fn task(extensions: &str) -> Task {
        let variables = json!({"worker": "grace", "teams": ["a", "b"], "risk": 4});
        let run = Run::with(&[&process(&model(extensions))], variables);
        assert_eq!(run.incidents(), Vec::<String>::new());
        run.instance()
            .tasks()
            .values()
            .next()
            .expect("a task")
            .clone()
    }

    #[test]
    fn a_task_has_what_the_model_says() {
        let task = task(
            r#"<z:assignmentDefinition assignee="=worker" candidateGroups="=teams" candidateUsers="joseph, ruth"/>
            <z:taskSchedule dueDate="2026-03-03T09:00:00+03:00" followUpDate="=date and time(&quot;2026-03-02T12:00:00Z&quot;)"/>
            <z:priorityDefinition priority="=risk * 10"/><z:formDefinition formId="visit"/>"#,
        );
        assert_eq!(&*task.name, "Visit the home");
        assert_eq!(task.assignee.as_deref(), Some("grace"));
        assert_eq!(task.candidate_groups, ["a", "b"]);
        assert_eq!(task.candidate_users, ["joseph", "ruth"]);
        assert_eq!(task.due.expect("due").to_string(), "2026-03-03T06:00:00Z");
        assert_eq!(
            task.follow_up.expect("follow up").to_string(),
            "2026-03-02T12:00:00Z"
        );
        assert_eq!(task.priority, 40);
        assert_eq!(task.form.as_deref(), Some("visit"));
    }

    #[test]
    fn a_due_day_ends_with_its_office_hours_and_a_duration_counts_from_now() {
        let due = |text: &str| {
            let schedule = format!(r#"<z:taskSchedule dueDate="{text}"/>"#);
            task(&schedule).due.map(|due| due.to_string())
        };
        assert_eq!(due("2026-03-04").as_deref(), Some("2026-03-04T17:00:00Z"));
        assert_eq!(
            due("=date(&quot;2026-03-04&quot;)").as_deref(),
            Some("2026-03-04T17:00:00Z")
        );
        assert_eq!(due("P1D").as_deref(), Some("2026-03-03T06:00:00Z"));
        assert_eq!(
            due("=duration(&quot;PT2H&quot;)").as_deref(),
            Some("2026-03-02T08:00:00Z")
        );
        assert_eq!(due("=null"), None);
    }

    #[test]
    fn without_assignment_the_lane_is_the_candidate_group() {
        let lanes = r#"<laneSet id="ls"><lane id="l1" name="caseworkers"><flowNodeRef>A</flowNodeRef></lane></laneSet>"#;
        let run = Run::of(&format!("{lanes}{}", model("")));
        let task = run
            .instance()
            .tasks()
            .values()
            .next()
            .expect("a task")
            .clone();
        assert_eq!(task.candidate_groups, ["caseworkers"]);
        assert_eq!(task.priority, 50);
    }

    #[test]
    fn wrong_values_are_incidents() {
        let mut run = Run::with(
            &[&process(&model(r#"<z:taskSchedule dueDate="=when"/>"#))],
            json!({"when": "soon"}),
        );
        assert_eq!(
            run.incidents(),
            [
                "The due date of \"Visit the home\": \"soon\" is not a date and time such as 2026-03-02T09:00:00+03:00"
            ]
        );
        run.set(json!({"when": "2026-03-04"}));
        run.resolve();
        assert_eq!(run.tasks(), ["Visit the home"]);
    }

    #[test]
    fn a_task_is_completed_by_the_one_who_has_it() {
        let mut run = Run::of(&model(""));
        let task = *run.instance().tasks().keys().next().expect("a task");
        let complete = |by: Option<&str>| Command::CompleteTask {
            task,
            by: by.map(str::to_owned),
            variables: context(json!({"seen": true})),
        };
        let assign = |assignee: &str, expect| Command::AssignTask {
            task,
            assignee: assignee.into(),
            expect,
        };
        assert!(matches!(
            run.command(complete(Some("grace"))),
            Err(Rejection::TaskUnassigned { .. })
        ));
        run.command(assign("joseph", Assignment::Unassigned))
            .expect("a claim");
        run.command(assign("joseph", Assignment::Unassigned))
            .expect("the same claim again");
        assert!(matches!(
            run.command(assign("grace", Assignment::Unassigned)),
            Err(Rejection::TaskAlreadyAssigned { .. })
        ));
        let refused = run.command(complete(Some("grace"))).expect_err("a refusal");
        assert_eq!(
            refused.to_string(),
            "\"Visit the home\" is assigned to joseph; only joseph can complete it, or a supervisor reassigns it"
        );
        run.command(assign("grace", Assignment::Anyone))
            .expect("a reassignment");
        run.command(complete(Some("grace"))).expect("a completion");
        assert_eq!(run.variable("seen"), json!(true));
        assert!(run.ended());
    }

    #[test]
    fn a_task_can_be_changed() {
        let mut run = Run::of(&model(""));
        let task = *run.instance().tasks().keys().next().expect("a task");
        let update = |priority| Command::UpdateTask {
            task,
            update: TaskUpdate {
                priority: Some(priority),
                candidate_groups: Some(vec!["supervisors".into()]),
                candidate_users: Some(vec!["grace".into()]),
                ..TaskUpdate::default()
            },
        };
        assert!(matches!(
            run.command(update(101)),
            Err(Rejection::InvalidPriority { .. })
        ));
        run.command(update(90)).expect("an update");
        let changed = &run.instance().tasks()[&task];
        assert_eq!(
            (
                changed.priority,
                &changed.candidate_groups[..],
                &changed.candidate_users[..]
            ),
            (
                90,
                &["supervisors".to_owned()][..],
                &["grace".to_owned()][..]
            )
        );
        run.command(Command::UnassignTask { task })
            .expect("taken back");
    }

    #[test]
    fn literals_are_checked_when_the_model_is_read() {
        let lane =
            r#"<laneSet id="ls"><lane id="l1"><flowNodeRef>A</flowNodeRef></lane></laneSet>"#;
        let body = |extensions: &str| format!("{lane}{}", model(extensions));
        check_problems(
            &body(r#"<z:priorityDefinition priority="high"/>"#),
            &["error: \"Visit the home\" has the priority \"high\""],
        );
        check_problems(
            &body(r#"<z:taskSchedule dueDate="tomorrow"/>"#),
            &[
                "error: The due date of \"Visit the home\": \"tomorrow\" is not a date and time such as 2026-03-02T09:00:00+03:00",
            ],
        );
        check_problems(
            &model(""),
            &["warning: \"Visit the home\" is offered to nobody"],
        );
    }
}
