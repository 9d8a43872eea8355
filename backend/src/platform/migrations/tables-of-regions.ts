import type { Warehouse } from '../warehouse/index.ts';

/** Tables of this database whose rows belong to regions: those that keep rows and have the column `Region`. */
export async function tablesOfRegions(home: Warehouse): Promise<string[]> {
  const { rows } = await home.query<{ name: string }>(`
    SELECT name FROM system.tables
    WHERE database = currentDatabase() AND engine LIKE '%MergeTree' AND NOT startsWith(name, 'moving_')
      AND NOT startsWith(name, 'filling_')
      AND name IN (SELECT table FROM system.columns WHERE database = currentDatabase() AND name = 'Region')
    ORDER BY name`);
  return rows.map(({ name }) => name);
}
