//! The steps of `cargo verify`: each says its name, its time and, when it fails, what to do.

use crate::clock::Stopwatch;
use crate::run::Counts;

/// What a step comes to: the tests that it counted, or those and a sentence on what went wrong.
pub type Outcome = Result<Counts, (Counts, String)>;

/// One check of the whole.
pub struct Step<'a> {
    /// The word that `--skip` and `--only` take.
    pub name: &'static str,
    /// Steps without which this one makes no sense.
    pub needs: &'static [&'static str],
    /// What somebody does when it fails.
    pub way_out: &'static str,
    /// Does it.
    pub run: Box<dyn Fn() -> Outcome + 'a>,
}

/// Which steps are wanted.
#[derive(Debug, Default)]
pub struct Choice {
    /// Left out.
    pub skip: Vec<String>,
    /// When not empty, all others are left out.
    pub only: Vec<String>,
}

impl Choice {
    fn wants(&self, name: &str) -> bool {
        let is_in = |names: &[String]| names.iter().any(|each| each == name);
        !is_in(&self.skip) && (self.only.is_empty() || is_in(&self.only))
    }
}

/// Runs the steps in order and prints the account; `true` when none failed.
pub fn run(steps: &[Step<'_>], choice: &Choice) -> bool {
    let whole = Stopwatch::start();
    let mut total = Counts::default();
    let mut lines = Vec::new();
    let mut failed: Vec<&str> = Vec::new();
    for step in steps {
        if !choice.wants(step.name) {
            lines.push(format!("  skipped           {}", step.name));
            continue;
        }
        println!("\n== {} ==", step.name);
        let watch = Stopwatch::start();
        let outcome = match step.needs.iter().find(|name| failed.contains(name)) {
            Some(name) => Err((
                Counts::default(),
                format!("not run, because \"{name}\" failed"),
            )),
            None => (step.run)(),
        };
        let seconds = watch.elapsed().as_secs_f32();
        match outcome {
            Ok(counts) => {
                // A check that counts no tests of its own is one thing that passed.
                total.add(Counts {
                    passed: counts.passed.max(1),
                    failed: 0,
                });
                let tests = if counts.passed > 0 {
                    format!(", {} tests", counts.passed)
                } else {
                    String::new()
                };
                lines.push(format!("  ok     {seconds:>7.1} s  {}{tests}", step.name));
            }
            Err((counts, problem)) => {
                total.add(Counts {
                    passed: counts.passed,
                    failed: counts.failed.max(1),
                });
                println!("\n{problem}\n{}", step.way_out);
                lines.push(format!(
                    "  FAILED {seconds:>7.1} s  {}: {}",
                    step.name,
                    problem.lines().next().unwrap_or_default()
                ));
                lines.push(format!("                      {}", step.way_out));
                failed.push(step.name);
            }
        }
    }
    println!("\n== summary ==\n{}", lines.join("\n"));
    println!(
        "\n{} passed, {} failed in {:.0} s",
        total.passed,
        total.failed,
        whole.elapsed().as_secs_f32()
    );
    failed.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(name: &'static str, needs: &'static [&'static str], outcome: Outcome) -> Step<'static> {
        Step {
            name,
            needs,
            way_out: "mend it",
            run: Box::new(move || outcome.clone()),
        }
    }

    #[test]
    fn one_failed_step_fails_the_whole() {
        let good = || step("fmt", &[], Ok(Counts::default()));
        let bad = || step("tests", &[], Err((Counts::default(), "no".to_owned())));
        assert!(run(&[good()], &Choice::default()));
        assert!(!run(&[bad(), good()], &Choice::default()));
    }

    #[test]
    fn a_step_is_not_run_when_one_that_it_needs_failed() {
        let ran = std::cell::Cell::new(false);
        let second = Step {
            name: "browser",
            needs: &["build"],
            way_out: "",
            run: Box::new(|| {
                ran.set(true);
                Ok(Counts::default())
            }),
        };
        let first = step("build", &[], Err((Counts::default(), "no".to_owned())));
        assert!(!run(&[first, second], &Choice::default()));
        assert!(!ran.get());
    }

    #[test]
    fn skipped_steps_do_not_run() {
        let bad = || step("browser", &[], Err((Counts::default(), "no".to_owned())));
        assert!(run(
            &[bad()],
            &Choice {
                skip: vec!["browser".to_owned()],
                only: vec![]
            }
        ));
        assert!(run(
            &[bad()],
            &Choice {
                skip: vec![],
                only: vec!["fmt".to_owned()]
            }
        ));
    }
}
