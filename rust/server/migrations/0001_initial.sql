-- Times are microseconds since the Unix epoch, UTC. Names of states, origins, specs and roles are
-- those of supacrypt_core.

CREATE TABLE keyrings (
    id TEXT PRIMARY KEY,
    display_name TEXT NOT NULL,
    etag TEXT NOT NULL,
    create_time BIGINT NOT NULL,
    update_time BIGINT NOT NULL
);

CREATE TABLE grants (
    keyring TEXT NOT NULL REFERENCES keyrings (id) ON DELETE CASCADE,
    principal TEXT NOT NULL,
    role TEXT NOT NULL,
    PRIMARY KEY (keyring, principal)
);

CREATE TABLE keys (
    keyring TEXT NOT NULL REFERENCES keyrings (id),
    id TEXT NOT NULL,
    label TEXT NOT NULL,
    object_id BLOB NOT NULL,
    spec TEXT NOT NULL,
    usages BIGINT NOT NULL,
    primary_version BIGINT NOT NULL,
    -- A JSON object of strings: read and written whole, never searched.
    annotations TEXT NOT NULL,
    etag TEXT NOT NULL,
    create_time BIGINT NOT NULL,
    update_time BIGINT NOT NULL,
    -- Set while the key is deleted and can be taken back.
    purge_time BIGINT,
    PRIMARY KEY (keyring, id)
);

CREATE INDEX keys_by_label ON keys (keyring, label, id);
CREATE INDEX keys_by_object_id ON keys (keyring, object_id, id);
CREATE INDEX keys_by_purge_time ON keys (purge_time) WHERE purge_time IS NOT NULL;

CREATE TABLE key_versions (
    keyring TEXT NOT NULL,
    key TEXT NOT NULL,
    number BIGINT NOT NULL,
    -- Names the version for its custodian; unlike the name it is never used again.
    uid TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL,
    origin TEXT NOT NULL,
    custodian TEXT NOT NULL,
    -- The custodian's own; erased when the version is destroyed.
    reference BLOB,
    public_key BLOB,
    create_time BIGINT NOT NULL,
    destroy_time BIGINT,
    PRIMARY KEY (keyring, key, number),
    FOREIGN KEY (keyring, key) REFERENCES keys (keyring, id) ON DELETE CASCADE
);

-- Requests that made something, remembered for a day so that a retry makes nothing twice.
CREATE TABLE requests (
    principal TEXT NOT NULL,
    request_id TEXT NOT NULL,
    fingerprint BLOB NOT NULL,
    resource TEXT NOT NULL,
    create_time BIGINT NOT NULL,
    PRIMARY KEY (principal, request_id)
);

CREATE INDEX requests_by_create_time ON requests (create_time);

-- Data-wrapping keys, each wrapped by a seal. The newest is in use.
CREATE TABLE wrapping_keys (
    id INTEGER PRIMARY KEY,
    seal TEXT NOT NULL,
    wrapped BLOB NOT NULL,
    create_time BIGINT NOT NULL
);
