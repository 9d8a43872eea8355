-- Cost by day with what unit costs need besides money: quantities by SKU, GPU-hours, whether a charge is billed or computed.
-- Keyed by drop as cost_daily is, so that the drops that count decide which rows are read.
CREATE TABLE IF NOT EXISTS cost_unit_daily ${ON_CLUSTER}
(
    Tenant LowCardinality(String),
    Region LowCardinality(String),
    x_DropId UUID,
    Day Date,
    x_UnitKey UInt64 COMMENT 'hash of the columns from BillingCurrency to PeriodDays',
    BillingCurrency LowCardinality(String),
    ProviderName LowCardinality(String),
    ServiceCategory LowCardinality(String),
    ServiceName LowCardinality(String),
    ChargeCategory LowCardinality(String),
    SubAccountName LowCardinality(String),
    RegionId LowCardinality(String),
    x_Source LowCardinality(String),
    x_Team LowCardinality(String),
    x_Product LowCardinality(String),
    x_Customer LowCardinality(String),
    x_Feature LowCardinality(String),
    x_Environment LowCardinality(String),
    x_Model LowCardinality(String),
    x_ModelVersion LowCardinality(String),
    x_CostBasis LowCardinality(String),
    SkuId LowCardinality(String),
    Unit LowCardinality(String) COMMENT 'of Quantity: PricingUnit, or ConsumedUnit where nothing else is told; empty without a quantity',
    Idle LowCardinality(String) COMMENT 'idle: capacity that nobody used; else empty',
    TokenUnit UInt8 COMMENT '1: measured in tokens or calls of a model',
    IsGpu UInt8 COMMENT '1: GpuHours tells how many',
    PeriodDays UInt16 COMMENT 'days of the charge period, begun ones counted',
    BilledCost SimpleAggregateFunction(sum, Decimal(76, 30)),
    EffectiveCost SimpleAggregateFunction(sum, Decimal(76, 30)),
    ListCost SimpleAggregateFunction(sum, Decimal(76, 30)),
    ContractedCost SimpleAggregateFunction(sum, Decimal(76, 30)),
    Quantity SimpleAggregateFunction(sum, Decimal(76, 30)),
    GpuHours SimpleAggregateFunction(sum, Decimal(76, 30)),
    LineCount SimpleAggregateFunction(sum, UInt64)
)
ENGINE = ${AGGREGATING}
PARTITION BY toYYYYMM(Day)
PRIMARY KEY (Tenant, Region, x_DropId, Day, x_UnitKey)
ORDER BY (Tenant, Region, x_DropId, Day, x_UnitKey, BillingCurrency, ProviderName, ServiceCategory, ServiceName,
          ChargeCategory, SubAccountName, RegionId, x_Source, x_Team, x_Product, x_Customer, x_Feature, x_Environment,
          x_Model, x_ModelVersion, x_CostBasis, SkuId, Unit, Idle, TokenUnit, IsGpu, PeriodDays);

-- What each job cost by day.
CREATE TABLE IF NOT EXISTS cost_job_daily ${ON_CLUSTER}
(
    Tenant LowCardinality(String),
    Region LowCardinality(String),
    x_DropId UUID,
    Day Date,
    x_JobKey UInt64 COMMENT 'hash of the columns from JobId to x_Model',
    JobId String,
    JobName LowCardinality(String),
    BillingCurrency LowCardinality(String),
    ProviderName LowCardinality(String),
    ServiceCategory LowCardinality(String),
    ServiceName LowCardinality(String),
    ChargeCategory LowCardinality(String),
    SubAccountName LowCardinality(String),
    RegionId LowCardinality(String),
    x_Source LowCardinality(String),
    x_Team LowCardinality(String),
    x_Product LowCardinality(String),
    x_Customer LowCardinality(String),
    x_Feature LowCardinality(String),
    x_Environment LowCardinality(String),
    x_Model LowCardinality(String),
    BilledCost SimpleAggregateFunction(sum, Decimal(76, 30)),
    EffectiveCost SimpleAggregateFunction(sum, Decimal(76, 30)),
    ListCost SimpleAggregateFunction(sum, Decimal(76, 30)),
    ContractedCost SimpleAggregateFunction(sum, Decimal(76, 30)),
    GpuHours SimpleAggregateFunction(sum, Decimal(76, 30)),
    LineCount SimpleAggregateFunction(sum, UInt64)
)
ENGINE = ${AGGREGATING}
PARTITION BY toYYYYMM(Day)
PRIMARY KEY (Tenant, Region, x_DropId, Day, x_JobKey)
ORDER BY (Tenant, Region, x_DropId, Day, x_JobKey, JobId, JobName, BillingCurrency, ProviderName, ServiceCategory,
          ServiceName, ChargeCategory, SubAccountName, RegionId, x_Source, x_Team, x_Product, x_Customer, x_Feature,
          x_Environment, x_Model);

-- What each session cost on a day. Filled when a day is sealed, from the deduplicated requests of that day.
CREATE TABLE IF NOT EXISTS llm_session_daily ${ON_CLUSTER}
(
    Tenant LowCardinality(String),
    Region LowCardinality(String),
    x_DropId UUID,
    Day Date,
    Session String CODEC(ZSTD(3)),
    Provider LowCardinality(String),
    Model LowCardinality(String),
    ModelVersion LowCardinality(String),
    Team LowCardinality(String),
    Product LowCardinality(String),
    Customer LowCardinality(String),
    Feature LowCardinality(String),
    Environment LowCardinality(String),
    Currency LowCardinality(String),
    Requests SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    Tokens SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    Cost SimpleAggregateFunction(sum, Decimal(38, 18)) CODEC(ZSTD(3))
)
ENGINE = ${AGGREGATING}
PARTITION BY toYYYYMM(Day)
ORDER BY (Tenant, Region, x_DropId, Day, Customer, Feature, Model, Team, Product, Environment, Provider, ModelVersion,
          Currency, Session);

-- How the cost of one request is spread; without the customer, of whom there may be thousands.
CREATE TABLE IF NOT EXISTS llm_request_cost_daily ${ON_CLUSTER}
(
    Tenant LowCardinality(String),
    Region LowCardinality(String),
    x_DropId UUID,
    Day Date,
    Provider LowCardinality(String),
    Model LowCardinality(String),
    Team LowCardinality(String),
    Product LowCardinality(String),
    Feature LowCardinality(String),
    Environment LowCardinality(String),
    Currency LowCardinality(String),
    Requests SimpleAggregateFunction(sum, UInt64),
    MaxCost SimpleAggregateFunction(max, Decimal(38, 18)),
    Spread AggregateFunction(quantilesTDigestWeighted(0.1, 0.5, 0.9, 0.95, 0.99), Float64, UInt64)
        COMMENT 'statistics, not money: quantiles of the cost of one request'
)
ENGINE = ${AGGREGATING}
PARTITION BY toYYYYMM(Day)
ORDER BY (Tenant, Region, x_DropId, Day, Feature, Model, Provider, Team, Product, Environment, Currency);

-- What was there before the views. Emptied first, so that a start that was cut off here counts nothing twice.
TRUNCATE TABLE IF EXISTS cost_unit_daily ${ON_CLUSTER};
TRUNCATE TABLE IF EXISTS cost_job_daily ${ON_CLUSTER};
DROP VIEW IF EXISTS cost_unit_daily_from_facts ${ON_CLUSTER} SYNC;
DROP VIEW IF EXISTS cost_job_daily_from_facts ${ON_CLUSTER} SYNC;
DROP VIEW IF EXISTS llm_session_daily_from_days ${ON_CLUSTER} SYNC;
DROP VIEW IF EXISTS llm_request_cost_daily_from_days ${ON_CLUSTER} SYNC;


INSERT INTO cost_unit_daily
WITH if(isNotNull(PricingQuantity), PricingUnit, if(isNotNull(ConsumedQuantity), ConsumedUnit, '')) AS unit,
     match(lower(unit), 'gpu[- ]?hours?') AS gpuUnit,
     if(lower(ResourceName) IN ('idle', '__idle__') OR lower(ResourceId) IN ('idle', '__idle__'), 'idle', '') AS idle,
     toUInt16(least(366, greatest(1, intDiv(toInt64(toUnixTimestamp(ChargePeriodEnd)) - toInt64(toUnixTimestamp(ChargePeriodStart)) + 86399, 86400)))) AS periodDays,
     toUInt8(isNotNull(x_InputTokens) OR isNotNull(x_OutputTokens) OR isNotNull(x_Requests)
             OR match(lower(unit), 'token|request|call|image|character')) AS tokenUnit
SELECT any(Tenant) AS Tenant, any(Region) AS Region, x_DropId, toDate(ChargePeriodStart, 'UTC') AS Day,
       sipHash64(x_GroupKey, f.x_ModelVersion, f.x_CostBasis, f.SkuId, unit, idle, periodDays, tokenUnit, isNotNull(x_GpuHours)) AS x_UnitKey,
       any(BillingCurrency) AS BillingCurrency, any(ProviderName) AS ProviderName,
       any(ServiceCategory) AS ServiceCategory, any(ServiceName) AS ServiceName, any(ChargeCategory) AS ChargeCategory,
       any(SubAccountName) AS SubAccountName, any(RegionId) AS RegionId, any(x_Source) AS x_Source,
       any(x_Team) AS x_Team, any(x_Product) AS x_Product, any(x_Customer) AS x_Customer, any(x_Feature) AS x_Feature,
       any(x_Environment) AS x_Environment, any(x_Model) AS x_Model, any(x_ModelVersion) AS x_ModelVersion,
       any(x_CostBasis) AS x_CostBasis, any(SkuId) AS SkuId, any(unit) AS Unit, any(idle) AS Idle,
       any(tokenUnit) AS TokenUnit, any(toUInt8(isNotNull(x_GpuHours) OR gpuUnit)) AS IsGpu, any(periodDays) AS PeriodDays,
       sum(BilledCost) AS BilledCost, sum(EffectiveCost) AS EffectiveCost, sum(ListCost) AS ListCost,
       sum(ContractedCost) AS ContractedCost,
       sum(coalesce(PricingQuantity, ConsumedQuantity, toDecimal256(0, 30))) AS Quantity,
       sum(if(isNotNull(x_GpuHours), toDecimal256(assumeNotNull(x_GpuHours), 30),
              if(gpuUnit, coalesce(PricingQuantity, ConsumedQuantity, toDecimal256(0, 30)), toDecimal256(0, 30)))) AS GpuHours,
       count() AS LineCount
FROM fact_cost_usage AS f
GROUP BY x_DropId, Day, x_UnitKey;

INSERT INTO cost_job_daily
WITH match(lower(if(isNotNull(PricingQuantity), PricingUnit, ConsumedUnit)), 'gpu[- ]?hours?') AS gpuUnit,
     if(x_JobId != '', x_JobId, ResourceId) AS job,
     if(x_Workload != '', toString(x_Workload), Tags['job']) AS jobName
SELECT any(Tenant) AS Tenant, any(Region) AS Region, x_DropId, toDate(ChargePeriodStart, 'UTC') AS Day,
       sipHash64(x_GroupKey, job, jobName) AS x_JobKey, any(job) AS JobId, any(jobName) AS JobName,
       any(BillingCurrency) AS BillingCurrency, any(ProviderName) AS ProviderName,
       any(ServiceCategory) AS ServiceCategory, any(ServiceName) AS ServiceName, any(ChargeCategory) AS ChargeCategory,
       any(SubAccountName) AS SubAccountName, any(RegionId) AS RegionId, any(x_Source) AS x_Source,
       any(x_Team) AS x_Team, any(x_Product) AS x_Product, any(x_Customer) AS x_Customer, any(x_Feature) AS x_Feature,
       any(x_Environment) AS x_Environment, any(x_Model) AS x_Model,
       sum(BilledCost) AS BilledCost, sum(EffectiveCost) AS EffectiveCost, sum(ListCost) AS ListCost,
       sum(ContractedCost) AS ContractedCost,
       sum(if(isNotNull(x_GpuHours), toDecimal256(assumeNotNull(x_GpuHours), 30),
              if(gpuUnit, coalesce(PricingQuantity, ConsumedQuantity, toDecimal256(0, 30)), toDecimal256(0, 30)))) AS GpuHours,
       count() AS LineCount
FROM fact_cost_usage AS f
WHERE x_JobId != '' OR (f.ProviderName IN ('Slurm', 'Kubernetes') AND gpuUnit AND ResourceId != ''
                        AND lower(ResourceId) NOT IN ('idle', '__idle__') AND lower(ResourceName) NOT IN ('idle', '__idle__'))
GROUP BY x_DropId, Day, x_JobKey;

CREATE MATERIALIZED VIEW IF NOT EXISTS cost_unit_daily_from_facts ${ON_CLUSTER} TO cost_unit_daily AS
WITH if(isNotNull(PricingQuantity), PricingUnit, if(isNotNull(ConsumedQuantity), ConsumedUnit, '')) AS unit,
     match(lower(unit), 'gpu[- ]?hours?') AS gpuUnit,
     if(lower(ResourceName) IN ('idle', '__idle__') OR lower(ResourceId) IN ('idle', '__idle__'), 'idle', '') AS idle,
     toUInt16(least(366, greatest(1, intDiv(toInt64(toUnixTimestamp(ChargePeriodEnd)) - toInt64(toUnixTimestamp(ChargePeriodStart)) + 86399, 86400)))) AS periodDays,
     toUInt8(isNotNull(x_InputTokens) OR isNotNull(x_OutputTokens) OR isNotNull(x_Requests)
             OR match(lower(unit), 'token|request|call|image|character')) AS tokenUnit
SELECT any(Tenant) AS Tenant, any(Region) AS Region, x_DropId, toDate(ChargePeriodStart, 'UTC') AS Day,
       sipHash64(x_GroupKey, f.x_ModelVersion, f.x_CostBasis, f.SkuId, unit, idle, periodDays, tokenUnit, isNotNull(x_GpuHours)) AS x_UnitKey,
       any(BillingCurrency) AS BillingCurrency, any(ProviderName) AS ProviderName,
       any(ServiceCategory) AS ServiceCategory, any(ServiceName) AS ServiceName, any(ChargeCategory) AS ChargeCategory,
       any(SubAccountName) AS SubAccountName, any(RegionId) AS RegionId, any(x_Source) AS x_Source,
       any(x_Team) AS x_Team, any(x_Product) AS x_Product, any(x_Customer) AS x_Customer, any(x_Feature) AS x_Feature,
       any(x_Environment) AS x_Environment, any(x_Model) AS x_Model, any(x_ModelVersion) AS x_ModelVersion,
       any(x_CostBasis) AS x_CostBasis, any(SkuId) AS SkuId, any(unit) AS Unit, any(idle) AS Idle,
       any(tokenUnit) AS TokenUnit, any(toUInt8(isNotNull(x_GpuHours) OR gpuUnit)) AS IsGpu, any(periodDays) AS PeriodDays,
       sum(BilledCost) AS BilledCost, sum(EffectiveCost) AS EffectiveCost, sum(ListCost) AS ListCost,
       sum(ContractedCost) AS ContractedCost,
       sum(coalesce(PricingQuantity, ConsumedQuantity, toDecimal256(0, 30))) AS Quantity,
       sum(if(isNotNull(x_GpuHours), toDecimal256(assumeNotNull(x_GpuHours), 30),
              if(gpuUnit, coalesce(PricingQuantity, ConsumedQuantity, toDecimal256(0, 30)), toDecimal256(0, 30)))) AS GpuHours,
       count() AS LineCount
FROM fact_cost_usage AS f
GROUP BY x_DropId, Day, x_UnitKey;

CREATE MATERIALIZED VIEW IF NOT EXISTS cost_job_daily_from_facts ${ON_CLUSTER} TO cost_job_daily AS
WITH match(lower(if(isNotNull(PricingQuantity), PricingUnit, ConsumedUnit)), 'gpu[- ]?hours?') AS gpuUnit,
     if(x_JobId != '', x_JobId, ResourceId) AS job,
     if(x_Workload != '', toString(x_Workload), Tags['job']) AS jobName
SELECT any(Tenant) AS Tenant, any(Region) AS Region, x_DropId, toDate(ChargePeriodStart, 'UTC') AS Day,
       sipHash64(x_GroupKey, job, jobName) AS x_JobKey, any(job) AS JobId, any(jobName) AS JobName,
       any(BillingCurrency) AS BillingCurrency, any(ProviderName) AS ProviderName,
       any(ServiceCategory) AS ServiceCategory, any(ServiceName) AS ServiceName, any(ChargeCategory) AS ChargeCategory,
       any(SubAccountName) AS SubAccountName, any(RegionId) AS RegionId, any(x_Source) AS x_Source,
       any(x_Team) AS x_Team, any(x_Product) AS x_Product, any(x_Customer) AS x_Customer, any(x_Feature) AS x_Feature,
       any(x_Environment) AS x_Environment, any(x_Model) AS x_Model,
       sum(BilledCost) AS BilledCost, sum(EffectiveCost) AS EffectiveCost, sum(ListCost) AS ListCost,
       sum(ContractedCost) AS ContractedCost,
       sum(if(isNotNull(x_GpuHours), toDecimal256(assumeNotNull(x_GpuHours), 30),
              if(gpuUnit, coalesce(PricingQuantity, ConsumedQuantity, toDecimal256(0, 30)), toDecimal256(0, 30)))) AS GpuHours,
       count() AS LineCount
FROM fact_cost_usage AS f
WHERE x_JobId != '' OR (f.ProviderName IN ('Slurm', 'Kubernetes') AND gpuUnit AND ResourceId != ''
                        AND lower(ResourceId) NOT IN ('idle', '__idle__') AND lower(ResourceName) NOT IN ('idle', '__idle__'))
GROUP BY x_DropId, Day, x_JobKey;

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

CREATE MATERIALIZED VIEW IF NOT EXISTS llm_request_cost_daily_from_days ${ON_CLUSTER} TO llm_request_cost_daily AS
SELECT d.Tenant AS Tenant, d.Region AS Region, d.x_DropId AS x_DropId, d.Day AS Day, r.Provider AS Provider,
       r.Model AS Model, r.Team AS Team, r.Product AS Product, r.Feature AS Feature, r.Environment AS Environment,
       r.Currency AS Currency, sum(toUInt64(r.Requests)) AS Requests, max(r.Each) AS MaxCost,
       quantilesTDigestWeightedState(0.1, 0.5, 0.9, 0.95, 0.99)(toFloat64(r.Each), toUInt64(r.Requests)) AS Spread
FROM llm_day AS d
INNER JOIN (SELECT *, toDate(StartedAt) AS Day, Cost / toInt64(greatest(1, Requests)) AS Each FROM fact_llm_request FINAL
            WHERE (Tenant, Region, x_Source, toDate(StartedAt)) IN (SELECT Tenant, Region, x_Source, Day FROM llm_day)
              AND Requests > 0 AND Status != 'void') AS r
        ON r.Tenant = d.Tenant AND r.Region = d.Region AND r.x_Source = d.x_Source AND r.Day = d.Day
GROUP BY Tenant, Region, x_DropId, Day, Provider, Model, Team, Product, Feature, Environment, Currency;
