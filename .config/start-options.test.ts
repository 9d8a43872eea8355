import { describe, expect, test } from '@jest/globals';
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
