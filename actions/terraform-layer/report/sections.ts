/** A part of a page that can shrink to the room it is given. */
export interface Section {
  /** Lower comes first where room is short. */
  readonly rank: number;
  /** Markdown within `room`; undefined where it does not fit in any form. */
  readonly render: (room: number) => string | undefined;
}

export interface Page {
  readonly markdown: string;
  /** Sections that found no room. */
  readonly leftOut: number;
}

/**
 * Puts sections on one page of at most `limit` (in what `measure` counts): room is given by rank,
 * the page keeps the sections' own order. `note` says what was left out, and its room is kept.
 */
export function fitPage(
  sections: readonly Section[],
  limit: number,
  note: (leftOut: number) => string,
  measure: (text: string) => number = (text) => text.length,
): Page {
  const separator = '\n';
  let room = limit - measure(note(sections.length)) - 2;
  const rendered = new Map<Section, string>();
  for (const section of [...sections].sort((left, right) => left.rank - right.rank)) {
    const text = renderWithin(section, room - separator.length, measure);
    if (text === undefined) continue;
    rendered.set(section, text);
    room -= measure(text) + separator.length;
  }
  const leftOut = sections.length - rendered.size;
  const parts = sections.flatMap((section) => rendered.get(section) ?? []);
  return {
    markdown: [...parts, ...(leftOut === 0 ? [] : [note(leftOut)])].join(separator),
    leftOut,
  };
}

/** A section counts characters: where bytes are what counts, it is asked once more for less. */
function renderWithin(
  section: Section,
  room: number,
  measure: (text: string) => number,
): string | undefined {
  for (const part of [1, 2, 4]) {
    if (room <= 0) return undefined;
    const text = section.render(Math.floor(room / part));
    if (text === undefined) return undefined;
    if (measure(text) <= room) return text;
  }
  return undefined;
}
