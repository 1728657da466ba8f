//! Manual task (BPMN 2.0.2, 10.3.3.6): work that is done without the engine, which never learns when it is
//! done; so it completes as soon as it is reached.

use super::Behaviour;

pub(crate) struct ManualTask;

impl Behaviour for ManualTask {}
