//! Listeners: jobs that hold up a visit, or the instance, while it begins or ends. The model, and where each may
//! stand, is in `elements/listeners.rs`.
//!
//! A stage of a visit names the listener that is next; its job names it too, so that its completion leads to the one after it.

use std::sync::Arc;

use feel::Context;

use super::looping::Part;
use super::starting::beginnings;
use super::variables::check_size;
use super::{At, Failure, Stepper, Thrown};
use crate::definition::FlowNode;
use crate::elements::{Element, JobDefinition, Listener};
use crate::{Incident, IncidentKind, JobKind, Key, ListenerEvent, Record, Rejection, Stage};

/// The stage in which a job is done.
pub(super) fn stage_of(kind: &JobKind) -> Stage {
    match kind {
        JobKind::Element | JobKind::AdHoc => Stage::Execute,
        JobKind::ExecutionListener { event, number } => stage(*event, *number),
        JobKind::TaskListener { number, .. } => Stage::TaskListener(*number),
    }
}

fn stage(event: ListenerEvent, number: u32) -> Stage {
    match event {
        ListenerEvent::BeforeAll | ListenerEvent::Start => Stage::StartListener(number),
        ListenerEvent::End => Stage::EndListener(number),
    }
}

/// Whether an element has the listener whose job is open; jobs of other kinds need none.
pub(super) fn has_listener(node: &FlowNode, kind: &JobKind) -> bool {
    match kind {
        JobKind::Element | JobKind::AdHoc => true,
        JobKind::ExecutionListener { event, number } => {
            let hearing = node.listeners.iter().filter(|l| l.event == *event);
            hearing.count() > *number as usize
        }
        JobKind::TaskListener { event, number, .. } => {
            let Element::UserTask(model) = &node.element else {
                return false;
            };
            let hearing = model.listeners.iter().filter(|l| l.event == *event);
            hearing.count() > *number as usize
        }
    }
}

/// Of visits.
impl<'a> Stepper<'a> {
    /// A visit begins: the next listener, or what comes after them.
    pub(super) fn hear_start(
        &mut self,
        at: At<'a>,
        part: Part<'_>,
        number: u32,
    ) -> Result<Option<Stage>, Failure> {
        let event = match part {
            Part::Body(_) => ListenerEvent::BeforeAll,
            Part::Alone | Part::Item(..) | Part::Start => ListenerEvent::Start,
        };
        if self.hear_at(at, event, number)? {
            return Ok(None);
        }
        Ok(Some(if self.has_occurred(at) {
            Stage::Complete
        } else {
            Stage::Listen
        }))
    }

    /// A visit ends: the next listener, or what comes after them.
    pub(super) fn hear_end(
        &mut self,
        at: At<'a>,
        part: Part<'_>,
        number: u32,
    ) -> Result<Option<Stage>, Failure> {
        if number == 0 {
            // What is inside is over; nothing begins there any more while workers work.
            self.stop_listening_to(at.key, &at.node.parts().event_starts);
            self.close_ad_hoc(at.key);
        }
        if self.hear_at(at, ListenerEvent::End, number)? {
            return Ok(None);
        }
        Ok(Some(match part {
            Part::Item(..) => Stage::Collect,
            Part::Alone | Part::Body(_) | Part::Start => Stage::Leave,
        }))
    }

    fn hear_at(&mut self, at: At<'a>, event: ListenerEvent, number: u32) -> Result<bool, Failure> {
        let node = at.node;
        let (key, label, listeners) = (at.key, node.label(), &node.listeners);
        self.hear(key, &node.id, label, listeners, event, number)
    }

    /// A change of the task of a visit waits: the next listener to it, or the change.
    pub(super) fn hear_task(&mut self, at: At<'a>, number: u32) -> Result<(), Failure> {
        let Element::UserTask(model) = &at.node.element else {
            return Ok(());
        };
        let tasks = self.instance.tasks();
        let waits = self
            .instance
            .scope(at.key)
            .map_or(&[][..], |scope| scope.waits());
        let mut tasks = waits.iter().filter_map(|key| tasks.get(key));
        let Some((task, held)) = tasks.find_map(|task| Some((task.key, task.held.clone()?))) else {
            return Ok(());
        };
        let event = held.change.event();
        let mut hearing = model.listeners.iter().filter(|l| l.event == event);
        let Some(listener) = hearing.nth(number as usize) else {
            self.decide_change(task, at.key, *held);
            return Ok(());
        };
        let kind = JobKind::TaskListener {
            event,
            number,
            task,
        };
        let (element, label) = (&at.node.id, at.node.label());
        self.ask(&listener.job, at.key, element, label, kind)
    }

    /// Opens the job of a listener, where there is one of this number; whether there is.
    fn hear(
        &mut self,
        owner: Key,
        element: &Arc<str>,
        label: &str,
        listeners: &[Listener],
        event: ListenerEvent,
        number: u32,
    ) -> Result<bool, Failure> {
        let mut hearing = listeners.iter().filter(|listener| listener.event == event);
        let Some(listener) = hearing.nth(number as usize) else {
            return Ok(false);
        };
        let kind = JobKind::ExecutionListener { event, number };
        self.ask(&listener.job, owner, element, label, kind)?;
        Ok(true)
    }

    /// Opens the job of a listener.
    fn ask(
        &mut self,
        job: &JobDefinition,
        owner: Key,
        element: &Arc<str>,
        label: &str,
        kind: JobKind,
    ) -> Result<(), Failure> {
        let event = kind.listens_to().unwrap_or_default();
        let what = format!("the {event} listener of \"{label}\"");
        let job = job.open(self, owner, element, &what, kind)?;
        self.emit(Record::JobCreated { job });
        Ok(())
    }

    /// Whether a visit begins because its event has happened: it stands behind an event-based gateway.
    fn has_occurred(&self, at: At<'_>) -> bool {
        let Some(flow) = at.node.incoming.first() else {
            return false;
        };
        let source = self.definition.flow(*flow).source;
        matches!(
            self.definition.at(source).element,
            Element::EventBasedGateway(_)
        )
    }

    /// A worker has done the job of a listener: the next one, or what comes after them.
    pub(super) fn complete_listener(
        &mut self,
        job: Key,
        owner: Key,
        event: ListenerEvent,
        number: u32,
        variables: &Context,
    ) -> Result<(), Rejection> {
        check_size(variables, self.instance.bytes())?;
        self.job_done(job);
        match event {
            ListenerEvent::BeforeAll | ListenerEvent::Start => self.set_all(owner, variables),
            ListenerEvent::End => {
                let from = self.outputs_from(owner);
                self.set_upward(from, variables);
            }
        }
        if owner == self.instance.key() {
            self.hear_process(event, number + 1);
        } else {
            self.proceed(owner, stage(event, number + 1));
        }
        Ok(())
    }
}

/// Of the process.
impl<'a> Stepper<'a> {
    /// The instance begins or ends: the next listener, or what comes after them.
    pub(super) fn hear_process(&mut self, event: ListenerEvent, number: u32) {
        let definition = self.definition;
        let key = self.instance.key();
        let listeners = &definition.listeners;
        match self.hear(
            key,
            &definition.id,
            definition.name(),
            listeners,
            event,
            number,
        ) {
            Ok(true) => {}
            Ok(false) => match event {
                ListenerEvent::BeforeAll | ListenerEvent::Start => {
                    self.begin_after_listeners(number);
                }
                ListenerEvent::End => self.finish_instance(),
            },
            Err(failure) => self.raise_at_process(stage(event, number), failure),
        }
    }

    /// `number` is that of the listener after the last.
    fn begin_after_listeners(&mut self, number: u32) {
        let Some(beginning) = self.instance.beginning().cloned() else {
            let nodes = beginnings(self.definition, None);
            return self.begin(nodes.expect("it was found when the instance started"), 0);
        };
        if beginning.before.is_empty() {
            let nodes = beginnings(self.definition, beginning.at.as_deref());
            let nodes = nodes.expect("it was found when the instance started");
            return self.begin(nodes, beginning.definition);
        }
        let begun = match self.try_before(&beginning.before) {
            Ok(()) => self.begin_before(&beginning.before),
            Err(refused) => Err(refused),
        };
        if let Err(refused) = begun {
            let failure = Failure::expression(refused.to_string());
            self.raise_at_process(Stage::StartListener(number), failure);
        }
    }

    /// Whether an incident is one of a listener of the process.
    pub(super) fn is_of_process(&self, incident: &Incident) -> bool {
        incident.element_instance == self.instance.key()
            && incident.element == self.definition.id
            && matches!(
                incident.stage,
                Stage::StartListener(_) | Stage::EndListener(_)
            )
    }

    /// A listener of the process is tried again.
    pub(super) fn hear_process_again(&mut self, stage: Stage) {
        if let Stage::StartListener(number) = stage {
            self.hear_process(ListenerEvent::Start, number);
        } else if let Stage::EndListener(number) = stage {
            self.hear_process(ListenerEvent::End, number);
        }
    }

    /// The worker of a listener of the process has found an error. Nothing in the process catches it.
    pub(super) fn throw_from_process(&mut self, job: Key, error: Thrown) {
        let Some(open) = self.instance.jobs().get(&job) else {
            return;
        };
        let stage = stage_of(&open.kind);
        self.emit(Record::ErrorThrown {
            element_instance: self.instance.key(),
            code: error.code.clone(),
            message: error.message.clone(),
            caught_by: None,
        });
        if self.instance.parent().is_some() {
            self.fail_caller(error);
            return;
        }
        self.withdraw_failed(job);
        let message = format!(
            "A listener of \"{}\" throws the error \"{}\" and nothing catches it",
            self.definition.name(),
            error.code
        );
        self.raise_at_process(stage, Failure::new(IncidentKind::Error, message));
    }

    fn raise_at_process(&mut self, stage: Stage, failure: Failure) {
        let incident = Box::new(Incident {
            key: self.next_key(),
            element: self.definition.id.clone(),
            element_instance: self.instance.key(),
            kind: failure.kind,
            message: failure.message,
            job: None,
            stage,
        });
        self.emit(Record::IncidentRaised { incident });
    }

    /// What a person calls what a visit, or the instance, is about.
    pub(super) fn label_of(&self, owner: Key) -> Arc<str> {
        match self.at(owner) {
            Some(at) => at.node.label().clone(),
            None => self.definition.name().into(),
        }
    }
}
