/**
 * Under which names a bill and the records of usage mean the same thing. Bills say `Microsoft`, usage says `azure.ai.openai`;
 * bills say `gpt-4.1-2025-04-14`, usage says `gpt-4.1`.
 */
const providers: readonly (readonly [RegExp | string, string])[] = [
  ['^(microsoft|azure)', 'azure'],
  ['^(aws|amazon|bedrock)', 'aws'],
  ['^(google|gcp|vertex|gemini)', 'google'],
  ['^openai', 'openai'],
  ['^anthropic', 'anthropic'],
  ['^(vllm|sglang|tgi|triton|ollama|llm-d|self-?hosted|kubernetes|slurm)', 'self-hosted'],
];

/** SQL of a provider's key: one name for each of its spellings. */
export function providerKeySql(column: string): string {
  const name = `lower(toString(${column}))`;
  const branches = providers.map(([pattern, key]) => `match(${name}, '${String(pattern)}'), '${key}'`);
  return `multiIf(${branches.join(', ')}, ${name})`;
}

/** SQL of a model's key: lower case, without the path before it and the date or tag behind it. */
export function modelKeySql(column: string): string {
  const bare = `replaceRegexpOne(lower(toString(${column})), '^.*/', '')`;
  return `replaceRegexpOne(${bare}, '([-@](20[0-9]{6}|20[0-9]{2}-[0-9]{2}-[0-9]{2}|latest)|@[^@]*|:[0-9]+)$', '')`;
}

/** SQL of a stage of the software's life: dev, ci, staging or production where the text is one of their usual names. */
export function stageSql(column: string): string {
  const name = `lower(toString(${column}))`;
  return `multiIf(${name} IN ('production', 'prod', 'prd', 'live'), 'production', ${name} IN ('staging', 'stage', 'stg', 'preprod', 'uat'), 'staging', ${name} IN ('dev', 'development', 'develop', 'local', 'sandbox'), 'dev', ${name} IN ('ci', 'test', 'testing', 'build'), 'ci', toString(${column}))`;
}
