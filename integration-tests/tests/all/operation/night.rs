//! A night of muck trucks: two units of the template and one that is invited besides; ordered, helped,
//! handed over, stopped, summed up, and what is left is work.

use kit::status;
use proto::{
    case::Channel,
    operation::{EndKind, Operation, OperationStage, OrderState},
    whistle::{GetCaseRequest, whistle_service_client::WhistleServiceClient},
};

use super::people::{
    ENFORCEMENT, OFFICE, POLICE, TRANSPORT, answers, arrives, asks, comes, declines, end,
    eventually, finds, is_at, log, member, night, order, part, plan, seen, settles, stops,
};
use crate::s13::stage::Stage;

async fn dengfeng() -> Stage {
    Stage::open("dengfeng", |_| ()).await
}

/// All three come and are there.
async fn begun(stage: &Stage) -> String {
    let id = plan(stage, night("night")).await.unwrap();
    for unit in [POLICE, ENFORCEMENT, TRANSPORT] {
        comes(stage, (unit, &id), "a").await.unwrap();
    }
    eventually(stage, "begun", &id, is_at(OperationStage::Started)).await;
    for unit in [POLICE, ENFORCEMENT, TRANSPORT] {
        arrives(stage, (unit, &id)).await;
    }
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn three_units_come_act_as_one_and_what_is_left_is_work() {
    let stage = dengfeng().await;
    let id = begun(&stage).await;
    assert_eq!(plan(&stage, night("night")).await.unwrap_err().code(), tonic::Code::AlreadyExists);

    let seen = seen(&stage, OFFICE, &id).await.unwrap();
    let crew = member(&seen, TRANSPORT).crew.clone().unwrap();
    assert_eq!((crew.people.len(), crew.vehicles.len(), crew.powers.len()), (2, 1, 1));

    let first = order(&stage, &id, ENFORCEMENT, "close the slip road").await.unwrap();
    answers(&stage, (ENFORCEMENT, &id), &first, true).await;
    let second = order(&stage, &id, POLICE, "look at the bridge").await.unwrap();
    assert_ne!(first, second);
    let help = asks(&stage, (ENFORCEMENT, &id), TRANSPORT, false).await.unwrap();
    answers(&stage, (TRANSPORT, &id), &help, false).await;
    let over = asks(&stage, (ENFORCEMENT, &id), POLICE, true).await.unwrap();
    answers(&stage, (POLICE, &id), &over, true).await;
    let taken = |part: &proto::operation::Part| {
        let of = part.orders.iter().filter(|given| given.state() == OrderState::Taken);
        of.filter_map(|given| given.order.as_ref()).any(|order| order.id == over)
    };
    part(&stage, "who hands over knows that it is taken", (ENFORCEMENT, &id), taken).await;
    let stop = stops(&stage, (POLICE, &id)).await.inspection_id;
    assert_eq!(finds(&stage, (POLICE, &id), &stop).await.unwrap_err(), "ALREADY_FOUND");
    let stop = [stop];
    let all = |one: &Operation| {
        one.orders.len() == 4 && one.findings == stop && one.open_findings == stop
    };
    eventually(&stage, "all is in it", &id, all).await;
    for party in [OFFICE, "unit/transport", "unit/enforcement"] {
        let entries = log(&stage, party, &id).await.unwrap();
        assert!(entries.iter().any(|one| one.inspection_id == stop[0]), "{party}");
        assert!(entries.iter().any(|one| one.order_id == over), "{party}: {entries:#?}");
    }
    let stranger = log(&stage, "unit/water", &id).await.unwrap_err();
    assert_eq!(status::rejection(&stranger).reason, "NOT_YOUR_OPERATION");

    end(&stage, &id, EndKind::Stopped).await.unwrap();
    let closed = eventually(&stage, "closed", &id, is_at(OperationStage::Closed)).await;
    let summary = closed.summary.unwrap();
    assert_eq!(summary.came, [ENFORCEMENT, POLICE, TRANSPORT]);
    assert_eq!(summary.orders_open, [second], "nobody has answered that one");
    assert_eq!(summary.findings, stop);
    settles(&stage, POLICE, (&stop[0], 1)).await;
    settles(&stage, ENFORCEMENT, (&stop[0], 2)).await;
    eventually(&stage, "what was found is settled", &id, |one| one.open_findings.is_empty()).await;
    assert!(summary.late.is_empty() && summary.pending.is_empty());
    for unit in [POLICE, ENFORCEMENT, TRANSPORT] {
        let part = part(&stage, "let go", (unit, &id), |part| part.is_released).await;
        assert_eq!(part.reserved, None, "{unit}");
    }
    assert_eq!(comes(&stage, (TRANSPORT, &id), "b").await.unwrap_err(), "RELEASED");
    works(&stage, &id).await;
    stage.close().await;
}

/// What is left is given to cases at the command line, also after the end.
async fn works(stage: &Stage, id: &str) {
    let data = stage.data();
    let file = data.with_file_name("works.csv");
    let rows = "id,grid,issue_type,text,units\n1,DF-SY-001,muck_mud,mud on the road,enforcement\n";
    std::fs::write(&file, rows).unwrap();
    let file = file.to_str().unwrap().to_owned();
    let by = ["--person", "li.na", "--as", OFFICE];
    let verb = ["operations", "follow-up", id, "--works", &file];
    let shown = crate::operate::shown(&data, &[&verb[..], &by].concat());
    assert!(shown.contains("nothing was changed"), "{shown}");
    let said = crate::operate::said(&data, &[&verb[..], &by, &["--yes"]].concat());
    let case = format!("{id}-1");
    assert_eq!(said[0]["cases"][0].as_str(), Some(&*case));
    let again = |one: &Operation| one.cases == [case.clone()];
    eventually(stage, "its work has begun", id, again).await;
    begins(stage, &case).await;
    assert_eq!(stage.called(&case, 1).await, ENFORCEMENT);
    let intake = stage.case(&case).await.reports[0].intake.clone().unwrap();
    assert_eq!(intake.channel(), Channel::Operation);
    eventually(stage, "closed again", id, is_at(OperationStage::Closed)).await;
    let twice = crate::operate::refused(&data, &[&verb[..], &by, &["--yes"]].concat());
    assert!(twice.contains("is there twice"), "{twice}");
}

/// Waits until the ledger has the case.
async fn begins(stage: &Stage, case: &str) {
    let mut gateway = WhistleServiceClient::new(stage.line("admin/li"));
    let request = GetCaseRequest { case_id: case.to_owned() };
    let look = async || gateway.get_case(request.clone()).await.is_ok();
    crate::s1::stage::until("its case is there", look, |is_there| *is_there).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_declines_names_another_which_stands_in_for_it() {
    let stage = dengfeng().await;
    let id = plan(&stage, night("night")).await.unwrap();
    comes(&stage, (POLICE, &id), "a").await.unwrap();
    comes(&stage, (TRANSPORT, &id), "a").await.unwrap();
    declines(&stage, (ENFORCEMENT, &id), "housing").await.unwrap();
    let called = |one: &Operation| one.members.len() == 4;
    let one = eventually(&stage, "the other is called", &id, called).await;
    assert!(!one.has_quorum, "enforcement is a must");
    assert_eq!(member(&one, "housing").in_place_of, ENFORCEMENT);
    comes(&stage, ("housing", &id), "a").await.unwrap();
    eventually(&stage, "begun", &id, is_at(OperationStage::Started)).await;
    let seen = seen(&stage, "unit/housing", &id).await.unwrap();
    assert!(seen.has_quorum, "housing stands in for it, and sees that");
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_office_leads_an_operation_at_the_command_line() {
    let stage = dengfeng().await;
    let data = stage.data();
    let by = ["--person", "li.na", "--as", OFFICE];
    let verb = [
        "operations",
        "plan",
        "muck_trucks",
        "--goal",
        "the river road",
        "--grid",
        "DF-SY-001",
        "--from",
        "2026-12-27T12:00:00Z",
        "--to",
        "2026-12-27T20:00:00Z",
        "--unit",
        "transport:2:1",
    ];
    // The days of the story are those of the machine: far enough ahead, and not too far.
    let day = |days: i64| {
        let at = super::people::after(days * 86_400);
        let day = domain::pack::Day::of(domain::moment::Moment(at), 0);
        format!("{day}T12:00:00Z")
    };
    let (from, to) = (day(30), day(31));
    let verb = verb.map(|word| match word {
        "2026-12-27T12:00:00Z" => from.as_str(),
        "2026-12-27T20:00:00Z" => to.as_str(),
        word => word,
    });
    let shown = crate::operate::shown(&data, &[&verb[..], &by].concat());
    assert!(shown.contains("nothing was changed"), "{shown}");
    assert!(crate::operate::said(&data, &["operations", "list"]).is_empty(), "a preview");
    let said = crate::operate::said(&data, &[&verb[..], &by, &["--yes"]].concat());
    let id = said[0]["operation_id"].as_str().unwrap().to_owned();
    let invite = ["operations", "invite", &id, "environment:1"];
    crate::operate::said(&data, &[&invite[..], &by, &["--yes"]].concat());
    for unit in [POLICE, ENFORCEMENT, TRANSPORT, "environment"] {
        comes(&stage, (unit, &id), "a").await.unwrap();
    }
    eventually(&stage, "begun", &id, is_at(OperationStage::Started)).await;
    let give = ["operations", "order", &id, ENFORCEMENT, "close the slip road"];
    crate::operate::said(&data, &[&give[..], &by, &["--yes"]].concat());
    let send = ["operations", "reassign", &id, POLICE, "DF-SY-002", "--reason", "a queue there"];
    crate::operate::said(&data, &[&send[..], &by, &["--yes"]].concat());
    let look = || crate::operate::shown(&data, &["operations", "show", &id]);
    let shown = crate::operate::until(look, |text| text.contains("re-assignment c-2")).await;
    assert!(shown.contains("close the slip road") && shown.contains("environment"), "{shown}");
    let abort = ["operations", "abort", &id, "--reason", "rain", "--series"];
    crate::operate::said(&data, &[&abort[..], &by, &["--yes"]].concat());
    eventually(&stage, "closed", &id, is_at(OperationStage::Closed)).await;
    let list = crate::operate::said(&data, &["operations", "list"]);
    assert_eq!((list.len(), list[0]["how"].as_str()), (1, Some("aborted")), "none follows");
    assert!(crate::operate::said(&data, &["operations", "waiting"]).is_empty());
    stage.close().await;
}
