//! Counts working days over random calendars and compares with numpy's `busday_offset` and `busday_count`.
//!
//! `cargo run --release -p calendar --example numpy -- [CALENDARS] [SEED]`; needs python3 with `venv`, and fetches numpy by name into
//! `target/numpy` the first time. A difference is printed with its seed, and the program ends with 1.

use calendar::Calendar;
use feel::WorkingDays;
use jiff::ToSpan;
use jiff::civil::Date;
use std::io::Write;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

const QUESTIONS: usize = 200;
const DAYS: [&str; 7] = [
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];

/// Reads a calendar and questions a line, writes the answers a line. Numpy knows no worked weekends: they are told to it as a week of
/// seven days in which every day off is a holiday.
const SCRIPT: &str = r#"
import json, sys, numpy as np
for line in sys.stdin:
    case = json.loads(line)
    calendar = np.busdaycalendar(weekmask=case["week"], holidays=np.array(case["off"], dtype="datetime64[D]"))
    start = np.array([q[0] for q in case["ask"]], dtype="datetime64[D]")
    days = np.array([q[1] for q in case["ask"]])
    end = np.array([q[2] for q in case["ask"]], dtype="datetime64[D]")
    # A start that is no working day: forward counts find the day before it, backward ones the day after.
    ahead = np.busday_offset(start, days, roll="backward", busdaycal=calendar)
    back = np.busday_offset(start, days, roll="forward", busdaycal=calendar)
    added = np.where(days > 0, ahead, np.where(days < 0, back, start))
    # Numpy counts from the first day on and leaves out the last; backwards it has a rule of its own.
    first, last = np.minimum(start, end), np.maximum(start, end)
    counted = np.busday_count(first + 1, last + 1, busdaycal=calendar) * np.where(end < start, -1, 1)
    print(json.dumps([[str(a), int(c)] for a, c in zip(added, counted)]))
"#;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let mut number = |default: u64| {
        arguments
            .next()
            .and_then(|n| n.parse().ok())
            .unwrap_or(default)
    };
    let (calendars, seed) = (number(500), number(20_261_122));
    match run(calendars, seed) {
        Ok(questions) => {
            say(&format!(
                "{questions} answers over {calendars} calendars agree with numpy (seed {seed})"
            ));
            ExitCode::SUCCESS
        }
        Err(problem) => {
            say(&problem);
            ExitCode::FAILURE
        }
    }
}

fn run(calendars: u64, seed: u64) -> Result<usize, String> {
    let python = python()?;
    let mut random = Random(seed);
    let cases: Vec<Case> = (0..calendars).map(|_| Case::random(&mut random)).collect();
    let lines: Vec<String> = cases.iter().map(Case::line).collect();
    let mut child = Command::new(python)
        .args(["-c", SCRIPT])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| error.to_string())?;
    let mut input = child.stdin.take().ok_or("python has no input")?;
    let writing = std::thread::spawn(move || input.write_all((lines.join("\n") + "\n").as_bytes()));
    let output = child
        .wait_with_output()
        .map_err(|error| error.to_string())?;
    writing
        .join()
        .map_err(|_| "the questions could not be written")?
        .map_err(|error| error.to_string())?;
    let text = String::from_utf8(output.stdout).map_err(|error| error.to_string())?;
    let mut questions = 0;
    for (number, case) in cases.iter().enumerate() {
        let line = text.lines().nth(number).ok_or("numpy did not answer all")?;
        let answers: Vec<(Date, i32)> = serde_json::from_str(line).map_err(|e| e.to_string())?;
        for ((start, days, end), (added, counted)) in case.ask.iter().zip(answers) {
            let (ours, count) = (
                case.calendar.add(*start, *days),
                case.calendar.between(*start, *end),
            );
            if (ours, count) != (added, counted) {
                return Err(format!(
                    "calendar {number} of seed {seed}: {start} and {days} is {ours}, numpy says {added}; \
                     {start} to {end} is {count}, numpy says {counted}\n{}",
                    case.json
                ));
            }
            questions += 2;
        }
    }
    Ok(questions)
}

/// A python that has numpy.
fn python() -> Result<String, String> {
    let target = std::env::var("CARGO_TARGET_DIR").unwrap_or_else(|_| "target".to_owned());
    let folder = Path::new(&target).join("numpy");
    let python = folder.join("bin/python").display().to_string();
    let has_numpy = |python: &str| {
        let found = Command::new(python)
            .args(["-c", "import numpy"])
            .stderr(Stdio::null())
            .status();
        found.is_ok_and(|status| status.success())
    };
    if !has_numpy(&python) {
        let step = |program: &str, arguments: &[&str]| match Command::new(program)
            .args(arguments)
            .status()
        {
            Ok(status) if status.success() => Ok(()),
            Ok(_) | Err(_) => Err(format!("{program} {} failed", arguments.join(" "))),
        };
        step("python3", &["-m", "venv", &folder.display().to_string()])?;
        step(&python, &["-m", "pip", "install", "--quiet", "numpy"])?;
    }
    Ok(python)
}

struct Case {
    json: String,
    calendar: Calendar,
    week: Vec<u8>,
    off: Vec<Date>,
    ask: Vec<(Date, i32, Date)>,
}

impl Case {
    fn random(random: &mut Random) -> Case {
        let first: Date = "2024-01-01".parse().expect("a day");
        let mut weekend: Vec<usize> = (0..7).filter(|_| random.below(3) == 0).collect();
        weekend.truncate(6);
        let day = |number: u64| first.saturating_add(i64::try_from(number).unwrap_or(0).days());
        let mut holidays: Vec<Date> = (0..random.below(80))
            .map(|_| day(random.below(2500)))
            .collect();
        holidays.sort_unstable();
        holidays.dedup();
        let weekday =
            |date: &Date| usize::try_from(date.weekday().to_monday_zero_offset()).unwrap_or(0);
        let mut worked: Vec<Date> = (0..random.below(30))
            .map(|_| day(random.below(2500)))
            .collect();
        worked.retain(|date| weekend.contains(&weekday(date)) && !holidays.contains(date));
        worked.sort_unstable();
        worked.dedup();
        let lines = |dates: &[Date]| -> Vec<serde_json::Value> {
            dates
                .iter()
                .map(|date| serde_json::json!({"date": date, "name": "x"}))
                .collect()
        };
        let json = serde_json::json!({
            "id": "x", "name": "x", "zone": "UTC", "source": "", "years": {"from": 2020, "to": 2040},
            "weekend": weekend.iter().map(|day| DAYS[*day]).collect::<Vec<_>>(),
            "office_hours": {"from": "09:00", "to": "17:00"},
            "holidays": lines(&holidays), "worked": lines(&worked),
        })
        .to_string();
        let (week, off) = if worked.is_empty() {
            let week = (0..7)
                .map(|day| u8::from(!weekend.contains(&day)))
                .collect();
            (week, holidays)
        } else {
            let all = (0..6000).map(|number| {
                first
                    .saturating_sub(1500.days())
                    .saturating_add(number.days())
            });
            let off = all.filter(|date| {
                holidays.contains(date)
                    || (weekend.contains(&weekday(date)) && !worked.contains(date))
            });
            (vec![1; 7], off.collect())
        };
        let ask = (0..QUESTIONS)
            .map(|_| {
                let start = day(random.below(2500));
                let days = i32::try_from(random.below(300)).unwrap_or(0) - 100;
                (start, days, day(random.below(2500)))
            })
            .collect();
        let calendar = Calendar::read(&json).expect("a calendar");
        Case {
            json,
            calendar,
            week,
            off,
            ask,
        }
    }

    fn line(&self) -> String {
        serde_json::json!({"week": self.week, "off": self.off, "ask": self.ask}).to_string()
    }
}

/// xorshift: the same seed gives the same calendars.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

fn say(text: &str) {
    // Whoever reads it may have gone.
    let _ = writeln!(std::io::stdout(), "{text}");
}
