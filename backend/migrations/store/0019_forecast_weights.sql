-- Weights of the network that were trained on one workload's own minutes, version after version, with how they were judged on
-- minutes that they had not learned from. Only accepted ones are used.
CREATE TABLE IF NOT EXISTS forecast_weights (
    tenant text NOT NULL,
    region text NOT NULL,
    workload text NOT NULL,
    version integer NOT NULL,
    -- SHA-256 of the shared model that training began with; weights do not outlive a change of it.
    base text NOT NULL,
    -- Numbers in single precision, little endian; NULL where they were not accepted.
    weights bytea,
    accepted boolean NOT NULL,
    -- Minutes that it learned from, and how it went.
    trained_from timestamptz NOT NULL,
    trained_until timestamptz NOT NULL,
    lessons integer NOT NULL,
    steps integer NOT NULL,
    seconds double precision NOT NULL,
    loss_before double precision NOT NULL,
    loss_after double precision NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant, region, workload, version),
    CHECK (accepted = (weights IS NOT NULL))
);

CREATE INDEX IF NOT EXISTS forecast_weights_by_time ON forecast_weights (created_at);

-- What was last noticed about a workload's samples and forecasts, as pages show it.
CREATE TABLE IF NOT EXISTS forecast_state (
    tenant text NOT NULL,
    region text NOT NULL,
    workload text NOT NULL,
    at timestamptz NOT NULL,
    -- {since, factor}, or NULL while nothing has drifted.
    drift jsonb,
    notices jsonb NOT NULL,
    PRIMARY KEY (tenant, region, workload)
);
