//! The form of the tables that say how each attribute and element of a dialect is read.

use xml::{Attribute, Element};

use super::editing::Editing;

/// One line: an attribute of a dialect, where it stands, and what becomes of it.
pub(super) struct AttributeLine {
    pub(super) name: &'static str,
    /// Names of the BPMN elements that it means something on; empty for all.
    pub(super) on: &'static [&'static str],
    pub(super) rule: Rule,
}

/// What becomes of an attribute.
pub(super) enum Rule {
    /// It has the same meaning as this attribute of this zeebe element; expressions are translated.
    Becomes(&'static str, &'static str),
    /// This function maps it, and says what changes.
    Read(fn(&mut Editing<'_, '_>, &Attribute)),
    /// It is read together with this other attribute, and means nothing without it.
    With(&'static str),
    /// It is kept and has no effect, because ...
    Inert(&'static str),
    /// The model cannot be executed with it, because it ...; and the way out.
    Refused(&'static str, &'static str),
}

/// One line: an extension element of a dialect, where it stands, and what becomes of it.
pub(super) struct ElementLine {
    pub(super) name: &'static str,
    /// Names of the BPMN elements that it means something on; empty for all.
    pub(super) on: &'static [&'static str],
    pub(super) rule: ElementRule,
}

/// What becomes of an extension element.
pub(super) enum ElementRule {
    /// This function maps it, and says what changes.
    Read(for<'d> fn(&mut Editing<'_, 'd>, &'d Element)),
    /// It is kept and has no effect, because ...
    Inert(&'static str),
    /// The model cannot be executed with it, because it ...; and the way out.
    Refused(&'static str, &'static str),
}

/// All tables of a dialect.
pub(super) struct Dialect {
    /// How people call it.
    pub(super) name: &'static str,
    /// Its namespaces, each with the prefix that people know it by.
    pub(super) namespaces: &'static [(&'static str, &'static str)],
    pub(super) attributes: &'static [AttributeLine],
    pub(super) elements: &'static [ElementLine],
    /// BPMN elements that its engine did not execute, and this one does: name, and what the engine did.
    pub(super) ignored_there: &'static [(&'static str, &'static str)],
}

impl Dialect {
    /// Whether a namespace is its own.
    pub(super) fn owns(&self, namespace: &str) -> bool {
        self.namespaces.iter().any(|(uri, _)| *uri == namespace)
    }

    /// The prefix that people know a namespace by.
    pub(super) fn prefix(&self, namespace: &str) -> &'static str {
        let known = self.namespaces.iter().find(|(uri, _)| *uri == namespace);
        known.map_or(self.name, |(_, prefix)| prefix)
    }
}

pub(super) const fn attribute(
    name: &'static str,
    on: &'static [&'static str],
    rule: Rule,
) -> AttributeLine {
    AttributeLine { name, on, rule }
}

pub(super) const fn element(
    name: &'static str,
    on: &'static [&'static str],
    rule: ElementRule,
) -> ElementLine {
    ElementLine { name, on, rule }
}

pub(super) const ANY: &[&str] = &[];
pub(super) const USER: &[&str] = &["userTask"];
pub(super) const FORMS: &[&str] = &["userTask", "startEvent"];
pub(super) const START: &[&str] = &["startEvent"];
pub(super) const SCRIPT: &[&str] = &["scriptTask"];
pub(super) const CALL: &[&str] = &["callActivity"];
pub(super) const PROCESS: &[&str] = &["process"];
pub(super) const LOOP: &[&str] = &["multiInstanceLoopCharacteristics"];
pub(super) const DECISION: &[&str] = &["businessRuleTask"];
/// Where a program does the work.
pub(super) const WORK: &[&str] = &[
    "serviceTask",
    "sendTask",
    "businessRuleTask",
    "messageEventDefinition",
];
/// Elements that have variables of their own.
pub(super) const MAPPED: &[&str] = &[
    "task",
    "manualTask",
    "userTask",
    "serviceTask",
    "sendTask",
    "receiveTask",
    "scriptTask",
    "businessRuleTask",
    "callActivity",
    "subProcess",
    "transaction",
    "adHocSubProcess",
    "startEvent",
    "intermediateCatchEvent",
    "intermediateThrowEvent",
    "boundaryEvent",
    "endEvent",
];

// Why a word of both dialects has no effect, or is refused.
pub(super) const DURABLE: &str = "each step is stored before the next one begins";
pub(super) const ONE_AT_A_TIME: &str = "commands to one instance never run at the same time";
pub(super) const LISTENS: &str =
    "runs a program while a step begins or ends, and that is not executed";
pub(super) const LISTEN_WAY_OUT: &str = "make a service task of what it does, or remove it";
