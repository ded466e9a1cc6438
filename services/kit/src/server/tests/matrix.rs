//! Every method of every service against every kind of identity, each over a connection of its own.
//!
//! What must come out is written here by hand and not taken from the policies. A method that is
//! missing here fails the test.

use std::collections::BTreeMap;

use super::{door::trusting, *};

/// The identities: each is a column below, in this order.
const CALLERS: [&str; 9] = [
    "unit/housing",
    "community/kaihua_dongfeng",
    "office/gov_city",
    "admin/root",
    "service/gateway",
    "service/worker",
    "service/bus",
    "service/units",
    "service/console",
];

/// A method, and whom it lets in: `y` yes, `.` no.
//  unit community office admin, gateway worker bus units, console
const TABLE: &[(&str, &str)] = &[
    ("grpc.health.v1.Health/Check", "yyyy yyyy y"),
    ("grpc.health.v1.Health/Watch", "yyyy yyyy y"),
    ("grpc.reflection.v1.ServerReflection/ServerReflectionInfo", "yyyy yyyy ."),
    ("muster.bus.v1.BusService/Publish", "y... yy.. ."),
    ("muster.bus.v1.BusService/WatchReceipts", "y... yy.. ."),
    ("muster.bus.v1.BusService/PublishBatch", "y... yy.. ."),
    ("muster.bus.v1.BusService/Subscribe", "y..y yyyy ."),
    ("muster.bus.v1.BusService/Fetch", "yyy. yyyy ."),
    ("muster.bus.v1.BusService/Refuse", "yyy. yyyy ."),
    ("muster.bus.v1.BusService/Extend", "yyy. yyyy ."),
    ("muster.bus.v1.BusService/ListParked", "y.yy yyyy ."),
    ("muster.bus.v1.BusService/ResolveParked", "..yy .... ."),
    ("muster.bus.v1.BusService/PutSubscriber", "...y yyyy ."),
    ("muster.bus.v1.BusService/SeekSubscriber", "...y yyyy ."),
    ("muster.bus.v1.BusService/RemoveSubscriber", "...y yyyy ."),
    ("muster.bus.v1.BusService/ListSubscribers", "...y yyyy ."),
    ("muster.bus.v1.BusService/LocateEnvelope", "y.yy yyyy ."),
    ("muster.bus.v1.BusService/GetStatus", "..yy .... ."),
    ("muster.bus.v1.BusService/Acknowledge", "yyy. yyyy ."),
    ("muster.bus.v1.BusService/Follow", "...y yyyy ."),
    ("muster.bus.v1.BusService/ListEnvelopes", "...y yyyy ."),
    ("muster.bus.v1.BusService/Commit", ".... yyyy ."),
    ("muster.bus.v1.BusService/ListMailboxes", "..yy .... ."),
    ("muster.ask.v1.AskService/Ask", "y... .... ."),
    ("muster.ask.v1.AskService/GetQuestion", "y... .... ."),
    ("muster.ask.v1.AskService/ListQuestions", "y... .... ."),
    ("muster.ask.v1.AskService/AnswerQuestion", "y... .... ."),
    ("muster.notice.v1.NoticeService/SendNotice", "y... .... ."),
    ("muster.notice.v1.NoticeService/GetDelivery", "y... .... ."),
    ("muster.notice.v1.NoticeService/ListNotices", "y... .... ."),
    ("muster.evidence.v1.EvidenceService/GetUpload", "yyyy .... ."),
    ("muster.evidence.v1.EvidenceService/Upload", "yyyy .... ."),
    ("muster.evidence.v1.EvidenceService/Download", "yyyy .... ."),
    ("muster.register.v1.RegisterService/ListRegisters", "y.y. .... ."),
    ("muster.register.v1.RegisterService/LookUp", "y.y. .... ."),
    ("muster.unit.v1.UnitService/ListTasks", "y... .... ."),
    ("muster.unit.v1.UnitService/GetTask", "y... .... ."),
    ("muster.unit.v1.UnitService/WatchTasks", "y... .... ."),
    ("muster.unit.v1.UnitService/ClaimTask", "y... .... ."),
    ("muster.unit.v1.UnitService/AcceptTask", "y... .... ."),
    ("muster.unit.v1.UnitService/RefuseTask", "y... .... ."),
    ("muster.unit.v1.UnitService/ArriveTask", "y... .... ."),
    ("muster.unit.v1.UnitService/DisposeTask", "y... .... ."),
    ("muster.unit.v1.UnitService/DeclareCase", "y... .... ."),
    ("muster.unit.v1.UnitService/RetypeTask", "y... .... ."),
    ("muster.unit.v1.UnitService/ContestRuling", "y... .... ."),
    ("muster.unit.v1.UnitService/RaiseSeverity", "y... .... ."),
    ("muster.unit.v1.UnitService/ListDisputes", "y... .... ."),
    ("muster.unit.v1.UnitService/GiveOpinion", "y... .... ."),
    ("muster.unit.v1.UnitService/RequestPoliceAssist", "y... .... ."),
    ("muster.grid.v1.GridService/LiftCase", "yyy. .... ."),
    ("muster.grid.v1.GridService/FormTeam", "..y. .... ."),
    ("muster.whistle.v1.WhistleService/RaiseWhistle", "yy.. .... ."),
    ("muster.whistle.v1.WhistleService/AssignCase", "..y. .... ."),
    ("muster.whistle.v1.WhistleService/HoldClock", "..y. .... ."),
    ("muster.whistle.v1.WhistleService/ResumeClock", "..y. .... ."),
    ("muster.whistle.v1.WhistleService/ExtendLimit", "..y. .... ."),
    ("muster.whistle.v1.WhistleService/ConfirmCase", "yy.. .... ."),
    ("muster.whistle.v1.WhistleService/SendBackCase", ".y.. .... ."),
    ("muster.whistle.v1.WhistleService/MergeCase", ".yy. .... ."),
    ("muster.whistle.v1.WhistleService/TellCaseApart", ".yy. .... ."),
    ("muster.whistle.v1.WhistleService/UrgeCase", "y.y. .... ."),
    ("muster.whistle.v1.WhistleService/ReportToGovernment", ".y.. .... ."),
    ("muster.whistle.v1.WhistleService/WithdrawCase", "yy.. .... ."),
    ("muster.whistle.v1.WhistleService/InstructUnit", "..y. .... ."),
    ("muster.whistle.v1.WhistleService/RuleDispute", "..y. .... ."),
    ("muster.whistle.v1.WhistleService/RaiseSeverity", ".yy. .... ."),
    ("muster.whistle.v1.WhistleService/ListAgenda", "..yy .... ."),
    ("muster.whistle.v1.WhistleService/ListPrecedents", "y.yy .... ."),
    ("muster.whistle.v1.WhistleService/RecordFinding", "..y. .... ."),
    ("muster.accountability.v1.AccountabilityService/ListSheets", "y.yy .... ."),
    ("muster.accountability.v1.AccountabilityService/GetSheet", "y.yy .... ."),
    ("muster.accountability.v1.AccountabilityService/DecideOutcome", "..y. .... ."),
    ("muster.accountability.v1.AccountabilityService/ListBulletin", "yyyy .... ."),
    ("muster.accountability.v1.StatementService/ListDemands", "y... .... ."),
    ("muster.accountability.v1.StatementService/GiveStatement", "y... .... ."),
    ("muster.credit.v1.CreditService/GetScore", "y.yy .... ."),
    ("muster.credit.v1.CreditService/ListListed", "y.yy .... ."),
    ("muster.credit.v1.CreditService/ListDeliveries", "..yy .... ."),
    ("muster.credit.v1.CreditService/PutBackDelivery", "..y. .... ."),
    ("muster.credit.v1.CreditService/SkipDelivery", "..y. .... ."),
    ("muster.credit.v1.CreditService/RemoveListed", "..y. .... ."),
    ("muster.credit.v1.ViolationService/ConfirmViolation", "y... .... ."),
    ("muster.credit.v1.ViolationService/RevokeViolation", "y... .... ."),
    ("muster.credit.v1.ViolationService/ListViolations", "y... .... ."),
    ("muster.approval.v1.ApprovalService/ApplyForApproval", "y.y. .... ."),
    ("muster.approval.v1.ApprovalService/GetApproval", "y.yy .... ."),
    ("muster.approval.v1.ApprovalService/ListApprovals", "y.yy .... ."),
    ("muster.approval.v1.ApprovalService/WithdrawApproval", "y.y. .... ."),
    ("muster.approval.v1.ReviewService/ListReviews", "y... .... ."),
    ("muster.approval.v1.ReviewService/GiveReview", "y... .... ."),
    ("muster.decision.v1.DecisionService/GetDecision", "y.yy .... ."),
    ("muster.decision.v1.DecisionService/ListDecisions", "y.yy .... ."),
    ("muster.decision.v1.DecisionService/SuperviseDecision", "y.y. .... ."),
    ("muster.decision.v1.DecisionService/ListPublications", "yyyy .... ."),
    ("muster.decision.v1.ProcedureService/ListProcedures", "y... .... ."),
    ("muster.decision.v1.ProcedureService/DraftDecision", "y... .... ."),
    ("muster.decision.v1.ProcedureService/ProceedWithDecision", "y... .... ."),
    ("muster.inspection.v1.InspectionService/ListInspections", "y.yy .... ."),
    ("muster.inspection.v1.InspectionService/GetInspection", "y.yy .... ."),
    ("muster.inspection.v1.InspectionService/ListFlags", "..yy .... ."),
    ("muster.inspection.v1.InspectionService/AssignFinding", "..y. .... ."),
    ("muster.inspection.v1.InspectionService/ChoosePenalty", "..y. .... ."),
    ("muster.inspection.v1.InspectionService/ListSeizures", "y.yy .... ."),
    ("muster.inspection.v1.InspectionService/GetSeizure", "y.yy .... ."),
    ("muster.inspection.v1.FindingService/OpenInspection", "y... .... ."),
    ("muster.inspection.v1.FindingService/ListFindings", "y... .... ."),
    ("muster.inspection.v1.FindingService/SettleFinding", "y... .... ."),
    ("muster.inspection.v1.FindingService/RevokeFinding", "y... .... ."),
    ("muster.inspection.v1.FindingService/SeizeVehicle", "y... .... ."),
    ("muster.inspection.v1.FindingService/EndSeizure", "y... .... ."),
    ("muster.contact.v1.ContactService/HandOver", "y... .... ."),
    ("muster.contact.v1.ContactService/ListContacts", "y... .... ."),
    ("muster.contact.v1.ContactService/ReadContact", "y... .... ."),
    ("muster.contact.v1.ContactService/ReportContact", "y... .... ."),
    ("muster.operation.v1.OperationService/PlanOperation", "..y. .... ."),
    ("muster.operation.v1.OperationService/InviteUnit", "..y. .... ."),
    ("muster.operation.v1.OperationService/GiveOrder", "..y. .... ."),
    ("muster.operation.v1.OperationService/EndOperation", "..y. .... ."),
    ("muster.operation.v1.OperationService/FollowUp", "..y. .... ."),
    ("muster.operation.v1.OperationService/SettleRelease", "..yy .... ."),
    ("muster.operation.v1.OperationService/GetOperation", "y.yy .... ."),
    ("muster.operation.v1.OperationService/ListOperations", "y.yy .... ."),
    ("muster.operation.v1.OperationService/ListLog", "y.yy .... ."),
    ("muster.operation.v1.TeamService/ListParts", "y... .... ."),
    ("muster.operation.v1.TeamService/ConfirmPart", "y... .... ."),
    ("muster.operation.v1.TeamService/DeclinePart", "y... .... ."),
    ("muster.operation.v1.TeamService/ReadBriefing", "y... .... ."),
    ("muster.operation.v1.TeamService/CheckIn", "y... .... ."),
    ("muster.operation.v1.TeamService/AnswerOrder", "y... .... ."),
    ("muster.operation.v1.TeamService/AskTeam", "y... .... ."),
    ("muster.operation.v1.TeamService/ReportFinding", "y... .... ."),
    ("muster.whistle.v1.WhistleService/GetCase", "yyyy .... ."),
    ("muster.whistle.v1.WhistleService/ListCases", "yyyy .... ."),
    ("muster.whistle.v1.WhistleService/WatchCases", "yyyy .... ."),
    ("muster.whistle.v1.WhistleService/ListHistory", "yyyy .... ."),
    ("muster.registry.v1.RegistryService/WhoAnswers", "yyyy .... ."),
    ("muster.registry.v1.RegistryService/ListAmendments", "yyyy .... ."),
    ("muster.registry.v1.RegistryService/ProposeAmendment", "..yy .... ."),
    ("muster.registry.v1.RegistryService/ApproveAmendment", "..yy .... ."),
    ("muster.registry.v1.RegistryService/RejectAmendment", "..yy .... ."),
    ("muster.registry.v1.RegistryService/WithdrawAmendment", "..yy .... ."),
    ("muster.registry.v1.RegistryService/ListTouchedCases", "..yy .... ."),
    ("muster.registry.v1.RegistryService/HandOverCases", "..yy .... ."),
    ("muster.ledger.v1.LedgerService/SearchCases", "yyyy .... ."),
    ("muster.ledger.v1.LedgerService/CountCases", "yyyy .... ."),
    ("muster.ledger.v1.LedgerService/GetRates", "yyyy .... ."),
    ("muster.ledger.v1.LedgerService/ListSteps", "yyyy .... ."),
    ("muster.ledger.v1.LedgerService/GetTrace", "yyyy .... ."),
    ("muster.outside.v1.OutsideService/ListSubscriptions", "..yy .... ."),
    ("muster.outside.v1.OutsideService/ListUndelivered", "..yy .... ."),
    ("muster.outside.v1.OutsideService/ResolveUndelivered", "..yy .... ."),
    ("muster.notification.v1.NotificationService/ListNotifications", "yyyy .... ."),
    ("muster.notification.v1.NotificationService/SendAgain", "..yy .... ."),
    ("muster.incident.v1.IncidentService/ListIncidents", "..yy .... ."),
    ("muster.incident.v1.IncidentService/GetIncident", "..yy .... ."),
    ("muster.incident.v1.IncidentService/ResolveIncident", "...y .... ."),
];

/// A service of this name whose every method answers that it was reached.
macro_rules! reached {
    ($($service:ident = $name:literal),* $(,)?) => {$(
        #[derive(Clone)]
        struct $service;

        impl NamedService for $service {
            const NAME: &'static str = $name;
        }

        impl Service<http::Request<Body>> for $service {
            type Response = Response<Body>;
            type Error = Infallible;
            type Future = std::future::Ready<Result<Response<Body>, Infallible>>;

            fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
                Poll::Ready(Ok(()))
            }

            fn call(&mut self, _: http::Request<Body>) -> Self::Future {
                let answer = Response::builder().header("grpc-status", "0").header("reached", "yes");
                std::future::ready(Ok(answer.body(Body::empty()).unwrap()))
            }
        }
    )*};
}

reached! {
    Accountability = "muster.accountability.v1.AccountabilityService",
    Approvals = "muster.approval.v1.ApprovalService",
    Decisions = "muster.decision.v1.DecisionService",
    Operations = "muster.operation.v1.OperationService",
    Ask = "muster.ask.v1.AskService",
    Bus = "muster.bus.v1.BusService",
    Contact = "muster.contact.v1.ContactService",
    Credit = "muster.credit.v1.CreditService",
    Evidence = "muster.evidence.v1.EvidenceService",
    Finding = "muster.inspection.v1.FindingService",
    Grid = "muster.grid.v1.GridService",
    Inspection = "muster.inspection.v1.InspectionService",
    Incident = "muster.incident.v1.IncidentService",
    Ledger = "muster.ledger.v1.LedgerService",
    Notice = "muster.notice.v1.NoticeService",
    Notifications = "muster.notification.v1.NotificationService",
    OutsideDoor = "muster.outside.v1.OutsideService",
    Register = "muster.register.v1.RegisterService",
    Registry = "muster.registry.v1.RegistryService",
    Reviews = "muster.approval.v1.ReviewService",
    Procedures = "muster.decision.v1.ProcedureService",
    Teams = "muster.operation.v1.TeamService",
    Statement = "muster.accountability.v1.StatementService",
    Unit = "muster.unit.v1.UnitService",
    Violation = "muster.credit.v1.ViolationService",
    Whistle = "muster.whistle.v1.WhistleService",
}

/// What a call of this method ends with, and whether a handler was reached.
async fn outcome<C, B>(channel: C, method: &str) -> (Code, bool)
where
    C: Service<http::Request<Body>, Response = Response<B>>,
    C::Error: std::fmt::Debug,
{
    let request = http::Request::post(format!("http://door/{method}"))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .body(Body::empty())
        .unwrap();
    let answer = channel.oneshot(request).await.unwrap();
    let status = Status::from_header_map(answer.headers());
    (status.map_or(Code::Ok, |status| status.code()), answer.headers().contains_key("reached"))
}

async fn serving(tls: &ServerTls, access: &Access) -> (SocketAddr, CancellationToken) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let services = Services::new(access, Role::Bus).with(Bus).with(Evidence);
    let services = services
        .with(Register)
        .with(Registry)
        .with(Unit)
        .with(Whistle)
        .with(Ask)
        .with(Notice)
        .with(Grid)
        .with(Ledger)
        .with(Incident)
        .with(Accountability)
        .with(Statement)
        .with(Credit)
        .with(Violation)
        .with(Approvals)
        .with(Reviews)
        .with(Decisions)
        .with(Procedures)
        .with(Inspection)
        .with(Finding)
        .with(Contact)
        .with(Operations)
        .with(Teams)
        .with(Notifications)
        .with(OutsideDoor);
    let (tls, shutdown) = (tls.clone(), CancellationToken::new());
    let stop = shutdown.clone();
    tokio::spawn(async move { serve(listener, &tls, services, &Limits::default(), stop).await });
    (address, shutdown)
}

#[test]
fn the_table_has_every_method_of_every_service() {
    let table: BTreeMap<&str, &str> = TABLE.iter().copied().collect();
    assert_eq!(table.len(), TABLE.len(), "a method is there twice");
    let methods = crate::access::methods();
    let missing: Vec<_> = methods.iter().filter(|one| !table.contains_key(one.as_str())).collect();
    assert!(missing.is_empty(), "who may call these is not said here: {missing:?}");
}

#[tokio::test]
async fn every_method_lets_in_whom_it_must_and_nobody_else() {
    let (ours, wuhan) = (City::new("wenshan"), City::new("wuhan"));
    let both = format!("{}{}", ours.authority.pem(), wuhan.authority.pem());
    let tls = ServerTls::new(&trusting(&ours, "service/bus", &both)).unwrap();
    let access = crate::access::tests::access();
    let dir = tempfile::tempdir().unwrap();
    // All within one minute.
    let clock = crate::clock::Clock::fixed(domain::moment::Moment(1_795_312_800_000));
    let access = access.recorded(dir.path(), clock);
    let (address, shutdown) = serving(&tls, &access).await;
    let mut refused = BTreeMap::<String, u64>::new();
    for (column, caller) in CALLERS.iter().enumerate() {
        let to = Endpoint {
            address: format!("https://{address}"),
            server: "service/bus".parse().unwrap(),
        };
        let limits = client::Limits::default();
        let channel = connect_lazy(&ours.identity(caller), &to, &limits).unwrap();
        for (method, row) in TABLE {
            let is_let_in = row.replace(' ', "").as_bytes()[column] == b'y';
            let (code, reached) = outcome(channel.clone(), method).await;
            assert_eq!(code != Code::PermissionDenied, is_let_in, "{caller} {method}: {code:?}");
            let is_ours = method.starts_with("muster.");
            assert!(!is_ours || reached == is_let_in, "{caller} {method}: {code:?}");
            if !is_let_in {
                *refused.entry((*caller).to_owned()).or_default() += 1;
            }
        }
    }
    let foreign = trusting(&wuhan, "admin/root", &both);
    for (method, _) in TABLE {
        let answer = outcome(stranger(address, &foreign), method).await;
        assert_eq!(answer, (Code::Unauthenticated, false), "a stranger: {method}");
    }
    shutdown.cancel();
    drop(access);
    recorded(dir.path(), &refused).await;
}

/// Somebody with a certificate of another city whose authority the server trusts.
fn stranger(address: SocketAddr, identity: &Identity) -> transport::Channel {
    let tls = ServerTls::new(identity).unwrap();
    let running = Running {
        address,
        tls,
        probe: Probe::default(),
        shutdown: CancellationToken::new(),
        task: tokio::spawn(async { Ok(()) }),
    };
    running.channel_of_anybody(identity.client().unwrap())
}

/// Every refusal is in the record, singly or counted: of one caller no more than a number a minute
/// is written, and the count of the others is in the next.
async fn recorded(dir: &Path, refused: &BTreeMap<String, u64>) {
    let mut written = Vec::new();
    eventually("the server has let go of its record", || {
        crate::access::read_refusals(dir).is_ok_and(|all| {
            written = all;
            true
        })
    })
    .await;
    let of = |caller: &str| written.iter().filter(|one| one.refused.caller == caller).count();
    for (caller, count) in refused {
        assert_eq!(of(caller) as u64, *count.min(&30), "{caller} was refused {count} times");
    }
    assert_eq!(of("stranger"), 30, "of strangers only so many a minute are written singly");
    let follow = "muster.bus.v1.BusService/Follow";
    let is_his = |one: &&crate::access::Written| one.refused.caller == "unit/housing";
    let bus = written.iter().filter(is_his).find(|one| one.refused.method == follow).unwrap();
    assert_eq!(bus.refused.reason, "NO_FOLLOWER");
}
