use std::convert::Infallible;

use bytes::Bytes;
use http_body_util::Full;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

use super::*;

/// As much as can be on the way at once.
const PIPE: usize = 1024;
/// Less than a client of HTTP/2 has room for from the start.
const LENGTH: usize = 60_000;

/// A conversation by HTTP/2 with a client that asks one thing, and agrees to nothing ever after.
struct Talk {
    client: DuplexStream,
    task: JoinHandle<()>,
    stop: watch::Sender<bool>,
    graceful: GracefulShutdown,
    /// Lets the service answer.
    answer: Arc<Notify>,
}

impl Talk {
    /// One in which the service has heard what is asked.
    async fn begun() -> Self {
        let (mut client, server) = tokio::io::duplex(PIPE);
        let (stop, stopped) = watch::channel(false);
        let (heard, mut hears) = mpsc::unbounded_channel();
        let answer = Arc::new(Notify::new());
        let graceful = GracefulShutdown::new();
        let told = Arc::clone(&answer);
        let service = service_fn(move |_: http::Request<Incoming>| {
            heard.send(()).unwrap();
            let told = Arc::clone(&told);
            async move {
                told.notified().await;
                Ok::<_, Infallible>(http::Response::new(Full::new(Bytes::from(vec![b'x'; LENGTH]))))
            }
        });
        let task = tokio::spawn(converse(Box::new(server), service, graceful.watcher(), stopped));
        client.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.unwrap();
        client.write_all(b"\0\0\x09\x01\x05\0\0\0\x01\x82\x86\x84\x41\x04lake").await.unwrap();
        hears.recv().await.unwrap();
        Self { client, task, stop, graceful, answer }
    }

    /// Reads the answer at this pace, and says how long it is.
    async fn read(client: &mut DuplexStream, pause: Duration) -> usize {
        let mut length = 0;
        loop {
            let mut head = [0; 9];
            client.read_exact(&mut head).await.unwrap();
            let mut rest = vec![0; usize::from(head[1]) << 8 | usize::from(head[2])];
            for piece in rest.chunks_mut(PIPE) {
                sleep(pause).await;
                client.read_exact(piece).await.unwrap();
            }
            if head[3] == 0 {
                length += rest.len();
                if head[4] & 1 == 1 {
                    return length;
                }
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_has_its_answer_and_is_silent_is_left_after_a_moment() {
    let Talk { mut client, task, stop, graceful, answer } = Talk::begun().await;
    answer.notify_one();
    assert_eq!(Talk::read(&mut client, Duration::ZERO).await, LENGTH);
    sleep(SILENCE * 10).await;
    assert!(!task.is_finished(), "nobody is left before the end");
    let begun = Instant::now();
    stop.send(true).unwrap();
    timeout(PATIENCE, graceful.shutdown()).await.unwrap();
    task.await.unwrap();
    assert!((SILENCE..SILENCE * 2).contains(&begun.elapsed()), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_under_way_is_answered_however_long_it_takes_and_is_taken() {
    let Talk { mut client, mut task, stop, graceful, answer } = Talk::begun().await;
    stop.send(true).unwrap();
    let end = tokio::spawn(graceful.shutdown());
    assert!(timeout(SILENCE * 10, &mut task).await.is_err(), "the service has not answered");
    answer.notify_one();
    assert_eq!(Talk::read(&mut client, SILENCE / 2).await, LENGTH);
    timeout(SILENCE * 2, task).await.unwrap().unwrap();
    end.await.unwrap();
}
