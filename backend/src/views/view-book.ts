import { randomBytes } from 'node:crypto';
import { AppError } from '../platform/errors/index.ts';
import type { Caller } from '../platform/identity/index.ts';
import type { Platform } from '../platform/platform.ts';
import { isUniqueViolation, type Store } from '../platform/store/index.ts';
import type { View, ViewInput } from './contract.ts';
import { isFound, problemOf, scopeOf, tidied, type KeptView, type SavedView } from './saved-view.ts';
import * as repository from './view-repository.ts';

type Ground = Pick<Platform, 'store' | 'clock' | 'audit'>;
/** Who acts, and with which request. */
export type Actor = Pick<Caller, 'kind' | 'id' | 'name' | 'scope' | 'permissions'> & { traceId?: string };

const maxOwn = 200;
const listed = 2_000;

/** Saved views: one's own, and those that are shared. Every write is audited in the transaction that makes it. */
export class ViewBook {
  readonly #ground: Ground;

  constructor(ground: Ground) {
    this.#ground = ground;
  }

  /** Views that the caller finds, by name; those that tell of regions, teams or products outside the scope are not among them. */
  async list(caller: Actor, page?: string): Promise<View[]> {
    const query = { tenant: caller.scope.tenant, ownerId: caller.id, ...(page === undefined ? {} : { page }) };
    const views = await repository.listViews(this.#ground.store, query, listed);
    return views.filter((view) => isFound(view, caller)).map((view) => viewFor(view, caller));
  }

  /** @throws AppError NOT_FOUND, also where it is somebody else's own */
  async get(id: string, caller: Actor): Promise<View> {
    return viewFor(await this.#find(id, caller), caller);
  }

  /** @throws AppError VALIDATION_FAILED, FORBIDDEN, CONFLICT where the name is taken, UNPROCESSABLE where there are too many */
  async create(input: ViewInput, actor: Actor): Promise<View> {
    const content = this.#checked(input, actor);
    const { tenant } = actor.scope;
    const id = `v-${randomBytes(6).toString('hex')}`;
    const owner = { id: actor.id, name: actor.name };
    await this.#ground.store.transaction(async (tx) => {
      if ((await repository.countViews(tx, tenant, actor.id)) >= maxOwn)
        throw new AppError('UNPROCESSABLE', `You have ${maxOwn} saved views already; delete one first.`);
      const view = { ...content, tenant, id, owner, origin: 'api' as const, at: this.#ground.clock.now() };
      await naming(content, () => repository.keepView(tx, view));
      await this.#record(tx, actor, 'view.created', id, { after: content });
    });
    return this.get(id, actor);
  }

  /** @throws AppError VALIDATION_FAILED, FORBIDDEN, NOT_FOUND, CONFLICT */
  async change(id: string, input: ViewInput, version: number, actor: Actor): Promise<View> {
    const seen = this.#editable(await this.#find(id, actor), actor);
    const content = this.#checked(input, actor);
    await this.#ground.store.transaction(async (tx) => {
      const at = this.#ground.clock.now();
      const written =
        seen.version === version && (await naming(content, () => repository.updateView(tx, seen, content, at)));
      if (!written) throw changedMeanwhile();
      await this.#record(tx, actor, 'view.changed', id, { before: contentOf(seen), after: content });
    });
    return this.get(id, actor);
  }

  /** @throws AppError FORBIDDEN, NOT_FOUND, CONFLICT */
  async remove(id: string, actor: Actor): Promise<void> {
    const seen = this.#editable(await this.#find(id, actor), actor);
    await this.#ground.store.transaction(async (tx) => {
      if (!(await repository.deleteView(tx, seen))) throw changedMeanwhile();
      await this.#record(tx, actor, 'view.deleted', id, { before: contentOf(seen) });
    });
  }

  async #find(id: string, caller: Actor): Promise<SavedView> {
    const view = await repository.findView(this.#ground.store, caller.scope.tenant, id);
    if (!view || !isFound(view, caller))
      throw new AppError('NOT_FOUND', `There is no saved view ${id}.`, { help: 'The list stands at /api/views.' });
    return view;
  }

  #checked(input: ViewInput, actor: Actor): KeptView {
    if (actor.kind === 'service' || actor.kind === 'anonymous')
      throw new AppError('FORBIDDEN', 'Views are kept for people; the request names none.', {
        help: 'Sign in to Grafana, or use an API key.',
      });
    const content = tidied(input);
    const problem = problemOf(content);
    if (problem !== undefined) throw new AppError('VALIDATION_FAILED', problem);
    const scope = scopeOf(actor.scope, content, input.regions);
    if (!scope)
      throw new AppError('FORBIDDEN', 'The view names a region, team or product that you may not see.', {
        help: 'Name only yours; GET /api/me shows them.',
      });
    if (content.shared && !mayShare(actor))
      throw new AppError('FORBIDDEN', 'Sharing a view needs the permission reports:write.', {
        help: 'Save it for yourself, or ask an administrator for a role that may share.',
      });
    return { ...content, scope };
  }

  #editable(view: SavedView, actor: Actor): SavedView {
    if (view.origin === 'file')
      throw new AppError('CONFLICT', `The view ${view.name} is kept in the configuration and is read-only here.`, {
        help: 'Change it under `views` in the configuration file, or save a copy.',
      });
    if (!mayEdit(view, actor))
      throw new AppError('FORBIDDEN', `The view ${view.name} belongs to ${view.owner.name}.`, {
        help: 'Save a copy under another name.',
      });
    return view;
  }

  async #record(
    tx: Store,
    { scope, id, name, traceId }: Actor,
    action: string,
    viewId: string,
    change: { before?: KeptView; after?: KeptView },
  ): Promise<void> {
    const event = { tenant: scope.tenant, actor: { id, name }, action, target: `view:${viewId}`, ...change };
    await this.#ground.audit.record({ ...event, ...(traceId === undefined ? {} : { traceId }) }, tx);
  }
}

export function mayShare({ permissions }: Pick<Actor, 'permissions'>): boolean {
  return permissions.has('reports:write');
}

/** One's own, and shared ones for whoever may share. */
function mayEdit(view: SavedView, actor: Actor): boolean {
  return view.owner.id === actor.id || (view.shared && mayShare(actor));
}

function viewFor(view: SavedView, caller: Actor): View {
  const { tenant: _, scope, createdAt, updatedAt, ...told } = view;
  return {
    ...told,
    regions: scope.regions === 'all' ? 'all' : [...scope.regions],
    mine: view.owner.id === caller.id,
    editable: view.origin === 'api' && mayEdit(view, caller),
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  };
}

function contentOf({ name, page, params, shared, scope }: SavedView): KeptView {
  return { name, page, params, shared, scope };
}

function changedMeanwhile(): AppError {
  return new AppError('CONFLICT', 'The view was changed or deleted by someone else meanwhile.');
}

/** Names are unique among one's own and among shared views, by an index. */
async function naming<T>({ name }: Pick<KeptView, 'name'>, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    throw new AppError('CONFLICT', `There is a view ${JSON.stringify(name)} already; choose another name.`);
  }
}
