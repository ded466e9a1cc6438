//! Two cases that are one matter, and two that are not: who says so, and what becomes of both.

use domain::case::{Fact, Outcome as Ended};
use proto::{
    case::{Ground, Outcome},
    whistle::{
        CaseStage as Stage, ConfirmCaseRequest, MergeCaseRequest, RaiseWhistleResponse,
        TellCaseApartRequest, Timeliness,
    },
};
use tonic::Code;

use super::{world::World, *};

const OFFICE: &str = "office/leading_group_office";

impl Running {
    async fn merge(&self, party: &str, ends: &str, same_as: &str) -> Result<String, Status> {
        let request = MergeCaseRequest {
            command: command(&format!("merge/{party}/{ends}/{same_as}")),
            case_id: ends.into(),
            same_as: same_as.into(),
            note: "the same stalls".into(),
        };
        Ok(self.client(party).merge_case(request).await?.into_inner().case_id)
    }

    async fn apart(&self, party: &str, case_id: &str, other: &str) -> Result<(), Status> {
        let request = TellCaseApartRequest {
            command: command(&format!("apart/{party}/{case_id}/{other}")),
            case_id: case_id.into(),
            other: other.into(),
            note: "two gates".into(),
        };
        self.client(party).tell_case_apart(request).await.map(drop)
    }

    /// So many cases of one kind in one cell, each proposed for those after it.
    async fn alike<const N: usize>(&self) -> [String; N] {
        let mut ids = Vec::new();
        for number in 0..N {
            let request = self.stall(&format!("alike-{number}"));
            let answer = self.client(DONGFENG).raise_whistle(request).await.unwrap();
            let RaiseWhistleResponse { case_id, is_again, proposed } = answer.into_inner();
            assert!(!is_again && proposed.len() == number, "{proposed:?}");
            ids.push(case_id);
        }
        ids.try_into().unwrap()
    }
}

fn reason(refused: Status) -> (Code, String, String) {
    let Rejection { reason, field, .. } = status::rejection(&refused);
    (refused.code(), reason, field)
}

fn conflict(reason: &str, field: &str) -> (Code, String, String) {
    (Code::FailedPrecondition, reason.to_owned(), field.to_owned())
}

fn merged() -> Fact {
    Fact::Closed { round: 1, outcome: Ended::Merged }
}

#[tokio::test]
async fn a_proposed_duplicate_is_merged_by_a_person_and_every_reporter_is_answered() {
    let running = Running::start().await;
    let mut world = World::default();
    let [first, second] = running.alike().await;
    // The second was reported again before anybody saw that it is the first.
    let again = RaiseWhistleRequest { same_as: second.clone(), ..running.stall("again") };
    running.raise(again).await;
    world.echo(&running).await;
    world.tell(&running, &second, &[("service/worker", world::routed(1, true))]).await;
    world.tell(&running, &second, &[("service/worker", world::called(1, "enforcement"))]).await;

    assert_eq!(running.merge(DONGFENG, &second, &first).await.unwrap(), first);
    let repeated = running.merge(DONGFENG, &second, &first).await.unwrap();
    assert_eq!(repeated, first, "the same request, the same answer");
    world.echo(&running).await;
    let ends = running.get(DONGFENG, &second).await.unwrap();
    assert_eq!((ends.merged_into.as_str(), ends.owed.len()), (first.as_str(), 0));
    world.tell(&running, &second, &[("service/worker", merged())]).await;
    let ends = running.get(DONGFENG, &second).await.unwrap();
    assert_eq!((ends.stage(), ends.outcome()), (Stage::Closed, Outcome::Merged));
    assert_eq!((ends.timeliness(), ends.is_satisfied), (Timeliness::Unspecified, false));

    let goes_on = running.get(DONGFENG, &first).await.unwrap();
    let grounds: Vec<_> =
        goes_on.reports.iter().map(|one| (one.ground(), &one.merged_from)).collect();
    let (none, from) = (String::new(), second.clone());
    let wanted = [(Ground::Unspecified, &none), (Ground::Person, &from), (Ground::Person, &from)];
    assert_eq!(grounds, wanted);
    let history = running.history(DONGFENG, &first).await.unwrap();
    let text = format!("(it was {second} before): 三个流动摊点占道");
    assert_eq!(history.iter().filter(|entry| entry.text.ends_with(&text)).count(), 2);
    let end = running.history(DONGFENG, &second).await.unwrap();
    let said = format!(
        "Dongfeng community (东风社区) said that it is the matter of {first}, which goes on: the \
         same stalls"
    );
    assert!(end.iter().any(|entry| entry.text == said), "{end:#?}");

    world.settle(&running, &first).await;
    let closed = running.get(DONGFENG, &first).await.unwrap();
    assert!(closed.reports.iter().all(|one| one.answer() == Outcome::Confirmed), "{closed:?}");
    let counts = running.gateway.counts().unwrap();
    assert_eq!((counts.raised, counts.closed, counts.is_whole()), (2, 2, true));
}

#[tokio::test]
async fn a_merging_stands_from_the_moment_it_is_said() {
    let running = Running::start().await;
    let [first, second, third] = running.alike().await;
    running.merge(OFFICE, &second, &first).await.unwrap();
    // None of it is on the bus yet.
    let twice = running.merge(DONGFENG, &second, &third).await.unwrap_err();
    assert_eq!(reason(twice), conflict("ALREADY_MERGED", "case_id"));
    let back = running.merge(DONGFENG, &first, &second).await.unwrap_err();
    let itself = (Code::InvalidArgument, "MERGE_INTO_ITSELF".into(), "same_as".into());
    assert_eq!(reason(back), itself, "the second is the first");
    let (command, case_id) = (command("confirm"), second.clone());
    let confirm = ConfirmCaseRequest { command, case_id, ratings: vec![] };
    let refused = running.client(DONGFENG).confirm_case(confirm).await.unwrap_err();
    assert_eq!(reason(refused), conflict("CASE_MERGED", "case_id"));
    // A chain leads to the case that goes on: for a merging, and for a report at the desk.
    assert_eq!(running.merge(DONGFENG, &third, &second).await.unwrap(), first);
    let at_desk = RaiseWhistleRequest { same_as: third.clone(), ..running.stall("desk") };
    assert_eq!(running.raise(at_desk).await, first);
    let fresh = running.client(DONGFENG).raise_whistle(running.stall("fresh")).await.unwrap();
    assert_eq!(fresh.into_inner().proposed, std::slice::from_ref(&first), "nothing that ends");
    assert_eq!(running.get(DONGFENG, &first).await.unwrap().reports.len(), 4);

    // The same when all is back, and made again from the journal.
    let mut world = World::default();
    world.echo(&running).await;
    let end = Fact::Closed { round: 0, outcome: Ended::Merged };
    for id in [&second, &third] {
        world.tell(&running, id, &[("service/worker", end.clone())]).await;
    }
    let late = RaiseWhistleRequest { same_as: third, ..running.stall("late") };
    assert_eq!(running.raise(late).await, first, "closed as merged, it still leads on");
    let before = running.gateway.dump().unwrap();
    let (dir, authority) = running.stop().await;
    let view = dir.path().join("gateway/view");
    eventually("the view is free", async || std::fs::remove_dir_all(&view).ok()).await;
    let running = Running::open(dir, authority, "https://127.0.0.1:1").await;
    assert_eq!(running.gateway.dump().unwrap(), before);
}

#[tokio::test]
async fn two_matters_are_told_apart_once_by_who_may_and_stay_two() {
    let running = Running::start().await;
    let [first, second] = running.alike().await;
    let stranger = running.apart(XISHAN, &second, &first).await.unwrap_err();
    assert_eq!(reason(stranger).1, "NOT_YOUR_CASE");
    running.apart(OFFICE, &second, &first).await.unwrap();
    assert_eq!(running.get(DONGFENG, &second).await.unwrap().proposed, [""; 0]);
    let again = running.apart(DONGFENG, &second, &first).await.unwrap_err();
    assert_eq!(reason(again), conflict("NOT_PROPOSED", "other"));
    let reverse = running.apart(DONGFENG, &first, &second).await.unwrap_err();
    assert_eq!(reason(reverse).1, "NOT_PROPOSED", "it was not proposed that way round");
    World::default().echo(&running).await;
    let case = running.get(DONGFENG, &second).await.unwrap();
    assert_eq!((case.proposed.len(), case.merged_into.as_str()), (0, ""));
    let history = running.history(DONGFENG, &second).await.unwrap();
    assert!(history[1].text.ends_with(&format!("not the matter of {first}: two gates")));
}

#[tokio::test]
async fn what_has_its_last_word_is_proposed_no_more() {
    let running = Running::start().await;
    let mut world = World::default();
    let [first, second, third] = running.alike().await;
    world.echo(&running).await;
    let proposed = async || running.get(DONGFENG, &third).await.unwrap().proposed;
    assert_eq!(proposed().await, [second.clone(), first.clone()]);
    world.settle(&running, &first).await;
    assert_eq!(
        proposed().await,
        std::slice::from_ref(&second),
        "nothing can be linked to the first"
    );
    running.merge(DONGFENG, &third, &second).await.unwrap();
    world.echo(&running).await;
    assert_eq!(proposed().await, [""; 0], "it is said whose matter it is");
}

#[tokio::test]
async fn who_may_not_merge_and_what_cannot_be_merged_is_refused() {
    let running = Running::start().await;
    let mut world = World::default();
    let [first, second, third] = running.alike().await;
    let cables = running.raise(running.cables("cables")).await;
    let grid = "WS-KH-003".into();
    let xishan = RaiseWhistleRequest { grid, ..running.stall("xishan") };
    let theirs = running.client(XISHAN).raise_whistle(xishan).await.unwrap().into_inner().case_id;
    world.echo(&running).await;
    let forbidden =
        |field: &str| (Code::PermissionDenied, "NOT_YOUR_CASE".to_owned(), field.into());
    let wanted = [
        (XISHAN, &second, &first, forbidden("case_id")),
        ("unit/enforcement", &second, &first, forbidden("case_id")),
        (DONGFENG, &second, &theirs, forbidden("same_as")),
        (DONGFENG, &second, &cables, conflict("OTHER_ISSUE_TYPE", "same_as")),
        (
            DONGFENG,
            &second,
            &second,
            (Code::InvalidArgument, "MERGE_INTO_ITSELF".into(), "same_as".into()),
        ),
    ];
    for (party, ends, same_as, refusal) in wanted {
        let refused = running.merge(party, ends, same_as).await.unwrap_err();
        assert_eq!(reason(refused), refusal, "{party} {ends} {same_as}");
    }
    world.settle(&running, &third).await;
    let into_closed = running.merge(OFFICE, &second, &third).await.unwrap_err();
    assert_eq!(reason(into_closed), conflict("CASE_CLOSED", "same_as"));
    let of_closed = running.merge(OFFICE, &third, &second).await.unwrap_err();
    assert_eq!(reason(of_closed), conflict("CASE_CLOSED", "case_id"));

    // What the community has confirmed is settled.
    world.work_through(&running, &first, 1).await;
    let rating =
        |unit: &str| proto::case::Rating { unit: unit.into(), stars: 5, ..Default::default() };
    let ratings = ["enforcement", "environment"].map(rating).into();
    let confirm = ConfirmCaseRequest { command: command("ok"), case_id: first.clone(), ratings };
    running.client(DONGFENG).confirm_case(confirm).await.unwrap();
    let refused = running.merge(DONGFENG, &first, &second).await.unwrap_err();
    assert_eq!(reason(refused), conflict("CASE_DECIDED", "case_id"));
    world.echo(&running).await;
    let refused = running.merge(DONGFENG, &second, &first).await.unwrap_err();
    assert_eq!(reason(refused), conflict("CASE_DECIDED", "same_as"));

    // An office merges across communities; who reported sees the case that goes on.
    assert!(running.get(XISHAN, &second).await.is_err());
    running.merge(OFFICE, &theirs, &second).await.unwrap();
    let seen = running.get(XISHAN, &second).await.unwrap();
    assert_eq!(seen.reports[1].reporter, "kaihua_xishan");
}
