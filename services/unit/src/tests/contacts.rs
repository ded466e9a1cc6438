//! Telephone numbers that are handed from unit to unit: in no record, read for their purpose only, one
//! call-back each, and deleted in time.

use domain::pack::ContactRule;
use proto::contact_wire::{
    Contact, HandOverRequest, ListContactsRequest, ReadContactRequest, ReportContactRequest,
    contact_service_client::ContactServiceClient,
};

use super::*;

type Client = ContactServiceClient<Channel>;

const NUMBER: &str = "138-0013-8000";
const DIGITS: &str = "13800138000";
const POLICE: &str = "public_security";
const DAY_MS: i64 = 86_400_000;

/// Wenshan, where the police hand numbers to enforcement, which keeps them two days.
fn town() -> Town {
    let mut town = Town::new();
    let mut city = wenshan();
    let rule = ContactRule { from: vec![POLICE.parse().unwrap()], kept_days: 2 };
    city.contacts.insert("enforcement".parse().unwrap(), rule);
    town.city = Arc::new(city);
    town
}

fn books(host: &Running, town: &Town, unit: &str) -> Client {
    ContactServiceClient::new(host.channel(town, &format!("unit/{unit}")))
}

fn handing(request: &str, number: &str) -> HandOverRequest {
    HandOverRequest {
        command: asks(request),
        unit: "enforcement".into(),
        number: number.into(),
        purpose: "call-back".into(),
        note: "on a leaflet at the gate".into(),
    }
}

async fn hands(client: &mut Client, asked: HandOverRequest) -> Result<Contact, Status> {
    Ok(client.hand_over(asked).await?.into_inner().contact.unwrap())
}

async fn reads(client: &mut Client, id: &str, purpose: &str) -> Result<String, Status> {
    let (command, contact_id) = (asks(&format!("read-{id}-{}", purpose.len())), id.into());
    let request = ReadContactRequest { command, contact_id, purpose: purpose.into() };
    Ok(client.read_contact(request).await?.into_inner().number)
}

async fn listed(client: &mut Client) -> Vec<Contact> {
    client.list_contacts(ListContactsRequest::default()).await.unwrap().into_inner().contacts
}

async fn report(client: &mut Client, request: &str, id: &str) -> Result<Contact, Status> {
    let (command, contact_id) = (asks(request), id.into());
    let result = "unplugged after the third call".into();
    let request = ReportContactRequest { command, contact_id, result };
    Ok(client.report_contact(request).await?.into_inner().contact.unwrap())
}

/// The files under a folder that have these bytes in them.
fn having(folder: &Path, bytes: &[u8]) -> Vec<PathBuf> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if std::fs::read(&path).unwrap().windows(bytes.len()).any(|part| part == bytes) {
                found.push(path);
            }
        }
    }
    found
}

#[tokio::test]
async fn a_number_is_handed_over_twice_called_back_once_and_is_in_no_record() {
    let town = town();
    let host = town.start(&["enforcement", POLICE]).await;
    let mut police = books(&host, &town, POLICE);
    let first = hands(&mut police, handing("a", NUMBER)).await.unwrap();
    assert_eq!(hands(&mut police, handing("a", NUMBER)).await.unwrap(), first, "a repeat");
    let again = hands(&mut police, handing("b", DIGITS)).await.unwrap();
    assert_eq!((&again.contact_id, again.handed.len()), (&first.contact_id, 2));
    let mut ours = books(&host, &town, "enforcement");
    let tasks = listed(&mut ours).await;
    assert_eq!((tasks.len(), tasks[0].kept_until_ms), (1, NOW.0 + 2 * DAY_MS), "one call-back");
    let id = &*first.contact_id;
    assert_eq!(reads(&mut ours, id, "call-back").await.unwrap(), DIGITS);

    report(&mut ours, "r", id).await.unwrap();
    let twice = report(&mut ours, "s", id).await.unwrap_err();
    assert_eq!(reason(&twice), "ALREADY_REPORTED");
    host.carry("enforcement", POLICE).await;
    let known = listed(&mut police).await;
    assert_eq!(known[0].result, "unplugged after the third call", "the result goes back");
    let next = hands(&mut police, handing("c", NUMBER)).await.unwrap();
    assert_ne!(next.contact_id, first.contact_id, "it is advertised again");
    let kept = having(&town.data(), DIGITS.as_bytes());
    assert!(
        kept.len() == 2 && kept.iter().all(|file| file.parent().unwrap().ends_with("contacts"))
    );
    assert!(having(&town.data(), NUMBER.as_bytes()).is_empty());
    host.end().await;
}

#[tokio::test]
async fn who_has_not_the_purpose_is_refused_and_that_is_on_record() {
    let town = town();
    let host = town.start(&["enforcement", POLICE, "housing"]).await;
    let mut police = books(&host, &town, POLICE);
    let id = hands(&mut police, handing("a", NUMBER)).await.unwrap().contact_id;
    let mut ours = books(&host, &town, "enforcement");
    for purpose in ["", "a survey"] {
        let refused = reads(&mut ours, &id, purpose).await.unwrap_err();
        assert_eq!(reason(&refused), "NOT_THE_PURPOSE");
    }
    let refusals = town.data().join("enforcement/access");
    eventually("who was refused is on record", async || {
        !having(&refusals, b"NOT_THE_PURPOSE").is_empty()
    })
    .await;
    let other = reads(&mut books(&host, &town, "housing"), &id, "call-back").await.unwrap_err();
    assert_eq!(reason(&other), "UNKNOWN_CONTACT");
    let stranger = hands(&mut books(&host, &town, "housing"), handing("b", NUMBER)).await;
    assert_eq!(reason(&stranger.unwrap_err()), "NOT_HANDED_OVER");
    let wrong = [
        (HandOverRequest { number: "12".into(), ..handing("c", NUMBER) }, "MALFORMED_NUMBER"),
        (HandOverRequest { purpose: String::new(), ..handing("d", NUMBER) }, "PURPOSE_MISSING"),
        (HandOverRequest { note: String::new(), ..handing("e", NUMBER) }, "NOTE_MISSING"),
        (HandOverRequest { note: DIGITS.into(), ..handing("f", NUMBER) }, "NUMBER_IN_TEXT"),
    ];
    for (asked, wanted) in wrong {
        assert_eq!(reason(&hands(&mut police, asked).await.unwrap_err()), wanted);
    }
    assert_eq!(having(&town.data(), DIGITS.as_bytes()).len(), 1, "nothing of what was refused");
    host.end().await;
}

#[tokio::test]
async fn a_number_is_deleted_when_its_retention_is_over_and_the_receipt_stays() {
    let mut town = town();
    let host = town.start(&["enforcement", POLICE]).await;
    let mut police = books(&host, &town, POLICE);
    let id = hands(&mut police, handing("a", NUMBER)).await.unwrap().contact_id;
    host.end().await;
    town.clock = Clock::fixed(Moment(NOW.0 + 2 * DAY_MS - 1));
    let host = town.start(&["enforcement"]).await;
    let mut ours = books(&host, &town, "enforcement");
    assert_eq!(reads(&mut ours, &id, "call-back").await.unwrap(), DIGITS, "not before");
    host.end().await;
    town.clock = Clock::fixed(Moment(NOW.0 + 2 * DAY_MS));
    let host = town.start(&["enforcement", POLICE]).await;
    let mut ours = books(&host, &town, "enforcement");
    let mut desk = ours.clone();
    eventually("it is deleted", async || listed(&mut desk).await[0].erased_at_ms > 0).await;
    assert!(having(&town.data(), DIGITS.as_bytes()).is_empty());
    let request = ReadContactRequest {
        command: asks("late"),
        contact_id: id.clone(),
        purpose: "call-back".into(),
    };
    assert_eq!(reason(&ours.read_contact(request).await.unwrap_err()), "ERASED");
    let receipt = listed(&mut ours).await.remove(0);
    assert_eq!((&*receipt.handed[0].unit, &*receipt.purpose), (POLICE, "call-back"));
    let mut police = books(&host, &town, POLICE);
    let repeat = hands(&mut police, handing("a", NUMBER)).await.unwrap();
    assert_eq!(repeat.contact_id, id);
    assert!(
        having(&town.data(), DIGITS.as_bytes()).is_empty(),
        "a late repeat brings nothing back"
    );
    let new = hands(&mut police, handing("b", NUMBER)).await.unwrap();
    assert_ne!(new.contact_id, id, "a new one is a new one");
    host.end().await;
}
