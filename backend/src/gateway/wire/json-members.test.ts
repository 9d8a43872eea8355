import { describe, expect, test } from '@jest/globals';
import { memberSpans, withMembers } from './json-members.ts';

describe('changing one member of a JSON text', () => {
  test('everything else stays byte for byte, also numbers that JavaScript cannot hold', () => {
    const sent =
      '{ "seed": 9223372036854775807, "model" : "fast",\n "temperature": 1.0, "x": {"model":"inner","a":[1,{"b":"}"}]} }';
    expect(withMembers(sent, { model: '"gpt-4.1"' })).toBe(sent.replace('"fast"', '"gpt-4.1"'));
  });

  test('what is not there is added at the end', () => {
    expect(withMembers('{}', { a: '1', b: '[2]' })).toBe('{"a":1,"b":[2]}');
    expect(withMembers(' {"m":"x" } ', { m: '"y"', s: '{"u":true}' })).toBe(' {"m":"y" ,"s":{"u":true}} ');
  });

  test('keys are compared as they mean, and of two the later counts', () => {
    const spans = memberSpans('{"mod\\u0065l":"a","model":"b\\"\\\\","n":-1.5e3,"t":true}');
    expect([...spans.keys()]).toEqual(['model', 'n', 't']);
    expect(withMembers('{"model":"a","model":"b"}', { model: '"c"' })).toBe('{"model":"a","model":"c"}');
  });

  test('what is no object says so', () => {
    for (const text of ['[]', '"a"', '1', '{"a":1']) expect(() => memberSpans(text)).toThrow(SyntaxError);
  });
});
