import type { Candidate } from './discover.js';
import { layoutOf } from './layouts.js';

/** What a stack is called. */
export interface StackNames {
  readonly id: string;
  readonly name: string;
  readonly layer?: string;
  readonly displayId: string;
}

/**
 * Names of all candidates. Display ids are unique: where the short form is not, all captures stand
 * in it, and where that is not either, the id.
 */
export function namesOf(
  candidates: readonly Candidate[],
  project: string | undefined,
): ReadonlyMap<Candidate, StackNames> {
  const forms = candidates.map((candidate) => displayForms(candidate));
  const counts = new Map<string, number>();
  for (const form of forms.flatMap((all) => [...new Set(all)])) {
    counts.set(form, (counts.get(form) ?? 0) + 1);
  }
  return new Map(
    candidates.map((candidate, index) => {
      const id = idOf(candidate);
      const layer = layerOf(candidate);
      const displayId = forms[index]?.find((form) => counts.get(form) === 1) ?? id;
      const name = nameOf(candidate, project);
      return [candidate, { id, name, displayId, ...(layer === undefined ? {} : { layer }) }];
    }),
  );
}

function idOf({ binding, directory, environment }: Candidate): string {
  return binding === 'directory' ? directory : `${directory}@${environment}`;
}

/** What names the stack itself: the most telling capture, or the last telling folder. */
function subjectOf({ captures, directory, environment, rule }: Candidate): string | undefined {
  const told = captures['service'] ?? captures['stack'] ?? captures['layer'];
  if (told !== undefined) return told;
  const all = Object.values(captures);
  if (all.length > 0) return all.join('-');
  // `resources/environments/dev` of the known layout is all there is: its folder tells nothing.
  if (layoutOf(rule)?.path.endsWith('environments/{environment}') === true) return undefined;
  return directory
    .split('/')
    .findLast((part) => part !== environment && part !== 'environments' && part !== '.');
}

function nameOf(candidate: Candidate, project: string | undefined): string {
  return (subjectOf(candidate) ?? project ?? 'main').replace(/^\d+[-_]/, '');
}

/** The capture, or else a folder that begins with a number, as layers do. */
function layerOf({ captures, directory }: Candidate): string | undefined {
  return captures['layer'] ?? directory.split('/').find((part) => /^\d+[-_]/.test(part));
}

function displayForms(candidate: Candidate): readonly string[] {
  const { captures, environment } = candidate;
  const subject = subjectOf(candidate);
  const all = Object.values(captures);
  return [
    subject === undefined ? environment : `${subject}/${environment}`,
    ...(all.length > 1 ? [`${all.join('/')}/${environment}`] : []),
  ];
}
