//! Lines to the bus with papers of its authority, and what its answers mean.

use std::{
    net::TcpListener,
    path::{Path, PathBuf},
};

use domain::party::Party;
use kit::{
    client::{self, Endpoint},
    identity::{Authority, Identity},
};
use proto::bus::bus_service_client::BusServiceClient;

/// A client of the bus.
pub type Client = BusServiceClient<client::Channel>;

/// Where the bus is, and the authority of everybody's papers.
#[derive(Debug)]
pub struct Office {
    pub papers: PathBuf,
    pub port: u16,
    authority: Authority,
}

impl Office {
    /// Makes the papers of a city.
    pub fn open(dir: &Path) -> anyhow::Result<Office> {
        let papers = dir.join("identity");
        let authority = Authority::open_or_create(&papers, &"wenshan".parse()?)?;
        authority.issue_to(&papers, &"service/bus".parse()?)?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        Ok(Office { papers, port, authority })
    }

    /// Somebody's papers, to sign with.
    pub fn identity(&self, party: &str) -> anyhow::Result<Identity> {
        let party: Party = party.parse()?;
        Ok(self.authority.issue_to(&self.papers, &party)?)
    }

    /// A line as somebody; it connects again whenever it breaks.
    pub fn line(&self, party: &str) -> anyhow::Result<Client> {
        let identity = self.identity(party)?;
        let address = format!("https://127.0.0.1:{}", self.port);
        let to = Endpoint { address, server: "service/bus".parse()? };
        let channel = client::connect_lazy(&identity, &to, &client::Limits::default())?;
        Ok(BusServiceClient::new(channel))
    }
}
