const mostNodes = 20_000;

/** Hosts of `cpn-f13-[01-02],gpu1,r[1-2]n[3,5]`; none for `None assigned`. Undefined where it is no such list. */
export function expandNodeList(text: string): string[] | undefined {
  const trimmed = text.trim();
  if (/^(?:|none assigned|none|n\/a|\(null\))$/i.test(trimmed)) return [];
  const nodes: string[] = [];
  for (const part of splitOutsideBrackets(trimmed)) {
    const expanded = expandOne(part);
    if (expanded === undefined || nodes.length + expanded.length > mostNodes) return undefined;
    nodes.push(...expanded);
  }
  return nodes;
}

function splitOutsideBrackets(text: string): string[] {
  const parts: string[] = [''];
  let depth = 0;
  for (const letter of text) {
    if (letter === '[') depth += 1;
    if (letter === ']') depth -= 1;
    if (letter === ',' && depth === 0) parts.push('');
    else parts[parts.length - 1] += letter;
  }
  return parts.map((part) => part.trim()).filter((part) => part !== '');
}

function expandOne(text: string): string[] | undefined {
  const open = text.indexOf('[');
  if (open < 0) return /^[\w.-]+$/.test(text) ? [text] : undefined;
  const close = text.indexOf(']', open);
  if (close < 0) return undefined;
  const rest = text.slice(close + 1) === '' ? [''] : expandOne(text.slice(close + 1));
  if (rest === undefined) return undefined;
  const nodes: string[] = [];
  for (const range of text.slice(open + 1, close).split(',')) {
    const match = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(range.trim());
    if (match === null) return undefined;
    const first = match[1]!;
    const last = Number(match[2] ?? first);
    if (last < Number(first) || last - Number(first) > mostNodes) return undefined;
    for (let number = Number(first); number <= last; number++)
      for (const tail of rest) nodes.push(`${text.slice(0, open)}${String(number).padStart(first.length, '0')}${tail}`);
    if (nodes.length > mostNodes) return undefined;
  }
  return nodes;
}
