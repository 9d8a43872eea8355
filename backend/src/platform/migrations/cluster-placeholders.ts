import { MigrationError } from './migration-plan.ts';

const engines: Readonly<Record<string, string>> = {
  MERGETREE: 'MergeTree',
  REPLACING: 'ReplacingMergeTree',
  AGGREGATING: 'AggregatingMergeTree',
};

/** Each table of each shard has its own place in the keeper; {uuid}, {shard} and {replica} are macros of the servers. */
const replicaArguments = `'/clickhouse/tables/{uuid}/{shard}', '{replica}'`;

/**
 * Fills in `${ON_CLUSTER}`, `${MERGETREE}`, `${REPLACING}` and `${AGGREGATING}`: plain engines on one server, replicated
 * ones on a cluster. Arguments that follow, as in `${REPLACING}(Version)`, stay the engine's own.
 * @throws MigrationError for any other placeholder.
 */
export function fillPlaceholders(sql: string, cluster: string | undefined): string {
  if (cluster !== undefined && !/^[A-Za-z0-9_.-]+$/.test(cluster)) {
    throw new MigrationError(
      `warehouse.cluster is ${JSON.stringify(cluster)}: a name has letters, digits, "_", "-" and "." only.`,
    );
  }
  return sql.replace(/\$\{(\w+)\}(?:\(([^()]*)\))?/g, (text, name: string, args: string | undefined) => {
    if (name === 'ON_CLUSTER')
      return (cluster === undefined ? '' : `ON CLUSTER \`${cluster}\``) + text.slice('${ON_CLUSTER}'.length);
    const engine = engines[name];
    if (engine === undefined) throw new MigrationError(`A migration has the unknown placeholder ${text}.`);
    if (cluster === undefined) return `${engine}${args === undefined ? '' : `(${args})`}`;
    return `Replicated${engine}(${[replicaArguments, ...(args?.trim() ? [args.trim()] : [])].join(', ')})`;
  });
}
