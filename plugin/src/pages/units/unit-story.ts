import type { Breakdown, BreakdownRow, Card } from '@amadeus/backend/unit-economics/contract.ts';

/** What the page says first. */
export interface UnitStory {
  /** The unit that was asked for, or the first one that has a value. */
  card: Card | undefined;
  /** Change of its value in percent. */
  changePercent?: number;
  /** The customer that loses most money. */
  losing?: BreakdownRow;
  /** The customer that earns most, where none loses. */
  earning?: BreakdownRow;
}

export function unitStory(cards: readonly Card[], unit: Card['id'], customers: Breakdown | undefined): UnitStory {
  const asked = cards.find(({ id }) => id === unit);
  const card = asked?.value === undefined ? (cards.find(({ value }) => value !== undefined) ?? asked) : asked;
  const known = (customers?.rows ?? []).filter((row) => row.key !== '' && row.margin !== undefined);
  const byMargin = [...known].sort((a, b) => Number(a.margin) - Number(b.margin));
  const losing = byMargin.find(({ margin }) => Number(margin) < 0);
  const earning = losing === undefined ? byMargin.at(-1) : undefined;
  return {
    card,
    ...(card?.change?.share === undefined ? {} : { changePercent: Number(card.change.share) * 100 }),
    ...(losing === undefined ? {} : { losing }),
    ...(earning === undefined ? {} : { earning }),
  };
}
