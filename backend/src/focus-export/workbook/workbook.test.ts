import { expect, test } from '@jest/globals';
import { crc32 } from 'node:zlib';
import { readWorkbook, unzip } from '../fixtures/read-workbook.ts';
import { workbookBytes, type CellKind, type Sheet } from './workbook.ts';

async function bytesOf(sheets: Sheet[]): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of workbookBytes(sheets)) parts.push(part);
  return Buffer.concat(parts);
}
const column = (title: string, kind: CellKind) => ({ title, kind });

test('numbers, days and instants are real ones, with all their digits; texts are texts', async () => {
  const bytes = await bytesOf([
    {
      name: 'Lines',
      columns: [column('a', 'amount'), column('d', 'day'), column('i', 'instant'), column('t', 'text')],
      rows: [
        ['1234567890.123456789012345678', '2026-03-08', '2026-03-08T12:00:00Z', '팀 <a> & "b"'],
        ['-0.5', '2026-02-30x', null, '=1+1'],
        ['1e-7', '', 'never', '12'],
      ],
    },
  ]);
  const rows = readWorkbook(bytes).get('Lines')!;
  expect(rows[1]!.map((cell) => cell && [cell.type, cell.value])).toEqual([
    ['n', '1234567890.123456789012345678'],
    ['n', '46089'],
    ['n', '46089.5'],
    ['s', '팀 <a> & "b"'],
  ]);
  expect(rows[2]!.map((cell) => cell && [cell.type, cell.value])).toEqual([
    ['n', '-0.5'],
    ['n', expect.any(String)],
    undefined,
    ['s', '=1+1'],
  ]);
  expect(rows[3]!.map((cell) => cell && [cell.type, cell.value])).toEqual([
    ['n', '0.0000001'],
    undefined,
    ['s', 'never'],
    ['s', '12'],
  ]);
});

test('a text that begins a formula has the style that keeps it a text when it is edited', async () => {
  const rows = [['=HYPERLINK("x")'], ['+1'], ['@a'], ['plain']];
  const sheet = readWorkbook(await bytesOf([{ name: 's', columns: [column('t', 'text')], rows }])).get('s')!;
  expect(sheet.slice(1).map(([cell]) => cell?.style)).toEqual([7, 7, 7, 0]);
});

test('the archive is sound: checksums, sizes, and what XML cannot hold is left out', async () => {
  const rows = [['a\u0000b\u001f\ud800'], ['x'.repeat(40_000)]];
  const bytes = await bytesOf([{ name: 'a/b*c', columns: [column('t', 'text')], rows }]);
  const end = bytes.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]));
  let at = bytes.readUInt32LE(end + 16);
  for (const [name, content] of unzip(bytes)) {
    expect([name, bytes.readUInt32LE(at + 16), bytes.readUInt32LE(at + 24)]).toEqual([
      name,
      crc32(content),
      content.length,
    ]);
    at += 46 + bytes.readUInt16LE(at + 28);
  }
  const sheet = readWorkbook(bytes).get('a b c')!;
  expect(sheet[1]![0]!.value).toBe('ab\ufffd');
  expect(sheet[2]![0]!.value).toHaveLength(32_767);
});

test('names of sheets are unique and fit, and a sheet that is full goes on in another', async () => {
  const long = 'a name that is longer than thirty-one characters';
  const many = (function* () {
    for (let row = 0; row < 1_048_576; row++) yield [row];
  })();
  const sheets = readWorkbook(
    await bytesOf([
      { name: long, columns: [column('t', 'text')], rows: [] },
      { name: long, columns: [column('t', 'text')], rows: [] },
      { name: 'many', columns: [column('n', 'number')], rows: many },
    ]),
  );
  expect([...sheets.keys()]).toEqual([long.slice(0, 31), `${long.slice(0, 27)} (2)`, 'many', 'many 2']);
  expect(sheets.get('many')!.length).toBe(1_048_576);
  expect(sheets.get('many 2')![1]![0]!.value).toBe('1048575');
});
