import { describe, expect, test } from '@jest/globals';
import { demoSchedule, wantsDemo } from './demo-cluster.ts';
import { parseStart } from './start-options.ts';

describe('npm start', () => {
  test('loads the estate unless data of one’s own is given', () => {
    expect(parseStart([])).toMatchObject({ command: 'serve', estate: true, grafana: true });
    expect(parseStart(['--focus', 'a.csv', 'b.csv.gz', '--once'])).toMatchObject({
      focus: ['a.csv', 'b.csv.gz'],
      estate: false,
      once: true,
    });
    expect(parseStart(['--prometheus=http://localhost:9090', '--query', 'sum(x)'])).toMatchObject({
      prometheus: 'http://localhost:9090',
      query: 'sum(x)',
      estate: false,
    });
  });

  test('says of the demo’s cluster what comes and what just came, each by its own kind', () => {
    const at = (minute: number): number => Date.parse('2026-11-20T10:00:00Z') + minute * 60_000;
    const plan = {
      token: 'x',
      sales: [at(-30), at(5), at(50)],
      troubles: [
        { at: at(-1), kind: 'hungry release', service: 'emailservice' },
        { at: at(2), kind: 'broken release', service: 'paymentservice' },
        { at: at(90), kind: 'hungry release', service: 'giftservice' },
      ],
    } as const;
    expect(demoSchedule({ plan }, at(0)).split('\n').slice(1)).toEqual([
      '  09:59 UTC  emailservice was released and needs more memory than it may have',
      '  10:02 UTC  paymentservice is released broken',
      '  10:05 UTC  a sale, four times the visits; pods are there before it',
    ]);
  });

  test('starts the demo’s cluster beside the estate, and beside nothing of one’s own', () => {
    expect(wantsDemo(parseStart([]), {})).toBe(true);
    for (const args of [['--no-demo-cluster'], ['--no-estate'], ['--once'], ['--config', 'x.yaml'], ['--focus', 'a']])
      expect(wantsDemo(parseStart(args), {})).toBe(false);
    for (const variables of [
      { AMADEUS_DEMO_CLUSTER: 'off' },
      { AMADEUS_KUBERNETES_CLUSTERS: '[]' },
      { PROMETHEUS_URL: 'http://prometheus:9090' },
      { AMADEUS_ESTATE_ENABLED: 'false' },
    ])
      expect(wantsDemo(parseStart([]), variables)).toBe(false);
  });

  test('says what is wrong with what was typed', () => {
    expect(() => parseStart(['--prometheus', 'localhost:9090'])).toThrow(/http:\/\/localhost:9090/);
    expect(() => parseStart(['--port', '99999'])).toThrow(/0 to 65535/);
    expect(() => parseStart(['--focus'])).toThrow(/needs a value/);
    expect(() => parseStart(['--query', 'x'])).toThrow(/needs --prometheus/);
    expect(() => parseStart(['--fcous', 'x'])).toThrow(/no option --fcous/);
  });

  test('passes the other commands on', () => {
    expect(parseStart(['config', '--config', 'x.yaml'])).toMatchObject({ command: 'config', config: 'x.yaml' });
    expect(parseStart(['audit', 'verify', 'dir'])).toMatchObject({ command: 'audit', rest: ['verify', 'dir'] });
  });
});
