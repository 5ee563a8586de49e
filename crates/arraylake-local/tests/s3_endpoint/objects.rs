//! The endpoint through the AWS client: objects, conditions, ranges, copies, lists, uploads.

use std::collections::BTreeSet;

use aws_sdk_s3::Client;
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{
    CompletedMultipartUpload, CompletedPart, Delete, MetadataDirective, ObjectIdentifier,
};
use tokio::task::JoinSet;

use super::support::{BUCKET, etag_of, refusal, served};

async fn put(client: &Client, key: &str, body: impl Into<Vec<u8>>) -> String {
    let body = ByteStream::from(body.into());
    client.put_object().bucket(BUCKET).key(key).body(body).send().await.unwrap().e_tag.unwrap()
}

async fn get(client: &Client, key: &str) -> Vec<u8> {
    text(client.get_object().bucket(BUCKET).key(key).send().await.unwrap()).await
}

async fn text(output: GetObjectOutput) -> Vec<u8> {
    output.body.collect().await.unwrap().to_vec()
}

#[tokio::test]
async fn an_object_comes_back_with_all_that_was_said_about_it() {
    let dir = tempfile::tempdir().unwrap();
    let client = served(dir.path()).await.admin();
    let put =
        client.put_object().bucket(BUCKET).key("k").content_type("text/plain").metadata("note", "hello");
    put.body(ByteStream::from_static(b"data")).send().await.unwrap();
    let head = client.head_object().bucket(BUCKET).key("k").send().await.unwrap();
    assert_eq!(head.content_length(), Some(4));
    assert_eq!(head.content_type(), Some("text/plain"));
    assert_eq!(head.metadata().unwrap()["note"], "hello");
    assert_eq!(head.e_tag(), Some(etag_of(b"data").as_str()));
    let age = chrono::Utc::now().timestamp() - head.last_modified().unwrap().secs();
    assert!((0..60).contains(&age));
    assert_eq!(get(&client, "k").await, b"data");
    let missing = client.get_object().bucket(BUCKET).key("missing").send().await;
    assert_eq!(refusal(missing), (404, "NoSuchKey".to_owned()));
    let missing = client.get_object().bucket("nowhere").key("missing").send().await;
    assert_eq!(refusal(missing), (404, "NoSuchBucket".to_owned()));
}

#[tokio::test]
async fn large_and_empty_objects_pass_unchanged() {
    let dir = tempfile::tempdir().unwrap();
    let client = served(dir.path()).await.admin();
    for size in [0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 9_000_001] {
        let body: Vec<u8> = (0..size).map(|at: u32| (at % 251) as u8).collect();
        put(&client, "big", body.clone()).await;
        assert!(get(&client, "big").await == body, "{size}");
    }
    let ranged =
        client.get_object().bucket(BUCKET).key("big").range("bytes=100-5000099").send().await.unwrap();
    let expected: Vec<u8> = (100..5_000_100).map(|at: u32| (at % 251) as u8).collect();
    assert!(text(ranged).await == expected);
}

#[tokio::test]
async fn ranges_are_cut_out_or_refused() {
    let dir = tempfile::tempdir().unwrap();
    let client = served(dir.path()).await.admin();
    put(&client, "k", "0123456789").await;
    for (range, expected, header) in [
        ("bytes=2-4", "234", "bytes 2-4/10"),
        ("bytes=7-", "789", "bytes 7-9/10"),
        ("bytes=-2", "89", "bytes 8-9/10"),
        ("bytes=8-99", "89", "bytes 8-9/10"),
    ] {
        let output = client.get_object().bucket(BUCKET).key("k").range(range).send().await.unwrap();
        assert_eq!(output.content_range(), Some(header));
        assert_eq!(text(output).await, expected.as_bytes());
    }
    for range in ["bytes=10-", "bytes=-0"] {
        let refused = client.get_object().bucket(BUCKET).key("k").range(range).send().await;
        assert_eq!(refusal(refused).0, 416, "{range}");
    }
}

#[tokio::test]
async fn readers_who_have_the_object_are_told_so() {
    let dir = tempfile::tempdir().unwrap();
    let client = served(dir.path()).await.admin();
    let etag = put(&client, "k", "1").await;
    let known = client.get_object().bucket(BUCKET).key("k").if_none_match(&etag).send().await;
    assert_eq!(refusal(known).0, 304);
    let known = client.head_object().bucket(BUCKET).key("k").if_none_match(&etag).send().await;
    assert_eq!(refusal(known).0, 304);
    put(&client, "k", "2").await;
    assert!(client.get_object().bucket(BUCKET).key("k").if_none_match(&etag).send().await.is_ok());
    let changed = client.get_object().bucket(BUCKET).key("k").if_match(&etag).send().await;
    assert_eq!(refusal(changed).0, 412);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_many_creators_wins() {
    let dir = tempfile::tempdir().unwrap();
    let client = served(dir.path()).await.admin();
    let mut tasks = JoinSet::new();
    for task in 0..32 {
        let client = client.clone();
        let body = ByteStream::from(task.to_string().into_bytes());
        tasks.spawn(async move {
            let put =
                client.put_object().bucket(BUCKET).key("one").if_none_match("*").body(body).send().await;
            put.map(|_| task).map_err(|error| refusal::<(), _>(Err(error)))
        });
    }
    let results = tasks.join_all().await;
    let winners: Vec<_> = results.iter().filter_map(|result| result.as_ref().ok()).collect();
    assert_eq!(winners.len(), 1);
    assert_eq!(get(&client, "one").await, winners[0].to_string().into_bytes());
    let losers = results.iter().filter_map(|result| result.as_ref().err());
    assert!(losers.into_iter().all(|refused| *refused == (412, "PreconditionFailed".to_owned())));
}

#[tokio::test(flavor = "multi_thread")]
async fn compare_and_swap_loses_no_increment() {
    let dir = tempfile::tempdir().unwrap();
    let client = served(dir.path()).await.admin();
    put(&client, "counter", "0").await;
    let mut tasks = JoinSet::new();
    for task in 0..32 {
        let client = client.clone();
        tasks.spawn(async move {
            loop {
                let now = client.get_object().bucket(BUCKET).key("counter").send().await.unwrap();
                // Bare, as some clients send it, and quoted, as the standard wants it.
                let etag = now.e_tag().unwrap().to_owned();
                let etag = if task % 2 == 0 { etag.trim_matches('"').to_owned() } else { etag };
                let count: u32 = String::from_utf8(text(now).await).unwrap().parse().unwrap();
                let body = ByteStream::from((count + 1).to_string().into_bytes());
                let put =
                    client.put_object().bucket(BUCKET).key("counter").if_match(etag).body(body).send().await;
                match put {
                    Ok(_) => return,
                    Err(error) => assert_eq!(refusal::<(), _>(Err(error)).0, 412),
                }
            }
        });
    }
    tasks.join_all().await;
    assert_eq!(get(&client, "counter").await, b"32");
}

#[tokio::test]
async fn keys_of_all_kinds_are_kept_apart() {
    let dir = tempfile::tempdir().unwrap();
    let client = served(dir.path()).await.admin();
    let (long, long_dir) = ("k".repeat(1024), format!("{}/{}", "D".repeat(511), "é".repeat(256)));
    let keys = [
        "a",
        "a/b",
        "a/b/c",
        "A",
        "a/",
        "a//b",
        "../../escape",
        "x/./y",
        "sp ace+plus%41",
        "é=+^",
        &long,
        &long_dir,
    ];
    for key in keys {
        put(&client, key, key).await;
    }
    for key in keys {
        assert_eq!(get(&client, key).await, key.as_bytes());
    }
    let listed = client.list_objects_v2().bucket(BUCKET).send().await.unwrap();
    let listed: Vec<_> = listed.contents().iter().map(|object| object.key().unwrap()).collect();
    assert_eq!(listed, BTreeSet::from(keys).into_iter().collect::<Vec<_>>());
    client.delete_object().bucket(BUCKET).key("a/b").send().await.unwrap();
    assert_eq!(get(&client, "a/b/c").await, b"a/b/c");
    let too_long = client.put_object().bucket(BUCKET).key("k".repeat(1025)).send().await;
    assert_eq!(refusal(too_long), (400, "KeyTooLongError".to_owned()));
}

#[tokio::test]
async fn a_body_that_does_not_match_its_checksum_is_not_kept() {
    let dir = tempfile::tempdir().unwrap();
    let client = served(dir.path()).await.admin();
    let body = || ByteStream::from_static(b"data");
    let put = || client.put_object().bucket(BUCKET).key("k").body(body());
    assert_eq!(refusal(put().checksum_crc32("AAAAAA==").send().await), (400, "BadDigest".to_owned()));
    let wrong = put().content_md5("AAAAAAAAAAAAAAAAAAAAAA==").send().await;
    assert_eq!(refusal(wrong), (400, "BadDigest".to_owned()));
    assert_eq!(refusal(client.head_object().bucket(BUCKET).key("k").send().await).0, 404);
    put().content_md5("jXd/OF09/siBXSD3SWAm3A==").send().await.unwrap();
    let mode = aws_sdk_s3::types::ChecksumMode::Enabled;
    let head = client.head_object().bucket(BUCKET).key("k").checksum_mode(mode).send().await.unwrap();
    assert_eq!(head.checksum_crc32(), Some("rfPzYw=="));
}

#[tokio::test]
async fn copies_obey_conditions_and_carry_metadata() {
    let dir = tempfile::tempdir().unwrap();
    let client = served(dir.path()).await.admin();
    let source = client.put_object().bucket(BUCKET).key("a/src").metadata("m", "1");
    let etag = source.body(ByteStream::from_static(b"data")).send().await.unwrap().e_tag.unwrap();
    let copy =
        |key: &str| client.copy_object().bucket(BUCKET).key(key).copy_source(format!("{BUCKET}/a/src"));
    let copied = copy("dst").copy_source_if_match(&etag).send().await.unwrap();
    assert_eq!(copied.copy_object_result().unwrap().e_tag(), Some(etag.as_str()));
    let head = client.head_object().bucket(BUCKET).key("dst").send().await.unwrap();
    assert_eq!(head.metadata().unwrap()["m"], "1");
    let refused = copy("never").copy_source_if_match("\"other\"").send().await;
    assert_eq!(refusal(refused), (412, "PreconditionFailed".to_owned()));
    let replace = copy("a/src").metadata_directive(MetadataDirective::Replace).metadata("m", "2");
    replace.send().await.unwrap();
    let head = client.head_object().bucket(BUCKET).key("a/src").send().await.unwrap();
    assert_eq!(head.metadata().unwrap()["m"], "2");
    assert_eq!(get(&client, "a/src").await, b"data");
}

#[tokio::test]
async fn lists_come_in_pages_with_etags() {
    let dir = tempfile::tempdir().unwrap();
    let client = served(dir.path()).await.admin();
    for key in ["p/1", "p/2", "p/x/1", "p/x/2", "q"] {
        put(&client, key, "1").await;
    }
    let mut pages = client.list_objects_v2().bucket(BUCKET).prefix("p/").into_paginator().page_size(3).send();
    let mut found = Vec::new();
    while let Some(page) = pages.next().await {
        for object in page.unwrap().contents() {
            assert_eq!((object.size(), object.e_tag()), (Some(1), Some(etag_of(b"1").as_str())));
            found.push(object.key().unwrap().to_owned());
        }
    }
    assert_eq!(found, ["p/1", "p/2", "p/x/1", "p/x/2"]);
    let tree =
        client.list_objects_v2().bucket(BUCKET).prefix("p/").delimiter("/").start_after("p/1").send().await;
    let tree = tree.unwrap();
    assert_eq!(tree.contents().len(), 1);
    assert_eq!(tree.common_prefixes()[0].prefix(), Some("p/x/"));
    let old = client.list_objects().bucket(BUCKET).delimiter("/").max_keys(1).send().await.unwrap();
    assert_eq!((old.common_prefixes()[0].prefix(), old.next_marker()), (Some("p/"), Some("p/")));
    let rest = client.list_objects().bucket(BUCKET).delimiter("/").marker("p/").send().await.unwrap();
    assert_eq!(rest.contents()[0].key(), Some("q"));
}

#[tokio::test]
async fn many_objects_are_deleted_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let client = served(dir.path()).await.admin();
    put(&client, "d/1", "").await;
    put(&client, "d/2", "").await;
    let named = ["d/1", "d/2", "d/3"].map(|key| ObjectIdentifier::builder().key(key).build().unwrap());
    let delete = Delete::builder().set_objects(Some(named.to_vec())).build().unwrap();
    let done = client.delete_objects().bucket(BUCKET).delete(delete).send().await.unwrap();
    assert_eq!((done.deleted().len(), done.errors().len()), (3, 0));
    assert!(client.list_objects_v2().bucket(BUCKET).send().await.unwrap().contents().is_empty());
}

async fn upload(client: &Client, parts: &[&[u8]]) -> (String, CompletedMultipartUpload) {
    let start =
        client.create_multipart_upload().bucket(BUCKET).key("m").metadata("m", "1").send().await.unwrap();
    let id = start.upload_id.unwrap();
    let mut done = CompletedMultipartUpload::builder();
    for (number, part) in (1..).zip(parts) {
        let body = ByteStream::from(part.to_vec());
        let upload = client.upload_part().bucket(BUCKET).key("m").upload_id(&id).part_number(number);
        let part = upload.body(body).send().await.unwrap();
        done = done.parts(CompletedPart::builder().part_number(number).set_e_tag(part.e_tag).build());
    }
    (id, done.build())
}

#[tokio::test]
async fn uploads_in_parts_may_end_with_an_empty_one() {
    let dir = tempfile::tempdir().unwrap();
    let client = served(dir.path()).await.admin();
    let (id, parts) = upload(&client, &[&[b'a'; 2_000_000], b"b", b""]).await;
    let complete = || client.complete_multipart_upload().bucket(BUCKET).key("m").upload_id(&id);
    let listed = client.list_parts().bucket(BUCKET).key("m").upload_id(&id).send().await.unwrap();
    assert_eq!(listed.parts().len(), 3);
    let etag =
        complete().multipart_upload(parts.clone()).if_none_match("*").send().await.unwrap().e_tag.unwrap();
    assert!(etag.ends_with("-3\""), "{etag}");
    let whole = client.get_object().bucket(BUCKET).key("m").send().await.unwrap();
    assert_eq!(whole.metadata().unwrap()["m"], "1");
    let whole = text(whole).await;
    assert!(whole.len() == 2_000_001 && whole.ends_with(b"ab"));
    let again = complete().multipart_upload(parts).send().await;
    assert_eq!(refusal(again), (404, "NoSuchUpload".to_owned()));
}

#[tokio::test]
async fn completion_is_conditional_and_checks_its_parts() {
    let dir = tempfile::tempdir().unwrap();
    let client = served(dir.path()).await.admin();
    put(&client, "m", "old").await;
    let (id, parts) = upload(&client, &[b"1", b"2"]).await;
    let complete = || client.complete_multipart_upload().bucket(BUCKET).key("m").upload_id(&id);
    let refused = complete().multipart_upload(parts.clone()).if_none_match("*").send().await;
    assert_eq!(refusal(refused), (412, "PreconditionFailed".to_owned()));
    let backwards = parts.parts().iter().rev().cloned().collect();
    let backwards = CompletedMultipartUpload::builder().set_parts(Some(backwards)).build();
    let refused = complete().multipart_upload(backwards).send().await;
    assert_eq!(refusal(refused), (400, "InvalidPartOrder".to_owned()));
    assert_eq!(get(&client, "m").await, b"old");
    let copied = client.upload_part_copy().bucket(BUCKET).key("m").upload_id(&id).part_number(3);
    let copied =
        copied.copy_source(format!("{BUCKET}/m")).copy_source_range("bytes=1-2").send().await.unwrap();
    let third = CompletedPart::builder().part_number(3);
    let third = third.set_e_tag(copied.copy_part_result.unwrap().e_tag).build();
    let parts = parts.parts().iter().cloned().chain([third]).collect();
    let parts = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
    complete().multipart_upload(parts).send().await.unwrap();
    assert_eq!(get(&client, "m").await, b"12ld");
}

#[tokio::test]
async fn an_aborted_upload_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    let client = served(dir.path()).await.admin();
    let (id, _) = upload(&client, &[b"1"]).await;
    let open = client.list_multipart_uploads().bucket(BUCKET).send().await.unwrap();
    assert_eq!(open.uploads()[0].upload_id(), Some(id.as_str()));
    client.abort_multipart_upload().bucket(BUCKET).key("m").upload_id(&id).send().await.unwrap();
    let late = client.upload_part().bucket(BUCKET).key("m").upload_id(&id).part_number(2).send().await;
    assert_eq!(refusal(late), (404, "NoSuchUpload".to_owned()));
    assert!(dir.path().join("uploads").read_dir().unwrap().next().is_none());
    assert!(dir.path().join("tmp").read_dir().unwrap().next().is_none());
}
