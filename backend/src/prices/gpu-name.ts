/** Families whose memory tells two prices apart: which size is meant where the name gives none. */
const memoryMatters: Readonly<Record<string, string>> = { a100: '80gb' };
const families =
  /\b(gb200|gb300|b300|b200|h200|h100|h20|a100|a800|h800|l40s|l40|l4|a10g|a10|a30|a40|a6000|t4|v100|p100|mi355x|mi325x|mi300x|mi250x?|rtx[- ]?pro[- ]?6000|gaudi ?[23])\b/;

/**
 * The family of a GPU as the book lists it: `NVIDIA A100-SXM4-80GB`, `A100-80GB` and `a100_80` are `a100-80gb`; a name of no
 * known family stays as it is, in lower case.
 */
export function gpuFamily(name: string): string {
  const text = name
    .trim()
    .toLowerCase()
    .replace(/^(nvidia|amd|tesla|instinct)[\s-]+/g, '')
    .replace(/_/g, '-');
  const family = families.exec(text.replace(/-/g, ' '))?.[1]?.replace(/\s/g, '-');
  if (family === undefined) return text;
  const usual = memoryMatters[family];
  if (usual === undefined) return family;
  const size = /(\d{2,3})\s*-?(?:gb|gib)?\b/.exec(
    text.slice(text.indexOf(family) + family.length).replace(/sxm\d/, ''),
  )?.[1];
  return `${family}-${size === undefined ? usual : `${size}gb`}`;
}
