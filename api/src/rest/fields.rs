//! The fields of tables, as programs know them, and the columns that hold them.

use crate::rest::TENANT;
use crate::rest::filters::Kind;

/// A field that can be filtered and sorted by.
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) held: Held,
}

/// The words of the API, each with those that stand for it in the database.
pub(super) type Words = &'static [(&'static str, &'static [&'static str])];

/// Where the value of a field is.
pub(super) enum Held {
    Column(&'static str),
    /// In a column with other words.
    Words(&'static str, Words),
    /// The same, where what one word means may lie within what another means.
    Nested(&'static str, Words),
    /// A key of something that was born in the instance whose number it tells.
    Born(&'static str),
    /// In a column with one word for yes and one for no.
    Flag(&'static str, &'static str, &'static str),
    /// It is this for all items.
    Always(&'static str),
    /// No item has a value.
    Nothing,
}

pub(super) const fn field(name: &'static str, kind: Kind, held: Held) -> Field {
    Field { name, kind, held }
}

/// A field of some words that the database has other words for.
pub(super) const fn worded(name: &'static str, column: &'static str, words: Words) -> Field {
    field(name, Kind::Words(words), Held::Words(column, words))
}

/// The field that all searches know, and that says nothing.
pub(super) const TENANT_ID: Field = field("tenantId", Kind::Text, Held::Always(TENANT));

/// The process instance of an item.
pub(super) const INSTANCE_KEY: Field =
    field("processInstanceKey", Kind::Key, Held::Column("instance"));
/// The definition of its process instance.
pub(super) const DEFINITION_KEY: Field = field(
    "processDefinitionKey",
    Kind::Key,
    Held::Column("definition"),
);
/// The id of its process.
pub(super) const PROCESS_ID: Field = field(
    "processDefinitionId",
    Kind::Text,
    Held::Column("process_id"),
);
/// Its element in the model.
pub(super) const ELEMENT_ID: Field = field("elementId", Kind::Text, Held::Column("element"));
/// The visit to that element.
pub(super) const ELEMENT_KEY: Field = field(
    "elementInstanceKey",
    Kind::Key,
    Held::Born("element_instance"),
);
