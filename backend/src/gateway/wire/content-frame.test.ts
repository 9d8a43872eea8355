import { describe, expect, test } from '@jest/globals';
import { ContentFrame } from './content-frame.ts';

const piece = (content: string, rest: object = {}): string =>
  JSON.stringify({ id: 'c', choices: [{ index: 0, delta: { content }, finish_reason: null }], ...rest });

describe('a piece that is like the last one', () => {
  const frame = new ContentFrame();
  const learned = frame.learn(piece('one'), 'one');

  test('is read by what differs', () => {
    expect(learned).toBe('one');
    for (const text of ['two', '', ' ü€𝄞 ', 'a, b: {c}']) expect(frame.textIn(piece(text))).toBe(text);
  });

  test('must be read as a whole where more differs, or a character stands for another', () => {
    for (const text of ['"', 'a\n', '\\', '\u0001']) expect(frame.textIn(piece(text))).toBeUndefined();
    for (const rest of [{ usage: {} }, { id: 'd' }]) expect(frame.textIn(piece('two', rest))).toBeUndefined();
    expect(frame.textIn('')).toBeUndefined();
    expect(frame.textIn(piece('').slice(0, -1))).toBeUndefined();
  });
});

test('nothing is learned of a piece whose text is not plain, or not the only one', () => {
  const learned: [string, string?][] = [
    [piece('')],
    [piece('a "word"')],
    [piece('one'), 'another'],
    [JSON.stringify({ choices: [{ delta: { content: 'a' } }, { delta: { content: 'b' } }] })],
    ['{"choices":[]}'],
  ];
  for (const [data, content] of learned) {
    const frame = new ContentFrame();
    expect(frame.learn(data, content)).toBeUndefined();
    expect(frame.textIn(data)).toBeUndefined();
  }
});
