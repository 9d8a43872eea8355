/** Colours that people with any kind of colour vision tell apart (Okabe and Ito, 2008), bright enough on dark and light. */
export const safeColors = ['#0C8CE9', '#E69F00', '#009E73', '#CC79A7', '#56B4E9', '#D55E00', '#B5A900', '#8C8C8C'];

export function safeColor(index: number): string {
  return safeColors[index % safeColors.length]!;
}

/** Black or white, whichever is read better on a colour given as `#rrggbb` (relative luminance of WCAG 2). */
export function textOn(color: string): '#000000' | '#ffffff' {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  const luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  return (luminance + 0.05) / 0.05 >= 1.05 / (luminance + 0.05) ? '#000000' : '#ffffff';
}
