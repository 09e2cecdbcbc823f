-- A credential has at most one rotation that is not over.
CREATE TABLE rotations (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    store TEXT COLLATE "C" NOT NULL,
    credential TEXT COLLATE "C" NOT NULL,
    over BIGINT NOT NULL,
    due_at_ms BIGINT,
    revision BIGINT NOT NULL,
    document TEXT NOT NULL
);
CREATE INDEX rotations_of_credential ON rotations (store, credential, id);
CREATE UNIQUE INDEX rotations_that_are_open ON rotations (store, credential) WHERE over = 0;
CREATE INDEX rotations_that_are_due ON rotations (due_at_ms) WHERE due_at_ms IS NOT NULL;
