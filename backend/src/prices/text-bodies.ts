import { AppError } from '../platform/errors/index.ts';
import type { App } from '../platform/http/index.ts';

const textTypes = ['application/json', 'text/plain', 'text/csv', 'application/octet-stream'];

/** Declares routes whose bodies arrive as texts, whatever their type says, up to so many bytes. */
export async function takesText(app: App, bodyLimit: number, declare: (scope: App) => void): Promise<void> {
  await app.register(async (scope: App) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(textTypes, { parseAs: 'string', bodyLimit }, (_request, body, done) => done(null, body));
    scope.addHook('preHandler', async (request) => {
      if (typeof request.body !== 'string' || request.body.trim() === '')
        throw new AppError('BAD_REQUEST', 'The request has no body.', { help: 'Send the file as the body.' });
    });
    declare(scope);
  });
}
