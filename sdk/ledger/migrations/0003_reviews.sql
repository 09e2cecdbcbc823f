CREATE TABLE reviews (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    revision BIGINT NOT NULL,
    document TEXT NOT NULL
);

CREATE TABLE review_rows (
    review TEXT COLLATE "C" NOT NULL,
    number BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (review, number)
);
