//! [`Gather`]: calls that are made at the same time go together.

use std::future::Future;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::{Semaphore, oneshot};

use crate::error::{Error, ErrorKind, Result};

type Waiting<T, R> = (T, oneshot::Sender<Result<R>>);

/// A queue of items that go in batches. Whoever has a turn sends all that wait, for everybody; while there are free
/// turns nobody waits for others.
pub(super) struct Gather<T, R> {
    queue: Mutex<Vec<Waiting<T, R>>>,
    turns: Semaphore,
    most: usize,
}

impl<T: Clone, R> Gather<T, R> {
    /// So many batches under way at once, of so many items at most.
    pub(super) fn new(turns: usize, most: usize) -> Self {
        Self { queue: Mutex::new(Vec::new()), turns: Semaphore::new(turns), most }
    }

    fn queue(&self) -> MutexGuard<'_, Vec<Waiting<T, R>>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The oldest items that are still waited for.
    fn take(&self) -> Vec<Waiting<T, R>> {
        let mut queue = self.queue();
        queue.retain(|(_, answer)| !answer.is_closed());
        let count = queue.len().min(self.most);
        queue.drain(..count).collect()
    }

    /// Sends an item, with others, by `run`, which answers with one result for each item, in order.
    ///
    /// An error is everybody's error.
    pub(super) async fn ask<F>(&self, item: T, run: impl Fn(Vec<T>) -> F) -> Result<R>
    where
        F: Future<Output = Result<Vec<R>>>,
    {
        loop {
            let (sender, mut answer) = oneshot::channel();
            self.queue().push((item.clone(), sender));
            // It is never closed.
            let turn = self.turns.acquire().await.ok();
            if let Ok(outcome) = answer.try_recv() {
                return outcome;
            }
            self.send(&run).await;
            drop(turn);
            match answer.await {
                Ok(outcome) => return outcome,
                // Whoever sent it was given up in the middle.
                Err(_) => continue,
            }
        }
    }

    async fn send<F>(&self, run: impl Fn(Vec<T>) -> F)
    where
        F: Future<Output = Result<Vec<R>>>,
    {
        let batch = self.take();
        if batch.is_empty() {
            return;
        }
        let (items, answers): (Vec<T>, Vec<_>) = batch.into_iter().unzip();
        match run(items).await {
            Ok(results) => {
                for (answer, result) in answers.into_iter().zip(results) {
                    // Nobody waits for it any more.
                    let _ = answer.send(Ok(result));
                }
            }
            Err(error) => {
                for answer in answers {
                    let _ = answer.send(Err(again(&error)));
                }
            }
        }
    }
}

/// The same error for somebody else.
pub(super) fn again(error: &Error) -> Error {
    let kind: ErrorKind = error.kind().clone();
    Error::new(kind, error.to_string())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::FutureExt as _;
    use futures_util::future::join_all;

    use super::*;

    #[tokio::test]
    async fn what_comes_at_the_same_time_goes_together_and_everybody_gets_their_own() {
        let gather = Gather::<u32, u32>::new(1, 50);
        let calls = AtomicUsize::new(0);
        let run = |items: Vec<u32>| {
            calls.fetch_add(1, Ordering::SeqCst);
            async move {
                tokio::task::yield_now().await;
                Ok(items.into_iter().map(|item| item * 2).collect())
            }
        };
        let answers = join_all((0..101).map(|item| gather.ask(item, run))).await;
        let expected: Vec<u32> = (0..101).map(|item| item * 2).collect();
        assert_eq!(answers.into_iter().map(Result::unwrap).collect::<Vec<_>>(), expected);
        assert_eq!(calls.load(Ordering::SeqCst), 3);
    }

    #[tokio::test]
    async fn an_error_is_everybodys() {
        let gather = Gather::<u32, u32>::new(1, 50);
        let run = async |_| Err(Error::new(ErrorKind::SessionExpired, "over"));
        for answer in join_all((0..5).map(|item| gather.ask(item, run))).await {
            assert!(answer.unwrap_err().is_session_expired());
        }
    }

    #[tokio::test]
    async fn nobody_is_lost_with_one_who_gives_up_in_the_middle() {
        let gather = Arc::new(Gather::<u32, u32>::new(1, 50));
        let never = async |_| std::future::pending().await;
        let mut stuck = Box::pin(gather.ask(1, never));
        assert!((&mut stuck).now_or_never().is_none());
        let other = tokio::spawn({
            let gather = Arc::clone(&gather);
            async move { gather.ask(2, async |items: Vec<u32>| Ok(items)).await }
        });
        tokio::task::yield_now().await;
        drop(stuck);
        assert_eq!(other.await.unwrap().unwrap(), 2);
    }
}
