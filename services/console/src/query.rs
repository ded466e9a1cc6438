//! Reading the query of a page: what makes no sense there is as if it were not said.
//!
//! A query is typed, kept and sent on by people; a page that is looked at fails for none of it.

use std::str::FromStr;

use serde::{Deserialize as _, Deserializer};

/// A value that is there and can be read.
pub(crate) fn lenient<'de, T: FromStr, D: Deserializer<'de>>(
    from: D,
) -> Result<Option<T>, D::Error> {
    Ok(String::deserialize(from)?.parse().ok())
}

#[cfg(test)]
mod tests {
    use axum::extract::Query;

    use crate::waterfall::Asked;

    #[test]
    fn what_makes_no_sense_is_as_if_it_were_not_said() {
        let read = |query: &str| {
            let uri = format!("/x?{query}").parse().unwrap();
            Query::<Asked>::try_from_uri(&uri).unwrap().0
        };
        let asked = read("from=x&to=99999999999999999999&last=-5&rows=-1&other=1");
        assert_eq!(asked, Asked { last: Some(-5), ..Asked::default() });
        let asked = read("from=1&to=2&rows=3&step=ab");
        assert_eq!((asked.from, asked.to, asked.rows), (Some(1), Some(2), Some(3)));
    }
}
