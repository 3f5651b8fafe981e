-- Tells this store's keys from those of others at a custodian that several servers use.
CREATE TABLE store (
    id TEXT NOT NULL
) STRICT;
