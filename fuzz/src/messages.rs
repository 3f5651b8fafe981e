//! The parameter of messages that AES-GCM protects, which the module writes to as well.

use std::ptr;

use cryptoki_sys::*;

use crate::input::Input;

/// More than any tag or IV has.
const LONGEST: CK_ULONG = 64;

/// A parameter with the memory it points to.
pub struct GcmMessage {
    raw: CK_GCM_MESSAGE_PARAMS,
    length: CK_ULONG,
    _parts: [Vec<u8>; 2],
}

impl GcmMessage {
    /// A usual one, or as the input wants it.
    pub fn read(input: &mut Input<'_>) -> Self {
        let usual = input.flag();
        let bits = if usual { 128 } else { input.number() };
        let iv_length = if usual { 12 } else { input.number() };
        let mut parts = [vec![0; room(iv_length)], vec![0; room(bits / 8)]];
        let [iv, tag] = [(0, iv_length), (1, bits / 8)].map(|(part, length)| {
            if length > LONGEST { ptr::null_mut() } else { parts[part].as_mut_ptr() }
        });
        let raw = CK_GCM_MESSAGE_PARAMS {
            pIv: iv,
            ulIvLen: iv_length,
            ulIvFixedBits: if usual { 0 } else { input.number() },
            ivGenerator: input.number() % 6,
            pTag: tag,
            ulTagBits: bits,
        };
        let size = size_of::<CK_GCM_MESSAGE_PARAMS>() as CK_ULONG;
        let length = if usual || input.flag() { size } else { input.number() % size };
        GcmMessage { raw, length, _parts: parts }
    }

    pub fn pointer(&mut self) -> *mut std::ffi::c_void {
        (&raw mut self.raw).cast()
    }

    pub fn length(&self) -> CK_ULONG {
        self.length
    }

    /// From now on the IV is the one that is there.
    pub fn keep_iv(&mut self) {
        self.raw.ivGenerator = CKG_NO_GENERATE;
    }
}

fn room(length: CK_ULONG) -> usize {
    if length > LONGEST { 0 } else { length as usize }
}
