export type {
  ConvertedAmount,
  LlmUsage,
  PriceBook,
  PricedUsage,
  Prices,
  PriceTerm,
  RatedUnit,
  RateQuery,
} from './prices.ts';
export { createPricesRoom } from './prices-room.ts';
