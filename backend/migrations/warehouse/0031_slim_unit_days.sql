-- Kept days of unit economics in less bytes: the cost that was spread over usage has all of its thirty digits, and stood both in
-- what was billed and in the part of models. It stands once now, and the rest, which has few digits, beside it.
CREATE TABLE IF NOT EXISTS unit_daily_slim ${ON_CLUSTER}
(
    Tenant LowCardinality(String),
    Region LowCardinality(String),
    x_DropId UUID CODEC(ZSTD(1)),
    Day Date CODEC(ZSTD(1)),
    FilterKey LowCardinality(String) COMMENT 'dimension that is filtered; empty: none' CODEC(ZSTD(1)),
    FilterValue LowCardinality(String) CODEC(ZSTD(1)),
    UnitKey LowCardinality(String) COMMENT 'dimension that the row is one value of' CODEC(ZSTD(1)),
    Provider LowCardinality(String) COMMENT 'of models and versions' CODEC(ZSTD(1)),
    Model LowCardinality(String) CODEC(ZSTD(1)),
    UnitValue LowCardinality(String) CODEC(ZSTD(1)),
    IsLanguage UInt8 COMMENT '1: cost of language models alone; of models, which are told apart by it' CODEC(ZSTD(1)),
    Estimated Decimal(76, 30) CODEC(GCD, ZSTD(1)),
    Unspread Decimal(76, 30) COMMENT 'part of Billed' CODEC(GCD, ZSTD(1)),
    ModelCost Decimal(76, 30) COMMENT 'of language models, billed and estimated' CODEC(GCD, ZSTD(1)),
    OtherCost Decimal(76, 30) COMMENT 'everything else, billed and estimated' CODEC(GCD, ZSTD(1)),
    Billed Decimal(76, 30) ALIAS CAST(ModelCost + OtherCost - Estimated AS Decimal(76, 30)),
    GpuHours Decimal(76, 30) CODEC(GCD, ZSTD(1)),
    Estimate Decimal(76, 30) COMMENT 'usage times prices, also where a bill counts; of models' CODEC(GCD, ZSTD(1)),
    IsBilled UInt8 COMMENT 'a bill has the model on that day' CODEC(ZSTD(1)),
    Requests UInt64 CODEC(T64, ZSTD(1)),
    Tokens UInt64 CODEC(T64, ZSTD(1)),
    Sessions UInt64 CODEC(T64, ZSTD(1)),
    MadeAt DateTime('UTC') DEFAULT now() CODEC(ZSTD(1))
)
ENGINE = ${MERGETREE}
PARTITION BY toYYYYMM(Day)
ORDER BY (Tenant, Region, FilterKey, FilterValue, UnitKey, x_DropId, Provider, Model, UnitValue)
TTL MadeAt + INTERVAL 46 DAY;
TRUNCATE TABLE IF EXISTS unit_daily_slim ${ON_CLUSTER};
INSERT INTO unit_daily_slim (Tenant, Region, x_DropId, Day, FilterKey, FilterValue, UnitKey, Provider, Model, UnitValue, IsLanguage, Estimated,
  Unspread, ModelCost, OtherCost, GpuHours, Estimate, IsBilled, Requests, Tokens, Sessions, MadeAt)
SELECT Tenant, Region, x_DropId, Day, FilterKey, FilterValue, UnitKey, Provider, Model, UnitValue, IsLanguage, Estimated,
       Unspread, ModelCost, Billed + Estimated - ModelCost, GpuHours, Estimate, IsBilled, Requests, Tokens, Sessions, MadeAt
FROM unit_daily;
EXCHANGE TABLES unit_daily AND unit_daily_slim ${ON_CLUSTER};
DROP TABLE IF EXISTS unit_daily_slim ${ON_CLUSTER} SYNC;
