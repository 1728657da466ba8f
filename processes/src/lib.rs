//! What a case is: people, cases, calendars, and the pathways that cases follow.
