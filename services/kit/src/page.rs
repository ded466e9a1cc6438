//! Pages of lists: a size with a limit, and a token that is the key to go on from.

use domain::rejection::Rejection;
use proto::page::Page;

/// What a page asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// How many at most.
    pub size: usize,
    /// The key to go on from; empty for the beginning.
    pub from: Vec<u8>,
}

const DEFAULT: usize = 50;
const MAX: usize = 500;

/// Reads a page; refuses a token that we did not give.
pub fn wanted(page: Option<Page>) -> Result<Wanted, Rejection> {
    let page = page.unwrap_or_default();
    let size = match page.size as usize {
        0 => DEFAULT,
        size => size.min(MAX),
    };
    let wrong = || Rejection::invalid("MALFORMED_TOKEN", "page.token", "not a token of this list");
    Ok(Wanted { size, from: unhex(&page.token).ok_or_else(wrong)? })
}

/// The token that goes on from a key.
pub fn token(key: &[u8]) -> String {
    key.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Cuts what was found, of which one more than a page was asked for, to the page. Says the token
/// that goes on behind the key of its last; empty when there is no more.
pub fn cut<T>(found: &mut Vec<T>, size: usize, key: impl Fn(&T) -> Vec<u8>) -> String {
    let is_more = found.len() > size;
    found.truncate(size);
    found.last().filter(|_| is_more).map(|last| token(&key(last))).unwrap_or_default()
}

/// Exactly what [`token`] writes: two lower-case digits for each byte.
fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: &u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|two| Some(digit(two.first()?)? << 4 | digit(two.get(1)?)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_bounded_and_a_token_goes_there_and_back() {
        let page = |size, token: &str| wanted(Some(Page { size, token: token.into() }));
        assert_eq!(page(0, "").unwrap(), Wanted { size: 50, from: vec![] });
        assert_eq!(
            page(9_999, &token(b"\x00key")).unwrap(),
            Wanted { size: 500, from: b"\0key".into() }
        );
        let key = |one: &u8| vec![*one];
        for (count, kept, goes_on) in [(1, 1, ""), (2, 2, ""), (3, 2, "02")] {
            let mut found: Vec<u8> = (1..=count).collect();
            assert_eq!((cut(&mut found, 2, key).as_str(), found.len()), (goes_on, kept));
        }
        for wrong in ["zz", "é", "0", "000", "+f", "AB"] {
            assert_eq!(page(1, wrong).unwrap_err().reason, "MALFORMED_TOKEN", "{wrong}");
        }
    }
}
