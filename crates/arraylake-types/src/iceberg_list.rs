//! Which Iceberg namespaces and tables are wanted: [`ListIcebergNamespaces`], [`ListIcebergTables`].

use crate::{InvalidInput, Metadata};

/// By what a listing is sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ListSort {
    /// By how well it fits the search.
    Relevance,
    /// By the last change.
    Updated,
    /// By age.
    Created,
    /// By name.
    Name,
    /// By the number of tables; namespaces only.
    Tables,
}

impl ListSort {
    /// The text on the wire.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Relevance => "relevance",
            Self::Updated => "updated",
            Self::Created => "created",
            Self::Name => "name",
            Self::Tables => "tables",
        }
    }
}

/// In which direction a listing is sorted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SortDirection {
    /// Smallest first.
    Ascending,
    /// Largest first.
    #[default]
    Descending,
}

impl SortDirection {
    /// The text on the wire.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Ascending => "asc",
            Self::Descending => "desc",
        }
    }
}

/// Which namespaces of an org are wanted: query of `GET /orgs/{org}/iceberg/namespaces/paginated`.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct ListIcebergNamespaces {
    /// Only namespaces whose metadata has all these facts.
    pub filter_metadata: Option<Metadata>,
    /// Only namespaces that fit these words.
    pub search: Option<String>,
    /// By what they are sorted; none lets the service choose.
    pub sort: Option<ListSort>,
    /// In which direction.
    pub direction: SortDirection,
    /// Deleted namespaces too, of which only the name is held.
    pub include_ghosts: bool,
}

impl ListIcebergNamespaces {
    /// All namespaces.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Only namespaces whose metadata has all these facts.
    #[must_use]
    pub fn with_filter(mut self, facts: Metadata) -> Self {
        self.filter_metadata = Some(facts);
        self
    }

    sorted_setters!();

    /// Deleted namespaces too.
    #[must_use]
    pub fn with_ghosts(mut self) -> Self {
        self.include_ghosts = true;
        self
    }

    /// Whether all namespaces are wanted in the usual order, which one request answers.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.filter_metadata.is_none()
            && self.search.is_none()
            && self.sort.is_none()
            && self.direction == SortDirection::Descending
    }

    /// Checks the facts that are looked for.
    ///
    /// # Errors
    /// Names the fact that breaks a rule.
    pub fn validate(&self) -> Result<(), InvalidInput> {
        self.filter_metadata.as_ref().map_or(Ok(()), Metadata::validate)
    }
}

/// Which tables of a namespace are wanted: query of `GET /orgs/{org}/iceberg/namespaces/{name}/tables/paginated`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ListIcebergTables {
    /// Only tables that fit these words.
    pub search: Option<String>,
    /// By what they are sorted; none lets the service choose.
    pub sort: Option<ListSort>,
    /// In which direction.
    pub direction: SortDirection,
}

impl ListIcebergTables {
    /// All tables.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    sorted_setters!();

    /// Checks that tables can be sorted that way.
    ///
    /// # Errors
    /// If they are to be sorted by the number of tables.
    pub fn validate(&self) -> Result<(), InvalidInput> {
        match self.sort {
            Some(ListSort::Tables) => Err(InvalidInput::new("sort", "tables", "is for namespaces only")),
            _ => Ok(()),
        }
    }
}
