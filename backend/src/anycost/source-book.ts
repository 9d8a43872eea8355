import Value from 'typebox/value';
import { AppError, isAppError } from '../platform/errors/index.ts';
import type { Caller } from '../platform/identity/index.ts';
import type { Platform } from '../platform/platform.ts';
import type { ConnectorList } from './connector-list.ts';
import type { Connector, SourceContext, SourceProbe, SourceSettings } from './connector.ts';
import type { SourceBody } from './contract.ts';
import { isPlaceName, type Place } from './ingest.ts';
import * as sources from './source-repository.ts';
import type { DeclaredSource } from './source-repository.ts';

const probeMs = 20_000;
const defaultEveryMinutes = 60;

/** Declared sources: what people may do with them, and what the configuration says of them. */
export class SourceBook {
  readonly #platform: Platform;
  readonly #connectors: ConnectorList;
  readonly #opened: Pick<SourceContext, 'secret' | 'folder'>;

  /** @param opened what sources may read of this machine */
  constructor(platform: Platform, connectors: ConnectorList, opened: Pick<SourceContext, 'secret' | 'folder'>) {
    this.#platform = platform;
    this.#connectors = connectors;
    this.#opened = opened;
  }

  /** Brings the declarations of the configuration into force. @throws AppError where one of them cannot be right */
  async declareConfigured(): Promise<void> {
    const { store, clock, config } = this.#platform;
    for (const { tenant, name, kind, region, everyMinutes, enabled, settings } of config.sources) {
      const connector = this.#connectors.named(kind);
      checkSettings(connector, name, settings);
      const declared = { tenant, name, connector: kind, region, settings, everyMinutes, enabled };
      await sources.saveSource(store, { ...declared, origin: 'yaml', createdBy: 'configuration' }, clock.now());
    }
    await sources.removeUndeclared(store, config.sources);
  }

  find(tenant: string, name: string): Promise<DeclaredSource | undefined> {
    return sources.findSource(this.#platform.store, tenant, name);
  }

  list(tenant: string, regions: readonly string[] | 'all'): Promise<DeclaredSource[]> {
    return sources.listDeclared(this.#platform.store, tenant, regions);
  }

  /**
   * Declares a source or changes it.
   * @throws AppError BAD_REQUEST with what is wrong with the settings, CONFLICT where the configuration declares it
   */
  async save(name: string, body: SourceBody, caller: Caller): Promise<DeclaredSource> {
    const { store, clock, audit } = this.#platform;
    const { tenant } = caller.scope;
    if (!isPlaceName(name))
      throw new AppError('BAD_REQUEST', 'A source has letters, digits, ".", "_" and "-" only, 64 at most.');
    const connector = this.#connectors.named(body.kind);
    const settings = body.settings ?? {};
    checkSettings(connector, name, settings);
    return store.transaction(async (tx) => {
      const before = await this.#changeable(tenant, name);
      const region = body.region ?? before?.region ?? 'default';
      const saved = await sources.saveSource(
        tx,
        {
          ...{ tenant, name, connector: connector.kind, region, settings, origin: 'api' as const },
          everyMinutes: body.everyMinutes ?? before?.everyMinutes ?? defaultEveryMinutes,
          enabled: body.enabled ?? before?.enabled ?? true,
          createdBy: before?.createdBy ?? caller.id,
        },
        clock.now(),
      );
      const action = before === undefined ? 'source.declared' : 'source.changed';
      const views = { ...(before === undefined ? {} : { before: viewOf(before) }), after: viewOf(saved) };
      await audit.record({ tenant, actor: actorOf(caller), action, target: `source:${name}`, ...views }, tx);
      return saved;
    });
  }

  /** Removes a declaration; what the source sent stays. @throws AppError NOT_FOUND, CONFLICT */
  async remove(name: string, caller: Caller): Promise<void> {
    const { store, audit } = this.#platform;
    const { tenant } = caller.scope;
    await store.transaction(async (tx) => {
      const before = await this.#changeable(tenant, name);
      if (before === undefined) throw new AppError('NOT_FOUND', `There is no source ${name}.`);
      await sources.removeSource(tx, tenant, name);
      const target = `source:${name}`;
      await audit.record(
        { tenant, actor: actorOf(caller), action: 'source.removed', target, before: viewOf(before) },
        tx,
      );
    });
  }

  /** Lets a source have its turn now. @throws AppError NOT_FOUND, BAD_REQUEST where it only takes what is sent */
  async runSoon(name: string, caller: Caller): Promise<void> {
    const { store, clock, audit } = this.#platform;
    const { tenant } = caller.scope;
    const source = await this.find(tenant, name);
    if (source === undefined) throw new AppError('NOT_FOUND', `There is no source ${name}.`);
    if (!source.enabled) throw new AppError('CONFLICT', `The source ${name} is switched off; switch it on first.`);
    if (!this.#connectors.kept(source.connector).discover)
      throw new AppError('BAD_REQUEST', `Files of the kind ${source.connector} are sent; there is nothing to fetch.`);
    await store.transaction(async (tx) => {
      await sources.bringForward(tx, tenant, name, clock.now());
      await audit.record({ tenant, actor: actorOf(caller), action: 'source.run', target: `source:${name}` }, tx);
    });
  }

  /** Whether a source can be reached, as it is declared or with other settings; never throws for what is out there. */
  async probe(settings: SourceSettings, tenant: string): Promise<SourceProbe> {
    const connector = this.#connectors.named(settings.kind);
    checkSettings(connector, settings.name, settings.settings);
    if (!connector.health)
      return {
        ok: true,
        message: `Files of the kind ${connector.kind} are sent to /api/ingest/${connector.endpoint}; there is nothing to reach.`,
      };
    try {
      return await connector.health(this.context(settings, tenant, AbortSignal.timeout(probeMs)));
    } catch (error) {
      if (!isAppError(error))
        this.#platform.telemetry.log.warn({ err: error, source: settings.name }, 'A probe broke off');
      return isAppError(error)
        ? { ok: false, message: error.message, help: error.help }
        : { ok: false, message: 'The probe broke off; the logs of the service say why.' };
    }
  }

  /** What a connector gets to see of the service. */
  context(source: SourceSettings, tenant: string, signal: AbortSignal): SourceContext {
    const { clock, outgoing, warehouse } = this.#platform;
    return { source, tenant, clock, outgoing, warehouse, ...this.#opened, signal };
  }

  /** Settings of the source that a place names; what nobody declared has none. */
  async settingsOf({ tenant, source, region }: Place, connector: Connector): Promise<SourceSettings> {
    const declared = await this.find(tenant, source);
    const settings = declared?.connector === connector.kind ? declared.settings : {};
    return { name: source, kind: connector.kind, region, settings };
  }

  async #changeable(tenant: string, name: string): Promise<DeclaredSource | undefined> {
    const before = await this.find(tenant, name);
    if (before?.origin !== 'yaml') return before;
    throw new AppError('CONFLICT', `The source ${name} is declared in the configuration of the service.`, {
      help: 'Change it there, under `sources`.',
    });
  }
}

export function asSettings({ name, connector, region, settings }: DeclaredSource): SourceSettings {
  return { name, kind: connector, region, settings };
}

/** @throws AppError BAD_REQUEST with every mistake */
function checkSettings(connector: Connector, name: string, settings: Readonly<Record<string, unknown>>): void {
  const mistakes = Value.Errors(connector.settings, settings).map(
    ({ instancePath, message }) =>
      `${instancePath === '' ? 'settings' : instancePath.slice(1).replaceAll('/', '.')} ${message}`,
  );
  if (mistakes.length === 0) return;
  throw new AppError(
    'BAD_REQUEST',
    `The settings of the source ${name} do not fit ${connector.kind}: ${mistakes.slice(0, 8).join('; ')}.`,
    {
      help: 'GET /api/connectors shows the settings of each kind.',
    },
  );
}

function viewOf({ connector, region, settings, everyMinutes, enabled }: DeclaredSource): Record<string, unknown> {
  return { connector, region, settings, everyMinutes, enabled };
}

function actorOf({ id, name }: Caller): { id: string; name: string } {
  return { id, name };
}
