//! Recordings as the oracle: what the released Python clients sent and made of the answers, against what we do.
//!
//! Each recorded call is made through [`AsyncClient`](arraylake_core::AsyncClient), over a leaf that answers as was
//! recorded. The requests (method, path, query as pairs, JSON body as a value) and the outcome (a value, or an error of a
//! kind) must be equal, or the difference must be in the table of [`deliberate`] ones with its reason.
//!
//! `ARRAYLAKE_TEST_RECORDINGS` names another folder of the same form; `cargo xtask recordings [DIR]` sets it.

mod compare;
mod deliberate;
mod elsewhere;
mod fake_bucket;
mod handed;
mod home;
mod kinds;
mod leaf;
mod memory;
mod play;
mod play_buckets;
mod play_catalog;
mod play_compute;
mod play_iceberg;
mod play_keys;
mod play_logins;
mod play_metastore;
mod play_object_stores;
mod play_open;
mod play_repos;
mod play_v1;
mod play_v1_data;
mod play_v1_history;
mod record;
mod watched_store;

use std::collections::BTreeMap;
use std::path::PathBuf;

use self::compare::differences;
use self::deliberate::Deliberate;
use self::leaf::Recorded;
use self::record::Record;

/// A row of the tables of differences.
struct Row {
    row: &'static Deliberate,
    needed: bool,
    used: usize,
}

/// What became of all calls. Each is one of these: equal, different, not covered.
struct Tally {
    equal: usize,
    different: usize,
    /// Calls that nobody makes here, by the reason for that.
    not_covered: BTreeMap<&'static str, Vec<String>>,
    /// Differences that no row explains.
    unexplained: Vec<String>,
    rows: Vec<Row>,
}

impl Tally {
    fn new() -> Self {
        let rows = deliberate::rows().map(|(row, needed)| Row { row, needed, used: 0 });
        Self {
            equal: 0,
            different: 0,
            not_covered: BTreeMap::new(),
            unexplained: Vec::new(),
            rows: rows.collect(),
        }
    }

    async fn add(&mut self, record: &Record) {
        if let Some(what) = elsewhere::belongs_to(record) {
            self.leave_out(what, record);
            return;
        }
        let leaf = Recorded::new(&record.exchanges);
        let Some(played) = play::play(record, &leaf).await else {
            self.leave_out(elsewhere::UNKNOWN, record);
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

    fn leave_out(&mut self, what: &'static str, record: &Record) {
        self.not_covered.entry(what).or_default().push(record.title());
    }

    /// Rows that are needed, or not, against what the tables say of them.
    fn misplaced(&self) -> Vec<String> {
        let wrong = self.rows.iter().filter(|row| (row.used > 0) != row.needed);
        wrong.map(|row| row.row.to_string()).collect()
    }
}

#[tokio::test(start_paused = true)]
async fn every_recorded_call_is_made_the_same_way_or_differs_for_a_reason() {
    let given = std::env::var_os("ARRAYLAKE_TEST_RECORDINGS").map(PathBuf::from);
    let own = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("recordings");
    let records = record::read_all(given.as_ref().unwrap_or(&own));
    assert!(!records.is_empty(), "there are recordings");
    let mut tally = Tally::new();
    for record in &records {
        tally.add(record).await;
    }
    print(&tally);
    assert!(
        tally.unexplained.is_empty(),
        "not in the tables of differences:\n{}",
        tally.unexplained.join("\n")
    );
    let unknown = tally.not_covered.get(elsewhere::UNKNOWN).cloned().unwrap_or_default();
    assert!(unknown.is_empty(), "{}:\n{}", elsewhere::UNKNOWN, unknown.join("\n"));
    let misplaced = tally.misplaced();
    // Another folder may hold fewer calls, or more.
    assert!(
        given.is_some() || misplaced.is_empty(),
        "no longer there, or there now:\n{}",
        misplaced.join("\n")
    );
}

#[expect(clippy::print_stdout, reason = "read by `cargo xtask recordings`")]
fn print(tally: &Tally) {
    println!(
        "recordings: {} calls equal, {} deliberate differences, {} not covered",
        tally.equal,
        tally.different,
        tally.not_covered.values().map(Vec::len).sum::<usize>()
    );
    for (what, titles) in &tally.not_covered {
        println!("recordings: not covered: {} calls of {what}: {}", titles.len(), elsewhere::why(what));
    }
}
