-- Times are milliseconds since 1970 in UTC, always from the caller's clock; yes is 1, no is 0.
-- `document` is the whole record as JSON; the columns beside it are those by which records are found, checked or erased.

CREATE TABLE grants (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    store TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    person TEXT COLLATE "C" NOT NULL,
    phase TEXT COLLATE "C" NOT NULL,
    over_since_ms BIGINT,
    revision BIGINT NOT NULL,
    document TEXT NOT NULL
);
CREATE INDEX grants_of_place ON grants (store, subject, id);
CREATE INDEX grants_of_person ON grants (person, id);
CREATE INDEX grants_that_live ON grants (id) WHERE over_since_ms IS NULL;
CREATE INDEX grants_that_are_over ON grants (over_since_ms) WHERE over_since_ms IS NOT NULL;

CREATE TABLE holdings (
    store TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    platform TEXT COLLATE "C" NOT NULL,
    contention TEXT COLLATE "C" NOT NULL,
    removing BIGINT NOT NULL,
    due_at_ms BIGINT,
    revision BIGINT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (store, subject)
);
CREATE INDEX holdings_due ON holdings (due_at_ms, platform, contention, removing)
    WHERE due_at_ms IS NOT NULL;
CREATE INDEX holdings_due_of_key ON holdings (platform, contention, removing DESC, due_at_ms)
    WHERE due_at_ms IS NOT NULL;

-- `manual` is what a step says, apart from the rest so that it can be erased.
CREATE TABLE steps (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    store TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    person TEXT COLLATE "C" NOT NULL,
    closed_at_ms BIGINT,
    revision BIGINT NOT NULL,
    document TEXT NOT NULL,
    manual TEXT
);
CREATE INDEX steps_of_place ON steps (store, subject, id);
CREATE INDEX steps_of_person ON steps (person, id);
CREATE INDEX steps_that_are_open ON steps (id) WHERE closed_at_ms IS NULL;
CREATE INDEX steps_that_are_closed ON steps (closed_at_ms) WHERE closed_at_ms IS NOT NULL;

CREATE TABLE offboardings (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    person TEXT COLLATE "C" NOT NULL,
    began_at_ms BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    document TEXT NOT NULL
);
CREATE INDEX offboardings_by_time ON offboardings (began_at_ms);
CREATE INDEX offboardings_of_person ON offboardings (person, began_at_ms);

-- Names and addresses, here and nowhere else.
CREATE TABLE people (
    handle TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    document TEXT NOT NULL
);

-- The hash chain of each store. `written` is what was hashed, to the letter.
CREATE TABLE events (
    store TEXT COLLATE "C" NOT NULL,
    seq BIGINT NOT NULL,
    at_ms BIGINT NOT NULL,
    previous_hash TEXT NOT NULL,
    hash TEXT NOT NULL,
    written TEXT NOT NULL,
    PRIMARY KEY (store, seq)
);

-- Where each chain ends, and up to where it was pruned.
CREATE TABLE chains (
    store TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    seq BIGINT NOT NULL,
    hash TEXT NOT NULL,
    pruned_seq BIGINT NOT NULL,
    pruned_hash TEXT NOT NULL
);

-- Who may work under a key. A lease that was given back has no owner and keeps its fence.
CREATE TABLE leases (
    platform TEXT COLLATE "C" NOT NULL,
    contention TEXT COLLATE "C" NOT NULL,
    owner TEXT,
    fence BIGINT NOT NULL,
    until_ms BIGINT NOT NULL,
    PRIMARY KEY (platform, contention)
);
