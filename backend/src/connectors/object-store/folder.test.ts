import { mkdir, mkdtemp, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { sourceContext, textOf } from './fixtures/source-context.ts';
import { folderSource } from './folder-source.ts';

const source = folderSource();
let [root, outside] = ['', ''];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'amadeus-bills-'));
  outside = await mkdtemp(join(tmpdir(), 'amadeus-outside-'));
  await mkdir(join(root, 'a/20260901-20261001'), { recursive: true });
  await writeFile(join(root, 'a/20260901-20261001/part-1.csv.gz'), 'one');
  await writeFile(join(root, 'a/20260901-20261001/part-2.parquet'), 'two');
  await writeFile(join(root, 'bill-2026-08.csv'), 'august');
  await writeFile(join(root, '.hidden.csv'), 'hidden');
  await writeFile(join(root, 'bill.csv.part'), 'being written');
  await writeFile(join(outside, 'secret.csv'), 'secret');
});
afterEach(async () => {
  for (const folder of [root, outside]) await rm(folder, { recursive: true, force: true });
});

const context = (more: Record<string, unknown> = {}) =>
  sourceContext({ store: { type: 'folder', path: root }, ...more });
const names = async (more: Record<string, unknown> = {}) =>
  (await source.discover(context(more), undefined)).files.map(({ name, group }) => `${name} ${group ?? '-'}`);

test('finds data files below the folder, but no hidden ones and none that are being written', async () => {
  expect(await names()).toEqual([
    'a/20260901-20261001/part-1.csv.gz 2026-09',
    'a/20260901-20261001/part-2.parquet 2026-09',
    'bill-2026-08.csv 2026-08',
  ]);
});

test('prefix, pattern and grouping narrow and bind them', async () => {
  expect(await names({ prefix: 'a/' })).toHaveLength(2);
  expect(await names({ pattern: '*.csv' })).toEqual(['bill-2026-08.csv 2026-08']);
  expect(await names({ pattern: 'a/**/*.{csv.gz,parquet}' })).toHaveLength(2);
  expect(await names({ grouping: 'all' })).toEqual(expect.arrayContaining(['bill-2026-08.csv all']));
  expect(await names({ grouping: 'file' })).toEqual(expect.arrayContaining(['bill-2026-08.csv -']));
});

test('a link is followed inside the folder and never out of it', async () => {
  await symlink(join(root, 'bill-2026-08.csv'), join(root, 'link-2026-07.csv'));
  await symlink(join(outside, 'secret.csv'), join(root, 'secret-2026-06.csv'));
  await symlink(outside, join(root, 'out'));
  await symlink(root, join(root, 'a', 'loop'));
  expect(await names()).toEqual(expect.arrayContaining(['link-2026-07.csv 2026-07']));
  expect((await names()).join()).not.toMatch(/secret|loop/);
  const file = { name: '../' + outside.split('/').pop() + '/secret.csv', version: '1' };
  await expect(source.pull(context(), file)).rejects.toThrow('not allowed');
});

test('a file that is written while it is read is refused at its end', async () => {
  const [file] = (await source.discover(context({ pattern: 'bill-*.csv' }), undefined)).files;
  const bytes = await source.pull(context(), file!);
  await utimes(join(root, file!.name), new Date('2026-01-01'), new Date('2026-01-01'));
  await expect(textOf(bytes)).rejects.toThrow('changed while it was read');
});

test('a file that was touched is found again', async () => {
  const { cursor } = await source.discover(context(), undefined);
  await utimes(join(root, 'bill-2026-08.csv'), new Date('2026-01-01'), new Date('2026-01-01'));
  expect((await source.discover(context(), cursor)).files.map(({ name }) => name)).toEqual(['bill-2026-08.csv']);
});

test('health tells a folder that is not there', async () => {
  expect(await source.health(sourceContext({ store: { type: 'folder', path: join(root, 'nowhere') } }))).toMatchObject({
    ok: false,
    message: expect.stringContaining('There is no folder'),
  });
});
