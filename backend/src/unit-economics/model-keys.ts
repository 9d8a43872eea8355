/**
 * Under which names a bill and the records of usage mean the same thing. Bills say `Microsoft`, usage says `azure.ai.openai`;
 * bills say `gpt-4.1-2025-04-14`, usage says `gpt-4.1`.
 */
const providers: readonly (readonly [RegExp, string])[] = [
  [/^(microsoft|azure)/, 'azure'],
  [/^(aws|amazon|bedrock)/, 'aws'],
  [/^(google|gcp|vertex|gemini)/, 'google'],
  [/^openai/, 'openai'],
  [/^anthropic/, 'anthropic'],
  [/^(vllm|sglang|tgi|triton|ollama|llm-d|self-?hosted|kubernetes|slurm)/, 'self-hosted'],
];

/** One name for each spelling of a provider. */
export function providerKey(provider: string): string {
  const name = provider.toLowerCase();
  return providers.find(([pattern]) => pattern.test(name))?.[1] ?? name;
}

/** A model in lower case, without the path before it and the date or tag behind it. */
export function modelKey(model: string): string {
  const bare = model.toLowerCase().replace(/^.*\//, '');
  return bare.replace(/([-@](20\d{6}|20\d{2}-\d{2}-\d{2}|latest)|@[^@]*|:\d+)$/, '');
}

/** A provider's model under all the names that bills and usage have for it. */
export interface KnownModel {
  provider: string;
  model: string;
  /** As people know it: the name in the usage, else in the bill. */
  name: string;
  /** Some of its cost is the cost of a language model, by its unit or because it has usage. */
  isLanguage: boolean;
}

/** The models of an answer, known in its statements by their places, counted from 1. */
export interface ModelIndex {
  models: readonly KnownModel[];
  /** Raw names in usage, with the place. */
  used: readonly { provider: string; model: string; place: number }[];
  /** Raw names in bills, with the place. Lines of others, and those that are no cost of a language model, have 0 as key. */
  billed: readonly { provider: string; model: string; tokenUnit: boolean; place: number; isLanguage: boolean }[];
}

/**
 * Gives the names of usage and of bills their places. A line of a bill is the cost of a language model where it is measured in
 * tokens or calls, or where its model has usage.
 */
export function indexModels(
  used: readonly { provider: string; model: string }[],
  billed: readonly { provider: string; model: string; tokenUnit: boolean }[],
): ModelIndex {
  const models: KnownModel[] = [];
  const places = new Map<string, number>();
  const placeOf = (provider: string, model: string): { place: number; isNew: boolean } => {
    const [p, m] = [providerKey(provider), modelKey(model)];
    const key = `${p}\n${m}`;
    const known = places.get(key);
    if (known !== undefined) return { place: known, isNew: false };
    models.push({ provider: p, model: m, name: model, isLanguage: false });
    places.set(key, models.length);
    return { place: models.length, isNew: true };
  };
  const usedPlaces = used.map((one) => ({ ...one, place: placeOf(one.provider, one.model).place }));
  const hasUsage = new Set(usedPlaces.map(({ place }) => place));
  const billedPlaces = billed.map((one) => {
    const { place } = placeOf(one.provider, one.model);
    return { ...one, place, isLanguage: one.tokenUnit || hasUsage.has(place) };
  });
  for (const place of hasUsage) models[place - 1]!.isLanguage = true;
  for (const { place, isLanguage } of billedPlaces) if (isLanguage) models[place - 1]!.isLanguage = true;
  return { models, used: usedPlaces, billed: billedPlaces };
}

/** SQL of a stage of the software's life: dev, ci, staging or production where the text is one of their usual names. */
export function stageSql(column: string): string {
  const name = `lower(toString(${column}))`;
  const known = Object.entries(stages).flatMap(([stage, names]) => names.map((one) => [one, stage] as const));
  const list = (texts: readonly string[]) => `[${texts.map((text) => `'${text}'`).join(', ')}]`;
  return `transform(${name}, ${list(known.map(([one]) => one))}, ${list(known.map(([, stage]) => stage))}, toString(${column}))`;
}

/** The same of a text. */
export function stageOf(text: string): string {
  const name = text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
  return Object.entries(stages).find(([, names]) => names.includes(name))?.[0] ?? text;
}

const stages = {
  production: ['production', 'prod', 'prd', 'live'],
  staging: ['staging', 'stage', 'stg', 'preprod', 'uat'],
  dev: ['dev', 'development', 'develop', 'local', 'sandbox'],
  ci: ['ci', 'test', 'testing', 'build'],
};
