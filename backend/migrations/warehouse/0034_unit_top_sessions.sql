-- The costliest sessions of each kept day of unit economics, so that a page of sessions is read and not worked out of all of them;
-- and the sessions that kept days share, of each of these days, so that no session is taken for the one of a single day.
CREATE TABLE IF NOT EXISTS unit_top_session ${ON_CLUSTER}
(
    Tenant LowCardinality(String) CODEC(ZSTD(1)),
    Region LowCardinality(String) CODEC(ZSTD(1)),
    x_DropId UUID CODEC(ZSTD(1)),
    Day Date CODEC(ZSTD(1)),
    Session String CODEC(ZSTD(1)),
    Kind UInt8 COMMENT '0: shared with another day, 1: one of the costliest, 2: the last of these, where the day has more sessions' CODEC(ZSTD(1)),
    Rank Int64 COMMENT 'cost in billionths, what sessions are sorted by' CODEC(Delta, ZSTD(1)),
    Billed Decimal(76, 30) COMMENT 'cost by the rate at which a bill counts the model' CODEC(GCD, ZSTD(1)),
    Estimated Decimal(76, 30) COMMENT 'cost by the price book where no bill has the model' CODEC(GCD, ZSTD(1)),
    Requests UInt64 CODEC(T64, ZSTD(1)),
    Tokens UInt64 CODEC(T64, ZSTD(1)),
    MadeAt DateTime('UTC') DEFAULT now() CODEC(ZSTD(1))
)
ENGINE = ${MERGETREE}
PARTITION BY toYYYYMM(Day)
ORDER BY (Tenant, Region, x_DropId, Rank)
TTL MadeAt + INTERVAL 46 DAY;

ALTER TABLE unit_session_daily ${ON_CLUSTER}
    ADD COLUMN IF NOT EXISTS Linked Array(UInt32) COMMENT 'first digits of the ids of the kept days whose shared sessions are known; empty: of none' CODEC(ZSTD(1));
