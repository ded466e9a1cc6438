//! A page of another system's feed: `{"reports": [...], "next": "CURSOR"}`. Pure.

use domain::pack::Datum;
use serde_json::Value;

use super::report::{self, Brought};

/// How many reports a page may have, whatever was asked for.
pub(crate) const REPORTS_MAX: usize = 1_000;
/// The longest cursor, in bytes.
const CURSOR_MAX: usize = 500;

/// One page.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Page {
    /// Its reports, in order.
    pub(crate) reports: Vec<Brought>,
    /// Where to go on; none: where it was.
    pub(crate) next: Option<String>,
}

/// Reads a page; says why it is none.
pub(crate) fn page(bytes: &[u8], datum: Datum) -> Result<Page, String> {
    let page: Value =
        serde_json::from_slice(bytes).map_err(|error| format!("the feed is no JSON: {error}"))?;
    let reports = page.get("reports").and_then(Value::as_array);
    let reports = reports.ok_or("the feed has no list `reports`")?;
    if reports.len() > REPORTS_MAX {
        let count = reports.len();
        return Err(format!("the feed has {count} reports at once, and {REPORTS_MAX} are read"));
    }
    let next = match page.get("next") {
        None | Some(Value::Null) => None,
        Some(Value::String(next)) if next.len() <= CURSOR_MAX => Some(next.clone()),
        Some(Value::Number(next)) => Some(next.to_string()),
        Some(_) => return Err(format!("`next` of the feed is no text of {CURSOR_MAX} bytes")),
    };
    let reports = reports.iter().map(|item| report::of_feed(item, datum)).collect();
    Ok(Page { reports, next })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_read_whole_or_not_at_all() {
        let read = |text: &str| page(text.as_bytes(), Datum::Wgs84);
        let good = read(r#"{"reports":[{"number":"1"},7],"next":"c/2"}"#).unwrap();
        assert_eq!((good.reports.len(), good.next.as_deref()), (2, Some("c/2")));
        assert_eq!(read(r#"{"reports":[]}"#).unwrap().next, None);
        assert_eq!(read(r#"{"reports":[],"next":12}"#).unwrap().next.as_deref(), Some("12"));
        let many = format!(r#"{{"reports":[{}1]}}"#, "1,".repeat(1_000));
        let far = format!(r#"{{"reports":[],"next":"{}"}}"#, "x".repeat(501));
        for (text, wanted) in [
            ("<html>", "no JSON"),
            ("", "no JSON"),
            ("[]", "no list"),
            (r#"{"reports":{}}"#, "no list"),
            (&many, "1001 reports"),
            (&far, "`next`"),
            (r#"{"reports":[],"next":{}}"#, "`next`"),
        ] {
            assert!(read(text).unwrap_err().contains(wanted), "{wanted}");
        }
    }
}
