//! Ad-hoc subprocesses (BPMN 2.0.2, 10.3.5.4 and 13.3.5): starting what is inside, and when it is over. The model is
//! in `elements/ad_hoc.rs`.
//!
//! A visit to an ad-hoc subprocess holds one scope for each start (a visit with a number to the same element), and in
//! it what was started and what that leads to.

use std::collections::BTreeMap;
use std::sync::Arc;

use feel::{Context, Value};

use super::variables::{check_size, check_variable, reasons};
use super::{At, Failure, Stepper};
use crate::definition::{FlowNode, NodeIndex};
use crate::elements::{AdHoc, Behaviour, Element, ElementStart, Next, Subprocess};
use crate::{Key, Record, Rejection, Stage};

impl<'a> Stepper<'a> {
    /// An active visit to an ad-hoc subprocess; not the body of a loop of them, nor one of the starts in it.
    fn ad_hoc_at(&self, key: Key) -> Option<(At<'a>, &'a AdHoc, &'a Subprocess)> {
        let at = self.at(key)?;
        let (ad_hoc, subprocess) = ad_hoc_of(at.node)?;
        let is_itself = !self.is_body(key) && !self.is_start(at);
        is_itself.then_some((at, ad_hoc, subprocess))
    }

    /// Whether a visit is one start in an ad-hoc subprocess.
    pub(super) fn is_start(&self, at: At<'a>) -> bool {
        if ad_hoc_of(at.node).is_none() {
            return false;
        }
        let element = self.instance.elements().get(&at.key);
        element.is_some_and(|element| element.item().is_some())
            && self.node_of(at.scope) == self.definition.find(&at.node.id)
            && !self.is_body(at.scope)
    }

    /// The subprocess is reached: what the model names is started, or the worker is asked.
    pub(crate) fn execute_ad_hoc(&mut self, at: At<'a>) -> Result<Next, Failure> {
        let Some((_, ad_hoc, subprocess)) = self.ad_hoc_at(at.key) else {
            return Ok(Next::Complete);
        };
        if self.looping(at.key).is_none() {
            let chosen = self.chosen(at, ad_hoc, subprocess)?;
            self.open_for_starts(at);
            for node in chosen {
                self.start_inside(at, ad_hoc, node, &Context::default());
            }
        }
        if let Some(job) = &ad_hoc.job {
            let elements = self.described(subprocess);
            self.set(at.key, "adHocSubProcessElements".into(), elements);
            return job.execute(self, at);
        }
        Ok(if self.is_done(at.key, ad_hoc) {
            Next::Complete
        } else {
            Next::Wait
        })
    }

    /// What the model names, by the ids in its collection.
    fn chosen(
        &self,
        at: At<'a>,
        ad_hoc: &AdHoc,
        subprocess: &Subprocess,
    ) -> Result<Vec<NodeIndex>, Failure> {
        let Some(expression) = &ad_hoc.elements else {
            return Ok(Vec::new());
        };
        let evaluation = self.evaluate(expression, at.key)?;
        let Some(ids) = evaluation.value.as_list() else {
            return Err(Failure::expression(format!(
                "The elements `{}` of \"{}\" give {} where a list is needed{}",
                expression.text(),
                at.node.label(),
                evaluation.value.kind(),
                reasons(&evaluation)
            )));
        };
        let mut chosen = Vec::new();
        for id in ids {
            let written = id.as_str().unwrap_or_default();
            let found = self.definition.find(written);
            let Some(index) = found.filter(|index| subprocess.parts.begin.contains(index)) else {
                return Err(Failure::expression(format!(
                    "\"{written}\" is not an element of \"{}\" that can be started",
                    at.node.label()
                )));
            };
            chosen.push(index);
        }
        if ad_hoc.sequential && chosen.len() > 1 {
            return Err(Failure::expression(format!(
                "\"{}\" lets one element go on at a time, and `{}` gives {}",
                at.node.label(),
                expression.text(),
                chosen.len()
            )));
        }
        Ok(chosen)
    }

    /// What the worker can choose from: a list of contexts with `elementId`, `elementName`, `documentation` and
    /// `properties`.
    fn described(&self, subprocess: &Subprocess) -> Value {
        let nodes = subprocess.parts.begin.iter();
        let described = nodes.map(|index| {
            let node = self.definition.at(*index);
            let properties = node.properties().iter();
            let properties: Context = properties
                .map(|(name, value)| (name.clone(), Value::from(value.as_str())))
                .collect();
            let text = |text: Option<&str>| text.map(Value::from).unwrap_or_default();
            let entries = [
                ("elementId", Value::from(node.id())),
                ("elementName", text(node.name())),
                ("documentation", text(node.documentation())),
                ("properties", Value::Context(properties)),
            ];
            Value::Context(entries.into_iter().collect())
        });
        Value::List(Arc::new(described.collect()))
    }

    /// One more start: a scope with its variables, and in it the element.
    fn start_inside(&mut self, at: At<'a>, ad_hoc: &AdHoc, node: NodeIndex, variables: &Context) {
        let key = self.begin_start(at, ad_hoc);
        self.set_all(key, variables);
        self.activate(node, key, Vec::new());
    }

    /// A scope for one more start.
    fn begin_start(&mut self, at: At<'a>, ad_hoc: &AdHoc) -> Key {
        let number = self.looping(at.key).map_or(0, |state| state.begun()) + 1;
        let key = self.next_key();
        self.emit(Record::ElementActivated {
            key,
            element: at.node.id.clone(),
            scope: at.key,
            joins: Vec::new(),
            item: Some(number),
        });
        let result = ad_hoc.output.as_ref();
        if let Some(name) = result.and_then(|output| output.variable.as_ref()) {
            self.set(key, name.clone(), Value::Null);
        }
        key
    }

    /// An ad-hoc subprocess is open, and nothing is started in it yet.
    pub(super) fn open_for_starts(&mut self, at: At<'a>) {
        if self.ad_hoc_at(at.key).is_some() {
            self.emit(Record::LoopStarted {
                body: at.key,
                collection: Value::Null,
                total: None,
                parallel: false,
            });
        }
    }

    /// A scope for something that is started by hand: `None` where the visit is none to an ad-hoc subprocess, and none in
    /// it where nothing more can be started now.
    pub(super) fn start_by_hand(&mut self, visit: Key) -> Option<Option<Key>> {
        let (at, ad_hoc, _) = self.ad_hoc_at(visit)?;
        let state = self.looping(visit);
        let inner = self.instance.scope(visit);
        let is_busy = inner.is_some_and(|scope| !scope.children().is_empty());
        let full = state.is_none_or(|state| {
            state.is_closed() || state.begun() >= crate::limits::LOOP_ITEMS_MAX
        });
        if full || (ad_hoc.sequential && is_busy) {
            return Some(None);
        }
        Some(Some(self.begin_start(at, ad_hoc)))
    }

    /// All of one start is done. Everything that can fail comes first.
    pub(super) fn complete_start(&mut self, at: At<'a>) -> Result<(), Failure> {
        let Some((outer, ad_hoc, _)) = self.ad_hoc_at(at.scope) else {
            return Ok(());
        };
        let result = match &ad_hoc.output {
            Some(output) => {
                let value = self.evaluate(&output.element, at.key)?.value;
                let value = value.into_json_like();
                check_variable(&output.collection, &value, self.instance.bytes())?;
                Some(value)
            }
            None => None,
        };
        let is_over = match (&ad_hoc.condition, self.looping(outer.key)) {
            (Some(condition), Some(state)) => {
                let counts: BTreeMap<Arc<str>, Value> = state.counts_with_one_more();
                self.holds(condition, &self.visible_with(at.key, &counts), || {
                    format!("of the ad-hoc subprocess \"{}\"", at.node.label())
                })?
            }
            _ => false,
        };
        let item = self.instance.elements().get(&at.key).and_then(|e| e.item());
        self.stop_listening(at.key);
        self.move_to_outer_scope(at);
        if let (Some(result), Some(item)) = (result, item) {
            let body = outer.key;
            self.emit(Record::ItemCompleted { body, item, result });
        }
        self.emit(Record::ElementCompleted { key: at.key });
        if is_over {
            self.end_ad_hoc(outer.key, ad_hoc.cancels_remaining);
        } else if ad_hoc.job.is_some() && !self.is_closed(outer.key) {
            self.withdraw_job(outer.key);
            self.proceed(outer.key, Stage::Execute);
        } else {
            self.check_scope(outer.key);
        }
        Ok(())
    }

    /// It is over: the rest is cut short, or done to its end, and nothing more can be started.
    pub(super) fn end_ad_hoc(&mut self, key: Key, cancels: bool) {
        self.withdraw_job(key);
        if cancels {
            self.terminate_inside(key, key);
        }
        self.close_ad_hoc(key);
        self.check_scope(key);
    }

    /// Nothing more can be started.
    pub(super) fn close_ad_hoc(&mut self, key: Key) {
        if self.ad_hoc_at(key).is_some() && !self.is_closed(key) {
            self.emit(Record::AdHocClosed { ad_hoc: key });
        }
    }

    /// Whether a scope in which nothing is active stays open, because something can still be started in it.
    pub(super) fn stays_open(&self, scope: Key) -> bool {
        let ad_hoc = self.ad_hoc_at(scope);
        ad_hoc.is_some_and(|(_, ad_hoc, _)| !self.is_done(scope, ad_hoc))
    }

    /// Whether nothing is left to do, and nothing more can be started.
    fn is_done(&self, key: Key, ad_hoc: &AdHoc) -> bool {
        let ends_by_itself =
            ad_hoc.elements.is_some() && ad_hoc.condition.is_none() && ad_hoc.job.is_none();
        let inner = self.instance.scope(key);
        inner.is_some_and(|scope| scope.children().is_empty())
            && (ends_by_itself || self.is_closed(key))
    }

    fn is_closed(&self, key: Key) -> bool {
        self.looping(key).is_some_and(|state| state.is_closed())
    }

    /// The worker's job is not needed any more, or not as it was.
    fn withdraw_job(&mut self, key: Key) {
        let waits = self.instance.scope(key).map(|scope| scope.waits().to_vec());
        for waiting in waits.unwrap_or_default() {
            if self.instance.jobs().contains_key(&waiting) {
                self.emit(Record::JobWithdrawn { job: waiting });
            }
        }
    }

    /// The results become the output collection.
    pub(super) fn set_ad_hoc_results(&mut self, at: At<'a>) -> Result<(), Failure> {
        if ad_hoc_of(at.node).is_none() {
            return Ok(());
        }
        let Some((_, ad_hoc, _)) = self.ad_hoc_at(at.key) else {
            return Ok(());
        };
        let (Some(output), Some(state)) = (&ad_hoc.output, self.looping(at.key)) else {
            return Ok(());
        };
        let results = state.results();
        let name = output.collection.clone();
        check_variable(&name, &results, self.instance.bytes())?;
        // Output mappings see it inside; without them it goes out by itself.
        let scope = if at.node.outputs.is_empty() || at.node.results_rise {
            self.instance.scope_of_variable(at.scope, &name)
        } else {
            at.key
        };
        self.set(scope, name, results);
        Ok(())
    }
}

/// What is special of a node that is an ad-hoc subprocess.
fn ad_hoc_of(node: &FlowNode) -> Option<(&AdHoc, &Subprocess)> {
    let Element::Subprocess(subprocess) = &node.element else {
        return None;
    };
    Some((subprocess.ad_hoc.as_deref()?, subprocess))
}

/// What is asked from outside.
impl<'a> Stepper<'a> {
    /// Somebody starts something.
    pub(super) fn activate_elements(
        &mut self,
        key: Key,
        elements: &[ElementStart],
        cancel_remaining: bool,
    ) -> Result<(), Rejection> {
        let (at, ad_hoc, chosen) = self.check_starts(key, elements, cancel_remaining)?;
        if cancel_remaining {
            self.terminate_inside(key, key);
        }
        for (start, node) in elements.iter().zip(chosen) {
            self.start_inside(at, ad_hoc, node, &start.variables);
        }
        Ok(())
    }

    /// Somebody says that it is over.
    pub(super) fn complete_ad_hoc(&mut self, key: Key) -> Result<(), Rejection> {
        let (_, ad_hoc, _) = self.open_ad_hoc(key)?;
        self.end_ad_hoc(key, ad_hoc.cancels_remaining);
        Ok(())
    }

    /// The worker has chosen.
    pub(super) fn complete_ad_hoc_job(
        &mut self,
        job: Key,
        variables: &Context,
        elements: &[ElementStart],
        is_over: bool,
        cancel_remaining: bool,
    ) -> Result<(), Rejection> {
        let visit = self.job(job)?;
        check_size(variables, self.instance.bytes())?;
        let (at, ad_hoc, chosen) = self.check_starts(visit, elements, cancel_remaining)?;
        self.emit(Record::JobCompleted { job });
        if let Err(failure) = self.set_results(at, variables) {
            self.raise(at, Stage::Execute, failure);
            return Ok(());
        }
        if is_over {
            self.end_ad_hoc(visit, cancel_remaining || ad_hoc.cancels_remaining);
            return Ok(());
        }
        if cancel_remaining {
            self.terminate_inside(visit, visit);
        }
        for (start, node) in elements.iter().zip(chosen) {
            self.start_inside(at, ad_hoc, node, &start.variables);
        }
        Ok(())
    }

    /// Whether a job asks a worker what to start.
    pub(super) fn is_ad_hoc_job(&self, visit: Key) -> bool {
        self.ad_hoc_at(visit).is_some()
    }

    fn open_ad_hoc(&self, key: Key) -> Result<(At<'a>, &'a AdHoc, &'a Subprocess), Rejection> {
        let found = self.ad_hoc_at(key);
        let is_open = self.looping(key).is_some() && !self.is_closed(key);
        found
            .filter(|_| is_open)
            .ok_or(Rejection::NoSuchAdHoc { ad_hoc: key })
    }

    #[allow(clippy::type_complexity, reason = "said once, and taken apart at once")]
    fn check_starts(
        &self,
        key: Key,
        elements: &[ElementStart],
        cancel_remaining: bool,
    ) -> Result<(At<'a>, &'a AdHoc, Vec<NodeIndex>), Rejection> {
        let (at, ad_hoc, subprocess) = self.open_ad_hoc(key)?;
        let name = at.node.label().to_string();
        let mut chosen = Vec::new();
        let mut size = self.instance.bytes();
        for start in elements {
            check_size(&start.variables, size)?;
            size += start
                .variables
                .iter()
                .map(|(_, value)| crate::size::bytes(value))
                .sum::<usize>();
            let found = self.definition.find(&start.element);
            let index = found.filter(|index| subprocess.parts.begin.contains(index));
            chosen.push(index.ok_or_else(|| Rejection::NotStartable {
                name: name.clone(),
                element: start.element.to_string(),
            })?);
        }
        let begun = self.looping(key).map_or(0, |state| state.begun());
        let inner = self.instance.scope(key);
        let active = inner.map_or(0, |scope| scope.children().len());
        let before = if cancel_remaining { 0 } else { active };
        if ad_hoc.sequential && !elements.is_empty() && before + elements.len() > 1 {
            return Err(Rejection::OneAtATime { name });
        }
        if begun as usize + elements.len() > crate::limits::LOOP_ITEMS_MAX as usize {
            return Err(Rejection::TooManyStarts { name });
        }
        Ok((at, ad_hoc, chosen))
    }
}
