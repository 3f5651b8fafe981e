-- Bytes of the secret, for keys whose spec leaves that open.
ALTER TABLE keys ADD COLUMN secret_length BIGINT;
