import { describe, expect, test } from '@jest/globals';
import { findIn, fold, wordsOf } from './fold.ts';

const find = (text: string, query: string) => findIn(text, query, wordsOf(query));
const marked = (text: string, query: string) => find(text, query)?.marks.map(([from, to]) => text.slice(from, to));

describe('texts are compared', () => {
  test.each([
    ['GPT-4.1_mini', 'gpt 4 1 mini'],
    ['  Café  Zürich ', 'cafe zurich'],
    ['ＦＵＬＬ', 'full'],
    ['İstanbul', 'istanbul'],
    ['arn:aws:s3:::bucket/key', 'arn aws s3 bucket key'],
    ['=cmd|calc', 'cmd calc'],
  ])('without case, marks and punctuation: %s', (text, folded) => {
    expect(fold(text)).toBe(folded);
  });

  test('a syllable in the making finds the finished Korean word', () => {
    expect(find('검색팀', '거')?.how).toBe('prefix');
    expect(find('검색팀', '검색')?.how).toBe('prefix');
    expect(find('신규 검색', '검색')?.how).toBe('word');
    expect(find('결제팀', '검')).toBeUndefined();
  });
});

describe('a find', () => {
  test.each([
    ['search', 'SEARCH', 'exact'],
    ['search-web', 'search', 'prefix'],
    ['web-search', 'sear', 'word'],
    ['research', 'search', 'part'],
    ['ads', 'search', undefined],
    ['gpt-4.1-mini', 'mini gpt', 'word'],
    ['gpt-4.1-mini', 'gpt large', undefined],
  ])('of %s by %s is %s', (text, query, how) => {
    expect(find(text, query)?.how).toBe(how);
  });

  test('marks where the words stand in the text as it is written', () => {
    expect(marked('Café-Zürich GmbH', 'zurich cafe')).toEqual(['Café', 'Zürich']);
    expect(marked('Cafe\u0301 noir', 'cafe')).toEqual(['Cafe\u0301']);
    expect(marked('검색팀', '검색')).toEqual(['검색']);
    expect(marked('research search', 'search')).toEqual(['search']);
    expect(marked('🚀 rocket', 'rock')).toEqual(['rock']);
  });

  test('needs a letter or digit to look for', () => {
    expect(wordsOf(' -_. ')).toEqual([]);
    expect(find('anything', '--')).toBeUndefined();
  });

  test('is bounded however many words are asked', () => {
    expect(wordsOf(Array.from({ length: 50 }, (_, index) => `w${index}`).join(' '))).toHaveLength(8);
  });
});
