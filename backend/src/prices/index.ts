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
export { createPricesRoom, type PricesRoom } from './prices-room.ts';
