use arraylake_types::v1::CommitId;
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::store::schema;
use crate::store::v1::testing::{Steps, add_repo, file, meta};
use crate::store::v1::{Kept, View};

/// As many writers as race for each commit of a branch.
const WRITERS: usize = 4;

impl Meta<'_> {
    fn lines_of(&self, commit: &CommitId) -> usize {
        self.chain(Some(&self.at(commit))).unwrap().ends.len()
    }

    fn commit_behind(&self, parent: Option<&CommitId>) -> CommitId {
        self.commit_path(parent, &format!("meta/root/a{}.array.json", self.count("v1_session")))
    }

    /// Rounds in which all writers make a commit behind the tip of `main`, and the last of them is the first to move it.
    fn race(&self, mut tip: CommitId, rounds: usize) -> CommitId {
        for _ in 0..rounds {
            let made: Vec<_> = (0..WRITERS).map(|_| self.commit_behind(Some(&tip))).collect();
            tip = made[WRITERS - 1].clone();
            self.move_to("main", &tip);
        }
        tip
    }

    fn first_commit(&self) -> CommitId {
        let first = self.commit_path(None, "meta/root.group.json");
        self.move_to("main", &first);
        first
    }
}

#[test]
fn a_branch_stays_on_one_line_whoever_wins_its_races() {
    let mut file = file();
    let db = file.transaction().unwrap();
    let meta = meta(&db);
    let tip = meta.race(meta.first_commit(), 30);
    assert_eq!(meta.at(&tip).depth, 30);
    assert_eq!(meta.lines_of(&tip), 1);
    assert_eq!(meta.count("v1_line"), 1 + 30 * (WRITERS as i64 - 1), "and those who lost have one each");
}

#[test]
fn branches_that_part_do_not_take_each_others_lines() {
    let mut file = file();
    let db = file.transaction().unwrap();
    let meta = meta(&db);
    let mut main = meta.first_commit();
    for number in 0..5 {
        // The other branch is the first to go on from where `main` is.
        let side = meta.commit_behind(Some(&main));
        meta.move_to(&format!("side{number}"), &side);
        main = meta.commit_behind(Some(&main));
        meta.move_to("main", &main);
        assert_eq!((meta.lines_of(&main), meta.lines_of(&side)), (1, 2));
        let more = meta.commit_behind(Some(&side));
        meta.move_to(&format!("side{number}"), &more);
        assert_eq!(meta.lines_of(&more), 2, "a branch goes on with its own line, too");
    }
}

#[test]
fn commits_that_a_branch_shows_at_once_come_to_lie_on_its_line_and_the_rest_stays_loose() {
    let mut file = file();
    let db = file.transaction().unwrap();
    let meta = meta(&db);
    let root = meta.first_commit();
    let mut row = vec![root.clone()];
    for _ in 0..6 {
        row.extend([meta.commit_behind(row.last())]);
    }
    let (twig, off) = (meta.commit_behind(Some(&row[2])), meta.commit_behind(Some(&row[5])));
    let more = meta.commit_behind(Some(&twig));
    meta.move_to("main", &row[4]);
    assert_eq!((meta.lines_of(&row[4]), meta.lines_of(&row[6])), (1, 2));
    for (end, parts) in [(&more, 2), (&off, 3)] {
        assert_eq!(meta.lines_of(end), parts);
    }
    meta.move_to("main", &row[6]);
    meta.move_to("main", &off);
    assert_eq!((meta.lines_of(&row[6]), meta.lines_of(&off), meta.lines_of(&more)), (1, 2, 2));
    let end = meta.commit_behind(Some(&more));
    meta.move_to("side", &end);
    let on_lasting = "v1_commit c JOIN v1_line l ON l.seq = c.line WHERE l.branch IS NOT NULL";
    assert_eq!(meta.count(on_lasting), meta.count("v1_commit"));
}

/// The steps of SQLite that it takes to make so many commits that win, and to read them: to list them, to look at each,
/// and to list what is there at the last.
fn steps_of(rounds: usize) -> [usize; 2] {
    let mut file = file();
    let steps = Steps::of(&mut file);
    let db = file.transaction().unwrap();
    let meta = meta(&db);
    let tip = meta.race(meta.first_commit(), rounds);
    let making = steps.taken();
    let mut next = Some(tip.clone());
    let mut page = meta.commits(None, 100).unwrap();
    let mut seen = 0;
    while let Some(last) = page.last() {
        for commit in &page {
            if next.as_ref() != Some(&commit.id) {
                continue;
            }
            let view = View { chain: meta.chain(Some(&meta.at(&commit.id))).unwrap(), session: None };
            assert!(meta.entry(&view, Kept::Metadata, "meta/root.group.json").unwrap().is_some());
            next.clone_from(&commit.parent_commit);
            seen += 1;
        }
        page = meta.commits(Some(&last.id), 100).unwrap();
    }
    let view = View { chain: meta.chain(Some(&meta.at(&tip))).unwrap(), session: None };
    let there = meta.entries(&view, Kept::Metadata, "meta/root", true).unwrap();
    assert_eq!((seen, there.len()), (rounds + 1, rounds + 1));
    [making, steps.taken()]
}

#[test]
fn making_and_reading_a_history_of_lost_races_take_steps_with_its_length_alone() {
    for (short, long) in steps_of(100).into_iter().zip(steps_of(200)) {
        assert!(short > 100, "the steps are counted");
        assert!(long * 100 <= short * 205, "{short} steps for 100 commits, {long} for 200");
    }
}

#[test]
fn a_file_from_before_lines_had_owners_shows_the_same_and_is_mended_by_the_next_commit() {
    let mut file = schema::of_version(9);
    add_repo(&file);
    let id = |number: u32| -> CommitId { format!("{number:024}").parse().unwrap() };
    let rows = "INSERT INTO v1_session VALUES (1, 1, 's', NULL, 0, NULL);
        INSERT INTO v1_line VALUES (1, 1, NULL, NULL, 1), (2, 1, 1, 0, 3)";
    file.execute_batch(rows).unwrap();
    // The third one lost its race and kept the line for all that: 1 - 2 - 4 - 5.
    for (number, line, depth) in [(1, 1, 0), (2, 2, 1), (3, 1, 1), (4, 2, 2), (5, 2, 3)] {
        let row = "INSERT INTO v1_commit VALUES (?1, 1, ?2, 1, ?3, ?4, '{}')";
        file.execute(row, params![number, id(number).as_str(), line, depth]).unwrap();
    }
    schema::migrate(&mut file).unwrap();
    let db = file.transaction().unwrap();
    let meta = meta(&db);
    assert_eq!(meta.lines_of(&id(5)), 2);
    let tip = meta.race(id(5), 10);
    assert_eq!((meta.lines_of(&id(5)), meta.lines_of(&tip)), (1, 1));
    for end in [&id(5), &tip] {
        let chain = meta.chain(Some(&meta.at(end))).unwrap();
        let shown = [1, 2, 3, 4, 5].map(|number| chain.has_point(&meta.at(&id(number))));
        assert_eq!(shown, [true, true, false, true, true]);
    }
}

/// What happens to a repo: a commit behind one of those there are, or a branch that moves to one.
#[derive(Debug, Clone)]
enum Event {
    Commit(prop::sample::Index),
    Move(u8, prop::sample::Index),
}

fn event() -> impl Strategy<Value = Event> {
    let any = any::<prop::sample::Index>;
    prop_oneof![
        any().prop_map(Event::Commit),
        (0..3_u8, any()).prop_map(|(branch, to)| Event::Move(branch, to))
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_history_has_the_commits_behind_each_other_wherever_branches_move(events in vec(event(), 1..40)) {
        let mut file = file();
        let db = file.transaction().unwrap();
        let meta = meta(&db);
        let mut parents: Vec<(CommitId, Option<usize>)> = vec![(meta.commit_behind(None), None)];
        for event in events {
            match event {
                Event::Commit(behind) => {
                    let parent = behind.index(parents.len());
                    let made = meta.commit_behind(Some(&parents[parent].0));
                    parents.push((made, Some(parent)));
                }
                Event::Move(branch, to) => meta.move_to(&branch.to_string(), &parents[to.index(parents.len())].0),
            }
        }
        for (at, (commit, _)) in parents.iter().enumerate() {
            let history: Vec<usize> = std::iter::successors(Some(at), |at| parents[*at].1).collect();
            let chain = meta.chain(Some(&meta.at(commit))).unwrap();
            for (other, (id, _)) in parents.iter().enumerate() {
                prop_assert_eq!(chain.has_point(&meta.at(id)), history.contains(&other));
            }
        }
        let shown = "v1_branch b JOIN v1_commit c ON c.id = b.tip JOIN v1_line l ON l.seq = c.line WHERE l.branch IS NULL";
        prop_assert_eq!(meta.count(shown), 0);
        let empty = "v1_line l WHERE NOT EXISTS (SELECT 1 FROM v1_commit c WHERE c.line = l.seq)";
        prop_assert_eq!(meta.count(empty), 0);
    }
}
