//! Recordings as the oracle: what the released Python clients sent and made of the answers, against what we do.
//!
//! Each recorded call is made through [`AsyncClient`](arraylake_core::AsyncClient), over a leaf that answers as was
//! recorded. The requests (method, path, query as pairs, JSON body as a value) and the outcome (a value, or an error of a
//! kind) must be equal, or the difference must be in the table of [`deliberate`] ones with its reason.
//!
//! `ARRAYLAKE_TEST_RECORDINGS` names another folder of the same form; `cargo xtask recordings [DIR]` sets it.

mod compare;
mod contents;
mod deliberate;
mod fake_bucket;
mod handed;
mod home;
mod kinds;
mod leaf;
mod memory;
mod play;
mod play_buckets;
mod play_catalog;
mod play_command;
mod play_compute;
mod play_iceberg;
mod play_iceberg_catalog;
mod play_keys;
mod play_logins;
mod play_metastore;
mod play_object_stores;
mod play_open;
mod play_repos;
mod play_v1;
mod play_v1_data;
mod play_v1_history;
mod play_v1_zarr;
mod play_v1_zarr_write;
mod record;
mod sharpness;
mod told;
mod values;
mod watched_store;

use std::path::PathBuf;

use self::compare::differences;
use self::deliberate::Deliberate;
use self::leaf::Recorded;
use self::record::Record;

/// A row of the tables of differences.
struct Row {
    row: &'static Deliberate,
    /// How many differences it was found to explain.
    used: usize,
}

/// What became of all calls. Each is one of these: equal, different, not covered.
struct Tally {
    equal: usize,
    different: usize,
    /// Calls that no method of ours is known for.
    not_covered: Vec<String>,
    /// Differences that no row explains.
    unexplained: Vec<String>,
    rows: Vec<Row>,
}

impl Tally {
    fn new() -> Self {
        let rows = deliberate::rows().map(|row| Row { row, used: 0 });
        Self {
            equal: 0,
            different: 0,
            not_covered: Vec::new(),
            unexplained: Vec::new(),
            rows: rows.collect(),
        }
    }

    async fn add(&mut self, record: &Record) {
        let leaf = Recorded::of(record);
        let Some(played) = play::play(record, &leaf).await else {
            self.not_covered.push(record.title());
            return;
        };
        let lines = differences(record, &leaf.sent(), &played);
        match lines.is_empty() {
            true => self.equal += 1,
            false => self.different += 1,
        }
        for line in lines {
            let mut explained = false;
            for row in self.rows.iter_mut().filter(|row| row.row.explains(record, &line)) {
                row.used += 1;
                explained = true;
            }
            if !explained {
                self.unexplained.push(format!("{}: {line}", record.title()));
            }
        }
    }

    /// All that must not be. Another folder may hold fewer calls, or more, so that there nobody counts.
    fn problems(&self, counted: bool) -> Vec<String> {
        let unexplained = self.unexplained.iter().map(|line| format!("in no table of differences: {line}"));
        let unknown = self.not_covered.iter().map(|title| format!("no method of ours is known for {title}"));
        let wrong = self.rows.iter().filter(|row| counted && row.used != row.row.count);
        let miscounted =
            wrong.map(|row| format!("{} differences, not {}: {}", row.used, row.row.count, row.row));
        unexplained.chain(unknown).chain(miscounted).collect()
    }
}

/// Where our own recordings are.
fn own() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("recordings")
}

#[tokio::test(start_paused = true)]
async fn every_recorded_call_is_made_the_same_way_or_differs_for_a_reason() {
    let given = std::env::var_os("ARRAYLAKE_TEST_RECORDINGS").map(PathBuf::from);
    let records = record::read_all(given.as_ref().unwrap_or(&own()));
    assert!(!records.is_empty(), "there are recordings");
    let mut tally = Tally::new();
    for record in &records {
        tally.add(record).await;
    }
    print(&tally);
    let problems = tally.problems(given.is_none());
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[expect(clippy::print_stdout, reason = "read by `cargo xtask recordings`")]
fn print(tally: &Tally) {
    println!(
        "recordings: {} calls equal, {} deliberate differences, {} not covered",
        tally.equal,
        tally.different,
        tally.not_covered.len()
    );
}
