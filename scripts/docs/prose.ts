import { code, text, type Inline } from '../../actions/shared/markdown.js';

/** A description as it stands in its source: one line, its code spans kept. */
export function prose(description: string): readonly Inline[] {
  return description
    .trim()
    .replaceAll(/\s+/g, ' ')
    .split(/`([^`]+)`/)
    .map((part, index) => (index % 2 === 1 ? code(part) : text(part)));
}
