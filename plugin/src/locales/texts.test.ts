import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import datasourceKo from '../datasource/locales/ko-KR.json';
import { korean } from './ko-KR';

type Texts = { [key: string]: string | Texts };

const source = join(__dirname, '..');

function files(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return files(path);
    return /\.tsx?$/.test(name) && !name.includes('.test.') ? [path] : [];
  });
}

/** Keys and English texts that the code asks for. */
function used(paths: string[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const path of paths) {
    for (const [, key, text] of readFileSync(path, 'utf8').matchAll(
      /\bt\(\s*'([^']+)',\s*(['"`](?:[^'"\\]|\\.|['"])*?['"`])\s*[,)]/g,
    )) {
      found.set(key!, text!);
    }
  }
  return found;
}

function flat(texts: Texts, prefix = ''): Map<string, string> {
  const found = new Map<string, string>();
  for (const [key, value] of Object.entries(texts)) {
    if (typeof value === 'string') found.set(prefix + key, value);
    else for (const [name, text] of flat(value, `${prefix}${key}.`)) found.set(name, text);
  }
  return found;
}

const placeholders = (text: string) => [...text.matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name).sort();
const all = files(source);
const ofDatasource = all.filter((path) => path.includes(`${join('src', 'datasource')}`));

test('no two files of Korean texts share a first word', () => {
  const folder = join(__dirname, 'ko-KR');
  const words = readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .flatMap((name) => Object.keys(JSON.parse(readFileSync(join(folder, name), 'utf8')) as Texts));
  expect(words).toEqual([...new Set(words)]);
});

describe.each([
  ['the app', all.filter((path) => !ofDatasource.includes(path)), flat(korean)],
  ['the data source', ofDatasource, flat(datasourceKo)],
])('Korean texts of %s', (_, paths, korean) => {
  const english = used(paths);

  test('are there for every text, and for nothing else', () => {
    expect([...english.keys()].sort()).toEqual([...korean.keys()].sort());
  });

  test('have the same values in them', () => {
    for (const [key, text] of english)
      expect([key, placeholders(korean.get(key) ?? '')]).toEqual([key, placeholders(text)]);
  });
});
