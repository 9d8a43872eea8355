import { toFailure } from './failure';

describe('what went wrong', () => {
  test.each([
    ['Grafana cannot reach the service', { status: 502, data: { message: 'Bad Gateway' } }, 'service-down'],
    ['nothing answered in time', { status: 504, data: {} }, 'service-down'],
    ['there was no network', new Error('Failed to fetch'), 'service-down'],
    ['the token is wrong', { status: 401, data: { code: 'UNAUTHENTICATED' } }, 'token-refused'],
    ['a role is missing', { status: 403, data: { code: 'FORBIDDEN' } }, 'no-permission'],
    ['the warehouse is away', { status: 503, data: { code: 'UNAVAILABLE' } }, 'store-away'],
    ['the service failed', { status: 500, data: { code: 'INTERNAL' } }, 'failed'],
    ['another server answers', { status: 404, data: '<html>' }, 'failed'],
  ])('is told apart: %s', (_, error, kind) => {
    expect(toFailure(error).kind).toBe(kind);
  });

  test('keeps the words and the trace id of the service', () => {
    const data = {
      code: 'QUERY_LIMIT',
      title: 'Too much',
      detail: 'A year of hours.',
      help: 'Ask for days.',
      traceId: 'abc',
    };
    expect(toFailure({ status: 422, data })).toEqual({
      kind: 'failed',
      status: 422,
      title: 'Too much',
      detail: 'A year of hours.',
      help: 'Ask for days.',
      traceId: 'abc',
    });
  });
});
