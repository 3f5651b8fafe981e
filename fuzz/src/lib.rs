//! What the targets for the PKCS#11 module share: the [`backend`] behind it, the module's functions
//! with what holds for each of them ([`module`]), and what callers pass, made of the fuzzer's bytes
//! ([`input`]): [`templates`], [`mechanisms`], [`messages`] and [`buffer`]s. The [`world`] is what each
//! input finds: [`keys`] of every kind and other objects. A [`caller`] makes calls in any order.

pub mod backend;
pub mod buffer;
pub mod caller;
pub mod input;
pub mod keys;
pub mod mechanisms;
pub mod messages;
pub mod module;
pub mod operations;
pub mod templates;
pub mod token;
pub mod world;
