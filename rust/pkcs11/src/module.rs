//! What `C_Initialize` makes and `C_Finalize` ends.
//!
//! A child made by `fork` may initialize again, as the standard wants, or just go on: it then gets
//! a copy of the parent's sessions and handles with its first call, and a connection of its own.

use std::{process, sync::Arc};

use arc_swap::ArcSwapOption;
use cryptoki_sys::*;
use supacrypt_client::{Client, Config};
use supacrypt_core::{KeyUsages, Reason};

use crate::{
    error::{Result, Rv},
    key::Key,
    logging,
    mechanism::Row,
    mechanism_object,
    object::{Class, Object, Objects, TokenObject},
    session::{Session, Sessions},
    session_object::SessionObject,
    slot::Slots,
    view::View,
};

static MODULE: ArcSwapOption<Module> = ArcSwapOption::const_empty();

/// The state of one process.
pub(crate) struct Module {
    process: u32,
    pub(crate) client: Client,
    pub(crate) slots: Slots,
    pub(crate) objects: Objects,
    pub(crate) sessions: Sessions,
}

impl Module {
    /// Reads the configuration. Nothing is sent to the backend yet.
    pub(crate) fn initialize() -> Result<()> {
        let before = MODULE.load();
        if before.as_ref().is_some_and(|module| module.is_current()) {
            return Err(Rv(CKR_CRYPTOKI_ALREADY_INITIALIZED));
        }
        let client = Config::load().and_then(|config| {
            logging::begin(&config.log)?;
            Client::new(config)
        });
        let client = match (client, before.as_ref()) {
            // Servers begin as root, and their children may not read the key any more.
            (Err(error), Some(parent)) => {
                tracing::warn!("a child goes on with what its parent read: {error}");
                parent.client.clone()
            }
            (client, _) => client.inspect_err(|error| {
                // The one place that can say what to mend: there is no log yet, and a return value
                // does not tell.
                eprintln!("supacrypt: {error}");
            })?,
        };
        let module = Arc::new(Module {
            process: process::id(),
            client,
            slots: Slots::default(),
            objects: Objects::default(),
            sessions: Sessions::default(),
        });
        let found = MODULE.compare_and_swap(&*before, Some(module));
        if found.as_ref().map(Arc::as_ptr) == before.as_ref().map(Arc::as_ptr) {
            Ok(())
        } else {
            Err(Rv(CKR_CRYPTOKI_ALREADY_INITIALIZED))
        }
    }

    /// Closes everything.
    pub(crate) fn finalize() -> Result<()> {
        match MODULE.swap(None) {
            Some(_) => Ok(()),
            None => Err(Rv(CKR_CRYPTOKI_NOT_INITIALIZED)),
        }
    }

    /// The module of this process.
    pub(crate) fn current() -> Result<Arc<Module>> {
        loop {
            let found = MODULE.load();
            let module = found.as_ref().ok_or(Rv(CKR_CRYPTOKI_NOT_INITIALIZED))?;
            if module.is_current() {
                return Ok(Arc::clone(module));
            }
            let adopted = Arc::new(Module {
                process: process::id(),
                client: module.client.clone(),
                slots: module.slots.adopt(),
                objects: module.objects.adopt(),
                sessions: module.sessions.adopt(),
            });
            MODULE.compare_and_swap(&*found, Some(adopted));
        }
    }

    fn is_current(&self) -> bool {
        self.process == process::id()
    }

    /// What a handle stands for in a session: nothing, where it is an object of another token.
    pub(crate) fn object(&self, session: &Session, handle: CK_OBJECT_HANDLE) -> Result<Object> {
        let object = self.objects.object(handle)?;
        let is_here = match &object {
            Object::Session(owned) => owned.slot == session.slot,
            Object::Token(token) => match &**token {
                TokenObject::Key(name, _) => *name.keyring() == session.keyring,
                TokenObject::Stored(name) => *name.keyring() == session.keyring,
                TokenObject::Mechanism(keyring, _) => *keyring == session.keyring,
            },
        };
        if is_here { Ok(object) } else { Err(Rv(CKR_OBJECT_HANDLE_INVALID)) }
    }

    /// Keeps a session object for as long as the session is open.
    pub(crate) fn keep(
        &self,
        session: &Session,
        object: SessionObject,
    ) -> Result<CK_OBJECT_HANDLE> {
        let handle = self.objects.keep(session.handle, session.slot, object);
        // Somebody else may have closed it meanwhile, and would leave the object behind.
        match self.sessions.session(session.handle) {
            Ok(_) => Ok(handle),
            Err(_) => {
                self.objects.destroy(handle);
                Err(Rv(CKR_SESSION_CLOSED))
            }
        }
    }

    /// The object of a handle as it is now.
    pub(crate) fn view(&self, session: &Session, handle: CK_OBJECT_HANDLE) -> Result<View> {
        let token = match self.object(session, handle)? {
            Object::Session(owned) => return Ok(View::Session(owned)),
            Object::Token(token) => token,
        };
        let view = match &*token {
            TokenObject::Mechanism(_, mechanism) => {
                return Ok(View::Mechanism(mechanism_object::object(*mechanism)));
            }
            TokenObject::Key(name, class) => {
                let key = self.client.key(name).inspect_err(|error| {
                    if matches!(error.reason(), Reason::KeyNotFound | Reason::KeyDeleted) {
                        self.objects.forget_key(name);
                    }
                })?;
                if !Class::of(&key).contains(class) {
                    // Somebody destroyed this half.
                    self.objects.forget(&[(*token).clone()]);
                    return Err(Rv(CKR_OBJECT_HANDLE_INVALID));
                }
                Ok(View::Key(*class, key))
            }
            TokenObject::Stored(name) => {
                self.client.object(name).map(View::stored).inspect_err(|error| {
                    if error.reason() == Reason::ObjectNotFound {
                        self.objects.forget(&[(*token).clone()]);
                    }
                })
            }
        };
        Ok(view?)
    }

    /// The object of a handle that is passed as a key.
    pub(crate) fn key_view(&self, session: &Session, handle: CK_OBJECT_HANDLE) -> Result<View> {
        self.view(session, handle).map_err(|error| match error {
            Rv(CKR_OBJECT_HANDLE_INVALID) => Rv(CKR_KEY_HANDLE_INVALID),
            other => other,
        })
    }

    /// The key of a handle, for an operation by a mechanism.
    ///
    /// # Errors
    /// `CKR_KEY_HANDLE_INVALID`; `CKR_MECHANISM_INVALID` when the key's attributes do not allow the
    /// mechanism.
    pub(crate) fn key(
        &self,
        session: &Session,
        handle: CK_OBJECT_HANDLE,
        mechanism: &Row,
    ) -> Result<(Class, Key)> {
        let view = self.key_view(session, handle)?;
        if view.allows(mechanism) { view.into_key() } else { Err(Rv(CKR_MECHANISM_INVALID)) }
    }

    /// [`key`](Self::key) for an operation that an attribute of its own permits, and that is `usage`
    /// by another name: wrapping, unwrapping, and signing with recovery.
    pub(crate) fn key_for(
        &self,
        session: &Session,
        handle: CK_OBJECT_HANDLE,
        mechanism: &Row,
        attribute: CK_ATTRIBUTE_TYPE,
        usage: KeyUsages,
    ) -> Result<(Class, Key)> {
        let view = self.key_view(session, handle)?;
        let permitted = match &view {
            View::Session(owned) => owned.object.attributes.flag(attribute),
            View::Key(..) | View::Stored(..) | View::Mechanism(_) => true,
        };
        if !view.allows(mechanism) {
            return Err(Rv(CKR_MECHANISM_INVALID));
        }
        // That the usage is not there is told by the operation, as everywhere.
        Ok(match view.into_key()? {
            (class, Key::Session(key, mut usages)) => {
                usages.set(usage, permitted);
                (class, Key::Session(key, usages))
            }
            found => found,
        })
    }

    /// Closes a session, and ends its objects.
    pub(crate) fn close_session(&self, handle: CK_SESSION_HANDLE) -> Result<()> {
        self.sessions.close(handle)?;
        self.objects.close_session(handle);
        Ok(())
    }

    /// Closes all sessions with a token, and ends their objects.
    pub(crate) fn close_all_sessions(&self, slot: CK_SLOT_ID) {
        self.sessions.close_all(slot);
        self.objects.close_slot(slot);
    }
}
