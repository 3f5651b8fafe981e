-- PINs of keyrings: a salted hash, sealed as key material is, and how often in a row another one was
-- given.
ALTER TABLE keyrings ADD COLUMN pin BLOB;
ALTER TABLE keyrings ADD COLUMN pin_failures BIGINT NOT NULL DEFAULT 0;
