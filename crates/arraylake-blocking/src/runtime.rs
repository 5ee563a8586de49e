//! The shared runtime, and how a thread waits for it.

use std::cell::Cell;
use std::future::Future;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::sync::OnceLock;
use std::sync::mpsc;

use futures_util::FutureExt as _;
use tokio::runtime::{Builder, Handle, Runtime};

thread_local! {
    /// Whether this thread is a worker of the shared runtime.
    static IS_WORKER: Cell<bool> = const { Cell::new(false) };
}

/// Never dropped: connections and credential refreshes go on between calls, and dropping a runtime inside another
/// one would panic.
fn shared() -> &'static Runtime {
    static SHARED: OnceLock<Runtime> = OnceLock::new();
    SHARED.get_or_init(|| {
        let workers = std::thread::available_parallelism().map_or(2, |count| count.get().clamp(2, 4));
        Builder::new_multi_thread()
            .worker_threads(workers)
            .thread_name("arraylake")
            .on_thread_start(|| IS_WORKER.set(true))
            .enable_all()
            .build()
            .unwrap_or_else(|error| no_threads(&error))
    })
}

#[expect(clippy::panic, reason = "without threads there is nothing a synchronous client could do")]
fn no_threads(error: &std::io::Error) -> ! {
    panic!("cannot start the threads of the blocking client: {error}")
}

/// Where work is done: on a runtime of the caller, else on the shared one.
#[cfg(all(feature = "icechunk", feature = "zarrs"))]
pub(crate) fn handle(own: Option<&Handle>) -> Handle {
    own.unwrap_or_else(|| shared().handle()).clone()
}

/// Runs a future to its end and waits. It is spawned, not blocked on: `block_on` panics inside any runtime.
pub(crate) fn wait<T: Send + 'static>(
    handle: Option<&Handle>,
    future: impl Future<Output = T> + Send + 'static,
) -> T {
    let handle = handle.unwrap_or_else(|| shared().handle());
    if IS_WORKER.get() || Handle::try_current().is_ok_and(|here| here.id() == handle.id()) {
        return wait_elsewhere(future);
    }
    let (sender, receiver) = mpsc::sync_channel(1);
    handle.spawn(async move {
        // Whoever waits below goes on panicking, so nothing is seen in between. They cannot be gone.
        let _ = sender.send(AssertUnwindSafe(future).catch_unwind().await);
    });
    match receiver.recv() {
        Ok(Ok(answer)) => answer,
        Ok(Err(panic)) => resume_unwind(panic),
        Err(_) => no_runtime(),
    }
}

/// A call made on a thread of the very runtime that would run it, or inside another call: a thread of its own runs it, so
/// that workers cannot wait for each other.
fn wait_elsewhere<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> T {
    let thread = std::thread::spawn(move || {
        let runtime = Builder::new_current_thread().enable_all().build();
        runtime.unwrap_or_else(|error| no_threads(&error)).block_on(future)
    });
    thread.join().unwrap_or_else(|panic| resume_unwind(panic))
}

#[expect(clippy::panic, reason = "a runtime of the caller must go on while calls are made")]
fn no_runtime() -> ! {
    panic!("the call was lost: its runtime was shut down")
}
