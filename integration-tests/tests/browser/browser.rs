//! A window of a real browser, and what a person does in it.
//!
//! Everything waits until it is there: how long that takes is nobody's concern here, but nothing
//! waits for ever.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use fantoccini::{
    Client, ClientBuilder, Locator,
    actions::{InputSource as _, KeyAction, KeyActions},
    elements::Element,
    key::Key,
    wd::{Capabilities, WebDriverCompatibleCommand},
};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

use crate::{driver::Driver, program::root};

/// How long something that must come is waited for.
const PATIENCE: Duration = Duration::from_secs(45);

/// A wide window, and a phone.
pub const DESK: (u32, u32) = (1280, 900);
/// See [`DESK`].
pub const PHONE: (u32, u32) = (390, 844);

/// A window.
pub struct Window {
    client: Client,
}

/// A command of the developer tools: what WebDriver itself has no word for.
#[derive(Debug)]
struct Tool(&'static str, Value);

impl WebDriverCompatibleCommand for Tool {
    fn endpoint(
        &self,
        base: &url::Url,
        session: Option<&str>,
    ) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/goog/cdp/execute", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(json!({ "cmd": self.0, "params": self.1 }).to_string()))
    }
}

impl Window {
    /// A new browser with nothing in it: no cookie, no cache.
    pub async fn open(driver: &Driver, (width, height): (u32, u32)) -> Window {
        let options = json!({
            "args": [
                "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                "--hide-scrollbars",
                "--force-prefers-reduced-motion", "--lang=zh-CN", "--accept-lang=zh-CN", format!("--window-size={width},{height}"),
            ],
        });
        let mut wanted = Capabilities::new();
        wanted.insert("browserName".into(), json!("chrome"));
        wanted.insert("goog:chromeOptions".into(), options);
        wanted.insert("goog:loggingPrefs".into(), json!({ "browser": "ALL" }));
        let mut builder = ClientBuilder::new(HttpConnector::new());
        builder.capabilities(wanted);
        let client = builder.connect(&format!("http://127.0.0.1:{}", driver.port)).await;
        let window = Window { client: client.expect("a browser starts") };
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 });
        window.tool("Emulation.setDeviceMetricsOverride", metrics).await;
        window
    }

    /// A command of the developer tools.
    async fn tool(&self, name: &'static str, with: Value) -> Value {
        self.client.issue_cmd(Tool(name, with)).await.unwrap()
    }

    /// Goes to an address.
    pub async fn go(&self, url: &str) {
        self.client.goto(url).await.unwrap();
    }

    /// Loads the page again, as a person does who is not sure.
    pub async fn reload(&self) {
        self.client.refresh().await.unwrap();
    }

    /// Where it is: the path and what follows.
    pub async fn path(&self) -> String {
        let url = self.client.current_url().await.unwrap();
        url[url::Position::BeforePath..].to_owned()
    }

    /// The element, as soon as it is there.
    pub async fn find(&self, css: &str) -> Element {
        let found = self.client.wait().at_most(PATIENCE).for_element(Locator::Css(css)).await;
        match found {
            Ok(element) => element,
            Err(error) => {
                panic!("no {css} ({error}) at {}: {}", self.path().await, self.text("body").await)
            }
        }
    }

    /// What of it can be read.
    pub async fn text(&self, css: &str) -> String {
        let script = "return document.querySelector(arguments[0])?.innerText ?? ''";
        let text = self.run(script, vec![json!(css)]).await;
        text.as_str().unwrap_or_default().to_owned()
    }

    /// Whether there is one now.
    pub async fn has(&self, css: &str) -> bool {
        !self.client.find_all(Locator::Css(css)).await.unwrap().is_empty()
    }

    /// Clicks it.
    pub async fn click(&self, css: &str) {
        self.find(css).await;
        let script = "document.querySelector(arguments[0]).scrollIntoView({ block: 'center', behavior: 'instant' })";
        self.run(script, vec![json!(css)]).await;
        let mut clicked = self.find(css).await.click().await;
        for _ in 0..10 {
            if clicked.is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
            clicked = self.find(css).await.click().await;
        }
        clicked.unwrap_or_else(|error| panic!("click {css}: {error}"));
    }

    /// Clicks it twice as fast as a hand can.
    pub async fn click_twice(&self, css: &str) {
        self.find(css).await;
        let script = "const one = document.querySelector(arguments[0]); one.click(); one.click();";
        self.run(script, vec![json!(css)]).await;
    }

    /// Writes into a field.
    pub async fn write(&self, css: &str, text: &str) {
        // A live part may be put in place just now: then the field is another one.
        for _ in 0..10 {
            let field = self.find(css).await;
            if field.clear().await.is_ok() && field.send_keys(text).await.is_ok() {
                return;
            }
        }
        panic!("nothing can be written into {css} at {}", self.path().await);
    }

    /// Chooses a file, as the camera would.
    pub async fn attach(&self, css: &str, file: &str) {
        self.find(css).await.send_keys(file).await.unwrap();
    }

    /// Chooses from a list by value.
    pub async fn choose(&self, css: &str, value: &str) {
        // As in [`Window::write`].
        for _ in 0..10 {
            if self.find(css).await.select_by_value(value).await.is_ok() {
                return;
            }
        }
        panic!("{value} can't be chosen from {css} at {}", self.path().await);
    }

    /// Presses keys where the focus is.
    pub async fn press(&self, keys: &str) {
        self.client.active_element().await.unwrap().send_keys(keys).await.unwrap();
    }

    /// Presses the tabulator, wherever the focus is.
    pub async fn tab(&self) {
        let value = Key::Tab.into();
        let keys = KeyActions::new("keyboard".to_owned());
        let keys = keys.then(KeyAction::Down { value }).then(KeyAction::Up { value });
        self.client.perform_actions(keys).await.unwrap();
    }

    /// Goes on by tabulator until the focus is on it; by keyboard alone it must be reached.
    pub async fn tab_to(&self, css: &str) {
        self.find(css).await;
        for _ in 0..200 {
            let script = "return document.activeElement?.matches(arguments[0]) ?? false";
            if self.run(script, vec![json!(css)]).await == json!(true) {
                return;
            }
            self.tab().await;
        }
        panic!("{css} is not reached by the keyboard at {}", self.path().await);
    }

    /// Waits until it says so.
    pub async fn until(&self, css: &str, text: &str) {
        let began = std::time::Instant::now();
        loop {
            let said = self.text(css).await;
            if said.contains(text) {
                return;
            }
            assert!(began.elapsed() < PATIENCE, "{css} does not say {text:?} but: {said}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Waits until it is there, loading the page again: for what comes by others and is not live.
    pub async fn come(&self, css: &str) {
        let began = std::time::Instant::now();
        while !self.has(css).await {
            let page = self.text("body").await;
            assert!(began.elapsed() < PATIENCE, "no {css} at {}: {page}", self.path().await);
            tokio::time::sleep(Duration::from_millis(300)).await;
            self.reload().await;
        }
    }

    /// Waits until it is there no more.
    pub async fn gone(&self, css: &str) {
        let began = std::time::Instant::now();
        while self.has(css).await {
            assert!(began.elapsed() < PATIENCE, "{css} stays at {}", self.path().await);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// How many there are now.
    pub async fn count(&self, css: &str) -> usize {
        self.client.find_all(Locator::Css(css)).await.unwrap().len()
    }

    /// Goes to another page of the same console.
    pub async fn go_to(&self, path: &str) {
        let url = self.client.current_url().await.unwrap().join(path).unwrap();
        self.go(url.as_str()).await;
    }

    /// Sets what has a picker of its own: a date.
    pub async fn set(&self, css: &str, value: &str) {
        self.find(css).await;
        let script = "const field = document.querySelector(arguments[0]); field.value = arguments[1]; \
             field.dispatchEvent(new Event('change', { bubbles: true }));";
        self.run(script, vec![json!(css), json!(value)]).await;
    }

    /// Waits until there is such a picture, and until the browser has drawn all of them.
    pub async fn shows(&self, css: &str) {
        self.find(css).await;
        let script = "return Promise.all([...document.querySelectorAll(arguments[0])].map(picture => { \
             picture.loading = 'eager'; \
             return picture.decode().then(() => null, () => picture.src); }))";
        let broken = self.run(script, vec![json!(css)]).await;
        let broken: Vec<_> =
            broken.as_array().unwrap().iter().filter(|one| !one.is_null()).collect();
        assert!(broken.is_empty(), "not shown at {}: {broken:?}", self.path().await);
    }

    /// Opens what is folded around it.
    pub async fn open_up(&self, css: &str) {
        let script = "const more = document.querySelector(arguments[0]).closest('details'); \
             if (more) more.open = true;";
        self.run(script, vec![json!(css)]).await;
    }

    /// Runs a script in the page.
    pub async fn run(&self, script: &str, arguments: Vec<Value>) -> Value {
        self.client.execute(script, arguments).await.unwrap()
    }

    /// A picture of what is to be seen, in `target/browser`.
    pub async fn picture(&self, name: &str) {
        let picture = self.client.screenshot().await.unwrap();
        let folder = pictures();
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(format!("{name}.png")), picture).unwrap();
    }

    /// Nothing that keeps people out (axe-core, WCAG 2.2 A and AA), nothing wider than the window,
    /// and nothing asked of another host.
    pub async fn is_accessible(&self) {
        self.client.execute(&axe(), vec![]).await.unwrap();
        let script = "const done = arguments[arguments.length - 1]; \
             axe.run(document, { resultTypes: ['violations'] }).then(r => done(r.violations.map(v => \
             v.id + ': ' + v.help + ' ' + v.nodes.map(n => n.html + ' ' + n.failureSummary).join('; '))))";
        let found = self.client.execute_async(script, vec![]).await.unwrap();
        let at = self.path().await;
        assert_eq!(found, json!([]), "at {at}");
        let wide = "return document.documentElement.scrollWidth - window.innerWidth";
        let over = self.run(wide, vec![]).await.as_f64().unwrap();
        assert!(over <= 0.0, "{at} is {over} px wider than the window");
        let others = "return performance.getEntriesByType('resource').map(e => e.name)\
             .filter(n => !n.startsWith(location.origin) && !n.startsWith('blob:') && !n.startsWith('data:'))";
        assert_eq!(self.run(others, vec![]).await, json!([]), "asked of others at {at}");
    }

    /// Ends it.
    pub async fn close(self) {
        self.client.close().await.unwrap();
    }
}

/// Where pictures are left: in `target/browser`.
pub fn pictures() -> PathBuf {
    let program = Path::new(env!("CARGO_BIN_EXE_muster-under-test"));
    program.ancestors().nth(2).unwrap().join("browser")
}

/// The checker of accessibility, as npm installed it by the lock file.
fn axe() -> String {
    let path = root().join("integration-tests/browser/node_modules/axe-core/axe.min.js");
    fs::read_to_string(&path)
        .unwrap_or_else(|e| panic!("{}: {e}; `.ci/run browser` installs it", path.display()))
}
