//! Templates: any attribute with any value, or what the objects of a [`Stock`] consist of with a few
//! changes, so that hostile values come into company in which they are looked at.

use std::{ptr, slice};

use cryptoki_sys::*;

use crate::{call, input::Input, keys::CURVES};

/// How deep templates stand in templates.
const DEPTH: u8 = 2;
/// How many attributes are made of bytes at most.
const MOST: usize = 16;

/// The attributes that the module knows, and some of other modules.
pub const TYPES: [CK_ATTRIBUTE_TYPE; 76] = [
    CKA_CLASS,
    CKA_TOKEN,
    CKA_PRIVATE,
    CKA_LABEL,
    CKA_UNIQUE_ID,
    CKA_APPLICATION,
    CKA_VALUE,
    CKA_OBJECT_ID,
    CKA_CERTIFICATE_TYPE,
    CKA_ISSUER,
    CKA_SERIAL_NUMBER,
    CKA_TRUSTED,
    CKA_CERTIFICATE_CATEGORY,
    CKA_JAVA_MIDP_SECURITY_DOMAIN,
    CKA_URL,
    CKA_HASH_OF_SUBJECT_PUBLIC_KEY,
    CKA_HASH_OF_ISSUER_PUBLIC_KEY,
    CKA_NAME_HASH_ALGORITHM,
    CKA_CHECK_VALUE,
    CKA_KEY_TYPE,
    CKA_SUBJECT,
    CKA_ID,
    CKA_SENSITIVE,
    CKA_ENCRYPT,
    CKA_DECRYPT,
    CKA_WRAP,
    CKA_UNWRAP,
    CKA_SIGN,
    CKA_SIGN_RECOVER,
    CKA_VERIFY,
    CKA_VERIFY_RECOVER,
    CKA_DERIVE,
    CKA_START_DATE,
    CKA_END_DATE,
    CKA_MODULUS,
    CKA_MODULUS_BITS,
    CKA_PUBLIC_EXPONENT,
    CKA_PRIVATE_EXPONENT,
    CKA_PRIME_1,
    CKA_PRIME_2,
    CKA_EXPONENT_1,
    CKA_EXPONENT_2,
    CKA_COEFFICIENT,
    CKA_PUBLIC_KEY_INFO,
    CKA_PRIME,
    CKA_VALUE_BITS,
    CKA_VALUE_LEN,
    CKA_EXTRACTABLE,
    CKA_LOCAL,
    CKA_NEVER_EXTRACTABLE,
    CKA_ALWAYS_SENSITIVE,
    CKA_KEY_GEN_MECHANISM,
    CKA_MODIFIABLE,
    CKA_COPYABLE,
    CKA_DESTROYABLE,
    CKA_EC_PARAMS,
    CKA_EC_POINT,
    CKA_ALWAYS_AUTHENTICATE,
    CKA_WRAP_WITH_TRUSTED,
    CKA_WRAP_TEMPLATE,
    CKA_UNWRAP_TEMPLATE,
    CKA_DERIVE_TEMPLATE,
    CKA_ENCAPSULATE_TEMPLATE,
    CKA_DECAPSULATE_TEMPLATE,
    CKA_ALLOWED_MECHANISMS,
    CKA_ENCAPSULATE,
    CKA_DECAPSULATE,
    CKA_PARAMETER_SET,
    CKA_SEED,
    CKA_MECHANISM_TYPE,
    CKA_HW_FEATURE_TYPE,
    CKA_OTP_FORMAT,
    CKA_PROFILE_ID,
    CKA_OBJECT_VALIDATION_FLAGS,
    supacrypt_pkcs11::CKA_SUPACRYPT_KEY_NAME,
    supacrypt_pkcs11::CKA_SUPACRYPT_KEY_VERSION,
];

/// What an object is made of, as opposed to what it may be used for.
pub const SUBSTANCE: [CK_ATTRIBUTE_TYPE; 20] = [
    CKA_CLASS,
    CKA_KEY_TYPE,
    CKA_VALUE,
    CKA_SEED,
    CKA_MODULUS,
    CKA_PUBLIC_EXPONENT,
    CKA_PRIVATE_EXPONENT,
    CKA_PRIME_1,
    CKA_PRIME_2,
    CKA_EXPONENT_1,
    CKA_EXPONENT_2,
    CKA_COEFFICIENT,
    CKA_EC_PARAMS,
    CKA_EC_POINT,
    CKA_PARAMETER_SET,
    CKA_CERTIFICATE_TYPE,
    CKA_SUBJECT,
    CKA_ISSUER,
    CKA_SERIAL_NUMBER,
    CKA_APPLICATION,
];

/// The substance of some objects.
pub struct Stock(Vec<Vec<(CK_ATTRIBUTE_TYPE, Vec<u8>)>>);

impl Stock {
    /// That of objects which show it.
    pub fn of(session: CK_SESSION_HANDLE, objects: &[CK_OBJECT_HANDLE]) -> Self {
        let substance = |object: &CK_OBJECT_HANDLE| {
            let value = |kind| Some((kind, value(session, *object, kind)?));
            SUBSTANCE.into_iter().filter_map(value).collect()
        };
        Stock(objects.iter().map(substance).collect())
    }

    fn value(&self, input: &mut Input<'_>, kind: CK_ATTRIBUTE_TYPE) -> Vec<u8> {
        if kind == CKA_EC_PARAMS {
            return input.pick(&CURVES).to_vec();
        }
        let object = &self.0[input.below(self.0.len())];
        let same = object.iter().find(|(own, _)| *own == kind);
        same.map_or_else(Vec::new, |(_, value)| value.clone())
    }
}

/// The value of an attribute; `None` where there is none, or none to see.
pub fn value(
    session: CK_SESSION_HANDLE,
    object: CK_OBJECT_HANDLE,
    kind: CK_ATTRIBUTE_TYPE,
) -> Option<Vec<u8>> {
    let mut asked = CK_ATTRIBUTE { type_: kind, pValue: ptr::null_mut(), ulValueLen: 0 };
    if call!(C_GetAttributeValue(session, object, &raw mut asked, 1)) != CKR_OK {
        return None;
    }
    let mut value = vec![0; asked.ulValueLen as usize];
    asked.pValue = value.as_mut_ptr().cast();
    let rv = call!(C_GetAttributeValue(session, object, &raw mut asked, 1));
    (rv == CKR_OK).then_some(value)
}

/// A template with the memory it points to.
#[derive(Default)]
pub struct Template {
    list: Vec<CK_ATTRIBUTE>,
    values: Vec<Vec<u8>>,
    nested: Vec<Template>,
}

impl Template {
    /// As the input wants it.
    pub fn read(input: &mut Input<'_>, stock: &Stock) -> Self {
        Self::nested(input, stock, 0)
    }

    /// A copy of `value` for each attribute.
    pub fn of<'a>(values: impl IntoIterator<Item = (CK_ATTRIBUTE_TYPE, &'a [u8])>) -> Self {
        let mut template = Template::default();
        for (kind, value) in values {
            template.push(kind, value.to_vec());
        }
        template
    }

    pub fn pointer(&mut self) -> *mut CK_ATTRIBUTE {
        self.list.as_mut_ptr()
    }

    pub fn count(&self) -> CK_ULONG {
        self.list.len() as CK_ULONG
    }

    pub fn list(&self) -> &[CK_ATTRIBUTE] {
        &self.list
    }

    /// The attributes that are not null, with their values.
    pub fn values(&self) -> impl Iterator<Item = (CK_ATTRIBUTE_TYPE, &[u8])> {
        let given = self.list.iter().filter(|attribute| !attribute.pValue.is_null());
        // SAFETY: what is not null points to as many bytes, which live as long as the template.
        given.map(|attribute| unsafe {
            let length = attribute.ulValueLen as usize;
            (attribute.type_, slice::from_raw_parts(attribute.pValue.cast(), length))
        })
    }

    fn nested(input: &mut Input<'_>, stock: &Stock, depth: u8) -> Self {
        let mut template = Template::default();
        let begin = usize::from(input.byte());
        if let Some(object) = begin.checked_sub(1) {
            for (kind, value) in &stock.0[object % stock.0.len()] {
                template.push(*kind, value.clone());
            }
        }
        for _ in 0..input.below(MOST) {
            template.change(input, stock, depth);
        }
        template
    }

    /// Adds an attribute, in the place of one of the same type unless the input wants both.
    fn change(&mut self, input: &mut Input<'_>, stock: &Stock, depth: u8) {
        let kind = match usize::from(input.byte()) {
            index if index < TYPES.len() => TYPES[index],
            _ => input.number(),
        };
        let how = input.byte();
        let before = self.list.iter().position(|attribute| attribute.type_ == kind);
        if let Some(before) = before.filter(|_| how < 128) {
            self.list.remove(before);
        }
        match how % 10 {
            0 => self.push(kind, vec![input.byte()]),
            1 => self.push(kind, input.number().to_ne_bytes().to_vec()),
            2 => self.push(kind, input.bytes().to_vec()),
            3 => self.list.push(CK_ATTRIBUTE {
                type_: kind,
                pValue: ptr::null_mut(),
                ulValueLen: input.number(),
            }),
            4 => self.push(kind, stock.value(input, kind)),
            5 => {
                let mut value = stock.value(input, kind);
                let (at, bits) = (usize::from(input.byte()), input.byte());
                if let Some(byte) = value.get_mut(at) {
                    *byte ^= bits;
                }
                self.push(kind, value);
            }
            6 => {
                let mut value = stock.value(input, kind);
                value.truncate(value.len().saturating_sub(input.below(8)));
                value.extend_from_slice(input.bytes());
                self.push(kind, value);
            }
            7 if depth < DEPTH => {
                let inner = Self::nested(input, stock, depth + 1);
                let bytes = inner.list.len() * size_of::<CK_ATTRIBUTE>();
                let mut value = vec![0; bytes];
                // SAFETY: the value is as long as the list.
                unsafe { ptr::copy(inner.list.as_ptr().cast(), value.as_mut_ptr(), bytes) };
                value.truncate(bytes.saturating_sub(input.below(3)));
                self.nested.push(inner);
                self.push(kind, value);
            }
            8 => {
                let mut value = Vec::new();
                for _ in 0..input.below(5) {
                    value.extend_from_slice(&input.number().to_ne_bytes());
                }
                value.extend_from_slice(input.bytes());
                self.push(kind, value);
            }
            _ => self.push(kind, Vec::new()),
        }
    }

    fn push(&mut self, kind: CK_ATTRIBUTE_TYPE, mut value: Vec<u8>) {
        // Not one byte more than the module is told, so that the sanitizer sees what it does there.
        value.shrink_to_fit();
        self.list.push(CK_ATTRIBUTE {
            type_: kind,
            pValue: value.as_mut_ptr().cast(),
            ulValueLen: value.len() as CK_ULONG,
        });
        self.values.push(value);
    }
}
