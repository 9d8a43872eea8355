import type { Mapped, Mapper, RawRecord } from '../../anycost/index.ts';
import { listedNode, type ListedNode } from './listed-node.ts';
import type { NodeListSettings } from './slurm-settings.ts';
import { parseSlurmInstant } from './slurm-time.ts';
import { parseGres, parseTres } from './tres.ts';

/** Hosts of one list; Slurm itself knows no more than 65,536 (MAX_SLURM_NODES). */
const mostNodes = 100_000;
const facts = ['NodeName', 'Gres', 'CPUTot', 'RealMemory', 'State', 'Partitions', 'InstanceType', 'CfgTRES'] as const;
type Fact = (typeof facts)[number];
const times = ['BootTime', 'SlurmdStartTime', 'LastBusyTime'] as const;
const fact = new RegExp(`(?:^|\\s)(${[...facts, ...times].join('|')})=(\\S*)`, 'g');
const instantAlone = /^\s*(?:\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(?:Z|[+-]\d{2}:?\d{2})?|\d{10})\s*$/;
const instantInName = /(\d{4})-?(\d{2})-?(\d{2})[T_]?(\d{2})[:-]?(\d{2})[:-]?(\d{2})?Z/;

/** Facts of one host while its lines are read, and where they begin. */
interface Host {
  line: number;
  cluster: string;
  facts: Partial<Record<Fact, string>>;
}

/**
 * Maps the text of `scontrol show node`, or of `scontrol -o show node`, line by line. The text does not say when it was made:
 * that is told by a line before the first host (`date -u +%FT%TZ`), by the name of the file (`nodes-2026-11-21T1500Z.txt`), or
 * else by the newest time that a host shows.
 */
export class ScontrolNodes implements Mapper {
  readonly #settings: NodeListSettings;
  readonly #cluster: string;
  readonly #hosts: Host[] = [];
  #heading = '';
  #seen: number | undefined;
  #newest: number | undefined;

  constructor(settings: NodeListSettings, cluster: string, fileName: string) {
    this.#settings = settings;
    this.#cluster = settings.cluster ?? cluster;
    this.#seen = seenOf(fileName);
  }

  map({ line, fields }: RawRecord): Mapped[] {
    const text = (fields['line'] ?? '').replace(/^\uFEFF/, '');
    if (instantAlone.test(text)) {
      const read = parseSlurmInstant(text, this.#settings.timeZone ?? 'UTC');
      if (read.ok) this.#seen = read.seconds ?? this.#seen;
      return [];
    }
    const heading = /^CLUSTER: (\S+)/.exec(text)?.[1];
    if (heading !== undefined) this.#heading = heading;
    if (/^\s*NodeName=/.test(text)) {
      if (this.#hosts.length >= mostNodes)
        return [
          { kind: 'quarantined', findings: [{ column: '', reason: `The list has more than ${mostNodes} hosts` }] },
        ];
      this.#hosts.push({ line, cluster: this.#settings.cluster ?? (this.#heading || this.#cluster), facts: {} });
    }
    const host = this.#hosts.at(-1);
    if (host === undefined)
      return heading !== undefined || text.trim() === ''
        ? []
        : [{ kind: 'quarantined', findings: [{ column: '', reason: 'The line is not of `scontrol show node`' }] }];
    for (const [, name = '', value = ''] of text.matchAll(fact)) this.#take(host, name, value);
    return [];
  }

  end(): (Mapped & { line: number })[] {
    const seen = this.#seen ?? this.#newest;
    const told = this.#seen !== undefined || seen === undefined;
    const reason = 'The list does not say when it was made; the newest time in it is taken for that';
    return this.#hosts.flatMap((host, place) =>
      listedNode(nodeOf(host, seen), this.#settings.gpuTypes).map((mapped) => ({
        ...mapped,
        ...(!told && place === 0 ? { flags: [{ column: 'LastBusyTime', reason }] } : {}),
        line: host.line,
      })),
    );
  }

  /** What comes first counts: remarks of people stand behind all else and may hold anything. */
  #take(host: Host, name: string, value: string): void {
    if ((facts as readonly string[]).includes(name)) {
      host.facts[name as Fact] ??= value;
      return;
    }
    const read = parseSlurmInstant(value, this.#settings.timeZone ?? 'UTC');
    if (read.ok && read.seconds !== undefined) this.#newest = Math.max(this.#newest ?? 0, read.seconds);
  }
}

function nodeOf({ cluster, facts: found }: Host, seen: number | undefined): ListedNode {
  const gres = present(found.Gres);
  const listed = parseGres(gres)?.byType;
  const configured = parseTres(present(found.CfgTRES));
  const fromTres = configured.ok ? configured.tres.gpusByType : undefined;
  return {
    cluster,
    name: found.NodeName ?? '',
    // `IDLE*` does not answer, `IDLE+DRAIN` has several states.
    states: (found.State ?? '').split('+').flatMap((state) => state.replace(/[^A-Z_]+$/, '') || []),
    partitions: present(found.Partitions)
      .split(',')
      .filter((name) => name !== ''),
    instanceType: present(found.InstanceType),
    gpusByType: gres === '' ? fromTres : listed,
    cpus: /^\d{1,9}$/.test(found.CPUTot ?? '') ? Number(found.CPUTot) : undefined,
    memoryMiB: /^\d{1,12}$/.test(found.RealMemory ?? '') ? Number(found.RealMemory) : 0,
    seen,
  };
}

function present(text: string | undefined): string {
  return text === undefined || /^\(?(?:null|n\/a|none)\)?$/i.test(text) ? '' : text;
}

/** Seconds of the instant (UTC) in a file's name, where there is one. */
function seenOf(fileName: string): number | undefined {
  const [, year, month, day, hour, minute, second = '00'] = instantInName.exec(fileName) ?? [];
  if (year === undefined) return undefined;
  const read = parseSlurmInstant(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`, 'UTC');
  return read.ok ? read.seconds : undefined;
}
