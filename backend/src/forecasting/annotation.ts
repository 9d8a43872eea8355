import type { Annotation } from './event-contract.ts';
import type { EventInput } from './known-event.ts';

const usualLengthMs = 3_600_000;
const longestMs = 14 * 86_400_000;

/**
 * An annotation of Grafana as a known event: tags `event:NAME`, `workload:NAMESPACE/NAME` and `ratio:NUMBER` say what it is,
 * else its text names it. A point in time stands for an hour. Undefined where it has no name at all.
 */
export function eventOfAnnotation({
  id,
  time,
  timeEnd,
  tags,
  text,
}: Annotation): (EventInput & { id: string }) | undefined {
  const tagged = (key: string): string | undefined =>
    tags
      .find((tag) => tag.startsWith(`${key}:`))
      ?.slice(key.length + 1)
      .trim() || undefined;
  const plain = text.replace(/<[^>]*>/g, ' ').trim();
  const name = (tagged('event') ?? plain.split('\n')[0]!).replace(controls, ' ').trim().slice(0, 120);
  if (name === '') return undefined;
  const end = timeEnd !== undefined && timeEnd > time ? Math.min(timeEnd, time + longestMs) : time + usualLengthMs;
  const ratio = Number(tagged('ratio'));
  const workload = tagged('workload')?.slice(0, 300);
  return {
    id: `grafana-${id}`,
    name,
    startsAt: new Date(time).toISOString(),
    endsAt: new Date(end).toISOString(),
    note: plain.replace(controls, ' ').slice(0, 2000),
    ...(workload === undefined ? {} : { workload }),
    ...(ratio >= 0.01 && ratio <= 100 ? { ratio } : {}),
  };
}

// eslint-disable-next-line no-control-regex -- these are what is taken out
const controls = /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g;
