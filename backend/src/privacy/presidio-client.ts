import type { Config } from '../platform/config/index.ts';
import type { Outgoing } from '../platform/outgoing/index.ts';
import type { Span } from './detector.ts';

type PresidioSettings = NonNullable<Config['gateway']['presidio']>;

/** Finds personal data in texts, each with its places in UTF-16 units. @throws where it cannot be asked */
export type AskPresidio = (texts: readonly string[]) => Promise<Map<string, Span[]>>;

interface Finding {
  entity_type: string;
  /** In code points. */
  start: number;
  end: number;
  score: number;
}

/** What Presidio finds under the names of the own detectors. */
const ownNames: Readonly<Record<string, string>> = {
  EMAIL_ADDRESS: 'email',
  PHONE_NUMBER: 'phone',
  CREDIT_CARD: 'card',
  IBAN_CODE: 'iban',
  PERSON: 'name',
};
/** A day or an address of a page alone says nothing of a person. */
const passed: ReadonlySet<string> = new Set(['DATE_TIME', 'URL']);
/** Texts go together, as each call costs the same again; what lies between them belongs to no finding. */
const separator = '\n\n\n';
const mostTogether = 100_000;
const mostFindings = 10_000;

/** Asks the analyzer of Presidio (POST /analyze). */
export function presidioClient(settings: PresidioSettings, outgoing: Outgoing): AskPresidio {
  const { url, language, minScore, timeoutMs } = settings;
  const ask = async (text: string): Promise<Finding[]> => {
    const answer = await outgoing.request(`${url.replace(/\/+$/, '')}/analyze`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ text, language, score_threshold: minScore }),
      timeoutMs,
      attempts: 2,
    });
    if (answer.status !== 200) throw new Error(`Presidio answered ${answer.status}.`);
    const read: unknown = JSON.parse(answer.body.toString('utf8'));
    if (!Array.isArray(read) || read.length > mostFindings || !read.every(isFinding))
      throw new Error('The answer of Presidio is no list of findings.');
    return read;
  };
  return async (texts) => {
    const spans = new Map<string, Span[]>();
    for (const batch of batches(texts)) {
      const places = unitsOf(batch.join(separator), await ask(batch.join(separator)));
      let from = 0;
      for (const text of batch) {
        const to = from + text.length;
        const own = places.filter(({ start, end }) => start >= from && end <= to);
        if (own.length > 0)
          spans.set(
            text,
            own.map((span) => ({ ...span, start: span.start - from, end: span.end - from })),
          );
        from = to + separator.length;
      }
    }
    return spans;
  };
}

function batches(texts: readonly string[]): string[][] {
  const all: string[][] = [];
  let size = Infinity;
  for (const text of new Set(texts)) {
    if (size + text.length > mostTogether) {
      all.push([]);
      size = 0;
    }
    all.at(-1)!.push(text);
    size += text.length + separator.length;
  }
  return all;
}

function isFinding(value: unknown): value is Finding {
  const { entity_type: kind, start, end, score } = (value ?? {}) as Partial<Finding>;
  return typeof kind === 'string' && [start, end, score].every((number) => typeof number === 'number');
}

/** Python counts code points, JavaScript units of UTF-16. Overlapping findings become one. */
function unitsOf(text: string, findings: readonly Finding[]): Span[] {
  const units: number[] = [];
  let at = 0;
  for (const character of text) {
    units.push(at);
    at += character.length;
  }
  units.push(at);
  const spans = findings
    .filter(
      (finding) => !passed.has(finding.entity_type) && finding.end > finding.start && units[finding.end] !== undefined,
    )
    .map(({ entity_type: kind, start, end }) => ({
      ...{ start: units[start]!, end: units[end]! },
      kind: ownNames[kind] ?? kind.toLowerCase(),
    }))
    .sort((one, other) => one.start - other.start || other.end - one.end);
  const apart: Span[] = [];
  for (const span of spans) {
    const last = apart.at(-1);
    if (last && span.start < last.end) last.end = Math.max(last.end, span.end);
    else apart.push({ ...span });
  }
  return apart;
}
