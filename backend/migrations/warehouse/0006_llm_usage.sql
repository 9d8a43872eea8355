-- Calls of language models, keyed by request so that a record that comes again replaces itself. The table before held the
-- generated estate and nothing else, because no other door led to it; the estate is loaded again.
DROP TABLE IF EXISTS fact_llm_request ${ON_CLUSTER} SYNC;
CREATE TABLE IF NOT EXISTS fact_llm_request ${ON_CLUSTER}
(
    Tenant LowCardinality(String),
    Region LowCardinality(String),
    x_Source LowCardinality(String),
    RequestId String,
    StartedAt DateTime64(3, 'UTC'),
    Provider LowCardinality(String) COMMENT 'gen_ai.provider.name',
    Model LowCardinality(String) COMMENT 'gen_ai.response.model',
    ModelVersion LowCardinality(String),
    Operation LowCardinality(String) COMMENT 'gen_ai.operation.name',
    Requests UInt32 DEFAULT 1 COMMENT 'calls that the row stands for; usage exports give buckets',
    InputTokens UInt64 COMMENT 'all tokens of the prompt',
    CachedInputTokens UInt64 COMMENT 'part of InputTokens',
    CacheWrite5mTokens UInt64 COMMENT 'part of InputTokens',
    CacheWrite1hTokens UInt64 COMMENT 'part of InputTokens',
    OutputTokens UInt64 COMMENT 'all tokens of the answer',
    ReasoningTokens UInt64 COMMENT 'part of OutputTokens',
    InputAudioTokens UInt64,
    OutputAudioTokens UInt64,
    InputImages UInt32,
    OutputImages UInt32,
    WebSearches UInt32,
    ServiceTier LowCardinality(String) DEFAULT 'standard',
    FirstTokenMs Nullable(Float32),
    DurationMs Nullable(Float32),
    Status LowCardinality(String),
    Team LowCardinality(String),
    Product LowCardinality(String),
    Customer LowCardinality(String),
    Feature LowCardinality(String),
    Environment LowCardinality(String) COMMENT 'dev, ci, staging, production',
    Session String,
    User String,
    TraceId String,
    Tags Map(LowCardinality(String), String),
    Cost Decimal(38, 18) COMMENT 'by the price book',
    Currency LowCardinality(String),
    PriceId LowCardinality(String) COMMENT 'empty: no price was found, and Cost is 0',
    PriceFormula LowCardinality(String),
    ReportedCost Nullable(Decimal(38, 18)) COMMENT 'what the record itself said',
    SourceFile LowCardinality(String),
    SourceLine UInt64,
    ReceivedAt DateTime64(3, 'UTC') COMMENT 'the later record of a request counts'
)
ENGINE = ${REPLACING}(ReceivedAt)
PARTITION BY toYYYYMM(StartedAt)
ORDER BY (Tenant, Region, x_Source, toDate(StartedAt), RequestId)
TTL toDateTime(StartedAt) + INTERVAL 400 DAY;

-- What readers see of a source's day: the roll-up rows with this id and no others. A day that gets new requests is rolled up
-- again under a new id, from its deduplicated facts, so that late, repeated and shuffled records change no sum.
CREATE TABLE IF NOT EXISTS llm_day ${ON_CLUSTER}
(
    Tenant LowCardinality(String),
    Region LowCardinality(String),
    x_Source LowCardinality(String),
    Day Date,
    x_DropId UUID,
    Version UInt64,
    Requests UInt64,
    SealedAt DateTime64(3, 'UTC')
)
ENGINE = ${REPLACING}(Version)
ORDER BY (Tenant, Region, x_Source, Day);

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
    Requests UInt64,
    Failed UInt64 COMMENT 'requests whose Status is not ok',
    Unpriced UInt64 COMMENT 'requests without a price',
    InputTokens UInt64,
    CachedInputTokens UInt64,
    CacheWriteTokens UInt64,
    OutputTokens UInt64,
    ReasoningTokens UInt64,
    Cost Decimal(38, 18),
    Sessions UInt64 COMMENT 'sessions whose first request of the day falls into this row: sums over the rows of a day are exact',
    DurationMs AggregateFunction(quantileTDigest, Float32),
    FirstTokenMs AggregateFunction(quantileTDigest, Float32)
)
ENGINE = ${MERGETREE}
PARTITION BY toYYYYMM(Hour)
ORDER BY (Tenant, Region, x_DropId, Hour, Customer, Feature, Model);
