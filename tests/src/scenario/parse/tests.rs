//! What scenario texts say, and what is said of wrong ones.

use super::*;
use crate::scenario::Expectation;

const HEAD: &str = "scenario: A\nprocess: p\nclock: 2026-03-02T09:00+03:00\n\n";

fn read(lines: &str) -> Result<Vec<Scenario>, Vec<Problem>> {
    parse(Path::new("a.scenario"), &format!("{HEAD}{lines}"))
}

fn step(line: &str) -> Step {
    let scenarios = read(line).unwrap_or_else(|problems| panic!("{line}: {problems:?}"));
    scenarios[0].lines[0].step.clone()
}

fn check_problem(line: &str, parts: &[&str]) {
    let problems = read(line).expect_err(line);
    let shown = problems[0].to_string();
    for part in ["a.scenario:5:"].iter().chain(parts) {
        assert!(shown.contains(part), "{shown}");
    }
}

#[test]
fn a_story_is_read_with_its_clock_and_zone() {
    let scenario = read("start # a comment\nexpect ended").unwrap().remove(0);
    assert_eq!(
        (scenario.title.as_str(), scenario.process.as_str()),
        ("A", "p")
    );
    assert_eq!(scenario.clock, "2026-03-02T06:00:00Z".parse().unwrap());
    assert_eq!(scenario.zone.to_offset(scenario.clock).seconds(), 3 * 3600);
    assert_eq!(scenario.lines[1].text, "expect ended");
    assert_eq!(scenario.lines[1].number, 6);
}

#[test]
fn a_task_is_expected_with_its_group_and_due_date() {
    let Step::Expect(Expectation::Task(pattern)) = step(
        "expect task \"Register the child\" for \"caseworkers\" due 2026-03-03T09:00+03:00 priority 80",
    ) else {
        panic!("not a task");
    };
    assert_eq!(pattern.name, "Register the child");
    assert_eq!(pattern.candidate.as_deref(), Some("caseworkers"));
    assert_eq!(pattern.due, Some("2026-03-03T06:00:00Z".parse().unwrap()));
    assert_eq!(pattern.priority, Some(80));
}

#[test]
fn a_context_goes_over_several_lines_and_keeps_its_hashes() {
    let Step::Do(Act::Complete { variables, by, .. }) =
        step("complete \"T\" by \"grace\" with {\n  a: \"#1\", # note\n  b: [1, 2]\n}")
    else {
        panic!("not a completion");
    };
    assert_eq!(variables.as_deref(), Some("{ a: \"#1\", b: [1, 2] }"));
    assert_eq!(by.as_deref(), Some("grace"));
}

#[test]
fn a_message_lives_as_long_as_it_says() {
    let Step::Do(Act::Publish {
        time_to_live_ms,
        correlation,
        ..
    }) = step("publish \"m\" ttl P1DT1H")
    else {
        panic!("not a publication");
    };
    assert_eq!(
        (time_to_live_ms, correlation.as_str()),
        (25 * 3_600_000, "")
    );
}

#[test]
fn what_must_be_refused_is_said_with_cannot() {
    let Step::Cannot(act) = step("cannot claim \"T\" by \"joseph\"") else {
        panic!("not a refusal")
    };
    assert_eq!(
        act,
        Act::Claim {
            task: "T".into(),
            by: "joseph".into()
        }
    );
}

#[test]
fn jobs_incidents_and_variables_have_their_lines() {
    for line in [
        "complete job \"mail\" with { sent: true }",
        "fail job \"mail\" retries 2 message \"no route\"",
        "throw \"NO_ROUTE\" from job \"mail\"",
        "set { risk: 3 }",
        "resolve incident \"Send mail\"",
        "cancel",
        "restart",
        "wait PT24H",
        "wait until 2026-03-03T09:00+03:00",
        "expect variable contact.name = \"Amara\"",
        "expect no variable risk",
        "expect no task",
        "expect no task \"T\"",
        "expect job \"mail\"",
        "expect timer \"Overdue\" due 2026-03-03T09:00+03:00",
        "expect ended at \"Closed\"",
        "expect passed \"Decide\"",
        "expect not passed \"Decide\"",
        "expect terminated \"Decide\"",
        "start at \"Applied\" with { a: 1 }",
        "publish \"application\" for \"C-1\" id \"a\" ttl P1DT1H with { a: 1 }",
        "correlate \"application\" for \"C-1\"",
        "broadcast \"storm\" with { place: \"north\" }",
        "evaluate conditions with { risk: 4 }",
        "cannot publish \"application\" id \"a\"",
        "turn to \"visit\"",
        "expect message \"application\" for \"C-1\"",
        "expect no message",
        "expect signal \"storm\"",
        "expect no signal \"storm\"",
        "expect instance of \"visit\"",
        "expect 2 instances of \"visit\"",
        "expect no instance of \"visit\"",
    ] {
        step(line);
    }
}

#[test]
fn a_second_scenario_has_the_process_and_clock_of_the_first() {
    let scenarios = read("start\n\nscenario: B\nstart").unwrap();
    assert_eq!(
        (scenarios[1].process.as_str(), scenarios[1].clock),
        ("p", scenarios[0].clock)
    );
}

#[test]
fn problems_name_the_file_the_line_and_the_word() {
    check_problem("compleet \"T\"", &["`compleet`", "complete"]);
    check_problem("complete T", &["in quotes", "`T`"]);
    check_problem("complete \"T", &["not closed"]);
    check_problem("complete \"T\" with 3", &["FEEL context", "`3`"]);
    check_problem("complete \"T\" quickly", &["`quickly`"]);
    check_problem("expect tusk \"T\"", &["`tusk`"]);
    check_problem("expect task \"T\" due tomorrow", &["`tomorrow`"]);
    check_problem("wait a day", &["`a`", "PT24H"]);
    check_problem("zone: Middle/Earth", &["Middle/Earth"]);
}

#[test]
fn all_problems_of_a_file_are_reported() {
    assert_eq!(read("compleet\nexpect\nstart").unwrap_err().len(), 2);
    assert_eq!(parse(Path::new("b"), "start").unwrap_err().len(), 1);
    assert!(
        parse(Path::new("b"), "scenario: A").unwrap_err()[0]
            .message
            .contains("process")
    );
}
