//! The same call through our client: which method of ours a recorded one is, and its arguments.

use arraylake_core::prelude::*;
use arraylake_core::{Error, Pages};
use arraylake_types::InvalidInput;
use serde_json::{Map, Value};

use super::home::Home;
use super::kinds::{Outcome, kind_of};
use super::leaf::Recorded;
use super::record::Record;
use super::values::shown;
use super::{
    play_buckets, play_catalog, play_command, play_compute, play_iceberg, play_iceberg_catalog, play_keys,
    play_logins, play_metastore, play_object_stores, play_open, play_repos, play_v1,
};

pub(crate) use arraylake_core::Result;

/// The class of the metastore of V1 repos, whose calls are made through ours.
pub(crate) const METASTORE: &str = "HttpMetastoreDatabase.";

/// What came of a call, as a value in the form of the wire.
pub(crate) type Answer = Result<Value>;

/// What a call of ours came to.
pub(crate) struct Played {
    pub(crate) outcome: Outcome,
    /// What was returned, to be compared; none if that is compared elsewhere, or not at all.
    pub(crate) value: Option<Value>,
    /// What was handed to a store, as far as a call does that.
    pub(crate) handed: Map<String, Value>,
}

impl Played {
    pub(crate) fn of(outcome: Outcome) -> Self {
        Self { outcome, value: None, handed: Map::new() }
    }
}

impl From<Result<()>> for Played {
    fn from(outcome: Result<()>) -> Self {
        Self::of(outcome.map_err(|error| kind_of(&error)))
    }
}

impl From<Answer> for Played {
    fn from(answer: Answer) -> Self {
        match answer {
            Ok(value) => Self { value: Some(value), ..Self::of(Ok(())) },
            Err(error) => Self::of(Err(kind_of(&error))),
        }
    }
}

/// The value of a call that has none.
pub(crate) fn nothing((): ()) -> Value {
    Value::Null
}

/// Makes a recorded call through our client; none if no method of ours is meant.
pub(crate) async fn play(record: &Record, leaf: &Recorded) -> Option<Played> {
    if record.call.starts_with(METASTORE) || record.call == "AutoRefreshingCredentialProvider.load" {
        return play_metastore::play(record, leaf).await;
    }
    let home = Home::of(record);
    let outcome = match play_command::play(record, &home, leaf).await {
        None => play_logins::play(record, &home, leaf).await,
        outcome => outcome,
    };
    let mut played = match outcome {
        Some(outcome) => Played::of(outcome),
        None => match play_v1::play(record, &home, leaf).await {
            Some(played) => played,
            None => with_client(record, &home, leaf).await?,
        },
    };
    if !home.is_as_recorded(record) {
        played.outcome = Err("other token files".to_owned());
    }
    Some(played)
}

async fn with_client(record: &Record, home: &Home, leaf: &Recorded) -> Option<Played> {
    let client = match home.builder(leaf).build() {
        Ok(client) => client,
        Err(error) => return Some(Played::from(error)),
    };
    let args = Args(record);
    if let Some(played) = play_open::play(&client, &args).await {
        return Some(played);
    }
    if let Some(played) = play_object_stores::play(&client, &args).await {
        return Some(played);
    }
    if let Some(played) = play_keys::play(&client, &args).await {
        return Some(played);
    }
    let outcome = match record.method() {
        _ if record.call == "AsyncClient" => return Some(Played::of(Ok(()))),
        "get_openeo_connection" => play_compute::play(&client, &args).await,
        _ if record.call.contains("Compute") => play_compute::play(&client, &args).await,
        "get_iceberg" => play_iceberg_catalog::play(&client, &args).await,
        method if method.contains("iceberg") => play_iceberg::play(&client, &args).await,
        _ => match play_repos::play(&client, &args).await {
            None => match play_buckets::play(&client, &args).await {
                None => play_catalog::play(&client, &args).await,
                outcome => outcome,
            },
            outcome => outcome,
        },
    };
    outcome.map(Played::from)
}

/// The arguments of a recorded call.
pub(crate) struct Args<'a>(pub(crate) &'a Record);

impl Args<'_> {
    /// An argument, unless it was left out or nothing.
    pub(crate) fn get(&self, key: &str) -> Option<&Value> {
        self.0.args.get(key).filter(|value| !value.is_null())
    }

    /// A text; empty if it was left out.
    pub(crate) fn text(&self, key: &str) -> &str {
        self.get(key).and_then(Value::as_str).unwrap_or_default()
    }

    pub(crate) fn flag(&self, key: &str) -> bool {
        self.get(key).and_then(Value::as_bool).unwrap_or_default()
    }

    pub(crate) fn number(&self, key: &str) -> Option<u64> {
        self.get(key).and_then(Value::as_u64)
    }

    /// An argument as a type of ours. What that type does not take is bad input.
    pub(crate) fn read<T>(&self, key: &str, parse: fn(Value) -> serde_json::Result<T>) -> Result<Option<T>> {
        self.get(key).map(|value| parse(value.clone()).map_err(|_| bad(key))).transpose()
    }

    pub(crate) fn org(&self) -> Result<OrgName> {
        Ok(self.text("org").parse()?)
    }

    /// The full name of a repo, whatever the argument is called.
    pub(crate) fn repo(&self) -> Result<RepoName> {
        let name = self.get("qualified_repo_name").or(self.get("name")).and_then(Value::as_str);
        let name = name.unwrap_or_default();
        match self.get("org") {
            Some(_) => Ok(RepoName::new(&self.org()?, name)?),
            None => Ok(name.parse()?),
        }
    }

    /// Whether both flags were given; a deletion cannot be written down otherwise.
    pub(crate) fn sure(&self) -> Result<DeleteConfirmation> {
        if self.flag("imsure") && self.flag("imreallysure") {
            Ok(DeleteConfirmation::imsure().imreallysure())
        } else {
            Err(bad("imsure"))
        }
    }

    /// All rows, page by page, of as many pages as were asked for then: the loop may have been left early, even within
    /// the last page.
    pub(crate) async fn walk<T>(&self, pages: Pages<T>) -> Answer
    where
        T: serde::Serialize + Send + 'static,
    {
        let (mut pages, mut all, mut before) = (pages.with_ahead(0), Vec::new(), 0);
        for _ in &self.0.exchanges {
            let Some(page) = pages.next().await? else { break };
            before = all.len();
            all.extend(page.rows.items);
        }
        let returned = self.0.returned.as_array().map_or(all.len(), Vec::len);
        all.truncate(returned.max(before + 1));
        Ok(shown(all))
    }

    /// How something is deleted.
    pub(crate) fn deletion(&self) -> DeleteRepo {
        let mut options = DeleteRepo::new();
        options.immediate = self.flag("immediate");
        options.retain_data = self.flag("retain_data");
        options
    }
}

/// An argument that cannot even be written down with our types.
pub(crate) fn bad(what: &str) -> Error {
    InvalidInput::new("argument", what, "cannot be given").into()
}
