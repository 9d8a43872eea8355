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
 * The trace tells no latencies. Those of Splitwise (arXiv:2311.18677), the paper that it was published with, stand in: a 70B
 * model on eight H100 reads a prompt of the median length in 95 ms and writes a token every 31 ms. That reading time grows
 * with the prompt, and that both scatter by a logarithmic normal distribution, is ours.
 */
export const readMs = 95;
export const writeMs = 31;
export const scatter = { read: 0.35, write: 0.12 };

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
