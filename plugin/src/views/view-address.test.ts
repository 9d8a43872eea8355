import { isSameView, viewParams } from './view-address';

test('a view keeps what is looked at, and not the visit', () => {
  expect(viewParams('?orgId=1&filter=x_Team:a,b&filter=x_Model:c&from=now-7d&change=4&lines=')).toEqual({
    filter: ['x_Team:a,b', 'x_Model:c'],
    from: ['now-7d'],
  });
});

test('two addresses that say the same in another order are the same view', () => {
  expect(isSameView(viewParams('?a=1&b=2&b=3'), viewParams('?b=2&b=3&a=1'))).toBe(true);
  expect(isSameView(viewParams('?a=1&b=2&b=3'), viewParams('?b=3&b=2&a=1'))).toBe(false);
});
