//! Objects and keys (sections 5.7 and 5.13).

use std::ptr;

use cryptoki_sys::*;

use super::{
    Mechanism,
    module::{Called, Module, call},
};
use crate::template::Template;

/// What a module says of one attribute.
pub(crate) struct Answered {
    /// `ulValueLen` after the call.
    pub(crate) length: CK_ULONG,
    /// The value, as long as there was room for it.
    pub(crate) value: Vec<u8>,
}

impl Module {
    /// Makes a key pair: public, private.
    pub(crate) fn generate_key_pair(
        &self,
        session: CK_SESSION_HANDLE,
        mechanism: &Mechanism,
        public: &Template,
        private: &Template,
    ) -> Called<(CK_OBJECT_HANDLE, CK_OBJECT_HANDLE)> {
        let mut mechanism = mechanism.as_mechanism();
        let (mut public, mut private) = (public.as_attributes(), private.as_attributes());
        let (mut public_key, mut private_key) = (0, 0);
        // SAFETY: mechanism and templates live until the call returns, and the handles are places
        // for what is written.
        unsafe {
            call!(
                self,
                C_GenerateKeyPair(
                    session,
                    &raw mut mechanism,
                    public.as_mut_ptr(),
                    public.len() as CK_ULONG,
                    private.as_mut_ptr(),
                    private.len() as CK_ULONG,
                    &raw mut public_key,
                    &raw mut private_key,
                )
            )
        }
        .map(|()| (public_key, private_key))
    }

    pub(crate) fn destroy(&self, session: CK_SESSION_HANDLE, object: CK_OBJECT_HANDLE) -> Called {
        // SAFETY: takes no pointers.
        unsafe { call!(self, C_DestroyObject(session, object)) }
    }

    /// Asks for attributes, each with room for some bytes; `None` asks for the length alone.
    pub(crate) fn attributes(
        &self,
        session: CK_SESSION_HANDLE,
        object: CK_OBJECT_HANDLE,
        asked: &[(CK_ATTRIBUTE_TYPE, Option<usize>)],
    ) -> (Called, Vec<Answered>) {
        let mut values: Vec<_> = asked.iter().map(|(_, room)| vec![0; room.unwrap_or(0)]).collect();
        let attribute = |((kind, room), value): (&(_, Option<usize>), &mut Vec<u8>)| CK_ATTRIBUTE {
            type_: *kind,
            pValue: room.map_or(ptr::null_mut(), |_| value.as_mut_ptr().cast()),
            ulValueLen: value.len() as CK_ULONG,
        };
        let mut template: Vec<_> = asked.iter().zip(&mut values).map(attribute).collect();
        let length = template.len() as CK_ULONG;
        // SAFETY: each attribute has the room it says, until the call returns.
        let called = unsafe {
            call!(self, C_GetAttributeValue(session, object, template.as_mut_ptr(), length))
        };
        let answers = template.iter().zip(values).map(|(attribute, mut value)| {
            value.truncate(attribute.ulValueLen as usize);
            Answered { length: attribute.ulValueLen, value }
        });
        (called, answers.collect())
    }

    pub(crate) fn find_init(&self, session: CK_SESSION_HANDLE, template: &Template) -> Called {
        let mut attributes = template.as_attributes();
        let length = attributes.len() as CK_ULONG;
        // SAFETY: the attributes and what they point to live until the call returns.
        unsafe { call!(self, C_FindObjectsInit(session, attributes.as_mut_ptr(), length)) }
    }

    /// The next results of a search, at most `limit`.
    pub(crate) fn find_next(
        &self,
        session: CK_SESSION_HANDLE,
        limit: usize,
    ) -> Called<Vec<CK_OBJECT_HANDLE>> {
        let mut found = vec![0; limit];
        let mut count = 0;
        let room = limit as CK_ULONG;
        // SAFETY: there is room for `limit` handles.
        unsafe { call!(self, C_FindObjects(session, found.as_mut_ptr(), room, &raw mut count)) }?;
        found.truncate(count as usize);
        Ok(found)
    }

    pub(crate) fn find_final(&self, session: CK_SESSION_HANDLE) -> Called {
        // SAFETY: takes no pointers.
        unsafe { call!(self, C_FindObjectsFinal(session)) }
    }
}
