//! What is so after every step, whatever the process and the commands.

use bpmn::Status;

use super::Instance;

/// Checks all instances; the sentence names the instance and what is broken.
pub fn check(instances: &[Instance]) -> Result<(), String> {
    for instance in instances {
        bpmn::invariants::check(&instance.state, &instance.records)
            .and_then(|()| something_goes_on(instance))
            .and_then(|()| somebody_called(instance, instances))
            .map_err(|problem| {
                format!(
                    "invariant broken in instance {}: {problem}",
                    instance.state.key()
                )
            })?;
    }
    Ok(())
}

/// An instance that has not ended is somewhere; before its first element and after its last, workers may listen.
fn something_goes_on(instance: &Instance) -> Result<(), String> {
    let is_lost = instance.state.status() == Status::Active
        && instance.state.elements().is_empty()
        && instance.state.jobs().is_empty()
        && instance.state.incidents().is_empty();
    if is_lost {
        Err("it is active, but none of its elements is".to_owned())
    } else {
        Ok(())
    }
}

/// A called instance runs only while the visit that called it does.
fn somebody_called(instance: &Instance, all: &[Instance]) -> Result<(), String> {
    let Some(parent) = instance
        .state
        .parent()
        .filter(|_| instance.state.status() == Status::Active)
    else {
        return Ok(());
    };
    match all
        .iter()
        .find(|other| other.state.key() == parent.instance)
    {
        Some(caller) if caller.state.elements().contains_key(&parent.element) => Ok(()),
        _ => Err(format!(
            "it is active, but the visit {} that called it is not",
            parent.element
        )),
    }
}
