//! Filters by variables: `[{"name": "child", "value": {"$like": "\"Am*"}}]`. A value is compared as the JSON text that it is.

use crate::error::Error;
use crate::rest::filters::{Filters, Kind, tests};
use bpmn::{Key, ProcessInstance};
use serde_json::{Value, json};
use store::search::{Operand, Test};
use store::{Instance, Task};

/// The most variables in one filter.
const VARIABLES_MAX: usize = 20;

/// The variables that a filter wants, all of them.
#[derive(Default)]
pub(super) struct Wanted {
    /// Of the instance.
    global: Vec<(String, Vec<Test>)>,
    /// Of the scope of a row.
    local: Vec<(String, Vec<Test>)>,
}

/// A row that has variables.
pub(super) trait Scoped {
    /// The instance whose state has them.
    fn instance(&self) -> Key;
    /// The scope whose own variables are the local ones.
    fn scope(&self) -> Key;
}

impl Scoped for Task {
    fn instance(&self) -> Key {
        self.instance
    }

    fn scope(&self) -> Key {
        self.element_instance
    }
}

impl Scoped for Instance {
    fn instance(&self) -> Key {
        self.key
    }

    fn scope(&self) -> Key {
        self.key
    }
}

impl Wanted {
    /// Takes the lists of these names out of a filter: of what the instance has to have, and its scope.
    pub(super) fn taken(
        filter: Option<&mut Filters>,
        global: &str,
        local: Option<&str>,
    ) -> Result<Wanted, Error> {
        let Some(filter) = filter else {
            return Ok(Wanted::default());
        };
        Ok(Wanted {
            global: list(filter, global)?,
            local: local.map_or(Ok(Vec::new()), |local| list(filter, local))?,
        })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.global.is_empty() && self.local.is_empty()
    }

    /// Whether the variables of an instance and of a scope of it are as they are wanted.
    pub(super) fn fit(&self, state: &ProcessInstance, scope: Key) -> bool {
        has(state, state.key(), &self.global) && has(state, scope, &self.local)
    }
}

fn list(filter: &mut Filters, name: &str) -> Result<Vec<(String, Vec<Test>)>, Error> {
    let rule = || {
        let shape = "is a list of objects with name and value";
        Error::Invalid(format!("filter.{name} {shape}, {VARIABLES_MAX} at most."))
    };
    let list = match filter.remove(name) {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(list)) if list.len() <= VARIABLES_MAX => list,
        Some(_) => return Err(rule()),
    };
    let one = |one: &Value| {
        let variable = one["name"].as_str().ok_or_else(rule)?;
        let value = one.get("value").ok_or_else(rule)?;
        let tests = tests(Kind::Text, &format!("{name}.{variable}"), value)?;
        Ok((variable.to_owned(), tests))
    };
    list.iter().map(one).collect()
}

fn has(state: &ProcessInstance, scope: Key, wanted: &[(String, Vec<Test>)]) -> bool {
    let variables = state.own_variables(scope);
    wanted.iter().all(|(name, tests)| {
        let value = variables
            .get(name)
            .map(|value| Operand::Text(json!(value).to_string()));
        tests.iter().all(|test| test.fits(value.as_ref()))
    })
}
