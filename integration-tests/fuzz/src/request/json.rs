//! Requests as JSON, by the code by which the door of JSON reads them.

use domain::rejection::Rejection;
use kit::server::json::{Message, pool};

use super::methods;

/// What the method's handler is given; what was read is written and read again the same.
pub(super) fn protobuf(method: &str, text: &[u8]) -> Result<Vec<u8>, Rejection> {
    let all = pool().services().flat_map(|service| service.methods().collect::<Vec<_>>());
    let found = all.into_iter().find(|one| one.name() == method);
    let Some(of) = found.map(|method| method.input()) else { return Ok(Vec::new()) };
    let bytes = Message::read(&of, text)?.encode();
    if let Ok(message) = Message::decode(&of, &bytes)
        && let Ok(again) = message.write()
    {
        let again = Message::read(&of, again.as_bytes()).expect("what is written is read");
        assert_eq!(again, message);
    }
    Ok(bytes)
}

/// A whistle, and one with a fault deep in it.
pub(super) fn seeds() -> Vec<(String, Vec<u8>)> {
    let whistle = r#"{"command":{"requestId":"r1","person":"li.na"},"issueType":"street_vending",
        "grid":"WS-KH-001","description":"\u6446\u6444","calledUnits":["enforcement"],
        "evidence":[{"size":"5","kind":"photo"}]}"#;
    let number = methods().iter().position(|(name, _)| *name == "RaiseWhistle");
    let number = number.and_then(|number| u8::try_from(number).ok()).unwrap_or_default();
    let seed = |name: &str, text: &str| (name.to_owned(), [&[number], text.as_bytes()].concat());
    vec![
        seed("RaiseWhistle.json", whistle),
        seed("RaiseWhistle.wrong.json", &whistle.replace("\"5\"", "{}")),
    ]
}
