export {
  dividedRound,
  exact,
  exactCount,
  exactProduct,
  exactQuotient,
  exactText,
  roundedTo,
  splitExactly,
} from './exact-amount.ts';
