export { renderAnswer, type Screen, type TeamSpend, type TerminalAnswer } from './answer.ts';
