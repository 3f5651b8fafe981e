//! The fuzzer's bytes, read one after the other. Where they end, zeros follow.

use cryptoki_sys::{CK_ULONG, CK_UNAVAILABLE_INFORMATION};

/// Bytes that are not read yet.
pub struct Input<'a>(&'a [u8]);

/// Numbers that limits are near to, or that are something else when they are cut or taken for signed.
const NOTABLE: [CK_ULONG; 14] = [
    CK_UNAVAILABLE_INFORMATION,
    CK_ULONG::MAX - 1,
    CK_ULONG::MAX / 2,
    CK_ULONG::MAX / 2 + 1,
    1 << 32,
    (1 << 32) - 1,
    1 << 31,
    1 << 20,
    (1 << 20) + 1,
    1 << 16,
    4096,
    2048,
    1024,
    256,
];

impl<'a> Input<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Input(bytes)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    pub fn flag(&mut self) -> bool {
        self.byte() & 1 == 1
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        usize::from(self.byte()) % end
    }

    pub fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    /// A length byte and as many bytes, or what there is.
    pub fn bytes(&mut self) -> &'a [u8] {
        let length = usize::from(self.byte()).min(self.0.len());
        let (taken, rest) = self.0.split_at(length);
        self.0 = rest;
        taken
    }

    /// A small number, a notable one or any.
    pub fn number(&mut self) -> CK_ULONG {
        match self.byte() {
            small @ 0..=239 => small.into(),
            240 => {
                let mut number = [0; size_of::<CK_ULONG>()];
                number.fill_with(|| self.byte());
                CK_ULONG::from_le_bytes(number)
            }
            index => NOTABLE[usize::from(index - 241) % NOTABLE.len()],
        }
    }
}
