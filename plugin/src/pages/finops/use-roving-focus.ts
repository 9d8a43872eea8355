import { useState, type KeyboardEvent } from 'react';

interface RovingItem {
  tabIndex: 0 | -1;
  'data-roving': number;
  onFocus: () => void;
  onKeyDown: (event: KeyboardEvent) => void;
}

/**
 * One stop of the Tab key for many things to press: arrow keys, Home and End go from one to the next, Enter and the space bar
 * press it. The things are those with `data-roving` in the nearest `data-roving-group`.
 */
export function useRovingFocus(count: number, press: (index: number) => void): (index: number) => RovingItem {
  const [current, setCurrent] = useState(0);
  const stop = Math.min(current, Math.max(0, count - 1));
  return (index) => ({
    tabIndex: index === stop ? 0 : -1,
    'data-roving': index,
    onFocus: () => setCurrent(index),
    onKeyDown: (event) => {
      if (event.key === 'Enter' || event.key === ' ') {
        event.preventDefault();
        press(index);
        return;
      }
      const next = {
        ArrowRight: index + 1,
        ArrowDown: index + 1,
        ArrowLeft: index - 1,
        ArrowUp: index - 1,
        Home: 0,
        End: count - 1,
      }[event.key];
      if (next === undefined) return;
      event.preventDefault();
      const group = event.currentTarget.closest('[data-roving-group]');
      group
        ?.querySelector<HTMLElement | SVGElement>(`[data-roving="${Math.max(0, Math.min(count - 1, next))}"]`)
        ?.focus();
    },
  });
}
