//! Operations message by message, and keys that are wrapped with the parameters of messages.

use std::ptr::null_mut;

use cryptoki_sys::*;

use super::Caller;
use crate::{call, messages::GcmMessage};

impl Caller<'_> {
    pub(super) fn message_cipher(&mut self) -> CK_RV {
        let session = self.session();
        let how = self.input.byte() % 12;
        if how < 2 {
            let (mut mechanism, key) = (self.mechanism(), self.object());
            let kind = mechanism.pointer();
            return if how == 0 {
                call!(C_MessageEncryptInit(session, kind, key))
            } else {
                call!(C_MessageDecryptInit(session, kind, key))
            };
        }
        if how > 9 {
            return self.wrap_authenticated(how == 10);
        }
        let mut message = GcmMessage::read(&mut self.input);
        let (parameter, size) = (message.pointer(), message.length());
        let ((aad, aad_length), (data, length)) = (self.bytes(), self.bytes());
        let mut buffer = self.buffer();
        let (to, most) = (buffer.pointer(), buffer.length());
        let rv = match how {
            2 => call!(C_EncryptMessage(
                session, parameter, size, aad, aad_length, data, length, to, most
            )),
            3 => call!(C_DecryptMessage(
                session, parameter, size, aad, aad_length, data, length, to, most
            )),
            4 => return call!(C_EncryptMessageBegin(session, parameter, size, aad, aad_length)),
            5 => return call!(C_DecryptMessageBegin(session, parameter, size, aad, aad_length)),
            6 => {
                let flags = self.input.byte().into();
                call!(C_EncryptMessageNext(session, parameter, size, data, length, to, most, flags))
            }
            7 => {
                let flags = self.input.byte().into();
                call!(C_DecryptMessageNext(session, parameter, size, data, length, to, most, flags))
            }
            8 => return call!(C_MessageEncryptFinal(session)),
            _ => return call!(C_MessageDecryptFinal(session)),
        };
        buffer.written(rv);
        rv
    }

    fn wrap_authenticated(&mut self, is_wrap: bool) -> CK_RV {
        let (session, with) = (self.session(), self.object());
        let mut message = GcmMessage::read(&mut self.input);
        let mut gcm = CK_MECHANISM {
            mechanism: CKM_AES_GCM,
            pParameter: message.pointer(),
            ulParameterLen: message.length(),
        };
        let (kind, (aad, size)) = (&raw mut gcm, self.bytes());
        if is_wrap {
            let (key, mut buffer) = (self.object(), self.buffer());
            let (to, most) = (buffer.pointer(), buffer.length());
            let rv = call!(C_WrapKeyAuthenticated(session, kind, with, key, aad, size, to, most));
            buffer.written(rv);
            return rv;
        }
        let ((wrapped, length), mut template) = (self.bytes(), self.template());
        let (list, count) = (template.pointer(), template.count());
        let mut made = 0;
        let rv = call!(C_UnwrapKeyAuthenticated(
            session,
            kind,
            with,
            wrapped,
            length,
            list,
            count,
            aad,
            size,
            &raw mut made,
        ));
        self.keep(rv, made)
    }

    pub(super) fn message_signature(&mut self) -> CK_RV {
        let session = self.session();
        let how = self.input.byte() % 10;
        if how < 2 {
            let (mut mechanism, key) = (self.mechanism(), self.object());
            let kind = mechanism.pointer();
            return if how == 0 {
                call!(C_MessageSignInit(session, kind, key))
            } else {
                call!(C_MessageVerifyInit(session, kind, key))
            };
        }
        let ((data, length), (signature, size)) = (self.bytes(), self.bytes());
        let mut buffer = self.buffer();
        let (to, most) = (buffer.pointer(), buffer.length());
        let none = null_mut();
        let rv = match how {
            2 => call!(C_SignMessage(session, none, 0, data, length, to, most)),
            3 => return call!(C_VerifyMessage(session, none, 0, data, length, signature, size)),
            4 => return call!(C_SignMessageBegin(session, none, 0)),
            5 => return call!(C_VerifyMessageBegin(session, none, 0)),
            6 if self.input.flag() => {
                return call!(C_SignMessageNext(
                    session,
                    none,
                    0,
                    data,
                    length,
                    none.cast(),
                    none.cast()
                ));
            }
            6 => call!(C_SignMessageNext(session, none, 0, data, length, to, most)),
            7 => {
                return call!(C_VerifyMessageNext(session, none, 0, data, length, signature, size));
            }
            8 => return call!(C_MessageSignFinal(session)),
            _ => return call!(C_MessageVerifyFinal(session)),
        };
        buffer.written(rv);
        rv
    }
}
