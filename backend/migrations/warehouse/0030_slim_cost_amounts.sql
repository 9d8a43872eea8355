-- Amounts of bills in the roll-ups, divided by what those of a block have in common, mostly zeros at their end: a third less for
-- the hours, two thirds less where amounts stand in thirty digits.
ALTER TABLE cost_hourly ${ON_CLUSTER}
    MODIFY COLUMN BilledMain SimpleAggregateFunction(sum, Decimal(38, 12)) CODEC(GCD, ZSTD(1)),
    MODIFY COLUMN EffectiveMain SimpleAggregateFunction(sum, Decimal(38, 12)) CODEC(GCD, ZSTD(1)),
    MODIFY COLUMN ListOverMain SimpleAggregateFunction(sum, Decimal(38, 12)) CODEC(GCD, ZSTD(1)),
    MODIFY COLUMN ContractedOverMain SimpleAggregateFunction(sum, Decimal(38, 12)) CODEC(GCD, ZSTD(1));
OPTIMIZE TABLE cost_hourly ${ON_CLUSTER} FINAL;

ALTER TABLE cost_daily ${ON_CLUSTER}
    MODIFY COLUMN BilledMain SimpleAggregateFunction(sum, Decimal(38, 12)) CODEC(GCD, ZSTD(1)),
    MODIFY COLUMN EffectiveMain SimpleAggregateFunction(sum, Decimal(38, 12)) CODEC(GCD, ZSTD(1)),
    MODIFY COLUMN ListOverMain SimpleAggregateFunction(sum, Decimal(38, 12)) CODEC(GCD, ZSTD(1)),
    MODIFY COLUMN ContractedOverMain SimpleAggregateFunction(sum, Decimal(38, 12)) CODEC(GCD, ZSTD(1));
OPTIMIZE TABLE cost_daily ${ON_CLUSTER} FINAL;

ALTER TABLE cost_unit_daily ${ON_CLUSTER}
    MODIFY COLUMN BilledCost SimpleAggregateFunction(sum, Decimal(76, 30)) CODEC(GCD, ZSTD(1)),
    MODIFY COLUMN EffectiveCost SimpleAggregateFunction(sum, Decimal(76, 30)) CODEC(GCD, ZSTD(1)),
    MODIFY COLUMN ListCost SimpleAggregateFunction(sum, Decimal(76, 30)) CODEC(GCD, ZSTD(1)),
    MODIFY COLUMN ContractedCost SimpleAggregateFunction(sum, Decimal(76, 30)) CODEC(GCD, ZSTD(1)),
    MODIFY COLUMN Quantity SimpleAggregateFunction(sum, Decimal(76, 30)) CODEC(GCD, ZSTD(1)),
    MODIFY COLUMN GpuHours SimpleAggregateFunction(sum, Decimal(76, 30)) CODEC(GCD, ZSTD(1));
OPTIMIZE TABLE cost_unit_daily ${ON_CLUSTER} FINAL;

ALTER TABLE cost_job_daily ${ON_CLUSTER}
    MODIFY COLUMN BilledCost SimpleAggregateFunction(sum, Decimal(76, 30)) CODEC(GCD, ZSTD(1)),
    MODIFY COLUMN EffectiveCost SimpleAggregateFunction(sum, Decimal(76, 30)) CODEC(GCD, ZSTD(1)),
    MODIFY COLUMN ListCost SimpleAggregateFunction(sum, Decimal(76, 30)) CODEC(GCD, ZSTD(1)),
    MODIFY COLUMN ContractedCost SimpleAggregateFunction(sum, Decimal(76, 30)) CODEC(GCD, ZSTD(1)),
    MODIFY COLUMN GpuHours SimpleAggregateFunction(sum, Decimal(76, 30)) CODEC(GCD, ZSTD(1));
OPTIMIZE TABLE cost_job_daily ${ON_CLUSTER} FINAL;
