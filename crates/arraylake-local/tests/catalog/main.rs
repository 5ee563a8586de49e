//! The catalog route by route, through the tower service: no socket unless a test is about sockets.

mod buckets;
mod client;
mod creation;
mod credentials;
mod eras;
mod lake;
mod lists;
mod people;
mod permissions;
mod removal;
mod repos;
