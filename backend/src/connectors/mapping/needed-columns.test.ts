import { expect, test } from '@jest/globals';
import { cloudConnectors } from '../index.ts';

const source = (kind: string) => ({ name: 's', kind, region: 'default', settings: {} });

test.each(cloudConnectors.map((connector) => [connector.kind, connector] as const))(
  'a file of another kind is refused as a whole: %s',
  (kind, connector) => {
    const map = () => connector.map({ fileName: 'other.csv', fields: ['a', 'b'], source: source(kind) });
    if (typeof connector.format === 'object') expect(map).not.toThrow();
    else expect(map).toThrow(/^The file is no .* its header lacks /);
  },
);

test('a Google Cloud table without credits is refused unless that is meant', () => {
  const gcp = cloudConnectors.find(({ kind }) => kind === 'gcp-billing')!;
  const fields = ['cost', 'usage_start_time', 'currency'];
  const map = (settings: Record<string, unknown>) =>
    gcp.map({ fileName: 'export.parquet', fields, source: { ...source('gcp-billing'), settings } });
  expect(() => map({})).toThrow('no column credits');
  expect(() => map({ credits: 'none' })).not.toThrow();
});

test('every kind stands once', () => {
  const kinds = cloudConnectors.map(({ kind }) => kind);
  expect(new Set(kinds).size).toBe(kinds.length);
});
