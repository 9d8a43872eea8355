import { createHash, createHmac } from 'node:crypto';

/** What AWS proves a caller by. */
export interface AwsCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  /** Of credentials that end. */
  sessionToken?: string | undefined;
}

export interface SignedRequest {
  method: string;
  host: string;
  /** Path as it goes over the wire, with its query where it has one. */
  path: string;
  /** Headers that are signed besides `host` and `x-amz-*`. */
  headers?: Readonly<Record<string, string>>;
  body: string | Uint8Array;
}

const algorithm = 'AWS4-HMAC-SHA256';

/**
 * Signs a request by AWS Signature Version 4 (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html).
 *
 * @param now milliseconds since the epoch
 * @returns the headers to send with it: `authorization`, `x-amz-date`, and the token of the session where there is one
 */
export function awsSignature(
  request: SignedRequest,
  credentials: AwsCredentials,
  scope: { region: string; service: string },
  now: number,
): Record<string, string> {
  const stamp = new Date(now).toISOString().replace(/\.\d{3}|[-:]/g, '');
  const day = stamp.slice(0, 8);
  const own = {
    'x-amz-date': stamp,
    ...(credentials.sessionToken === undefined ? {} : { 'x-amz-security-token': credentials.sessionToken }),
  };
  const signed = canonicalHeaders({ ...request.headers, ...own, host: request.host });
  const names = signed.map(([name]) => name).join(';');
  const [path = '/', query = ''] = split(request.path);
  const canonical = [
    request.method,
    canonicalPath(path),
    canonicalQuery(query),
    ...signed.map(([name, value]) => `${name}:${value}`),
    '',
    names,
    sha256(request.body),
  ].join('\n');
  const place = `${day}/${scope.region}/${scope.service}/aws4_request`;
  const text = [algorithm, stamp, place, sha256(canonical)].join('\n');
  const key = [day, scope.region, scope.service, 'aws4_request'].reduce<string | Buffer>(
    (secret, part) => createHmac('sha256', secret).update(part).digest(),
    `AWS4${credentials.secretAccessKey}`,
  );
  const signature = createHmac('sha256', key).update(text).digest('hex');
  const authorization = `${algorithm} Credential=${credentials.accessKeyId}/${place}, SignedHeaders=${names}, Signature=${signature}`;
  return { ...own, authorization };
}

function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

function split(path: string): [string, string] {
  const at = path.indexOf('?');
  return at < 0 ? [path, ''] : [path.slice(0, at), path.slice(at + 1)];
}

function canonicalHeaders(headers: Readonly<Record<string, string>>): [string, string][] {
  return Object.entries(headers)
    .map(([name, value]): [string, string] => [name.toLowerCase(), value.trim().replace(/ +/g, ' ')])
    .sort(([one], [other]) => (one < other ? -1 : 1));
}

/** Each segment is encoded once more than it is on the wire, as every service but S3 demands. */
function canonicalPath(path: string): string {
  return path.split('/').map(encoded).join('/');
}

function canonicalQuery(query: string): string {
  if (query === '') return '';
  return query
    .split('&')
    .map((pair) => pair.split('=', 2).map((part) => encoded(decodeURIComponent(part))))
    .map(([name = '', value = '']) => `${name}=${value}`)
    .sort()
    .join('&');
}

/** RFC 3986: everything but letters, digits, `-`, `.`, `_` and `~`. */
function encoded(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);
}
