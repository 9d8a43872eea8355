import { foundTypes, type Found, type FoundType } from './contract.ts';
import { closeness, findIn } from './fold.ts';

/** Something with a name that may fit. */
export interface Candidate {
  type: FoundType;
  id: string;
  name: string;
  /** A second text to look in, e.g. the id of a resource that has a name besides. */
  key?: string;
  detail?: string;
  spend?: { amount: string; currency: string }[];
  link: Found['link'];
}

/** Finds of each type that are told however near those of the others are. */
const sureOfEachType = 3;

/** What of the candidates fits, nearest first; of equals teams before resources, then the costliest. At most `limit`. */
export function rankFound(
  candidates: readonly Candidate[],
  query: string,
  words: readonly string[],
  limit: number,
): { results: Found[]; more: boolean } {
  const found = candidates.flatMap((candidate) => {
    const match = matchOf(candidate, query, words);
    return match === undefined ? [] : [{ match, candidate }];
  });
  found.sort(
    (one, other) =>
      closeness.indexOf(one.match.how) - closeness.indexOf(other.match.how) ||
      foundTypes.indexOf(one.candidate.type) - foundTypes.indexOf(other.candidate.type) ||
      costOf(other.candidate) - costOf(one.candidate) ||
      (one.candidate.name < other.candidate.name ? -1 : 1),
  );
  const told = new Set(found.filter((one) => isSure(one, found)).slice(0, limit));
  for (const one of found) if (told.size < limit) told.add(one);
  const results = found
    .filter((one) => told.has(one))
    .map(({ candidate: { key: _, ...candidate }, match }) => ({ ...candidate, match }));
  return { results, more: found.length > limit };
}

type Ranked = { match: Found['match']; candidate: Candidate };

function isSure(one: Ranked, found: readonly Ranked[]): boolean {
  const ofType = found.filter(({ candidate }) => candidate.type === one.candidate.type);
  return ofType.indexOf(one) < sureOfEachType;
}

/** Of the currency in which it costs most; only for the order. */
function costOf({ spend }: Candidate): number {
  return Number(spend?.[0]?.amount ?? 0);
}

function matchOf({ name, key }: Candidate, query: string, words: readonly string[]): Found['match'] | undefined {
  const inName = findIn(name, query, words);
  if (inName) return { field: 'name', text: name, ...inName };
  if (key === undefined) return undefined;
  const inKey = findIn(key, query, words);
  if (inKey) return { field: 'id', text: key, ...inKey };
  // Some words stand in the one, some in the other.
  const text = `${name} ${key}`;
  const inBoth = findIn(text, query, words);
  return inBoth && { field: 'id', text, ...inBoth };
}
