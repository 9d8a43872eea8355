-- Cost and usage in FOCUS terms (1.2 columns, 1.0 names kept where they were renamed), AI columns as x_.
-- A drop is (Tenant, Region, x_Source, x_Period, version): its rows carry its id, and only the newest complete drop of a
-- source and period is read (cost_drop), so that a correction replaces the older version whole and at once.
CREATE TABLE IF NOT EXISTS cost_drop ${ON_CLUSTER}
(
    Tenant LowCardinality(String),
    Region LowCardinality(String),
    x_Source LowCardinality(String),
    x_Period String,
    x_DropId UUID,
    x_DropVersion UInt64,
    ContentHash String COMMENT 'SHA-256 of the bytes that were received',
    LakePath String COMMENT 'where those bytes are kept, below the folder of the lake',
    FileName String,
    RowCount UInt64,
    QuarantinedCount UInt64,
    Currencies Array(LowCardinality(String)),
    ChargePeriodFrom DateTime('UTC') COMMENT 'earliest ChargePeriodStart',
    ChargePeriodLast DateTime('UTC') COMMENT 'latest ChargePeriodStart',
    ChargePeriodTo DateTime('UTC') COMMENT 'latest ChargePeriodEnd',
    ActivatedAt DateTime64(3, 'UTC')
)
ENGINE = ${REPLACING}(x_DropVersion)
ORDER BY (Tenant, Region, x_Source, x_Period);

CREATE TABLE IF NOT EXISTS fact_cost_usage ${ON_CLUSTER}
(
    Tenant LowCardinality(String),
    Region LowCardinality(String),
    x_DropId UUID,
    x_Source LowCardinality(String),
    x_SourceFile LowCardinality(String),
    x_SourceLine UInt64,
    BilledCost Decimal(76, 30),
    EffectiveCost Decimal(76, 30),
    ListCost Decimal(76, 30),
    ContractedCost Decimal(76, 30),
    ListUnitPrice Nullable(Decimal(76, 30)),
    ContractedUnitPrice Nullable(Decimal(76, 30)),
    PricingQuantity Nullable(Decimal(76, 30)),
    ConsumedQuantity Nullable(Decimal(76, 30)),
    CommitmentDiscountQuantity Nullable(Decimal(76, 30)),
    BillingCurrency LowCardinality(String),
    PricingCurrency LowCardinality(String),
    BillingPeriodStart DateTime('UTC'),
    BillingPeriodEnd DateTime('UTC'),
    ChargePeriodStart DateTime('UTC'),
    ChargePeriodEnd DateTime('UTC'),
    ProviderName LowCardinality(String),
    PublisherName LowCardinality(String),
    InvoiceIssuerName LowCardinality(String),
    InvoiceId String,
    BillingAccountId String,
    BillingAccountName LowCardinality(String),
    BillingAccountType LowCardinality(String),
    SubAccountId String,
    SubAccountName LowCardinality(String),
    SubAccountType LowCardinality(String),
    ChargeCategory LowCardinality(String),
    ChargeClass LowCardinality(String),
    ChargeDescription String,
    ChargeFrequency LowCardinality(String),
    PricingCategory LowCardinality(String),
    PricingUnit LowCardinality(String),
    ConsumedUnit LowCardinality(String),
    CommitmentDiscountCategory LowCardinality(String),
    CommitmentDiscountId String,
    CommitmentDiscountName String,
    CommitmentDiscountStatus LowCardinality(String),
    CommitmentDiscountType LowCardinality(String),
    CommitmentDiscountUnit LowCardinality(String),
    CapacityReservationId String,
    CapacityReservationStatus LowCardinality(String),
    ServiceCategory LowCardinality(String),
    ServiceSubcategory LowCardinality(String),
    ServiceName LowCardinality(String),
    SkuId String,
    SkuMeter LowCardinality(String),
    SkuPriceId String,
    SkuPriceDetails String,
    RegionId LowCardinality(String),
    RegionName LowCardinality(String),
    AvailabilityZone LowCardinality(String),
    ResourceId String,
    ResourceName String,
    ResourceType LowCardinality(String),
    Tags Map(LowCardinality(String), String),
    x_Team LowCardinality(String),
    x_Product LowCardinality(String),
    x_Customer LowCardinality(String),
    x_Feature LowCardinality(String),
    x_Environment LowCardinality(String),
    x_Model LowCardinality(String),
    x_Unknown Map(LowCardinality(String), String),
    x_GroupKey UInt64 MATERIALIZED sipHash64(BillingCurrency, ProviderName, ServiceCategory, ServiceName, ChargeCategory,
        SubAccountName, RegionId, x_Source, x_Team, x_Product, x_Customer, x_Feature, x_Environment, x_Model)
)
ENGINE = ${MERGETREE}
PARTITION BY toYYYYMM(ChargePeriodStart)
ORDER BY (Tenant, Region, x_DropId, ChargePeriodStart, ProviderName, ServiceName, x_SourceLine)
SETTINGS index_granularity = 8192;

-- One row per hour and combination of the business dimensions; read for hours and for the ragged ends of ranges. The view
-- groups by x_GroupKey, and the table is sorted by it, because one number is found and compared many times faster than a
-- dozen strings. A drop belongs to one tenant and region, so that any() of them is exact.
CREATE TABLE IF NOT EXISTS cost_hourly ${ON_CLUSTER}
(
    Tenant LowCardinality(String),
    Region LowCardinality(String),
    x_DropId UUID,
    Hour DateTime('UTC'),
    x_GroupKey UInt64 COMMENT 'hash of the columns from BillingCurrency to x_Model',
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
    LineCount SimpleAggregateFunction(sum, UInt64)
)
ENGINE = ${AGGREGATING}
PARTITION BY toYYYYMM(Hour)
PRIMARY KEY (Tenant, Region, x_DropId, Hour, x_GroupKey)
ORDER BY (Tenant, Region, x_DropId, Hour, x_GroupKey, BillingCurrency, ProviderName, ServiceCategory, ServiceName,
          ChargeCategory, SubAccountName, RegionId, x_Source, x_Team, x_Product, x_Customer, x_Feature, x_Environment,
          x_Model);

CREATE MATERIALIZED VIEW IF NOT EXISTS cost_hourly_from_facts ${ON_CLUSTER} TO cost_hourly AS
SELECT any(Tenant) AS Tenant, any(Region) AS Region, x_DropId, toStartOfHour(ChargePeriodStart) AS Hour, x_GroupKey,
       any(BillingCurrency) AS BillingCurrency, any(ProviderName) AS ProviderName,
       any(ServiceCategory) AS ServiceCategory, any(ServiceName) AS ServiceName, any(ChargeCategory) AS ChargeCategory,
       any(SubAccountName) AS SubAccountName, any(RegionId) AS RegionId, any(x_Source) AS x_Source,
       any(x_Team) AS x_Team, any(x_Product) AS x_Product, any(x_Customer) AS x_Customer, any(x_Feature) AS x_Feature,
       any(x_Environment) AS x_Environment, any(x_Model) AS x_Model, sum(BilledCost) AS BilledCost,
       sum(EffectiveCost) AS EffectiveCost, sum(ListCost) AS ListCost, sum(ContractedCost) AS ContractedCost,
       count() AS LineCount
FROM fact_cost_usage
GROUP BY x_DropId, Hour, x_GroupKey;

-- The same by UTC day; read for whole days.
CREATE TABLE IF NOT EXISTS cost_daily ${ON_CLUSTER}
(
    Tenant LowCardinality(String),
    Region LowCardinality(String),
    x_DropId UUID,
    Day Date,
    x_GroupKey UInt64 COMMENT 'hash of the columns from BillingCurrency to x_Model',
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
    LineCount SimpleAggregateFunction(sum, UInt64)
)
ENGINE = ${AGGREGATING}
PARTITION BY toYYYYMM(Day)
PRIMARY KEY (Tenant, Region, x_DropId, Day, x_GroupKey)
ORDER BY (Tenant, Region, x_DropId, Day, x_GroupKey, BillingCurrency, ProviderName, ServiceCategory, ServiceName,
          ChargeCategory, SubAccountName, RegionId, x_Source, x_Team, x_Product, x_Customer, x_Feature, x_Environment,
          x_Model);

CREATE MATERIALIZED VIEW IF NOT EXISTS cost_daily_from_facts ${ON_CLUSTER} TO cost_daily AS
SELECT any(Tenant) AS Tenant, any(Region) AS Region, x_DropId, toDate(ChargePeriodStart, 'UTC') AS Day, x_GroupKey,
       any(BillingCurrency) AS BillingCurrency, any(ProviderName) AS ProviderName,
       any(ServiceCategory) AS ServiceCategory, any(ServiceName) AS ServiceName, any(ChargeCategory) AS ChargeCategory,
       any(SubAccountName) AS SubAccountName, any(RegionId) AS RegionId, any(x_Source) AS x_Source,
       any(x_Team) AS x_Team, any(x_Product) AS x_Product, any(x_Customer) AS x_Customer, any(x_Feature) AS x_Feature,
       any(x_Environment) AS x_Environment, any(x_Model) AS x_Model, sum(BilledCost) AS BilledCost,
       sum(EffectiveCost) AS EffectiveCost, sum(ListCost) AS ListCost, sum(ContractedCost) AS ContractedCost,
       count() AS LineCount
FROM fact_cost_usage
GROUP BY x_DropId, Day, x_GroupKey;
