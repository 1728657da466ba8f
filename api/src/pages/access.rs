//! Who may see which task. Everything else does not exist for them: pages answer 404, lists leave it out.
//!
//! A caseworker sees tasks of their own and those that are offered to their teams or to them by name. A supervisor sees
//! all of them, since reassigning needs it.

use crate::roles::LEADING;
use crate::users::User;
use bpmn::TaskState;
use runtime::Task;

/// Whether `user` may look at the task.
pub(crate) fn may_see(user: &User, task: &Task) -> bool {
    user.has_any(LEADING) || is_mine(user, task) || is_offered(user, task)
}

/// Whether the task is with `user`.
pub(crate) fn is_mine(user: &User, task: &Task) -> bool {
    task.assignee.as_deref() == Some(user.name.as_str())
}

/// Whether `user` may take the task: it is open, nobody has it, and it is offered to one of their teams or to them.
pub(crate) fn may_claim(user: &User, task: &Task) -> bool {
    task.state == TaskState::Open && task.assignee.is_none() && is_offered(user, task)
}

fn is_offered(user: &User, task: &Task) -> bool {
    task.candidate_groups
        .iter()
        .any(|group| user.teams.contains(group))
        || task.candidate_users.contains(&user.name)
}
