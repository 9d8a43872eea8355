import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../errors/index.ts';
import type { App } from './app.ts';

/**
 * Gives every request a signal that fires when the caller went away, its time is up or the service stops. When time is
 * up and nothing was sent yet, the caller gets UPSTREAM_TIMEOUT; an answer that is being streamed is cut off.
 *
 * Fastify's own `request.signal` fires as soon as a request's body has been read, because Node closes the request (not
 * the connection) at that moment; a handler of a POST would find it aborted. This one listens to the response.
 */
export function registerRequestDeadline(app: App, requestTimeoutMs: number, stopping: AbortSignal): void {
  app.addHook('onRequest', (request, reply, done) => {
    const controller = new AbortController();
    Object.defineProperty(request, 'signal', { value: controller.signal, configurable: true });
    const limit = request.routeOptions.config.timeoutMs ?? requestTimeoutMs;
    const timer = setTimeout(() => expire(controller, limit, request, reply), limit);
    const onStop = (): void => controller.abort(new AppError('UNAVAILABLE', 'The service is stopping.'));
    stopping.addEventListener('abort', onStop, { once: true });
    reply.raw.once('close', () => {
      clearTimeout(timer);
      stopping.removeEventListener('abort', onStop);
      if (!reply.raw.writableEnded)
        controller.abort(new AppError('CLIENT_CLOSED', 'The caller closed the connection.'));
    });
    done();
  });
}

function expire(controller: AbortController, limit: number, request: FastifyRequest, reply: FastifyReply): void {
  const error = new AppError('UPSTREAM_TIMEOUT', `The request took longer than ${limit / 1000} s and was stopped.`, {
    help: 'Ask for less (a shorter range, fewer dimensions), or raise http.requestTimeoutMs in the configuration.',
  });
  request.log.debug({ limit }, 'request deadline reached');
  controller.abort(error);
  if (reply.sent && !reply.raw.headersSent) return;
  if (reply.raw.headersSent) reply.raw.destroy();
  else void reply.send(error);
}
