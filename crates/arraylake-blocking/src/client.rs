//! [`Client`]: any implementation of the roles, called without `async`.

use std::future::Future;
use std::sync::Arc;

use arraylake_core::{AsyncClient, ClientBuilder, Result};
use tokio::runtime::Handle;

use crate::runtime;

/// A client for synchronous code. Cheap to clone.
///
/// Its methods are those of the roles that `A` plays, each with the documentation of its async twin.
#[derive(Debug)]
pub struct Client<A: ?Sized = AsyncClient> {
    api: Arc<A>,
    handle: Option<Handle>,
}

impl<A: ?Sized> Clone for Client<A> {
    fn clone(&self) -> Self {
        Self { api: Arc::clone(&self.api), handle: self.handle.clone() }
    }
}

impl Client {
    /// A client from the environment and the shared configuration files.
    ///
    /// # Errors
    /// If a file is malformed, a value breaks a rule, or there is no token.
    pub fn from_env() -> Result<Self> {
        AsyncClient::from_env().map(Self::from)
    }

    /// A client from a builder.
    ///
    /// # Errors
    /// As [`ClientBuilder::build`].
    pub fn build(builder: ClientBuilder) -> Result<Self> {
        builder.build().map(Self::from)
    }
}

impl From<AsyncClient> for Client {
    fn from(client: AsyncClient) -> Self {
        Self::over(Arc::new(client))
    }
}

impl<A: ?Sized> Client<A> {
    /// A client over any implementation of a role: a mock, an `Arc<dyn Repos>`.
    pub fn over(api: Arc<A>) -> Self {
        Self { api, handle: None }
    }

    /// Runs the calls on a runtime of yours instead of the shared one. It must go on running while calls are made; those
    /// that are made on its own threads run on threads of their own.
    #[must_use]
    pub fn on(mut self, runtime: Handle) -> Self {
        self.handle = Some(runtime);
        self
    }

    /// The runtime for calls, if it is not the shared one.
    pub(crate) fn handle(&self) -> Option<Handle> {
        self.handle.clone()
    }

    /// The async implementation below.
    #[must_use]
    pub fn api(&self) -> &Arc<A> {
        &self.api
    }

    /// Runs any async code with the client and waits for it: the way to use an open repository from sync code.
    ///
    /// ```
    /// # use arraylake_blocking::Client;
    /// # use arraylake_blocking::core::{AsyncClient, Config};
    /// # let builder = AsyncClient::builder().with_config(Config::empty()).without_token();
    /// # let client = Client::build(builder)?;
    /// let uri = client.run(|api| async move { api.service_uri().to_string() });
    /// assert_eq!(uri, "https://api.earthmover.io");
    /// # Ok::<(), arraylake_blocking::Error>(())
    /// ```
    ///
    /// # Panics
    /// If the code itself panics.
    pub fn run<F, Fut, T>(&self, call: F) -> T
    where
        F: FnOnce(Arc<A>) -> Fut,
        Fut: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        runtime::wait(self.handle.as_ref(), call(Arc::clone(&self.api)))
    }
}

#[cfg(test)]
mod tests {
    use arraylake_core::Error;
    use arraylake_core::api::{MockUsers, Users};

    use super::*;

    fn client() -> Client<MockUsers> {
        let mut mock = MockUsers::new();
        mock.expect_get_user().returning(|| Err(Error::NoToken));
        Client::over(Arc::new(mock))
    }

    fn answers(client: &Client<impl Users + 'static + ?Sized>) -> bool {
        matches!(client.get_user(), Err(Error::NoToken))
    }

    #[test]
    fn it_works_on_a_plain_thread_and_over_a_trait_object() {
        assert!(answers(&client()));
        let dynamic: Arc<dyn Users> = Arc::new(client().api);
        assert!(answers(&Client::over(dynamic)));
    }

    #[tokio::test]
    async fn it_works_inside_a_single_threaded_runtime() {
        assert!(answers(&client()));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn it_works_on_the_only_worker_of_a_runtime_and_on_a_blocking_thread() {
        let client = client();
        let again = client.clone();
        assert!(tokio::task::spawn_blocking(move || answers(&again)).await.unwrap());
        assert!(tokio::spawn(async move { answers(&client) }).await.unwrap());
    }

    #[tokio::test]
    async fn it_works_on_the_only_thread_of_the_runtime_that_it_was_given() {
        assert!(answers(&client().on(Handle::current())));
    }

    #[test]
    fn it_works_inside_one_of_its_own_calls() {
        let outer = client();
        let inner = outer.clone();
        assert!(outer.run(|_| async move { answers(&inner) }));
    }

    #[test]
    fn a_call_that_panics_does_so_where_it_was_made_and_with_its_own_words() {
        let outer = client();
        let inner = outer.clone();
        let within = outer.clone();
        let panics: [Box<dyn FnOnce() + Send>; 2] = [
            Box::new(move || outer.run(|_| async { panic!("MARKER") })),
            Box::new(move || within.run(|_| async move { inner.run(|_| async { panic!("MARKER") }) })),
        ];
        for call in panics {
            let words = std::thread::spawn(call).join().unwrap_err();
            assert_eq!(words.downcast_ref::<&str>(), Some(&"MARKER"));
        }
        assert!(answers(&client()), "the others go on");
    }

    #[test]
    fn many_threads_may_call_at_once() {
        let client = client();
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..16).map(|_| scope.spawn(|| answers(&client))).collect();
            assert!(threads.into_iter().all(|thread| thread.join().unwrap()));
        });
    }
}
