export {
  allocationRuleFields,
  AllocationRuleSettingsSchema,
  type AllocationRuleSettings,
} from './allocation-settings.ts';
export { gatewayProblems } from './gateway-problems.ts';
export { eventFields, type EventSettings } from './event-settings.ts';
export { RevenueLineSchema } from './revenue-settings.ts';
export { BudgetAmount, budgetFields, type BudgetSettings } from './budget-settings.ts';
export type { ClusterSettings } from './kubernetes-settings.ts';
export { loadConfig, ConfigError } from './load-config.ts';
export { schemaProblems, type SchemaProblem } from './schema-problems.ts';
export { redactConfig } from './redact-config.ts';
export { regionDatabases, type RegionDatabases } from './region-databases.ts';
export { ConfigSchema, type Config } from './schema.ts';
export { scalingFields, type ReplicaWindow, type ScalingWorkloadSettings } from './scaling-settings.ts';
export { ReportDefinitionSchema, type ShowbackReportSettings } from './showback-settings.ts';
export {
  businessDimensionNames,
  piiDetectorNames,
  tagRuleFields,
  TagRuleSettingsSchema,
  type TagRuleSettings,
} from './tag-rule-settings.ts';
export { keptRegions, viewFields, type ViewSettings } from './view-settings.ts';
export { PolicySettingsSchema, RouteSettingsSchema } from './gateway-settings.ts';
export { limitFields, type LimitSettingsSchema } from './limit-settings.ts';
export { personalKinds } from './privacy-settings.ts';
