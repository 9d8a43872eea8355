import { AppError } from '../platform/errors/index.ts';
import { computedConnector } from './computed-connector.ts';
import type { Connector } from './connector.ts';
import { focusConnector } from './focus-connector.ts';

export type Endpoint = Connector['endpoint'];
export const endpoints: readonly Endpoint[] = ['cloud-usage', 'prometheus', 'slurm', 'llm-metrics'];

/** The kinds of sources that this service knows. */
export class ConnectorList {
  readonly #byKind: ReadonlyMap<string, Connector>;

  /** @throws Error where two connectors have one kind */
  constructor(connectors: readonly Connector[]) {
    const hasFocus = connectors.some(({ kind }) => kind === focusConnector.kind);
    const all = hasFocus ? connectors : [focusConnector, ...connectors];
    this.#byKind = new Map(all.map((connector) => [connector.kind, connector]));
    if (this.#byKind.size !== all.length || this.#byKind.has(computedConnector.kind))
      throw new Error(`two connectors have one kind: ${all.map(({ kind }) => kind).join(', ')}`);
  }

  all(): Connector[] {
    return [...this.#byKind.values()].sort((one, other) => (one.kind < other.kind ? -1 : 1));
  }

  at(endpoint: Endpoint): Connector[] {
    return this.all().filter((connector) => connector.endpoint === endpoint);
  }

  /** The connector of a kind that is kept with an ingest. @throws AppError INTERNAL where this version has it no more */
  kept(kind: string): Connector {
    const connector = kind === computedConnector.kind ? computedConnector : this.#byKind.get(kind);
    if (connector) return connector;
    throw new AppError('INTERNAL', `This version of the service has no connector ${kind}.`, {
      help: 'Run a version that has it, or send the file again as another kind.',
    });
  }

  /** @throws AppError BAD_REQUEST with the kinds that there are */
  named(kind: string): Connector {
    const connector = this.#byKind.get(kind);
    if (connector) return connector;
    throw new AppError('BAD_REQUEST', `There is no connector ${kind}.`, { help: `Kinds: ${kinds(this.all())}.` });
  }

  /** The connector for a file that was sent to an endpoint. @throws AppError BAD_REQUEST with the kinds that it takes */
  sentTo(endpoint: Endpoint, kind: string | undefined): Connector {
    const there = this.at(endpoint);
    if (kind === undefined && there.length === 1) return there[0]!;
    const connector = there.find((one) => one.kind === kind);
    if (connector) return connector;
    const help =
      there.length === 0
        ? `It takes nothing yet; other kinds: ${kinds(this.all())}.`
        : `Add ?connector= with one of: ${kinds(there)}.`;
    const detail =
      kind === undefined
        ? `The kind of what is sent to /api/ingest/${endpoint} is not named.`
        : `/api/ingest/${endpoint} takes no ${kind}.`;
    throw new AppError('BAD_REQUEST', `${detail} ${help}`, { help });
  }
}

function kinds(connectors: readonly Connector[]): string {
  return connectors.map(({ kind }) => kind).join(', ');
}
