//! [`Pipe`]: calls to the browser, and what it tells by itself.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{ChildStdin, ChildStdout};
use tokio::sync::{Notify, oneshot};

/// How long anything may take before a test fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// The two ends of the pipe.
#[derive(Debug)]
pub(super) struct Pipe {
    input: tokio::sync::Mutex<ChildStdin>,
    last: AtomicU64,
    waiting: Mutex<HashMap<u64, oneshot::Sender<Value>>>,
    events: Mutex<Vec<Value>>,
    news: Notify,
}

impl Pipe {
    pub(super) fn new(input: ChildStdin, output: ChildStdout) -> Arc<Self> {
        let pipe = Arc::new(Self {
            input: input.into(),
            last: AtomicU64::new(0),
            waiting: Mutex::default(),
            events: Mutex::default(),
            news: Notify::new(),
        });
        let reader = Arc::clone(&pipe);
        tokio::spawn(async move { reader.read(output).await });
        pipe
    }

    async fn read(&self, output: ChildStdout) {
        let mut output = BufReader::new(output);
        let mut message = Vec::new();
        while output.read_until(0, &mut message).await.is_ok_and(|length| length > 0) {
            message.pop();
            let value: Value = serde_json::from_slice(&message).unwrap();
            message.clear();
            match value["id"].as_u64() {
                Some(id) => {
                    let waiting = self.waiting.lock().unwrap().remove(&id);
                    waiting.map(|waiting| waiting.send(value));
                }
                None => {
                    self.events.lock().unwrap().push(value);
                    self.news.notify_waiters();
                }
            }
        }
        // Whoever still waits learns that the browser has gone.
        self.waiting.lock().unwrap().clear();
    }

    /// Calls a method, in a tab or of the browser itself.
    pub(super) async fn call(&self, session: Option<&str>, method: &str, params: Value) -> Value {
        let id = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        let mut message = json!({"id": id, "method": method, "params": params});
        if let Some(session) = session {
            message["sessionId"] = session.into();
        }
        let (sender, receiver) = oneshot::channel();
        self.waiting.lock().unwrap().insert(id, sender);
        let mut bytes = serde_json::to_vec(&message).unwrap();
        bytes.push(0);
        self.input.lock().await.write_all(&bytes).await.expect("the browser has gone");
        let answer = tokio::time::timeout(PATIENCE, receiver).await;
        let answer =
            answer.unwrap_or_else(|_| panic!("{method} took too long")).expect("the browser has gone");
        assert!(answer.get("error").is_none(), "{method}: {}", answer["error"]);
        answer["result"].clone()
    }

    /// What the browser has told of a tab so far, of some kinds.
    pub(super) fn events(&self, session: &str, methods: &[&str]) -> Vec<Value> {
        let events = self.events.lock().unwrap();
        let of_tab = events.iter().filter(|event| event["sessionId"] == session);
        let wanted = |event: &&Value| event["method"].as_str().is_some_and(|it| methods.contains(&it));
        of_tab.filter(wanted).cloned().collect()
    }

    /// Waits until the browser has told more than `count` times of an event of a tab.
    pub(super) async fn more_than(&self, session: &str, method: &str, count: usize) {
        let wait = async {
            loop {
                let news = self.news.notified();
                tokio::pin!(news);
                // Enlisted before looking: nothing told in between is missed.
                news.as_mut().enable();
                if self.events(session, &[method]).len() > count {
                    return;
                }
                news.await;
            }
        };
        let done = tokio::time::timeout(PATIENCE, wait).await;
        done.unwrap_or_else(|_| panic!("the browser did not tell of {method}"));
    }
}
