//! The line between a browser and the console, which can be cut.
//!
//! What a phone loses in a cellar is this: connections that stand are cut, new ones are refused.

use std::{net::SocketAddr, sync::Arc};

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// A port that leads to the console while the line is up.
pub struct Link {
    /// Where the browser goes.
    pub address: SocketAddr,
    is_up: Arc<watch::Sender<bool>>,
}

impl Link {
    /// A line to this address, up.
    pub async fn to(console: SocketAddr) -> Link {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (is_up, seen) = watch::channel(true);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let seen = seen.clone();
                if *seen.borrow() {
                    tokio::spawn(carry(stream, console, seen));
                }
            }
        });
        Link { address, is_up: Arc::new(is_up) }
    }

    /// Cuts what stands, and whatever comes.
    pub fn cut(&self) {
        self.is_up.send_replace(false);
    }

    /// Lets new connections through again.
    pub fn mend(&self) {
        self.is_up.send_replace(true);
    }

    /// The address of a page through this line.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

async fn carry(mut from: TcpStream, console: SocketAddr, mut is_up: watch::Receiver<bool>) {
    let Ok(mut to) = TcpStream::connect(console).await else { return };
    tokio::select! {
        _ended = copy_bidirectional(&mut from, &mut to) => {}
        _cut = is_up.wait_for(|is_up| !is_up) => {}
    }
}
