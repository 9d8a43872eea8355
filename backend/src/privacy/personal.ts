import type { personalKinds } from '../platform/config/index.ts';
import { nameDetector } from './name-list.ts';
import { patternDetectors } from './pattern-detectors.ts';
import type { Detector, Span } from './detector.ts';
import { rewritten } from './text-rewriter.ts';

export type PersonalKind = (typeof personalKinds)[number];

/** @param kinds all where absent */
export function detectorsFor(kinds: readonly string[] | undefined, names: readonly string[] = []): Detector[] {
  const byPattern = patternDetectors.filter(({ kind }) => kinds === undefined || kinds.includes(kind));
  const byName = names.length > 0 && (kinds === undefined || kinds.includes('name')) ? [nameDetector(names)] : [];
  return [...byPattern, ...byName];
}

/**
 * The text with everything of these kinds replaced; the same text where there is nothing.
 * @param replace makes the replacement of what was found, in its one spelling
 */
export function replacePersonal<Kind extends PersonalKind>(
  text: string,
  kinds: ReadonlySet<Kind>,
  replace: (kind: Kind, found: string) => string,
): string {
  const detectors = patternDetectors.filter(({ kind }) => kinds.has(kind as Kind));
  return rewritten(text, detectors, ({ kind }, found) => {
    const { tidy } = detectors.find((one) => one.kind === kind)!;
    return replace(kind as Kind, tidy ? tidy(found) : found);
  });
}

/** Everything that detectors find in the text, from left to right. */
export function findPersonal(text: string, detectors: readonly Detector[]): Span[] {
  const spans: Span[] = [];
  rewritten(text, detectors, (span, found) => {
    spans.push(span);
    return found;
  });
  return spans;
}
