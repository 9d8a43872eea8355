import { expect, test } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Value from 'typebox/value';
import { parse } from 'yaml';
import { cloudConnectors, focusFilesConnector } from '../backend/src/connectors/index.ts';
import { environmentPaths } from '../backend/src/platform/config/environment.ts';
import { loadConfig, type Config } from '../backend/src/platform/config/index.ts';

const file = join(import.meta.dirname, 'amadeus', 'amadeus.yaml');
/** Every example line made a setting. */
const opened = readFileSync(file, 'utf8').replace(/^#(?=\S| {2})/gm, '');

function load(text: string): Config {
  const directory = mkdtempSync(join(tmpdir(), 'amadeus-yaml-'));
  try {
    writeFileSync(join(directory, 'amadeus.yaml'), text);
    return loadConfig({ file: join(directory, 'amadeus.yaml'), environment: {} });
  } finally {
    rmSync(directory, { recursive: true });
  }
}

test('as it is, the file changes nothing', () => {
  expect(loadConfig({ file, environment: {} })).toEqual(loadConfig({ environment: {} }));
});

test('with every example taken up, it is valid', () => {
  expect(load(opened).notify.channels.map((channel) => channel.type)).toEqual([
    'slack',
    'pagerduty',
    'email',
    'webhook',
  ]);
});

test('the sources that it shows have settings that their connectors take', () => {
  const { sources } = load(opened);
  expect(sources.length).toBeGreaterThan(0);
  for (const { name, kind, settings } of sources) {
    const connector = [focusFilesConnector, ...cloudConnectors].find((one) => one.kind === kind);
    expect([name, connector?.kind]).toEqual([name, kind]);
    const problems = Value.Errors(connector!.settings, settings).map(({ instancePath, message }) => [
      instancePath,
      message,
    ]);
    expect([name, ...problems]).toEqual([name]);
  }
});

test('it names every setting', () => {
  const tree = parse(opened) as Record<string, unknown>;
  const unnamed = environmentPaths()
    .map((entry) => entry.path)
    .filter(
      (path) =>
        path.reduce<unknown>((node, key) => (node as Record<string, unknown> | undefined)?.[key], tree) === undefined,
    )
    .map((path) => path.join('.'));
  expect(unnamed).toEqual([]);
});

test('a default that it shows is the default', () => {
  const shown = load(opened);
  const defaults = loadConfig({ environment: {} });
  expect(shown.http.rateLimitPerMinute).toBe(defaults.http.rateLimitPerMinute);
  expect(shown.estate).toEqual(defaults.estate);
  const { events: _examples, annotations, ...forecasting } = shown.forecasting;
  expect({ ...forecasting, events: [] }).toEqual({ ...defaults.forecasting, annotations: undefined });
  expect(annotations).toMatchObject(defaults.forecasting.annotations);
  expect(shown.warehouse.guards).toEqual(defaults.warehouse.guards);
  expect(shown.prometheus.queries).toEqual(defaults.prometheus.queries);
});
