//! Signal: broadcast to all who wait for its name, in every instance (BPMN 2.0.2, 10.5.5.18).

use crate::read::NodeReader;
use crate::text::Text;

/// Which signal an event waits for or throws.
#[derive(Debug)]
pub struct SignalTrigger {
    /// Its name.
    pub name: Text,
}

pub(crate) fn read(
    node: &mut NodeReader<'_, '_>,
    definition: &xml::Element,
) -> Option<SignalTrigger> {
    let signal = node.referenced(definition, "signalRef", "signal")?;
    let name = node.name_of(signal, "signal")?;
    Some(SignalTrigger { name })
}
