import type { AheadRow } from './decision-repository.ts';
import type { IssuedForecast } from './demand.ts';

/** The newest whole forecast of the champion of each workload, by `region workload`. */
export function championForecasts(
  rows: readonly AheadRow[],
  champions: readonly { workload: string; region: string; champion: string | null }[],
): Map<string, IssuedForecast> {
  const speakers = new Map(champions.map(({ region, workload, champion }) => [`${region} ${workload}`, champion]));
  const found = new Map<string, { issued: number; rows: AheadRow[] }>();
  for (const row of rows) {
    const key = `${row.region} ${row.workload}`;
    if (speakers.get(key) !== row.forecaster) continue;
    const known = found.get(key);
    // Horizons of different issues can stand beside each other for a moment: only those of the newest belong together.
    if (!known || row.issued > known.issued) found.set(key, { issued: row.issued, rows: [row] });
    else if (row.issued === known.issued) known.rows.push(row);
  }
  return new Map(
    [...found].map(([key, { issued, rows: minutes }]) => {
      const sorted = minutes.sort((a, b) => a.horizon - b.horizon);
      return [
        key,
        {
          forecaster: sorted[0]!.forecaster,
          issuedAt: issued * 1000,
          median: sorted.map(({ predicted }) => predicted),
          lower: sorted.map(({ lower }) => lower),
          upper: sorted.map(({ upper }) => upper),
        },
      ];
    }),
  );
}
