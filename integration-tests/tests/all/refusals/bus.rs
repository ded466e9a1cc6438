//! Rows of the bus, and of the stores of evidence.

use domain::envelope::Envelope;
use kit::{
    clock::Clock,
    proof::{self, Held},
};
use proto::{
    bus::{
        AcknowledgeRequest, CommitRequest, FetchRequest, FollowRequest, ListEnvelopesRequest,
        ListMailboxesRequest, Proof, PublishBatchRequest, WatchReceiptsRequest,
    },
    envelope::{AttributeValue, Wire, to_wire},
    evidence::{DownloadRequest, GetUploadRequest, UploadRequest},
    muster::envelope::v1::attribute_value::Attr,
    page::Page,
};
use tonic::Status;

use super::{
    super::people::identity,
    Row, rows,
    world::{COMMUNITY, LEAD, SENDER, World, digest, envelope, no},
};

const ADMIN: &str = "admin/root";

fn text(text: &str) -> AttributeValue {
    AttributeValue { attr: Some(Attr::CeString(text.into())) }
}

fn time(seconds: i64) -> AttributeValue {
    let attr = Attr::CeTimestamp(prost_types::Timestamp { seconds, nanos: 0 });
    AttributeValue { attr: Some(attr) }
}

impl World {
    async fn publish(self, change: impl FnOnce(&mut Envelope)) -> Status {
        let mut envelope = envelope();
        change(&mut envelope);
        self.publish_wires(vec![to_wire(&envelope)]).await
    }

    async fn publish_wire(self, change: impl FnOnce(&mut Wire)) -> Status {
        let mut wire = to_wire(&envelope());
        change(&mut wire);
        self.publish_wires(vec![wire]).await
    }

    async fn publish_wires(self, envelopes: Vec<Wire>) -> Status {
        no(self.bus(SENDER).publish_batch(PublishBatchRequest { envelopes }).await)
    }

    async fn follow(self, party: &str, after_place: u64, log_id: &str) -> Status {
        let request = FollowRequest { after_place, log_id: log_id.into(), ..Default::default() };
        no(self.bus(party).follow(request).await)
    }

    /// Signs as a party for the one envelope that there is.
    fn signs(&self, party: &str, log_id: &str) -> Option<Proof> {
        let held = Held::of(&to_wire(&envelope()));
        let now = Clock::system().now();
        Some(proof::sign(&identity(&self.data, party), log_id, now, held).unwrap())
    }

    /// Acknowledges what is at place 1, with this proof.
    async fn acknowledges(self, proof: impl FnOnce(&World, &str) -> Option<Proof>) -> Status {
        let mut bus = self.bus(SENDER);
        let fetched = bus.fetch(FetchRequest::default()).await.unwrap().into_inner();
        let log_id = fetched.log_id;
        let proof = proof(&self, &log_id);
        let request = AcknowledgeRequest { places: vec![1], log_id, proof };
        no(bus.acknowledge(request).await)
    }

    async fn envelopes(self, party: &str, subject: &str, token: &str) -> Status {
        let page = Some(Page { size: 1, token: token.into() });
        let request = ListEnvelopesRequest { subject: subject.into(), page };
        no(self.bus(party).list_envelopes(request).await)
    }

    async fn mailboxes(self, party: &str, token: &str) -> Status {
        let page = Some(Page { size: 1, token: token.into() });
        no(self.bus(party).list_mailboxes(ListMailboxesRequest { page }).await)
    }

    async fn bring(
        self,
        party: &str,
        door: &[&str],
        change: impl FnOnce(&mut UploadRequest),
    ) -> Status {
        let mut request = UploadRequest {
            digest: digest("three"),
            size: 5,
            piece: b"three".to_vec(),
            ..UploadRequest::default()
        };
        change(&mut request);
        no(self.evidence(party, door).upload(tokio_stream::once(request)).await)
    }

    async fn download(self, party: &str, door: &[&str], request: DownloadRequest) -> Status {
        no(self.evidence(party, door).download(request).await)
    }
}

/// What the bus refuses.
pub fn rows() -> Vec<Row> {
    let mut rows = envelopes();
    rows.extend(sequence());
    rows.extend(reading());
    rows
}

fn envelopes() -> Vec<Row> {
    rows! {
        "no envelope": |w| w.publish_wires(vec![])
            => InvalidArgument "WRONG_COUNT" "envelopes" "1 to 1000";
        "too many envelopes": |w| w.publish_wires(vec![to_wire(&envelope()); 1_001])
            => InvalidArgument "WRONG_COUNT" "envelopes" "1001";
        "oversized envelope": |w| w.publish(|e| e.body = vec![7; 1 << 20])
            => InvalidArgument "TOO_LARGE" "envelopes" "at most 1048576 bytes";
        "oversized message": |w| w.publish(|e| e.body = vec![7; 5 << 20])
            => InvalidArgument "TOO_LARGE" "request" "the limit is";
        "malformed id": |w| w.publish_wire(|e| e.id = "e 1".into())
            => InvalidArgument "MALFORMED_ID" "id" "not ' '";
        "no id": |w| w.publish_wire(|e| e.id.clear())
            => InvalidArgument "MALFORMED_ID" "id" "must not be empty";
        "another's source": |w| w.publish(|e| e.source = "unit/housing".parse().unwrap())
            => PermissionDenied "NOT_YOUR_SOURCE" "source" "can't send as unit/housing";
        "a community sends": |w| async move {
            no(w.bus(COMMUNITY).publish_batch(PublishBatchRequest::default()).await)
        } => PermissionDenied "NOT_A_SENDER" "" "sends nothing itself";
        "a unit calls another": |w| w.publish(|e| e.kind = "muster.case.v1.UnitCalled".into())
            => PermissionDenied "NOT_YOUR_SOURCE" "source" "what is muster.case.v1.UnitCalled";
        "no party as source": |w| w.publish_wire(|e| e.source = "me".into())
            => InvalidArgument "MALFORMED_PARTY" "source" "<kind>/<id>";
        "unknown recipient": |w| w.publish(|e| e.recipient = Some("unit/nobody".parse().unwrap()))
            => NotFound "UNKNOWN_RECIPIENT" "recipient" "there is no unit/nobody";
        "malformed recipient": |w| w.publish_wire(|e| {
            e.attributes.insert("recipient".into(), text("housing"));
        }) => InvalidArgument "MALFORMED_PARTY" "recipient" "<kind>/<id>";
        "no subject": |w| w.publish(|e| e.subject.clear())
            => InvalidArgument "MALFORMED_ENVELOPE" "subject" "must not be empty";
        "malformed type": |w| w.publish(|e| e.kind = "two words".into())
            => InvalidArgument "MALFORMED_ENVELOPE" "type" "not ' '";
        "type of another body": |w| w.publish_wire(|e| e.r#type = "com.example.Other".into())
            => InvalidArgument "MALFORMED_ENVELOPE" "proto_data" "com.example.Other";
        "no body": |w| w.publish_wire(|e| e.data = None)
            => InvalidArgument "MALFORMED_ENVELOPE" "proto_data" "must hold";
        "another version": |w| w.publish_wire(|e| e.spec_version = "0.3".into())
            => InvalidArgument "MALFORMED_ENVELOPE" "spec_version" "must be 1.0";
        "unknown attribute": |w| w.publish_wire(|e| {
            e.attributes.insert("colour".into(), text("red"));
        }) => InvalidArgument "MALFORMED_ENVELOPE" "colour" "no attribute";
        "an attribute with a name too long to repeat": |w| w.publish_wire(|e| {
            e.attributes.insert("z".repeat(100_000), text("red"));
        }) => InvalidArgument "MALFORMED_ENVELOPE" "attributes" "no attribute";
        "no time": |w| w.publish_wire(|e| drop(e.attributes.remove("time")))
            => InvalidArgument "MALFORMED_ENVELOPE" "time" "must be there";
        "a time after the year 9999": |w| w.publish_wire(|e| {
            e.attributes.insert("time".into(), time(253_402_300_800));
        }) => InvalidArgument "MALFORMED_ENVELOPE" "time" "years 1 to 9999";
        "malformed actor": |w| w.publish_wire(|e| {
            e.attributes.insert("actor".into(), text("李娜"));
        }) => InvalidArgument "MALFORMED_ID" "actor" "letters, digits";
        "priority out of range": |w| w.publish_wire(|e| {
            let attr = Some(Attr::CeInteger(256));
            e.attributes.insert("priority".into(), AttributeValue { attr });
        }) => InvalidArgument "MALFORMED_ENVELOPE" "priority" "0 to 255";
    }
}

fn sequence() -> Vec<Row> {
    rows! {
        "a gap": |w| w.publish(|e| e.number = 3)
            => FailedPrecondition "NUMBER_GAP" "number" "1 comes next";
        "a number that counts nothing": |w| w.publish_wire(|e| {
            e.attributes.insert("number".into(), text("0"));
        }) => InvalidArgument "MALFORMED_ENVELOPE" "number" "must count from 1";
        "a gap within one call": |w| async move {
            let second = Envelope { id: "e2".parse().unwrap(), number: 3, ..envelope() };
            w.publish_wires(vec![to_wire(&envelope()), to_wire(&second)]).await
        } => FailedPrecondition "NUMBER_GAP" "number" "2 comes next";
        "same id, other content": |w| async move {
            let other = Envelope { body: b"another".to_vec(), number: 2, ..envelope() };
            w.publish_wires(vec![to_wire(&envelope()), to_wire(&other)]).await
        } => AlreadyExists "ENVELOPE_ID_REUSED" "id" "was another envelope";
        "a number that was used": |w| async move {
            let other = Envelope { id: "e2".parse().unwrap(), ..envelope() };
            w.publish_wires(vec![to_wire(&envelope()), to_wire(&other)]).await
        } => FailedPrecondition "NUMBER_REUSED" "number" "2 comes next";
    }
}

fn reading() -> Vec<Row> {
    rows! {
        "an administrator opens a mailbox": |w| async move {
            no(w.bus(ADMIN).fetch(proto::bus::FetchRequest::default()).await)
        } => PermissionDenied "NO_MAILBOX" "" "has no mailbox";
        "nothing is acknowledged": |w| async move {
            no(w.bus(COMMUNITY).acknowledge(AcknowledgeRequest::default()).await)
        } => InvalidArgument "WRONG_COUNT" "places" "1 to 1000";
        "an acknowledgement that is not signed": |w| w.acknowledges(|_, _| None)
            => InvalidArgument "PROOF_MISSING" "proof" "has no proof";
        "a proof of no known algorithm": |w| w.acknowledges(|_, _| Some(Proof::default()))
            => InvalidArgument "PROOF_WRONG" "proof.algorithm" "must be";
        "a proof that another has signed": |w| w.acknowledges(|w, log| w.signs("unit/housing", log))
            => InvalidArgument "PROOF_WRONG" "proof.signature" "not the signature of";
        "a proof for another log": |w| w.acknowledges(|w, _| w.signs(SENDER, "another"))
            => InvalidArgument "PROOF_WRONG" "proof.signature" "not the signature of";
        "a proof of two hours ago": |w| w.acknowledges(|w, log| {
            let proof = w.signs(SENDER, log)?;
            Some(Proof { signed_at_ms: proof.signed_at_ms - 7_200_000, ..proof })
        }) => InvalidArgument "PROOF_WRONG" "proof.signed_at_ms" "set the clock right";
        "a proof of nothing": |w| w.acknowledges(|w, log| {
            Some(Proof { portions: Vec::new(), ..w.signs(SENDER, log)? })
        }) => InvalidArgument "PROOF_WRONG" "proof.portions" "1 to 1000 portions";
        "a community follows": |w| w.follow(COMMUNITY, 0, "")
            => PermissionDenied "NO_FOLLOWER" "" "does not follow";
        "another log is followed": |w| w.follow(ADMIN, 0, "another")
            => OutOfRange "LOG_CHANGED" "log_id" "begin again from 0";
        "a log is followed beyond its end": |w| w.follow(ADMIN, u64::MAX, "")
            => OutOfRange "LOG_CHANGED" "after_place" "begin again from 0";
        "receipts beyond the end": |w| async move {
            let request = WatchReceiptsRequest { after_place: u64::MAX, log_id: String::new() };
            no(w.bus(SENDER).watch_receipts(request).await)
        } => OutOfRange "LOG_CHANGED" "after_place" "begin again from 0";
        "an administrator commits": |w| async move {
            no(w.bus(ADMIN).commit(CommitRequest { place: 1, ..CommitRequest::default() }).await)
        } => PermissionDenied "NO_FOLLOWER" "" "no mandatory follower";
        "the gateway commits to another log": |w| async move {
            let log_id = "another".into();
            let request = CommitRequest { place: 1, log_id, ..CommitRequest::default() };
            no(w.bus("service/gateway").commit(request).await)
        } => OutOfRange "LOG_CHANGED" "log_id" "this is the log";
        "a community reads the record": |w| w.envelopes(COMMUNITY, "remarks/1", "")
            => PermissionDenied "NO_FOLLOWER" "" "does not follow";
        "malformed subject": |w| w.envelopes(ADMIN, "a b", "")
            => InvalidArgument "MALFORMED_ID" "subject" "not ' '";
        "malformed token": |w| w.envelopes(ADMIN, "remarks/1", "00ff")
            => InvalidArgument "MALFORMED_TOKEN" "page.token" "not a token";
        "a unit looks into mailboxes": |w| w.mailboxes("unit/enforcement", "")
            => PermissionDenied "NOT_YOURS" "" "may not look into mailboxes";
        "mailboxes from no party": |w| w.mailboxes(ADMIN, "ff")
            => InvalidArgument "MALFORMED_TOKEN" "page.token" "not a token";
    }
}

/// What the stores of evidence refuse.
pub fn evidence() -> Vec<Row> {
    rows! {
        "bytes of another hash": |w| w.bring(COMMUNITY, &["gateway"], |u| u.piece = b"threx".into())
            => InvalidArgument "DIGEST_MISMATCH" "digest" "upload from the beginning";
        "malformed address": |w| w.bring(COMMUNITY, &["gateway"], |u| u.digest = "three".into())
            => InvalidArgument "MALFORMED_DIGEST" "digest" "64 lower-case";
        "no size": |w| w.bring(COMMUNITY, &["gateway"], |u| u.size = 0)
            => InvalidArgument "EVIDENCE_TOO_LARGE" "size" "has 1 to";
        "more than a store takes": |w| w.bring(COMMUNITY, &["gateway"], |u| u.size = 65 << 20)
            => InvalidArgument "EVIDENCE_TOO_LARGE" "size" "67108864 bytes";
        "more bytes than were announced": |w|
            w.bring(COMMUNITY, &["gateway"], |u| u.piece = b"three and more".into())
            => InvalidArgument "PIECE_TOO_LARGE" "piece" "at most 5 bytes";
        "from the middle": |w| w.bring(COMMUNITY, &["gateway"], |u| u.offset = 2)
            => OutOfRange "OFFSET_MISMATCH" "offset" "0 bytes are there";
        "nothing at all": |w| async move {
            let mut store = w.evidence(COMMUNITY, &["gateway"]);
            no(store.upload(tokio_stream::empty()).await)
        } => InvalidArgument "EMPTY_UPLOAD" "digest" "nothing was sent";
        "a unit brings evidence for a whistle": |w|
            w.bring("unit/enforcement", &["gateway"], |_| ())
            => PermissionDenied "NOT_A_COMMUNITY" "" "no community";
        "a store that is not here": |w|
            w.bring(COMMUNITY, &["gateway"], |u| u.unit = "unit/housing".into())
            => NotFound "UNKNOWN_STORE" "unit" "unit/housing";
        "a community brings to a unit": |w| w.bring(COMMUNITY, &["units", LEAD], |_| ())
            => PermissionDenied "NOT_A_UNIT" "" "only a unit";
        "how much is there of nothing": |w| async move {
            let request = GetUploadRequest { digest: "?".into(), unit: String::new() };
            no(w.evidence(COMMUNITY, &["gateway"]).get_upload(request).await)
        } => InvalidArgument "MALFORMED_DIGEST" "digest" "64 lower-case";
        "evidence of no case of yours": |w| {
            let request = DownloadRequest { digest: digest("three"), ..Default::default() };
            w.download("community/kaihua_xishan", &["gateway"], request)
        } => NotFound "UNKNOWN_EVIDENCE" "digest" "in no case of yours";
        "a unit's evidence through the gateway, of no case of yours": |w| {
            let unit = "unit/environment".to_owned();
            let request = DownloadRequest { digest: digest("three"), unit, ..Default::default() };
            w.download("unit/housing", &["gateway"], request)
        } => NotFound "UNKNOWN_EVIDENCE" "digest" "in no case of yours";
        "evidence of a unit without a service, through the gateway": |w| {
            let unit = "unit/nobody".to_owned();
            let request = DownloadRequest { digest: digest("three"), unit, ..Default::default() };
            w.download(COMMUNITY, &["gateway"], request)
        } => NotFound "UNKNOWN_STORE" "unit" "a service of its own";
        "evidence of a unit with which no case is shared": |w| {
            let unit = "environment".to_owned();
            let request = DownloadRequest { digest: digest("three"), unit, ..Default::default() };
            w.download("unit/enforcement", &["units", "environment"], request)
        } => PermissionDenied "NOT_SHARED" "digest" "shares no case";
        "evidence of a unit that is not here": |w| {
            let unit = "nobody".to_owned();
            let request = DownloadRequest { digest: digest("three"), unit, ..Default::default() };
            w.download("unit/enforcement", &["units", "environment"], request)
        } => PermissionDenied "NOT_HOSTED_HERE" "unit" "nobody";
    }
}
