//! A matter that is reported again: what proposes, what confirms, and that nobody is forgotten.

use proto::{
    case::{Channel, Ground, Intake, Outcome, Point},
    whistle::{CaseStage as Stage, RaiseWhistleResponse, Report},
};
use tonic::Code;

use super::{world::World, *};

/// The gate at which the stalls stand, and how many of a point's units a metre north is.
const GATE: (i32, i32) = (1_042_440_000, 233_690_000);
const METRE: i32 = 90;

/// As reported through a channel, so many metres north of the gate.
fn at(channel: Channel, metres: i32) -> Option<Intake> {
    let point = Some(Point { lon_e7: GATE.0, lat_e7: GATE.1 + metres * METRE, datum: 0 });
    Some(Intake { channel: channel.into(), point, ..Intake::default() })
}

fn numbered(channel: Channel, number: &str) -> Option<Intake> {
    let external_id = number.into();
    Some(Intake { channel: channel.into(), external_id, ..Intake::default() })
}

impl Running {
    async fn ask(&self, request: RaiseWhistleRequest) -> Result<RaiseWhistleResponse, Status> {
        Ok(self.client(DONGFENG).raise_whistle(request).await?.into_inner())
    }

    /// The stalls as they are reported by phone: without a photograph.
    fn phoned(&self, request: &str, intake: Option<Intake>) -> RaiseWhistleRequest {
        RaiseWhistleRequest { intake, evidence: vec![], ..self.stall(request) }
    }

    async fn reports(&self, case_id: &str) -> Vec<Report> {
        self.get(DONGFENG, case_id).await.unwrap().reports
    }

    fn minutes(&self, minutes: u64) {
        self.clock.advance(Duration::from_secs(60 * minutes));
    }

    /// How many envelopes are on their way to the bus, by the last part of their names.
    fn outgoing(&self) -> Vec<String> {
        let sending = self
            .gateway
            .store()
            .unpublished(kit::store::Load::count(1_000), &Default::default())
            .unwrap()
            .into_iter();
        let kind = |one: kit::store::Sending| proto::envelope::from_wire(one.wire).unwrap().kind;
        sending.map(|one| kind(one).rsplit('.').next().unwrap().to_owned()).collect()
    }
}

fn reason(refused: Status) -> (Code, String, String) {
    let Rejection { reason, field, .. } = status::rejection(&refused);
    (refused.code(), reason, field)
}

#[tokio::test]
async fn the_same_place_by_the_hotline_ten_minutes_later_has_the_same_number() {
    let running = Running::start().await;
    let first = RaiseWhistleRequest { intake: at(Channel::Grid, 0), ..running.stall("r1") };
    let id = running.raise(first).await;
    running.minutes(10);
    let again = running.ask(running.phoned("r2", at(Channel::Hotline, 8))).await.unwrap();
    assert_eq!((&again.case_id, again.is_again, again.proposed.len()), (&id, true, 0));
    assert_eq!(running.outgoing(), ["WhistleRaised", "ReportedAgain"], "nobody is called by it");
    let counts = running.gateway.counts().unwrap();
    assert_eq!((counts.raised, counts.open), (1, 1));

    let reports = running.reports(&id).await;
    assert_eq!(reports.len(), 2);
    let Report { reporter, intake, ground, metres, answered_at_ms, .. } = &reports[1];
    assert_eq!((reporter.as_str(), *answered_at_ms), ("kaihua_dongfeng", 0));
    assert_eq!(intake.as_ref().unwrap().channel(), Channel::Hotline);
    assert_eq!((*ground, *metres), (Ground::SamePlace.into(), 9));
    assert_eq!(reports[1].reported_at_ms, NOW.0 + 600_000);

    // Back from the bus it is the same, one by one, and the history says it.
    let mut world = World::default();
    world.echo_first(&running, 1).await;
    assert_eq!(running.reports(&id).await, reports);
    world.echo(&running).await;
    assert_eq!(running.reports(&id).await, reports);
    let history = running.history(DONGFENG, &id).await.unwrap();
    assert_eq!(
        history[1].text,
        "Dongfeng community (东风社区) reported it again through the hotline 12319 (热线) \
         (the same place within 9 m): 三个流动摊点占道"
    );
    assert_eq!((history[1].actor.as_str(), history[1].on_behalf_of.as_str()), ("li.na", DONGFENG));

    world.settle(&running, &id).await;
    let closed = running.get(DONGFENG, &id).await.unwrap();
    assert_eq!(closed.stage(), Stage::Closed);
    for report in &closed.reports {
        let answer = (report.answered_at_ms, report.answer());
        assert_eq!(answer, (closed.closed_at_ms, Outcome::Confirmed), "{report:?}");
    }
}

#[tokio::test]
async fn type_and_grid_only_propose_and_what_is_proposed_is_a_case_at_once() {
    let running = Running::start().await;
    let first = RaiseWhistleRequest { intake: at(Channel::Grid, 0), ..running.stall("r1") };
    let id = running.raise(first).await;
    let far = RaiseWhistleRequest { intake: at(Channel::Grid, 200), ..running.stall("r2") };
    let far = running.ask(far).await.unwrap();
    assert_eq!((far.is_again, &far.proposed), (false, &vec![id.clone()]));
    assert_ne!(far.case_id, id);
    let plain = running.ask(running.stall("r3")).await.unwrap();
    // The last reported is the first proposed; both in the same moment: by number.
    assert!(!plain.is_again && plain.proposed.len() == 2, "{plain:?}");
    assert_eq!(running.get(DONGFENG, &plain.case_id).await.unwrap().proposed, plain.proposed);
    assert_eq!(running.outgoing(), ["WhistleRaised"; 3]);
    assert_eq!(running.gateway.counts().unwrap().raised, 3);

    // What is closed is not proposed any more, and neither is what is of another kind or cell.
    let mut world = World::default();
    world.echo(&running).await;
    world.settle(&running, &id).await;
    let case = running.get(DONGFENG, &far.case_id).await.unwrap();
    assert_eq!(case.proposed, [""; 0]);
    let other = RaiseWhistleRequest { grid: "WS-KH-002".into(), ..running.stall("r4") };
    assert_eq!(running.ask(other).await.unwrap().proposed, [""; 0]);
    assert_eq!(running.ask(running.cables("r5")).await.unwrap().proposed, [""; 0]);
}

#[tokio::test]
async fn the_same_number_of_the_same_channel_confirms_and_of_another_does_not() {
    let running = Running::start().await;
    let hotline = |number| numbered(Channel::Hotline, number);
    let first = RaiseWhistleRequest { intake: hotline("G-1"), ..running.stall("r1") };
    let id = running.raise(first).await;
    let again = running.ask(running.phoned("r2", hotline("G-1"))).await.unwrap();
    assert_eq!((&again.case_id, again.is_again), (&id, true));
    let petition = numbered(Channel::Petition, "G-1");
    let other = RaiseWhistleRequest { intake: petition, ..running.stall("r3") };
    let other = running.ask(other).await.unwrap();
    assert_eq!((other.is_again, other.proposed), (false, vec![id.clone()]));
    // The number of a later report is as good as the whistle's.
    let linked =
        RaiseWhistleRequest { same_as: id.clone(), ..running.phoned("r4", hotline("G-2")) };
    assert!(running.ask(linked).await.unwrap().is_again);
    let third = running.ask(running.phoned("r5", hotline("G-2"))).await.unwrap();
    assert_eq!((third.case_id, third.is_again), (id, true));
}

#[tokio::test]
async fn the_window_runs_from_the_last_report_and_a_closed_case_takes_none() {
    let running = Running::start().await;
    // Two hours for mobile stalls.
    let first = RaiseWhistleRequest { intake: at(Channel::Grid, 0), ..running.stall("r1") };
    let id = running.raise(first).await;
    for (request, minutes) in [("r2", 119), ("r3", 119)] {
        running.minutes(minutes);
        let again = running.ask(running.phoned(request, at(Channel::Hotline, 0))).await.unwrap();
        assert_eq!((&again.case_id, again.is_again), (&id, true), "{request}");
    }
    running.minutes(121);
    let late = RaiseWhistleRequest { intake: at(Channel::Grid, 0), ..running.stall("r4") };
    let late = running.ask(late).await.unwrap();
    assert_eq!((late.is_again, late.proposed.len()), (false, 0), "outside the window");

    let mut world = World::default();
    world.echo(&running).await;
    world.settle(&running, &late.case_id).await;
    let after = RaiseWhistleRequest { intake: at(Channel::Grid, 0), ..running.stall("r5") };
    let after = running.ask(after).await.unwrap();
    assert_eq!((after.is_again, after.proposed.len()), (false, 0), "the case is closed");
    let named = RaiseWhistleRequest { same_as: late.case_id, ..running.stall("r6") };
    let refused = reason(running.ask(named).await.unwrap_err());
    assert_eq!(refused, (Code::FailedPrecondition, "CASE_CLOSED".into(), "same_as".into()));
}

#[tokio::test]
async fn a_repeat_of_the_request_is_the_first_answer_and_one_report() {
    let running = Running::start().await;
    let first = RaiseWhistleRequest { intake: at(Channel::Grid, 0), ..running.stall("r1") };
    let id = running.raise(first.clone()).await;
    let request = running.phoned("r2", at(Channel::Hotline, 0));
    let answer = running.ask(request.clone()).await.unwrap();
    assert!(answer.is_again);
    let running = running.restart().await;
    running.minutes(600);
    assert_eq!(running.ask(request.clone()).await.unwrap(), answer, "long after the window");
    assert_eq!(running.raise(first).await, id, "the whistle is no report of itself");
    assert_eq!(running.reports(&id).await.len(), 2);
    let other = RaiseWhistleRequest { description: "other".into(), ..request };
    let refused = reason(running.ask(other).await.unwrap_err());
    assert_eq!(refused.1, "REQUEST_ID_REUSED");
}

#[tokio::test]
async fn a_person_says_at_the_desk_what_is_the_same_and_what_is_not() {
    let running = Running::start().await;
    let first = RaiseWhistleRequest { intake: at(Channel::Grid, 0), ..running.stall("r1") };
    let id = running.raise(first).await;
    let same = RaiseWhistleRequest { same_as: id.clone(), ..running.phoned("r2", None) };
    let same = running.ask(same).await.unwrap();
    assert_eq!((&same.case_id, same.is_again), (&id, true));
    assert_eq!(running.reports(&id).await[1].ground(), Ground::Person);
    // The rule says the same, the person says another: the person is right.
    let different_from = vec![id.clone()];
    let intake = at(Channel::Hotline, 0);
    let other = RaiseWhistleRequest { intake, different_from, ..running.stall("r3") };
    let other = running.ask(other).await.unwrap();
    assert_eq!((other.is_again, other.proposed.len()), (false, 0));
    assert_ne!(other.case_id, id);
}

type Change = fn(&mut RaiseWhistleRequest, &str, &str);

/// What is wrong, how, and the code, reason and field of the refusal. The second is a case of
/// another kind.
const WRONG: [(&str, Change, Code, &str, &str); 8] = [
    (
        "no such case",
        |r, _, _| r.same_as = "20260101-AAAAAAAA".into(),
        Code::NotFound,
        "UNKNOWN_CASE",
        "same_as",
    ),
    (
        "no number",
        |r, _, _| r.same_as = "的".into(),
        Code::InvalidArgument,
        "MALFORMED_ID",
        "same_as",
    ),
    (
        "another kind",
        |r, _, other| r.same_as = other.into(),
        Code::FailedPrecondition,
        "OTHER_ISSUE_TYPE",
        "same_as",
    ),
    (
        "both",
        |r, id, _| {
            r.same_as = id.into();
            r.different_from = vec![id.into()];
        },
        Code::InvalidArgument,
        "SAME_AND_DIFFERENT",
        "different_from",
    ),
    (
        "too many",
        |r, id, _| r.different_from = vec![id.into(); 101],
        Code::InvalidArgument,
        "TOO_MANY",
        "different_from",
    ),
    (
        "a long address",
        |r, _, _| r.intake.as_mut().unwrap().address = "东".repeat(201),
        Code::InvalidArgument,
        "TEXT_TOO_LONG",
        "intake.address",
    ),
    (
        "beyond the pole",
        |r, _, _| {
            r.intake.as_mut().unwrap().point =
                Some(Point { lat_e7: 900_000_001, ..Point::default() });
        },
        Code::InvalidArgument,
        "MALFORMED_POINT",
        "intake.point",
    ),
    (
        "no channel",
        |r, _, _| r.intake.as_mut().unwrap().channel = 99,
        Code::InvalidArgument,
        "MALFORMED_CHANNEL",
        "intake.channel",
    ),
];

#[tokio::test]
async fn what_is_wrong_with_a_report_is_named() {
    let running = Running::start().await;
    let id = running.raise(running.stall("r1")).await;
    let other = running.raise(running.cables("r2")).await;
    for (what, change, code, wanted, field) in WRONG {
        let mut request = running.stall("r3");
        request.intake = Some(Intake::default());
        change(&mut request, &id, &other);
        let refused = reason(running.ask(request).await.unwrap_err());
        assert_eq!(refused, (code, wanted.into(), field.into()), "{what}");
    }
    // Another community's case is none of ours.
    let (grid, same_as) = ("WS-KH-003".into(), id.clone());
    let theirs = RaiseWhistleRequest { grid, same_as, ..running.stall("r4") };
    let refused = running.client(XISHAN).raise_whistle(theirs).await.unwrap_err();
    let wanted = (Code::PermissionDenied, "NOT_YOUR_CASE".into(), "same_as".into());
    assert_eq!(reason(refused), wanted);
    // Who has no photograph may know that the matter has a case.
    let missing = running.ask(running.phoned("r5", None)).await.unwrap_err();
    let Rejection { reason, message, .. } = status::rejection(&missing);
    assert!(reason == "EVIDENCE_MISSING" && message.contains(&id), "{message}");
    assert_eq!(running.reports(&id).await.len(), 1);
}

#[tokio::test]
async fn a_case_that_is_full_of_reports_takes_no_more_and_none_is_lost() {
    let running = Running::start().await;
    let first = RaiseWhistleRequest { intake: at(Channel::Grid, 0), ..running.stall("r1") };
    let id = running.raise(first).await;
    for request in 1..crate::again::REPORTS_MAX {
        let request = running.phoned(&format!("again-{request}"), at(Channel::Hotline, 0));
        assert!(running.ask(request).await.unwrap().is_again);
    }
    let full = RaiseWhistleRequest { intake: at(Channel::Hotline, 0), ..running.stall("full") };
    let own = running.ask(full).await.unwrap();
    assert_eq!((own.is_again, own.proposed), (false, vec![id.clone()]));
    let named = RaiseWhistleRequest { same_as: id, ..running.stall("named") };
    assert_eq!(reason(running.ask(named).await.unwrap_err()).1, "TOO_MANY_REPORTS");
}
