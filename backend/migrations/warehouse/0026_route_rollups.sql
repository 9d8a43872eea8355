-- Calls through the gateway by hour, policy and route: what the routing pages and panels read for long spans. Written by the
-- roll-up of a source's day from its deduplicated facts, beside llm_hourly and under the same ids; llm_day says which count.
CREATE TABLE IF NOT EXISTS llm_route_hourly ${ON_CLUSTER}
(
    Tenant LowCardinality(String),
    Region LowCardinality(String),
    x_DropId UUID,
    Hour DateTime('UTC'),
    Policy LowCardinality(String),
    Route LowCardinality(String),
    Asked LowCardinality(String) COMMENT 'model as the caller named it',
    Provider LowCardinality(String),
    Model LowCardinality(String),
    KeyId LowCardinality(String),
    Cache LowCardinality(String) COMMENT 'kind of cache that answered; empty: none',
    Kind LowCardinality(String) COMMENT 'empty: calls of applications; else what was sent for an experiment',
    Team LowCardinality(String),
    Product LowCardinality(String),
    Customer LowCardinality(String),
    Feature LowCardinality(String),
    Currency LowCardinality(String),
    Calls UInt64 CODEC(T64, ZSTD(1)),
    Tries UInt64 COMMENT 'a call is tried again over another route where one fails' CODEC(T64, ZSTD(1)),
    Answered UInt64 CODEC(T64, ZSTD(1)),
    Cancelled UInt64 COMMENT 'the caller hung up' CODEC(T64, ZSTD(1)),
    FailedTries UInt64 CODEC(T64, ZSTD(1)),
    Unpriced UInt64 CODEC(T64, ZSTD(1)),
    InputTokens UInt64 CODEC(T64, ZSTD(1)),
    CachedInputTokens UInt64 CODEC(T64, ZSTD(1)),
    OutputTokens UInt64 CODEC(T64, ZSTD(1)),
    Cost Decimal(38, 18) CODEC(ZSTD(1)),
    Saved Decimal(38, 18) COMMENT 'what answers out of the cache would have cost' CODEC(ZSTD(1)),
    DurationMs Map(UInt16, UInt64) COMMENT 'measured tries per bucket, as in llm_hourly' CODEC(ZSTD(3)),
    FirstTokenMs Map(UInt16, UInt64) CODEC(ZSTD(3))
)
ENGINE = ${MERGETREE}
PARTITION BY toYYYYMM(Hour)
ORDER BY (Tenant, Region, x_DropId, Hour, Policy, Route);
