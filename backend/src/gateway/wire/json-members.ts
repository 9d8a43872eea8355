/** Where the value of a member of the outermost object stands: [start, end) in the text. */
export interface MemberSpan {
  start: number;
  end: number;
}

const backslash = 0x5c;

/**
 * Finds the members of the outermost object of a JSON text that `JSON.parse` accepted, so that one of them can be changed and
 * all the rest stays as it was sent: whole numbers beyond 2^53, repeated keys and spelling are not ours to change. Where a key
 * comes twice the later one counts, as in JSON.parse.
 *
 * @throws SyntaxError where the text is no object
 */
export function memberSpans(text: string): Map<string, MemberSpan> {
  const spans = new Map<string, MemberSpan>();
  let at = skipSpace(text, 0);
  if (text[at] !== '{') throw new SyntaxError('The text is no JSON object.');
  at = skipSpace(text, at + 1);
  while (text[at] !== '}') {
    const keyEnd = endOfString(text, at);
    const key = keyIn(text, at, keyEnd);
    const start = skipSpace(text, skipSpace(text, keyEnd) + 1);
    const end = endOfValue(text, start);
    spans.set(key, { start, end });
    at = skipSpace(text, end);
    if (text[at] === ',') at = skipSpace(text, at + 1);
    else if (text[at] !== '}') throw new SyntaxError('The text is no JSON object.');
  }
  return spans;
}

/**
 * @param members JSON texts by key: what is there is replaced in its place, what is not is added at the end.
 * @returns the text with these members; every other byte as it was.
 */
export function withMembers(text: string, members: Readonly<Record<string, string>>): string {
  const spans = memberSpans(text);
  const replaced = Object.entries(members)
    .flatMap(([key, value]) => {
      const span = spans.get(key);
      return span ? [{ ...span, value }] : [];
    })
    .sort((one, other) => other.start - one.start);
  let changed = text;
  for (const { start, end, value } of replaced) changed = changed.slice(0, start) + value + changed.slice(end);
  const added = Object.entries(members).filter(([key]) => !spans.has(key));
  if (added.length === 0) return changed;
  const close = changed.lastIndexOf('}');
  const list = added.map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(',');
  return `${changed.slice(0, close)}${spans.size > 0 ? ',' : ''}${list}${changed.slice(close)}`;
}

/** Keys are plain, nearly all of them. */
function keyIn(text: string, start: number, end: number): string {
  const inner = text.slice(start + 1, end - 1);
  return inner.includes('\\') ? (JSON.parse(text.slice(start, end)) as string) : inner;
}

function skipSpace(text: string, at: number): number {
  let next = at;
  while (isSpace(text.charCodeAt(next))) next++;
  return next;
}

/** Space, tab, line feed, carriage return. */
function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d;
}

/** Texts are long: the engine finds the next quote faster than a loop does. A quote counts behind an even number of backslashes. */
function endOfString(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let before = at;
    while (text.charCodeAt(before - 1) === backslash) before--;
    if ((at - before) % 2 === 0) return at + 1;
  }
  throw new SyntaxError('A string of the JSON text does not end.');
}

/** Comma, closing brace or bracket, space. */
function endsScalar(code: number): boolean {
  return code === 0x2c || code === 0x7d || code === 0x5d || isSpace(code);
}

function endOfValue(text: string, start: number): number {
  const first = text[start];
  if (first === '"') return endOfString(text, start);
  if (first !== '{' && first !== '[') {
    let at = start;
    while (at < text.length && !endsScalar(text.charCodeAt(at))) at++;
    return at;
  }
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const here = text[at];
    if (here === '"') at = endOfString(text, at) - 1;
    else if (here === '{' || here === '[') depth++;
    else if (here === '}' || here === ']') {
      depth--;
      if (depth === 0) return at + 1;
    }
  }
  throw new SyntaxError('The JSON text does not end.');
}
