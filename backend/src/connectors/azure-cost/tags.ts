/**
 * Tags as Azure writes them: a JSON object (`{"team":"a"}`) or, in exports of enterprise agreements, the inside of one
 * (`"team": "a","env": "b"`). Undefined where the text is neither.
 */
export function azureTags(text: string): Record<string, string> | undefined {
  const trimmed = text.trim();
  const parsed = parse(trimmed) ?? parse(`{${trimmed.replace(/,\s*$/, '')}}`);
  if (parsed === undefined) return undefined;
  return Object.fromEntries(
    Object.entries(parsed).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : value === null ? '' : JSON.stringify(value),
    ]),
  );
}

function parse(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
