//! Lines into the city under test, each with a certificate of its authority; and patience: a call
//! without an answer is made again, one that is refused for good is not.

use std::{path::Path, time::Duration};

use anyhow::Context as _;
use domain::party::Party;
use kit::{
    client::{self, Channel, Endpoint},
    identity::Authority,
    status,
};
use proto::{
    case::Evidence,
    evidence::{GetUploadRequest, UploadRequest, evidence_service_client::EvidenceServiceClient},
};
use sha2::{Digest as _, Sha256};
use tonic::{Code, Status};

/// How long to wait before a call is made again.
const AGAIN: Duration = Duration::from_millis(200);

/// The doors of the city, and its authority.
pub struct Lines {
    authority: Authority,
    identity: std::path::PathBuf,
    doors: serde_json::Value,
}

impl Lines {
    /// Reads where the doors are.
    pub fn open(data: &Path) -> anyhow::Result<Lines> {
        let identity = data.join("identity");
        let authority = Authority::open_or_create(&identity, &"wenshan".parse()?)?;
        let doors = serde_json::from_slice(&std::fs::read(data.join("endpoints.json"))?)?;
        Ok(Lines { authority, identity, doors })
    }

    /// A line to the gateway as somebody.
    pub fn to_gateway(&self, party: &str) -> anyhow::Result<Channel> {
        self.line(party, &self.doors["gateway"])
    }

    /// A line of a unit's own system to its desk.
    pub fn to_unit(&self, unit: &str) -> anyhow::Result<Channel> {
        self.line(&format!("unit/{unit}"), &self.doors["units"][unit])
    }

    fn line(&self, party: &str, door: &serde_json::Value) -> anyhow::Result<Channel> {
        let party: Party = party.parse()?;
        let identity = self.authority.issue_to(&self.identity, &party)?;
        let to: Endpoint = serde_json::from_value(door.clone()).context("no such door")?;
        Ok(client::connect_lazy(&identity, &to, &client::Limits::default())?)
    }
}

/// Whether the caller is wrong, so that asking again is in vain.
fn is_final(status: &Status) -> bool {
    matches!(
        status.code(),
        Code::InvalidArgument
            | Code::NotFound
            | Code::AlreadyExists
            | Code::PermissionDenied
            | Code::Unauthenticated
            | Code::FailedPrecondition
    )
}

/// Makes a call until it is answered; the answer may be that it is refused.
pub async fn answered<T>(mut call: impl AsyncFnMut() -> Result<T, Status>) -> anyhow::Result<T> {
    loop {
        match call().await {
            Ok(answer) => return Ok(answer),
            Err(status) if is_final(&status) => {
                let refusal = status::rejection(&status);
                anyhow::bail!("refused: {} {}", refusal.reason, refusal.message);
            }
            Err(_) => tokio::time::sleep(AGAIN).await,
        }
    }
}

/// Brings a photograph that follows from the text; goes on where a broken line has left it.
pub async fn photograph(line: &Channel, text: &str) -> anyhow::Result<Evidence> {
    let bytes = text.as_bytes();
    let hash: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    let (digest, size) = (format!("sha256:{hash}"), bytes.len() as u64);
    answered(async || {
        let mut store = EvidenceServiceClient::new(line.clone());
        let asked = GetUploadRequest { digest: digest.clone(), ..GetUploadRequest::default() };
        let there = store.get_upload(asked).await?.into_inner();
        if there.is_complete {
            return Ok(());
        }
        let offset = there.received;
        let rest = usize::try_from(offset).ok().and_then(|at| bytes.get(at..)).unwrap_or_default();
        let (digest, piece) = (digest.clone(), rest.to_vec());
        let request = UploadRequest { digest, size, offset, piece, unit: String::new() };
        store.upload(tokio_stream::once(request)).await.map(drop)
    })
    .await?;
    let (kind, media_type) = ("photo".to_owned(), "text/plain".to_owned());
    Ok(Evidence { digest, size, kind, media_type })
}
