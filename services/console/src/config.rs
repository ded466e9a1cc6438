//! What a console is told at its start.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use kit::config::span;
use serde::{Deserialize, Serialize};

use crate::openid;

/// See each field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The certificate that browsers are shown, PEM. Without it the console listens on loopback only.
    pub certificate: Option<PathBuf>,
    /// Its private key, PEM.
    pub key: Option<PathBuf>,
    /// Where people may sign in beside this: the city's own sign-in service. Default nowhere.
    pub openid: Option<openid::Config>,
    /// How long a session lasts that nobody uses. Default 30 min.
    #[serde(with = "span")]
    pub idle: Duration,
    /// How long a session lasts at all. Default 12 h.
    #[serde(with = "span")]
    pub absolute: Duration,
    /// Open connections, all together; one more waits. Default 512.
    pub connections: usize,
    /// Pages that are kept up to date at the same time; one more is refused. Default 256.
    pub streams: usize,
    /// How long a request may take, uploads included. Default 60 s.
    #[serde(with = "span")]
    pub patience: Duration,
    /// The most bytes of a form without files. Default 64 KiB.
    pub form_bytes: usize,
    /// The most bytes of a form with files, all of them together. Default 24 MiB.
    pub upload_bytes: usize,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            certificate: None,
            key: None,
            openid: None,
            idle: Duration::from_secs(30 * 60),
            absolute: Duration::from_secs(12 * 3_600),
            connections: 512,
            streams: 256,
            patience: Duration::from_secs(60),
            form_bytes: 64 << 10,
            upload_bytes: 24 << 20,
        }
    }
}

impl Config {
    /// Whether browsers speak TLS to it; refuses an address that others reach without TLS.
    pub(crate) fn is_secure(&self, address: SocketAddr) -> Result<bool, crate::Error> {
        match (&self.certificate, &self.key) {
            (Some(_), Some(_)) => Ok(true),
            (None, None) if address.ip().is_loopback() => Ok(false),
            (None, None) => Err(crate::Error::Open(address)),
            _ => Err(crate::Error::Halved),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_tls_it_listens_on_loopback_only() {
        let (mut config, papers) = (Config::default(), Some(PathBuf::from("x.pem")));
        let is_secure = |config: &Config, address: &str| {
            config.is_secure(address.parse().unwrap()).map_err(|error| error.to_string())
        };
        assert_eq!(is_secure(&config, "127.0.0.1:8080"), Ok(false));
        assert_eq!(is_secure(&config, "[::1]:8080"), Ok(false));
        for open in ["0.0.0.0:80", "192.168.1.7:8080", "[::]:443"] {
            assert!(is_secure(&config, open).unwrap_err().contains("certificate"), "{open}");
        }
        config.certificate.clone_from(&papers);
        assert!(is_secure(&config, "127.0.0.1:1").unwrap_err().contains("both"));
        config.key = papers;
        assert_eq!(is_secure(&config, "0.0.0.0:443"), Ok(true));
    }
}
