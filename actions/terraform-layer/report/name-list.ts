import { code, listed, text, type Inline } from '../../shared/markdown.js';

const nameCharacters = 100;

/** Up to `most` names as code, and how many more there are. */
export function nameList(
  names: readonly string[],
  most = 3,
  characters = nameCharacters,
): readonly Inline[] {
  const shown = listed(names.slice(0, most), (name) => [shortCode(name, characters)]);
  return names.length > most ? [...shown, text(` +${names.length - most}`)] : shown;
}

/** A name as code, cut where it is long. */
export function shortCode(name: string, characters = nameCharacters): Inline {
  const head = Array.from(name.slice(0, characters * 2));
  return code(head.length <= characters ? name : `${head.slice(0, characters - 1).join('')}…`);
}
