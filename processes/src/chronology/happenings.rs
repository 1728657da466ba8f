//! What happened to a case beside its steps: messages, escalations, what was undone or given up, what was chosen.

use super::{Kind, Teller};
use bpmn::elements::Element;
use bpmn::{Awaited, EventSubscription, FlowNode, Key};
use runtime::HistoryRow;
use std::sync::Arc;

impl<'d> Teller<'d> {
    /// Only messages are news: who broadcasts a signal or makes a condition true is told already.
    pub(super) fn awaited(&mut self, subscription: &EventSubscription) {
        if let Awaited::Message { name, .. } = &subscription.awaits {
            let message = (subscription.element.clone(), name.clone());
            self.messages.insert(subscription.key, message);
        }
    }

    pub(super) fn message(&mut self, row: &HistoryRow, subscription: Key) {
        let Some((element, message)) = self.messages.get(&subscription).cloned() else {
            return;
        };
        // The event may have no name where the message has one.
        let node = self.definition.node(&element);
        let name = node.and_then(|node| node.name()).unwrap_or(&message);
        self.add(row, Kind::Event, format!("Message: {name}"));
        self.element(Some(element));
    }

    pub(super) fn escalation(&mut self, row: &HistoryRow, by: Key, caught_by: Option<&Arc<str>>) {
        let thrower = self.visits.get(&by).cloned();
        let by = thrower.as_deref().map(|element| self.label(element));
        match (caught_by, by) {
            (Some(event), by) => {
                self.add(row, Kind::Event, self.label(event));
                self.element(Some(event.clone()));
                if let Some(by) = by {
                    self.detail(format!("Escalated by: {by}"));
                }
            }
            (None, Some(by)) => {
                self.add(row, Kind::Event, format!("Escalated: {by}"));
                self.element(thrower);
            }
            (None, None) => {}
        }
    }

    pub(super) fn undone(&mut self, row: &HistoryRow, compensation: Key, by: Key) {
        let Some(element) = self.compensations.get(&compensation).cloned() else {
            return;
        };
        self.add(
            row,
            Kind::Event,
            format!("Undoing: {}", self.label(&element)),
        );
        let handler = self.visits.get(&by).filter(|by| **by != element);
        if let Some(handler) = handler {
            let label = self.label(handler);
            self.detail(format!("By: {label}"));
        }
        self.element(Some(element));
    }

    /// An end event that gives up the transaction around it has done its part.
    pub(super) fn given_up(&mut self, row: &HistoryRow, visit: Key) {
        let Some(node) = self.node_of(visit) else {
            return;
        };
        if node.kind() != "cancel end event" {
            return;
        }
        let reason = node.name().map(str::to_owned);
        let mut around = self.scopes.get(&visit).copied();
        while let Some(scope) = around {
            if let Some(node) = self.node_of(scope)
                && matches!(node.element(), Element::Subprocess(inner) if inner.transaction)
            {
                let (id, label) = (node.id().into(), node.label().to_string());
                self.add(row, Kind::Event, format!("Given up: {label}"));
                self.element(Some(id));
                if let Some(reason) = reason {
                    self.detail(reason);
                }
                return;
            }
            around = self.scopes.get(&scope).copied();
        }
    }

    /// What somebody chose to start in an ad-hoc subprocess; what it leads to is no choice.
    pub(super) fn chosen(&mut self, row: &HistoryRow, key: Key, element: &Arc<str>, scope: Key) {
        let chooses = matches!(&*row.command, "activateElements" | "completeAdHocJob");
        if chooses && self.starts.remove(&scope) {
            self.add(
                row,
                Kind::Event,
                format!("Started: {}", self.label(element)),
            );
            self.element(Some(element.clone()));
        }
        let begins = matches!(
            self.node_of(key).map(|node| node.element()),
            Some(Element::Subprocess(inner)) if inner.ad_hoc.is_some()
        );
        if chooses && begins && self.visits.get(&scope) == Some(element) {
            self.starts.insert(key);
        }
    }

    pub(super) fn all_done(&mut self, row: &HistoryRow, ad_hoc: Key) {
        if row.command != "completeAdHoc" {
            return;
        }
        let Some(element) = self.visits.get(&ad_hoc).cloned() else {
            return;
        };
        let label = self.label(&element);
        self.add(row, Kind::Event, format!("{label}: these steps are done"));
        self.element(Some(element));
    }

    fn node_of(&self, visit: Key) -> Option<&'d FlowNode> {
        self.definition.node(self.visits.get(&visit)?)
    }
}
