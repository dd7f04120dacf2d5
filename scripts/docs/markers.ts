/** Puts `body` between two markers that must stand in the text once each. */
export function replaceBetween(
  path: string,
  text: string,
  [begin, end]: readonly [begin: string, end: string],
  body: string,
): string {
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error(`${path}: the markers ${begin} … ${end} are missing`);
  return `${text.slice(0, from + begin.length)}\n\n${body.trim()}\n\n${text.slice(to)}`;
}
