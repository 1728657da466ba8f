//! What the program says on the terminal: answers on standard output, failures in one line on standard error.

use std::io::Write;

/// Prints a line. A reader that has gone away (`caseway check | head`) is no failure.
pub(crate) fn say(line: impl std::fmt::Display) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// Prints why the program gives up.
pub(crate) fn complain(line: impl std::fmt::Display) {
    let _ = writeln!(std::io::stderr(), "caseway: {line}");
}
