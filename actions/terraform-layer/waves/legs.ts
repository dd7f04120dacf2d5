import { createHash } from 'node:crypto';
import { chunks } from '../../shared/chunks.js';
import { isReading } from '../graph/reading-edges.js';
import { dependenciesAmong, dependentsOf, wavesOf } from '../graph/waves.js';
import type { Workspace } from '../stacks/workspace.js';

/** Jobs that run side by side, one wave after the other, before what is left goes to one runner. */
export const waveJobs = 8;
/** GitHub docs, "Usage limits": a matrix has at most 256 jobs. */
export const mostLegs = 256;
const titleCharacters = 80;

/** Stacks of one environment that one runner applies. */
export interface Leg {
  /** Unique among the legs of a run: `1-01`. */
  readonly leg: string;
  /** Ids, in dependency order. */
  readonly stacks: readonly string[];
  /** Ids of the stacks of other legs that come right before these, and must be applied first. */
  readonly after: readonly string[];
}

export interface Legs {
  /** At most `waveJobs`. */
  readonly waves: readonly (readonly Leg[])[];
  /** All that would be in later waves; it may have no stack. */
  readonly rest: Leg;
}

/** What a matrix of GitHub's is given for a leg: texts alone. */
export interface MatrixLeg {
  /** For people: the first stack, and how many more. */
  readonly title: string;
  /** The same for the same stacks in any run. */
  readonly set: string;
  /** The input `leg`. */
  readonly leg: string;
}

/**
 * Shares the stacks of an environment out over runners, wave by wave: those that are `chosen`, and
 * all that read one of them, since outputs can change at apply though no plan said so. Pure.
 *
 * @param stacksPerRunner more where a wave would have too many legs for a matrix
 */
export function legsOf(options: {
  readonly environment: string;
  /** Ids. */
  readonly chosen: Iterable<string>;
  readonly workspace: Pick<Workspace, 'stacks' | 'edges'>;
  readonly stacksPerRunner: number;
}): Legs {
  const { environment, workspace, stacksPerRunner } = options;
  const chosen = new Set(options.chosen);
  const readers = dependentsOf(chosen, workspace.edges.filter(isReading));
  const ids = workspace.stacks
    .filter((stack) => stack.environment === environment)
    .map(({ id }) => id)
    .filter((id) => chosen.has(id) || readers.has(id));
  const before = dependenciesAmong(ids, workspace.edges);
  const legOf = (leg: string, stacks: readonly string[]): Leg => {
    const own = new Set(stacks);
    const after = new Set(stacks.flatMap((id) => [...(before.get(id) ?? [])]));
    return { leg, stacks, after: [...after].filter((id) => !own.has(id)).sort() };
  };
  const waves = wavesOf(ids, workspace.edges);
  return {
    waves: waves.slice(0, waveJobs).map((wave, index) => {
      const size = Math.max(stacksPerRunner, Math.ceil(wave.length / mostLegs));
      return chunks(wave, size).map((stacks, place) =>
        legOf(`${index + 1}-${String(place + 1).padStart(2, '0')}`, stacks),
      );
    }),
    rest: legOf('rest', waves.slice(waveJobs).flat()),
  };
}

/** What the jobs of a workflow are handed: an array for each of the wave jobs, and the rest. */
export function matrixOf({ waves, rest }: Legs): {
  readonly waves: readonly (readonly MatrixLeg[])[];
  readonly rest: MatrixLeg;
  /** Of all legs, with the rest, which always runs. */
  readonly count: number;
} {
  return {
    count: waves.flat().length + 1,
    waves: Array.from({ length: waveJobs }, (_, index) => (waves[index] ?? []).map(matrixLeg)),
    rest: matrixLeg(rest),
  };
}

function matrixLeg(leg: Leg): MatrixLeg {
  const [first = 'nothing', ...others] = leg.stacks;
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  const room = titleCharacters - more.length;
  return {
    title: (first.length <= room ? first : `…${first.slice(1 - room)}`) + more,
    set: createHash('sha256')
      .update(JSON.stringify([...leg.stacks].sort()))
      .digest('hex')
      .slice(0, 16),
    leg: JSON.stringify(leg),
  };
}
