//! Where events may be sent to: https only, and nowhere inside our own network, unless an option allows it.

use super::Rules;
use reqwest::Url;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The longest address, in letters.
const LONGEST: usize = 2_000;

/// An address that these rules allow; names are looked at again when something is sent.
///
/// # Errors
/// A sentence that says what is wrong with it, and the way out.
pub(crate) fn checked(text: &str, rules: &Rules) -> Result<Url, String> {
    let sentence = |what: &str| format!("url {what}.");
    if text.len() > LONGEST {
        return Err(sentence(&format!("is longer than {LONGEST} letters")));
    }
    let url = Url::parse(text).map_err(|problem| {
        sentence(&format!(
            "is no address ({problem}); write for example https://hooks.example.org/caseway"
        ))
    })?;
    match url.scheme() {
        "https" => {}
        "http" if rules.http => {}
        "http" => {
            let way_out = "use https, or start the server with --webhooks-over-http";
            return Err(sentence(&format!("is not encrypted; {way_out}")));
        }
        _ => return Err(sentence("begins neither with https: nor with http:")),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(sentence(
            "has a name or password in it; events are signed instead",
        ));
    }
    match literal(&url) {
        _ if url.host_str().is_none_or(str::is_empty) => Err(sentence("has no host")),
        Some(ip) if !rules.private && is_private(ip) => Err(sentence(
            "leads into a private network; start the server with --webhooks-to-private-networks if it should",
        )),
        Some(_) | None => Ok(url),
    }
}

/// The address that the host is, where it is no name.
fn literal(url: &Url) -> Option<IpAddr> {
    let host = url.host_str()?;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host.parse().ok()
}

/// Whether an address is not one of the public internet: this machine, a private network, a neighbour on the line, or reserved.
pub(super) fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_private_v4(ip),
        IpAddr::V6(ip) => is_private_v6(ip),
    }
}

fn is_private_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_documentation()
        || a == 0
        // Shared between a provider and its customers.
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        // The relays of 6to4, and what is for measuring networks.
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (b == 18 || b == 19))
        // Many at once, and reserved.
        || a >= 224
}

fn is_private_v6(ip: Ipv6Addr) -> bool {
    let segments = ip.segments();
    let v4_at = |at: usize| {
        let ([a, b], [c, d]) = (segments[at].to_be_bytes(), segments[at + 1].to_be_bytes());
        is_private_v4(Ipv4Addr::new(a, b, c, d))
    };
    if let Some(v4) = ip.to_ipv4_mapped() {
        return is_private_v4(v4);
    }
    // Addresses that lead to one of version 4: translated, and 6to4.
    if segments[..6] == [0x64, 0xff9b, 0, 0, 0, 0] {
        return v4_at(6);
    }
    if segments[0] == 0x2002 {
        return v4_at(1);
    }
    // Of all others, only these are of the public internet; without documentation and tunnels.
    let is_global = segments[0] & 0xe000 == 0x2000;
    let is_apart = segments[0] == 0x2001 && (segments[1] == 0xdb8 || segments[1] < 0x200);
    !is_global || is_apart
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const STRICT: Rules = Rules {
        http: false,
        private: false,
        timeout: Duration::from_secs(10),
    };

    #[test]
    fn only_addresses_of_the_public_internet_are_public() {
        let check = |address: &str, private: bool| {
            assert_eq!(is_private(address.parse().unwrap()), private, "{address}");
        };
        for address in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "192.0.0.8",
            "198.18.0.1",
            "192.0.2.1",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "fd12::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b::a9fe:a9fe",
            "2002:7f00:1::",
            "2002:0a00:0001::1",
            "2001:db8::1",
            "2001::1",
            "::7f00:1",
            "100::1",
        ] {
            check(address, true);
        }
        for address in [
            "93.184.216.34",
            "8.8.8.8",
            "100.63.0.1",
            "172.32.0.1",
            "2a00:1450:4001::1",
            "2001:4860:4860::8888",
            "::ffff:8.8.8.8",
            "64:ff9b::808:808",
            "2002:808:808::1",
        ] {
            check(address, false);
        }
    }

    #[test]
    fn an_address_is_refused_with_the_way_out() {
        let check = |text: &str, expected: &str| {
            let problem = checked(text, &STRICT).unwrap_err();
            assert!(problem.contains(expected), "{text}: {problem}");
        };
        check("http://hooks.example.org/", "--webhooks-over-http");
        check("ftp://hooks.example.org/", "neither with https");
        check("hooks.example.org", "is no address");
        check("https://a:b@hooks.example.org/", "name or password");
        check("https://127.0.0.1/", "--webhooks-to-private-networks");
        check("https://2130706433/", "--webhooks-to-private-networks");
        check("https://0x7f.1/", "--webhooks-to-private-networks");
        check("https://[::1]/", "--webhooks-to-private-networks");
        check(&format!("https://e.org/{}", "x".repeat(LONGEST)), "longer");
        assert!(checked("https://hooks.example.org:8443/a?b=c", &STRICT).is_ok());
        let open = Rules {
            http: true,
            private: true,
            ..STRICT
        };
        assert!(checked("http://127.0.0.1:9/", &open).is_ok());
    }
}
