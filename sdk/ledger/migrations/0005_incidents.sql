CREATE TABLE incidents (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    person TEXT COLLATE "C" NOT NULL,
    revision BIGINT NOT NULL,
    document TEXT NOT NULL
);
CREATE INDEX incidents_of_person ON incidents (person, id);

CREATE TABLE incident_stores (
    incident TEXT COLLATE "C" NOT NULL,
    number BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (incident, number)
);
