import '@testing-library/jest-dom';
import { configure } from '@testing-library/react';
import { TextDecoder, TextEncoder } from 'node:util';

configure({ asyncUtilTimeout: 30_000 });
Object.assign(globalThis, { TextDecoder, TextEncoder });

// What Grafana's components ask of a browser and jsdom does not have.
Object.defineProperty(globalThis, 'matchMedia', {
  writable: true,
  value: (media: string) => ({
    matches: false,
    media,
    addEventListener: () => undefined,
    removeEventListener: () => undefined,
    addListener: () => undefined,
    removeListener: () => undefined,
  }),
});
globalThis.ResizeObserver = class {
  observe() {}
  unobserve() {}
  disconnect() {}
};
globalThis.IntersectionObserver = class {
  readonly root = null;
  readonly rootMargin = '';
  readonly thresholds = [];
  observe() {}
  unobserve() {}
  disconnect() {}
  takeRecords() {
    return [];
  }
};
HTMLCanvasElement.prototype.getContext = (() => ({
  measureText: (text: string) => ({ width: text.length * 8 }),
})) as never;
// Lists that draw only what is in view need a height.
for (const side of ['clientHeight', 'clientWidth', 'offsetHeight', 'offsetWidth']) {
  Object.defineProperty(HTMLElement.prototype, side, { configurable: true, value: 400 });
}
Element.prototype.getBoundingClientRect = () => new DOMRect(0, 0, 400, 400);
if (typeof globalThis.DOMRect === 'undefined') {
  globalThis.DOMRect = class {
    readonly top = 0;
    readonly left = 0;
    readonly bottom: number;
    readonly right: number;
    constructor(
      readonly x = 0,
      readonly y = 0,
      readonly width = 0,
      readonly height = 0,
    ) {
      this.bottom = height;
      this.right = width;
    }
    toJSON() {
      return {};
    }
    static fromRect() {
      return new globalThis.DOMRect();
    }
  };
}
