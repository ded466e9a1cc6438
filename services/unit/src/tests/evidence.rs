//! Evidence over the wire: brought, resumed, refused, shared with the lead and with nobody else.

use domain::evidence::Digest;
use proto::evidence::{
    DownloadRequest, GetUploadRequest, UploadRequest, UploadResponse,
    evidence_service_client::EvidenceServiceClient,
};
use sha2::{Digest as _, Sha256};

use super::{
    desk::{accept, arrive, dispose},
    *,
};

type Evidence = EvidenceServiceClient<Channel>;

fn digest(bytes: &[u8]) -> String {
    Digest::sha256(Sha256::digest(bytes).into()).to_string()
}

fn store(host: &Running, town: &Town, unit: &str) -> Evidence {
    Evidence::new(host.channel(town, &format!("unit/{unit}")))
}

/// Sends a part of what `digest` and `size` announce.
async fn upload(
    client: &mut Evidence,
    unit: &str,
    (digest, size): (&str, usize),
    offset: usize,
    pieces: &[&[u8]],
) -> Result<UploadResponse, Status> {
    let first = UploadRequest {
        digest: digest.to_owned(),
        size: size as u64,
        offset: offset as u64,
        unit: unit.to_owned(),
        ..UploadRequest::default()
    };
    let pieces: Vec<Vec<u8>> = pieces.iter().map(|piece| piece.to_vec()).collect();
    let pieces = pieces.into_iter().map(|piece| UploadRequest { piece, ..Default::default() });
    let messages: Vec<UploadRequest> = std::iter::once(first).chain(pieces).collect();
    Ok(client.upload(tokio_stream::iter(messages)).await?.into_inner())
}

async fn download(client: &mut Evidence, unit: &str, digest: &str) -> Result<Vec<u8>, Status> {
    let request = DownloadRequest { digest: digest.into(), offset: 0, unit: unit.into() };
    let mut stream = client.download(request).await?.into_inner();
    let mut bytes = Vec::new();
    while let Some(answer) = stream.message().await? {
        bytes.extend_from_slice(&answer.piece);
    }
    Ok(bytes)
}

/// Brings a photograph into a unit's own store.
pub(super) async fn photo(
    host: &Running,
    town: &Town,
    unit: &str,
    bytes: &[u8],
) -> proto::case::Evidence {
    let name = digest(bytes);
    let mut client = store(host, town, unit);
    let done = upload(&mut client, "", (&name, bytes.len()), 0, &[bytes]).await.unwrap();
    assert!(done.is_complete);
    let media_type = "image/jpeg".into();
    proto::case::Evidence {
        digest: name,
        size: bytes.len() as u64,
        kind: "photo".into(),
        media_type,
    }
}

#[tokio::test]
async fn an_upload_that_broke_off_goes_on_and_outlives_the_process() {
    let town = Town::new();
    let host = town.start(&["housing"]).await;
    let bytes: Vec<u8> = (0..200_000_u32).flat_map(u32::to_be_bytes).collect();
    let (name, size) = (digest(&bytes), bytes.len());
    let mut client = store(&host, &town, "housing");
    let part = upload(&mut client, "", (&name, size), 0, &[&bytes[..100_000]]).await.unwrap();
    assert_eq!((part.received, part.is_complete), (100_000, false));
    assert!(download(&mut client, "", &name).await.is_err());
    host.end().await;

    let host = town.start(&["housing"]).await;
    let mut client = store(&host, &town, "housing");
    let elsewhere = upload(&mut client, "", (&name, size), 5, &[]).await.unwrap_err();
    assert_eq!(reason(&elsewhere), "OFFSET_MISMATCH");
    assert_eq!(status::metadata(&elsewhere, "expected").as_deref(), Some("100000"));
    let request = GetUploadRequest { digest: name.clone(), unit: String::new() };
    let there = client.get_upload(request).await.unwrap().into_inner();
    assert_eq!((there.received, there.is_complete), (100_000, false));
    let pieces: Vec<&[u8]> = bytes[100_000..].chunks(300_000).collect();
    let done = upload(&mut client, "", (&name, size), 100_000, &pieces).await.unwrap();
    assert!(done.is_complete);
    let again = upload(&mut client, "", (&name, size), 0, &[&bytes[..10]]).await.unwrap();
    assert_eq!((again.received, again.is_complete), (size as u64, true));
    assert_eq!(download(&mut client, "", &name).await.unwrap(), bytes);
    host.end().await;
}

#[tokio::test]
async fn bytes_that_are_not_what_they_are_called_are_refused() {
    let town = Town::new();
    let host = town.start(&["housing"]).await;
    let mut client = store(&host, &town, "housing");
    let name = digest(b"right");
    let refused = upload(&mut client, "", (&name, 5), 0, &[b"wrong"]).await.unwrap_err();
    assert_eq!(reason(&refused), "DIGEST_MISMATCH");
    assert_eq!(reason(&download(&mut client, "", &name).await.unwrap_err()), "UNKNOWN_EVIDENCE");
    let refused = upload(&mut client, "", ("sha256:no", 5), 0, &[b"wrong"]).await.unwrap_err();
    assert_eq!(reason(&refused), "MALFORMED_DIGEST");

    // A disposal may not name what is not there, nor say another size.
    host.hears("housing", 1, "c1", &call("housing", "housing", 1)).await;
    let mut desk = host.desk(&town, "housing");
    accept(&mut desk, "r1", "c1").await.unwrap();
    arrive(&mut desk, "r2", "c1").await.unwrap();
    let mut piece = photo(&host, &town, "housing", b"right").await;
    piece.size = 6;
    let refused = dispose(&mut desk, "r3", "c1", vec![piece.clone()]).await.unwrap_err();
    assert_eq!(reason(&refused), "EVIDENCE_MISSING");
    piece.size = 5;
    dispose(&mut desk, "r3", "c1", vec![piece]).await.unwrap();
    host.end().await;
}

#[tokio::test]
async fn what_a_cooperating_unit_disposed_comes_to_the_lead_when_the_lead_is_there() {
    let town = Town::new();
    let lead = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let lead_at = lead.local_addr().unwrap();
    drop(lead);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = town.serve(&["housing"], listener, &[("enforcement", lead_at)]).await;
    host.hears("housing", 1, "c1", &call("housing", "enforcement", 1)).await;
    let mut desk = host.desk(&town, "housing");
    accept(&mut desk, "r1", "c1").await.unwrap();
    arrive(&mut desk, "r2", "c1").await.unwrap();
    let bytes = vec![7; 900_000];
    let piece = photo(&host, &town, "housing", &bytes).await;
    let name = piece.digest.clone();
    let secret = photo(&host, &town, "housing", b"not of the case").await;
    dispose(&mut desk, "r3", "c1", vec![piece]).await.unwrap();
    assert_eq!(to_copy(&host).len(), 1);

    let lead = TcpListener::bind(lead_at).await.unwrap();
    let leading = town.serve(&["enforcement"], lead, &[]).await;
    let mut of_lead = store(&leading, &town, "enforcement");
    eventually("the lead has the evidence", async || {
        download(&mut of_lead, "", &name).await.is_ok_and(|found| found == bytes)
    })
    .await;
    eventually("nothing is to be copied", async || to_copy(&host).is_empty()).await;

    // The lead may read it at its source too; nobody else, and nothing else.
    let mut lead_reads = store(&host, &town, "enforcement");
    assert_eq!(download(&mut lead_reads, "housing", &name).await.unwrap(), bytes);
    let refused = download(&mut lead_reads, "housing", &secret.digest).await.unwrap_err();
    assert_eq!(reason(&refused), "NOT_SHARED");
    let mut other = store(&host, &town, "water");
    let refused = download(&mut other, "housing", &name).await.unwrap_err();
    assert_eq!(reason(&refused), "NOT_SHARED");

    // Who whistled judges what was done, and sees it; so do the offices, and no other community.
    for (party, sees) in [
        ("community/kaihua_dongfeng", true),
        ("office/gov_city", true),
        ("community/kaihua_xishan", false),
    ] {
        let mut reader = Evidence::new(host.channel(&town, party));
        let answer = download(&mut reader, "housing", &name).await;
        assert_eq!(answer.is_ok_and(|found| found == bytes), sees, "{party}");
    }
    let mut community = Evidence::new(host.channel(&town, "community/kaihua_dongfeng"));
    let refused = download(&mut community, "housing", &secret.digest).await.unwrap_err();
    assert_eq!(reason(&refused), "NOT_SHARED");
    let refused = upload(&mut community, "housing", (&name, 1), 0, &[]).await.unwrap_err();
    assert_eq!(reason(&refused), "NOT_A_UNIT");
    // The gateway fetches for who sees the case, and brings nothing; no other role does either.
    let mut gateway = Evidence::new(host.channel(&town, "service/gateway"));
    assert_eq!(download(&mut gateway, "housing", &name).await.unwrap(), bytes);
    let refused = upload(&mut gateway, "housing", (&name, 1), 0, &[]).await.unwrap_err();
    assert_eq!(reason(&refused), "NOT_A_READER");
    let mut worker = Evidence::new(host.channel(&town, "service/worker"));
    let refused = download(&mut worker, "housing", &name).await.unwrap_err();
    assert_eq!(reason(&refused), "NOT_A_READER");
    // Who is no unit has no store of its own to speak of.
    let refused = download(&mut community, "", &name).await.unwrap_err();
    assert_eq!(reason(&refused), "NOT_A_UNIT");
    host.end().await;
    leading.end().await;
}

fn to_copy(host: &Running) -> Vec<crate::desk::ToCopy> {
    host.stores["housing"].read(|tx| crate::desk::to_copy(tx, b"", 10)).unwrap()
}
