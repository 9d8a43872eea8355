import type { PriceDetail } from '@amadeus/backend/prices/contract.ts';
import { newPrice, priceDraft, priceProblems, shifted, superseded } from './price-draft';

describe('a price as a person types it', () => {
  test.each([
    ['0.000002', 6, '2'],
    ['0.00000015', 6, '0.15'],
    ['2', -6, '0.000002'],
    ['0.15', -6, '0.00000015'],
    ['15', -6, '0.000015'],
    ['1234567.5', -6, '1.2345675'],
    ['12.5', 6, '12500000'],
    ['0', -6, '0'],
  ])('%s moved by %d places is %s', (amount, places, moved) => {
    expect(shifted(amount, places)).toBe(moved);
  });

  test('a new model needs its name and two prices', () => {
    const draft = priceDraft(undefined);
    expect(priceProblems(draft, false)).toEqual({ item: true, amount: true });
    const typed = { ...draft, item: 'gpt-4.1', provider: 'openai', input: '2', output: '8' };
    expect(priceProblems(typed, false)).toEqual({});
    expect(newPrice(typed, undefined)).toEqual({
      kind: 'llm',
      provider: 'openai',
      item: 'gpt-4.1',
      currency: 'USD',
      components: [
        { meter: 'input', price: '0.000002' },
        { meter: 'output', price: '0.000008' },
      ],
    });
  });

  test('hardware has one price and the usual unit', () => {
    const draft = { ...priceDraft(undefined), kind: 'gpu' as const, item: 'H100', unitPrice: '2.5' };
    expect(newPrice(draft, undefined)).toMatchObject({ unitPrice: '2.5', unit: 'GPU-Hours' });
  });

  test('a new version says why, and keeps the tiers that the form does not show', () => {
    const of = {
      kind: 'llm',
      item: 'm',
      provider: 'p',
      currency: 'USD',
      unit: '',
      components: [
        { meter: 'input', price: '0.000001' },
        { meter: 'input', price: '0.000002', when: { promptAbove: 200000 } },
        { meter: 'input_image', price: '0.01' },
        { meter: 'output', price: '0.000004' },
      ],
    } as unknown as PriceDetail;
    const draft = { ...priceDraft(of), input: '1.5' };
    expect(priceProblems(draft, true)).toEqual({ reason: true });
    expect(superseded({ ...draft, reason: 'dearer' }, of)).toEqual({
      currency: 'USD',
      reason: 'dearer',
      components: [
        { meter: 'input', price: '0.0000015' },
        { meter: 'output', price: '0.000004' },
        { meter: 'input', price: '0.000002', when: { promptAbove: 200000 } },
        { meter: 'input_image', price: '0.01' },
      ],
    });
  });
});
