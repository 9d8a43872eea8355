import { describe, expect, test } from '@jest/globals';
import { Histogram, Registry } from 'prom-client';
import { SeriesHistogram } from './series-histogram.ts';

const buckets = [0.1, 1, 10];
const parts = { name: 'amadeus_waits_seconds', help: 'Waits.', buckets };
const seen: [string, number][] = [
  ['a', 0.1],
  ['a', 0.11],
  ['b', 100],
  ['a', 7],
  ['b', 0],
  ['a', 10.5],
];

describe('SeriesHistogram', () => {
  test('is told of as prom-client tells of its own', async () => {
    const [ours, theirs] = [new Registry(), new Registry()];
    const histogram = new SeriesHistogram({ ...parts, registry: ours });
    const like = new Histogram({ ...parts, labelNames: ['of', 'to'], registers: [theirs] });
    for (const [of, value] of seen) {
      histogram.series({ of, to: 'x"y' }).observe(value);
      like.observe({ of, to: 'x"y' }, value);
    }
    const lines = async (registry: Registry): Promise<string[]> => (await registry.metrics()).split('\n');
    expect(await lines(ours)).toEqual(await lines(theirs));
    expect(await lines(ours)).toContain('amadeus_waits_seconds_bucket{le="+Inf",of="a",to="x\\"y"} 4');
    expect(await ours.getMetricsAsJSON()).toEqual(
      (await theirs.getMetricsAsJSON()).map((metric) => ({
        ...metric,
        // prom-client's own says as well that there are no exemplars.
        values: metric.values.map(({ labels, value, ...rest }) => ({
          metricName: (rest as { metricName?: string }).metricName,
          labels,
          value,
        })),
      })),
    );
  });

  test('says nothing of a series in which nothing was observed', async () => {
    const registry = new Registry();
    new SeriesHistogram({ ...parts, registry }).series({ of: 'a' });
    expect(await registry.metrics()).toBe(
      '# HELP amadeus_waits_seconds Waits.\n# TYPE amadeus_waits_seconds histogram\n',
    );
  });

  test('has one series for the same labels in whatever order', async () => {
    const histogram = new SeriesHistogram({ ...parts, registry: new Registry() });
    expect(histogram.series({ of: 'a', to: 'b' })).toBe(histogram.series({ to: 'b', of: 'a' }));
    expect(histogram.series({ of: 'a', to: 'b' })).not.toBe(histogram.series({ of: 'b', to: 'a' }));
  });
});
