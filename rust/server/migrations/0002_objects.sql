-- Certificates and data of applications.
CREATE TABLE objects (
    keyring TEXT NOT NULL REFERENCES keyrings (id),
    id TEXT NOT NULL,
    label TEXT NOT NULL,
    object_id BLOB NOT NULL,
    kind TEXT NOT NULL,
    -- The certificate in DER, or the sealed value of data.
    content BLOB NOT NULL,
    private BOOLEAN NOT NULL,
    modifiable BOOLEAN NOT NULL,
    copyable BOOLEAN NOT NULL,
    destroyable BOOLEAN NOT NULL,
    -- Of certificates.
    category TEXT,
    trusted BOOLEAN,
    subject BLOB,
    issuer BLOB,
    serial_number BLOB,
    -- Of data.
    application TEXT,
    oid BLOB,
    etag TEXT NOT NULL,
    create_time BIGINT NOT NULL,
    update_time BIGINT NOT NULL,
    PRIMARY KEY (keyring, id)
);

CREATE INDEX objects_by_label ON objects (keyring, label, id);
CREATE INDEX objects_by_object_id ON objects (keyring, object_id, id);
CREATE INDEX objects_by_subject ON objects (keyring, subject, id) WHERE subject IS NOT NULL;
CREATE INDEX objects_by_serial_number ON objects (keyring, issuer, serial_number, id)
    WHERE issuer IS NOT NULL;
CREATE INDEX objects_by_application ON objects (keyring, application, id)
    WHERE application IS NOT NULL;
