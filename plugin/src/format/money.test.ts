import { changePercent, formatChange, formatMoney, formatShare } from './money';

describe('money', () => {
  test('shows large amounts without cents and small ones with', () => {
    expect(formatMoney('12340.41', 'USD')).toBe('$12,340');
    expect(formatMoney('3.1', 'EUR')).toBe('€3.10');
    expect(formatMoney('0.00', 'KRW')).toBe('₩0');
    expect(formatMoney('-250', 'USD')).toBe('−$250.00');
  });

  test('reads thirty digits without losing one', () => {
    expect(formatMoney('123456789012345678901234.56', 'USD', { digits: 2 })).toBe(
      '$123,456,789,012,345,678,901,234.56',
    );
  });

  test('names a unit that is no ISO currency', () => {
    expect(formatMoney('5', 'CREDITS')).toBe('5.00 CREDITS');
  });

  test('says how much changed, and nothing where nothing was before', () => {
    expect(formatChange(changePercent('108', '100')!)).toBe('+8.0\u00a0%');
    expect(formatChange(changePercent('50', '100')!)).toBe('−50.0\u00a0%');
    expect(changePercent('5', '0')).toBeUndefined();
    expect(changePercent('5', undefined)).toBeUndefined();
    expect(formatShare('0.031')).toBe('3.1\u00a0%');
    expect(formatShare('-1.54', 0)).toBe('−154\u00a0%');
  });
});
