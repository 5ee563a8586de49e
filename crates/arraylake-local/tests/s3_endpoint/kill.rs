//! An endpoint that is killed in the middle of writing leaves every object whole.

use arraylake_local::s3::Clock;
use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;

use super::support::{BUCKET, child, etag_of, open, served};

/// Tells the child where to write; without it the child test does nothing.
const DIRECTORY: &str = "ARRAYLAKE_TEST_KILL_DIRECTORY";
const WRITERS: usize = 6;
const ROUNDS: usize = 6;

/// The child: overwrites a few objects, small ones and large ones, until somebody kills it.
#[tokio::test(flavor = "multi_thread")]
async fn child_writes_until_killed() {
    let Ok(dir) = std::env::var(DIRECTORY) else { return };
    let client = served(dir.as_ref()).await.admin();
    let mut tasks = tokio::task::JoinSet::new();
    for writer in 0..WRITERS {
        tasks.spawn(write_forever(client.clone(), writer));
    }
    tasks.join_all().await;
}

async fn write_forever(client: Client, writer: usize) {
    for turn in 0_usize.. {
        let size = if writer == 0 { 3_000_000 + turn } else { 10 + turn };
        let key = format!("dir{}/object{}", turn % 3, writer / 2);
        let body = vec![b'a' + (turn % 26) as u8; size];
        let put = client.put_object().bucket(BUCKET).key(&key).metadata("size", size.to_string());
        put.body(ByteStream::from(body)).send().await.unwrap();
        if writer == 1 && turn % 7 == 6 {
            client.delete_object().bucket(BUCKET).key(&key).send().await.unwrap();
        }
        println!("wrote {key}");
    }
}

fn run_child_and_kill_it(dir: &std::path::Path, after: usize) {
    let (mut child, lines) = child("kill::child_writes_until_killed", DIRECTORY, dir);
    let written = lines.filter(|line| line.contains("wrote")).take(after).count();
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(written, after, "the child ended by itself");
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_are_whole_after_a_kill() {
    let dir = tempfile::tempdir().unwrap();
    let mut litter = 0;
    for round in 0..ROUNDS {
        let (path, after) = (dir.path().to_owned(), 40 + 13 * round);
        tokio::task::spawn_blocking(move || run_child_and_kill_it(&path, after)).await.unwrap();
        litter += dir.path().join("tmp").read_dir().unwrap().count();
        drop(open(dir.path(), Clock::system()));
        assert_eq!(dir.path().join("tmp").read_dir().unwrap().count(), 0);
        assert!(check_all(dir.path()).await >= 3);
    }
    // Otherwise no kill came in the middle of a write, and the test has shown nothing.
    assert!(litter > 0);
}

/// Reads every object and returns how many there are. The endpoint lives in a runtime of its own, so that the
/// directory is free again afterwards.
async fn check_all(dir: &std::path::Path) -> usize {
    let dir = dir.to_owned();
    let check = move || {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let client = served(&dir).await.admin();
            let listed = client.list_objects_v2().bucket(BUCKET).send().await.unwrap();
            for object in listed.contents() {
                let got = client.get_object().bucket(BUCKET).key(object.key().unwrap()).send().await.unwrap();
                let (etag, size) = (got.e_tag().unwrap().to_owned(), got.metadata().unwrap()["size"].clone());
                assert_eq!(object.e_tag(), Some(etag.as_str()));
                let body = got.body.collect().await.unwrap().to_vec();
                assert_eq!(body.len().to_string(), size);
                assert!(body.iter().all(|byte| *byte == body[0]));
                assert_eq!(etag, etag_of(&body));
            }
            listed.contents().len()
        })
    };
    tokio::task::spawn_blocking(check).await.unwrap()
}
