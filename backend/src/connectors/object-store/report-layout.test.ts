import { describe, expect, test } from '@jest/globals';
import { nameMatcher } from './name-pattern.ts';
import { periodOf } from './object-period.ts';
import { layOut, manifestScope, newestManifests } from './report-layout.ts';
import { readManifest } from './report-manifest.ts';

describe('the month that a name tells', () => {
  test.each([
    ['focus/billing_period=2026-09/part-0.parquet', '2026-09'],
    ['cur2/data/BILLING_PERIOD=2026-09/x-00001.csv.gz', '2026-09'],
    ['cur/daily/daily/year=2026/month=9/daily-00001.snappy.parquet', '2026-09'],
    ['cur/daily/20260901-20261001/3f/daily-00001.csv.gz', '2026-09'],
    ['exports/actual/20260901-20260930/run/part_0_0001.csv', '2026-09'],
    ['exports/actual/20261201-20261231/part.csv', '2026-12'],
    ['bills/2026/09/all.csv', '2026-09'],
    ['bills/bill-2026-09.csv', '2026-09'],
    ['bills/bill_202609.csv.gz', '2026-09'],
  ])('%s', (key, period) => expect(periodOf(key)?.period).toBe(period));

  test.each([
    'FOCUS Reports/2026/09/15/0001.csv.gz',
    'reports/cost-csv/0001000000603500.csv.gz',
    'exports/20260901-20261101/two-months.csv',
    'exports/20260915-20261015/odd.csv',
    'bill-2026-09-15.csv',
    'bill-20260915.csv',
    'bill-2026-13.csv',
    'focus/billing_period=2026-19/part.csv',
  ])('%s tells none', (key) => expect(periodOf(key)).toBeUndefined());
});

const object = (key: string, modified = '2026-09-10T00:00:00.000Z') => ({
  key,
  version: `v ${key}`,
  bytes: 1,
  modified,
});
const all = nameMatcher(undefined);
const laidOut = (keys: readonly string[], manifests: readonly [string, unknown][] = []) => {
  const read = manifests.map(([key, content]) => ({
    object: object(key),
    manifest: readManifest(JSON.stringify(content))!,
  }));
  const { files, incomplete } = layOut(
    keys.map((key) => object(key)),
    read,
    'auto',
    all,
  );
  return { files: files.map(({ name, group }) => `${name} ${group}`), incomplete };
};

describe('manifests', () => {
  const cur = 'cur/daily/20260901-20261001';

  test('of one report the newest counts, whether it lies beside the parts or above them', () => {
    const [one, two, three] = [
      object(`${cur}/aaa/daily-Manifest.json`, '2026-09-10T00:00:00.000Z'),
      object(`${cur}/bbb/daily-Manifest.json`, '2026-09-11T00:00:00.000Z'),
      object(`${cur}/daily-Manifest.json`, '2026-09-11T00:00:00.000Z'),
    ];
    expect(newestManifests([one, two, three])).toEqual([three]);
    expect([one, two, three].map(({ key }) => manifestScope(key))).toEqual([cur, cur, cur]);
  });

  test('AWS report: parts of the newest assembly, not those it replaced', () => {
    const seen = laidOut(
      [`${cur}/aaa/daily-00001.csv.gz`, `${cur}/bbb/daily-00001.csv.gz`, `${cur}/bbb/daily-00002.csv.gz`],
      [
        [
          `${cur}/daily-Manifest.json`,
          { assemblyId: 'bbb', reportKeys: [`${cur}/bbb/daily-00001.csv.gz`, `/${cur}/bbb/daily-00002.csv.gz`] },
        ],
      ],
    );
    expect(seen).toEqual({
      files: [`${cur}/bbb/daily-00001.csv.gz 2026-09`, `${cur}/bbb/daily-00002.csv.gz 2026-09`],
      incomplete: 0,
    });
  });

  test('AWS data export: addresses with s3://, data beside the metadata', () => {
    const data = 'x/focus/data/BILLING_PERIOD=2026-09';
    const seen = laidOut(
      [
        `${data}/old/focus-00001.csv.gz`,
        `${data}/new/focus-00001.csv.gz`,
        'x/focus/data/BILLING_PERIOD=2026-08/focus-00001.csv.gz',
      ],
      [
        [
          'x/focus/metadata/BILLING_PERIOD=2026-09/new/focus-Manifest.json',
          { dataFiles: [`s3://bucket/${data}/new/focus-00001.csv.gz`] },
        ],
      ],
    );
    expect(seen.files).toEqual([
      'x/focus/data/BILLING_PERIOD=2026-08/focus-00001.csv.gz 2026-08',
      `${data}/new/focus-00001.csv.gz 2026-09`,
    ]);
  });

  test('Azure export: the blobs of the newest run', () => {
    const run = 'dir/actual/20260901-20260930';
    const seen = laidOut(
      [`${run}/r1/part_0_0001.csv`, `${run}/r2/part_0_0001.csv`, `${run}/r2/part_1_0001.csv`],
      [
        [
          `${run}/r2/manifest.json`,
          { blobs: [{ blobName: `${run}/r2/part_0_0001.csv` }, { blobName: `${run}/r2/part_1_0001.csv` }] },
        ],
      ],
    );
    expect(seen.files).toEqual([`${run}/r2/part_0_0001.csv 2026-09`, `${run}/r2/part_1_0001.csv 2026-09`]);
  });

  test('CloudZero: the drop that counts', () => {
    const drop = 'cbf/20260901-20261001';
    const seen = laidOut(
      [`${drop}/d1/a.csv.gz`, `${drop}/d2/a.csv.gz`],
      [[`${drop}/manifest.json`, { version: '1', current_drop_id: 'd2' }]],
    );
    expect(seen.files).toEqual([`${drop}/d2/a.csv.gz 2026-09`]);
  });

  test('a month with an incomplete report is not touched; other months are', () => {
    const seen = laidOut(
      [`${cur}/bbb/daily-00001.csv.gz`, 'other/billing_period=2026-09/a.csv', 'other/billing_period=2026-08/a.csv'],
      [
        [
          `${cur}/daily-Manifest.json`,
          { reportKeys: [`${cur}/bbb/daily-00001.csv.gz`, `${cur}/bbb/daily-00002.csv.gz`] },
        ],
      ],
    );
    expect(seen).toEqual({ files: ['other/billing_period=2026-08/a.csv 2026-08'], incomplete: 1 });
  });

  test('in a copy of a bucket the manifest’s longer names are found', () => {
    const seen = laidOut(
      ['20260901-20261001/a/d-1.csv'],
      [['20260901-20261001/d-Manifest.json', { reportKeys: ['cur/daily/20260901-20261001/a/d-1.csv'] }]],
    );
    expect(seen).toEqual({ files: ['20260901-20261001/a/d-1.csv 2026-09'], incomplete: 0 });
  });

  test('other JSON is no manifest', () => {
    for (const text of ['', '[]', '{}', 'null', '{"reportKeys":[1]}', '{"blobs":{}}'])
      expect(readManifest(text)).toBeUndefined();
  });
});

test('files whose names tell no month make one bill, with all others, whose months they may hold', () => {
  expect(laidOut(['bill-2026-08.csv', 'more.csv']).files).toEqual(['bill-2026-08.csv all', 'more.csv all']);
  expect(laidOut(['reports/1.csv.gz', 'reports/2.csv.gz']).files).toEqual([
    'reports/1.csv.gz all',
    'reports/2.csv.gz all',
  ]);
});

test('patterns mean what people expect', () => {
  const matches = (pattern: string, key: string) => nameMatcher(pattern)(key);
  expect(matches('*.csv', 'a/b.csv')).toBe(true);
  expect(matches('a/*.csv', 'a/b/c.csv')).toBe(false);
  expect(matches('a/**/*.csv', 'a/b/c.csv')).toBe(true);
  expect(matches('a/**/*.csv', 'a/c.csv')).toBe(true);
  expect(matches('part?.{csv,parquet}', 'x/part1.parquet')).toBe(true);
  expect(matches('b+(1).csv', 'b+(1).csv')).toBe(true);
  expect(matches('b.csv', 'bxcsv')).toBe(false);
  expect(matches('**', 'a/report-Manifest.json')).toBe(false);
});
