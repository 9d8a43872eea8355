import type { Scope } from '../platform/identity/index.ts';

/** Whether whoever has `wider` sees everything that `narrower` does. */
export function covers(wider: Scope, narrower: Scope): boolean {
  if (wider.tenant !== narrower.tenant) return false;
  return (['regions', 'teams', 'products'] as const).every((kind) => {
    const [all, asked] = [wider[kind], narrower[kind]];
    return all === 'all' || (asked !== 'all' && asked.every((name) => all.includes(name)));
  });
}

/** A name of a file that every system and header takes: letters, digits, `-`, `_`, `.` and no others. */
export function plainFileName(name: string): string {
  const plain = name
    .normalize('NFC')
    .replace(/[^\p{L}\p{N}._-]+/gu, '-')
    .replace(/^[-.]+|-+$/g, '')
    .slice(0, 120);
  return plain === '' ? 'export' : plain;
}

/** The header that has a browser keep an answer as a file of that name (RFC 6266; other scripts by RFC 5987). */
export function attachment(fileName: string): string {
  const ascii = fileName.replace(/[^\x20-\x7e]|["\\]/g, '_');
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encodeURIComponent(fileName)}`;
}

export const exportIdOf = (id: string): string => `export-${id}`;
/** The number in `export-12`; undefined where a text is none of our ids. */
export function numberOfExport(text: string): string | undefined {
  return /^export-(\d{1,18})$/.exec(text)?.[1];
}
