//! Chunk references, their inline form, and the store that holds the bytes of chunks.
