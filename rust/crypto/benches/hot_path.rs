//! What one operation costs in the software engine, without any network.

use criterion::{Criterion, criterion_group, criterion_main};
use supacrypt_core::{Digest, KeySpec, SignatureScheme};
use supacrypt_crypto::{Key, generate};

fn sign(c: &mut Criterion) {
    let mut group = c.benchmark_group("sign");
    let digest = Digest::Sha256;
    for (spec, scheme) in [
        (KeySpec::EcP256, SignatureScheme::Ecdsa),
        (KeySpec::EcP384, SignatureScheme::Ecdsa),
        (KeySpec::Ed25519, SignatureScheme::Ed25519),
        (KeySpec::Rsa2048, SignatureScheme::RsaPkcs1 { digest }),
    ] {
        let key = generate(spec).and_then(|material| Key::load(spec, &material)).expect("a key");
        group.bench_function(spec.to_string(), |b| {
            b.iter(|| key.sign(scheme, std::hint::black_box(&[7; 32])));
        });
    }
}

criterion_group!(benches, sign);
criterion_main!(benches);
