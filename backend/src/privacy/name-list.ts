import type { Detector } from './detector.ts';

interface Node {
  next: Map<string, Node>;
  /** A name ends here. */
  isName: boolean;
}

const isWord = (character: string | undefined): boolean =>
  character !== undefined && /[\p{L}\p{N}\p{M}]/u.test(character);
/** Scripts that write particles and titles without a space behind a name. */
const isJoined = (character: string): boolean =>
  /[\p{scx=Hangul}\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}]/u.test(character);

/**
 * Finds names of a list as whole words, whatever their case; one white space stands for another. Korean, Chinese and Japanese
 * names are also found within what is written without spaces.
 */
export function nameDetector(names: readonly string[]): Detector {
  const root: Node = { next: new Map(), isName: false };
  for (const name of names) insert(root, folded(name.trim().replace(/\s+/g, ' ')));
  // Most places of a text begin no name: the number of the unit alone tells.
  const firsts = new Set(
    [...root.next.keys()].flatMap((unit) => [unit.charCodeAt(0), unit.toUpperCase().charCodeAt(0)]),
  );
  const maybe = (text: string, start: number): boolean => firsts.has(text.charCodeAt(start)) && mayBegin(text, start);
  return {
    kind: 'name',
    tidy: folded,
    find: (text, from) => {
      for (let start = from; start < text.length; start++) {
        if (!maybe(text, start)) continue;
        const end = longestFrom(root, text, start).end;
        if (end !== undefined) return { start, end, kind: 'name' };
      }
      return undefined;
    },
    openFrom: (text, from) => {
      for (let start = from; start < text.length; start++) {
        if (!maybe(text, start)) continue;
        if (longestFrom(root, text, start).isOpen) return start;
      }
      return text.length;
    },
  };
}

function folded(name: string): string {
  return Array.from({ length: name.length }, (_, at) => foldedAt(name, at)).join('');
}

/** The unit in lower case where that is one unit as well. */
function foldedAt(text: string, at: number): string {
  const unit = text[at]!;
  if (/\s/.test(unit)) return ' ';
  const lower = unit.toLowerCase();
  return lower.length === 1 ? lower : unit;
}

function insert(root: Node, name: string): void {
  if (name === '') return;
  let node = root;
  for (let at = 0; at < name.length; at++) {
    const unit = name[at]!;
    const next = node.next.get(unit) ?? { next: new Map(), isName: false };
    node.next.set(unit, next);
    node = next;
  }
  node.isName = true;
}

function mayBegin(text: string, start: number): boolean {
  return isJoined(text[start]!) || !isWord(text[start - 1]);
}

function longestFrom(root: Node, text: string, start: number): { end: number | undefined; isOpen: boolean } {
  let node = root;
  let end: number | undefined;
  for (let at = start; ; at++) {
    // What follows may lengthen the name, or be a letter that makes it part of another word.
    if (at >= text.length) return { end: node.isName ? at : end, isOpen: true };
    if (node.isName && (isJoined(text[at - 1]!) || !isWord(text[at]))) end = at;
    const next = node.next.get(foldedAt(text, at));
    if (!next) return { end, isOpen: false };
    node = next;
  }
}
