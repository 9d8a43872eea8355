import { jwtVerify, type JWTPayload, type JWTVerifyGetKey } from 'jose';
import type { Clock } from '../clock/index.ts';
import type { Config } from '../config/index.ts';
import { AppError } from '../errors/index.ts';
import type { Outgoing } from '../outgoing/index.ts';
import { refusedToken } from './refused-token.ts';
import { createSigningKeys } from './signing-keys.ts';

export interface OidcMember {
  subject: string;
  name: string;
  groups: readonly string[];
}

export interface OidcTokens {
  /** @throws AppError TOKEN_INVALID, UPSTREAM_FAILED where the issuer's keys cannot be fetched. */
  verify(token: string): Promise<OidcMember>;
}

type OidcConfig = NonNullable<Config['identity']['oidc']>;

/** Signatures by a key pair only: with a shared secret, whoever can verify could also sign. */
const algorithms = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
];
const clockToleranceSeconds = 30;
const maxGroups = 500;

/** Verifies tokens of the OpenID Connect issuer of the configuration, whose keys are found by its discovery document. */
export function createOidcTokens(config: OidcConfig, clock: Clock, outgoing: Outgoing | undefined): OidcTokens {
  const through = outgoing ? { outgoing } : {};
  let keys: JWTVerifyGetKey | undefined;
  const signingKeys = async (): Promise<JWTVerifyGetKey> => {
    const url = config.jwksUrl ?? (await discover(config.issuer, outgoing));
    keys ??= createSigningKeys({ url, owner: 'The OIDC issuer', clock, ...through });
    return keys;
  };
  const expected = {
    name: 'The OIDC token',
    issuer: config.issuer,
    audience: config.audience,
    settings: 'identity.oidc',
  };
  return {
    verify: async (token) => {
      try {
        const { payload } = await jwtVerify(token, keys ?? (await signingKeys()), {
          algorithms,
          issuer: config.issuer,
          audience: config.audience,
          requiredClaims: ['exp', 'sub'],
          clockTolerance: clockToleranceSeconds,
          currentDate: clock.now(),
        });
        return memberOf(payload, config.groupsClaim);
      } catch (error) {
        throw refusedToken(error, expected);
      }
    },
  };
}

function memberOf(payload: JWTPayload, groupsClaim: string): OidcMember {
  const subject = payload.sub ?? '';
  const name = [payload['name'], payload['preferred_username'], payload['email']].find(
    (each) => typeof each === 'string',
  );
  const groups = claimAt(payload, groupsClaim);
  return {
    subject,
    name: typeof name === 'string' ? name.slice(0, 200) : subject,
    groups: Array.isArray(groups) ? groups.slice(0, maxGroups).filter((group) => typeof group === 'string') : [],
  };
}

/** A claim by its name, or, where there is none, by its path: `realm_access.roles`. */
function claimAt(payload: JWTPayload, claim: string): unknown {
  if (claim in payload) return payload[claim];
  return claim
    .split('.')
    .reduce<unknown>(
      (value, key) =>
        typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined,
      payload,
    );
}

async function discover(issuer: string, outgoing: Outgoing | undefined): Promise<string> {
  const url = `${issuer.replace(/\/+$/, '')}/.well-known/openid-configuration`;
  const document = await fetchJson(url, outgoing);
  const jwks = (document as { jwks_uri?: unknown } | null)?.jwks_uri;
  if (typeof jwks === 'string' && URL.canParse(jwks)) return jwks;
  throw discoveryFailed(url, 'it names no jwks_uri');
}

async function fetchJson(url: string, outgoing: Outgoing | undefined): Promise<unknown> {
  try {
    if (outgoing) return JSON.parse((await outgoing.request(url, { timeoutMs: 5_000 })).body.toString('utf8'));
    const answer = await fetch(url, { signal: AbortSignal.timeout(5_000), redirect: 'error' });
    return await answer.json();
  } catch (error) {
    throw discoveryFailed(url, (error as Error).message, error);
  }
}

function discoveryFailed(url: string, reason: string, cause?: unknown): AppError {
  return new AppError('UPSTREAM_FAILED', `The OIDC issuer's document at ${url} cannot be used: ${reason}.`, {
    cause,
    help: 'Check identity.oidc.issuer, or name the keys with identity.oidc.jwksUrl.',
  });
}
