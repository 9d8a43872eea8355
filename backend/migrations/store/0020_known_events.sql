-- Events that are known ahead: a sale, a deploy, a holiday. Those of the configuration and of Grafana are kept here, too.
CREATE TABLE IF NOT EXISTS known_event (
    tenant text NOT NULL,
    id text NOT NULL CHECK (id ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
    -- Events of one name are taken for repetitions of each other.
    name text NOT NULL,
    -- NULL: every workload.
    workload text,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    -- How many times the usual traffic is expected; NULL: as earlier events of the name were.
    ratio double precision CHECK (ratio > 0),
    note text NOT NULL DEFAULT '',
    origin text NOT NULL CHECK (origin IN ('api', 'file', 'grafana')),
    version integer NOT NULL DEFAULT 1,
    -- Since when it is known: a forecast that was issued earlier does not count on it.
    known_since timestamptz NOT NULL,
    created_by_id text NOT NULL,
    created_by_name text NOT NULL,
    updated_at timestamptz NOT NULL,
    deleted_at timestamptz,
    PRIMARY KEY (tenant, id),
    CHECK (ends_at > starts_at)
);

CREATE INDEX IF NOT EXISTS known_event_by_time ON known_event (tenant, starts_at) WHERE deleted_at IS NULL;

-- What an event did to one workload once it was over: traffic as a multiple of what was to be expected without it, minute by
-- minute from `lead` minutes before its start.
CREATE TABLE IF NOT EXISTS event_effect (
    tenant text NOT NULL,
    event_id text NOT NULL,
    region text NOT NULL,
    workload text NOT NULL,
    name text NOT NULL,
    starts_at timestamptz NOT NULL,
    lead integer NOT NULL,
    ratios jsonb NOT NULL,
    learned_at timestamptz NOT NULL,
    PRIMARY KEY (tenant, event_id, region, workload)
);

CREATE INDEX IF NOT EXISTS event_effect_by_name ON event_effect (tenant, name, starts_at DESC);
