//! As much of a browser as a form needs: cookies, redirects that are not followed, hidden fields.

use std::collections::BTreeMap;

use http_body_util::{BodyExt as _, Full};
use hyper::{Request, StatusCode, body::Bytes, header};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// A browser.
pub struct Browser {
    address: String,
    pub cookies: BTreeMap<String, String>,
}

/// What came back.
pub struct Page {
    pub status: u16,
    pub headers: hyper::HeaderMap,
    pub text: String,
    pub bytes: Bytes,
}

impl Page {
    /// Where it sends the browser on to.
    pub fn location(&self) -> &str {
        self.headers.get(header::LOCATION).map_or("", |value| value.to_str().unwrap())
    }

    /// The hidden fields of the form that is sent to this address.
    pub fn fields(&self, action: &str) -> Vec<(String, String)> {
        let form =
            self.text.split("<form").find(|form| form.contains(&format!("action=\"{action}\"")));
        let form = form.unwrap_or_else(|| panic!("no form goes to {action}: {}", self.text));
        let form = form.split("</form>").next().unwrap();
        let hidden = form.split("<input").filter(|one| one.contains("type=\"hidden\""));
        let of = |one: &str, name: &str| {
            one.split(&format!(" {name}=\"")).nth(1).unwrap().split('"').next().unwrap().to_owned()
        };
        hidden.map(|one| (of(one, "name"), of(one, "value"))).collect()
    }
}

impl Browser {
    /// At the console of this address.
    pub fn at(console: &str) -> Browser {
        let address = console.trim_start_matches("http://").trim_end_matches('/').to_owned();
        Browser { address, cookies: BTreeMap::new() }
    }

    /// Opens a page.
    pub async fn get(&mut self, path: &str) -> Page {
        let request = Request::get(path).body(Full::default()).unwrap();
        self.send(request).await
    }

    /// Sends fields as a form.
    pub async fn post(&mut self, path: &str, fields: &[(String, String)]) -> Page {
        let pairs: Vec<String> =
            fields.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect();
        let kind = "application/x-www-form-urlencoded";
        let request = Request::post(path).header(header::CONTENT_TYPE, kind);
        self.send(request.body(Full::from(pairs.join("&"))).unwrap()).await
    }

    /// Sends fields and pictures as a form with files.
    pub async fn post_files(
        &mut self,
        path: &str,
        fields: &[(String, String)],
        pictures: &[&[u8]],
    ) -> Page {
        let mut body = Vec::new();
        let disposition = "Content-Disposition: form-data; name=";
        for (name, value) in fields {
            let part = format!("--XX\r\n{disposition}\"{name}\"\r\n\r\n{value}\r\n");
            body.extend_from_slice(part.as_bytes());
        }
        for picture in pictures {
            let head = format!("--XX\r\n{disposition}\"photo\"; filename=\"p.png\"\r\n");
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(b"Content-Type: image/png\r\n\r\n");
            body.extend_from_slice(picture);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(b"--XX--\r\n");
        let kind = "multipart/form-data; boundary=XX";
        let request = Request::post(path).header(header::CONTENT_TYPE, kind);
        self.send(request.body(Full::from(body)).unwrap()).await
    }

    /// Goes through the door.
    pub async fn sign_in(&mut self, name: &str, password: &str) -> Page {
        let mut fields = self.get("/sign-in").await.fields("/sign-in");
        fields.push(("name".to_owned(), name.to_owned()));
        fields.push(("password".to_owned(), password.to_owned()));
        self.post("/sign-in", &fields).await
    }

    /// Sends a request with the cookies, and keeps those that come back.
    pub async fn send(&mut self, request: Request<Full<Bytes>>) -> Page {
        let (parts, body) = self.begin(request).await.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Page { status: parts.status.as_u16(), headers: parts.headers, text, bytes }
    }

    /// The same for an answer that does not end.
    pub async fn begin(
        &mut self,
        mut request: Request<Full<Bytes>>,
    ) -> hyper::Response<hyper::body::Incoming> {
        let cookies: Vec<_> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let headers = request.headers_mut();
        headers.insert(header::HOST, self.address.parse().unwrap());
        headers.insert(header::COOKIE, cookies.join("; ").parse().unwrap());
        let socket = TcpStream::connect(&self.address).await.unwrap();
        let (mut way, line) =
            hyper::client::conn::http1::handshake(TokioIo::new(socket)).await.unwrap();
        tokio::spawn(line);
        let answer = way.send_request(request).await.unwrap();
        for cookie in answer.headers().get_all(header::SET_COOKIE) {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        assert_ne!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
        answer
    }
}

fn escaped(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}
