//! BPMN 2.0 processes: definitions, instances, and the step from one state to the next.
