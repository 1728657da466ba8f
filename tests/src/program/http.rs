//! The smallest HTTP client that the tests need: one request a connection, JSON in and out.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

/// What a server answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The body as text.
    pub body: String,
}

impl Answer {
    /// The body as JSON; null when it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }
}

/// Sends a request; an error means that no whole answer came back.
pub fn request(
    to: SocketAddr,
    method: &str,
    path: &str,
    kind: &str,
    body: &[u8],
) -> io::Result<Answer> {
    let mut stream = TcpStream::connect(to)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nhost: {to}\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
    )?;
    stream.write_all(body)?;
    let mut text = Vec::new();
    stream.read_to_end(&mut text)?;
    read(&String::from_utf8_lossy(&text))
        .ok_or_else(|| io::Error::new(io::ErrorKind::UnexpectedEof, "the answer was cut short"))
}

/// Posts JSON.
pub fn post(to: SocketAddr, path: &str, body: &Value) -> io::Result<Answer> {
    request(
        to,
        "POST",
        path,
        "application/json",
        body.to_string().as_bytes(),
    )
}

/// Gets a page.
pub fn get(to: SocketAddr, path: &str) -> io::Result<Answer> {
    request(to, "GET", path, "text/plain", b"")
}

fn read(text: &str) -> Option<Answer> {
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.split_whitespace().nth(1)?.parse().ok()?;
    let header = |name: &str| {
        let found = head
            .lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.trim().to_ascii_lowercase())
    };
    let body = match header("transfer-encoding") {
        Some(encoding) if encoding == "chunked" => unchunked(body)?,
        Some(_) | None => body.to_owned(),
    };
    // A body that is shorter than announced was cut by the end of the server.
    let is_whole = header("content-length")
        .and_then(|length| length.parse().ok())
        .is_none_or(|length: usize| body.len() >= length);
    is_whole.then_some(Answer { status, body })
}

fn unchunked(mut text: &str) -> Option<String> {
    let mut body = String::new();
    loop {
        let (size, rest) = text.split_once("\r\n")?;
        let size = usize::from_str_radix(size.trim(), 16).ok()?;
        if size == 0 {
            return Some(body);
        }
        body.push_str(rest.get(..size)?);
        text = rest.get(size + 2..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_whole_or_none() {
        let whole = "HTTP/1.1 201 Created\r\ncontent-length: 4\r\n\r\nbody";
        assert_eq!(
            read(whole).map(|answer| (answer.status, answer.body)),
            Some((201, "body".to_owned()))
        );
        assert!(read("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nbody").is_none());
        let chunked =
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nbod\r\n1\r\ny\r\n0\r\n\r\n";
        assert_eq!(
            read(chunked).map(|answer| answer.body),
            Some("body".to_owned())
        );
    }
}
