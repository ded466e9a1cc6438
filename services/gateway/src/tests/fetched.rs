//! Evidence that units keep: who sees the case gets it through the gateway, from whoever keeps it.

use domain::{
    case::{Fact, Ground, Intake, Level, Local, Proxied, Report},
    evidence::Evidence as Piece,
};
use kit::evidence::{EvidenceStore, Limits as Room};
use proto::evidence::{DownloadRequest, evidence_service_client::EvidenceServiceClient};

use super::{
    keeper::{Endless, Keeper, UNIT},
    pictures::{asked, upload},
    world::{self, World},
    *,
};

/// A community, and a unit, of no case here.
const STRANGERS: [&str; 2] = ["community/wolong_panlong", "unit/water"];

/// A gateway that knows where the unit is, and the unit's service.
struct Fetching {
    running: Running,
    keeper: Keeper,
    store: EvidenceStore,
    world: World,
}

impl Fetching {
    async fn start() -> Fetching {
        let dir = tempfile::tempdir().unwrap();
        let authority = Authority::open_or_create(&dir.path().join("ca"), &city().id).unwrap();
        let store = EvidenceStore::open(&dir.path().join("kept"), Room::default()).unwrap();
        let keeper = Keeper::of(&authority, store.clone()).await;
        let running = beside(dir, authority, &keeper).await;
        Fetching { running, keeper, store, world: World::default() }
    }

    /// What the unit keeps.
    fn kept(&self, bytes: &[u8]) -> Piece {
        piece(&self.store.put(bytes).unwrap(), bytes.len() as u64)
    }

    /// A case of three called units, which a second community has reported and which was lifted.
    async fn case(&mut self) -> String {
        let running = &self.running;
        let id = running.raise(running.stall("r1")).await;
        self.world.echo(running).await;
        let called = ["enforcement", UNIT, "market_regulation"].map(|unit| world::called(1, unit));
        let said = called.map(|call| ("service/worker", call));
        self.world.tell(running, &id, &said).await;
        let said = [("service/gateway", again()), ("service/gateway", lifted())];
        self.world.tell(running, &id, &said).await;
        id
    }

    /// The unit shows what it has done.
    async fn disposed(&mut self, id: &str, piece: &Piece) {
        let (unit, evidence) = (UNIT.parse().unwrap(), vec![piece.clone()]);
        let disposed = Fact::Disposed { round: 1, unit, summary: "gone".into(), evidence };
        self.world.tell(&self.running, id, &[("unit/environment", disposed)]).await;
    }

    async fn get(&self, party: &str, digest: &Digest) -> Result<Vec<u8>, Rejection> {
        asked(&self.running, party, request("unit/environment", digest, 0)).await
    }
}

async fn beside(dir: TempDir, authority: Authority, keeper: &Keeper) -> Running {
    let config = Config { units: keeper.known(), ..Config::default() };
    Running::open_with(dir, authority, "https://127.0.0.1:1", city(), config).await
}

fn request(unit: &str, digest: &Digest, offset: u64) -> DownloadRequest {
    DownloadRequest { digest: digest.to_string(), offset, unit: unit.into() }
}

fn piece(digest: &Digest, size: u64) -> Piece {
    Piece { digest: digest.clone(), size, kind: "photo".into(), media_type: "image/jpeg".into() }
}

fn again() -> Fact {
    Fact::ReportedAgain(Report {
        reporter: "kaihua_xishan".parse().unwrap(),
        intake: Intake::default(),
        description: "the same stalls".into(),
        evidence: vec![],
        seen_at: NOW,
        reported_at: NOW,
        ground: Ground::Person,
        merged_from: None,
    })
}

fn lifted() -> Fact {
    Fact::Local(Local::Lifted {
        to: Level::Subdistrict,
        upper: "unit/subdistrict_kaihua".parse().unwrap(),
        reason: "it comes back".into(),
        lifted_by: DONGFENG.parse().unwrap(),
    })
}

#[tokio::test]
async fn who_sees_the_case_sees_what_a_unit_has_shown_in_it_and_nobody_else() {
    let mut all = Fetching::start().await;
    let id = all.case().await;
    let other = all.running.raise(all.running.cables("r2")).await;
    all.world.echo(&all.running).await;
    all.world.tell(&all.running, &other, &[("service/worker", world::called(1, "water"))]).await;
    let shown = all.kept(b"the place after it");
    all.disposed(&id, &shown).await;
    for party in [
        DONGFENG,
        XISHAN,
        "unit/enforcement",
        "unit/environment",
        "unit/market_regulation",
        "unit/subdistrict_kaihua",
        "office/gov_city",
        "admin/li",
    ] {
        let found = all.get(party, &shown.digest).await;
        assert_eq!(found.unwrap(), b"the place after it", "{party}");
    }
    // The unit sees a case, but not this one; whether there is such a piece it is not told.
    assert!(all.running.get("unit/water", &other).await.is_ok());
    let absent = Digest::sha256([1; 32]);
    for party in STRANGERS {
        let mut answers = Vec::new();
        for digest in [&shown.digest, &absent] {
            let no = all.get(party, digest).await.unwrap_err();
            answers.push(no.to_string().replace(&digest.to_string(), "it"));
        }
        assert_eq!(answers[0], answers[1]);
        assert!(answers[0].contains("in no case of yours"), "{party}: {answers:?}");
    }
}

#[tokio::test]
async fn what_a_unit_keeps_and_no_case_refers_to_is_seen_by_nobody_through_the_gateway() {
    let mut all = Fetching::start().await;
    all.case().await;
    let draft = all.kept(b"not shown yet");
    for party in [DONGFENG, "unit/environment", "office/gov_city", "admin/li"] {
        let no = all.get(party, &draft.digest).await.unwrap_err();
        assert_eq!((no.reason.as_str(), no.field.as_str()), ("UNKNOWN_EVIDENCE", "digest"));
    }
    let stranger = all.get("service/worker", &draft.digest).await.unwrap_err();
    assert_eq!(stranger.reason, "NOT_A_READER");
}

#[tokio::test]
async fn what_the_lead_has_shown_in_the_place_of_a_unit_is_found_where_it_lies() {
    let mut all = Fetching::start().await;
    let id = all.case().await;
    let shown = all.kept(b"the wires are tied");
    let (unit, evidence) = ("power_company".parse().unwrap(), vec![shown.clone()]);
    let act = Fact::Disposed { round: 1, unit, summary: "tied".into(), evidence };
    let proxied = Fact::Proxied(Proxied::new(UNIT.parse().unwrap(), act).unwrap());
    let raised = Fact::Dispute(domain::case::Dispute::Raised {
        severity: domain::case::Severity::Emergency,
        reason: "sparks".into(),
        evidence: vec![shown.clone()],
        raised_by: "unit/environment".parse().unwrap(),
    });
    let said = [("unit/environment", proxied), ("unit/environment", raised)];
    all.world.tell(&all.running, &id, &said).await;
    let history = all.running.history(XISHAN, &id).await.unwrap();
    let with: Vec<_> = history.iter().filter(|step| !step.evidence.is_empty()).collect();
    let of: Vec<_> = with.iter().map(|step| step.evidence_of.as_str()).collect();
    assert_eq!(of, ["service/gateway", "unit/environment", "unit/environment"]);
    assert_eq!(all.get(XISHAN, &shown.digest).await.unwrap(), b"the wires are tied");
}

#[tokio::test]
async fn a_store_that_is_not_there_or_not_known_or_has_it_not_is_told_as_what_it_is() {
    let mut all = Fetching::start().await;
    let id = all.case().await;
    let (shown, gone) = (all.kept(b"shown"), piece(&Digest::sha256([2; 32]), 5));
    all.disposed(&id, &shown).await;
    all.disposed(&id, &gone).await;
    let ask = async |unit: &str| asked(&all.running, XISHAN, request(unit, &shown.digest, 0)).await;
    let told = |no: Rejection, reason: &str, field: &str, word: &str| {
        assert_eq!((no.reason.as_str(), no.field.as_str()), (reason, field), "{no}");
        assert!(no.message.contains(word), "{no}");
    };
    assert_eq!(ask(UNIT).await.unwrap(), b"shown", "also by its id alone");
    for unit in ["unit/nobody", "unit/power_company", "community/kaihua_xishan", "service/bus"] {
        told(ask(unit).await.unwrap_err(), "UNKNOWN_STORE", "unit", "right would be");
    }
    let missing = ask("unit/housing").await.unwrap_err();
    told(missing, "STORE_NOT_CONFIGURED", "unit", "lacks [peers.housing]");
    let absent = all.get(XISHAN, &gone.digest).await.unwrap_err();
    told(absent, "UNKNOWN_EVIDENCE", "digest", "the store of unit/environment");
    let refused = upload(&all.running, DONGFENG, "unit/environment").await.unwrap_err();
    told(refused, "UNKNOWN_STORE", "unit", "to its own service");

    let Fetching { running, keeper, .. } = all;
    drop(keeper);
    let away = async || {
        let answer = asked(&running, XISHAN, request(UNIT, &shown.digest, 0)).await;
        answer.err().filter(|no| no.reason == "STORE_UNREACHABLE")
    };
    let no = eventually("its service is gone", away).await;
    told(no, "STORE_UNREACHABLE", "unit", "the store of unit/environment");
}

#[tokio::test]
async fn a_piece_is_passed_on_as_it_comes_from_the_offset_and_within_the_callers_deadline() {
    let mut all = Fetching::start().await;
    let id = all.case().await;
    let bytes: Vec<u8> = (0..400_000_u32).flat_map(u32::to_be_bytes).collect();
    let large = all.kept(&bytes);
    all.disposed(&id, &large).await;
    assert_eq!(all.get(XISHAN, &large.digest).await.unwrap(), bytes);
    let rest = asked(&all.running, XISHAN, request(UNIT, &large.digest, 1_000_001)).await;
    assert_eq!(rest.unwrap(), bytes[1_000_001..]);

    // From a store without end the beginning comes all the same: nobody waits for the whole.
    let endless = Endless::default();
    let keeper = Keeper::endless(&all.running.authority, endless.clone()).await;
    let (dir, authority) = all.running.stop().await;
    let running = beside(dir, authority, &keeper).await;
    let mut client = EvidenceServiceClient::new(running.channel(XISHAN));
    let request = tonic::Request::new(request(UNIT, &large.digest, 0));
    let request = client::deadline(request, Duration::from_secs(17));
    let asked_for = request.metadata().get("grpc-timeout").unwrap().to_str().unwrap().to_owned();
    let mut stream = client.download(request).await.unwrap().into_inner();
    for _ in 0..40 {
        let piece = tokio::time::timeout(PATIENCE, stream.message()).await;
        assert_eq!(piece.unwrap().unwrap().unwrap().piece.len(), 256 << 10);
    }
    assert_eq!(endless.deadline(), Some(asked_for));
    // And the gateway ends in order while it passes on.
    running.stop.cancel();
    let ended = async || match stream.message().await {
        Ok(Some(_)) => None,
        ended => Some(ended.unwrap_err()),
    };
    let no = refused(eventually("it ends", ended).await);
    assert_eq!(no.reason, "STOPPING");
}

#[test]
fn whatever_shows_a_fact_is_seen_with_its_case() {
    let table = include_str!("../sentence/tests/facts.txt");
    let shown = serde_json::to_string(&[piece(&Digest::sha256([3; 32]), 1)]).unwrap();
    let mut with = 0;
    for json in table.lines().filter(|line| line.contains("\"evidence\": []")) {
        let json = json.replace("\"evidence\": []", &format!("\"evidence\": {shown}"));
        let fact: Fact = serde_json::from_str(&json).unwrap();
        // A call has what its whistle has.
        let is_call = matches!(fact, Fact::Called(_));
        assert_eq!(told::shown(&fact).len(), usize::from(!is_call), "{json}");
        with += 1;
    }
    assert!(with > 10, "{with} facts");
}
