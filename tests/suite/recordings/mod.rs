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
mod leaf;
mod play;
mod play_buckets;
mod play_catalog;
mod play_compute;
mod play_iceberg;
mod play_metastore;
mod play_repos;
mod record;

use std::collections::BTreeMap;
use std::path::PathBuf;

use self::compare::{Outcome, differences, recorded_outcome};
use self::deliberate::{ABSENT, DELIBERATE, Deliberate};
use self::leaf::Recorded;
use self::record::Record;

/// What became of all calls.
#[derive(Default)]
struct Tally {
    equal: usize,
    different: usize,
    not_covered: Vec<String>,
    elsewhere: BTreeMap<&'static str, usize>,
    /// Differences that no row of the table explains.
    unexplained: Vec<String>,
    /// How often each row of the tables was needed.
    used: Vec<usize>,
}

impl Tally {
    async fn add(&mut self, record: &Record) {
        if let Some(what) = elsewhere::belongs_to(record) {
            *self.elsewhere.entry(what).or_default() += 1;
            return;
        }
        let leaf = Recorded::new(&record.exchanges);
        let Some(outcome) = play::play(record, &leaf).await else {
            self.not_covered.push(record.title());
            return;
        };
        let lines = differences(record, &leaf.sent(), &outcome, &expected(record));
        if lines.is_empty() {
            self.equal += 1;
            return;
        }
        self.different += 1;
        for line in lines {
            let rows: Vec<usize> =
                (0..self.used.len()).filter(|index| table(*index).explains(record, &line)).collect();
            if rows.is_empty() {
                self.unexplained.push(format!("{}: {line}", record.title()));
            }
            for index in rows {
                self.used[index] += 1;
            }
        }
    }

    /// Rows that are needed, or not, against what the tables say of them.
    fn misplaced(&self) -> Vec<String> {
        let wrong =
            (0..self.used.len()).filter(|index| (self.used[*index] == 0) != (*index >= DELIBERATE.len()));
        wrong.map(|index| table(index).to_string()).collect()
    }
}

/// Both tables, one behind the other.
fn table(index: usize) -> &'static Deliberate {
    DELIBERATE.get(index).unwrap_or_else(|| &ABSENT[index - DELIBERATE.len()])
}

/// What came of a recorded call, or of that part of it which is about the catalog: the entry of a repo, not its data.
fn expected(record: &Record) -> Outcome {
    let deciding = match record.method() {
        "create_repo" | "import_repo" => "POST",
        "get_repo" => "GET",
        _ => return recorded_outcome(record),
    };
    match record
        .exchanges
        .iter()
        .find(|exchange| exchange.sent.method == deciding && exchange.sent.path.len() > 2)
    {
        None => recorded_outcome(record),
        Some(exchange) => match exchange.status() {
            Some(status @ 400..) => Err(format!("status {status}")),
            Some(_) => Ok(()),
            None => Err("no answer".to_owned()),
        },
    }
}

#[tokio::test(start_paused = true)]
async fn every_recorded_call_is_made_the_same_way_or_differs_for_a_reason() {
    let given = std::env::var_os("ARRAYLAKE_TEST_RECORDINGS").map(PathBuf::from);
    let own = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("recordings");
    let records = record::read_all(given.as_ref().unwrap_or(&own));
    assert!(!records.is_empty(), "there are recordings");
    let mut tally = Tally { used: vec![0; DELIBERATE.len() + ABSENT.len()], ..Tally::default() };
    for record in &records {
        tally.add(record).await;
    }
    print(&tally);
    assert!(
        tally.unexplained.is_empty(),
        "not in the table of differences:\n{}",
        tally.unexplained.join("\n")
    );
    assert!(tally.not_covered.is_empty(), "no method of ours:\n{}", tally.not_covered.join("\n"));
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
        tally.not_covered.len()
    );
    for (what, count) in &tally.elsewhere {
        println!("recordings: {count} calls belong to {what}: {}", elsewhere::why(what));
    }
}
