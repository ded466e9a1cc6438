//! The number of a case: the city's day, and what follows from who asked and how it was asked.
//!
//! The same request always has the same number, so that nobody can blow one whistle twice. Eight
//! characters are 40 bits; should another case of that day have them already, more follow.

use domain::{
    id::{CaseId, RequestId},
    moment::Moment,
    pack::{City, Day},
    party::Party,
};
use sha2::{Digest, Sha256};

/// Crockford's base 32: no I, L, O, U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// The characters of a SHA-256: whole groups of five bits.
const CHARACTERS_MAX: usize = 51;

/// How many characters a number has when nothing stands in its way.
const CHARACTERS: usize = 8;

/// How many characters a mark has: 130 bits.
const MARK: usize = 26;

/// The numbers that the case of a request may have, the best first.
pub(crate) fn candidates(
    city: &City,
    caller: &Party,
    request: &RequestId,
    now: Moment,
) -> impl Iterator<Item = CaseId> + use<> {
    let day = Day::of(now, city.utc_offset_minutes).to_string().replace('-', "");
    let characters = of_request(caller, request);
    (CHARACTERS..=CHARACTERS_MAX)
        .filter_map(move |count| CaseId::parse(format!("{day}-{}", &characters[..count])).ok())
}

/// What names a request in the id of what it says: as many characters as never meet again.
pub(crate) fn mark(caller: &Party, request: &RequestId) -> String {
    of_request(caller, request)[..MARK].to_owned()
}

fn of_request(caller: &Party, request: &RequestId) -> String {
    characters(&Sha256::digest(format!("{caller}\0{request}")))
}

fn characters(hash: &[u8]) -> String {
    let bit = |at: usize| usize::from(hash[at / 8] >> (7 - at % 8) & 1);
    let character = |at: usize| {
        let five = (at * 5..at * 5 + 5).fold(0, |value, at| value << 1 | bit(at));
        char::from(ALPHABET[five])
    };
    (0..CHARACTERS_MAX).map(character).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_those_of_crockford() {
        // From RFC 4648 by its alphabet: 0x00443214c74254b635cf84653a56d7c675be77df.
        let bytes = [0x00, 0x44, 0x32, 0x14, 0xc7, 0x42, 0x54, 0xb6, 0x35, 0xcf];
        let all = [&bytes[..], &[0; 22]].concat();
        assert_eq!(&characters(&all)[..16], "0123456789ABCDEF");
    }

    #[test]
    fn one_request_has_one_number_and_more_characters_of_it_where_that_is_taken() {
        let city = crate::tests::city();
        let numbers = |caller: &str, request: &str| -> Vec<String> {
            let (caller, request) = (caller.parse().unwrap(), request.parse().unwrap());
            // 23:30 UTC of the 21st is the 22nd in Wenshan.
            let now = Moment(1_795_303_800_000);
            candidates(&city, &caller, &request, now).map(String::from).collect()
        };
        let first = numbers("community/a", "r1");
        assert_eq!(first, numbers("community/a", "r1"));
        assert!(first[0].starts_with("20261122-") && first[0].len() == 17, "{}", first[0]);
        assert!(first[1].starts_with(&first[0]) && first[1].len() == 18);
        assert_ne!(first[0], numbers("community/a", "r2")[0]);
        assert_ne!(first[0], numbers("community/b", "r1")[0]);
    }
}
