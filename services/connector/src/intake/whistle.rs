//! The whistle for a community, by the gateway's ordinary methods, and what shows it.

use domain::{
    evidence::Evidence,
    id::CommunityId,
    party::{Kind, Party},
};
use kit::{
    client::{self, Channel, Spoken},
    status::rejection,
};
use proto::{
    evidence::{GetUploadRequest, UploadRequest, evidence_service_client::EvidenceServiceClient},
    whistle::{
        RaiseWhistleRequest, RaiseWhistleResponse, whistle_service_client::WhistleServiceClient,
    },
};
use tonic::{Code, Status};

use super::why::Why;

/// How many bytes are sent at once.
const PIECE_BYTES: usize = 1 << 20;

/// Why there is no case.
#[derive(Debug)]
pub(crate) enum Unraised {
    /// Not now: the same again later.
    Later(String),
    /// The same will never be taken: a person must say more.
    Refused(String),
}

impl From<Status> for Unraised {
    fn from(status: Status) -> Unraised {
        let no = rejection(&status);
        let text = Why::Refused { reason: &no.reason, message: &no.message }.to_string();
        let is_final = matches!(
            status.code(),
            Code::InvalidArgument
                | Code::NotFound
                | Code::AlreadyExists
                | Code::PermissionDenied
                | Code::FailedPrecondition
                | Code::Aborted
        );
        // Policies that do not let us whistle are no fault of the report.
        if is_final && no.reason != "NOT_A_VOICE" {
            Unraised::Refused(text)
        } else {
            Unraised::Later(text)
        }
    }
}

/// A piece that shows it, with its bytes.
pub(crate) type Piece = (Evidence, Vec<u8>);

/// Whistles in the name of a community; a repeat is answered with the same case.
pub(crate) async fn raise(
    gateway: &Channel,
    community: &CommunityId,
    request: RaiseWhistleRequest,
    pieces: Vec<Piece>,
) -> Result<RaiseWhistleResponse, Unraised> {
    let party = Party { kind: Kind::Community, id: community.to_string() };
    let spoken = client::speak_for(gateway.clone(), &party);
    let spoken = spoken.map_err(|error| {
        let message = error.to_string();
        Unraised::Refused(Why::Refused { reason: "NO_PARTY", message: &message }.to_string())
    })?;
    for piece in pieces {
        bring(&mut EvidenceServiceClient::new(spoken.clone()), piece).await?;
    }
    Ok(WhistleServiceClient::new(spoken).raise_whistle(request).await?.into_inner())
}

/// Brings a piece into the gateway's store, from where it stands there.
async fn bring(
    store: &mut EvidenceServiceClient<Spoken>,
    (piece, bytes): Piece,
) -> Result<(), Status> {
    let digest = piece.digest.to_string();
    let asked = GetUploadRequest { digest: digest.clone(), ..GetUploadRequest::default() };
    let there = store.get_upload(asked).await?.into_inner();
    if there.is_complete {
        return Ok(());
    }
    let rest = usize::try_from(there.received).ok().and_then(|at| bytes.get(at..));
    let rest = rest.unwrap_or_default().chunks(PIECE_BYTES).map(<[u8]>::to_vec);
    let size = bytes.len() as u64;
    let requests: Vec<_> = rest
        .enumerate()
        .map(|(index, piece)| match index {
            0 => UploadRequest {
                digest: digest.clone(),
                size,
                offset: there.received,
                piece,
                ..UploadRequest::default()
            },
            _ => UploadRequest { piece, ..UploadRequest::default() },
        })
        .collect();
    store.upload(tokio_stream::iter(requests)).await.map(drop)
}
