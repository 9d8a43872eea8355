import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { addOnKinds } from '../api/object.ts';
import type { NewObject } from '../api/object-store.ts';
import { faults } from '../cluster/faults.ts';
import { kinds, type ReplicatedObject } from '../cluster/kinds.ts';
import { quantity } from '../cluster/quantity.ts';
import { Sandbox } from '../sandbox.ts';
import { openShop, shopImages } from '../shop.ts';
import { backOffice, demoNamespace, demoVisits, type DemoPlan, type Trouble } from './plan.ts';

const rbac = join(import.meta.dirname, '..', '..', 'rbac');
const account = 'system:serviceaccount:amadeus:amadeus';
/** As much as Prometheus is asked for at a start, and some more. */
const pastMs = 75 * 60_000;
const keptMs = 3 * 3_600_000;
const good = { memoryMiB: 120, startSeconds: 12, pullSeconds: 2 };
const MiB = 1024 * 1024;

/** A shop in a cluster of its own, in which the plan happens. Rights are those of deploy/rbac, and nothing more. */
export class DemoCluster {
  readonly sandbox: Sandbox;
  readonly #troubles: Trouble[];
  readonly #releases = new Map<string, number>();

  /** The cluster has been running for an hour at `now`, so that there is something to forecast from. */
  constructor(plan: DemoPlan, now: number) {
    this.#troubles = plan.troubles.filter(({ at }) => at > now).toSorted((a, b) => a.at - b.at);
    this.sandbox = new Sandbox({
      start: now - pastMs,
      keptMetricsMs: keptMs,
      images: {
        ...shopImages(),
        ...Object.fromEntries(backOffice.map((name) => [imageOf(name, 0), good])),
      },
      kinds: Object.values(addOnKinds),
      tokens: { [plan.token]: { name: account, groups: ['system:serviceaccounts'] } },
      nodes: ['node-1', 'node-2', 'node-3'].map((name) => ({ name, cpu: '32', memory: '64Gi' })),
    });
    for (const file of ['observe.yaml', 'scale.yaml', 'heal.yaml']) this.#install(file);
    openShop(this.sandbox, demoNamespace, demoVisits(plan.sales));
    for (const name of backOffice) {
      this.sandbox.deploy({ namespace: demoNamespace, name, image: imageOf(name, 0), memory: '256Mi', replicas: 2 });
    }
    this.sandbox.advance(pastMs);
  }

  /** Lets time pass, and what was planned happen. */
  advance(ms: number): void {
    const until = this.sandbox.now() + ms;
    for (let next = this.#troubles[0]; next && next.at <= until; next = this.#troubles[0]) {
      this.sandbox.advance(Math.max(0, next.at - this.sandbox.now()));
      this.#troubles.shift();
      this.#happen(next);
    }
    this.sandbox.advance(until - this.sandbox.now());
  }

  /** Somebody releases an image that needs more memory than the limit gives it, or one that does not run at all. */
  #happen({ kind, service }: Trouble): void {
    const limit = this.#limitMiB(service);
    this.#release(
      service,
      kind === 'hungry release' ? { ...good, ...faults.needsMemory(limit * 1.12) } : { ...good, ...faults.panic(6) },
    );
  }

  #release(service: string, image: object): void {
    const number = (this.#releases.get(service) ?? 0) + 1;
    this.#releases.set(service, number);
    this.sandbox.image(imageOf(service, number), image);
    const deployment = this.#deployment(service);
    const draft = structuredClone(deployment);
    draft.spec.template.spec.containers[0]!.image = imageOf(service, number);
    this.sandbox.apply('deployments', draft);
  }

  #limitMiB(service: string): number {
    const { resources } = this.#deployment(service).spec.template.spec.containers[0]!;
    return (quantity(resources?.limits?.memory) ?? 0) / MiB;
  }

  #deployment(name: string): ReplicatedObject {
    const found = this.sandbox.store.find(kinds.deployments, demoNamespace, name);
    if (!found) throw new Error(`The shop has no ${name}.`);
    return found as unknown as ReplicatedObject;
  }

  #install(file: string): void {
    for (const document of parseAllDocuments(readFileSync(join(rbac, file), 'utf8'))) {
      const object = document.toJS() as NewObject & { kind: string };
      this.sandbox.apply(`${object.kind.toLowerCase()}s`, object);
    }
  }
}

const imageOf = (service: string, release: number): string => `shop/${service}:1.${release}`;
