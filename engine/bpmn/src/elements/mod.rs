//! The elements of BPMN: one file each, one line each in the table.
//!
//! To add an element: write its file (its reading, its model, its rules, its behaviour, its tests), a
//! variant of [`Element`], and its line in [`ELEMENTS`].

mod ad_hoc;
mod binding;
mod boundary_event;
mod business_rule_task;
mod call_activity;
mod complex_gateway;
mod decision_result;
mod end_event;
mod event_based_gateway;
mod exclusive_gateway;
mod inclusive_gateway;
mod intermediate_catch_event;
mod intermediate_throw_event;
mod job;
mod listeners;
mod looping;
mod manual_task;
mod multi_instance;
mod parallel_gateway;
mod quantities;
mod receive_task;
mod script_task;
mod send_task;
mod service_task;
mod standard_loop;
mod start_event;
mod subprocess;
mod table;
mod task;
mod task_listeners;
mod user_task;

pub use ad_hoc::{AdHoc, ElementStart, OpenAdHoc, open_ad_hocs};
pub(crate) use binding::Versioned;
pub use binding::{Binding, FormReference};
pub use boundary_event::BoundaryEvent;
pub use business_rule_task::BusinessRuleTask;
pub use call_activity::CallActivity;
pub use complex_gateway::ComplexGateway;
pub use decision_result::DecisionResult;
pub use end_event::EndEvent;
pub use event_based_gateway::EventBasedGateway;
pub use intermediate_catch_event::IntermediateCatchEvent;
pub use intermediate_throw_event::IntermediateThrowEvent;
pub use job::JobDefinition;
pub(crate) use job::read as read_job;
pub use listeners::Listener;
pub(crate) use listeners::{read as read_listeners, read_of_process as read_process_listeners};
pub use looping::Loop;
pub use multi_instance::MultiInstance;
pub use quantities::Quantities;
pub use receive_task::ReceiveTask;
pub use script_task::ScriptTask;
pub use send_task::SendTask;
pub use standard_loop::StandardLoop;
pub use start_event::StartEvent;
pub use subprocess::Subprocess;
pub use task_listeners::TaskListener;
pub use user_task::UserTask;

use crate::Key;
use crate::definition::{FlowIndex, FlowNode, NodeIndex};
use crate::read::NodeReader;
use crate::step::{At, Failure, Stepper};
use crate::triggers::{Position, TRIGGERS, Triggers};

pub(crate) use ad_hoc::is_forbidden_inside;
pub(crate) use looping::read as read_loop;
pub(crate) use multi_instance::{Items, When};
pub(crate) use quantities::read as read_quantities;
pub use table::{Row, markdown, table};

/// What a flow node is.
#[derive(Debug)]
pub enum Element {
    /// Where a process or subprocess begins.
    StartEvent(StartEvent),
    /// Something that is waited for between two steps.
    IntermediateCatchEvent(IntermediateCatchEvent),
    /// Something that happens between two steps.
    IntermediateThrowEvent(IntermediateThrowEvent),
    /// Something that happens while an activity runs.
    BoundaryEvent(BoundaryEvent),
    /// Where a path ends.
    EndEvent(EndEvent),
    /// A task of no particular kind.
    Task,
    /// Work that is done without the engine.
    ManualTask,
    /// Work for a person.
    UserTask(UserTask),
    /// Work for a program.
    ServiceTask(JobDefinition),
    /// A message that is sent.
    SendTask(SendTask),
    /// A message that is waited for.
    ReceiveTask(ReceiveTask),
    /// An expression that is computed, or work for a program.
    ScriptTask(ScriptTask),
    /// A decision that is asked, or work for a program.
    BusinessRuleTask(BusinessRuleTask),
    /// Another process that is run.
    CallActivity(CallActivity),
    /// Steps inside a step.
    Subprocess(Subprocess),
    /// One of several ways.
    ExclusiveGateway,
    /// The way of the event that happens first.
    EventBasedGateway(EventBasedGateway),
    /// All ways at once, and the place where they meet.
    ParallelGateway,
    /// Some of several ways, and the place where they meet.
    InclusiveGateway,
    /// The place where some of several ways are enough.
    ComplexGateway(ComplexGateway),
}

impl Element {
    pub(crate) fn behaviour(&self) -> &dyn Behaviour {
        match self {
            Element::StartEvent(event) => event,
            Element::IntermediateCatchEvent(event) => event,
            Element::IntermediateThrowEvent(event) => event,
            Element::BoundaryEvent(event) => event,
            Element::EndEvent(event) => event,
            Element::Task => &task::Task,
            Element::ManualTask => &manual_task::ManualTask,
            Element::UserTask(task) => task,
            Element::ServiceTask(job) => job,
            Element::SendTask(task) => task,
            Element::ReceiveTask(task) => task,
            Element::ScriptTask(task) => task,
            Element::BusinessRuleTask(task) => task,
            Element::CallActivity(call) => call,
            Element::Subprocess(subprocess) => subprocess,
            Element::EventBasedGateway(gateway) => gateway,
            Element::ExclusiveGateway => &exclusive_gateway::ExclusiveGateway,
            Element::ParallelGateway => &parallel_gateway::ParallelGateway,
            Element::InclusiveGateway => &inclusive_gateway::InclusiveGateway,
            Element::ComplexGateway(gateway) => gateway,
        }
    }

    /// The form that is filled in here: of a user task, or to start the process.
    pub fn form(&self) -> Option<&FormReference> {
        match self {
            Element::StartEvent(start) => start.form.as_ref(),
            Element::UserTask(task) => task.form.as_ref(),
            Element::IntermediateCatchEvent(_)
            | Element::IntermediateThrowEvent(_)
            | Element::BoundaryEvent(_)
            | Element::EndEvent(_)
            | Element::Task
            | Element::ManualTask
            | Element::ServiceTask(_)
            | Element::SendTask(_)
            | Element::ReceiveTask(_)
            | Element::ScriptTask(_)
            | Element::BusinessRuleTask(_)
            | Element::CallActivity(_)
            | Element::Subprocess(_)
            | Element::ExclusiveGateway
            | Element::EventBasedGateway(_)
            | Element::ParallelGateway
            | Element::InclusiveGateway
            | Element::ComplexGateway(_) => None,
        }
    }

    /// Whether it means what was deployed together with it.
    pub(crate) fn uses_its_deployment(&self) -> bool {
        let binding = if let Element::CallActivity(call) = self {
            Some(&call.binding)
        } else if let Element::BusinessRuleTask(BusinessRuleTask::Decision { binding, .. }) = self {
            Some(binding)
        } else {
            self.form().map(|form| &form.binding)
        };
        binding == Some(&Binding::Deployment)
    }

    /// The definitions of an event; nothing for everything else.
    pub fn triggers(&self) -> &Triggers {
        match self {
            Element::StartEvent(event) => &event.triggers,
            Element::IntermediateCatchEvent(event) => &event.triggers,
            Element::BoundaryEvent(event) => &event.triggers,
            Element::EndEvent(event) => &event.triggers,
            Element::ReceiveTask(task) => &task.triggers,
            Element::SendTask(SendTask::Message(triggers)) => triggers,
            Element::IntermediateThrowEvent(event) => &event.triggers,
            Element::Task
            | Element::ManualTask
            | Element::UserTask(_)
            | Element::ServiceTask(_)
            | Element::SendTask(SendTask::Job(_))
            | Element::ScriptTask(_)
            | Element::BusinessRuleTask(_)
            | Element::CallActivity(_)
            | Element::Subprocess(_)
            | Element::ExclusiveGateway
            | Element::EventBasedGateway(_)
            | Element::InclusiveGateway
            | Element::ParallelGateway
            | Element::ComplexGateway(_) => Triggers::NONE,
        }
    }

    /// Whether it is an event that ends what it stands on or in.
    pub fn interrupts(&self) -> bool {
        if let Element::BoundaryEvent(event) = self {
            event.interrupting
        } else {
            matches!(self, Element::StartEvent(event) if event.interrupting)
        }
    }

    /// Whether it is an event subprocess, which begins when something happens and not when a flow leads to it.
    pub fn is_event_subprocess(&self) -> bool {
        matches!(self, Element::Subprocess(subprocess) if subprocess.event)
    }

    /// Whether it only chooses the way, or waits for others on it.
    pub fn is_gateway(&self) -> bool {
        matches!(
            self,
            Element::ExclusiveGateway
                | Element::EventBasedGateway(_)
                | Element::ParallelGateway
                | Element::InclusiveGateway
                | Element::ComplexGateway(_)
        )
    }

    /// Whether it is an activity: boundary events and mappings belong to activities.
    pub fn is_activity(&self) -> bool {
        match self {
            Element::StartEvent(_)
            | Element::IntermediateCatchEvent(_)
            | Element::IntermediateThrowEvent(_)
            | Element::BoundaryEvent(_)
            | Element::EndEvent(_)
            | Element::ExclusiveGateway
            | Element::EventBasedGateway(_)
            | Element::ParallelGateway
            | Element::InclusiveGateway
            | Element::ComplexGateway(_) => false,
            Element::Task
            | Element::ManualTask
            | Element::UserTask(_)
            | Element::ServiceTask(_)
            | Element::SendTask(_)
            | Element::ReceiveTask(_)
            | Element::ScriptTask(_)
            | Element::BusinessRuleTask(_)
            | Element::CallActivity(_)
            | Element::Subprocess(_) => true,
        }
    }
}

/// What an element does when it is visited.
///
/// Life cycle of a visit: *activated*, inputs set, boundary events listening, then **`execute`**. It
/// either completes at once, or waits until a command completes it. Then outputs are set, and
/// **`leave`** chooses the flows that are taken.
pub(crate) trait Behaviour {
    /// Does what the element does.
    ///
    /// Possible actions: emit records (open a task, a job, a timer), set results, activate what is
    /// inside. Next step: [`Next`]; a failure becomes an incident, and resolving it executes again.
    fn execute<'a>(&self, _: &mut Stepper<'a>, _: At<'a>) -> Result<Next, Failure> {
        Ok(Next::Complete)
    }

    /// Chooses the flows to take. Nothing may be emitted: after a failure it is asked again.
    fn leave(&self, step: &mut Stepper<'_>, at: At<'_>) -> Result<Vec<FlowIndex>, Failure> {
        step.outgoing(at)
    }

    /// Whether what arrives at a node waits for more.
    fn joins(&self, _: &FlowNode) -> Joins {
        Joins::Never
    }

    /// Asked of [`Joins::Settled`] when nothing else moves and something waits at the node: begins a
    /// visit where the rule of the element is fulfilled, and gives whether it did.
    fn settle(&self, _: &mut Stepper<'_>, _join: NodeIndex, _scope: Key) -> bool {
        false
    }
}

/// How arrivals on several incoming flows meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Joins {
    /// Each goes on by itself.
    Never,
    /// They wait until there is one on each flow.
    Full,
    /// They wait until the element's own rule lets them go on.
    Settled,
}

/// How a visit goes on after its element was executed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// It is done.
    Complete,
    /// It waits for a command.
    Wait,
    /// The visit has ended already.
    Gone,
}

/// One line of the table: an element of the standard, and how it is read.
pub struct Kind {
    /// Name of the XML element.
    pub xml_name: &'static str,
    /// BPMN's word for it.
    pub name: &'static str,
    /// Clause of BPMN 2.0.2 that describes it.
    pub clause: &'static str,
    /// How it is read; it says what is wrong where that gives nothing.
    pub(crate) read: Read,
    /// For events: where on the diagram; the trigger says the rest.
    pub(crate) event: Option<Position>,
}

/// The table of elements. Events appear here by position, and in
/// [`TRIGGERS`] by what triggers them.
pub static ELEMENTS: &[Kind] = &[
    activity("task", "task", "10.3.3", |_| Some(Element::Task)),
    activity("manualTask", "manual task", "10.3.3.6", |_| {
        Some(Element::ManualTask)
    }),
    activity("userTask", "user task", "10.3.3.5", user_task::read),
    activity(
        "serviceTask",
        "service task",
        "10.3.3.2",
        service_task::read,
    ),
    activity("sendTask", "send task", "10.3.3.3", send_task::read),
    activity(
        "receiveTask",
        "receive task",
        "10.3.3.4",
        receive_task::read,
    ),
    activity("scriptTask", "script task", "10.3.3.8", script_task::read),
    activity(
        "businessRuleTask",
        "business rule task",
        "10.3.3.7",
        business_rule_task::read,
    ),
    activity(
        "callActivity",
        "call activity",
        "10.3.6",
        call_activity::read,
    ),
    activity("subProcess", "subprocess", "10.3.5", subprocess::read),
    activity("transaction", "transaction", "10.3.5.3", subprocess::read),
    activity(
        "adHocSubProcess",
        "ad-hoc subprocess",
        "10.3.5.4",
        ad_hoc::read,
    ),
    activity("exclusiveGateway", "exclusive gateway", "10.6.2", |_| {
        Some(Element::ExclusiveGateway)
    }),
    activity("parallelGateway", "parallel gateway", "10.6.4", |_| {
        Some(Element::ParallelGateway)
    }),
    activity("inclusiveGateway", "inclusive gateway", "10.6.3", |_| {
        Some(Element::InclusiveGateway)
    }),
    activity(
        "complexGateway",
        "complex gateway",
        "10.6.5",
        complex_gateway::read,
    ),
    activity(
        "eventBasedGateway",
        "event-based gateway",
        "10.6.6",
        event_based_gateway::read,
    ),
    event("startEvent", Position::Start, "10.5.2", start_event::read),
    event(
        "intermediateCatchEvent",
        Position::Catch,
        "10.5.4",
        intermediate_catch_event::read,
    ),
    event(
        "intermediateThrowEvent",
        Position::Throw,
        "10.5.4",
        intermediate_throw_event::read,
    ),
    event(
        "boundaryEvent",
        Position::Boundary,
        "10.5.4",
        boundary_event::read,
    ),
    event("endEvent", Position::End, "10.5.3", end_event::read),
];

/// Tasks beside the processes, which call activities call.
pub(crate) static GLOBAL_TASKS: &[Kind] = &[
    activity("globalTask", "global task", "10.3.7", |_| {
        Some(Element::Task)
    }),
    activity("globalManualTask", "global manual task", "10.3.7", |_| {
        Some(Element::ManualTask)
    }),
    activity(
        "globalUserTask",
        "global user task",
        "10.3.7",
        user_task::read,
    ),
    activity(
        "globalScriptTask",
        "global script task",
        "10.3.7",
        script_task::read,
    ),
    activity(
        "globalBusinessRuleTask",
        "global business rule task",
        "10.3.7",
        business_rule_task::read,
    ),
];

/// What activities can be beside what they are: name and clause.
pub(crate) static MARKERS: &[(&str, &str)] =
    &[("standard loop", "10.3.8"), ("multi-instance", "10.3.8")];

type Read = fn(&mut NodeReader<'_, '_>) -> Option<Element>;

const fn activity(
    xml_name: &'static str,
    name: &'static str,
    clause: &'static str,
    read: Read,
) -> Kind {
    Kind {
        xml_name,
        name,
        clause,
        read,
        event: None,
    }
}

const fn event(
    xml_name: &'static str,
    position: Position,
    clause: &'static str,
    read: Read,
) -> Kind {
    Kind {
        xml_name,
        name: position.name(),
        clause,
        read,
        event: Some(position),
    }
}
