-- How each source of workload samples fared when it was last read. One row for each source and region of a tenant.
CREATE TABLE IF NOT EXISTS workload_source (
    tenant text NOT NULL,
    region text NOT NULL,
    source text NOT NULL,
    last_success_at timestamptz,
    last_error_at timestamptz,
    last_error text,
    last_error_help text,
    samples integer NOT NULL DEFAULT 0,
    workloads integer NOT NULL DEFAULT 0,
    notices jsonb NOT NULL DEFAULT '[]',
    PRIMARY KEY (tenant, region, source)
);

-- Which forecaster speaks for a workload, since when, and on what evidence it took over.
CREATE TABLE IF NOT EXISTS forecast_champion (
    tenant text NOT NULL,
    region text NOT NULL,
    workload text NOT NULL,
    forecaster text NOT NULL,
    since timestamptz NOT NULL,
    evidence jsonb NOT NULL,
    PRIMARY KEY (tenant, region, workload)
);

-- A person's choice of forecaster; it overrules the evidence while it stands. NULL: the evidence decides again.
-- `change_id` is the Change that set it, `previous` what stood before that Change.
CREATE TABLE IF NOT EXISTS forecast_pin (
    tenant text NOT NULL,
    workload text NOT NULL,
    forecaster text,
    previous text,
    change_id bigint NOT NULL,
    pinned_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant, workload)
);
