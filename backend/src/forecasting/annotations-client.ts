import Value from 'typebox/value';
import Type from 'typebox';
import type { Platform } from '../platform/platform.ts';
import { AppError } from '../platform/errors/index.ts';
import { AnnotationSchema, type Annotation } from './event-contract.ts';

const dayMs = 86_400_000;
const most = 1000;
const AnnotationsSchema = Type.Array(AnnotationSchema);

/**
 * Annotations of Grafana with the configured tag, from a day ago to `daysAhead` from now; undefined where none are to be
 * read (no address or token). @throws AppError UPSTREAM_FAILED saying what to check.
 */
export async function readAnnotations(
  { config, outgoing, clock }: Pick<Platform, 'config' | 'outgoing' | 'clock'>,
  signal: AbortSignal,
): Promise<{ annotations: Annotation[]; from: Date; to: Date } | undefined> {
  const { token, tag, daysAhead } = config.forecasting.annotations;
  const base = config.identity.grafana.url;
  if (token === undefined || base === undefined) return undefined;
  const now = clock.now().getTime();
  const [from, to] = [new Date(now - dayMs), new Date(now + daysAhead * dayMs)];
  const query = new URLSearchParams({
    tags: tag,
    type: 'annotation',
    from: String(from.getTime()),
    to: String(to.getTime()),
    limit: String(most),
  });
  const { status, body } = await outgoing.request(`${base.replace(/\/$/, '')}/api/annotations?${query.toString()}`, {
    headers: { authorization: `Bearer ${token}`, accept: 'application/json' },
    timeoutMs: 10_000,
    signal,
  });
  if (status !== 200) {
    throw new AppError('UPSTREAM_FAILED', `Grafana answered ${status} when its annotations were read.`, {
      help: 'Check forecasting.annotations.token: it needs the permission annotations:read.',
    });
  }
  const answer: unknown = JSON.parse(body.toString('utf8'));
  if (!Value.Check(AnnotationsSchema, answer)) {
    throw new AppError('UPSTREAM_FAILED', 'Grafana answered something else than annotations.', {
      help: 'Check identity.grafana.url.',
    });
  }
  return { annotations: answer, from, to };
}
