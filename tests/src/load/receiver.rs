//! What webhooks are told: a server that takes every event at once, and notes when.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use commands::clock::Stopwatch;

/// How long nothing may come while something is expected.
const PATIENCE: Duration = Duration::from_secs(30);
const TAKEN: &[u8] = b"HTTP/1.1 204 No Content\r\n\r\n";

/// Takes events, until it is dropped.
pub(super) struct Taker {
    address: SocketAddr,
    came: Mutex<Receiver<(String, Duration)>>,
    is_over: Arc<AtomicBool>,
}

impl Taker {
    /// Begins to listen; the times are those of the watch.
    pub(super) fn start(watch: &Arc<Stopwatch>) -> io::Result<Taker> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let (tell, came) = mpsc::channel();
        let is_over = Arc::new(AtomicBool::new(false));
        let (watch, told_to_stop) = (watch.clone(), is_over.clone());
        thread::spawn(move || {
            for stream in listener.incoming() {
                if told_to_stop.load(Ordering::Relaxed) {
                    return;
                }
                let Ok(stream) = stream else { continue };
                let (watch, tell) = (watch.clone(), tell.clone());
                // Ends with the connection.
                thread::spawn(move || take(stream, &watch, &tell));
            }
        });
        Ok(Taker {
            address,
            came: Mutex::new(came),
            is_over,
        })
    }

    /// Where it listens.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The next events, so many, by their ids, each with the time when it was taken for the first time.
    pub(super) fn events(&self, number: usize) -> Result<BTreeMap<String, Duration>, String> {
        let came = self.came.lock().map_err(|problem| problem.to_string())?;
        let mut events = BTreeMap::new();
        while events.len() < number {
            let (id, at) = came.recv_timeout(PATIENCE).map_err(|_| {
                let seconds = PATIENCE.as_secs();
                format!(
                    "{} of {number} events came, and none for {seconds} seconds",
                    events.len()
                )
            })?;
            events.entry(id).or_insert(at);
        }
        Ok(events)
    }
}

impl Drop for Taker {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        // Wakes who listens.
        let _ = TcpStream::connect(self.address);
    }
}

/// Takes what comes over a connection, until it ends.
fn take(stream: TcpStream, watch: &Stopwatch, tell: &Sender<(String, Duration)>) {
    let mut stream = BufReader::new(stream);
    while let Ok(Some(id)) = read(&mut stream) {
        if stream.get_mut().write_all(TAKEN).is_err() || tell.send((id, watch.elapsed())).is_err() {
            return;
        }
    }
}

/// The id of the next event; `None` where the connection has ended.
fn read(from: &mut impl BufRead) -> io::Result<Option<String>> {
    let (mut id, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if from.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        match line.trim_end().split_once(": ") {
            Some((name, value)) if name.eq_ignore_ascii_case("webhook-id") => id = value.to_owned(),
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.parse().map_err(|_| io::ErrorKind::InvalidData)?;
            }
            Some(_) => {}
            None if line.trim_end().is_empty() => break,
            // The first line.
            None => {}
        }
    }
    io::copy(&mut from.take(length), &mut io::sink())?;
    Ok(Some(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_read_one_after_another() {
        let text = "POST / HTTP/1.1\r\nhost: a\r\nWebhook-Id: 1-2-0\r\ncontent-length: 2\r\n\r\n{}\
                    POST / HTTP/1.1\r\nwebhook-id: 1-3-0\r\ncontent-length: 0\r\n\r\n";
        let mut from = text.as_bytes();
        assert_eq!(read(&mut from).unwrap().as_deref(), Some("1-2-0"));
        assert_eq!(read(&mut from).unwrap().as_deref(), Some("1-3-0"));
        assert_eq!(read(&mut from).unwrap(), None);
    }
}
