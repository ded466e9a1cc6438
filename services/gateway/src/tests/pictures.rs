//! The evidence of whistles: brought by communities, seen by whom the case concerns.

use proto::evidence::{
    DownloadRequest, UploadRequest, evidence_service_client::EvidenceServiceClient,
};

use super::{world::World, *};

pub(super) async fn upload(
    running: &Running,
    party: &str,
    unit: &str,
) -> Result<String, Rejection> {
    let bytes = b"a picture of a stall".to_vec();
    let digest = Digest::sha256(
        sha2::Digest::finalize(sha2::Digest::chain_update(
            <sha2::Sha256 as sha2::Digest>::new(),
            &bytes,
        ))
        .into(),
    );
    let (digest, size) = (digest.to_string(), bytes.len() as u64);
    let request =
        UploadRequest { digest: digest.clone(), size, offset: 0, piece: bytes, unit: unit.into() };
    let mut client = EvidenceServiceClient::new(running.channel(party));
    let answer = client.upload(tokio_stream::iter([request])).await.map_err(refused)?;
    assert!(answer.into_inner().is_complete);
    Ok(digest)
}

async fn download(running: &Running, party: &str, digest: &str) -> Result<Vec<u8>, Rejection> {
    let request = DownloadRequest { digest: digest.into(), ..DownloadRequest::default() };
    asked(running, party, request).await
}

pub(super) async fn asked(
    running: &Running,
    party: &str,
    request: DownloadRequest,
) -> Result<Vec<u8>, Rejection> {
    let mut client = EvidenceServiceClient::new(running.channel(party));
    let mut stream = client.download(request).await.map_err(refused)?.into_inner();
    let mut bytes = Vec::new();
    while let Some(piece) = stream.message().await.map_err(refused)? {
        bytes.extend(piece.piece);
    }
    Ok(bytes)
}

#[tokio::test]
async fn a_community_brings_it_and_only_whom_the_case_concerns_sees_it() {
    let running = Running::start().await;
    let no = |answer: Result<Vec<u8>, Rejection>| answer.err().map(|no| no.reason);
    for party in ["unit/enforcement", "office/leading_group_office", "community/nowhere"] {
        let refused = upload(&running, party, "").await.unwrap_err();
        assert_eq!(refused.reason, "NOT_A_COMMUNITY", "{party}");
    }
    let other = upload(&running, DONGFENG, "unit/enforcement").await.unwrap_err();
    assert_eq!(other.reason, "UNKNOWN_STORE");
    let digest = upload(&running, DONGFENG, "service/gateway").await.unwrap();
    assert_eq!(no(download(&running, DONGFENG, &digest).await), Some("UNKNOWN_EVIDENCE".into()));

    let piece = Evidence { digest: digest.clone(), size: 0, ..running.photo("x") };
    let request = RaiseWhistleRequest { evidence: vec![piece], ..running.stall("r1") };
    let id = running.raise(request).await;
    let mut world = World::default();
    world.echo(&running).await;
    world.tell(&running, &id, &[("service/worker", world::called(1, "environment"))]).await;
    for (party, sees) in [
        (DONGFENG, true),
        (XISHAN, false),
        ("unit/environment", true),
        ("unit/housing", false),
        ("office/gov_city", true),
    ] {
        let answer = download(&running, party, &digest).await;
        assert_eq!(answer.is_ok(), sees, "{party}: {answer:?}");
    }
    // Also who sees every case sees nothing of what is in none.
    let brought = running.photo("in no case").digest;
    let answer = download(&running, "office/gov_city", &brought).await;
    assert_eq!(no(answer), Some("UNKNOWN_EVIDENCE".into()));
}
