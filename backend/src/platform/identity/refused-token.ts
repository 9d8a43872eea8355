import { errors } from 'jose';
import { AppError, isAppError } from '../errors/index.ts';

export interface TokenExpectation {
  /** What the token is called in messages: `Grafana's identity token`. */
  name: string;
  issuer: string;
  audience: string;
  /** Settings to look at where issuer or audience differ. */
  settings: string;
}

/** Why a signed token was refused, as TOKEN_INVALID; what is no refusal (keys that cannot be fetched) passes through. */
export function refusedToken(error: unknown, expected: TokenExpectation): unknown {
  if (isAppError(error)) return error;
  if (!(error instanceof errors.JOSEError)) return error;
  return new AppError('TOKEN_INVALID', `${expected.name} was refused: ${reasonOf(error, expected)}.`, { cause: error });
}

function reasonOf(error: errors.JOSEError, expected: TokenExpectation): string {
  if (error instanceof errors.JWTExpired) {
    const at = typeof error.payload.exp === 'number' ? ` at ${new Date(error.payload.exp * 1000).toISOString()}` : '';
    return `it expired${at}; load the page again`;
  }
  if (error instanceof errors.JWTClaimValidationFailed) return claimReason(error, expected);
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'its signature is not by the key it names';
  if (error instanceof errors.JWKSNoMatchingKey) return 'it is signed by a key that the issuer does not have';
  if (error instanceof errors.JOSEAlgNotAllowed || error instanceof errors.JOSENotSupported) {
    return 'it is signed by an algorithm that is not accepted';
  }
  return 'it is no signed token';
}

/** Claims are looked at after the signature, so that they may be named: the issuer itself wrote them. */
function claimReason(error: errors.JWTClaimValidationFailed, expected: TokenExpectation): string {
  const found = JSON.stringify(error.payload[error.claim] ?? null);
  if (error.claim === 'iss') return `its issuer is ${found}, expected ${expected.issuer} (${expected.settings})`;
  if (error.claim === 'aud')
    return `it is for ${found}, this service serves ${expected.audience} (${expected.settings})`;
  if (error.claim === 'nbf') return 'it is not valid yet; compare the clocks of both machines';
  return `its claim ${error.claim} is ${error.reason === 'missing' ? 'missing' : 'wrong'}`;
}
