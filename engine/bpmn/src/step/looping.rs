//! Loops and multi-instance (BPMN 2.0.2, 10.3.8, 13.3.6 and 13.3.7): what their bodies and items do beyond what
//! the activity itself does. The models are in `elements/standard_loop.rs` and `elements/multi_instance.rs`.
//!
//! The body is visited first. Executing it begins items, each in a scope of its own inside the body, and it is executed
//! again while some that are done at once have yet to begin, and when the last one that runs has ended; it completes where
//! no item is left to begin.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use feel::{Expression, Value};

use super::variables::{check_variable, reasons};
use super::{At, Failure, Stepper};
use crate::definition::NodeIndex;
use crate::elements::{Items, Loop, MultiInstance, Next, StandardLoop, When};
use crate::limits::LOOP_ITEMS_MAX;
use crate::triggers::throwing;
use crate::{IncidentKind, Key, Record, Stage};

/// What a visit is to the loop of its activity.
#[derive(Clone, Copy)]
pub(crate) enum Part<'a> {
    /// The activity has no loop.
    Alone,
    /// What holds the items.
    Body(&'a Loop),
    /// One time that the activity is done: its number, from 1.
    Item(&'a Loop, u32),
    /// Something that was started in an ad-hoc subprocess.
    Start,
}

/// What an item, or a condition, sees as the number of the item.
const LOOP_COUNTER: &str = "loopCounter";
/// The same, made once.
static COUNTER: LazyLock<Arc<str>> = LazyLock::new(|| LOOP_COUNTER.into());

/// So many items that are done at once begin before the first of them goes on.
const ITEMS_IN_A_ROW: u32 = 32;

/// So many records are usual for an item that does not wait.
const RECORDS_PER_ITEM: usize = 8;

/// For so many records there is room from the start of a loop.
const RECORDS_RESERVED_MAX: usize = 1_024;

impl<'a> Stepper<'a> {
    pub(crate) fn part(&self, at: At<'a>) -> Part<'a> {
        let element = self.instance.elements().get(&at.key);
        let item = element.and_then(|element| element.item());
        match (item, &at.node.looping) {
            (None, None) => Part::Alone,
            (None, Some(looping)) => Part::Body(looping),
            (Some(number), Some(looping)) if !self.is_start(at) => Part::Item(looping, number),
            (Some(_), _) => Part::Start,
        }
    }

    /// Whether a visit is the body of a loop.
    pub(crate) fn is_body(&self, key: Key) -> bool {
        let element = self.instance.elements().get(&key);
        element.is_some_and(|element| element.item().is_none())
            && self
                .node_of(key)
                .is_some_and(|index| self.definition.at(index).looping.is_some())
    }

    /// Begins a loop, or goes on with it when no item runs any more.
    pub(super) fn execute_body(&mut self, at: At<'a>, looping: &'a Loop) -> Result<Next, Failure> {
        if self.looping(at.key).is_none() {
            let (parallel, (collection, total)) = match looping {
                Loop::Standard(_) => (false, (Value::Null, None)),
                Loop::MultiInstance(multi) => (!multi.sequential, self.items(at, multi)?),
            };
            let soon = total.filter(|_| parallel).unwrap_or(1) as usize;
            self.records
                .reserve((soon * RECORDS_PER_ITEM).min(RECORDS_RESERVED_MAX));
            self.emit(Record::LoopStarted {
                body: at.key,
                collection,
                total,
                parallel,
            });
        }
        match looping {
            Loop::Standard(standard) => self.begin_round(at, standard)?,
            Loop::MultiInstance(multi) => self.begin_items(at, multi),
        }
        let inner = self.instance.scope(at.key);
        Ok(if inner.is_some_and(|scope| !scope.children().is_empty()) {
            Next::Wait
        } else {
            Next::Complete
        })
    }

    /// For what a multi-instance activity is done, and how often.
    fn items(&self, at: At<'_>, multi: &MultiInstance) -> Result<(Value, Option<u32>), Failure> {
        let label = at.node.label();
        let (expression, what, wanted) = match &multi.items {
            Items::Collection(expression) => (expression, "The input collection", "a list"),
            Items::Cardinality(expression) => (expression, "The number of items", "a whole number"),
        };
        let evaluation = self.evaluate(expression, at.key)?;
        let value = evaluation.value.clone().into_json_like();
        let (collection, total) = match &multi.items {
            Items::Collection(_) => {
                let total = value.as_list().map(|items| items.len() as i64);
                (value, total)
            }
            Items::Cardinality(_) => {
                let number = value.as_number().and_then(|number| number.to_i64());
                (Value::Null, number.filter(|number| *number >= 0))
            }
        };
        let Some(total) = total else {
            return Err(Failure::expression(format!(
                "{what} `{}` of \"{label}\" gives {} where {wanted} is needed{}",
                expression.text(),
                evaluation.value.kind(),
                reasons(&evaluation)
            )));
        };
        match u32::try_from(total) {
            Ok(total) if total <= LOOP_ITEMS_MAX => {
                check_variable(what, &collection, self.instance.bytes())?;
                Ok((collection, Some(total)))
            }
            _ => Err(too_many(at, &total.to_string())),
        }
    }

    /// One item; or some of those that are done at once: the others begin when these have gone as far as they can, so that
    /// ten thousand cost no more each than ten.
    fn begin_items(&mut self, at: At<'a>, multi: &MultiInstance) {
        let (Some(state), Some(index)) = (self.looping(at.key), self.node_of(at.key)) else {
            return;
        };
        let (begun, total) = (state.begun(), state.total().unwrap_or(0));
        let more = if multi.sequential { 1 } else { ITEMS_IN_A_ROW };
        let last = total.min(begun + more);
        for number in begun + 1..=last {
            let state = self.looping(at.key);
            let value = state.map(|state| state.item(number)).unwrap_or_default();
            let item = self.begin_item(at, index, number);
            // The result is the item's own, unless it is one of the variables that the item has anyway.
            let result = multi
                .output
                .as_ref()
                .and_then(|output| output.variable.as_ref());
            if let Some(name) = result.filter(|name| &***name != LOOP_COUNTER) {
                self.set(item, name.clone(), Value::Null);
            }
            if let Some(name) = &multi.element {
                self.set(item, name.clone(), value);
            }
        }
        if !multi.sequential && last < total {
            self.proceed(at.key, Stage::Execute);
        }
    }

    /// One more time of a standard loop, where its condition allows it.
    fn begin_round(&mut self, at: At<'a>, standard: &StandardLoop) -> Result<(), Failure> {
        let begun = self.looping(at.key).map_or(0, |state| state.begun());
        if standard.maximum.is_some_and(|maximum| begun >= maximum) {
            return Ok(());
        }
        if let Some(condition) = standard.condition.as_ref().filter(|_| standard.test_before) {
            let counter = BTreeMap::from([(LOOP_COUNTER.into(), Value::from(i64::from(begun)))]);
            if !self.goes(condition, at, &counter)? {
                return Ok(());
            }
        }
        if begun >= LOOP_ITEMS_MAX {
            return Err(too_many(at, &format!("more than {begun}")));
        }
        if let Some(index) = self.node_of(at.key) {
            self.begin_item(at, index, begun + 1);
        }
        Ok(())
    }

    fn begin_item(&mut self, at: At<'a>, index: NodeIndex, number: u32) -> Key {
        let key = self.next_key();
        self.emit(Record::ElementActivated {
            key,
            element: at.node.id.clone(),
            scope: at.key,
            joins: Vec::new(),
            item: Some(number),
        });
        self.set(key, COUNTER.clone(), Value::from(i64::from(number)));
        self.queue.push_back((key, index, Stage::Enter));
        key
    }

    /// An item is done: its result is kept, and the loop goes on, or ends because a condition says so.
    /// Everything that can fail comes first.
    pub(super) fn complete_item(
        &mut self,
        at: At<'a>,
        looping: &'a Loop,
        item: u32,
    ) -> Result<(), Failure> {
        let body = at.scope;
        let (result, over) = match looping {
            Loop::Standard(standard) => (None, self.ends_after(at, standard)?),
            Loop::MultiInstance(multi) => {
                let found = (self.result(at, multi)?, self.is_complete(at, multi)?);
                if self.throw_as_items_complete(at, multi)? == Next::Gone {
                    return Ok(());
                }
                found
            }
        };
        self.stop_listening(at.key);
        if let Some(result) = result.filter(|result| !result.is_null()) {
            self.emit(Record::ItemCompleted { body, item, result });
        }
        self.register_compensation(at);
        self.emit(Record::ElementCompleted { key: at.key });
        if over {
            self.terminate_inside(body, body);
            self.proceed(body, Stage::Complete);
        } else {
            self.check_scope(body);
        }
        Ok(())
    }

    fn result(&self, at: At<'_>, multi: &MultiInstance) -> Result<Option<Value>, Failure> {
        let Some(output) = &multi.output else {
            return Ok(None);
        };
        let value = self.evaluate(&output.element, at.key)?.value;
        let value = value.into_json_like();
        check_variable(&output.collection, &value, self.instance.bytes())?;
        Ok(Some(value))
    }

    /// Whether the completion condition holds, counting this item as completed.
    fn is_complete(&self, at: At<'_>, multi: &MultiInstance) -> Result<bool, Failure> {
        let (Some(condition), Some(state)) = (&multi.condition, self.looping(at.scope)) else {
            return Ok(false);
        };
        let counts = state.counts_with_one_more();
        self.goes(condition, at, &counts)
    }

    /// The events that the model throws now that one more item completes.
    fn throw_as_items_complete(
        &mut self,
        at: At<'a>,
        multi: &'a MultiInstance,
    ) -> Result<Next, Failure> {
        let Some(state) = self.looping(at.scope).filter(|_| !multi.throws.is_empty()) else {
            return Ok(Next::Complete);
        };
        let (is_first, counts) = (state.completed() == 0, state.counts_with_one_more());
        let mut due = Vec::new();
        for throw in &multi.throws {
            let is_due = match &throw.when {
                When::Each => true,
                When::First => is_first,
                When::Holds(condition) => self.goes(condition, at, &counts)?,
            };
            due.extend(is_due.then_some(&throw.triggers));
        }
        for triggers in due {
            if throwing::throw(triggers, None, self, at)? == Next::Gone {
                return Ok(Next::Gone);
            }
        }
        Ok(Next::Complete)
    }

    fn ends_after(&self, at: At<'_>, standard: &StandardLoop) -> Result<bool, Failure> {
        match standard
            .condition
            .as_ref()
            .filter(|_| !standard.test_before)
        {
            Some(condition) => Ok(!self.goes(condition, at, &BTreeMap::new())?),
            None => Ok(false),
        }
    }

    /// Whether a condition of a loop is true. `counts` come before the variables of these names.
    fn goes(
        &self,
        condition: &Expression,
        at: At<'_>,
        counts: &BTreeMap<Arc<str>, Value>,
    ) -> Result<bool, Failure> {
        let visible = self.visible_with(at.key, counts);
        self.holds(condition, &visible, || {
            format!("of the loop \"{}\"", at.node.label())
        })
    }

    /// The results of the items become the output collection.
    pub(super) fn set_collected(&mut self, at: At<'a>, looping: &Loop) -> Result<(), Failure> {
        let Loop::MultiInstance(multi) = looping else {
            return Ok(());
        };
        let (Some(output), Some(state)) = (&multi.output, self.looping(at.key)) else {
            return Ok(());
        };
        let collected = state.collected();
        let name = output.collection.clone();
        check_variable(&name, &collected, self.instance.bytes())?;
        let scope = self.instance.scope_of_variable(at.scope, &name);
        self.set(scope, name, collected);
        Ok(())
    }

    pub(super) fn looping(&self, body: Key) -> Option<&crate::LoopState> {
        self.instance.elements().get(&body)?.looping()
    }
}

fn too_many(at: At<'_>, number: &str) -> Failure {
    Failure::new(
        IncidentKind::Limit,
        format!(
            "\"{}\" would be done {number} times, and {LOOP_ITEMS_MAX} is the most (LOOP_ITEMS_MAX)",
            at.node.label()
        ),
    )
}
