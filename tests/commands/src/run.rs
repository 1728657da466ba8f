//! Running other programs: what they print is shown as it comes, and the tests that they report are counted.

use std::io::{self, BufRead, BufReader, IsTerminal, Read, Write};
use std::process::{Command, Stdio};
use std::thread;

/// How many tests a program said that it ran.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Tests that passed.
    pub passed: u32,
    /// Tests that failed.
    pub failed: u32,
}

impl Counts {
    /// Adds what another program said.
    pub fn add(&mut self, other: Counts) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

/// Runs a program to its end without input; its output is shown and counted. `Err` says why it failed.
pub fn run(command: &mut Command) -> Result<Counts, (Counts, String)> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    if io::stdout().is_terminal() {
        command
            .env("CARGO_TERM_COLOR", "always")
            .env("FORCE_COLOR", "1");
    }
    let nothing = Counts::default();
    let mut child = command.spawn().map_err(|error| {
        (
            nothing,
            format!("{} does not start: {error}", named(command)),
        )
    })?;
    let (output, errors) = (child.stdout.take(), child.stderr.take());
    let counting = thread::spawn(move || output.map_or_else(Counts::default, show));
    let mut counts = errors.map_or_else(Counts::default, show);
    counts.add(counting.join().unwrap_or_default());
    match child.wait() {
        Ok(status) if status.success() => Ok(counts),
        Ok(status) => Err((counts, format!("{} ended with {status}", named(command)))),
        Err(error) => Err((counts, format!("{} was lost: {error}", named(command)))),
    }
}

/// Runs a program to its end and gives what it printed; nothing when it cannot run or fails.
pub fn output(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).output().ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// A program and its arguments, as one would type them.
pub fn named(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}

fn show(stream: impl Read) -> Counts {
    let mut counts = Counts::default();
    for line in BufReader::new(stream).split(b'\n').map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line);
        let mut out = io::stdout().lock();
        // A reader that went away (`| head`) is no reason to stop the checks.
        let _ = writeln!(out, "{line}").and_then(|()| out.flush());
        counts.add(count(&line));
    }
    counts
}

/// The counts in a summary line of cargo nextest, cargo test, node's test runner or Python's; zero for any other line.
fn count(line: &str) -> Counts {
    let plain = without_colour(line);
    let words: Vec<&str> = plain
        .split_whitespace()
        .map(|word| word.trim_end_matches([',', ';']))
        .collect();
    let before = |name: &str| {
        let at = words.iter().position(|word| *word == name)?;
        words.get(at.checked_sub(1)?)?.parse().ok()
    };
    let is_summary = words.first() == Some(&"Summary") || plain.starts_with("test result:");
    match words.as_slice() {
        _ if is_summary => Counts {
            passed: before("passed").unwrap_or(0),
            failed: before("failed").unwrap_or(0),
        },
        // What failed of these is in the line that follows, and in how the program ends.
        ["Ran", number, "tests" | "test", "in", _] => Counts {
            passed: number.parse().unwrap_or(0),
            failed: 0,
        },
        ["ℹ" | "#", "pass", number] => Counts {
            passed: number.parse().unwrap_or(0),
            failed: 0,
        },
        ["ℹ" | "#", "fail", number] => Counts {
            passed: 0,
            failed: number.parse().unwrap_or(0),
        },
        _ => Counts::default(),
    }
}

fn without_colour(line: &str) -> String {
    let mut plain = String::new();
    let mut rest = line;
    while let Some(start) = rest.find('\u{1b}') {
        plain.push_str(&rest[..start]);
        rest = rest[start..].split_once('m').map_or("", |(_, after)| after);
    }
    plain + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, passed: u32, failed: u32) {
        assert_eq!(count(line), Counts { passed, failed }, "{line}");
    }

    #[test]
    fn summaries_of_four_test_runners_are_counted() {
        check("Ran 3 tests in 0.957s", 3, 0);
        check(
            "     Summary [   0.412s] 12 tests run: 11 passed (1 slow), 1 failed, 3 skipped",
            11,
            1,
        );
        check(
            "test result: ok. 5 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out",
            5,
            0,
        );
        check("ℹ pass 7", 7, 0);
        check("ℹ fail 2", 0, 2);
        check(
            "\u{1b}[32;1m     Summary\u{1b}[0m [   0.4s] \u{1b}[1m3\u{1b}[0m tests run: \u{1b}[1m3\u{1b}[0m passed, \u{1b}[1m0\u{1b}[0m skipped",
            3,
            0,
        );
        check("the case passed 3 reviews", 0, 0);
    }

    #[test]
    fn a_program_that_fails_says_how_it_was_called() {
        let (_, message) = run(Command::new("sh").args(["-c", "exit 3"])).unwrap_err();
        assert!(
            message.contains("sh -c exit 3") && message.contains('3'),
            "{message}"
        );
    }
}
