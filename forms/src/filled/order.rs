//! In which order computed fields are worked out: each after those that it reads.

use crate::schema::{Component, Kind, Schema};

/// Computed fields that read each other in a circle, by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cycle(pub(crate) Vec<(String, usize)>);

struct Computed<'s> {
    number: usize,
    name: String,
    offset: usize,
    reads: &'s [String],
    /// The first name of the way to it, and its own.
    root: String,
    own: String,
    /// Whether the way is one name long: in no group or list.
    at_top: bool,
    /// The list that it is in, if any.
    list: Option<usize>,
}

/// The numbers of the computed components in order, or those that form a circle.
pub(crate) fn order(schema: &Schema) -> Result<Vec<usize>, Cycle> {
    let mut pending = Vec::new();
    collect(&schema.components, None, None, &mut pending);
    let mut done = Vec::new();
    while !pending.is_empty() {
        let ready = pending
            .iter()
            .position(|field| !pending.iter().any(|other| field.waits_for(other)));
        let Some(ready) = ready else {
            return Err(Cycle(
                pending
                    .into_iter()
                    .map(|field| (field.name, field.offset))
                    .collect(),
            ));
        };
        done.push(pending.remove(ready).number);
    }
    Ok(done)
}

impl Computed<'_> {
    fn waits_for(&self, other: &Computed<'_>) -> bool {
        let reads = |name: &str| self.reads.iter().any(|read| read == name);
        let same_row = self.list.is_some() && self.list == other.list;
        if self.number == other.number {
            return (self.at_top || same_row) && reads(&self.own);
        }
        if same_row && reads(&other.own) {
            return true;
        }
        if other.at_top || self.root != other.root {
            return reads(&other.root);
        }
        // Inside one group or list a reference to the whole of it says nothing about which part: the page's order decides.
        other.number < self.number && (reads(&other.root) || reads("this"))
    }
}

fn collect<'s>(
    components: &'s [Component],
    root: Option<&str>,
    list: Option<usize>,
    into: &mut Vec<Computed<'s>>,
) {
    for component in components {
        let own_root = root.or(component.path.first().map(String::as_str));
        match &component.kind {
            Kind::Group { components, .. } => collect(components, own_root, list, into),
            Kind::List(rows) => collect(&rows.components, own_root, Some(component.number), into),
            Kind::Computed(expression) => into.push(Computed {
                number: component.number,
                name: component.name(),
                offset: component.offset,
                reads: expression.reads(),
                at_top: root.is_none() && component.path.len() == 1,
                root: own_root.unwrap_or_default().to_owned(),
                own: component.path.first().cloned().unwrap_or_default(),
                list,
            }),
            Kind::Question(_)
            | Kind::Table { .. }
            | Kind::Prose { .. }
            | Kind::Separator
            | Kind::Spacer => {}
        }
    }
}
