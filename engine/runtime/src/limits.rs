//! The named limits of the runtime.

/// Requests that may wait for the writer; one more is told that the server is busy.
pub const QUEUE_MAX: usize = 1_024;

/// Requests that one transaction carries out.
pub const BATCH_MAX: usize = 256;

/// Acts of one request.
pub const ACTS_MAX: usize = 1_000;

/// Commands that one request causes in other instances in its own transaction; more go through the outbox.
pub const FOLLOW_UPS_MAX: usize = 1_000;

/// Follow-ups that share a row of the outbox.
pub const FOLLOW_UPS_A_ROW: usize = 50;

/// Instances that get a signal in one transaction; more get it by rows of the outbox, each for as many.
pub const RECEIVERS_AT_ONCE: usize = 250;

/// Subscriptions that are read at a time.
pub const WAITING_AT_ONCE: u32 = 1_000;

/// Kept messages that are read at first; more where these were all used.
pub const KEPT_AT_ONCE: u32 = 100;

/// Rows of the outbox that are carried out at a time, so that people's requests come in between.
pub const OUTBOX_AT_ONCE: u32 = 1;

/// How long a row of the outbox is hidden from others while it is carried out.
pub const OUTBOX_CLAIM_S: i64 = 60;

/// How often a row of the outbox is tried before it rests until an operator looks at it.
pub const OUTBOX_ATTEMPTS_MAX: u32 = 10;

/// Instances whose deadlines are counted anew in one transaction, so that people's requests come in between.
pub const RECOMPUTED_AT_ONCE: u32 = 100;

/// A deadline that is due so many days before the first day that a calendar changes may move with it: an expression may count
/// backwards from a day after.
pub const COUNTED_BACKWARDS_DAYS_MAX: i64 = 60;

/// Instances whose deadlines are counted to show what a new calendar will change: about a second of work.
pub const PREVIEWED_INSTANCES_MAX: u32 = 1_000;

/// Expired messages that are deleted at a time.
pub const EXPIRED_AT_ONCE: u32 = 1_000;

/// Due timers that are handed to the writer at a time, so that people's requests come in between.
pub const TIMERS_AT_ONCE: u32 = 128;

/// How long a timer rests that failed because of an error in our code.
pub const TIMER_REST_S: i64 = 60;

/// Bytes of state text whose instances are kept in memory.
pub const CACHE_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Files of one deployment.
pub const RESOURCES_MAX: usize = 200;

/// Bytes of one file of a deployment; the reader of models has the same limit.
pub const RESOURCE_BYTES_MAX: usize = 10 * 1024 * 1024;

/// Bytes of one document as JSON.
pub const DOCUMENT_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Numbers that are taken from the database at once, for what is started and deployed next.
pub const NUMBERS_AT_ONCE: u32 = 1_000;

/// How often a batch is repeated because other servers wrote what it had read.
pub const CONFLICTS_MAX: u32 = 20;

/// For how long a server that takes due timers has them for itself on a shared database.
pub const TIMER_CLAIM_S: i64 = 5;

/// Ended instances that are read at a time when history is deleted.
pub const ENDED_AT_ONCE: u32 = 50;

/// Instances whose history is deleted in one transaction, so that people's requests come in between.
pub const DELETED_AT_ONCE: usize = 25;

/// Jobs that one worker takes at a time.
pub const JOBS_AT_ONCE_MAX: u32 = 1_000;

/// The longest lease of a job: a day. A worker that needs longer extends it.
pub const LEASE_MS_MAX: u32 = 24 * 60 * 60 * 1_000;

/// Workers that may wait for jobs at the same time.
pub const WAITERS_MAX: usize = 10_000;

/// The longest rest of a job after a failure, whatever its model says: a day.
pub const RETRY_BACKOFF_S_MAX: i64 = 24 * 60 * 60;

/// For how long the answer to a request with an idempotency key is kept.
pub const ANSWERS_KEPT_HOURS: i64 = 7 * 24;

/// Answers that are deleted at a time.
pub const ANSWERS_AT_ONCE: u32 = 1_000;

/// Keys of those who wait for a signal that are read at a time.
pub const KEYS_AT_ONCE: u32 = 10_000;

/// Webhooks of an installation.
pub const WEBHOOKS_MAX: usize = 50;

/// How long whoever delivers the events of an instance to a webhook has them for himself.
pub const LANE_CLAIM_S: i64 = 60;

/// Events of one instance that are delivered before others have their turn.
pub const EVENTS_A_TURN: u32 = 20;

/// Dead letters that wait again at once.
pub const REPLAYED_AT_ONCE: usize = 1_000;

/// For how long dead letters are kept.
pub const DEAD_LETTERS_KEPT_DAYS: i64 = 30;

/// Events of a webhook that are deleted at a time.
pub const FORGOTTEN_AT_ONCE: u32 = 1_000;

/// Items of one batch operation.
pub const BATCH_ITEMS_MAX: usize = 50_000;

/// Items of a batch operation that one transaction does, so that people's requests come in between.
pub const ITEMS_A_STEP: usize = 100;

/// Characters of the text that says why an item of a batch operation could not be done; what is longer is cut.
pub const ITEM_ERROR_CHARS_MAX: usize = 2_000;

/// For how long batch operations are kept after their end.
pub const BATCHES_KEPT_DAYS: i64 = 90;
