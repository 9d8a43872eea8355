/** Where something stands in a text, in UTF-16 units: [start, end). */
export interface Span {
  start: number;
  end: number;
  kind: string;
}

/**
 * Looks for one kind of thing. Both functions must see no further than the text: what `find` says of a start that comes before
 * `openFrom` may not change whatever text follows, which is what lets a text be read piece by piece.
 */
export interface Detector {
  kind: string;
  /** Finds nothing in a text without a digit (0 to 9). */
  needsDigit?: boolean;
  /** The first thing that starts at `from` or later. */
  find(text: string, from: number): Span | undefined;
  /** The first place at or after `from` where more text could still make, lengthen or undo a find; text.length where none. */
  openFrom(text: string, from: number): number;
  /** One spelling of equal things. Default: as it stands. */
  tidy?(found: string): string;
}

export function digitsOf(text: string): string {
  return text.replace(/\D/g, '');
}

interface PatternParts {
  kind: string;
  pattern: RegExp;
  /** Matches from a start to the end of the text where that may be the beginning of a find. */
  partial: RegExp;
  /** End of the find; undefined where the candidate is none. Default: where the pattern ends. */
  ends?(text: string, match: RegExpExecArray): number | undefined;
  tidy?(found: string): string;
  /** Longest beginning of a find, in UTF-16 units. Default 1,000. */
  longest?: number;
  /** A run that every find has at its beginning: most texts have none such, and are not looked through for finds. */
  run?: CharacterRun;
  needsDigit?: boolean;
}

export interface CharacterRun {
  /** Members of a class of a regular expression; ASCII. */
  characters: string;
  least: number;
  /** A find begins so many characters before the run at most. Default 0. */
  before?: number;
}

/**
 * Where the first run that is long enough begins, at or after `from`; undefined where there is none. Looks at each stretch of
 * `least` characters from its end backwards: no run that is long enough begins before the last one that is out of place.
 */
export function runFinder({ characters, least }: CharacterRun): (text: string, from: number) => number | undefined {
  const one = new RegExp(`[${characters}]`);
  const isOne = Uint8Array.from({ length: 128 }, (_, code) => (one.test(String.fromCharCode(code)) ? 1 : 0));
  return (text, from) => {
    for (let before = from - 1; before + least < text.length;) {
      let at = before + least;
      while (at > before && isOne[text.charCodeAt(at)] === 1) at--;
      if (at === before) return before + 1;
      before = at;
    }
    return undefined;
  };
}

/** A detector by regular expression; every repeat in it is bounded, so that it takes time in proportion to the text. */
export function patternDetector(parts: PatternParts): Detector {
  const { kind, pattern, partial, ends, tidy, longest = 1000, run, needsDigit = false } = parts;
  const nextRun = run && runFinder(run);
  const before = run?.before ?? 0;
  return {
    kind,
    needsDigit,
    find: (text, from) => {
      let at = from;
      for (;;) {
        if (nextRun) {
          const next = nextRun(text, at);
          if (next === undefined) return undefined;
          at = Math.max(at, next - before);
        }
        pattern.lastIndex = at;
        const match = pattern.exec(text);
        if (!match) return undefined;
        const end = ends ? ends(text, match) : match.index + match[0].length;
        if (end !== undefined) return { start: match.index, end, kind };
        at = match.index + 1;
      }
    },
    openFrom: (text, from) => {
      partial.lastIndex = Math.max(from, text.length - longest);
      return partial.exec(text)?.index ?? text.length;
    },
    ...(tidy ? { tidy } : {}),
  };
}
