-- Attributes of keys. The flags are those of supacrypt_core: a key that is older than this is
-- modifiable, copyable and destroyable, and never was extractable when it was generated.
ALTER TABLE keys ADD COLUMN subject BLOB NOT NULL DEFAULT X'';
ALTER TABLE keys ADD COLUMN start_date TEXT;
ALTER TABLE keys ADD COLUMN end_date TEXT;
ALTER TABLE keys ADD COLUMN flags BIGINT NOT NULL DEFAULT 7;

UPDATE keys SET flags = flags + 128
WHERE NOT EXISTS (
    SELECT 1 FROM key_versions
    WHERE key_versions.keyring = keys.keyring AND key_versions.key = keys.id
        AND key_versions.origin <> 'generated'
);

CREATE INDEX keys_by_subject ON keys (keyring, subject, id);
