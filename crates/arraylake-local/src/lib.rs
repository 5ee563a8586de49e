//! An Arraylake on your own machine: the S3 endpoint half.
pub mod s3;
