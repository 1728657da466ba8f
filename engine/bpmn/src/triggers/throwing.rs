//! What intermediate throw events and end events make happen.

use feel::Context;

use super::{Trigger, Triggers};
use crate::elements::Next;
use crate::step::{At, Failure, Stepper, Thrown};
use crate::text::Text;

/// Makes everything happen that an event throws, in document order.
pub(crate) fn throw<'a>(
    triggers: &Triggers,
    step: &mut Stepper<'a>,
    at: At<'a>,
) -> Result<Next, Failure> {
    let mut next = Next::Complete;
    for trigger in triggers.iter() {
        match trigger {
            Trigger::Timer(_)
            | Trigger::Message(_)
            | Trigger::Signal(_)
            | Trigger::Conditional(_) => {}
            Trigger::Terminate => step.terminate_inside(at.scope, at.key),
            Trigger::Cancel => {
                super::cancel::cancel(step, at)?;
                return Ok(Next::Gone);
            }
            Trigger::Compensation(compensation) => {
                let waiting = compensation.waits.then_some(at.key);
                let activity = compensation.activity.as_ref();
                if step.compensate(at.scope, activity, waiting) && compensation.waits {
                    next = Next::Wait;
                }
            }
            Trigger::Error(error) => {
                let unnamed = Text::Literal("".into());
                let code = error.code.as_ref().unwrap_or(&unnamed);
                let what = format!("The error code of \"{}\"", at.node.label());
                let thrown = Thrown {
                    code: step.required_text(code, at.key, &what)?,
                    message: String::new(),
                    variables: Context::default(),
                };
                step.throw(at, thrown)?;
                return Ok(Next::Gone);
            }
        }
    }
    Ok(next)
}
