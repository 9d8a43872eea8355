-- What price books ask for beyond tokens, and where a call stands in its trace.
ALTER TABLE fact_llm_request ${ON_CLUSTER}
    ADD COLUMN IF NOT EXISTS InputCharacters UInt64 AFTER OutputImages,
    ADD COLUMN IF NOT EXISTS InputSeconds Decimal(18, 6) AFTER InputCharacters,
    ADD COLUMN IF NOT EXISTS OutputSeconds Decimal(18, 6) AFTER InputSeconds,
    ADD COLUMN IF NOT EXISTS SpanId String AFTER TraceId,
    ADD COLUMN IF NOT EXISTS ParentSpanId String COMMENT 'nearest span above it, as far as it is known' AFTER SpanId,
    ADD COLUMN IF NOT EXISTS ReportedCurrency LowCardinality(String) AFTER ReportedCost,
    -- The terms of a cost are others for nearly every call.
    MODIFY COLUMN PriceFormula String CODEC(ZSTD(3));

-- Rows without a source are of the generated estate before it came through the door of usage; it is loaded again.
ALTER TABLE fact_llm_request ${ON_CLUSTER} DELETE WHERE x_Source = '';

-- The roll-ups of the days in llm_day. Nothing has been rolled up before this migration, so that the table can be laid out
-- anew: latencies as counts per bucket instead of sketches, which are a tenth of the size, are the same whatever the order
-- in which rows are added, and are added up by plain sums. Bucket b holds what took more than 1.05^(b-1) and up to 1.05^b ms.
DROP VIEW IF EXISTS llm_daily_from_hours ${ON_CLUSTER} SYNC;
DROP TABLE IF EXISTS llm_hourly ${ON_CLUSTER} SYNC;
CREATE TABLE IF NOT EXISTS llm_hourly ${ON_CLUSTER}
(
    Tenant LowCardinality(String),
    Region LowCardinality(String),
    x_DropId UUID,
    Hour DateTime('UTC'),
    x_Source LowCardinality(String),
    Provider LowCardinality(String),
    Model LowCardinality(String),
    ModelVersion LowCardinality(String),
    Operation LowCardinality(String),
    Team LowCardinality(String),
    Product LowCardinality(String),
    Customer LowCardinality(String),
    Feature LowCardinality(String),
    Environment LowCardinality(String),
    Currency LowCardinality(String),
    Requests UInt64 CODEC(T64, ZSTD(1)),
    Failed UInt64 COMMENT 'requests whose Status is not ok' CODEC(T64, ZSTD(1)),
    Unpriced UInt64 COMMENT 'requests without a price' CODEC(T64, ZSTD(1)),
    InputTokens UInt64 CODEC(T64, ZSTD(1)),
    CachedInputTokens UInt64 COMMENT 'part of InputTokens' CODEC(T64, ZSTD(1)),
    CacheWriteTokens UInt64 COMMENT 'part of InputTokens' CODEC(T64, ZSTD(1)),
    OutputTokens UInt64 CODEC(T64, ZSTD(1)),
    ReasoningTokens UInt64 COMMENT 'part of OutputTokens' CODEC(T64, ZSTD(1)),
    InputAudioTokens UInt64 COMMENT 'part of InputTokens' CODEC(T64, ZSTD(1)),
    OutputAudioTokens UInt64 COMMENT 'part of OutputTokens' CODEC(T64, ZSTD(1)),
    Images UInt64 CODEC(T64, ZSTD(1)),
    WebSearches UInt64 CODEC(T64, ZSTD(1)),
    Cost Decimal(38, 18) CODEC(ZSTD(1)),
    ReportedCost Decimal(38, 18) CODEC(ZSTD(1)),
    Sessions UInt64 COMMENT 'sessions whose first request of the day falls into this row: sums over the rows of a day are exact' CODEC(T64, ZSTD(1)),
    DurationMs Map(UInt16, UInt64) COMMENT 'measured requests per bucket' CODEC(ZSTD(3)),
    FirstTokenMs Map(UInt16, UInt64) COMMENT 'measured requests per bucket' CODEC(ZSTD(3))
)
ENGINE = ${MERGETREE}
PARTITION BY toYYYYMM(Hour)
ORDER BY (Tenant, Region, x_DropId, Hour, Customer, Feature, Model);

-- The same by UTC day; read for whole days. It is written by the roll-up itself, after the hours and before the day is visible,
-- so that both are complete when they are seen.
DROP TABLE IF EXISTS llm_daily ${ON_CLUSTER} SYNC;
CREATE TABLE IF NOT EXISTS llm_daily ${ON_CLUSTER}
(
    Tenant LowCardinality(String),
    Region LowCardinality(String),
    x_DropId UUID,
    Day Date,
    x_Source LowCardinality(String),
    Provider LowCardinality(String),
    Model LowCardinality(String),
    ModelVersion LowCardinality(String),
    Operation LowCardinality(String),
    Team LowCardinality(String),
    Product LowCardinality(String),
    Customer LowCardinality(String),
    Feature LowCardinality(String),
    Environment LowCardinality(String),
    Currency LowCardinality(String),
    Requests UInt64 CODEC(T64, ZSTD(1)),
    Failed UInt64 CODEC(T64, ZSTD(1)),
    Unpriced UInt64 CODEC(T64, ZSTD(1)),
    InputTokens UInt64 CODEC(T64, ZSTD(1)),
    CachedInputTokens UInt64 CODEC(T64, ZSTD(1)),
    CacheWriteTokens UInt64 CODEC(T64, ZSTD(1)),
    OutputTokens UInt64 CODEC(T64, ZSTD(1)),
    ReasoningTokens UInt64 CODEC(T64, ZSTD(1)),
    InputAudioTokens UInt64 CODEC(T64, ZSTD(1)),
    OutputAudioTokens UInt64 CODEC(T64, ZSTD(1)),
    Images UInt64 CODEC(T64, ZSTD(1)),
    WebSearches UInt64 CODEC(T64, ZSTD(1)),
    Cost Decimal(38, 18) CODEC(ZSTD(1)),
    ReportedCost Decimal(38, 18) CODEC(ZSTD(1)),
    Sessions UInt64 CODEC(T64, ZSTD(1)),
    DurationMs Map(UInt16, UInt64) CODEC(ZSTD(3)),
    FirstTokenMs Map(UInt16, UInt64) CODEC(ZSTD(3))
)
ENGINE = ${MERGETREE}
PARTITION BY toYYYYMM(Day)
ORDER BY (Tenant, Region, x_DropId, Day, Customer, Feature, Model);
