//! One vehicle and one person are never in two operations at once, and are free when one is over.

use proto::operation::{EndKind, OperationStage};

use super::people::{
    ENFORCEMENT, POLICE, after, comes, declines, end, eventually, is_at, night, part, plan,
};
use crate::s13::stage::Stage;

#[tokio::test(flavor = "multi_thread")]
async fn the_same_vehicle_in_two_operations_is_refused_until_it_is_let_go() {
    let stage = Stage::open("dengfeng", |_| ()).await;
    let first = plan(&stage, night("first")).await.unwrap();
    let second = plan(&stage, night("second")).await.unwrap();
    let mut later = night("later");
    (later.from_ms, later.to_ms) = (after(5 * 3_600), after(6 * 3_600));
    let later = plan(&stage, later).await.unwrap();

    comes(&stage, (POLICE, &first), "a").await.unwrap();
    assert_eq!(comes(&stage, (POLICE, &second), "a").await.unwrap_err(), "ALREADY_RESERVED");
    comes(&stage, (POLICE, &second), "b").await.unwrap();
    comes(&stage, (POLICE, &later), "a").await.unwrap();
    // Who declines frees what it had reserved.
    declines(&stage, (POLICE, &second), "").await.unwrap();
    comes(&stage, (POLICE, &first), "b").await.unwrap();
    comes(&stage, (POLICE, &second), "a").await.unwrap();

    comes(&stage, (ENFORCEMENT, &first), "a").await.unwrap();
    assert_eq!(comes(&stage, (ENFORCEMENT, &second), "a").await.unwrap_err(), "ALREADY_RESERVED");
    end(&stage, &first, EndKind::Aborted).await.unwrap();
    eventually(&stage, "closed", &first, is_at(OperationStage::Closed)).await;
    part(&stage, "let go", (ENFORCEMENT, &first), |part| part.is_released).await;
    comes(&stage, (ENFORCEMENT, &second), "a").await.unwrap();
    stage.close().await;
}
