import { jwtVerify, type JWTPayload } from 'jose';
import type { Clock } from '../clock/index.ts';
import type { Config } from '../config/index.ts';
import { AppError } from '../errors/index.ts';
import type { Outgoing } from '../outgoing/index.ts';
import { refusedToken } from './refused-token.ts';
import { createSigningKeys } from './signing-keys.ts';

export type GrafanaRole = 'Viewer' | 'Editor' | 'Admin' | 'None';

/** Whom Grafana vouches for. */
export interface GrafanaMember {
  /** `user:7`, `service-account:3`, `anonymous:0`. */
  subject: string;
  kind: 'user' | 'service-account' | 'anonymous';
  /** Grafana's uid of the member, where the token names it. */
  uid?: string;
  name: string;
  role: GrafanaRole;
}

export interface GrafanaTokens {
  /** @throws AppError TOKEN_INVALID, UPSTREAM_FAILED where Grafana's keys cannot be fetched. */
  verify(token: string): Promise<GrafanaMember>;
}

/** Seconds by which the clocks of Grafana and of this machine may differ. */
const clockToleranceSeconds = 30;
const kinds: ReadonlySet<string> = new Set(['user', 'service-account', 'anonymous']);
const roles: ReadonlySet<string> = new Set(['Viewer', 'Editor', 'Admin', 'None']);

/**
 * Verifies `X-Grafana-Id`: a JWT of ten minutes, signed ES256 by Grafana's own keys, for one organisation.
 * @returns undefined where `identity.grafana.url` is not set, so that there is nobody to ask for keys.
 */
export function createGrafanaTokens(
  config: Pick<Config, 'identity'>,
  clock: Clock,
  outgoing: Outgoing | undefined,
): GrafanaTokens | undefined {
  const { url, issuer = url, orgId } = config.identity.grafana;
  if (url === undefined || issuer === undefined) return undefined;
  const keys = createSigningKeys({
    url: `${withoutSlash(url)}/api/signing-keys/keys`,
    owner: 'Grafana',
    clock,
    ...(outgoing ? { outgoing } : {}),
  });
  const expected = {
    name: "Grafana's identity token",
    issuer: withoutSlash(issuer),
    audience: `org:${orgId}`,
    settings: 'identity.grafana in the configuration',
  };
  return {
    verify: async (token) => {
      try {
        const { payload } = await jwtVerify(token, keys, {
          algorithms: ['ES256'],
          // root_url with and without its slash
          issuer: [expected.issuer, `${expected.issuer}/`],
          audience: expected.audience,
          requiredClaims: ['exp', 'sub'],
          clockTolerance: clockToleranceSeconds,
          currentDate: clock.now(),
        });
        return memberOf(payload);
      } catch (error) {
        throw refusedToken(error, expected);
      }
    },
  };
}

function memberOf(payload: JWTPayload): GrafanaMember {
  const subject = payload.sub ?? '';
  const kind = subject.split(':', 1)[0]!;
  if (!kinds.has(kind)) {
    throw new AppError(
      'TOKEN_INVALID',
      `Grafana's identity token is for ${JSON.stringify(subject)}, which is nobody who may call.`,
    );
  }
  const role = text(payload, 'role');
  const uid = text(payload, 'identifier');
  return {
    subject,
    kind: kind as GrafanaMember['kind'],
    ...(uid ? { uid } : {}),
    name: text(payload, 'name') ?? text(payload, 'username') ?? text(payload, 'email') ?? subject,
    role: role !== undefined && roles.has(role) ? (role as GrafanaRole) : 'None',
  };
}

function text(payload: JWTPayload, claim: string): string | undefined {
  const value = payload[claim];
  return typeof value === 'string' && value !== '' ? value.slice(0, 200) : undefined;
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '');
}
