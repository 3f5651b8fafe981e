//! A small certificate authority for development and tests.
