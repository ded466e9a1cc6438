//! A bus alone, as a process of its own, whose clock is the machine's and what the test adds to it.
//! It is the one of the chaos run: nobody follows, and an envelope is delivered four times.

use std::{
    fs,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use kit::{
    client::{self, Channel, Endpoint},
    clock::Clock,
    identity::{Authority, Identity},
};
use proto::bus::{ListMailboxesRequest, Mailbox, bus_service_client::BusServiceClient};
use tempfile::TempDir;

use crate::{city, talk::until};

/// The bus.
pub struct Lone {
    folder: TempDir,
    authority: Authority,
    port: u16,
    added: Duration,
    clock: Clock,
    child: Option<Child>,
}

impl Lone {
    /// Its papers and its folder; it does not run yet.
    pub fn new() -> Lone {
        let folder = tempfile::Builder::new().prefix("muster-bus-").tempdir().unwrap();
        let papers = folder.path().join("identity");
        let authority = Authority::open_or_create(&papers, &"wenshan".parse().unwrap()).unwrap();
        authority.issue_to(&papers, &"service/bus".parse().unwrap()).unwrap();
        fs::create_dir(folder.path().join("data")).unwrap();
        let clock = Clock::fixed(Clock::system().now());
        let (port, added) = (city::port(), Duration::ZERO);
        Lone { folder, authority, port, added, clock, child: None }
    }

    /// A folder below that of the bus, for those who come to it.
    pub fn below(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Starts it on what its folder has.
    pub fn start(&mut self) {
        let log = fs::File::options().create(true).append(true).open(self.below("bus.log"));
        let mut command = Command::new(env!("CARGO_BIN_EXE_chaos"));
        command.arg("bus").args([self.below("data"), self.below("identity")]);
        command.arg(format!("127.0.0.1:{}", self.port));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log.unwrap());
        self.child = Some(command.spawn().unwrap());
    }

    /// Kills it, as a power switch would.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// So much time passes at once, for it and by [`Lone::clock`].
    pub fn pass(&mut self, span: Duration) {
        self.added += span;
        self.clock.advance(span);
        let (clock, new) = (self.below("data.clock"), self.below("data.new"));
        fs::write(&new, self.added.as_millis().to_string()).unwrap();
        fs::rename(new, clock).unwrap();
    }

    /// The time for those who come to it: who signs goes by about the same.
    pub fn clock(&self) -> Clock {
        self.clock.clone()
    }

    /// The papers of a party.
    pub fn identity(&self, party: &str) -> Identity {
        self.authority.issue_to(&self.below("identity"), &party.parse().unwrap()).unwrap()
    }

    /// Where it is.
    pub fn endpoint(&self) -> Endpoint {
        let address = format!("https://127.0.0.1:{}", self.port);
        Endpoint { address, server: "service/bus".parse().unwrap() }
    }

    /// A line as a party; it connects again whenever it breaks.
    pub fn line(&self, party: &str) -> Channel {
        let limits = client::Limits::default();
        client::connect_lazy(&self.identity(party), &self.endpoint(), &limits).unwrap()
    }

    /// The mailboxes, as soon as it answers.
    pub async fn mailboxes(&self) -> Vec<Mailbox> {
        let mut admin = BusServiceClient::new(self.line("admin/root"));
        let mut found = Vec::new();
        until("the bus answers", async || {
            let listed = admin.list_mailboxes(ListMailboxesRequest::default()).await;
            listed.map(|listed| found = listed.into_inner().mailboxes).is_ok()
        })
        .await;
        found
    }
}

impl Drop for Lone {
    fn drop(&mut self) {
        self.kill();
    }
}
