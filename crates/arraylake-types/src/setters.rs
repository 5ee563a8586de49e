//! Methods that several requests have alike, each group as a macro for the inside of an `impl` block.

/// Description and metadata of something new.
macro_rules! described_setters {
    () => {
        /// Says in free text what it is, in at most 255 characters.
        #[must_use]
        pub fn with_description(mut self, description: impl Into<String>) -> Self {
            self.description = Some(description.into());
            self
        }

        /// Sets the metadata.
        #[must_use]
        pub fn with_metadata(mut self, metadata: Metadata) -> Self {
            self.metadata = Some(metadata);
            self
        }
    };
}

/// A change of description and metadata.
macro_rules! described_edit_setters {
    () => {
        /// Says in free text what it is, in at most 255 characters; an empty text removes the description.
        #[must_use]
        pub fn with_description(mut self, description: impl Into<String>) -> Self {
            self.description = Some(description.into());
            self
        }

        /// Adds facts, whose keys must be new.
        #[must_use]
        pub fn with_add_metadata(mut self, facts: Metadata) -> Self {
            self.add_metadata = Some(facts);
            self
        }

        /// Removes facts by their keys.
        #[must_use]
        pub fn with_remove_metadata<K: Into<String>>(mut self, keys: impl IntoIterator<Item = K>) -> Self {
            self.remove_metadata = Some(keys.into_iter().map(Into::into).collect());
            self
        }

        /// Changes facts.
        #[must_use]
        pub fn with_update_metadata(mut self, facts: Metadata) -> Self {
            self.update_metadata = Some(facts);
            self
        }
    };
}

/// Search words and order of a listing.
macro_rules! sorted_setters {
    () => {
        /// Only what fits these words.
        #[must_use]
        pub fn with_search(mut self, words: impl Into<String>) -> Self {
            self.search = Some(words.into());
            self
        }

        /// Sorts it.
        #[must_use]
        pub fn with_sort(mut self, sort: ListSort) -> Self {
            self.sort = Some(sort);
            self
        }

        /// Sets the direction of the sort.
        #[must_use]
        pub fn with_direction(mut self, direction: SortDirection) -> Self {
            self.direction = direction;
            self
        }
    };
}
