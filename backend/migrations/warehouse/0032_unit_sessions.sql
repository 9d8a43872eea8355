-- How the cost of a session spreads on each kept day of unit economics. A session counts once a day, so that days add up.
CREATE TABLE IF NOT EXISTS unit_session_daily ${ON_CLUSTER}
(
    Tenant LowCardinality(String) CODEC(ZSTD(1)),
    Region LowCardinality(String) CODEC(ZSTD(1)),
    x_DropId UUID CODEC(ZSTD(1)),
    Day Date CODEC(ZSTD(1)),
    Sessions UInt64 CODEC(T64, ZSTD(1)),
    MaxCost Decimal(76, 30) COMMENT 'of one session, by the price book' CODEC(ZSTD(1)),
    Spread AggregateFunction(quantilesTDigest(0.1, 0.5, 0.9, 0.95, 0.99), Float64)
        COMMENT 'statistics, not money: quantiles of the cost of a session' CODEC(ZSTD(6)),
    MadeAt DateTime('UTC') DEFAULT now() CODEC(ZSTD(1))
)
ENGINE = ${MERGETREE}
PARTITION BY toYYYYMM(Day)
ORDER BY (Tenant, Region, x_DropId)
TTL MadeAt + INTERVAL 46 DAY;
