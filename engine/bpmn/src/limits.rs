//! The named limits of the core. Past one, an incident or a rejection says its name.

/// Records of one command; beyond, the elements that would be entered get an incident.
pub const RECORDS_PER_COMMAND_MAX: usize = 200_000;

/// Keys that one instance can give out in its life: what fits below the instance's own number.
pub const KEYS_PER_INSTANCE_MAX: i64 =
    (1 << 20) - 2 * (RECORDS_PER_COMMAND_MAX as i64 + LOOP_ITEMS_MAX as i64);

/// The highest priority of a task.
pub const TASK_PRIORITY_MAX: u8 = 100;

/// Items of one multi-instance activity, and times that one loop is done.
pub const LOOP_ITEMS_MAX: u32 = 20_000;

/// Approximate bytes of one variable as JSON.
pub const VARIABLE_BYTES_MAX: usize = 1024 * 1024;

/// Lists and contexts inside one another in one variable; less than what readers of JSON accept.
pub const VARIABLE_DEPTH_MAX: usize = 64;

/// Approximate bytes of all variables of an instance as JSON.
pub const STATE_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Approximate bytes of what one data store holds, as JSON.
pub const DATA_STORE_BYTES_MAX: usize = 512 * 1024;

/// Approximate bytes of the values, as JSON, from which a due time can be computed again when a calendar changes.
pub const COMPUTED_VALUES_BYTES_MAX: usize = 4 * 1024;

/// Called processes inside called processes.
pub const CALL_DEPTH_MAX: u32 = 32;

/// Instructions of one modification, and of one start.
pub const MODIFICATION_INSTRUCTIONS_MAX: usize = 1_000;

/// Subprocesses inside subprocesses in a model.
pub const SUBPROCESS_DEPTH_MAX: usize = 32;

/// Tokens that an activity takes or gives at once (`startQuantity`, `completionQuantity`).
pub const QUANTITY_MAX: u32 = 1_000;

/// Hints that one report lists.
pub const HINTS_MAX: usize = 100;

/// Errors, and as many warnings, that one report lists.
pub const PROBLEMS_MAX: usize = 500;

/// Markings that the check of soundness looks at in one scope; beyond, it says that it could not decide.
pub const SOUNDNESS_MARKINGS_MAX: usize = 100_000;

/// Steps that the check of soundness takes for one document; they stand for time, which the core does not know.
pub const SOUNDNESS_STEPS_MAX: usize = 1_000_000;

/// Ways in which the elements of a scope can go on (subsets of conditional flows) that the check of soundness tries.
pub const SOUNDNESS_WAYS_MAX: usize = 20_000;

/// Elements and flows of one scope for which soundness is checked.
pub const SOUNDNESS_ELEMENTS_MAX: usize = 10_000;

/// Findings of the check of soundness that are listed for one process.
pub const SOUNDNESS_FINDINGS_MAX: usize = 50;

/// The most warnings of one evaluation of an expression that are kept.
pub(crate) const WARNINGS_PER_EXPRESSION_MAX: usize = 10;
