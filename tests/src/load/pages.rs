//! A caseworker of the demonstration who opens the inbox and a task, again and again.

use std::path::Path;

use commands::clock::Stopwatch;

use super::Plan;
use super::account::{Row, Times};
use super::crowd::good;
use crate::program::http::{self, Answer, Connection};
use crate::program::{Program, command, free_address};

const SIGN_IN: &[u8] = b"name=grace&password=caseway-demo";
/// Views that are not counted: the first ones fill caches.
const WARM_UP: usize = 5;

pub(super) fn measure(plan: &Plan, folder: &Path) -> Result<Vec<Row>, String> {
    let address = free_address()?;
    let mut command = command(&plan.program, "demo", &folder.join("demo.db"), address);
    command.args(["--log", "warn"]);
    let program = Program::start_with(command, address)?;
    let kind = "application/x-www-form-urlencoded";
    let signed_in = http::request(address, "POST", "/signin", kind, SIGN_IN);
    let signed_in = signed_in.map_err(|problem| problem.to_string())?;
    let cookie = signed_in
        .header("set-cookie")
        .and_then(|line| line.split(';').next());
    let cookie = cookie.ok_or("the caseworker of the demonstration cannot sign in")?;
    let mut person = Person {
        connection: Connection::open(address).map_err(|problem| problem.to_string())?,
        plain: format!("cookie: {cookie}\r\n"),
        packed: format!("cookie: {cookie}\r\naccept-encoding: gzip\r\n"),
    };
    let inbox = person.open("/inbox", false)?;
    let task = quoted(&inbox.body, "href=\"/tasks/").ok_or("the inbox shows no task")?;
    let rows = vec![
        person.row("inbox", "/inbox", plan.views)?,
        person.row("task page", &format!("/tasks/{task}"), plan.views)?,
    ];
    program.stop()?;
    Ok(rows)
}

struct Person {
    connection: Connection,
    /// Header lines without, and with compression.
    plain: String,
    packed: String,
}

impl Person {
    fn open(&mut self, path: &str, is_packed: bool) -> Result<Answer, String> {
        let headers = if is_packed { &self.packed } else { &self.plain };
        let asked = self.connection.ask("GET", path, headers, b"");
        good(asked.and_then(|()| self.connection.answer()))
    }

    fn row(&mut self, what: &str, path: &str, views: usize) -> Result<Row, String> {
        let (mut first, mut whole, mut packed) = (Times::default(), Times::default(), 0);
        for view in 0..WARM_UP + views {
            let watch = Stopwatch::start();
            let asked = self.connection.ask("GET", path, &self.packed, b"");
            let began = asked.and_then(|()| self.connection.first_byte());
            began.map_err(|problem| problem.to_string())?;
            let first_byte = watch.elapsed();
            packed = good(self.connection.answer())?.length;
            if view >= WARM_UP {
                first.add(first_byte);
                whole.add(watch.elapsed());
            }
        }
        let page = self.open(path, false)?;
        let mut files = 0;
        for address in files_of(&page.body) {
            files += self.open(&address, true)?.length;
        }
        let kib = |bytes: usize| bytes as f64 / 1024.0;
        let values = vec![
            ("first_byte_ms", first.share_ms(0.5)),
            ("p95_ms", first.share_ms(0.95)),
            ("p99_ms", first.share_ms(0.99)),
            ("whole_ms", whole.share_ms(0.5)),
            ("html_kib", kib(page.length)),
            ("gzip_kib", kib(packed)),
            ("files_gzip_kib", kib(files)),
        ];
        Ok(Row {
            what: what.to_owned(),
            values,
        })
    }
}

/// The addresses of the styles, scripts, fonts and icons that a browser fetches with a page the first time.
fn files_of(page: &str) -> Vec<String> {
    let tags = page
        .split('<')
        .filter(|tag| tag.starts_with("link ") || tag.starts_with("script "));
    let addresses = tags.filter_map(|tag| quoted(tag, "=\"/assets/"));
    addresses.map(|file| format!("/assets/{file}")).collect()
}

/// What stands between `before` and the next quotation mark, where it is first found.
fn quoted<'a>(text: &'a str, before: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    rest.split('"').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_of_a_page_are_what_a_browser_fetches_at_once() {
        let page = r#"<link rel="stylesheet" href="/assets/app.css"><a href="/assets/licences.txt">Licences</a>
            <script src="/assets/diagram.js" data-viewer="/assets/viewer.js" defer></script>"#;
        assert_eq!(files_of(page), ["/assets/app.css", "/assets/diagram.js"]);
    }
}
