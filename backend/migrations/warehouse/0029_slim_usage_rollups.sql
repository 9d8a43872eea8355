-- The roll-ups of usage laid out anew, in less than half of the bytes. What has few values stands first in the order, so that
-- columns are long runs, and customers, of whom there may be thousands, last. Amounts are divided by what they have in common,
-- mostly zeros at their end. Latencies by the hour are kept for two weeks: of hours before, they are read from the requests
-- themselves, of whole days from llm_daily.
DROP VIEW IF EXISTS llm_model_daily_from_days ${ON_CLUSTER} SYNC;
DROP VIEW IF EXISTS llm_session_model_daily_from_sessions ${ON_CLUSTER} SYNC;
DROP VIEW IF EXISTS llm_session_daily_from_days ${ON_CLUSTER} SYNC;

CREATE TABLE IF NOT EXISTS llm_hourly_slim ${ON_CLUSTER}
(
    Tenant LowCardinality(String) CODEC(ZSTD(1)),
    Region LowCardinality(String) CODEC(ZSTD(1)),
    x_DropId UUID CODEC(ZSTD(1)),
    Hour DateTime('UTC') CODEC(ZSTD(1)),
    x_Source LowCardinality(String) CODEC(ZSTD(1)),
    Provider LowCardinality(String) CODEC(ZSTD(1)),
    Model LowCardinality(String) CODEC(ZSTD(1)),
    ModelVersion LowCardinality(String) CODEC(ZSTD(1)),
    Operation LowCardinality(String) CODEC(ZSTD(1)),
    Team LowCardinality(String) CODEC(ZSTD(1)),
    Product LowCardinality(String) CODEC(ZSTD(1)),
    Customer LowCardinality(String) CODEC(ZSTD(1)),
    Feature LowCardinality(String) CODEC(ZSTD(1)),
    Environment LowCardinality(String) CODEC(ZSTD(1)),
    Currency LowCardinality(String) CODEC(ZSTD(1)),
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
    Cost Decimal(38, 18) CODEC(GCD, ZSTD(1)),
    ReportedCost Decimal(38, 18) CODEC(GCD, ZSTD(1)),
    Sessions UInt64 COMMENT 'sessions whose first request of the day falls into this row: sums over the rows of a day are exact' CODEC(T64, ZSTD(1)),
    DurationMs Map(UInt16, UInt64) COMMENT 'measured requests per bucket; of the last two weeks' CODEC(ZSTD(3)) TTL Hour + INTERVAL 15 DAY,
    FirstTokenMs Map(UInt16, UInt64) COMMENT 'measured requests per bucket; of the last two weeks' CODEC(ZSTD(3)) TTL Hour + INTERVAL 15 DAY
)
ENGINE = ${MERGETREE}
PARTITION BY toYYYYMM(Hour)
ORDER BY (Tenant, Region, x_DropId, Hour, Feature, Product, Team, Provider, Model, ModelVersion, Operation, Environment, Currency, x_Source, Customer);
TRUNCATE TABLE IF EXISTS llm_hourly_slim ${ON_CLUSTER};
INSERT INTO llm_hourly_slim (Tenant, Region, x_DropId, Hour, x_Source, Provider, Model, ModelVersion, Operation, Team, Product, Customer, Feature,
  Environment, Currency, Requests, Failed, Unpriced, InputTokens, CachedInputTokens, CacheWriteTokens, OutputTokens,
  ReasoningTokens, InputAudioTokens, OutputAudioTokens, Images, WebSearches, Cost, ReportedCost, Sessions, DurationMs,
  FirstTokenMs)
SELECT Tenant, Region, x_DropId, Hour, x_Source, Provider, Model, ModelVersion, Operation, Team, Product, Customer, Feature,
       Environment, Currency, Requests, Failed, Unpriced, InputTokens, CachedInputTokens, CacheWriteTokens, OutputTokens,
       ReasoningTokens, InputAudioTokens, OutputAudioTokens, Images, WebSearches, Cost, ReportedCost, Sessions, DurationMs,
       FirstTokenMs
FROM llm_hourly;
EXCHANGE TABLES llm_hourly AND llm_hourly_slim ${ON_CLUSTER};
DROP TABLE IF EXISTS llm_hourly_slim ${ON_CLUSTER} SYNC;

CREATE TABLE IF NOT EXISTS llm_daily_slim ${ON_CLUSTER}
(
    Tenant LowCardinality(String) CODEC(ZSTD(1)),
    Region LowCardinality(String) CODEC(ZSTD(1)),
    x_DropId UUID CODEC(ZSTD(1)),
    Day Date CODEC(ZSTD(1)),
    x_Source LowCardinality(String) CODEC(ZSTD(1)),
    Provider LowCardinality(String) CODEC(ZSTD(1)),
    Model LowCardinality(String) CODEC(ZSTD(1)),
    ModelVersion LowCardinality(String) CODEC(ZSTD(1)),
    Operation LowCardinality(String) CODEC(ZSTD(1)),
    Team LowCardinality(String) CODEC(ZSTD(1)),
    Product LowCardinality(String) CODEC(ZSTD(1)),
    Customer LowCardinality(String) CODEC(ZSTD(1)),
    Feature LowCardinality(String) CODEC(ZSTD(1)),
    Environment LowCardinality(String) CODEC(ZSTD(1)),
    Currency LowCardinality(String) CODEC(ZSTD(1)),
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
    Cost Decimal(38, 18) CODEC(GCD, ZSTD(1)),
    ReportedCost Decimal(38, 18) CODEC(GCD, ZSTD(1)),
    Sessions UInt64 COMMENT 'sessions whose first request of the day falls into this row: sums over the rows of a day are exact' CODEC(T64, ZSTD(1)),
    DurationMs Map(UInt16, UInt64) COMMENT 'measured requests per bucket' CODEC(ZSTD(3)),
    FirstTokenMs Map(UInt16, UInt64) COMMENT 'measured requests per bucket' CODEC(ZSTD(3))
)
ENGINE = ${MERGETREE}
PARTITION BY toYYYYMM(Day)
ORDER BY (Tenant, Region, x_DropId, Day, Feature, Product, Team, Provider, Model, ModelVersion, Operation, Environment, Currency, x_Source, Customer);
TRUNCATE TABLE IF EXISTS llm_daily_slim ${ON_CLUSTER};
INSERT INTO llm_daily_slim (Tenant, Region, x_DropId, Day, x_Source, Provider, Model, ModelVersion, Operation, Team, Product, Customer, Feature,
  Environment, Currency, Requests, Failed, Unpriced, InputTokens, CachedInputTokens, CacheWriteTokens, OutputTokens,
  ReasoningTokens, InputAudioTokens, OutputAudioTokens, Images, WebSearches, Cost, ReportedCost, Sessions, DurationMs,
  FirstTokenMs)
SELECT Tenant, Region, x_DropId, Day, x_Source, Provider, Model, ModelVersion, Operation, Team, Product, Customer, Feature,
       Environment, Currency, Requests, Failed, Unpriced, InputTokens, CachedInputTokens, CacheWriteTokens, OutputTokens,
       ReasoningTokens, InputAudioTokens, OutputAudioTokens, Images, WebSearches, Cost, ReportedCost, Sessions, DurationMs,
       FirstTokenMs
FROM llm_daily;
EXCHANGE TABLES llm_daily AND llm_daily_slim ${ON_CLUSTER};
DROP TABLE IF EXISTS llm_daily_slim ${ON_CLUSTER} SYNC;

CREATE TABLE IF NOT EXISTS llm_session_daily_slim ${ON_CLUSTER}
(
    Tenant LowCardinality(String) CODEC(ZSTD(1)),
    Region LowCardinality(String) CODEC(ZSTD(1)),
    x_DropId UUID CODEC(ZSTD(1)),
    Day Date CODEC(ZSTD(1)),
    Session String CODEC(ZSTD(1)),
    Provider LowCardinality(String) CODEC(ZSTD(1)),
    Model LowCardinality(String) CODEC(ZSTD(1)),
    ModelVersion LowCardinality(String) CODEC(ZSTD(1)),
    Team LowCardinality(String) CODEC(ZSTD(1)),
    Product LowCardinality(String) CODEC(ZSTD(1)),
    Customer LowCardinality(String) CODEC(ZSTD(1)),
    Feature LowCardinality(String) CODEC(ZSTD(1)),
    Environment LowCardinality(String) CODEC(ZSTD(1)),
    Currency LowCardinality(String) CODEC(ZSTD(1)),
    Requests SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    Tokens SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    Cost SimpleAggregateFunction(sum, Decimal(38, 18)) CODEC(GCD, ZSTD(1))
)
ENGINE = ${AGGREGATING}
PARTITION BY toYYYYMM(Day)
ORDER BY (Tenant, Region, x_DropId, Day, Feature, Product, Team, Provider, Model, ModelVersion, Environment, Currency, Customer,
          Session);
TRUNCATE TABLE IF EXISTS llm_session_daily_slim ${ON_CLUSTER};
INSERT INTO llm_session_daily_slim (Tenant, Region, x_DropId, Day, Session, Provider, Model, ModelVersion, Team, Product, Customer,
  Feature, Environment, Currency, Requests, Tokens, Cost)
SELECT Tenant, Region, x_DropId, Day, Session, Provider, Model, ModelVersion, Team, Product, Customer, Feature, Environment,
       Currency, Requests, Tokens, Cost
FROM llm_session_daily;
EXCHANGE TABLES llm_session_daily AND llm_session_daily_slim ${ON_CLUSTER};
DROP TABLE IF EXISTS llm_session_daily_slim ${ON_CLUSTER} SYNC;

ALTER TABLE llm_request_cost_daily ${ON_CLUSTER}
    MODIFY COLUMN Spread AggregateFunction(quantilesTDigestWeighted(0.1, 0.5, 0.9, 0.95, 0.99), Float64, UInt64) CODEC(ZSTD(6));
OPTIMIZE TABLE llm_request_cost_daily ${ON_CLUSTER} FINAL;

-- The views that stood on these tables, as they were.
-- In a view the table it stands on is the block that was inserted, also inside IN: only the days sealed just now are read.
CREATE MATERIALIZED VIEW IF NOT EXISTS llm_session_daily_from_days ${ON_CLUSTER} TO llm_session_daily AS
SELECT d.Tenant AS Tenant, d.Region AS Region, d.x_DropId AS x_DropId, d.Day AS Day, r.Session AS Session,
       r.Provider AS Provider, r.Model AS Model, r.ModelVersion AS ModelVersion, r.Team AS Team, r.Product AS Product,
       r.Customer AS Customer, r.Feature AS Feature, r.Environment AS Environment, r.Currency AS Currency,
       sum(toUInt64(r.Requests)) AS Requests, sum(r.InputTokens + r.OutputTokens) AS Tokens, sum(r.Cost) AS Cost
FROM llm_day AS d
INNER JOIN (SELECT *, toDate(StartedAt) AS Day FROM fact_llm_request FINAL
            WHERE (Tenant, Region, x_Source, toDate(StartedAt)) IN (SELECT Tenant, Region, x_Source, Day FROM llm_day)
              AND Session != '' AND Status != 'void') AS r
        ON r.Tenant = d.Tenant AND r.Region = d.Region AND r.x_Source = d.x_Source AND r.Day = d.Day
GROUP BY Tenant, Region, x_DropId, Day, Session, Provider, Model, ModelVersion, Team, Product, Customer, Feature,
         Environment, Currency;

CREATE MATERIALIZED VIEW IF NOT EXISTS llm_model_daily_from_days ${ON_CLUSTER} TO llm_model_daily AS
SELECT Tenant, Region, x_DropId, Day, Provider, Model, Currency, sum(Requests) AS Requests
FROM llm_daily GROUP BY Tenant, Region, x_DropId, Day, Provider, Model, Currency;

CREATE MATERIALIZED VIEW IF NOT EXISTS llm_session_model_daily_from_sessions ${ON_CLUSTER} TO llm_session_model_daily AS
SELECT Tenant, Region, x_DropId, Day, Provider, Model, Currency, sum(Requests) AS Requests, sum(Tokens) AS Tokens,
       sum(Cost) AS Cost
FROM llm_session_daily GROUP BY Tenant, Region, x_DropId, Day, Provider, Model, Currency;
