//! Subscribers and their cursors; where an envelope stands.

use super::*;
use crate::engine::{Name, SUBSCRIBERS_MAX, Selection, Standing, Start};

/// A cursor is durable, goes forward by acknowledgements and anywhere by a person, and stays when the
/// subscriber asks for something else.
pub async fn subscribed(stage: &impl Stage) {
    let engine = stage.open().await;
    let make = |number| envelope("", number, "case/w/1");
    let places = publish(&*engine, (1..=4).map(make).collect()).await;
    let owner = party("admin/root");
    let put = async |name: &str, start| {
        let selection = Selection { types: vec!["muster.*".into()], subjects: Vec::new() };
        engine.put_subscriber(&owner, name, selection, start).await.unwrap().place
    };
    assert_eq!(put("all", Start::After(0)).await, 0);
    assert!(put("new", Start::End).await >= places[3]);
    let accepted_at = engine.read(0, 1).await.unwrap().recorded[0].accepted_at;
    assert!(put("then", Start::At(accepted_at)).await < places[0]);
    assert!(put("later", Start::At(accepted_at + PATIENCE)).await >= places[3]);

    let seek = async |place, is_acknowledgement| {
        engine.seek(&owner, "all", place, is_acknowledgement).await.unwrap().place
    };
    assert_eq!(seek(places[2], true).await, places[2]);
    assert_eq!(seek(places[1], true).await, places[2], "an acknowledgement never goes back");
    assert_eq!(put("all", Start::After(0)).await, places[2], "it was there already");
    drop(engine);

    let engine = stage.open().await;
    let found = engine.subscribers(Some(&owner), None, 2).await.unwrap();
    assert_eq!(found.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["all", "later"]);
    assert_eq!((found[0].place, &found[0].selection.types[0][..]), (places[2], "muster.*"));
    let rest = Some((owner.clone(), "later".to_owned()));
    assert_eq!(engine.subscribers(None, rest, 2).await.unwrap()[0].name, "new");
    assert_eq!(engine.seek(&owner, "all", places[0], false).await.unwrap().place, places[0]);
    let stranger = engine.seek(&party("admin/other"), "all", 1, true).await;
    assert_eq!(reason(stranger), "UNKNOWN_SUBSCRIBER");
    engine.remove_subscriber(&owner, "all").await.unwrap();
    assert_eq!(reason(engine.remove_subscriber(&owner, "all").await), "UNKNOWN_SUBSCRIBER");
}

/// A party has so many subscribers and no more; one that asks for something else keeps its cursor.
pub async fn bounded(engine: &dyn Engine) {
    let places = publish(engine, vec![envelope("", 1, "case/w/1")]).await;
    let put = async |owner: &str, name: &str, subjects: &[&str]| {
        let subjects = subjects.iter().map(|text| (*text).to_owned()).collect();
        let selection = Selection { types: Vec::new(), subjects };
        engine.put_subscriber(&party(owner), name, selection, Start::After(0)).await
    };
    for number in 0..SUBSCRIBERS_MAX {
        put("admin/root", &format!("s{number}"), &[]).await.unwrap();
    }
    assert_eq!(reason(put("admin/root", "more", &[]).await), "TOO_MANY_SUBSCRIBERS");
    put("admin/other", "more", &[]).await.unwrap();
    engine.seek(&party("admin/root"), "s7", places[0], true).await.unwrap();
    let changed = put("admin/root", "s7", &["case/*"]).await.unwrap();
    assert_eq!(
        (changed.place, &changed.selection.subjects[..]),
        (places[0], &["case/*".to_owned()][..])
    );
    engine.remove_subscriber(&party("admin/root"), "s8").await.unwrap();
    put("admin/root", "more", &[]).await.unwrap();
}

/// For any envelope it is known where it stands, and who has not got it.
pub async fn located(engine: &dyn Engine) {
    let make = |number| envelope("unit/housing", number, "case/w/1");
    let places = publish(engine, vec![make(1), make(2), envelope("", 1, "case/w/1")]).await;
    let find = async |name| engine.locate(name).await.unwrap();
    let standing = async |place| find(Name::Place(place)).await.standing;
    assert_eq!(standing(places[0]).await, Standing::Waiting);
    assert_eq!(standing(places[1]).await, Standing::Behind(places[0]));
    assert_eq!(standing(places[2]).await, Standing::Acknowledged);
    ids(engine, "unit/housing", 1).await;
    assert!(matches!(standing(places[0]).await, Standing::InHand(_)));
    acknowledge(engine, "unit/housing", &places[..1]).await;
    signing::committed(engine, &party("service/worker"), places[2]).await.unwrap();
    let name = Name::Number(party("unit/enforcement"), Some(party("unit/housing")), 1);
    let found = find(name).await;
    assert_eq!((found.recorded.place, found.standing), (places[0], Standing::Acknowledged));
    assert_eq!(found.missing, [party("service/gateway")]);
    commit(engine, places[2]).await;
    assert_eq!(standing(places[0]).await, Standing::Settled);
    for name in [Name::Place(0), Name::Place(1 << 40), Name::Number(party("unit/x"), None, 1)] {
        assert_eq!(reason(engine.locate(name).await), "UNKNOWN_ENVELOPE");
    }
}
