import { joined, type Span } from '../gpu-ledger.ts';
import type { HourWindow, QueriedSeries } from '../prometheus-hours.ts';

/** Labels by which pods (then their namespaces) are attributed, the first that is there counts. */
export interface PodNames {
  team: readonly string[];
  product: readonly string[];
  environment: readonly string[];
  /** Namespace to team, where no label says it; else the namespace is the team. */
  teams: Readonly<Record<string, string>>;
}

type Labels = Readonly<Record<string, string>>;

/** As kube-state-metrics writes the name of a label. */
const sanitised = (label: string): string => `label_${label.replace(/[^A-Za-z0-9_]/g, '_')}`;
const mostTags = 50;

/** What is known of the pods of an hour beside their resources. */
export class PodFacts {
  readonly #names: PodNames;
  readonly #of: ReadonlyMap<string, ReadonlyMap<string, QueriedSeries>>;

  constructor(of: ReadonlyMap<string, readonly QueriedSeries[]>, names: PodNames) {
    this.#names = names;
    const byKey = (query: string, labels: readonly string[]) =>
      new Map((of.get(query) ?? []).map((one) => [labels.map((label) => one.metric[label] ?? '').join('/'), one]));
    const pod = ['namespace', 'pod'];
    this.#of = new Map([
      ...['scheduled', 'completed', 'owner', 'podLabels'].map((query) => [query, byKey(query, pod)] as const),
      ['namespaceLabels', byKey('namespaceLabels', ['namespace'])],
      ['replicaset', byKey('replicaset', ['namespace', 'replicaset'])],
      ['job', byKey('job', ['namespace', 'job_name'])],
    ]);
  }

  /** Spans, the first begun when the pod was scheduled and the last ended when it was over, where that lies in their step. */
  trimmed(namespace: string, pod: string, spans: readonly Span[], { stepMs }: HourWindow): Span[] {
    const scheduled = this.#time('scheduled', namespace, pod);
    const completed = this.#time('completed', namespace, pod);
    return joined(
      spans.map(({ from, to }) => ({
        from: scheduled !== undefined && scheduled > from && scheduled <= from + stepMs ? scheduled : from,
        to: completed !== undefined && completed >= to && completed < to + stepMs ? completed : to,
      })),
    );
  }

  /** Whether the pod was over by an instant. */
  isCompleted(namespace: string, pod: string, at: number): boolean {
    const completed = this.#time('completed', namespace, pod);
    return completed !== undefined && completed <= at;
  }

  /** Workload that owns the pod, to whom it belongs, and its labels as tags. */
  namesOf(
    namespace: string,
    pod: string,
  ): { workload: string; team: string; product?: string; environment?: string; used: Record<string, string> } {
    const own = this.#of.get('podLabels')!.get(`${namespace}/${pod}`)?.metric ?? {};
    const around = this.#of.get('namespaceLabels')!.get(namespace)?.metric ?? {};
    const product = first(this.#names.product, own, around);
    const environment = first(this.#names.environment, own, around);
    const { kind, name } = this.#owner(namespace, pod);
    return {
      workload: name,
      team: first(this.#names.team, own, around) ?? this.#names.teams[namespace] ?? namespace,
      ...(product === undefined ? {} : { product }),
      ...(environment === undefined ? {} : { environment }),
      used: { ...tagsOf(around), ...tagsOf(own), namespace, ...(kind === '' ? {} : { owner_kind: kind }) },
    };
  }

  /** The deployment behind a replica set and the cron job behind a job; the pod itself where nobody owns it. */
  #owner(namespace: string, pod: string): { kind: string; name: string } {
    const owner = this.#of.get('owner')!.get(`${namespace}/${pod}`)?.metric ?? {};
    const { owner_kind: kind = '', owner_name: name = '' } = owner;
    const above = { ReplicaSet: 'replicaset', Job: 'job' }[kind];
    const next = above === undefined ? undefined : this.#of.get(above)?.get(`${namespace}/${name}`)?.metric;
    if (named(next?.['owner_name'])) return { kind: next!['owner_kind'] ?? '', name: next!['owner_name']! };
    return named(name) ? { kind, name } : { kind: '', name: pod };
  }

  /** Epoch milliseconds that a series tells in seconds. */
  #time(query: string, namespace: string, pod: string): number | undefined {
    const text = this.#of.get(query)!.get(`${namespace}/${pod}`)?.values.at(-1)?.[1];
    const seconds = Number(text ?? NaN);
    return Number.isFinite(seconds) && seconds > 0 ? Math.round(seconds * 1000) : undefined;
  }
}

const named = (text: string | undefined): boolean => text !== undefined && text !== '' && text !== '<none>';

function first(names: readonly string[], ...labels: readonly Labels[]): string | undefined {
  for (const own of labels) for (const name of names) if (named(own[sanitised(name)])) return own[sanitised(name)];
  return undefined;
}

function tagsOf(labels: Labels): Record<string, string> {
  const entries = Object.entries(labels).filter(([name, value]) => name.startsWith('label_') && value !== '');
  return Object.fromEntries(entries.slice(0, mostTags).map(([name, value]) => [name.slice('label_'.length), value]));
}
