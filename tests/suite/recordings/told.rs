//! What a recording tells besides: who asked, in which session, with which tokens. None of it is at one place, and a
//! service or a machine like that of the recording needs it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::record::{Answer, Exchange, Record, Sent};

impl Record {
    fn all_sent(&self) -> impl Iterator<Item = &Sent> {
        self.exchanges.iter().map(|exchange| &exchange.sent)
    }

    /// The tokens of a login that are no JWT, and what the recordings write in their place.
    pub(crate) fn login_tokens(&self) -> Vec<(String, &'static str)> {
        let of_file = match &self.before["token_file"] {
            Value::String(text) => serde_json::from_str(text).unwrap_or_default(),
            tokens => tokens.clone(),
        };
        let mut tokens = Vec::new();
        let mut add = |tokens_of: &Value, name| {
            let token = tokens_of["id_token"].as_str().filter(|token| !token.starts_with("ey"));
            tokens.extend(token.map(|token| (token.to_owned(), name)));
        };
        add(&of_file, "<login id_token>");
        add(&json!({"id_token": "dummy-id-token"}), "<login id_token>");
        let grants = |it: &&Exchange| it.sent.path.last().is_some_and(|part| part == "token");
        for exchange in self.exchanges.iter().filter(grants) {
            let form = exchange.sent.body.as_ref().map(Value::to_string).unwrap_or_default();
            let renews = form.contains("refresh_token");
            let name = if renews { "<login id_token after refresh>" } else { "<login id_token>" };
            add(&exchange.read_answer(), name);
        }
        tokens
    }

    /// The first value of a name in a form.
    pub(crate) fn form_value(&self, name: &str) -> Option<String> {
        let pairs = self.all_sent().filter_map(|sent| sent.body.as_ref()?.as_array()).flatten();
        pairs.filter(|pair| pair[0] == name).find_map(|pair| pair[1].as_str().map(str::to_owned))
    }

    /// The first value of one of these names in a query, else in a body; not the session of a reader.
    pub(crate) fn named(&self, names: &[&str]) -> Option<String> {
        let queries = self.all_sent().flat_map(|sent| &sent.query);
        let queries = queries.filter(|pair| names.contains(&pair.0.as_str())).map(|pair| pair.1.as_str());
        let bodies = || self.all_sent().filter_map(|sent| sent.body.as_ref());
        let bodies = names.iter().flat_map(|name| bodies().filter_map(|body| body.get(*name)?.as_str()));
        let found = queries.chain(bodies).find(|value| !value.is_empty() && !value.starts_with("read-"));
        found.map(str::to_owned)
    }

    /// The first value of a name in the rows of an answer.
    pub(crate) fn told(&self, name: &str) -> Option<String> {
        self.exchanges.iter().find_map(|exchange| {
            exchange.read_answer().as_array()?.iter().find_map(|row| row[name].as_str().map(str::to_owned))
        })
    }

    /// The session that a request is about.
    pub(crate) fn session_in_path(&self) -> Option<String> {
        self.all_sent().find_map(|sent| {
            let place = sent.path.iter().position(|part| part == "sessions")?;
            sent.path.get(place + 1).cloned()
        })
    }

    /// Who made the call, as the service tells it: by the name and the address that the recording holds somewhere.
    pub(crate) fn user(&self) -> Value {
        let bodies = self.all_sent().filter_map(|sent| sent.body.clone());
        let stores = self.storage.iter().filter_map(|call| call.get("args").cloned());
        let texts: Vec<Value> = bodies.chain(stores).chain([self.returned.clone()]).collect();
        let named = |name: &str| texts.iter().find_map(|value| find_text(value, name));
        let name = named("author_name").unwrap_or_else(|| "Dummy User".to_owned());
        let email = named("author_email").unwrap_or_else(|| "dummy@example.com".to_owned());
        let (first, family) = name.split_once(' ').unwrap_or((&name, ""));
        json!({"id": "22222222-2222-4222-8222-222222222222", "first_name": first, "family_name": family,
            "email": email})
    }

    /// Every bucket on S3 that an argument, a request, an answer or a call of a store names.
    pub(crate) fn buckets(&self) -> BTreeSet<String> {
        let mut texts = vec![Value::from(self.args.clone()).to_string()];
        for exchange in &self.exchanges {
            texts.extend(exchange.sent.body.as_ref().map(Value::to_string));
            if let Answer::Whole { body, .. } = &exchange.answer {
                texts.push(body.clone());
            }
        }
        let asked = self.storage.iter().filter_map(|call| call["kwargs"]["bucket"].as_str());
        texts.extend(asked.map(|bucket| format!("s3://{bucket}/")));
        let named = texts.iter().flat_map(|text| text.split("s3://").skip(1));
        let bucket = |rest: &str| rest.split(['/', '"', '?', ' ']).next().unwrap_or_default().to_owned();
        named.map(bucket).filter(|name| !name.is_empty()).collect()
    }
}

/// The first text of a name anywhere in a value.
fn find_text(value: &Value, name: &str) -> Option<String> {
    match value {
        Value::Object(fields) => {
            let own = fields.get(name).and_then(Value::as_str).map(str::to_owned);
            own.or_else(|| fields.values().find_map(|value| find_text(value, name)))
        }
        Value::Array(rows) => rows.iter().find_map(|row| find_text(row, name)),
        _ => None,
    }
}
