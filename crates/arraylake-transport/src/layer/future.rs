//! The futures of layers that add little to the exchange below them: in place, without a box of their own.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use super::Answer;
use crate::{Error, Response};

pin_project! {
    /// The exchange below, its outcome passed through a function.
    #[derive(Debug)]
    pub struct Then<F, M> {
        #[pin]
        inner: F,
        map: Option<M>,
    }
}

impl<F, M> Then<F, M> {
    pub(super) fn new(inner: F, map: M) -> Self {
        Self { inner, map: Some(map) }
    }
}

/// What becomes of an outcome. A trait instead of a closure, so that the futures have names.
pub trait Settle<T> {
    /// The outcome of the layer.
    fn settle(self, inner: T) -> Result<Response, Error>;
}

impl<F: Future, M: Settle<F::Output>> Future for Then<F, M> {
    type Output = Result<Response, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let inner = ready!(this.inner.poll(cx));
        Poll::Ready(match this.map.take() {
            Some(map) => map.settle(inner),
            None => Err(Error::bare(crate::ErrorKind::Other)),
        })
    }
}

pin_project! {
    /// The exchange below, or something longer in a box.
    #[project = EitherProjection]
    pub enum Either<F> {
        /// The exchange below.
        Plain { #[pin] inner: F },
        /// More than that.
        Boxed { inner: Answer },
    }
}

impl<F> Either<F> {
    pub(super) fn plain(inner: F) -> Self {
        Self::Plain { inner }
    }

    pub(super) fn boxed(inner: impl Future<Output = Result<Response, Error>> + Send + 'static) -> Self {
        Self::Boxed { inner: Box::pin(inner) }
    }
}

impl<F: Future<Output = Result<Response, Error>>> Future for Either<F> {
    type Output = Result<Response, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project() {
            EitherProjection::Plain { inner } => inner.poll(cx),
            EitherProjection::Boxed { inner } => inner.as_mut().poll(cx),
        }
    }
}

impl<F> std::fmt::Debug for Either<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Plain { .. } => "Plain",
            Self::Boxed { .. } => "Boxed",
        })
    }
}
