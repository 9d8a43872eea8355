import { describe, expect, test } from '@jest/globals';
import { fillPlaceholders } from './cluster-placeholders.ts';
import { planMigrations, type Migration } from './migration-plan.ts';

const file = (number: number, checksum = `sum${number}`): Migration => ({
  number,
  name: `000${number}_x.sql`,
  sql: '',
  checksum,
});
const numbers = (migrations: readonly Migration[]) => migrations.map(({ number }) => number);

describe('which files are applied', () => {
  test('those that the ledger does not know, in order', () => {
    expect(numbers(planMigrations([file(3), file(1), file(2)], [file(1)]))).toEqual([2, 3]);
  });

  test('also one that comes late with a lower number', () => {
    expect(numbers(planMigrations([file(1), file(2), file(3)], [file(1), file(3)]))).toEqual([2]);
  });

  test('none where a newer version has been here', () => {
    expect(planMigrations([file(1)], [file(1), file(2)])).toEqual([]);
  });

  test('never one that was changed after it was applied', () => {
    expect(() => planMigrations([file(1, 'other')], [file(1)])).toThrow(
      /0001_x.sql was changed after it was applied.*new file/,
    );
  });

  test('never where an applied file is missing in the middle', () => {
    expect(() => planMigrations([file(2)], [file(1)])).toThrow(/0001_x.sql was applied.*put it back/);
  });

  test('never two with one number', () => {
    expect(() => planMigrations([file(1), { ...file(1), name: '0001_y.sql' }], [])).toThrow(/one number/);
  });
});

describe('placeholders', () => {
  const sql = 'CREATE TABLE t ${ON_CLUSTER} (a Int8) ENGINE = ${REPLACING}(a) ORDER BY a';

  test('are plain engines on one server', () => {
    expect(fillPlaceholders(sql, undefined)).toBe('CREATE TABLE t  (a Int8) ENGINE = ReplacingMergeTree(a) ORDER BY a');
    expect(fillPlaceholders('ENGINE = ${REPLACING}\nORDER BY a', undefined)).toBe(
      'ENGINE = ReplacingMergeTree\nORDER BY a',
    );
    expect(fillPlaceholders('ENGINE = ${AGGREGATING} ENGINE = ${MERGETREE}', undefined)).toBe(
      'ENGINE = AggregatingMergeTree ENGINE = MergeTree',
    );
  });

  test('are replicated engines on a cluster, with the engine`s own arguments kept', () => {
    const place = "'/clickhouse/tables/{uuid}/{shard}', '{replica}'";
    expect(fillPlaceholders(sql, 'main')).toBe(
      `CREATE TABLE t ON CLUSTER \`main\` (a Int8) ENGINE = ReplicatedReplacingMergeTree(${place}, a) ORDER BY a`,
    );
    expect(fillPlaceholders('ENGINE = ${MERGETREE}\n', 'main')).toBe(`ENGINE = ReplicatedMergeTree(${place})\n`);
  });

  test('keep the bracket that follows ON CLUSTER', () => {
    expect(fillPlaceholders('CREATE TABLE t ${ON_CLUSTER}(a Int8)', 'main')).toBe(
      'CREATE TABLE t ON CLUSTER `main`(a Int8)',
    );
  });

  test('that are unknown, and clusters that are no names, are refused', () => {
    expect(() => fillPlaceholders('${NOTHING}', undefined)).toThrow(/NOTHING/);
    expect(() => fillPlaceholders(sql, 'a` b')).toThrow(/cluster/);
  });
});
