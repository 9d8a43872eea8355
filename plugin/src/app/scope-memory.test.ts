import { recallScope, rememberScope, scopeSuffix } from './scope-memory';

describe('the scope goes along', () => {
  test('to a page that is opened from the side menu', () => {
    rememberScope('?filter=x_Team%3Asearch&currency=EUR&from=now-7d&group=x_Model');
    expect(recallScope('')).toBe('?filter=x_Team%3Asearch&currency=EUR');
  });

  test('but not over a link that brings its own', () => {
    rememberScope('?currency=EUR');
    expect(recallScope('?filter=x_Team%3Aads')).toBeUndefined();
  });

  test('and nothing is added where nothing was chosen', () => {
    rememberScope('');
    expect(recallScope('?from=now-1h')).toBeUndefined();
  });

  test('in links between pages', () => {
    expect(scopeSuffix('?filter=a%3Ab&from=now-1h', { workload: 'x' })).toBe('?workload=x&filter=a%3Ab');
  });
});
