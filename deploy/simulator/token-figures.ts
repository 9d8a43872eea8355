/**
 * Tokens of prompts and of answers: quantiles of the 8,819 requests of the production trace AzureLLMInferenceTrace_code
 * (Azure/AzurePublicDataset, CC-BY-4.0; November 2023), between which is interpolated by logarithms. The two do not hang
 * together there (correlation of the logarithms -0.004), so that they are drawn apart.
 */
export const promptQuantiles: Quantiles = [
  [0, 3],
  [0.05, 75],
  [0.25, 578],
  [0.5, 1469],
  [0.75, 2744],
  [0.9, 5186],
  [0.95, 7302],
  [1, 7437],
];
export const answerQuantiles: Quantiles = [
  [0, 6],
  [0.05, 6],
  [0.25, 9],
  [0.5, 13],
  [0.75, 24],
  [0.9, 55],
  [0.95, 90],
  [0.99, 249],
  [1, 1899],
];

/**
 * The trace tells no latencies. Those of Splitwise (Patel and others 2024, arXiv:2311.18677), the paper that it was published
 * with, stand in: means of `data/perf_model.csv` in its authors' simulator (Mutinifni/splitwise-sim, MIT) for llama2-70b on eight
 * H100, one request at a time. A prompt of the trace's median length is so read in 104 ms, a token written in 30 ms; the paper
 * itself tells 95 and 31 ms for the trace of code. With 32 requests at a time a token takes 39 ms. That both scatter by a
 * logarithmic normal distribution is ours.
 */
const readCurve: readonly (readonly [promptTokens: number, milliseconds: number])[] = [
  [1, 54],
  [512, 57],
  [1024, 78],
  [2048, 137],
  [4096, 379],
  [8192, 848],
];
export const writeMs = 30;
export const scatter = { read: 0.35, write: 0.12 };

/** Milliseconds until a prompt of so many tokens is read: between the measured ones, and beyond them, in a straight line. */
export function readMs(promptTokens: number): number {
  const above = readCurve.findIndex(([tokens]) => tokens >= promptTokens);
  const at = Math.max(1, above < 0 ? readCurve.length - 1 : above);
  const [[fewer, quicker], [more, slower]] = [readCurve[at - 1]!, readCurve[at]!];
  return quicker + ((promptTokens - fewer) / (more - fewer)) * (slower - quicker);
}

/** Shares of the values and the values there, both growing. */
export type Quantiles = readonly (readonly [share: number, value: number])[];

/** @param share 0 to 1 @returns a whole number of tokens */
export function atQuantile(quantiles: Quantiles, share: number): number {
  let low = quantiles[0]!;
  for (const high of quantiles) {
    if (high[0] >= share) {
      const part = high[0] === low[0] ? 0 : (share - low[0]) / (high[0] - low[0]);
      return Math.round(Math.exp(Math.log(low[1]) + part * (Math.log(high[1]) - Math.log(low[1]))));
    }
    low = high;
  }
  return low[1];
}
