import { AppError } from '../platform/errors/index.ts';
import type { ClusterConnection } from './cluster-connection-client.ts';
import type { Resource } from './contract.ts';
import { knownResource } from './resources.ts';

/** The kinds of a cluster by its discovery, each group asked once. */
export class ClusterKinds {
  readonly #cluster: string;
  readonly #connection: ClusterConnection;
  readonly #discovered = new Map<string, Promise<Resource[]>>();

  constructor(cluster: string, connection: ClusterConnection) {
    this.#cluster = cluster;
    this.#connection = connection;
  }

  /** The resource of a kind: known ones at once, others by discovery. @throws AppError NOT_FOUND */
  async resourceOf(apiVersion: string, kind: string): Promise<Resource> {
    const known = knownResource(apiVersion, kind);
    if (known) return known;
    let discovered = this.#discovered.get(apiVersion);
    if (!discovered) {
      discovered = this.#discover(apiVersion);
      this.#discovered.set(apiVersion, discovered);
      // What failed is asked again; the number of groups that the configuration and owners of pods name bounds the map.
      discovered.catch(() => this.#discovered.delete(apiVersion));
    }
    const found = (await discovered).find((resource) => resource.kind === kind);
    if (found) return found;
    this.#discovered.delete(apiVersion);
    throw new AppError('NOT_FOUND', `The cluster ${this.#cluster} has no kind ${kind} in ${apiVersion}.`, {
      help: 'Install its definition, or take it out of kubernetes.clusters.resources.',
    });
  }

  async #discover(apiVersion: string): Promise<Resource[]> {
    const path = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const { resources: listed = [] } = await this.#connection.json<{
      resources?: { name: string; kind: string; namespaced: boolean }[];
    }>({ what: `the kinds of ${apiVersion}`, verb: 'get', path });
    return listed
      .filter(({ name }) => !name.includes('/'))
      .map(({ name, kind, namespaced }) => ({ apiVersion, kind, plural: name, namespaced }));
  }
}
