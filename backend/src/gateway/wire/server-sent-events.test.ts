import { describe, expect, test } from '@jest/globals';
import { eventText, SseReader, type ServerSentEvent } from './server-sent-events.ts';

const stream =
  'event: a\ndata: {"x":"날씨"}\n\n: comment\r\ndata: one\r\ndata: two\r\n\r\nid: 7\ndata:three\n\ndata: [DONE]\n\n';
const wanted: ServerSentEvent[] = [
  { event: 'a', data: '{"x":"날씨"}' },
  { data: 'one\ntwo' },
  { data: 'three' },
  { data: '[DONE]' },
];

function read(pieces: Uint8Array[]): ServerSentEvent[] {
  const reader = new SseReader();
  return [...pieces.flatMap((piece) => reader.push(piece)), ...reader.end()];
}

describe('reading server-sent events', () => {
  test('the same events come out wherever the bytes are cut', () => {
    const bytes = Buffer.from(stream);
    for (let size = 1; size <= bytes.length; size++) {
      const pieces: Uint8Array[] = [];
      for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size));
      expect(read(pieces)).toEqual(wanted);
    }
  });

  test('a stream without its last empty line loses nothing, and a byte order mark is no part of a field', () => {
    expect(read([Buffer.from('\u{feff}data: a\n\ndata: b')])).toEqual([{ data: 'a' }, { data: 'b' }]);
    expect(read([Buffer.from('data: a\r')])).toEqual([{ data: 'a' }]);
  });

  test('an event without an end is refused before it fills the memory', () => {
    const reader = new SseReader(100);
    expect(() => reader.push(Buffer.from(`data: ${'x'.repeat(200)}`))).toThrow(/longer than 100 bytes/);
    const lines = new SseReader(100);
    expect(() => {
      for (let n = 0; n < 100; n++) lines.push(Buffer.from('data: 0123456789\n'));
    }).toThrow(RangeError);
  });

  test('what is written is read back', () => {
    for (const event of wanted) expect(read([Buffer.from(eventText(event))])).toEqual([event]);
  });
});
