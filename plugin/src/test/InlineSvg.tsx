/** Icons are fetched by the browser; tests need none. */
export default function InlineSvg() {
  return <svg />;
}
export const cacheStore = {};
