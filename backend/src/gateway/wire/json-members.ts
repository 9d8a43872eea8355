/** Where the value of a member of the outermost object stands: [start, end) in the text. */
export interface MemberSpan {
  start: number;
  end: number;
}

const space = /[\u0020\t\n\r]*/y;

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
    const key = JSON.parse(text.slice(at, keyEnd)) as string;
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

function skipSpace(text: string, at: number): number {
  space.lastIndex = at;
  space.exec(text);
  return space.lastIndex;
}

function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '"') return at + 1;
  }
  throw new SyntaxError('A string of the JSON text does not end.');
}

function endOfValue(text: string, start: number): number {
  const first = text[start];
  if (first === '"') return endOfString(text, start);
  if (first !== '{' && first !== '[') {
    let at = start;
    while (at < text.length && !/[,}\]\s]/.test(text[at]!)) at++;
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
