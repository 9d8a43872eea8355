import type { Json } from './dialects/json.ts';

const since = '1970-01-01T00:00:00Z';

/** A model as both OpenAI's and Anthropic's APIs tell it: the SDKs of each find what they look for. */
export function modelEntry(id: string): Json {
  const openai = { id, object: 'model', created: 0, owned_by: 'amadeus' };
  return { ...openai, type: 'model', display_name: id, created_at: since };
}

/** All of them on one page, for both. */
export function modelList(ids: readonly string[]): Json {
  return {
    object: 'list',
    data: ids.map(modelEntry),
    ...{ has_more: false, first_id: ids[0] ?? null, last_id: ids.at(-1) ?? null },
  };
}
