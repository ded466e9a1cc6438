//! Look-ups: who asked and why is on disk before anything is answered.

use prost::Message as _;
use proto::register::{
    ListRegistersRequest, LookUpRequest, LookUpResponse,
    register_service_client::RegisterServiceClient,
};

use super::*;

type Registers = RegisterServiceClient<Channel>;

fn asked(id: &str, key: &str, purpose: &str) -> LookUpRequest {
    LookUpRequest {
        command: asks(id),
        unit: "housing".into(),
        register: "plates".into(),
        key: key.into(),
        purpose: purpose.into(),
    }
}

async fn look_up(client: &mut Registers, asked: &LookUpRequest) -> Result<LookUpResponse, Status> {
    Ok(client.look_up(asked.clone()).await?.into_inner())
}

#[tokio::test]
async fn a_look_up_is_journalled_with_who_what_and_why() {
    let town = Town::new();
    let host = town.start(&["housing"]).await;
    let mut client = Registers::new(host.channel(&town, "unit/enforcement"));
    let question = asked("q1", "A1", "case c1");
    let found = look_up(&mut client, &question).await.unwrap();
    assert_eq!(found.rows.len(), 2);
    assert_eq!(found.rows[0].cells[1].value, "stolen");
    assert_eq!(found.opinion, "plates A1 2 2023-11-15", "the day is the city's");

    let records = host.records("housing");
    let [record] = &records[..] else { panic!("{records:?}") };
    let change = record.change.as_ref().unwrap();
    assert_eq!(LookUpRequest::decode(&change.data[..]).unwrap(), question);
    assert_eq!(record.request.as_ref().unwrap().caller, "unit/enforcement");
    assert_eq!(record.at_ms, NOW.0);

    town.clock.advance(Duration::from_secs(200_000));
    assert_eq!(look_up(&mut client, &question).await.unwrap(), found, "the first answer");
    assert_eq!(host.records("housing").len(), 1);
    let other = look_up(&mut client, &asked("q1", "B2", "case c1")).await.unwrap_err();
    assert_eq!(reason(&other), "REQUEST_ID_REUSED");
    host.end().await;
}

#[tokio::test]
async fn what_is_not_there_is_journalled_too_and_what_is_no_question_is_not() {
    let town = Town::new();
    let host = town.start(&["housing"]).await;
    let mut client = Registers::new(host.channel(&town, "office/leading_group_office"));
    for (question, expected) in [
        (asked("q", "A1", " "), "PURPOSE_MISSING"),
        (asked("q", "", "case c1"), "KEY_MISSING"),
        (LookUpRequest { register: "sites".into(), ..asked("q", "A1", "x") }, "UNKNOWN_REGISTER"),
        (LookUpRequest { unit: "water".into(), ..asked("q", "A1", "x") }, "NOT_HOSTED_HERE"),
        (LookUpRequest { command: None, ..asked("q", "A1", "x") }, "COMMAND_MISSING"),
    ] {
        assert_eq!(reason(&look_up(&mut client, &question).await.unwrap_err()), expected);
    }
    assert!(host.records("housing").is_empty());
    for _ in 0..2 {
        let refused = look_up(&mut client, &asked("q", "Z9", "case c1")).await.unwrap_err();
        assert_eq!(reason(&refused), "UNKNOWN_KEY");
    }
    assert_eq!(host.records("housing").len(), 1);
    let mut stranger = Registers::new(host.channel(&town, "community/kaihua_dongfeng"));
    let refused = look_up(&mut stranger, &asked("q", "A1", "x")).await.unwrap_err();
    assert_eq!(reason(&refused), "NOT_A_UNIT");
    host.end().await;
}

#[tokio::test]
async fn registers_are_listed_with_their_columns() {
    let town = Town::new();
    let host = town.start(&["housing"]).await;
    let mut client = Registers::new(host.channel(&town, "unit/enforcement"));
    let request = ListRegistersRequest { unit: "housing".into() };
    let registers = client.list_registers(request).await.unwrap().into_inner().registers;
    assert_eq!(registers[0].columns, ["plate", "flag", "source"]);
    assert_eq!((registers[0].rows, registers[0].title_zh.as_str()), (3, "号牌"));
    host.end().await;
}
