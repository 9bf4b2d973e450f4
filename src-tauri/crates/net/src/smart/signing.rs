//! ring behind `jsonwebtoken`: signatures of id tokens checked, client assertions signed.
//!
//! The crate's own back ends are aws-lc-rs, a second provider beside the one that TLS uses, and RustCrypto's
//! `rsa`, whose private-key operations are not constant in time (RUSTSEC-2023-0071). ring is in the program
//! already, so it is put behind the crate's port for it. HMAC is left out on purpose: an id token "signed" with
//! a shared secret is one that we cannot check.

use std::sync::Once;

use jsonwebtoken::{
    Algorithm, DecodingKey, DecodingKeyKind, EncodingKey,
    crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils},
    errors::{Error, ErrorKind},
    jwk::{EllipticCurve, ThumbprintHash},
    signature::{self, Signer, Verifier},
};
use ring::{
    digest,
    rand::SystemRandom,
    rsa,
    signature::{self as rings, EcdsaKeyPair, KeyPair, UnparsedPublicKey},
};

/// Puts ring behind `jsonwebtoken`, once in a process.
pub(super) fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // Only this crate uses jsonwebtoken; were somebody first, theirs would stay.
        let _ = PROVIDER.install_default();
    });
}

static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: |&algorithm, key| match algorithm {
        Algorithm::RS384 | Algorithm::ES384 => Ok(Box::new(Signs { algorithm, key: key.clone() })),
        _ => Err(ErrorKind::InvalidAlgorithm.into()),
    },
    verifier_factory: |&algorithm, key| match verification(algorithm) {
        Some(_) => Ok(Box::new(Checks { algorithm, key: key.clone() })),
        None => Err(ErrorKind::InvalidAlgorithm.into()),
    },
    key_utils: KeyUtils {
        rsa_pub_components_from_private_key: |der| {
            let pair = rsa::KeyPair::from_der(der).map_err(|_| ErrorKind::InvalidKeyFormat)?;
            let public: rsa::PublicKeyComponents<Vec<u8>> = pair.public().into();
            Ok((public.n, public.e))
        },
        ec_pub_components_from_private_key: |der, algorithm| {
            if algorithm != Algorithm::ES384 {
                return Err(ErrorKind::InvalidAlgorithm.into());
            }
            let pair = es384(der).map_err(|_| ErrorKind::InvalidEcdsaKey)?;
            // Uncompressed: 4, then both coordinates.
            let point = pair.public_key().as_ref();
            let (x, y) = point.get(1..).unwrap_or_default().split_at_checked(48).ok_or(ErrorKind::InvalidEcdsaKey)?;
            Ok((EllipticCurve::P384, x.to_vec(), y.to_vec()))
        },
        compute_digest: |data, hash| match hash {
            ThumbprintHash::SHA256 => Ok(digest::digest(&digest::SHA256, data).as_ref().to_vec()),
            _ => Err(ErrorKind::InvalidAlgorithm.into()),
        },
        // Nothing here makes a JWK of a public key, or of an Edwards key.
        rsa_pub_components_from_public_key: |_| Err(ErrorKind::InvalidKeyFormat.into()),
        ed_pub_components_from_private_key: |_, _| Err(ErrorKind::InvalidAlgorithm.into()),
    },
};

/// How ring checks a signature of `algorithm`; for RSA by modulus and exponent, else by the public key.
enum Verification {
    Rsa(&'static rings::RsaParameters),
    Key(&'static dyn rings::VerificationAlgorithm),
}

fn verification(algorithm: Algorithm) -> Option<Verification> {
    Some(match algorithm {
        Algorithm::RS256 => Verification::Rsa(&rings::RSA_PKCS1_2048_8192_SHA256),
        Algorithm::RS384 => Verification::Rsa(&rings::RSA_PKCS1_2048_8192_SHA384),
        Algorithm::RS512 => Verification::Rsa(&rings::RSA_PKCS1_2048_8192_SHA512),
        Algorithm::PS256 => Verification::Rsa(&rings::RSA_PSS_2048_8192_SHA256),
        Algorithm::PS384 => Verification::Rsa(&rings::RSA_PSS_2048_8192_SHA384),
        Algorithm::PS512 => Verification::Rsa(&rings::RSA_PSS_2048_8192_SHA512),
        Algorithm::ES256 => Verification::Key(&rings::ECDSA_P256_SHA256_FIXED),
        Algorithm::ES384 => Verification::Key(&rings::ECDSA_P384_SHA384_FIXED),
        Algorithm::EdDSA => Verification::Key(&rings::ED25519),
        _ => return None,
    })
}

struct Checks {
    algorithm: Algorithm,
    key: DecodingKey,
}

impl Verifier<Vec<u8>> for Checks {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), signature::Error> {
        let fine = match (verification(self.algorithm), self.key.kind()) {
            (Some(Verification::Rsa(parameters)), DecodingKeyKind::RsaModulusExponent { n, e }) => {
                rsa::PublicKeyComponents { n, e }.verify(parameters, message, signature)
            }
            (Some(Verification::Key(algorithm)), DecodingKeyKind::SecretOrDer(key))
                if self.key.family() == self.algorithm.family() =>
            {
                UnparsedPublicKey::new(algorithm, key).verify(message, signature)
            }
            _ => return Err(signature::Error::new()),
        };
        fine.map_err(|_| signature::Error::new())
    }
}

impl JwtVerifier for Checks {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}

struct Signs {
    algorithm: Algorithm,
    key: EncodingKey,
}

impl Signer<Vec<u8>> for Signs {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, signature::Error> {
        let random = SystemRandom::new();
        let der = self.key.as_bytes();
        if self.algorithm == Algorithm::ES384 {
            let pair = es384(der).map_err(|_| signature::Error::new())?;
            let signed = pair.sign(&random, message).map_err(|_| signature::Error::new())?;
            return Ok(signed.as_ref().to_vec());
        }
        let pair = rsa::KeyPair::from_der(der).map_err(|_| signature::Error::new())?;
        let mut signed = vec![0; pair.public().modulus_len()];
        pair.sign(&rings::RSA_PKCS1_SHA384, &random, message, &mut signed).map_err(|_| signature::Error::new())?;
        Ok(signed)
    }
}

impl JwtSigner for Signs {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}

fn es384(pkcs8: &[u8]) -> Result<EcdsaKeyPair, Error> {
    EcdsaKeyPair::from_pkcs8(&rings::ECDSA_P384_SHA384_FIXED_SIGNING, pkcs8, &SystemRandom::new())
        .map_err(|_| ErrorKind::InvalidEcdsaKey.into())
}
