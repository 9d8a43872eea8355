import type { Finding, JobRun, Mapped } from '../../anycost/index.ts';
import { isoOf } from './slurm-time.ts';

/** A host as a list of hosts shows it. */
export interface ListedNode {
  name: string;
  cluster: string;
  /** Names of its states, e.g. IDLE and DRAIN. */
  states: readonly string[];
  partitions: readonly string[];
  instanceType: string;
  /** GPUs by type; the type is empty where none is named. */
  gpusByType: Readonly<Record<string, number>> | undefined;
  cpus: number | undefined;
  memoryMiB: number;
  /** When the list was made, in seconds of the epoch. */
  seen: number | undefined;
}

/** A host that is switched off, or that does not exist yet, offers nothing. */
const away = /^(?:POWERED_DOWN|POWERING_DOWN|POWER_DOWN|FUTURE)$/;

/**
 * What a host offered when the list was made; of a host with several types of GPU one record for each.
 * @param gpuTypes types as the settings translate them
 */
export function listedNode(node: ListedNode, gpuTypes: Readonly<Record<string, string>> | undefined): Mapped[] {
  if (node.states.some((state) => away.test(state))) return [];
  const { name, cpus, memoryMiB, gpusByType, seen } = node;
  if (name === '' || gpusByType === undefined || cpus === undefined || !(cpus >= 0) || !(memoryMiB >= 0))
    return refused('gres', 'The host has no name, no CPUs or GRES that cannot be read');
  if (seen === undefined)
    return refused('', 'It is not known when the host was seen: send whole answers of /nodes, which have last_update');
  const at = isoOf(seen);
  const types = Object.entries(gpusByType);
  return (types.length === 0 ? [['', 0] as const] : types).map(([type, gpus], place) => ({
    kind: 'job',
    job: {
      record: 'node',
      cluster: node.cluster,
      scheduler: 'slurm',
      jobId: name,
      jobName: node.instanceType,
      ...{ user: '', account: '', partition: node.partitions.join(',') },
      state: node.states.join('+') || 'UNKNOWN',
      submittedAt: at,
      startedAt: at,
      nodes: 1,
      cpus: place === 0 ? cpus : 0,
      memoryBytes: place === 0 ? memoryMiB * 1024 ** 2 : 0,
      gpus,
      gpuType: gpuTypes?.[type] ?? type,
    } satisfies JobRun,
  }));
}

function refused(column: string, reason: string): Mapped[] {
  const findings: Finding[] = [{ column, reason }];
  return [{ kind: 'quarantined', findings }];
}
