//! Searches in tables: what programs ask for, by the fields that they know, and the page that is answered.

use crate::error::Error;
use crate::rest::cursors::{self, Asked};
use crate::rest::filters::{Filters, Kind, tests, unknown_field};
use crate::rest::instances::by_key;
use crate::rest::search::{Cursors, Search, answer, told_by_page};
use crate::rest::variable_filters::{Scoped, Wanted};
use crate::state::AppState;
use axum::response::Response;
use bpmn::Key;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeSet;
use store::Sight;
use store::search::{By, Condition, Found, Operand, Part, Searched, Test};

pub(super) use crate::rest::fields::{
    DEFINITION_KEY, ELEMENT_ID, ELEMENT_KEY, Field, Held, INSTANCE_KEY, PROCESS_ID, TENANT_ID,
    Words, field, worded,
};

/// Among how many rows those are looked for whose variables are wanted.
const WANTED_AMONG_MAX: u32 = 2_000;
/// The most groups of one `$or`.
const GROUPS_MAX: usize = 20;

/// What can be searched in a table.
pub(super) struct Table {
    /// The word for messages: `Tasks`.
    pub(super) things: &'static str,
    pub(super) fields: &'static [Field],
    /// The order where none is asked for.
    pub(super) order: &'static [By],
    /// Columns that order what has the same key.
    pub(super) ties: &'static [&'static str],
}

/// What was found in a table.
pub(super) struct Page<T> {
    pub(super) rows: Vec<T>,
    total: u64,
    cursors: Cursors,
}

impl<T> Page<T> {
    /// Nothing, where nothing can be found.
    fn empty() -> Page<T> {
        let (rows, total, cursors) = (Vec::new(), 0, None);
        Page {
            rows,
            total,
            cursors,
        }
    }

    fn of(found: Found<T>, total: u64, order: &str) -> Page<T> {
        let ends = found.places.first().zip(found.places.last());
        let cursors =
            ends.map(|(first, last)| (cursors::cursor(order, first), cursors::cursor(order, last)));
        let rows = found.rows;
        Page {
            rows,
            total,
            cursors,
        }
    }

    /// The cursor behind the last row.
    pub(super) fn end(&self) -> Option<&str> {
        self.cursors.as_ref().map(|(_, end)| end.as_str())
    }

    /// The answer, with these items for the rows.
    pub(super) fn answer<I: Serialize>(&self, items: impl IntoIterator<Item = I>) -> Response {
        answer(items, self.total, self.cursors.clone())
    }
}

impl Table {
    /// The fields that can be filtered and sorted by, and what they hold.
    pub(super) fn named(&self) -> Vec<(&'static str, Kind)> {
        let fields = self.fields.iter();
        fields.map(|field| (field.name, field.kind)).collect()
    }

    /// The page that was asked for.
    ///
    /// # Errors
    /// Names what is not known, and what no index answers.
    pub(super) async fn page<T: Searched>(
        &self,
        state: &AppState,
        sight: Option<Sight>,
        asked: &Search<Filters>,
    ) -> Result<Page<T>, Error> {
        self.page_where(state, sight, asked, []).await
    }

    /// The same of the rows for which more conditions hold.
    pub(super) async fn page_where<T: Searched>(
        &self,
        state: &AppState,
        sight: Option<Sight>,
        asked: &Search<Filters>,
        conditions: impl IntoIterator<Item = Condition>,
    ) -> Result<Page<T>, Error> {
        let (limit, part) = asked.page()?;
        let Some((mut search, order)) = self.search(asked)? else {
            return Ok(Page::empty());
        };
        search.all.extend(conditions);
        search.sight = sight;
        search.part = part.part(&order)?;
        search.limit = limit;
        let found = self.found(state, &search).await?;
        let from = match part {
            Asked::From(offset) => Some(offset),
            Asked::After(_) | Asked::Before(_) => None,
        };
        let told = from.and_then(|from| told_by_page(found.rows.len(), (limit, from)));
        let total = match told {
            Some(total) => total,
            None => {
                let chosen = found.chosen;
                state.runtime.search_count::<T>(&search, chosen).await?
            }
        };
        Ok(Page::of(found, total, &order))
    }

    /// The same of the rows whose variables are as they are wanted. No database compares them: they are looked at one by one.
    pub(super) async fn page_of_wanted<T: Searched + Scoped>(
        &self,
        state: &AppState,
        sight: Option<Sight>,
        asked: &Search<Filters>,
        wanted: &Wanted,
    ) -> Result<Page<T>, Error> {
        let (limit, part) = asked.page()?;
        let Some((mut search, order)) = self.search(asked)? else {
            return Ok(Page::empty());
        };
        search.limit = WANTED_AMONG_MAX + 1;
        search.sight = sight;
        let mut found = self.wanted(state, &search, wanted).await?;
        let total = found.rows.len() as u64;
        let limit = limit as usize;
        let window = match part {
            Asked::From(offset) => {
                let from = found.rows.len().min(offset as usize);
                from..found.rows.len().min(from + limit)
            }
            Asked::After(_) => {
                search.part = part.part(&order)?;
                found = self.wanted(state, &search, wanted).await?;
                0..found.rows.len().min(limit)
            }
            Asked::Before(_) => {
                search.part = part.part(&order)?;
                found = self.wanted(state, &search, wanted).await?;
                found.rows.len().saturating_sub(limit)..found.rows.len()
            }
        };
        let found = Found {
            places: found.places[window.clone()].to_vec(),
            rows: found.rows.drain(window).collect(),
            chosen: found.chosen,
        };
        Ok(Page::of(found, total, &order))
    }

    async fn found<T: Searched>(
        &self,
        state: &AppState,
        search: &store::search::Search,
    ) -> Result<Found<T>, Error> {
        match state.runtime.search::<T>(search).await {
            Ok(found) => Ok(found),
            Err(runtime::Error::Store(problem)) => {
                let store::Error::Unsearchable(refusal) = &*problem else {
                    return Err(runtime::Error::Store(problem).into());
                };
                let name = |column: &str| self.name(column).to_owned();
                let word = |column: &str, word: &str| self.word(column, word).to_owned();
                let told = refusal.told(self.things, name, word);
                Err(Error::Invalid(format!("{told}.")))
            }
            Err(other) => Err(other.into()),
        }
    }

    /// The field that a column holds.
    fn name<'a>(&self, column: &'a str) -> &'a str {
        let holds = |field: &&Field| match field.held {
            Held::Column(known)
            | Held::Words(known, _)
            | Held::Nested(known, _)
            | Held::Flag(known, ..)
            | Held::Born(known) => known == column,
            Held::Always(_) | Held::Nothing => false,
        };
        self.fields
            .iter()
            .find(holds)
            .map_or(column, |field| field.name)
    }

    /// What a word of a column is called.
    fn word<'a>(&self, column: &str, word: &'a str) -> &'a str {
        let words = self.fields.iter().find_map(|field| match field.held {
            Held::Words(known, words) | Held::Nested(known, words) if known == column => {
                Some(words)
            }
            Held::Column(_)
            | Held::Words(..)
            | Held::Nested(..)
            | Held::Flag(..)
            | Held::Born(_)
            | Held::Always(_)
            | Held::Nothing => None,
        });
        let known = words
            .into_iter()
            .flatten()
            .find(|(_, stored)| stored.contains(&word));
        known.map_or(word, |(known, _)| known)
    }

    async fn wanted<T: Searched + Scoped>(
        &self,
        state: &AppState,
        search: &store::search::Search,
        wanted: &Wanted,
    ) -> Result<Found<T>, Error> {
        let found = self.found::<T>(state, search).await?;
        if found.rows.len() > WANTED_AMONG_MAX as usize {
            return Err(Error::Invalid(format!(
                "Variables are compared in {WANTED_AMONG_MAX} {} at most; narrow the filter, for example by processDefinitionId or businessId.",
                self.things.to_lowercase()
            )));
        }
        let instances = by_key(state, found.rows.iter().map(Scoped::instance)).await?;
        let fits = |row: &T| {
            let instance = instances.get(&row.instance());
            instance.is_some_and(|instance| wanted.fit(&instance.state, row.scope()))
        };
        let both = found.rows.into_iter().zip(found.places);
        let (rows, places) = both.filter(|(row, _)| fits(row)).unzip();
        Ok(Found {
            rows,
            places,
            chosen: found.chosen,
        })
    }

    /// What is asked of the table, and the name of its order for cursors; `None` where nothing can fit.
    fn search(
        &self,
        asked: &Search<Filters>,
    ) -> Result<Option<(store::search::Search, String)>, Error> {
        let Some(mut search) = self.filtered(asked.filter.as_ref())? else {
            return Ok(None);
        };
        let order = self.order(asked, &mut search)?;
        Ok(Some((search, order)))
    }

    /// What a filter asks of the table; `None` where nothing can fit.
    fn filtered(&self, filter: Option<&Filters>) -> Result<Option<store::search::Search>, Error> {
        let mut all = Vec::new();
        let mut any = Vec::new();
        let mut is_possible = true;
        for (name, filter) in filter.into_iter().flatten() {
            if name == "$or" {
                let groups = self.groups(filter)?;
                // Where every group asks for what cannot be, so does the whole.
                is_possible &= !groups.is_empty() || filter.as_array().is_some_and(Vec::is_empty);
                any = groups;
            } else {
                is_possible &= self.ask(name, filter, &mut all)?;
            }
        }
        let search = store::search::Search {
            all,
            any,
            sight: None,
            order: self.order.to_vec(),
            part: Part::From(0),
            limit: 0,
        };
        Ok(is_possible.then_some(search))
    }

    fn groups(&self, filter: &Value) -> Result<Vec<Vec<Condition>>, Error> {
        let groups = filter
            .as_array()
            .filter(|groups| groups.len() <= GROUPS_MAX);
        let groups = groups.ok_or_else(|| {
            Error::Invalid(format!(
                "filter.$or is a list of at most {GROUPS_MAX} objects."
            ))
        })?;
        let mut any = Vec::new();
        for group in groups {
            let fields = group.as_object().ok_or_else(|| {
                Error::Invalid("filter.$or has something that is no object.".into())
            })?;
            let mut conditions = Vec::new();
            let mut is_possible = true;
            for (name, filter) in fields {
                is_possible &= self.ask(name, filter, &mut conditions)?;
            }
            if is_possible {
                any.push(conditions);
            }
        }
        Ok(any)
    }

    /// Adds what a filter asks of its field; whether it can fit.
    fn ask(&self, name: &str, filter: &Value, to: &mut Vec<Condition>) -> Result<bool, Error> {
        let field = self.field(name)?;
        for test in tests(field.kind, name, filter)? {
            match &field.held {
                Held::Column(column) => to.push(Condition { column, test }),
                Held::Words(column, words) | Held::Nested(column, words) => {
                    let is_nested = matches!(field.held, Held::Nested(..));
                    if is_nested && matches!(test, Test::NotIn(_)) {
                        let test = Test::NotIn(stored(words, &test, false));
                        to.push(Condition { column, test });
                    }
                    let test = Test::In(stored(words, &test, true));
                    to.push(Condition { column, test });
                }
                Held::Flag(column, yes, no) => {
                    let stored = [(1, *yes), (0, *no)].into_iter();
                    let stored =
                        stored.filter(|(flag, _)| test.fits(Some(&Operand::Number(*flag))));
                    let test =
                        Test::In(stored.map(|(_, word)| Operand::Text(word.into())).collect());
                    to.push(Condition { column, test });
                }
                Held::Born(column) => {
                    if let Some(instances) = instances(&test) {
                        let test = Test::In(instances);
                        to.push(Condition {
                            column: "instance",
                            test,
                        });
                    }
                    to.push(Condition { column, test });
                }
                Held::Always(value) => {
                    if !test.fits(Some(&Operand::Text((*value).into()))) {
                        return Ok(false);
                    }
                }
                Held::Nothing => {
                    if !test.fits(None) {
                        return Ok(false);
                    }
                }
            }
        }
        Ok(true)
    }

    /// Puts the order that was asked for into the search; its name for cursors.
    fn order(
        &self,
        asked: &Search<Filters>,
        search: &mut store::search::Search,
    ) -> Result<String, Error> {
        if !asked.sort.is_empty() {
            search.order.clear();
        }
        for sort in &asked.sort {
            let unknown = || {
                Error::Invalid(format!(
                    "{} cannot be sorted by {}.",
                    self.things, sort.field
                ))
            };
            let field = self.fields.iter().find(|field| field.name == sort.field);
            let descending = sort.descending();
            match &field.ok_or_else(unknown)?.held {
                Held::Column(column)
                | Held::Words(column, _)
                | Held::Nested(column, _)
                | Held::Flag(column, ..)
                | Held::Born(column) => {
                    search.order.push(By { column, descending });
                }
                // All are equal in it.
                Held::Always(_) | Held::Nothing => {}
            }
        }
        let mut seen = BTreeSet::new();
        search.order.retain(|by| seen.insert(by.column));
        // What follows the key orders only what has the same.
        if let Some(key) = search.order.iter().position(|by| by.column == "key") {
            search.order.truncate(key + 1);
        }
        let descending = search.order.last().is_some_and(|by| by.descending);
        for column in ["key"].iter().chain(self.ties) {
            if search.order.iter().all(|by| by.column != *column) {
                search.order.push(By { column, descending });
            }
        }
        let names = search.order.iter().map(|by| {
            let sign = if by.descending { "-" } else { "" };
            format!("{sign}{}", by.column)
        });
        Ok(names.collect::<Vec<_>>().join(","))
    }

    fn field(&self, name: &str) -> Result<&Field, Error> {
        let known = self.fields.iter().find(|field| field.name == name);
        known.ok_or_else(|| {
            let names = self.fields.iter().map(|field| field.name);
            unknown_field(self.things, name, names)
        })
    }
}

/// What stands in the database for the words that pass a test, or for those that do not.
fn stored(words: Words, test: &Test, passing: bool) -> Vec<Operand> {
    let text = |word: &str| Operand::Text(word.to_owned());
    words
        .iter()
        .filter(|(word, _)| test.fits(Some(&text(word))) == passing)
        .flat_map(|(_, stored)| stored.iter())
        .map(|word| text(word))
        .collect()
}

/// The instances in which these keys were born, where there are only some.
fn instances(test: &Test) -> Option<Vec<Operand>> {
    let Test::In(values) = test else {
        return None;
    };
    let mut instances = Vec::new();
    for value in values {
        let Operand::Number(key) = value else {
            return None;
        };
        let instance = Operand::Number(i64::from(Key::from(*key).instance()));
        if !instances.contains(&instance) {
            instances.push(instance);
        }
    }
    Some(instances)
}
