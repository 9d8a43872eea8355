import type { App } from './app.ts';

const fixed: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'cache-control': 'no-store',
};

/** Headers of every answer: nothing here is a page to be framed, sniffed or kept by a cache. */
export function registerSecurityHeaders(app: App, publicUrl: string | undefined): void {
  const https = publicUrl?.startsWith('https://') ?? false;
  app.addHook('onRequest', (_request, reply, done) => {
    void reply.headers(fixed);
    if (https) void reply.header('strict-transport-security', 'max-age=31536000');
    done();
  });
}
