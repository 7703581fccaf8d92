//! Which addresses a name may lead to. A name that a forge sends, or that its owner leads elsewhere meanwhile, must not lead to this
//! machine or its link, where credentials are served.

use std::net::{IpAddr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::address::Address;

/// Resolves names to addresses beyond this machine and its link, except where the repository itself is on this machine.
pub(crate) struct Public {
    /// Whether the repository is on this machine, as in a test.
    is_here: bool,
}

impl Public {
    pub(crate) fn of(at: &Address) -> Self {
        Self { is_here: matches!(at, Address::Web(at) if at.is_loopback()) }
    }
}

impl Resolve for Public {
    fn resolve(&self, name: Name) -> Resolving {
        let is_here = self.is_here;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<SocketAddr> = found.filter(|it| is_here || is_beyond(it.ip())).collect();
            if public.is_empty() {
                return Err(format!("{} leads to no address beyond this machine and its link", name.as_str()).into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

/// Whether an address lies beyond this machine and its link.
pub(crate) fn is_beyond(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => !(ip.is_loopback() || ip.is_link_local() || ip.is_unspecified() || ip.is_multicast()),
        IpAddr::V6(ip) => {
            // fd00:ec2::/32 is where EC2 and EKS serve credentials.
            let is_of_aws = ip.segments()[..2] == [0xfd00, 0xec2];
            !(ip.is_loopback() || ip.is_unicast_link_local() || ip.is_unspecified() || ip.is_multicast() || is_of_aws)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_beyond;

    #[test]
    fn addresses_of_this_machine_and_its_link_are_not_beyond() {
        for near in [
            "127.0.0.1",
            "169.254.169.254",
            "169.254.170.2",
            "0.0.0.0",
            "::1",
            "fe80::1",
            "fd00:ec2::254",
            "::ffff:127.0.0.1",
        ] {
            assert!(!is_beyond(near.parse().unwrap()), "{near}");
        }
        for far in ["140.82.121.3", "10.0.0.7", "2606:50c0:8000::153", "fd12::1"] {
            assert!(is_beyond(far.parse().unwrap()), "{far}");
        }
    }
}
