-- What makes and holds the keys of a keyring, by the name that the server's configuration has for it.
ALTER TABLE keyrings ADD COLUMN custodian TEXT NOT NULL DEFAULT 'software';
