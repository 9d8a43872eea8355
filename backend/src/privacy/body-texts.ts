/** Changes one text of a body. `json`: it is JSON itself, as the arguments of a tool are. */
export type ChangeText = (text: string, isJson: boolean) => string;

export interface WalkResult {
  body: unknown;
  changed: boolean;
  /** Images, audio or files that nothing here can read. */
  unreadable: boolean;
}

/** Members whose values are names of the protocol, not words of people. */
const identifiers: ReadonlySet<string> = new Set([
  ...['model', 'role', 'type', 'id', 'tool_call_id', 'tool_use_id', 'call_id', 'item_id', 'object', 'finish_reason'],
  ...[
    'previous_response_id',
    'response_id',
    'stop_reason',
    'signature',
    'encrypted_content',
    'media_type',
    'mime_type',
  ],
  ...['encoding_format', 'detail', 'effort', 'service_tier', 'system_fingerprint', 'status', 'event_id', 'obfuscation'],
]);
const named: ReadonlySet<unknown> = new Set(['function', 'tool_use', 'function_call', 'custom', 'tool']);
const unreadableTypes: ReadonlySet<unknown> = new Set([
  ...['image_url', 'input_image', 'image', 'input_audio', 'audio', 'file', 'input_file', 'video', 'input_video', 'url'],
]);

/**
 * Goes through every text of a request or an answer, in whatever dialect: what is not known to be a name of the protocol counts
 * as text, so that a member that nobody here has heard of hides nothing.
 *
 * @param body as JSON.parse reads it; numbers may be raw JSON
 */
export function walkTexts(body: unknown, change: ChangeText): WalkResult {
  const walk = new Walk(change);
  const changed = walk.value(body, '', undefined, false);
  return { body: changed, changed: changed !== body, unreadable: walk.unreadable };
}

class Walk {
  readonly #change: ChangeText;
  unreadable = false;

  constructor(change: ChangeText) {
    this.#change = change;
  }

  /** The same value where nothing in it changes. @param free within arguments: its numbers and names are texts as well */
  value(value: unknown, key: string, parent: Record<string, unknown> | undefined, free: boolean): unknown {
    if (typeof value === 'string') return this.#text(value, key, parent, free);
    if (typeof value === 'number') return free ? this.#number(String(value), value) : value;
    if (Array.isArray(value)) {
      let items = value as unknown[];
      for (let index = 0; index < value.length; index++) {
        const item: unknown = value[index];
        const next = this.value(item, key, parent, free);
        if (next === item) continue;
        if (items === value) items = items.slice();
        items[index] = next;
      }
      return items;
    }
    if (typeof value !== 'object' || value === null) return value;
    if (rawJson.isRawJSON(value)) return free ? this.#number((value as { rawJSON: string }).rawJSON, value) : value;
    return this.#object(value as Record<string, unknown>, free);
  }

  #object(object: Record<string, unknown>, free: boolean): unknown {
    if (!free && unreadableTypes.has(object['type'])) this.unreadable = true;
    /** Members under their new names, once one of them changes. */
    let members: [string, unknown][] | undefined;
    for (const key in object) {
      const member = object[key];
      const isFree = free || (key === 'input' && object['type'] === 'tool_use') || key === 'metadata';
      const next = this.value(member, key, object, isFree);
      // Names of members may be people's as well: {"ada@example.com": 1}
      const name = isFree || free || /[@\d]/.test(key) ? this.#change(key, false) : key;
      if (next !== member || name !== key) members ??= membersBefore(object, key);
      members?.push([name, next]);
    }
    return members ? Object.fromEntries(members) : object;
  }

  #text(text: string, key: string, parent: Record<string, unknown> | undefined, free: boolean): string {
    if (text === '') return text;
    if (!free) {
      if (identifiers.has(key)) return text;
      if (
        key === 'name' &&
        parent &&
        (named.has(parent['type']) || 'parameters' in parent || 'arguments' in parent || 'input_schema' in parent)
      )
        return text;
      if (key === 'data' && (parent?.['type'] === 'base64' || 'format' in (parent ?? {}))) return this.#blind(text);
      if (key === 'file_data' || text.startsWith('data:')) return this.#blind(text);
    }
    return this.#change(text, key === 'arguments' || key === 'partial_json');
  }

  #blind(text: string): string {
    this.unreadable = true;
    return text;
  }

  #number(text: string, value: unknown): unknown {
    if (text.length < 7) return value;
    const changed = this.#change(text, false);
    return changed === text ? value : changed;
  }
}

function membersBefore(object: Record<string, unknown>, key: string): [string, unknown][] {
  const members = Object.entries(object);
  return members.slice(
    0,
    members.findIndex(([name]) => name === key),
  );
}

interface RawJson {
  rawJSON(text: string): object;
  isRawJSON(value: unknown): boolean;
}
const rawJson = JSON as unknown as RawJson;

/** Reads JSON so that every digit of its numbers is kept. @throws SyntaxError */
export function parseExactly(text: string): unknown {
  return JSON.parse(text, (_key: string, value: unknown, context?: { source?: string }) =>
    typeof value === 'number' && context?.source !== undefined && String(value) !== context.source
      ? rawJson.rawJSON(context.source)
      : value,
  );
}
