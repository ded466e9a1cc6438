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

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes().chunks(2);
    digits.map(|two| u8::from_str_radix(std::str::from_utf8(two).ok()?, 16).ok()).collect()
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
        assert_eq!(page(1, "zz").unwrap_err().reason, "MALFORMED_TOKEN");
        assert_eq!(page(1, "é").unwrap_err().reason, "MALFORMED_TOKEN");
    }
}
