import { expect, test } from '@jest/globals';
import { loadConfig, regionDatabases } from './index.ts';

const load = (regions: object) =>
  loadConfig({ environment: { AMADEUS_WAREHOUSE_REGIONS: JSON.stringify(regions) } }).warehouse;

test('without a list of regions there is one database', () => {
  expect(regionDatabases(loadConfig({ environment: {} }).warehouse)).toBeUndefined();
});

test('each listed region has a database, named after it where no name is given', () => {
  expect(regionDatabases(load({ 'eu-west.1': {}, us: { database: 'america' } }))).toEqual({
    main: 'amadeus',
    all: 'amadeus_all',
    regions: new Map([
      ['eu-west.1', 'amadeus_eu_west_1'],
      ['us', 'america'],
    ]),
  });
});

test.each([
  [
    'two regions in one database',
    { 'eu-1': {}, eu_1: {} },
    /eu_1: the database amadeus_eu_1 is that of the region eu-1/,
  ],
  ['a region in the main one', { eu: { database: 'amadeus' } }, /is that of the regions that are not listed/],
  ['a region by the name of what reads over all', { all: {} }, /is that of reads over all regions/],
  ['a name that is none', { eu: { database: 'a-b' } }, /warehouse.regions.eu.database/],
  [
    'a server of its own',
    { eu: { url: 'http://x:8123' } },
    /1 mistake:\n {2}warehouse.regions.eu.url: a region has a database/,
  ],
  ['a region that is none', { 'e u': {} }, /warehouse.regions.e u: a region is named by letters/],
])('%s is a mistake', (_, regions, problem) => {
  expect(() => load(regions)).toThrow(problem);
});
