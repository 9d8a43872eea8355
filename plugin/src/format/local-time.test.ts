import { setTimeZoneResolver } from '@grafana/data';
import { localTime, readLocalTime, timeZoneName } from './local-time';

describe('local times', () => {
  beforeAll(() => setTimeZoneResolver(() => 'Asia/Seoul'));

  test('are those of the time zone of Grafana, and come back as they went', () => {
    const instant = Date.parse('2026-11-21T20:00:00Z');
    expect(localTime(instant)).toBe('2026-11-22T05:00');
    expect(readLocalTime('2026-11-22T05:00')).toBe(instant);
    expect(timeZoneName()).toBe('Asia/Seoul');
  });

  test('are none where nothing was typed', () => {
    expect(readLocalTime('')).toBeUndefined();
    expect(readLocalTime('2026-13-45T05:00')).toBeUndefined();
  });
});
