const context = 3;
const mostLines = 2000;

interface Line {
  mark: ' ' | '-' | '+';
  text: string;
}

/**
 * @returns the difference of two texts as a unified diff with three lines of context; empty where they are the same. Lines in
 * common are a longest common subsequence. Texts of more than 2,000 lines are shown as replaced whole.
 */
export function unifiedDiff(before: string, after: string, names: { from: string; to: string }): string {
  if (before === after) return '';
  const lines = compared(linesOf(before), linesOf(after));
  return [`--- ${names.from}`, `+++ ${names.to}`, ...hunks(lines)].join('\n');
}

function linesOf(text: string): string[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

function compared(before: readonly string[], after: readonly string[]): Line[] {
  const removed = (text: string): Line => ({ mark: '-', text });
  const added = (text: string): Line => ({ mark: '+', text });
  if (before.length > mostLines || after.length > mostLines) return [...before.map(removed), ...after.map(added)];
  const width = after.length + 1;
  const common = new Uint16Array((before.length + 1) * width);
  for (let i = before.length - 1; i >= 0; i--)
    for (let j = after.length - 1; j >= 0; j--)
      common[i * width + j] =
        before[i] === after[j]
          ? common[(i + 1) * width + j + 1]! + 1
          : Math.max(common[(i + 1) * width + j]!, common[i * width + j + 1]!);
  const lines: Line[] = [];
  let [i, j] = [0, 0];
  while (i < before.length || j < after.length) {
    if (i < before.length && j < after.length && before[i] === after[j]) {
      lines.push({ mark: ' ', text: before[i]! });
      i += 1;
      j += 1;
    } else if (j >= after.length || (i < before.length && common[(i + 1) * width + j]! >= common[i * width + j + 1]!))
      lines.push(removed(before[i++]!));
    else lines.push(added(after[j++]!));
  }
  return lines;
}

function hunks(lines: readonly Line[]): string[] {
  const near = lines.map((_line, at) =>
    lines.slice(Math.max(0, at - context), at + context + 1).some(({ mark }) => mark !== ' '),
  );
  const out: string[] = [];
  const at = { before: 1, after: 1 };
  for (let first = 0; first < lines.length;) {
    let last = first;
    while (last < lines.length && near[last] === near[first]) last += 1;
    const part = lines.slice(first, last);
    const old = part.filter(({ mark }) => mark !== '+').length;
    const young = part.filter(({ mark }) => mark !== '-').length;
    if (near[first])
      out.push(`@@ -${at.before},${old} +${at.after},${young} @@`, ...part.map(({ mark, text }) => mark + text));
    at.before += old;
    at.after += young;
    first = last;
  }
  return out;
}
