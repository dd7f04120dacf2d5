import { parseJson } from '../../shared/json-text.js';

/** The path of a whole value, as `formatPath` writes it too. */
export const wholeValue = '(all)';

/**
 * The path of a member of what lies at `parent`, in the form of `formatPath`: `tags.Name`,
 * `ingress[0]`, `tags["a b"]`. An empty `parent` is the whole value.
 */
export function memberPath(parent: string, step: string | number): string {
  if (typeof step === 'number') return `${parent}[${step}]`;
  if (!/^[\w-]+$/.test(step)) return `${parent}[${JSON.stringify(step)}]`;
  return parent === '' ? step : `${parent}.${step}`;
}

interface Step {
  readonly key: string | number;
  /** Where the text of the path up to and with this step ends. */
  readonly end: number;
}

const stepPattern = /\.?([\w-]+)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]/y;

/** The steps of a path, or undefined where the text is no path (a record may be forged). */
export function stepsOf(path: string): readonly Step[] | undefined {
  if (path === wholeValue) return [];
  const steps: Step[] = [];
  stepPattern.lastIndex = 0;
  while (stepPattern.lastIndex < path.length) {
    const match = stepPattern.exec(path);
    if (match === null) return undefined;
    const [, name, index, quoted] = match;
    const end = stepPattern.lastIndex;
    if (name !== undefined) steps.push({ key: name, end });
    else if (index !== undefined) steps.push({ key: Number(index), end });
    else steps.push({ key: unquoted(quoted ?? ''), end });
  }
  return steps;
}

/** The paths above this one, the nearest first; the whole value is the last. */
export function pathsAbove(path: string): readonly string[] {
  const steps = stepsOf(path) ?? [];
  const above = steps.slice(0, -1).map(({ end }) => path.slice(0, end));
  return [...above.reverse(), ...(path === wholeValue ? [] : [wholeValue])];
}

/** `address.path`, as `volatile:` in `infra.yml` names an attribute. */
export function placeOf(address: string, path: string): string {
  return path.startsWith('[') ? `${address}${path}` : `${address}.${path}`;
}

function unquoted(text: string): string {
  const value = parseJson(text);
  return typeof value === 'string' ? value : text;
}
