//! Mechanisms of the PKCS#11 module with parameters of any kind: what one half of a key does, the
//! other undoes, whether the data comes at once or in pieces.
#![no_main]

use cryptoki_sys::*;
use libfuzzer_sys::fuzz_target;
use supacrypt_fuzz::{
    buffer::with_query,
    call,
    input::Input,
    keys::Pair,
    mechanisms::Mechanism,
    messages::GcmMessage,
    module,
    templates::{Template, value},
    world::{WORLD, World},
};

fuzz_target!(|bytes: &[u8]| {
    let world = &*WORLD;
    let mut input = Input::new(bytes);
    let how = input.byte();
    let mut case = Case {
        world,
        session: module::open(world.slot),
        mechanism: Mechanism::read(&mut input, &world.known),
        pair: input.pick(&world.keys),
        data: input.bytes(),
        piece: 1 + input.below(64),
    };
    match how % 12 {
        0 => case.cipher(),
        1 => case.decrypt_anything(),
        2 => case.signature(),
        3 => case.verify_anything(&mut input),
        4 => case.recovery(),
        5 => case.digest(),
        6 => case.derivation(&mut input),
        7 => case.wrapping(&mut input),
        8 => case.unwrap_anything(&mut input),
        9 => case.encapsulation(&mut input),
        10 => case.message_cipher(&mut input),
        _ => case.message_signature(&mut input),
    }
    assert_eq!(call!(C_CloseSession(case.session)), CKR_OK);
});

/// What an input is about.
struct Case<'a> {
    world: &'a World,
    session: CK_SESSION_HANDLE,
    mechanism: Mechanism,
    pair: Pair,
    data: &'a [u8],
    /// The length of pieces.
    piece: usize,
}

/// Bytes as C takes them.
fn raw(bytes: &[u8]) -> (*mut CK_BYTE, CK_ULONG) {
    (bytes.as_ptr().cast_mut(), bytes.len() as CK_ULONG)
}

/// Without the zeros that a number may begin with.
fn number(bytes: &[u8]) -> &[u8] {
    &bytes[bytes.iter().take_while(|byte| **byte == 0).count()..]
}

/// Passes `data` through a function that gives something out for each piece, and another for the end.
macro_rules! in_pieces {
    ($case:ident, $data:expr, $update:ident, $finish:ident) => {
        (|| {
            let mut out = Vec::new();
            for piece in $data.chunks($case.piece) {
                let (at, length) = raw(piece);
                let update = |to, most| call!($update($case.session, at, length, to, most));
                out.extend(with_query(update)?);
            }
            out.extend(with_query(|to, most| call!($finish($case.session, to, most)))?);
            Ok::<_, CK_RV>(out)
        })()
    };
}

/// Does the same with all of `data` at once.
macro_rules! at_once {
    ($case:ident, $data:expr, $whole:ident) => {{
        let (at, length) = raw($data);
        with_query(|to, most| call!($whole($case.session, at, length, to, most)))
    }};
}

impl Case<'_> {
    fn cipher(&mut self) {
        let Pair { public, private } = self.pair;
        let raw_rsa = self.mechanism.kind() == CKM_RSA_X_509;
        // AWS-LC encrypts the number 0, and refuses to decrypt what comes of it: 0 again.
        if raw_rsa && number(self.data).is_empty() {
            return;
        }
        for pieces in [false, true] {
            if call!(C_EncryptInit(self.session, self.mechanism.pointer(), public)) != CKR_OK {
                return;
            }
            let encrypted = if pieces {
                in_pieces!(self, self.data, C_EncryptUpdate, C_EncryptFinal)
            } else {
                at_once!(self, self.data, C_Encrypt)
            };
            let Ok(encrypted) = encrypted else { continue };
            let rv = call!(C_DecryptInit(self.session, self.mechanism.pointer(), private));
            assert_eq!(rv, CKR_OK, "what encrypts decrypts");
            let decrypted = if pieces {
                in_pieces!(self, encrypted, C_DecryptUpdate, C_DecryptFinal)
            } else {
                at_once!(self, &encrypted, C_Decrypt)
            };
            let decrypted = decrypted.expect("what was encrypted can be decrypted");
            if raw_rsa {
                assert_eq!(number(&decrypted), number(self.data));
            } else {
                assert_eq!(decrypted, self.data);
            }
        }
    }

    fn decrypt_anything(&mut self) {
        for pieces in [false, true] {
            let key = self.pair.private;
            if call!(C_DecryptInit(self.session, self.mechanism.pointer(), key)) != CKR_OK {
                return;
            }
            let _ = if pieces {
                in_pieces!(self, self.data, C_DecryptUpdate, C_DecryptFinal)
            } else {
                at_once!(self, self.data, C_Decrypt)
            };
        }
    }

    fn signature(&mut self) {
        let Pair { public, private } = self.pair;
        let session = self.session;
        if call!(C_SignInit(session, self.mechanism.pointer(), private)) != CKR_OK {
            return;
        }
        for piece in self.data.chunks(self.piece) {
            let (at, length) = raw(piece);
            if call!(C_SignUpdate(session, at, length)) != CKR_OK {
                return;
            }
        }
        let finish = |to, most| call!(C_SignFinal(session, to, most));
        let Ok(mut signature) = with_query(finish) else { return };
        assert_eq!(self.verify(public, &signature), CKR_OK, "what was signed is verified");
        let (at, length) = raw(&signature);
        let kind = self.mechanism.pointer();
        let rv = call!(C_VerifySignatureInit(session, kind, public, at, length));
        assert_eq!(rv, CKR_OK);
        let (data, data_length) = raw(self.data);
        assert_eq!(call!(C_VerifySignature(session, data, data_length)), CKR_OK);
        if let Some(last) = signature.last_mut() {
            *last ^= 1;
            assert_ne!(self.verify(public, &signature), CKR_OK, "a signature of something else");
        }
    }

    fn verify(&mut self, key: CK_OBJECT_HANDLE, signature: &[u8]) -> CK_RV {
        let rv = call!(C_VerifyInit(self.session, self.mechanism.pointer(), key));
        if rv != CKR_OK {
            return rv;
        }
        let ((data, data_length), (at, length)) = (raw(self.data), raw(signature));
        call!(C_Verify(self.session, data, data_length, at, length))
    }

    fn verify_anything(&mut self, input: &mut Input<'_>) {
        let signature = input.bytes();
        self.verify(self.pair.public, signature);
        let (at, length) = raw(signature);
        let (kind, key) = (self.mechanism.pointer(), self.pair.public);
        if call!(C_VerifySignatureInit(self.session, kind, key, at, length)) == CKR_OK {
            for piece in self.data.chunks(self.piece) {
                let (at, length) = raw(piece);
                call!(C_VerifySignatureUpdate(self.session, at, length));
            }
            call!(C_VerifySignatureFinal(self.session));
        }
    }

    fn recovery(&mut self) {
        let Pair { public, private } = self.pair;
        let kind = self.mechanism.pointer();
        if call!(C_SignRecoverInit(self.session, kind, private)) == CKR_OK
            && let Ok(signature) = at_once!(self, self.data, C_SignRecover)
        {
            assert_eq!(call!(C_VerifyRecoverInit(self.session, kind, public)), CKR_OK);
            let recovered = at_once!(self, &signature, C_VerifyRecover);
            assert_eq!(recovered.as_deref(), Ok(self.data));
        }
        if call!(C_VerifyRecoverInit(self.session, kind, public)) == CKR_OK {
            let _ = at_once!(self, self.data, C_VerifyRecover);
        }
    }

    fn digest(&mut self) {
        if call!(C_DigestInit(self.session, self.mechanism.pointer())) != CKR_OK {
            return;
        }
        let whole = at_once!(self, self.data, C_Digest).expect("anything has a digest");
        assert_eq!(call!(C_DigestInit(self.session, self.mechanism.pointer())), CKR_OK);
        for piece in self.data.chunks(self.piece) {
            let (at, length) = raw(piece);
            assert_eq!(call!(C_DigestUpdate(self.session, at, length)), CKR_OK);
        }
        let finished = with_query(|to, most| call!(C_DigestFinal(self.session, to, most)));
        assert_eq!(finished, Ok(whole));
    }

    fn derivation(&mut self, input: &mut Input<'_>) {
        let mut template = Template::read(input, &self.world.stock);
        let (list, count) = (template.pointer(), template.count());
        let (kind, base) = (self.mechanism.pointer(), self.pair.private);
        let mut key = 0;
        if call!(C_DeriveKey(self.session, kind, base, list, count, &raw mut key)) == CKR_OK {
            self.destroy(key);
        }
    }

    fn wrapping(&mut self, input: &mut Input<'_>) {
        let Pair { public, private } = self.pair;
        let key = input.pick(&self.world.keys).private;
        let kind = self.mechanism.pointer();
        let wrap = |to, most| call!(C_WrapKey(self.session, kind, public, key, to, most));
        let Ok(wrapped) = with_query(wrap) else { return };

        let of_key = |kind| value(self.session, key, kind).expect("it is readable");
        let (class, key_type) = (of_key(CKA_CLASS), of_key(CKA_KEY_TYPE));
        let length = value(self.session, key, CKA_VALUE).unwrap_or_default().len() as CK_ULONG;
        let length = length.to_ne_bytes();
        let mut values = vec![
            (CKA_CLASS, &class[..]),
            (CKA_KEY_TYPE, &key_type[..]),
            (CKA_SENSITIVE, &[CK_FALSE]),
            (CKA_EXTRACTABLE, &[CK_TRUE]),
        ];
        if class == CKO_SECRET_KEY.to_ne_bytes() {
            values.push((CKA_VALUE_LEN, &length));
        }
        let made = self.unwrap(private, &wrapped, &mut Template::of(values));
        let made = made.expect("what was wrapped is unwrapped");
        assert_eq!(
            value(self.session, made, CKA_VALUE),
            value(self.session, key, CKA_VALUE),
            "another key"
        );
        self.destroy(made);
    }

    fn unwrap_anything(&mut self, input: &mut Input<'_>) {
        let mut template = Template::read(input, &self.world.stock);
        if let Some(made) = self.unwrap(self.pair.private, self.data, &mut template) {
            self.destroy(made);
        }
    }

    fn unwrap(
        &mut self,
        key: CK_OBJECT_HANDLE,
        wrapped: &[u8],
        template: &mut Template,
    ) -> Option<CK_OBJECT_HANDLE> {
        let (list, count) = (template.pointer(), template.count());
        let (at, length) = raw(wrapped);
        let kind = self.mechanism.pointer();
        let mut made = 0;
        let to = &raw mut made;
        let rv = call!(C_UnwrapKey(self.session, kind, key, at, length, list, count, to));
        (rv == CKR_OK).then_some(made)
    }

    fn encapsulation(&mut self, input: &mut Input<'_>) {
        let Pair { public, private } = self.pair;
        let mut template = Template::read(input, &self.world.stock);
        let (list, count) = (template.pointer(), template.count());
        let kind = self.mechanism.pointer();
        let (mut sent, mut received) = (0, 0);
        let session = self.session;
        let handle = &raw mut sent;
        let encapsulated = with_query(|to, most| {
            call!(C_EncapsulateKey(session, kind, public, list, count, to, most, handle))
        });
        if let Ok(ciphertext) = encapsulated {
            let (at, length) = raw(&ciphertext);
            let to = &raw mut received;
            let rv = call!(C_DecapsulateKey(session, kind, private, list, count, at, length, to));
            assert_eq!(rv, CKR_OK);
            let [ours, theirs] = [sent, received].map(|key| value(session, key, CKA_VALUE));
            assert_eq!(ours, theirs, "two secrets");
            self.destroy(sent);
            self.destroy(received);
        }
        let (at, length) = raw(self.data);
        let to = &raw mut received;
        let rv = call!(C_DecapsulateKey(session, kind, private, list, count, at, length, to));
        if rv == CKR_OK {
            self.destroy(received);
        }
    }

    fn message_cipher(&mut self, input: &mut Input<'_>) {
        let (session, kind, key) = (self.session, self.mechanism.pointer(), self.pair.private);
        if call!(C_MessageEncryptInit(session, kind, key)) != CKR_OK {
            return;
        }
        let (mut message, aad) = (GcmMessage::read(input), input.bytes());
        let (size, (aad, aad_length), (data, length)) =
            (message.length(), raw(aad), raw(self.data));
        let parameter = message.pointer();
        let encrypted = with_query(|to, most| {
            call!(C_EncryptMessage(
                session, parameter, size, aad, aad_length, data, length, to, most
            ))
        });
        assert_eq!(call!(C_MessageEncryptFinal(session)), CKR_OK);
        assert_eq!(call!(C_MessageDecryptInit(session, kind, key)), CKR_OK);
        let anything = encrypted.clone().unwrap_or_else(|_| self.data.to_vec());
        message.keep_iv();
        let (at, length) = raw(&anything);
        let parameter = message.pointer();
        let decrypted = with_query(|to, most| {
            call!(C_DecryptMessage(session, parameter, size, aad, aad_length, at, length, to, most))
        });
        assert_eq!(call!(C_MessageDecryptFinal(session)), CKR_OK);
        if encrypted.is_ok() {
            assert_eq!(decrypted.as_deref(), Ok(self.data));
        }
    }

    fn message_signature(&mut self, input: &mut Input<'_>) {
        let Pair { public, private } = self.pair;
        let (session, kind) = (self.session, self.mechanism.pointer());
        if call!(C_MessageSignInit(session, kind, private)) != CKR_OK {
            return;
        }
        let none = std::ptr::null_mut();
        let (data, length) = raw(self.data);
        let signed =
            with_query(|to, most| call!(C_SignMessage(session, none, 0, data, length, to, most)));
        assert_eq!(call!(C_MessageSignFinal(session)), CKR_OK);
        let rv = call!(C_MessageVerifyInit(session, kind, public));
        assert_eq!(rv, CKR_OK, "what signs verifies");
        let anything = signed.clone().unwrap_or_else(|_| input.bytes().to_vec());
        let (at, most) = raw(&anything);
        let rv = call!(C_VerifyMessage(session, none, 0, data, length, at, most));
        assert!(signed.is_err() || rv == CKR_OK, "what was signed is verified");
        assert_eq!(call!(C_MessageVerifyFinal(session)), CKR_OK);
    }

    fn destroy(&self, object: CK_OBJECT_HANDLE) {
        assert_eq!(call!(C_DestroyObject(self.session, object)), CKR_OK);
    }
}
