-- The roll-ups of cost laid out anew. An amount of thirty digits is mostly noise to a codec; nearly every amount has no more
-- than twelve, so that each is kept as those (Main) and what is left (Rest), which is 0 nearly always. List and contracted cost
-- are kept as their difference from the billed one. The amounts under their own names are computed when they are read.
DROP VIEW IF EXISTS cost_hourly_from_facts ${ON_CLUSTER} SYNC;
DROP VIEW IF EXISTS cost_daily_from_facts ${ON_CLUSTER} SYNC;

-- By the hour; read for hours and for the ragged ends of ranges.
CREATE TABLE IF NOT EXISTS cost_hourly_slim ${ON_CLUSTER}
(
    Tenant LowCardinality(String),
    Region LowCardinality(String),
    x_DropId UUID CODEC(ZSTD(1)),
    Hour DateTime('UTC') CODEC(ZSTD(1)),
    x_GroupKey UInt64 COMMENT 'hash of the columns from BillingCurrency to x_Model' CODEC(ZSTD(1)),
    BillingCurrency LowCardinality(String) CODEC(ZSTD(1)),
    ProviderName LowCardinality(String) CODEC(ZSTD(1)),
    ServiceCategory LowCardinality(String) CODEC(ZSTD(1)),
    ServiceName LowCardinality(String) CODEC(ZSTD(1)),
    ChargeCategory LowCardinality(String) CODEC(ZSTD(1)),
    SubAccountName LowCardinality(String) CODEC(ZSTD(1)),
    RegionId LowCardinality(String) CODEC(ZSTD(1)),
    x_Source LowCardinality(String) CODEC(ZSTD(1)),
    x_Team LowCardinality(String) CODEC(ZSTD(1)),
    x_Product LowCardinality(String) CODEC(ZSTD(1)),
    x_Customer LowCardinality(String) CODEC(ZSTD(1)),
    x_Feature LowCardinality(String) CODEC(ZSTD(1)),
    x_Environment LowCardinality(String) CODEC(ZSTD(1)),
    x_Model LowCardinality(String) CODEC(ZSTD(1)),
    BilledMain SimpleAggregateFunction(sum, Decimal(38, 12)) CODEC(ZSTD(1)),
    BilledRest SimpleAggregateFunction(sum, Decimal(76, 30)) CODEC(ZSTD(1)),
    EffectiveMain SimpleAggregateFunction(sum, Decimal(38, 12)) CODEC(ZSTD(1)),
    EffectiveRest SimpleAggregateFunction(sum, Decimal(76, 30)) CODEC(ZSTD(1)),
    ListOverMain SimpleAggregateFunction(sum, Decimal(38, 12)) COMMENT 'list cost less billed cost' CODEC(ZSTD(1)),
    ListOverRest SimpleAggregateFunction(sum, Decimal(76, 30)) CODEC(ZSTD(1)),
    ContractedOverMain SimpleAggregateFunction(sum, Decimal(38, 12)) COMMENT 'contracted cost less billed cost' CODEC(ZSTD(1)),
    ContractedOverRest SimpleAggregateFunction(sum, Decimal(76, 30)) CODEC(ZSTD(1)),
    LineCount SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    BilledCost Decimal(76, 30) ALIAS toDecimal256(BilledMain, 30) + BilledRest,
    EffectiveCost Decimal(76, 30) ALIAS toDecimal256(EffectiveMain, 30) + EffectiveRest,
    ListCost Decimal(76, 30) ALIAS toDecimal256(BilledMain, 30) + BilledRest + toDecimal256(ListOverMain, 30) + ListOverRest,
    ContractedCost Decimal(76, 30) ALIAS toDecimal256(BilledMain, 30) + BilledRest + toDecimal256(ContractedOverMain, 30) + ContractedOverRest
)
ENGINE = ${AGGREGATING}
PARTITION BY toYYYYMM(Hour)
PRIMARY KEY (Tenant, Region, x_DropId, Hour, x_GroupKey)
ORDER BY (Tenant, Region, x_DropId, Hour, x_GroupKey, BillingCurrency, ProviderName, ServiceCategory, ServiceName,
          ChargeCategory, SubAccountName, RegionId, x_Source, x_Team, x_Product, x_Customer, x_Feature, x_Environment,
          x_Model);
TRUNCATE TABLE IF EXISTS cost_hourly_slim ${ON_CLUSTER};
INSERT INTO cost_hourly_slim (Tenant, Region, x_DropId, Hour, x_GroupKey, BillingCurrency, ProviderName, ServiceCategory, ServiceName, ChargeCategory, SubAccountName, RegionId, x_Source, x_Team, x_Product, x_Customer, x_Feature, x_Environment, x_Model,
       BilledMain, BilledRest, EffectiveMain, EffectiveRest, ListOverMain, ListOverRest, ContractedOverMain, ContractedOverRest, LineCount)
WITH BilledCost AS billed, EffectiveCost AS effective, ListCost - BilledCost AS listOver, ContractedCost - BilledCost AS contractedOver
SELECT Tenant, Region, x_DropId, Hour, x_GroupKey, BillingCurrency, ProviderName, ServiceCategory, ServiceName, ChargeCategory, SubAccountName, RegionId, x_Source, x_Team, x_Product, x_Customer, x_Feature, x_Environment, x_Model,
       CAST(if(abs(billed) < toDecimal256('100000000000000000000', 0), billed, toDecimal256(0, 30)) AS Decimal(38, 12)) AS BilledMain, billed - toDecimal256(BilledMain, 30) AS BilledRest,
       CAST(if(abs(effective) < toDecimal256('100000000000000000000', 0), effective, toDecimal256(0, 30)) AS Decimal(38, 12)) AS EffectiveMain, effective - toDecimal256(EffectiveMain, 30) AS EffectiveRest,
       CAST(if(abs(listOver) < toDecimal256('100000000000000000000', 0), listOver, toDecimal256(0, 30)) AS Decimal(38, 12)) AS ListOverMain, listOver - toDecimal256(ListOverMain, 30) AS ListOverRest,
       CAST(if(abs(contractedOver) < toDecimal256('100000000000000000000', 0), contractedOver, toDecimal256(0, 30)) AS Decimal(38, 12)) AS ContractedOverMain, contractedOver - toDecimal256(ContractedOverMain, 30) AS ContractedOverRest,
       LineCount
FROM cost_hourly;
EXCHANGE TABLES cost_hourly AND cost_hourly_slim ${ON_CLUSTER};
DROP TABLE IF EXISTS cost_hourly_slim ${ON_CLUSTER} SYNC;
CREATE MATERIALIZED VIEW IF NOT EXISTS cost_hourly_from_facts ${ON_CLUSTER} TO cost_hourly AS
SELECT tenant AS Tenant, region AS Region, x_DropId, Hour, x_GroupKey, d0 AS BillingCurrency, d1 AS ProviderName, d2 AS ServiceCategory, d3 AS ServiceName, d4 AS ChargeCategory, d5 AS SubAccountName, d6 AS RegionId, d7 AS x_Source, d8 AS x_Team, d9 AS x_Product, d10 AS x_Customer, d11 AS x_Feature, d12 AS x_Environment, d13 AS x_Model,
       CAST(if(abs(billed) < toDecimal256('100000000000000000000', 0), billed, toDecimal256(0, 30)) AS Decimal(38, 12)) AS BilledMain, billed - toDecimal256(BilledMain, 30) AS BilledRest,
       CAST(if(abs(effective) < toDecimal256('100000000000000000000', 0), effective, toDecimal256(0, 30)) AS Decimal(38, 12)) AS EffectiveMain, effective - toDecimal256(EffectiveMain, 30) AS EffectiveRest,
       CAST(if(abs(listOver) < toDecimal256('100000000000000000000', 0), listOver, toDecimal256(0, 30)) AS Decimal(38, 12)) AS ListOverMain, listOver - toDecimal256(ListOverMain, 30) AS ListOverRest,
       CAST(if(abs(contractedOver) < toDecimal256('100000000000000000000', 0), contractedOver, toDecimal256(0, 30)) AS Decimal(38, 12)) AS ContractedOverMain, contractedOver - toDecimal256(ContractedOverMain, 30) AS ContractedOverRest,
       lines AS LineCount
FROM (SELECT any(Tenant) AS tenant, any(Region) AS region, x_DropId, toStartOfHour(ChargePeriodStart) AS Hour, x_GroupKey,
             any(BillingCurrency) AS d0, any(ProviderName) AS d1, any(ServiceCategory) AS d2, any(ServiceName) AS d3, any(ChargeCategory) AS d4, any(SubAccountName) AS d5, any(RegionId) AS d6, any(x_Source) AS d7, any(x_Team) AS d8, any(x_Product) AS d9, any(x_Customer) AS d10, any(x_Feature) AS d11, any(x_Environment) AS d12, any(x_Model) AS d13,
             sum(BilledCost) AS billed, sum(EffectiveCost) AS effective, sum(ListCost) - billed AS listOver,
             sum(ContractedCost) - billed AS contractedOver, count() AS lines
      FROM fact_cost_usage
      GROUP BY x_DropId, Hour, x_GroupKey);

-- The same by UTC day; read for whole days.
CREATE TABLE IF NOT EXISTS cost_daily_slim ${ON_CLUSTER}
(
    Tenant LowCardinality(String),
    Region LowCardinality(String),
    x_DropId UUID CODEC(ZSTD(1)),
    Day Date CODEC(ZSTD(1)),
    x_GroupKey UInt64 COMMENT 'hash of the columns from BillingCurrency to x_Model' CODEC(ZSTD(1)),
    BillingCurrency LowCardinality(String) CODEC(ZSTD(1)),
    ProviderName LowCardinality(String) CODEC(ZSTD(1)),
    ServiceCategory LowCardinality(String) CODEC(ZSTD(1)),
    ServiceName LowCardinality(String) CODEC(ZSTD(1)),
    ChargeCategory LowCardinality(String) CODEC(ZSTD(1)),
    SubAccountName LowCardinality(String) CODEC(ZSTD(1)),
    RegionId LowCardinality(String) CODEC(ZSTD(1)),
    x_Source LowCardinality(String) CODEC(ZSTD(1)),
    x_Team LowCardinality(String) CODEC(ZSTD(1)),
    x_Product LowCardinality(String) CODEC(ZSTD(1)),
    x_Customer LowCardinality(String) CODEC(ZSTD(1)),
    x_Feature LowCardinality(String) CODEC(ZSTD(1)),
    x_Environment LowCardinality(String) CODEC(ZSTD(1)),
    x_Model LowCardinality(String) CODEC(ZSTD(1)),
    BilledMain SimpleAggregateFunction(sum, Decimal(38, 12)) CODEC(ZSTD(1)),
    BilledRest SimpleAggregateFunction(sum, Decimal(76, 30)) CODEC(ZSTD(1)),
    EffectiveMain SimpleAggregateFunction(sum, Decimal(38, 12)) CODEC(ZSTD(1)),
    EffectiveRest SimpleAggregateFunction(sum, Decimal(76, 30)) CODEC(ZSTD(1)),
    ListOverMain SimpleAggregateFunction(sum, Decimal(38, 12)) COMMENT 'list cost less billed cost' CODEC(ZSTD(1)),
    ListOverRest SimpleAggregateFunction(sum, Decimal(76, 30)) CODEC(ZSTD(1)),
    ContractedOverMain SimpleAggregateFunction(sum, Decimal(38, 12)) COMMENT 'contracted cost less billed cost' CODEC(ZSTD(1)),
    ContractedOverRest SimpleAggregateFunction(sum, Decimal(76, 30)) CODEC(ZSTD(1)),
    LineCount SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    BilledCost Decimal(76, 30) ALIAS toDecimal256(BilledMain, 30) + BilledRest,
    EffectiveCost Decimal(76, 30) ALIAS toDecimal256(EffectiveMain, 30) + EffectiveRest,
    ListCost Decimal(76, 30) ALIAS toDecimal256(BilledMain, 30) + BilledRest + toDecimal256(ListOverMain, 30) + ListOverRest,
    ContractedCost Decimal(76, 30) ALIAS toDecimal256(BilledMain, 30) + BilledRest + toDecimal256(ContractedOverMain, 30) + ContractedOverRest
)
ENGINE = ${AGGREGATING}
PARTITION BY toYYYYMM(Day)
PRIMARY KEY (Tenant, Region, x_DropId, Day, x_GroupKey)
ORDER BY (Tenant, Region, x_DropId, Day, x_GroupKey, BillingCurrency, ProviderName, ServiceCategory, ServiceName,
          ChargeCategory, SubAccountName, RegionId, x_Source, x_Team, x_Product, x_Customer, x_Feature, x_Environment,
          x_Model);
TRUNCATE TABLE IF EXISTS cost_daily_slim ${ON_CLUSTER};
INSERT INTO cost_daily_slim (Tenant, Region, x_DropId, Day, x_GroupKey, BillingCurrency, ProviderName, ServiceCategory, ServiceName, ChargeCategory, SubAccountName, RegionId, x_Source, x_Team, x_Product, x_Customer, x_Feature, x_Environment, x_Model,
       BilledMain, BilledRest, EffectiveMain, EffectiveRest, ListOverMain, ListOverRest, ContractedOverMain, ContractedOverRest, LineCount)
WITH BilledCost AS billed, EffectiveCost AS effective, ListCost - BilledCost AS listOver, ContractedCost - BilledCost AS contractedOver
SELECT Tenant, Region, x_DropId, Day, x_GroupKey, BillingCurrency, ProviderName, ServiceCategory, ServiceName, ChargeCategory, SubAccountName, RegionId, x_Source, x_Team, x_Product, x_Customer, x_Feature, x_Environment, x_Model,
       CAST(if(abs(billed) < toDecimal256('100000000000000000000', 0), billed, toDecimal256(0, 30)) AS Decimal(38, 12)) AS BilledMain, billed - toDecimal256(BilledMain, 30) AS BilledRest,
       CAST(if(abs(effective) < toDecimal256('100000000000000000000', 0), effective, toDecimal256(0, 30)) AS Decimal(38, 12)) AS EffectiveMain, effective - toDecimal256(EffectiveMain, 30) AS EffectiveRest,
       CAST(if(abs(listOver) < toDecimal256('100000000000000000000', 0), listOver, toDecimal256(0, 30)) AS Decimal(38, 12)) AS ListOverMain, listOver - toDecimal256(ListOverMain, 30) AS ListOverRest,
       CAST(if(abs(contractedOver) < toDecimal256('100000000000000000000', 0), contractedOver, toDecimal256(0, 30)) AS Decimal(38, 12)) AS ContractedOverMain, contractedOver - toDecimal256(ContractedOverMain, 30) AS ContractedOverRest,
       LineCount
FROM cost_daily;
EXCHANGE TABLES cost_daily AND cost_daily_slim ${ON_CLUSTER};
DROP TABLE IF EXISTS cost_daily_slim ${ON_CLUSTER} SYNC;
CREATE MATERIALIZED VIEW IF NOT EXISTS cost_daily_from_facts ${ON_CLUSTER} TO cost_daily AS
SELECT tenant AS Tenant, region AS Region, x_DropId, Day, x_GroupKey, d0 AS BillingCurrency, d1 AS ProviderName, d2 AS ServiceCategory, d3 AS ServiceName, d4 AS ChargeCategory, d5 AS SubAccountName, d6 AS RegionId, d7 AS x_Source, d8 AS x_Team, d9 AS x_Product, d10 AS x_Customer, d11 AS x_Feature, d12 AS x_Environment, d13 AS x_Model,
       CAST(if(abs(billed) < toDecimal256('100000000000000000000', 0), billed, toDecimal256(0, 30)) AS Decimal(38, 12)) AS BilledMain, billed - toDecimal256(BilledMain, 30) AS BilledRest,
       CAST(if(abs(effective) < toDecimal256('100000000000000000000', 0), effective, toDecimal256(0, 30)) AS Decimal(38, 12)) AS EffectiveMain, effective - toDecimal256(EffectiveMain, 30) AS EffectiveRest,
       CAST(if(abs(listOver) < toDecimal256('100000000000000000000', 0), listOver, toDecimal256(0, 30)) AS Decimal(38, 12)) AS ListOverMain, listOver - toDecimal256(ListOverMain, 30) AS ListOverRest,
       CAST(if(abs(contractedOver) < toDecimal256('100000000000000000000', 0), contractedOver, toDecimal256(0, 30)) AS Decimal(38, 12)) AS ContractedOverMain, contractedOver - toDecimal256(ContractedOverMain, 30) AS ContractedOverRest,
       lines AS LineCount
FROM (SELECT any(Tenant) AS tenant, any(Region) AS region, x_DropId, toDate(ChargePeriodStart, 'UTC') AS Day, x_GroupKey,
             any(BillingCurrency) AS d0, any(ProviderName) AS d1, any(ServiceCategory) AS d2, any(ServiceName) AS d3, any(ChargeCategory) AS d4, any(SubAccountName) AS d5, any(RegionId) AS d6, any(x_Source) AS d7, any(x_Team) AS d8, any(x_Product) AS d9, any(x_Customer) AS d10, any(x_Feature) AS d11, any(x_Environment) AS d12, any(x_Model) AS d13,
             sum(BilledCost) AS billed, sum(EffectiveCost) AS effective, sum(ListCost) - billed AS listOver,
             sum(ContractedCost) - billed AS contractedOver, count() AS lines
      FROM fact_cost_usage
      GROUP BY x_DropId, Day, x_GroupKey);
