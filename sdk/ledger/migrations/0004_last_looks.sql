CREATE TABLE last_looks (
    store TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    revision BIGINT NOT NULL,
    document TEXT NOT NULL
);
