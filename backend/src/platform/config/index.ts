export { loadConfig, ConfigError } from './load-config.ts';
export { redactConfig } from './redact-config.ts';
export { ConfigSchema, type Config } from './schema.ts';
