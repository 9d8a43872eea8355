/** Where a page of lines ended: the sorting key of its last line. */
export interface LineCursor {
  region: string;
  dropId: string;
  /** Unix seconds. */
  start: number;
  provider: string;
  service: string;
  line: number;
}

export function writeCursor(cursor: LineCursor): string {
  const { region, dropId, start, provider, service, line } = cursor;
  return Buffer.from(JSON.stringify([region, dropId, start, provider, service, line])).toString('base64url');
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The cursor in a text that a caller sent; undefined where it is none of ours. */
export function readCursor(text: string): LineCursor | undefined {
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
  if (!Array.isArray(parts) || parts.length !== 6) return undefined;
  const [region, dropId, start, provider, service, line] = parts as unknown[];
  if (
    typeof region !== 'string' ||
    typeof dropId !== 'string' ||
    !uuid.test(dropId) ||
    typeof provider !== 'string' ||
    typeof service !== 'string'
  )
    return undefined;
  if (!isCount(start) || start >= 2 ** 32 || !isCount(line)) return undefined;
  return { region, dropId, start, provider, service, line };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
