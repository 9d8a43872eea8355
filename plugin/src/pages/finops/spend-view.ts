/** How the spend is drawn: stacked along time, as bars, or as areas. */
export const spendCharts = ['trend', 'bars', 'treemap'] as const;
export type SpendChartKind = (typeof spendCharts)[number];
