import type { IncomingHttpHeaders } from 'node:http';
import type { Clock } from '../clock/index.ts';
import type { Config } from '../config/index.ts';
import { AppError } from '../errors/index.ts';
import type { Outgoing } from '../outgoing/index.ts';
import type { Store } from '../store/index.ts';
import type { Logger } from '../telemetry/index.ts';
import { ApiKeys } from './api-keys.ts';
import type { Caller, Role } from './contract.ts';
import { narrowScope, scopeOfMember, tenantOfOrg, wholeTenant } from './data-scope.ts';
import { teamsInContext } from './grafana-context.ts';
import { createGrafanaTokens, type GrafanaMember, type GrafanaTokens } from './grafana-token.ts';
import { Memberships } from './memberships.ts';
import { createOidcTokens, type OidcTokens } from './oidc-token.ts';
import { permissionsOf, readPermissions } from './role-permissions.ts';
import { sameSecret } from './same-secret.ts';
import { ensureTokens, type ServiceTokens } from './service-tokens.ts';

export interface Identity {
  /**
   * Who stands behind the headers of a call; `anonymous` where they hold no proof.
   * @throws AppError TOKEN_INVALID where a proof is refused, UPSTREAM_FAILED where an issuer's keys cannot be fetched,
   * UNAVAILABLE where the store with the API keys is away.
   */
  authenticate(headers: IncomingHttpHeaders): Promise<Caller>;
  anonymous: Caller;
  apiKeys: ApiKeys;
}

export interface IdentityParts {
  config: Pick<Config, 'dataDir' | 'identity'>;
  clock: Clock;
  store: Store;
  /** Carries the fetches of signing keys; plain fetch with a timeout where absent. */
  outgoing?: Outgoing;
  log?: Pick<Logger, 'warn'>;
}

/** Recognises people in Grafana, its data source, programs with API keys or OIDC tokens, and nodes of the system. */
export function createIdentity(parts: IdentityParts): Identity {
  const proofs = new Proofs(parts);
  return {
    authenticate: (headers) => proofs.authenticate(headers),
    anonymous: proofs.anonymous,
    apiKeys: proofs.apiKeys,
  };
}

const jwtShape = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*$/;

class Proofs {
  readonly apiKeys: ApiKeys;
  readonly anonymous: Caller;
  readonly #config: Config['identity'];
  readonly #tenant: string;
  readonly #tokens: ServiceTokens;
  readonly #grafana: GrafanaTokens | undefined;
  readonly #oidc: OidcTokens | undefined;
  /** Only where rules for teams make them matter. */
  readonly #memberships: Memberships | undefined;

  constructor({ config, clock, store, outgoing, log }: IdentityParts) {
    this.#config = config.identity;
    this.#tenant = tenantOfOrg(config.identity.grafana.orgId);
    this.#tokens = ensureTokens(config);
    this.#grafana = createGrafanaTokens(config, clock, outgoing);
    this.#oidc = config.identity.oidc && createOidcTokens(config.identity.oidc, clock, outgoing);
    const byTeam = config.identity.scopes.some((rule) => rule.team !== undefined);
    this.#memberships = byTeam ? new Memberships(store, clock, this.#tenant) : undefined;
    this.apiKeys = new ApiKeys(store, clock, log);
    this.anonymous = this.#caller('anonymous', 'anonymous', 'Nobody');
  }

  async authenticate(headers: IncomingHttpHeaders): Promise<Caller> {
    const token = bearerOf(headers.authorization);
    if (token === undefined) return this.anonymous;
    if (sameSecret(token, this.#tokens.serviceToken)) return await this.#grafanaApp(headers);
    if (sameSecret(token, this.#tokens.datasourceToken)) return await this.#dataSource(headers);
    if (sameSecret(token, this.#tokens.internalToken)) {
      return { ...this.#caller('node', 'node:internal', 'Node'), permissions: new Set(['internal']) };
    }
    if (token.startsWith('ak_')) return this.#narrowed(await this.apiKeys.authenticate(token));
    if (this.#oidc && jwtShape.test(token)) return await this.#oidcMember(this.#oidc, token);
    throw new AppError('TOKEN_INVALID', 'The bearer token is not known here.', {
      help: 'Send the token of the Grafana app or data source, an API key (ak_...), or a token of the configured OIDC issuer.',
    });
  }

  /** The app: a person where Grafana names one; by itself it may do nothing. */
  async #grafanaApp(headers: IncomingHttpHeaders): Promise<Caller> {
    const member = await this.#memberIn(headers);
    if (!member) return this.#caller('service', 'service:grafana-app', 'Grafana app');
    const teams = teamsInContext(headerOf(headers, 'x-grafana-context'), member);
    if (teams) await this.#memberships?.saw(member.subject, teams);
    return this.#person(member, teams ?? (await this.#memberships?.teamsOf(member.subject)) ?? []);
  }

  /**
   * The data source asks and nothing else, whoever sits behind it. Roles in other headers are never believed: alert rules
   * and public dashboards come as an administrator who is no person. A person whom Grafana vouches for narrows it.
   */
  async #dataSource(headers: IncomingHttpHeaders): Promise<Caller> {
    const scope = scopeOfMember(this.#tenant, this.#config.scopes, { roles: [], groups: [] });
    const service = {
      ...this.#caller('service', 'service:datasource', 'Data source'),
      permissions: new Set(readPermissions),
      scope,
    };
    // Without Grafana's address nobody can be verified; where nothing is scoped, a person would change nothing.
    if (!this.#grafana && this.#config.scopes.length === 0) return service;
    const member = await this.#memberIn(headers);
    if (!member) return service;
    const person = this.#person(member, (await this.#memberships?.teamsOf(member.subject)) ?? []);
    return {
      ...service,
      id: `service:datasource/${member.subject}`,
      name: `Data source for ${member.name}`,
      permissions: new Set(readPermissions.filter((permission) => person.permissions.has(permission))),
      scope: narrowScope(scope, person.scope),
    };
  }

  async #memberIn(headers: IncomingHttpHeaders): Promise<GrafanaMember | undefined> {
    const token = headerOf(headers, 'x-grafana-id');
    if (token === undefined || token === '') return undefined;
    if (!this.#grafana) {
      throw new AppError('TOKEN_INVALID', "Grafana's identity token cannot be verified: its address is not known.", {
        help: 'Set identity.grafana.url (AMADEUS_IDENTITY_GRAFANA_URL) to where the service reaches Grafana.',
      });
    }
    return await this.#grafana.verify(token);
  }

  #person(member: GrafanaMember, teams: readonly string[]): Caller {
    const { grafana, teams: teamRoles } = this.#config.roles;
    const role = member.kind === 'anonymous' && member.role !== 'None' ? 'Viewer' : member.role;
    const roles = unique<Role>([
      ...(role === 'None' ? [] : grafana[role]),
      ...teams.flatMap((team) => (Object.hasOwn(teamRoles, team) ? teamRoles[team]! : [])),
    ]);
    return {
      kind: member.kind === 'service-account' ? 'program' : 'person',
      id: member.subject,
      name: member.name,
      roles,
      permissions: permissionsOf(roles),
      scope: scopeOfMember(this.#tenant, this.#config.scopes, { roles, groups: teams }),
    };
  }

  async #oidcMember(oidc: OidcTokens, token: string): Promise<Caller> {
    const { subject, name, groups } = await oidc.verify(token);
    const { groups: groupRoles } = this.#config.roles;
    const roles = unique<Role>(groups.flatMap((group) => (Object.hasOwn(groupRoles, group) ? groupRoles[group]! : [])));
    return {
      kind: 'program',
      id: `oidc:${subject}`,
      name,
      roles,
      permissions: permissionsOf(roles),
      scope: scopeOfMember(this.#tenant, this.#config.scopes, { roles, groups }),
    };
  }

  /** Rules that hold for everybody hold for keys that were made before them. A key of another organisation is refused. */
  #narrowed(caller: Caller): Caller {
    if (caller.scope.tenant !== this.#tenant) {
      throw new AppError(
        'TOKEN_INVALID',
        `The API key belongs to ${caller.scope.tenant}; this service serves ${this.#tenant}.`,
      );
    }
    const everybody = scopeOfMember(this.#tenant, this.#config.scopes, { roles: [], groups: [] });
    return { ...caller, scope: narrowScope(caller.scope, everybody) };
  }

  #caller(kind: Caller['kind'], id: string, name: string): Caller {
    return { kind, id, name, roles: [], permissions: new Set(), scope: wholeTenant(this.#tenant) };
  }
}

function bearerOf(authorization: string | undefined): string | undefined {
  if (authorization === undefined || authorization === '') return undefined;
  const match = /^Bearer +(\S+)$/i.exec(authorization);
  if (match) return match[1];
  throw new AppError('TOKEN_INVALID', 'The Authorization header is not of the form `Bearer TOKEN`.');
}

function headerOf(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}

function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}
