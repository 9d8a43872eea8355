import { piecesOf } from './found-words';

test('a text comes apart into what was looked for and the rest', () => {
  const apart = (text: string, marks: number[][]) =>
    piecesOf(text, marks).map((piece) => (piece.marked ? `[${piece.text}]` : piece.text));
  expect(apart('web search', [[4, 10]])).toEqual(['web ', '[search]']);
  expect(
    apart('a-b-c', [
      [0, 1],
      [2, 3],
    ]),
  ).toEqual(['[a]', '-', '[b]', '-c']);
  expect(apart('plain', [])).toEqual(['plain']);
  expect(apart('short', [[2, 99]])).toEqual(['sh', '[ort]']);
});
