import { describe, expect, test } from '@jest/globals';
import { wantsDemo } from './demo-cluster.ts';
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
