import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { azureLoopback } from './fixtures/azure-loopback.ts';
import { gcsLoopback } from './fixtures/gcs-loopback.ts';
import { s3Loopback } from './fixtures/s3-loopback.ts';
import { sourceContext, textOf } from './fixtures/source-context.ts';
import { folderSource } from './folder-source.ts';

const secrets = { KEY: 'AKIAEXAMPLE', SECRET: 'shhh', ACCOUNT_KEY: Buffer.from('not a real key').toString('base64') };

const stores = [
  {
    name: 's3',
    make: s3Loopback,
    settings: (url: string) => ({
      type: 's3',
      bucket: 'bills',
      endpoint: url,
      accessKeyId: 'KEY',
      secretAccessKey: 'SECRET',
    }),
    missing: { bucket: 'nothing' },
    place: 's3://bills',
  },
  {
    name: 'gcs',
    make: gcsLoopback,
    settings: (url: string) => ({ type: 'gcs', bucket: 'bills', endpoint: url }),
    missing: { bucket: 'nothing' },
    place: 'gs://bills',
  },
  {
    name: 'azure-blob',
    make: azureLoopback,
    settings: (url: string) => ({
      type: 'azure-blob',
      container: 'bills',
      account: 'devaccount',
      accountKey: 'ACCOUNT_KEY',
      endpoint: `${url}/devaccount`,
    }),
    missing: { container: 'nothing' },
    place: 'the container bills',
  },
];

const source = folderSource();

describe.each(stores)('$name', ({ make, settings, missing, place }) => {
  const store = make();
  let url = '';
  const context = (more: Record<string, unknown> = {}, storeMore: Record<string, unknown> = {}) =>
    sourceContext({ store: { ...settings(url), ...storeMore }, ...more }, { secrets });

  beforeAll(async () => {
    url = await store.start();
  });
  afterAll(() => store.stop());
  beforeEach(() => {
    store.objects.clear();
    store.requests.length = 0;
    store.failures.length = 0;
    for (const part of [1, 2, 3, 4, 5]) store.put(`focus/billing_period=2026-09/part-${part}.csv`, `part ${part}`);
    store.put('focus/billing_period=2026-08/a & b <"ü">.csv', 'august');
    store.put('focus/notes.txt', 'no bill');
    store.put('focus/empty.csv', '');
    store.put('other/bill.csv', 'elsewhere');
  });

  test('finds the files of every page below the prefix, a month as one bill', async () => {
    const { files } = await source.discover(context({ prefix: 'focus/' }), undefined);
    expect(files.map(({ name, group, period, bytes }) => [name, group, period, bytes])).toEqual([
      ['focus/billing_period=2026-08/a & b <"ü">.csv', '2026-08', '2026-08', 6],
      ...[1, 2, 3, 4, 5].map((part) => [`focus/billing_period=2026-09/part-${part}.csv`, '2026-09', '2026-09', 6]),
    ]);
  });

  test('reads the bytes of what it found', async () => {
    const { files } = await source.discover(context({ prefix: 'focus/' }), undefined);
    expect(await textOf(await source.pull(context(), files[0]!))).toBe('august');
    expect(await textOf(await source.pull(context(), files[3]!))).toBe('part 3');
  });

  test('after the cursor there is nothing, until a part changes: then its whole bill comes again', async () => {
    const first = await source.discover(context({ prefix: 'focus/' }), undefined);
    const second = await source.discover(context({ prefix: 'focus/' }), first.cursor);
    expect(second).toEqual({ files: [], cursor: first.cursor });
    store.put('focus/billing_period=2026-09/part-2.csv', 'part two');
    const third = await source.discover(context({ prefix: 'focus/' }), second.cursor);
    expect(third.files.map(({ period }) => period)).toEqual(Array(5).fill('2026-09'));
    expect((await source.discover(context({ prefix: 'focus/' }), third.cursor)).files).toEqual([]);
  });

  test('an object that changed since it was listed is not read as the old one', async () => {
    const { files } = await source.discover(context({ prefix: 'focus/' }), undefined);
    store.put(files[1]!.name, 'other');
    const reading = async () => textOf(await source.pull(context(), files[1]!));
    await expect(reading()).rejects.toThrow('changed while it was read');
  });

  test('a store that fails once is asked again', async () => {
    store.failures.push(500);
    expect((await source.discover(context({ prefix: 'other/' }), undefined)).files).toHaveLength(1);
    expect(store.requests.length).toBeGreaterThan(1);
  });

  test('an empty place is no error', async () => {
    store.objects.clear();
    expect(await source.discover(context(), undefined)).toEqual({ files: [], cursor: '' });
    expect(await source.health(context())).toMatchObject({
      ok: true,
      message: expect.stringContaining('no file there matches'),
    });
  });

  test('health says what was found', async () => {
    expect(await source.health(context({ prefix: 'focus/' }))).toEqual({
      ok: true,
      message: expect.stringMatching(new RegExp(`^Found 6 files of 2 bills in .*${place}`)),
    });
  });

  test('health says what to do where reading is not allowed', async () => {
    store.failures.push(403, 403, 403, 403, 403);
    const probe = await source.health(context());
    expect(probe).toMatchObject({
      ok: false,
      message: expect.stringContaining('not allowed'),
      help: expect.stringContaining('list and read'),
    });
    expect(JSON.stringify(probe)).not.toContain('secret words');
  });

  test('health says what to do where the bucket does not exist', async () => {
    expect(await source.health(context({}, missing))).toMatchObject({
      ok: false,
      message: expect.stringMatching(/^There is no (bucket|container)/),
      help: expect.stringContaining('name'),
    });
  });

  test('health says what to do where nobody listens', async () => {
    const dead = make();
    const address = await dead.start();
    await dead.stop();
    const probe = await source.health(sourceContext({ store: settings(address) }, { secrets }));
    expect(probe).toMatchObject({
      ok: false,
      message: expect.stringContaining('cannot be reached'),
      help: expect.stringContaining('endpoint'),
    });
  });

  test('a private address that is not allowed is never asked', async () => {
    const probe = await source.health(sourceContext({ store: settings(url) }, { secrets, forbidden: true }));
    expect(probe).toMatchObject({ ok: false, message: expect.stringContaining('not allowed') });
    expect(store.requests).toEqual([]);
  });
});

test('a secret that is not set is named', async () => {
  const settings = {
    type: 's3',
    bucket: 'bills',
    endpoint: 'http://127.0.0.1:9',
    accessKeyId: 'MISSING',
    secretAccessKey: 'SECRET',
  };
  expect(await source.health(sourceContext({ store: settings }, { secrets }))).toMatchObject({
    ok: false,
    message: 'The secret MISSING is not set.',
  });
});

test('a source without a store looks nowhere', async () => {
  expect(await source.discover(sourceContext({}), undefined)).toEqual({ files: [], cursor: '' });
  expect((await source.health(sourceContext({}))).ok).toBe(true);
});
