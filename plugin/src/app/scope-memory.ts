/** Names in the URL that go along from page to page: what is looked at, and against what. Not the time range: minutes of traffic and months of bills need their own. */
const kept = ['filter', 'currency', 'compare', 'timezone'] as const;

/** The last scope of this browser tab, so that the side menu, whose links carry none, does not lose it. */
let remembered = new URLSearchParams();

/** Keeps the scope of the address that is shown. */
export function rememberScope(search: string): void {
  const now = new URLSearchParams(search);
  remembered = new URLSearchParams();
  for (const name of kept) for (const value of now.getAll(name)) remembered.append(name, value);
}

/** The search part to go to when a page is opened without any, or undefined where there is nothing to add. */
export function recallScope(search: string): string | undefined {
  const now = new URLSearchParams(search);
  if (kept.some((name) => now.has(name)) || [...remembered.keys()].length === 0) return undefined;
  for (const [name, value] of remembered) now.append(name, value);
  return `?${now.toString()}`;
}

/** The scope to put behind a link to another page. */
export function scopeSuffix(search: string, extra: Record<string, string> = {}): string {
  const now = new URLSearchParams(search);
  const next = new URLSearchParams(extra);
  for (const name of ['filter', 'currency', 'compare']) for (const value of now.getAll(name)) next.append(name, value);
  const text = next.toString();
  return text === '' ? '' : `?${text}`;
}
