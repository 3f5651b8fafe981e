//! Free TCP ports.

use std::{
    hash::{BuildHasher, RandomState},
    io,
    net::{IpAddr, SocketAddr, TcpListener},
};

/// Below 32768, where Linux begins to hand out ports for outgoing connections. A client that tries
/// to reconnect to a port from that range while nobody listens there can be given the very same
/// port as its own, and ends up connected to itself.
const RANGE: std::ops::Range<u16> = 20_000..32_000;
const ATTEMPTS: usize = 100;

/// An address at `ip` that nobody listens on right now.
pub(super) fn free(ip: IpAddr) -> io::Result<SocketAddr> {
    let mut error = None;
    for _ in 0..ATTEMPTS {
        let address = SocketAddr::new(ip, random_port());
        match TcpListener::bind(address) {
            Ok(_) => return Ok(address),
            Err(reason) if reason.kind() == io::ErrorKind::AddrInUse => error = Some(reason),
            Err(reason) => return Err(reason),
        }
    }
    Err(error.expect("invariant: each attempt before the last one failed"))
}

fn random_port() -> u16 {
    let random = RandomState::new().hash_one(());
    let width = u64::from(RANGE.end - RANGE.start);
    RANGE.start + u16::try_from(random % width).expect("invariant: less than the range's width")
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn a_free_port_can_be_listened_on_and_is_no_port_of_outgoing_connections() {
        let address = free(Ipv4Addr::LOCALHOST.into()).unwrap();
        assert!(RANGE.contains(&address.port()));
        TcpListener::bind(address).unwrap();
    }
}
