import { createHash } from 'node:crypto';
import type { Sidecar, SidecarName } from '../sidecar/sidecar.js';
import type { RecordSource } from './record-source.js';
import type { PublishedRecord } from './record-store.js';

/**
 * Records beside the states, one a stack (`review-records: state`): where artifacts do not exist
 * (GitHub Enterprise Server), or are to outlive their retention.
 *
 * Weaker than artifacts. An artifact can only come from the run that has it. An object here can
 * come from anybody who may write beside the state, the plan role of every pull request among
 * them, under the name of any run; and it has no digest that somebody else keeps. The run that it
 * names is proven as an artifact's is. It can still only stop an apply, never permit one.
 */
export function sidecarRecordName(subjectSha: string, runId: number): SidecarName {
  return `review/${subjectSha}-${runId}`;
}

/** Leaves one stack's record; a later attempt of the run replaces it. */
export async function publishBesideState(
  sidecar: Sidecar,
  about: { readonly subjectSha: string; readonly runId: number },
  text: string,
): Promise<PublishedRecord> {
  const name = sidecarRecordName(about.subjectSha, about.runId);
  await sidecar.write(name, text);
  return { name, place: sidecar.place, id: undefined, digest: digestOf(text) };
}

/** Records beside the states of these stacks. */
export function sidecarSource(
  stacks: readonly { readonly id: string; readonly sidecar: Sidecar }[],
): RecordSource {
  return {
    recordsOf: async (run, subjectSha) => {
      const name = sidecarRecordName(subjectSha, run.id);
      const texts = await Promise.all(stacks.map(({ sidecar }) => sidecar.read(name)));
      return stacks.flatMap(({ id }, index) => {
        const text = texts[index];
        if (text === undefined) return [];
        return [
          {
            ...{ name, leg: id, attempt: run.attempt, artifactId: undefined },
            ...{ digest: digestOf(text), createdAt: undefined },
            read: () => Promise.resolve({ text }),
          },
        ];
      });
    },
  };
}

function digestOf(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}
