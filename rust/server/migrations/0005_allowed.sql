-- What a key may be used by, in words with spaces between them: names of algorithms, which outlive the
-- bits that this program has for them, and mechanisms of PKCS#11 as decimal numbers. Empty when nobody
-- said, as of all keys that are older than this.
ALTER TABLE keys ADD COLUMN allowed_algorithms TEXT NOT NULL DEFAULT '';
ALTER TABLE keys ADD COLUMN pkcs11_mechanisms TEXT NOT NULL DEFAULT '';
