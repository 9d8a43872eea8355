/** Changes one text of a body. `json`: it is JSON itself, as the arguments of a tool are. */
export type ChangeText = (text: string, isJson: boolean) => string;

export interface WalkResult {
  body: unknown;
  changed: boolean;
  /** Images, audio or files that nothing here can read. */
  unreadable: boolean;
}

/** Members whose values are names of the protocol, not words of people, where they read like names. */
const identifiers: ReadonlySet<string> = new Set([
  ...['model', 'role', 'type', 'id', 'tool_call_id', 'tool_use_id', 'call_id', 'item_id', 'object', 'finish_reason'],
  ...[
    'previous_response_id',
    'response_id',
    'stop_reason',
    'signature',
    'thought_signature',
    'encrypted_content',
    'file_id',
    'media_type',
    'mime_type',
  ],
  ...['encoding_format', 'detail', 'effort', 'service_tier', 'system_fingerprint', 'status', 'event_id', 'obfuscation'],
]);
/** What a data URL begins with. */
const dataUrl = /^data:(?:[\w.+-]+\/[\w.+-]+)?(?:;[^,]*)?;base64,/i;
const notName = /[^\w.:/+=-]/;
const notBase64 = /[^A-Za-z0-9+/=_\r\n-]/g;
/** Numbers of the protocol that may have as many digits as a card. */
const numbers: ReadonlySet<string> = new Set(['seed']);
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

  /** The same value where nothing in it changes. @param free within arguments: all its numbers and names are texts as well */
  value(value: unknown, key: string, parent: Record<string, unknown> | undefined, free: boolean): unknown {
    if (typeof value === 'string') return this.#text(value, key, parent, free);
    if (typeof value === 'number')
      return free || Number.isInteger(value) ? this.#number(String(value), value, key, free) : value;
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
    if (rawJson.isRawJSON(value)) return this.#number((value as { rawJSON: string }).rawJSON, value, key, free);
    return this.#object(value as Record<string, unknown>, free && !isContent(value as Record<string, unknown>));
  }

  #object(object: Record<string, unknown>, free: boolean): unknown {
    if (!free && unreadableTypes.has(object['type'])) this.unreadable = true;
    /** Members under their new names, once one of them changes. */
    let members: [string, unknown][] | undefined;
    for (const key in object) {
      const member = object[key];
      const isFree = free || isFreeForm(key, member, object);
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
    if (!free && isName(key, parent) && readsLikeName(text)) return text;
    const isFile = !free && holdsFile(key, parent);
    if (isFile) this.unreadable = true;
    const head = dataUrl.exec(text)?.[0] ?? '';
    if ((isFile || head !== '') && isBase64(text, head.length)) {
      this.unreadable = true;
      // It may tell the name of a file.
      return head.includes('=') ? this.#change(head, false) + text.slice(head.length) : text;
    }
    return this.#change(text, key === 'arguments' || key === 'partial_json');
  }

  /** Outside of arguments whole numbers alone: fractions are measures. */
  #number(text: string, value: unknown, key: string, free: boolean): unknown {
    if (text.length < 7 || !(free || (/^\d+$/.test(text) && !numbers.has(key)))) return value;
    const changed = this.#change(text, false);
    return changed === text ? value : changed;
  }
}

/** Whether the member holds what a person or a model made up, in whatever form. */
function isFreeForm(key: string, member: unknown, { type }: Record<string, unknown>): boolean {
  if (key === 'metadata' || key === 'variables') return true;
  if (key !== 'input') return false;
  return (
    (typeof type === 'string' && type.endsWith('tool_use')) ||
    (typeof member === 'object' && member !== null && !Array.isArray(member))
  );
}

/** Images and files are among variables as they are among messages. */
function isContent({ type }: Record<string, unknown>): boolean {
  return typeof type === 'string' && type.startsWith('input_') && unreadableTypes.has(type);
}

/** Whether the member is a name of the protocol, by where it stands. */
function isName(key: string, parent: Record<string, unknown> | undefined): boolean {
  if (identifiers.has(key)) return true;
  return (
    key === 'name' &&
    parent !== undefined &&
    (named.has(parent['type']) || 'parameters' in parent || 'arguments' in parent || 'input_schema' in parent)
  );
}

/**
 * `call_4f`, `gpt-4.1`, `meta-llama/Llama-3`, sealed thoughts: no white space, no @, and not of digits and signs alone, as
 * numbers of telephones and cards are.
 */
function readsLikeName(text: string): boolean {
  return !notName.test(text) && /[A-Za-z]/.test(text);
}

/** Whether the member holds the bytes of an image, a sound or a file. */
function holdsFile(key: string, parent: Record<string, unknown> | undefined): boolean {
  if (key === 'file_data') return true;
  return key === 'data' && parent !== undefined && (parent['type'] === 'base64' || 'format' in parent);
}

function isBase64(text: string, from: number): boolean {
  notBase64.lastIndex = from;
  return !notBase64.test(text);
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
