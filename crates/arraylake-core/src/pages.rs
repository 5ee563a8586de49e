//! [`Pages`]: a listing page by page, the next ones fetched while the last one is looked at.

use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use arraylake_types::{Page, Rows};
use tokio::task::JoinHandle;

use crate::error::{Error, Result};

type Answer<T> = Pin<Box<dyn Future<Output = Result<Page<T>>> + Send>>;

/// A listing, page by page and in order. Pages are fetched ahead, one unless told otherwise, so that no more than those
/// and the one at hand are in memory. Dropping it gives up what is under way.
///
/// The listing ends with the last page, and also with one that is empty or is not the one that was asked for: a service
/// that counts wrongly is not asked for ever.
///
/// ```no_run
/// # use arraylake_core::{AsyncClient, prelude::*};
/// # async fn example(client: AsyncClient, org: OrgName) -> arraylake_core::Result<()> {
/// let mut pages = client.list_repos_stream(&org, PageRequest::default(), ListRepos::new())?;
/// while let Some(page) = pages.next().await? {
///     for repo in page.rows {
///         println!("{}", repo.name);
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is fetched before `next`"]
pub struct Pages<T> {
    fetch: Arc<dyn Fn(u64) -> Answer<T> + Send + Sync>,
    under_way: VecDeque<(u64, Fetch<T>)>,
    /// Number of the next page to fetch.
    next: u64,
    /// Number of the last page, as far as is known.
    last: u64,
    ahead: usize,
}

impl<T: Send + 'static> Pages<T> {
    /// Pages from a number on. Each is fetched in a task of its own.
    pub(crate) fn new<F>(first: u64, fetch: impl Fn(u64) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<Page<T>>> + Send + 'static,
    {
        let fetch = Arc::new(move |number| -> Answer<T> { Box::pin(fetch(number)) });
        Self { fetch, under_way: VecDeque::new(), next: first, last: first, ahead: 1 }
    }

    /// Sets how many pages are fetched while the caller looks at one; 0 fetches only what is asked for.
    pub fn with_ahead(mut self, pages: usize) -> Self {
        self.ahead = pages;
        self
    }

    /// The next page that is not empty; none at the end. May be dropped and called again without losing a page.
    ///
    /// # Errors
    /// If a page cannot be had; the listing ends with that.
    pub async fn next(&mut self) -> Result<Option<Page<T>>> {
        self.start(self.ahead.max(1));
        let Some((number, fetch)) = self.under_way.front_mut() else { return Ok(None) };
        let (number, page) = (*number, fetch.page().await);
        self.under_way.pop_front();
        let page = match page {
            Ok(page) => page,
            Err(error) => {
                self.end();
                return Err(error);
            }
        };
        if page.rows.items.is_empty() && page.rows.bad.is_empty() {
            self.end();
            return Ok(None);
        }
        if page.is_last() {
            self.end();
        } else if page.page < number {
            tracing::warn!(
                wanted = number,
                came = page.page,
                "the listing ends early: its pages do not advance"
            );
            self.end();
        } else {
            self.last = page.pages;
            self.start(self.ahead);
        }
        Ok(Some(page))
    }

    /// The rows of all pages.
    ///
    /// # Errors
    /// If a page cannot be had.
    pub async fn collect(mut self) -> Result<Rows<T>> {
        let mut pages = Vec::new();
        while let Some(page) = self.next().await? {
            pages.push(page.rows);
        }
        let mut rows = Rows::default();
        // Rows are large, and growing would move them time and again.
        rows.items.reserve_exact(pages.iter().map(|page| page.items.len()).sum());
        for page in pages {
            rows.items.extend(page.items);
            rows.bad.extend(page.bad);
        }
        Ok(rows)
    }

    fn start(&mut self, most: usize) {
        while self.under_way.len() < most && self.next <= self.last {
            let fetch = Fetch(tokio::spawn((self.fetch)(self.next)));
            self.under_way.push_back((self.next, fetch));
            self.next += 1;
        }
    }

    fn end(&mut self) {
        self.under_way.clear();
        self.last = 0;
    }
}

impl<T> fmt::Debug for Pages<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages").field("next", &self.next).field("last", &self.last).finish_non_exhaustive()
    }
}

/// A page being fetched; given up when the listing is.
struct Fetch<T>(JoinHandle<Result<Page<T>>>);

impl<T> Drop for Fetch<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl<T> Fetch<T> {
    async fn page(&mut self) -> Result<Page<T>> {
        (&mut self.0).await.map_err(|_| Error::Unsupported("the runtime is shutting down".into()))?
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    /// Pages of one row each, and the numbers that were asked for.
    fn pages(
        answer: impl Fn(u64) -> Result<Page<u64>> + Send + Sync + 'static,
    ) -> (Pages<u64>, Arc<Mutex<Vec<u64>>>) {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&asked);
        let pages = Pages::new(1, move |number| {
            noted.lock().unwrap().push(number);
            std::future::ready(answer(number))
        });
        (pages, asked)
    }

    fn page(number: u64, of: u64) -> Result<Page<u64>> {
        Ok(Page::new(vec![number], of, number, 1))
    }

    #[tokio::test]
    async fn pages_come_in_order_and_no_more_are_fetched_than_asked_for() {
        let (pages, asked) = pages(|number| page(number, 5));
        let mut pages = pages.with_ahead(0);
        assert_eq!(pages.next().await.unwrap().unwrap().rows.items, [1]);
        assert_eq!(pages.next().await.unwrap().unwrap().rows.items, [2]);
        assert_eq!(*asked.lock().unwrap(), [1, 2]);
        assert_eq!(pages.collect().await.unwrap().items, [3, 4, 5]);
    }

    #[tokio::test]
    async fn the_next_pages_are_fetched_while_one_is_looked_at() {
        let (pages, asked) = pages(|number| page(number, 9));
        let mut pages = pages.with_ahead(3);
        pages.next().await.unwrap().unwrap();
        tokio::task::yield_now().await;
        assert_eq!(*asked.lock().unwrap(), [1, 2, 3, 4]);
    }

    #[tokio::test]
    async fn a_listing_ends_with_an_empty_page_and_with_one_that_does_not_advance() {
        let (listing, asked) = pages(|number| match number {
            3 => Ok(Page::new(Vec::new(), 9, 3, 1)),
            number => page(number, 9),
        });
        assert_eq!(listing.with_ahead(0).collect().await.unwrap().items, [1, 2]);
        assert_eq!(*asked.lock().unwrap(), [1, 2, 3]);
        let (listing, asked) = pages(|_| page(1, u64::MAX));
        assert_eq!(listing.with_ahead(0).collect().await.unwrap().items, [1, 1]);
        assert_eq!(*asked.lock().unwrap(), [1, 2]);
    }

    #[tokio::test]
    async fn zero_pages_are_the_end() {
        let (mut listing, _) = pages(|_| Ok(Page::new(Vec::new(), 0, 1, 50)));
        assert!(listing.next().await.unwrap().is_none());
        assert!(listing.next().await.unwrap().is_none());
    }

    #[tokio::test]
    async fn a_page_that_cannot_be_had_is_an_error_and_the_end() {
        let (mut listing, _) =
            pages(|number| if number == 2 { Err(Error::NoToken) } else { page(number, 3) });
        listing.next().await.unwrap().unwrap();
        assert!(matches!(listing.next().await, Err(Error::NoToken)));
        assert!(listing.next().await.unwrap().is_none());
    }
}
