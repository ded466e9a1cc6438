//! Requests of all services, through the code by which their handlers read them.
//!
//! Input: which method (1 byte), then the request as protobuf, or as JSON where it begins with `{`. What can be decided without a store
//! is decided as well: the route of a whistle by the pack of Wenshan, a desk command on a task.

mod account;
mod between;
mod city;
mod clock;
mod contact;
mod credit;
mod decree;
mod dispute;
mod ground;
mod incident;
mod inspection;
mod intake;
mod joint;
mod json;
mod ladder;
mod ledger;
mod notices;
mod operation;
mod outside;
mod proof;
mod registry;

use domain::{
    moment::Moment,
    party::Party,
    rejection::Rejection,
    task::{self, Desk, Task},
};
use kit::page;
use prost::Message;
use proto::{
    bus::{
        AcknowledgeRequest, CertificateChain, CommitRequest, FetchRequest, FollowRequest,
        ListEnvelopesRequest, ListMailboxesRequest, NumberRange, Portion, Proof, Proofs,
        ShownPortion, ShownProof, WatchReceiptsResponse,
    },
    case::{Evidence, Rating},
    convert,
    evidence::{DownloadRequest, GetUploadRequest, UploadRequest},
    page::{Command, Page},
    register::LookUpRequest,
    sealed::{
        ListParkedRequest, ListSubscribersRequest, LocateEnvelopeRequest, PublishRequest,
        PutSubscriberRequest, ResolveParkedRequest, Selection,
    },
    unit::{
        AcceptTaskRequest, ArriveTaskRequest, ClaimTaskRequest, DeclareCaseRequest,
        DisposeTaskRequest, GetTaskRequest, ListTasksRequest, RefuseTaskRequest,
    },
    whistle::{
        AssignCaseRequest, ConfirmCaseRequest, GetCaseRequest, ListCasesRequest, MergeCaseRequest,
        RaiseWhistleRequest, SendBackCaseRequest, TellCaseApartRequest,
    },
};

use self::city::city;
use super::{check_refusal, fact};

/// 22 November 2026.
const NOW: Moment = Moment(1_795_303_800_000);

type Read = fn(&[u8]) -> Result<(), Rejection>;

/// Each method that takes more than a number.
const METHODS: &[(&str, Read)] = &[
    ("RaiseWhistle", ground::raise),
    ("AssignCase", assign),
    ("ConfirmCase", confirm),
    ("HoldClock", clock::hold),
    ("ResumeClock", clock::resume),
    ("ExtendLimit", clock::extend),
    ("SendBackCase", send_back),
    ("GetCase", get_case),
    ("ListCases", list_cases),
    ("ClaimTask", claim),
    ("AcceptTask", act::<AcceptTaskRequest>),
    ("RefuseTask", act::<RefuseTaskRequest>),
    ("ArriveTask", act::<ArriveTaskRequest>),
    ("DisposeTask", act::<DisposeTaskRequest>),
    ("DeclareCase", act::<DeclareCaseRequest>),
    ("GetTask", get_task),
    ("ListTasks", list_tasks),
    ("LookUp", look_up),
    ("Publish", publish),
    ("Acknowledge", proof::acknowledge),
    ("ListEnvelopes", list_envelopes),
    ("ListMailboxes", list_mailboxes),
    ("GetUpload", get_upload),
    ("Upload", upload),
    ("Download", download),
    ("Follow", numbers),
    ("MergeCase", merge),
    ("TellCaseApart", tell_apart),
    ("ResolveParked", resolve_parked),
    ("ListParked", list_parked),
    ("PutSubscriber", put_subscriber),
    ("ListSubscribers", list_subscribers),
    ("LocateEnvelope", locate),
    ("Ask", between::ask),
    ("AnswerQuestion", between::answer_question),
    ("ListQuestions", between::list_questions),
    ("SendNotice", between::send_notice),
    ("Commit", proof::commit),
    ("WatchReceipts", proof::receipts),
];

fn methods() -> Vec<(&'static str, Read)> {
    let more = [
        &registry::METHODS[..],
        &ledger::METHODS[..],
        &ground::METHODS[..],
        &ladder::METHODS[..],
        &dispute::METHODS[..],
        &account::METHODS[..],
        &credit::METHODS[..],
        &joint::METHODS[..],
        &decree::METHODS[..],
        &inspection::METHODS[..],
        &contact::METHODS[..],
        &operation::METHODS[..],
        &outside::METHODS[..],
        &incident::METHODS[..],
        &notices::METHODS[..],
        &intake::METHODS[..],
    ];
    [METHODS, &more.concat()[..]].concat()
}

/// Reads one request.
pub fn run(data: &[u8]) {
    let [method, bytes @ ..] = data else { return };
    let methods = methods();
    let (name, read) = methods[usize::from(*method) % methods.len()];
    let read = match bytes.first() {
        Some(b'{') => json::protobuf(name, bytes).and_then(|bytes| read(&bytes)),
        _ => read(bytes),
    };
    if let Err(rejection) = read {
        check_refusal(&rejection);
    }
}

/// What prost can't read never reaches a handler.
fn decoded<M: Message + Default>(bytes: &[u8], read: Reads<M>) -> Result<(), Rejection> {
    M::decode(bytes).map_or(Ok(()), read)
}

type Reads<M> = fn(M) -> Result<(), Rejection>;

fn party(text: &str) -> Party {
    text.parse().expect("a party")
}

fn merge(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<MergeCaseRequest>(bytes, |request| gateway::asking::merge(request).map(drop))
}

fn tell_apart(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<TellCaseApartRequest>(bytes, |request| gateway::asking::tell_apart(request).map(drop))
}

fn assign(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<AssignCaseRequest>(bytes, |request| gateway::asking::assign(request).map(drop))
}

fn confirm(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<ConfirmCaseRequest>(bytes, |request| gateway::asking::confirm(request).map(drop))
}

fn send_back(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<SendBackCaseRequest>(bytes, |request| {
        gateway::asking::send_back(request, |_| None).map(drop)
    })
}

fn get_case(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<GetCaseRequest>(bytes, |request| gateway::asking::case_id(request.case_id).map(drop))
}

fn list_cases(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<ListCasesRequest>(bytes, |request| {
        gateway::asking::list(request.stage, request.only_open)?;
        page::wanted(request.page).map(drop)
    })
}

/// A desk command, decided on a task in each state.
fn act<A: unit::asking::Act>(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<A>(bytes, |request| {
        unit::asking::word(party("unit/housing"), A::METHOD, request.command(), &request)?;
        let (id, command) = request.read()?;
        let mut task = Task::begin(id.case_id, fact::called(), NOW);
        for fact in fact::facts() {
            if let Ok(said) = task::decide(&task, command.clone(), &Desk::default()) {
                let (kind, body) = proto::fact::write(&said);
                fact::check(&kind, &body);
            }
            task.apply(&fact, NOW);
        }
        Ok(())
    })
}

fn claim(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<ClaimTaskRequest>(bytes, |request| unit::asking::claim(request).map(drop))
}

fn get_task(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<GetTaskRequest>(bytes, |request| {
        unit::asking::task_id(request.case_id, request.on_behalf_of).map(drop)
    })
}

fn list_tasks(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<ListTasksRequest>(bytes, |request| {
        unit::asking::state(request.state)?;
        page::wanted(request.page).map(drop)
    })
}

fn look_up(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<LookUpRequest>(bytes, |request| {
        unit::asking::word(party("unit/housing"), "LookUp", request.command.clone(), &request)?;
        unit::asking::look_up(&request)
    })
}

fn publish(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<PublishRequest>(bytes, |request| {
        let caller = party("service/worker");
        for parcel in bus::asking::parcels(request.envelopes, &caller, 1 << 20)? {
            let wire = Message::decode(parcel.wire).expect("it was read before");
            let envelope = proto::envelope::from_wire(wire)?;
            fact::check(&envelope.kind, &envelope.body);
        }
        Ok(())
    })
}

fn list_envelopes(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<ListEnvelopesRequest>(bytes, |request| {
        bus::asking::subject(&request.subject)?;
        bus::asking::place_of(&page::wanted(request.page)?.from).map(drop)
    })
}

fn list_mailboxes(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<ListMailboxesRequest>(bytes, |request| {
        bus::asking::party_of(&page::wanted(request.page)?.from).map(drop)
    })
}

fn resolve_parked(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<ResolveParkedRequest>(bytes, |request| {
        bus::asking::resolve(request, &party("office/coordination")).map(drop)
    })
}

fn list_parked(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<ListParkedRequest>(bytes, |request| {
        bus::asking::named(&request.mailbox, "mailbox")?;
        bus::asking::parked_of(&page::wanted(request.page)?.from).map(drop)
    })
}

fn put_subscriber(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<PutSubscriberRequest>(bytes, |request| {
        bus::asking::subscriber(&request.name)?;
        bus::asking::start(request.start);
        let selection = bus::asking::selection(request.selection)?;
        selection.takes("muster.case.v1.UnitCalled", "case/wenshan/1");
        Ok(())
    })
}

fn list_subscribers(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<ListSubscribersRequest>(bytes, |request| {
        bus::asking::subscriber_of(&page::wanted(request.page)?.from).map(drop)
    })
}

fn locate(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<LocateEnvelopeRequest>(bytes, |request| bus::asking::name(request).map(drop))
}

fn get_upload(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<GetUploadRequest>(bytes, |request| {
        convert::digest("digest", &request.digest).map(drop)
    })
}

fn upload(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<UploadRequest>(bytes, |request| convert::digest("digest", &request.digest).map(drop))
}

fn download(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<DownloadRequest>(bytes, |asked| convert::digest("digest", &asked.digest).map(drop))
}

/// Requests of nothing but numbers, and a name that is only compared.
fn numbers(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<FollowRequest>(bytes, |_| Ok(()))?;
    decoded::<FetchRequest>(bytes, |_| Ok(()))
}

/// A good request of each method that people use.
pub fn seeds() -> Vec<(String, Vec<u8>)> {
    let before = [cases(), desks(), others(), registry::seeds(), ledger::seeds()].concat();
    let after = [dispute::seeds(), account::seeds(), joint::seeds(), credit::seeds()].concat();
    let lawful = [decree::seeds(), inspection::seeds(), contact::seeds(), operation::seeds()];
    let doors = [json::seeds(), outside::seeds(), incident::seeds(), notices::seeds()];
    let others = [intake::seeds(), ground::seeds(), ladder::seeds()];
    [before, after, lawful.concat(), doors.concat(), others.concat()].concat()
}

fn seed(method: &str, request: &impl Message) -> (String, Vec<u8>) {
    let number = methods().iter().position(|(name, _)| *name == method).unwrap_or_default();
    let number = [u8::try_from(number).unwrap_or_default()];
    (method.to_owned(), [&number, &request.encode_to_vec()[..]].concat())
}

fn command() -> Option<Command> {
    Some(Command { request_id: "r1".to_owned(), person: "li.na".to_owned() })
}

fn case_id() -> String {
    "20261122-7QK3M9ZT".to_owned()
}

fn reason() -> String {
    "仍未解决".to_owned()
}

fn photo() -> Evidence {
    Evidence {
        digest: format!("sha256:{}", "ab".repeat(32)),
        size: 5,
        kind: "photo".to_owned(),
        media_type: "image/jpeg".to_owned(),
    }
}

fn next_page() -> Option<Page> {
    Some(Page { size: 3, token: page::token(&7_u64.to_be_bytes()) })
}

fn cases() -> Vec<(String, Vec<u8>)> {
    let raise = RaiseWhistleRequest {
        command: command(),
        issue_type: "street_vending".to_owned(),
        grid: "WS-KH-001".to_owned(),
        description: "占道经营".to_owned(),
        evidence: vec![photo()],
        called_units: vec!["enforcement".to_owned()],
        seen_at_ms: NOW.0,
        intake: Some(proto::case::Intake {
            channel: proto::case::Channel::Hotline.into(),
            external_id: "12319-77".to_owned(),
            system: "ext_digital_cm".to_owned(),
            address: "东门".to_owned(),
            point: Some(proto::case::Point { lon_e7: 1, lat_e7: 2, datum: 0 }),
            road: "WS-KH-R1".to_owned(),
            object: "91532601MA6K".to_owned(),
        }),
        different_from: vec![case_id()],
        ..RaiseWhistleRequest::default()
    };
    let merge = MergeCaseRequest {
        command: command(),
        case_id: case_id(),
        same_as: case_id(),
        note: reason(),
    };
    let assign = AssignCaseRequest {
        command: command(),
        case_id: case_id(),
        lead: "housing".to_owned(),
        cooperating: vec!["enforcement".to_owned()],
        note: "so".to_owned(),
    };
    let (unit, comment) = ("enforcement".to_owned(), "good".to_owned());
    let ratings = vec![Rating { unit, stars: 5, comment }];
    let confirm = ConfirmCaseRequest { command: command(), case_id: case_id(), ratings };
    let send_back = SendBackCaseRequest {
        command: command(),
        case_id: case_id(),
        reason: reason(),
        evidence: vec![photo()],
    };
    let list = ListCasesRequest { stage: 3, only_open: true, page: next_page() };
    vec![
        seed("RaiseWhistle", &raise),
        seed("AssignCase", &assign),
        seed("ConfirmCase", &confirm),
        seed("SendBackCase", &send_back),
        seed("ListCases", &list),
        seed("HoldClock", &clock::held()),
        seed("ExtendLimit", &clock::extended()),
        seed("MergeCase", &merge),
    ]
}

fn desks() -> Vec<(String, Vec<u8>)> {
    let refuse = RefuseTaskRequest {
        command: command(),
        case_id: case_id(),
        reason: reason(),
        named_unit: "housing".to_owned(),
        on_behalf_of: String::new(),
    };
    let dispose = DisposeTaskRequest {
        command: command(),
        case_id: case_id(),
        summary: "done".to_owned(),
        evidence: vec![photo()],
        on_behalf_of: String::new(),
    };
    let look_up = LookUpRequest {
        command: command(),
        unit: "housing".to_owned(),
        register: "permits".to_owned(),
        key: "云H-12345".to_owned(),
        purpose: "案件".to_owned(),
    };
    vec![
        seed("RefuseTask", &refuse),
        seed("DisposeTask", &dispose),
        seed("LookUp", &look_up),
        seed("Ask", &between::question()),
        seed("SendNotice", &between::notice()),
    ]
}

fn others() -> Vec<(String, Vec<u8>)> {
    let envelope = super::envelope::seeds().swap_remove(0).1;
    let subject = format!("case/wenshan/{}", case_id());
    let envelopes = ListEnvelopesRequest { subject, page: next_page() };
    let upload = UploadRequest {
        digest: photo().digest,
        size: 5,
        offset: 0,
        piece: b"bytes".to_vec(),
        unit: String::new(),
    };
    let resolve = ResolveParkedRequest {
        mailbox: "unit/housing".to_owned(),
        places: vec![7],
        resolution: 2,
        reason: "sent twice by hand".to_owned(),
        actor: "li.na".to_owned(),
        ..ResolveParkedRequest::default()
    };
    let portion = Portion {
        source: "unit/enforcement".to_owned(),
        recipient: "unit/housing".to_owned(),
        numbers: vec![NumberRange { first: 1, last: 2 }, NumberRange { first: 5, last: 5 }],
        digest: vec![7; 32],
    };
    let (portions, signature) = (vec![portion.clone()], vec![7; 72]);
    let proof = Some(Proof { algorithm: 1, signed_at_ms: NOW.0, portions, signature });
    let log_id = "0123456789abcdef".to_owned();
    let acknowledge =
        AcknowledgeRequest { places: vec![7], log_id: log_id.clone(), proof: proof.clone() };
    let commit = CommitRequest { place: 7, log_id: log_id.clone(), proof };
    let own = ShownPortion { portion: Some(portion), index: 1, path: vec![vec![7; 32]] };
    let shown = ShownProof {
        signer: "unit/housing".to_owned(),
        algorithm: 1,
        count: 2,
        portions: vec![own],
        ..ShownProof::default()
    };
    let chains = vec![CertificateChain { certificates: vec![b"der".to_vec()] }];
    let proofs = Some(Proofs { chains, proofs: vec![shown] });
    let receipts = WatchReceiptsResponse { receipts: Vec::new(), log_id, proofs };
    let subscriber = PutSubscriberRequest {
        name: "ledger".to_owned(),
        selection: Some(Selection {
            types: vec!["muster.case.v1.*".to_owned()],
            subjects: vec!["case/wenshan/*".to_owned()],
        }),
        start: None,
    };
    vec![
        seed("Publish", &PublishRequest { envelopes: vec![envelope.into()] }),
        seed("ResolveParked", &resolve),
        seed("Acknowledge", &acknowledge),
        seed("Commit", &commit),
        seed("WatchReceipts", &receipts),
        seed("PutSubscriber", &subscriber),
        seed("ListEnvelopes", &envelopes),
        seed("Upload", &upload),
    ]
}
