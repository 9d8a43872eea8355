import { AppError, isAppError } from '../../platform/errors/index.ts';
import { ObjectChanged } from './object-store.ts';

interface Facts {
  status: number | undefined;
  code: string;
}

/**
 * What a store's failure means to people and what to do about it, whichever SDK it came from. Words of the store itself are
 * left out: they may carry keys and signed addresses.
 */
export function storeFailure(error: unknown, place: string): AppError {
  if (isAppError(error)) return error;
  const { status, code } = factsOf(error);
  const told = (detail: string, help: string, timeout = false) =>
    new AppError(timeout ? 'UPSTREAM_TIMEOUT' : 'UPSTREAM_FAILED', detail, { cause: error, help });
  if (error instanceof ObjectChanged)
    return told(
      `A file in ${place} changed while it was read.`,
      'Nothing of it was kept; its new version is taken at the next look.',
    );
  if (
    /InvalidAccessKeyId|SignatureDoesNotMatch|AuthenticationFailed|InvalidAuthenticationInfo/.test(code) ||
    status === 401
  )
    return told(
      `The credentials for ${place} were refused.`,
      'Check the secrets that the settings name: a key may have been rotated, cut off or belong to another account.',
    );
  if (/ExpiredToken|TokenRefreshRequired/.test(code))
    return told(
      `The credentials for ${place} have expired.`,
      'Store fresh ones under the names that the settings give.',
    );
  if (/CredentialsProviderError|CredentialUnavailable/.test(code) || isMissingCredentials(error))
    return told(
      `There are no credentials for ${place}.`,
      'Name the secrets in the settings, or give the service a role, workload identity or profile of its own.',
    );
  if (status === 403 || /AccessDenied|AuthorizationFailure|EACCES|EPERM/.test(code))
    return told(
      `Reading ${place} is not allowed.`,
      'Grant list and read on it (s3:ListBucket and s3:GetObject, storage.objects.list and .get, or Storage Blob Data Reader).',
    );
  if (status === 404 || /NoSuchBucket|ContainerNotFound|ENOENT|ENOTDIR/.test(code))
    return told(`There is no ${place.replace(/^the /, '')}.`, 'Check its name, account and region in the settings.');
  if (status === 301 || /PermanentRedirect|AuthorizationHeaderMalformed/.test(code))
    return told(
      `${capital(place)} lies in another region.`,
      'Set `region` in the settings to the region of the bucket.',
    );
  if (/Timeout|ETIMEDOUT|RequestAborted|AbortError/.test(code))
    return told(
      `${capital(place)} did not answer in time.`,
      'Check the network to it; the next look tries again.',
      true,
    );
  if (/ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ECONNRESET|REQUEST_SEND_ERROR|EHOSTUNREACH/.test(code))
    return told(`${capital(place)} cannot be reached.`, 'Check `endpoint`, name resolution and the firewall.');
  const what = status === undefined ? 'failed' : `answered ${status}`;
  return told(
    `${capital(place)} ${what}.`,
    'The next look tries again. If it persists, check the status page of the store.',
  );
}

function factsOf(error: unknown): Facts {
  const seen = error as {
    $metadata?: { httpStatusCode?: number };
    statusCode?: unknown;
    status?: unknown;
    code?: unknown;
    Code?: unknown;
    name?: unknown;
    message?: unknown;
    cause?: unknown;
  } | null;
  const candidates = [seen?.$metadata?.httpStatusCode, seen?.statusCode, seen?.status, seen?.code];
  const status = candidates.map(Number).find((value) => Number.isInteger(value) && value >= 300 && value < 600);
  // Where an SDK wraps a network error, its code is left in the words alone.
  const worded = typeof seen?.message === 'string' ? /\bE[A-Z_]{5,}\b/.exec(seen.message)?.[0] : undefined;
  const names = [seen?.name, seen?.code, seen?.Code, worded].filter((value) => typeof value === 'string').join(' ');
  const inner = seen?.cause === undefined || status !== undefined ? undefined : factsOf(seen.cause);
  return { status: status ?? inner?.status, code: `${names} ${inner?.code ?? ''}` };
}

/** The Google SDK tells it by its words alone. */
function isMissingCredentials(error: unknown): boolean {
  return error instanceof Error && /could not load the default credentials/i.test(error.message);
}

function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
