import type { IncomingHttpHeaders } from 'node:http';

export type Dialect = 'chat' | 'responses' | 'embeddings' | 'messages' | 'gemini' | 'converse' | 'count';

/** A request as the simulator reads it. */
export interface Asked {
  dialect: Dialect;
  path: string;
  model: string;
  stream: boolean;
  body: Record<string, unknown>;
  headers: IncomingHttpHeaders;
  /** Of the body. */
  bytes: number;
  /** Bound that the caller put on the answer. */
  maxTokens: number | undefined;
}

const paths: readonly [RegExp, Dialect][] = [
  [/\/chat\/completions$/, 'chat'],
  [/\/responses$/, 'responses'],
  [/\/embeddings$/, 'embeddings'],
  [/\/messages$/, 'messages'],
  [/\/messages\/count_tokens$/, 'count'],
  [/\/models\/([^/]+):countTokens$/, 'count'],
  [/\/model\/([^/]+)\/count-tokens$/, 'count'],
  [/\/models\/([^/]+):batchEmbedContents$/, 'embeddings'],
  [/\/model\/([^/]+)\/invoke$/, 'embeddings'],
  [/\/models\/([^/]+):(?:stream)?[gG]enerateContent$/, 'gemini'],
  [/\/model\/([^/]+)\/converse(?:-stream)?$/, 'converse'],
];

/** @returns undefined where no provider has such a path */
export function readAsked(url: string, headers: IncomingHttpHeaders, text: string): Asked | undefined {
  const path = url.split('?', 1)[0] ?? '';
  const body = JSON.parse(text) as Record<string, unknown>;
  for (const [pattern, dialect] of paths) {
    const match = pattern.exec(path);
    if (!match) continue;
    const named = match[1] === undefined ? body['model'] : decodeURIComponent(match[1]);
    const inPath = path.endsWith('converse-stream') || path.includes(':stream');
    return {
      dialect,
      path,
      model: typeof named === 'string' ? named : '',
      stream: body['stream'] === true || inPath,
      body,
      headers,
      bytes: text.length,
      maxTokens: boundOf(body),
    };
  }
  return undefined;
}

function boundOf(body: Record<string, unknown>): number | undefined {
  const config = (body['generationConfig'] ?? body['inferenceConfig'] ?? {}) as Record<string, unknown>;
  const bounds = [
    body['max_completion_tokens'],
    body['max_tokens'],
    body['max_output_tokens'],
    config['maxOutputTokens'],
    config['maxTokens'],
  ];
  return bounds.find((bound): bound is number => typeof bound === 'number');
}
