//! A browser without a screen: HTTP over a socket, cookies, and forms as pages have them.

use std::collections::BTreeMap;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// See the module.
pub struct Browser {
    address: String,
    cookies: BTreeMap<String, String>,
}

/// What was answered.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub location: String,
    pub body: String,
}

/// A field of a form, or a file.
pub enum Field<'a> {
    Text(&'a str, &'a str),
    File(&'a str, &'a [u8]),
}

impl Browser {
    /// One that has been nowhere yet.
    pub fn at(address: &str) -> Browser {
        Browser { address: address.to_owned(), cookies: BTreeMap::new() }
    }

    /// Signs in, at the door.
    pub async fn sign_in(&mut self, name: &str, password: &str) {
        let door = self.get("/sign-in").await;
        let word = value(&door.body, "door");
        let fields = [("door", &*word), ("next", "/"), ("name", name), ("password", password)];
        let answer = self.post("/sign-in", &fields).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
    }

    /// Looks at a page.
    pub async fn get(&mut self, path: &str) -> Answer {
        self.ask("GET", path, "", b"").await
    }

    /// Sends a form of fields.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let pair = |(name, value): &(&str, &str)| format!("{name}={}", escaped(value));
        let body = fields.iter().map(pair).collect::<Vec<_>>().join("&");
        self.ask("POST", path, "application/x-www-form-urlencoded", body.as_bytes()).await
    }

    /// Sends a form with files.
    pub async fn send(&mut self, path: &str, fields: &[Field<'_>]) -> Answer {
        let mut body = Vec::new();
        for field in fields {
            let (name, more, bytes) = match field {
                Field::Text(name, text) => (name, "", text.as_bytes()),
                Field::File(name, bytes) => (name, "; filename=\"photo.jpg\"", *bytes),
            };
            let head =
                format!("--XX\r\nContent-Disposition: form-data; name=\"{name}\"{more}\r\n\r\n");
            body.extend([head.as_bytes(), bytes, b"\r\n"].concat());
        }
        body.extend(b"--XX--\r\n");
        self.ask("POST", path, "multipart/form-data; boundary=XX", &body).await
    }

    /// Opens a page and sends its form of this id with what a person fills in; the page after it.
    pub async fn submit(&mut self, page: &str, form: &str, filled: &[(&str, &str)]) -> Answer {
        let shown = self.get(page).await;
        assert_eq!(shown.status, 200, "{page}: {}", shown.body);
        let text =
            form_of(&shown.body, form).unwrap_or_else(|| panic!("no {form}: {}", shown.body));
        let action = attribute(text, "action").unwrap();
        let (csrf, id) = (value(text, "csrf"), value(text, "request_id"));
        let own = [("csrf", &*csrf), ("request_id", &*id)];
        let answer = self.post(&action, &[&own[..], filled].concat()).await;
        assert_eq!(answer.status, 303, "{action}: {}", answer.body);
        self.get(&answer.location).await
    }

    async fn ask(&mut self, method: &str, path: &str, kind: &str, body: &[u8]) -> Answer {
        let mut socket = TcpStream::connect(&self.address).await.unwrap();
        let cookies: Vec<_> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nCookie: {}\r\nAccept-Language: en\r\n\
             Content-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            self.address,
            cookies.join("; "),
            body.len(),
        );
        socket.write_all(&[head.as_bytes(), body].concat()).await.unwrap();
        let mut all = Vec::new();
        socket.read_to_end(&mut all).await.unwrap();
        self.read(&all)
    }

    fn read(&mut self, all: &[u8]) -> Answer {
        let end = all.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
        let head = String::from_utf8_lossy(&all[..end]).into_owned();
        let mut answer = Answer { status: 0, location: String::new(), body: String::new() };
        answer.status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let mut is_chunked = false;
        for line in head.lines().skip(1) {
            let (name, value) = line.split_once(": ").unwrap_or((line, ""));
            match name.to_ascii_lowercase().as_str() {
                "location" => value.clone_into(&mut answer.location),
                "set-cookie" => {
                    let pair = value.split(';').next().unwrap();
                    let (name, value) = pair.split_once('=').unwrap();
                    self.cookies.insert(name.to_owned(), value.to_owned());
                }
                "transfer-encoding" => is_chunked = value == "chunked",
                _ => {}
            }
        }
        let body = &all[end + 4..];
        let body = if is_chunked { unchunked(body) } else { body.to_vec() };
        answer.body = String::from_utf8_lossy(&body).into_owned();
        answer
    }
}

fn unchunked(mut body: &[u8]) -> Vec<u8> {
    let mut all = Vec::new();
    while let Some(end) = body.windows(2).position(|two| two == b"\r\n") {
        let size = usize::from_str_radix(std::str::from_utf8(&body[..end]).unwrap(), 16).unwrap();
        all.extend(&body[end + 2..end + 2 + size]);
        body = &body[end + 4 + size..];
    }
    all
}

fn escaped(text: &str) -> String {
    let one = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(one).collect()
}

/// The form of this id, with all that is in it.
pub fn form_of<'a>(page: &'a str, id: &str) -> Option<&'a str> {
    let named = page.find(&format!(" id=\"{id}\""))?;
    let at = page[..named].rfind("<form")?;
    let end = page[at..].find("</form>")?;
    Some(&page[at..at + end])
}

/// The value of a hidden field.
pub fn value(text: &str, name: &str) -> String {
    let field = format!("name=\"{name}\" value=\"");
    let at = text.find(&field).unwrap_or_else(|| panic!("no {name}: {text}")) + field.len();
    text[at..].split('"').next().unwrap().to_owned()
}

fn attribute(text: &str, name: &str) -> Option<String> {
    let at = text.find(&format!("{name}=\""))? + name.len() + 2;
    Some(text[at..].split('"').next()?.to_owned())
}
