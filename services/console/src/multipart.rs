//! Forms with files, as browsers send them (`multipart/form-data`, RFC 7578), read from memory.
//!
//! What is not exactly such a body is no form: it is refused as a whole.

use axum::body::Bytes;

use crate::form::Field;

/// The longest boundary that there may be.
const BOUNDARY_MAX: usize = 70;

/// The boundary of a body of this type; none where it is another type.
pub(crate) fn boundary(content_type: &str) -> Option<String> {
    let (kind, rest) = content_type.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let boundary = parameter(rest, "boundary")?;
    (1..=BOUNDARY_MAX).contains(&boundary.len()).then_some(boundary)
}

/// The fields and files of a body; none where it is malformed or has more than `most`.
pub(crate) fn fields(body: &Bytes, boundary: &str, most: usize) -> Option<Vec<Field>> {
    let first = format!("--{boundary}");
    let between = format!("\r\n--{boundary}");
    let mut at = body.starts_with(first.as_bytes()).then_some(first.len())?;
    let mut fields = Vec::new();
    loop {
        let rest = &body[at..];
        if rest.starts_with(b"--") {
            return Some(fields);
        }
        let start = at + rest.starts_with(b"\r\n").then_some(2)?;
        let length = find(&body[start..], between.as_bytes())?;
        if fields.len() >= most {
            return None;
        }
        fields.push(field(&body.slice(start..start + length))?);
        at = start + length + between.len();
    }
}

fn field(part: &Bytes) -> Option<Field> {
    // A part without a body has its empty line at its very end.
    let (head, body) = match find(part, b"\r\n\r\n") {
        Some(end) => (&part[..end], part.slice(end + 4..)),
        None => return None,
    };
    let head = std::str::from_utf8(head).ok()?;
    let mut field = Field { bytes: body, ..Field::default() };
    let mut is_named = false;
    for line in head.split("\r\n") {
        let (name, value) = line.split_once(':')?;
        match name.trim().to_ascii_lowercase().as_str() {
            "content-disposition" => {
                field.name = parameter(value, "name")?;
                field.file = parameter(value, "filename");
                is_named = true;
            }
            "content-type" => value.trim().clone_into(&mut field.media_type),
            _ => {}
        }
    }
    is_named.then_some(field)
}

/// A parameter of a header, quoted or not.
fn parameter(text: &str, name: &str) -> Option<String> {
    let mut rest = text;
    loop {
        let (head, tail) = rest.split_once('=')?;
        let found = head.rsplit(';').next().unwrap_or(head).trim();
        let (value, after) = match tail.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => tail.split_once(';').unwrap_or((tail, "")),
        };
        if found.eq_ignore_ascii_case(name) {
            return Some(value.trim().to_owned());
        }
        rest = after;
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = b"--XX\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\nabc\r\n\
        --XX\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"a;b.jpg\"\r\n\
        Content-Type: image/jpeg\r\n\r\n\xff\xd8\r\n\r\n--X\x00\r\n--XX\r\n\
        Content-Disposition: form-data; name=\"empty\"\r\n\r\n\r\n--XX--\r\n";

    #[test]
    fn fields_and_files_are_read_byte_by_byte() {
        let boundary = boundary("multipart/form-data; boundary=XX").unwrap();
        let fields = fields(&Bytes::from_static(BODY), &boundary, 10).unwrap();
        let names: Vec<_> = fields.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["csrf", "photo", "empty"]);
        assert_eq!(&fields[0].bytes[..], b"abc");
        assert_eq!(fields[1].file.as_deref(), Some("a;b.jpg"));
        assert_eq!(fields[1].media_type, "image/jpeg");
        assert_eq!(&fields[1].bytes[..], b"\xff\xd8\r\n\r\n--X\x00");
        assert!(fields[2].bytes.is_empty() && fields[2].file.is_none());
    }

    #[test]
    fn what_is_no_such_body_is_refused_wherever_it_is_cut() {
        for end in 0..BODY.len() - 4 {
            let cut = Bytes::copy_from_slice(&BODY[..end]);
            assert_eq!(fields(&cut, "XX", 10), None, "cut at {end}");
        }
        let body = Bytes::from_static(BODY);
        assert_eq!(fields(&body, "YY", 10), None);
        assert_eq!(fields(&body, "XX", 2), None, "more than there may be");
        let nameless = Bytes::from_static(b"--XX\r\nContent-Type: a/b\r\n\r\nx\r\n--XX--");
        assert_eq!(fields(&nameless, "XX", 10), None);
    }

    #[test]
    fn a_boundary_is_that_of_a_form() {
        assert_eq!(
            boundary("multipart/form-data; charset=x; boundary=\"a b\"").as_deref(),
            Some("a b")
        );
        assert_eq!(boundary("multipart/mixed; boundary=XX"), None);
        assert_eq!(boundary("application/x-www-form-urlencoded"), None);
        assert_eq!(boundary(&format!("multipart/form-data; boundary={}", "x".repeat(71))), None);
    }
}
