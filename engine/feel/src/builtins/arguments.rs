//! How functions take their arguments: with the right type, or null and a warning. A list of one item stands for the item.

use crate::evaluate::{Call, Outcome};
use crate::{Context, Number, Value};
use std::sync::Arc;

impl Call<'_, '_> {
    /// The argument, or its only item.
    fn single(&self, index: usize) -> &Value {
        match self.argument(index) {
            Value::List(items) if items.len() == 1 => &items[0],
            other => other,
        }
    }

    pub(super) fn text(&mut self, index: usize) -> Outcome<Arc<str>> {
        match self.single(index) {
            Value::String(text) => Ok(text.clone()),
            _ => self.mismatch(index, "string"),
        }
    }

    pub(super) fn number(&mut self, index: usize) -> Outcome<Number> {
        match self.single(index).as_number() {
            Some(number) => Ok(number),
            None => self.mismatch(index, "number"),
        }
    }

    /// A whole number.
    pub(super) fn whole(&mut self, index: usize) -> Outcome<i64> {
        let number = self.number(index)?;
        match number.truncate().to_i64() {
            Some(whole) => Ok(whole),
            None => self.mismatch(index, "whole number of that size"),
        }
    }

    pub(super) fn list(&mut self, index: usize) -> Outcome<Arc<Vec<Value>>> {
        match self.argument(index) {
            Value::List(items) => Ok(items.clone()),
            Value::Null => self.mismatch(index, "list"),
            single => Ok(Arc::new(vec![single.clone()])),
        }
    }

    pub(super) fn context(&mut self, index: usize) -> Outcome<Context> {
        match self.single(index) {
            Value::Context(context) => Ok(context.clone()),
            _ => self.mismatch(index, "context"),
        }
    }

    /// A new list, if its length is within the limit.
    pub(super) fn made(&mut self, items: Vec<Value>) -> Outcome {
        self.evaluator.list_of(self.at, items.len())?;
        Ok(items.into())
    }

    /// A new string, if its length is within the limit.
    pub(super) fn made_text(&mut self, text: String) -> Outcome {
        self.evaluator.string_of(self.at, text.len())?;
        Ok(text.into())
    }
}
