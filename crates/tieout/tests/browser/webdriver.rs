//! The little of WebDriver that the browser test needs, over plain HTTP to ChromeDriver.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

/// A headless Chromium with one tab.
pub struct Browser {
    driver: Child,
    session: String,
}

fn program(variable: &str, usual: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| usual.to_owned())
}

impl Browser {
    /// Starts ChromeDriver on a free port and Chromium with a fresh profile in `profile`.
    pub fn start(profile: &Path) -> Browser {
        let driver = program("TIEOUT_CHROMEDRIVER", "chromedriver");
        let mut driver = Command::new(&driver)
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| {
                panic!("{driver} does not start ({error}): run `cargo xtask setup`")
            });
        let port = said_by(driver.stdout.take().unwrap(), |line| {
            let (_, port) = line.rsplit_once("successfully on port ")?;
            Some(port.trim_end_matches('.').to_owned())
        });
        let options = json!({
            "binary": program("TIEOUT_CHROMIUM", "/usr/bin/chromium"),
            "args": [
                "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                "--disable-background-networking", "--disable-component-update", "--disable-sync",
                "--force-device-scale-factor=1", "--hide-scrollbars",
                format!("--user-data-dir={}", profile.display()),
            ],
        });
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": { "browser": "ALL" },
        } } });
        let base = format!("http://127.0.0.1:{port}");
        let answer = post(&format!("{base}/session"), &wanted);
        let session = format!(
            "{base}/session/{}",
            answer["sessionId"].as_str().expect("a session")
        );
        Browser { driver, session }
    }

    fn call(&self, path: &str, body: &Value) -> Value {
        post(&format!("{}{path}", self.session), body)
    }

    fn read(&self, path: &str) -> Value {
        let mut answer = agent()
            .get(format!("{}{path}", self.session))
            .call()
            .unwrap();
        answer.body_mut().read_json::<Value>().unwrap()["value"].take()
    }

    /// Opens an address.
    pub fn go(&self, url: &str) {
        self.call("/url", &json!({ "url": url }));
    }

    /// The address of the page.
    pub fn url(&self) -> String {
        self.read("/url").as_str().unwrap_or_default().to_owned()
    }

    /// The title of the page.
    pub fn title(&self) -> String {
        self.read("/title").as_str().unwrap_or_default().to_owned()
    }

    /// Sets the size of the window's inside.
    pub fn resize(&self, width: u32, height: u32) {
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500 });
        self.devtools("Emulation.setDeviceMetricsOverride", &metrics);
    }

    /// Prefers light or dark colours.
    pub fn prefer(&self, scheme: &str) {
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.devtools("Emulation.setEmulatedMedia", &features);
    }

    /// Turns scripts of pages off or on.
    pub fn scripts(&self, on: bool) {
        self.devtools(
            "Emulation.setScriptExecutionDisabled",
            &json!({ "value": !on }),
        );
    }

    fn devtools(&self, command: &str, parameters: &Value) {
        self.call(
            "/goog/cdp/execute",
            &json!({ "cmd": command, "params": parameters }),
        );
    }

    /// Runs a script in the page and gives what it returns.
    pub fn run(&self, script: &str) -> Value {
        self.call("/execute/sync", &json!({ "script": script, "args": [] }))
    }

    fn find(&self, css: &str) -> String {
        let found = self.call(
            "/element",
            &json!({ "using": "css selector", "value": css }),
        );
        let id = found
            .as_object()
            .and_then(|object| object.values().next())
            .and_then(Value::as_str);
        id.unwrap_or_else(|| panic!("no element {css} on {}: {found}", self.url()))
            .to_owned()
    }

    /// Types into the first element of a selector.
    pub fn type_into(&self, css: &str, text: &str) {
        let element = self.find(css);
        self.call(
            &format!("/element/{element}/value"),
            &json!({ "text": text }),
        );
    }

    /// Presses keys wherever the focus is.
    pub fn press(&self, keys: &str) {
        let actions: Vec<Value> = keys
            .chars()
            .flat_map(|key| {
                let key = key.to_string();
                [
                    json!({ "type": "keyDown", "value": key }),
                    json!({ "type": "keyUp", "value": key }),
                ]
            })
            .collect();
        self.call(
            "/actions",
            &json!({ "actions": [{ "type": "key", "id": "keyboard", "actions": actions }] }),
        );
    }

    /// The text of the first element of a selector, as a person sees it.
    pub fn text(&self, css: &str) -> String {
        let element = self.find(css);
        self.read(&format!("/element/{element}/text"))
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    /// Keeps a picture of the page.
    pub fn picture(&self, path: &Path) {
        let picture = self.read("/screenshot");
        let bytes = base64::Engine::decode(
            &base64::engine::general_purpose::STANDARD,
            picture.as_str().unwrap(),
        );
        std::fs::write(path, bytes.unwrap()).unwrap();
    }

    /// What the browser complained about since the last look.
    pub fn complaints(&self) -> Vec<String> {
        let log = self.call("/se/log", &json!({ "type": "browser" }));
        let entries = log.as_array().cloned().unwrap_or_default();
        entries
            .iter()
            .map(|entry| entry["message"].as_str().unwrap_or_default().to_owned())
            .collect()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = agent().delete(&self.session).call();
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// What a program says on a line that `find` knows. The rest of its output is read to the end, so that
/// it can go on writing.
pub fn said_by(output: ChildStdout, find: impl Fn(&str) -> Option<String>) -> String {
    let mut lines = BufReader::new(output).lines().map_while(Result::ok);
    let found = lines
        .by_ref()
        .find_map(|line| find(&line))
        .expect("the program says what is waited for");
    std::thread::spawn(move || lines.for_each(drop));
    found
}

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .build()
        .into()
}

fn post(url: &str, body: &Value) -> Value {
    let mut answer = agent().post(url).send_json(body).unwrap();
    answer.body_mut().read_json::<Value>().unwrap()["value"].take()
}
