/** The databases of a warehouse some of whose regions have one of their own. */
export interface RegionDatabases {
  /** Rows of regions that are not listed. */
  main: string;
  /** Only reads: each of its tables is that table in all the others together. */
  all: string;
  /** Database of each listed region. */
  regions: ReadonlyMap<string, string>;
}

interface WarehouseNames {
  database: string;
  regions: Readonly<Record<string, { database?: string }>>;
}

/** As the region of a source is written. */
const regionName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** Names of the databases; undefined where no region has one of its own. */
export function regionDatabases({ database, regions }: WarehouseNames): RegionDatabases | undefined {
  const listed = Object.entries(regions);
  if (listed.length === 0) return undefined;
  const names = listed.map(([region, own]) => [region, own.database ?? defaultName(database, region)] as const);
  return { main: database, all: `${database}_all`, regions: new Map(names) };
}

/** What is wrong with the names, one sentence each. Two regions in one database would not be apart. */
export function regionProblems(warehouse: WarehouseNames): string[] {
  const databases = regionDatabases(warehouse);
  if (databases === undefined) return [];
  const taken = new Map([
    [databases.main, 'the regions that are not listed'],
    [databases.all, 'reads over all regions'],
  ]);
  const problems: string[] = [];
  for (const [region, name] of databases.regions) {
    if (!regionName.test(region))
      problems.push(`warehouse.regions.${region}: a region is named by letters, digits, ".", "_" and "-"`);
    const other = taken.get(name);
    if (other !== undefined)
      problems.push(
        `warehouse.regions.${region}: the database ${name} is that of ${other}; give it another \`database\``,
      );
    taken.set(name, `the region ${region}`);
  }
  return problems;
}

function defaultName(database: string, region: string): string {
  return `${database}_${region.replace(/[^A-Za-z0-9_]/g, '_')}`;
}
