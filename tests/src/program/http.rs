//! The smallest HTTP client that the tests need: a connection that is kept, one request at a time.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a server answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// Names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The bytes of the body, as they came.
    pub length: usize,
    /// The body as text.
    pub body: String,
}

impl Answer {
    /// The body as JSON; null when it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    /// The value of a header by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }
}

/// A connection that stays open between requests.
#[derive(Debug)]
pub struct Connection {
    to: SocketAddr,
    stream: BufReader<TcpStream>,
}

impl Connection {
    /// Connects.
    pub fn open(to: SocketAddr) -> io::Result<Connection> {
        Connection::open_for(to, PATIENCE)
    }

    /// Connects; neither that nor an answer may take longer than `patience`.
    pub fn open_for(to: SocketAddr, patience: Duration) -> io::Result<Connection> {
        let stream = TcpStream::connect_timeout(&to, patience)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(patience))?;
        Ok(Connection {
            to,
            stream: BufReader::new(stream),
        })
    }

    /// Sends a request; `headers` are whole lines, each ended by `\r\n`.
    pub fn ask(&mut self, method: &str, path: &str, headers: &str, body: &[u8]) -> io::Result<()> {
        let (to, length) = (self.to, body.len());
        let mut text = format!(
            "{method} {path} HTTP/1.1\r\nhost: {to}\r\n{headers}content-length: {length}\r\n\r\n"
        )
        .into_bytes();
        text.extend_from_slice(body);
        self.stream.get_mut().write_all(&text)
    }

    /// Waits for the first byte of the answer.
    pub fn first_byte(&mut self) -> io::Result<()> {
        self.stream.fill_buf().map(|_| ())
    }

    /// Reads the answer; an error means that no whole one came.
    pub fn answer(&mut self) -> io::Result<Answer> {
        read(&mut self.stream)
    }

    /// Posts JSON.
    pub fn post(&mut self, path: &str, body: &Value) -> io::Result<Answer> {
        let kind = "content-type: application/json\r\n";
        self.ask("POST", path, kind, body.to_string().as_bytes())?;
        self.answer()
    }
}

/// Sends one request over a connection of its own.
pub fn request(
    to: SocketAddr,
    method: &str,
    path: &str,
    kind: &str,
    body: &[u8],
) -> io::Result<Answer> {
    let mut connection = Connection::open(to)?;
    let headers = format!("content-type: {kind}\r\nconnection: close\r\n");
    connection.ask(method, path, &headers, body)?;
    connection.answer()
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

/// Posts a model as a deployment of one file.
pub fn deploy(to: SocketAddr, name: &str, text: &str) -> io::Result<Answer> {
    let body = format!(
        "--part\r\ncontent-disposition: form-data; name=\"resources\"; filename=\"{name}\"\r\n\
         content-type: application/octet-stream\r\n\r\n{text}\r\n--part--\r\n"
    );
    let kind = "multipart/form-data; boundary=part";
    request(to, "POST", "/v2/deployments", kind, body.as_bytes())
}

/// Gets a page.
pub fn get(to: SocketAddr, path: &str) -> io::Result<Answer> {
    request(to, "GET", path, "text/plain", b"")
}

fn find<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let found = headers.iter().find(|(each, _)| each == name);
    found.map(|(_, value)| value.as_str())
}

fn read(from: &mut impl BufRead) -> io::Result<Answer> {
    let cut = || io::Error::new(io::ErrorKind::UnexpectedEof, "the answer was cut short");
    let status = line(from)?
        .split_whitespace()
        .nth(1)
        .and_then(|word| word.parse().ok())
        .ok_or_else(cut)?;
    let mut headers = Vec::new();
    loop {
        let line = line(from)?;
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(':').ok_or_else(cut)?;
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let mut bytes = Vec::new();
    if find(&headers, "transfer-encoding") == Some("chunked") {
        while chunk(from, &mut bytes)? > 0 {}
    } else if let Some(length) = find(&headers, "content-length") {
        bytes.resize(length.parse().map_err(|_| cut())?, 0);
        from.read_exact(&mut bytes)?;
    } else if status != 204 && status != 304 {
        from.read_to_end(&mut bytes)?;
    }
    Ok(Answer {
        status,
        headers,
        length: bytes.len(),
        body: String::from_utf8_lossy(&bytes).into_owned(),
    })
}

/// Adds the next chunk to what was read; gives its length, 0 for the last one.
fn chunk(from: &mut impl BufRead, bytes: &mut Vec<u8>) -> io::Result<usize> {
    let size = line(from)?;
    let size = usize::from_str_radix(size.trim(), 16)
        .map_err(|problem| io::Error::new(io::ErrorKind::InvalidData, problem))?;
    let start = bytes.len();
    bytes.resize(start + size, 0);
    from.read_exact(&mut bytes[start..])?;
    line(from)?;
    Ok(size)
}

/// A line without its end; a line without end was cut.
fn line(from: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    from.read_line(&mut line)?;
    match line.strip_suffix("\r\n") {
        Some(line) => Ok(line.to_owned()),
        None => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<(u16, &str)>) {
        let answer = read(&mut text.as_bytes()).ok();
        let found = answer.map(|answer| (answer.status, answer.body));
        assert_eq!(
            found,
            expected.map(|(status, body)| (status, body.to_owned())),
            "{text}"
        );
    }

    #[test]
    fn an_answer_is_whole_or_none() {
        let whole = "HTTP/1.1 201 Created\r\ncontent-length: 4\r\n\r\nbody";
        check(whole, Some((201, "body")));
        check("HTTP/1.1 204 No Content\r\n\r\n", Some((204, "")));
        check(
            "HTTP/1.1 200 OK\r\n\r\nto the end",
            Some((200, "to the end")),
        );
        check("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nbody", None);
        check("HTTP/1.1 200 OK\r\ncontent-le", None);
        let chunked =
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nbod\r\n1\r\ny\r\n0\r\n\r\n";
        check(chunked, Some((200, "body")));
        check(chunked.trim_end_matches("0\r\n\r\n"), None);
    }

    #[test]
    fn a_second_answer_follows_the_first_on_the_same_connection() {
        let mut both: &[u8] = b"HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\nETag: \"a\"\r\ncontent-length: 1\r\n\r\nx";
        assert_eq!(read(&mut both).unwrap().status, 204);
        let second = read(&mut both).unwrap();
        assert_eq!(
            (second.header("etag"), second.body.as_str()),
            (Some("\"a\""), "x")
        );
    }
}
