//! Posts one event to one webhook. Names are looked up here and only public addresses are connected to; redirects are not
//! followed, proxies not used, and of an answer little is read.

use super::address::{checked, is_private};
use super::signature;
use crate::fetch::{self, told};
use jiff::{SignedDuration, Timestamp};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use reqwest::{Client, Response, StatusCode};
use runtime::{Delivery, Webhook};
use std::io;
use std::net::SocketAddr;
use std::sync::OnceLock;
use std::time::Duration;

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(5);
/// How many bytes of an answer are read, so that its connection can be used again.
const ANSWER_BYTES_MAX: usize = 16 * 1024;
/// How long a connection is kept that nothing goes through.
const IDLE: Duration = Duration::from_secs(30);
const CLOUD_EVENT: HeaderValue =
    HeaderValue::from_static("application/cloudevents+json; charset=UTF-8");

/// Where events may be sent to, and how long that may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// Without encryption, too.
    pub http: bool,
    /// To this machine and private networks, too.
    pub private: bool,
    /// The longest that one receiver may take for one event.
    pub timeout: Duration,
}

impl Default for Rules {
    fn default() -> Rules {
        Rules {
            http: false,
            private: false,
            timeout: Duration::from_secs(10),
        }
    }
}

/// Why an event was not taken.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) why: String,
    /// Whether the receiver would take no other event either.
    pub(super) everything: bool,
    /// How long the receiver wants to be left alone.
    pub(super) wait: Option<SignedDuration>,
}

impl Refused {
    fn unreachable(why: String) -> Refused {
        Refused {
            why,
            everything: true,
            wait: None,
        }
    }
}

/// Sends events. Its client is made when the first one is sent: an installation without webhooks needs no certificates.
pub(super) struct Sender {
    rules: Rules,
    client: OnceLock<Client>,
}

impl Sender {
    pub(super) fn new(rules: Rules) -> Sender {
        Sender {
            rules,
            client: OnceLock::new(),
        }
    }

    /// Returns when the receiver has answered that it has the event.
    pub(super) async fn send(
        &self,
        webhook: &Webhook,
        event: &Delivery,
        now: Timestamp,
    ) -> Result<(), Refused> {
        // Rules may have become stricter since it was written.
        let url = checked(&webhook.url, &self.rules).map_err(Refused::unreachable)?;
        let id = runtime::event_id(event.instance, event.position);
        let signature = signature::of(&webhook.secrets, &id, now, &event.event);
        let sending = self
            .client()?
            .post(url)
            .header(CONTENT_TYPE, CLOUD_EVENT)
            .header("webhook-id", &id)
            .header("webhook-timestamp", now.as_second())
            .header("webhook-signature", signature)
            .body(event.event.clone())
            .send();
        let mut answer = sending
            .await
            .map_err(|problem| Refused::unreachable(told(&problem)))?;
        let status = answer.status();
        let wait = wait(&answer);
        drain(&mut answer).await;
        if status.is_success() {
            return Ok(());
        }
        let everything = status.is_server_error()
            || status.is_redirection()
            || status == StatusCode::TOO_MANY_REQUESTS
            || status == StatusCode::REQUEST_TIMEOUT;
        Err(Refused {
            why: format!("HTTP {}", status.as_u16()),
            everything,
            wait,
        })
    }

    fn client(&self) -> Result<&Client, Refused> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let client = client(&self.rules).map_err(|problem| {
            Refused::unreachable(format!("no HTTP client: {}", told(&problem)))
        })?;
        Ok(self.client.get_or_init(|| client))
    }
}

fn client(rules: &Rules) -> reqwest::Result<Client> {
    let mut client = fetch::client()
        .connect_timeout(CONNECT.min(rules.timeout))
        .timeout(rules.timeout)
        .pool_idle_timeout(IDLE)
        .pool_max_idle_per_host(8);
    if !rules.private {
        client = client.dns_resolver(OnlyPublic);
    }
    client.build()
}

/// Reads some of the answer and forgets it.
async fn drain(answer: &mut Response) {
    let mut read = 0;
    while let Ok(Some(chunk)) = answer.chunk().await {
        read += chunk.len();
        if read > ANSWER_BYTES_MAX {
            return;
        }
    }
}

/// `Retry-After` in seconds; as a date it is not read.
fn wait(answer: &Response) -> Option<SignedDuration> {
    let text = answer.headers().get(RETRY_AFTER)?.to_str().ok()?;
    text.trim().parse().ok().map(SignedDuration::from_secs)
}

/// Looks up names, and gives only addresses of the public internet: the one that is looked at is the one that is connected to.
struct OnlyPublic;

impl Resolve for OnlyPublic {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<SocketAddr> =
                found.filter(|address| !is_private(address.ip())).collect();
            if public.is_empty() {
                let why = "the name leads into a private network only";
                return Err(io::Error::new(io::ErrorKind::PermissionDenied, why).into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}
