import { HclReader } from '../hcl/parse.js';
import { terraformParser } from '../hcl/parser-runtime.js';
import { statesReadBy } from '../schedule/state-reads.js';
import { diskFiles, type Files } from '../stacks/files.js';
import { ModuleSources } from '../stacks/module-source.js';
import { ProblemList } from '../stacks/problem-list.js';
import { Repository } from '../stacks/repository.js';
import type { Stack, Workspace } from '../stacks/workspace.js';
import { withoutIndexes } from './upstream-outputs.js';

/** Whether an output that a data source of one stack reads is known not to be sensitive. */
export type IsPublicOutput = (dataAddress: string, output: string) => boolean;

/** Which outputs are public by the code. */
export interface PublicOutputs {
  /** Of what a stack reads. */
  readonly readBy: (stack: Stack) => Promise<IsPublicOutput>;
  /** Names of a stack's own. */
  readonly of: (stack: Stack) => Promise<ReadonlySet<string>>;
}

/**
 * Which outputs are public by the code: declared in a stack's root module without `sensitive`
 * (Terraform refuses a root output that holds a sensitive value and is not declared so: "Output
 * refers to sensitive values"), of a stack that itself reads no output of another stack that is not
 * public, since Terraform drops the mark there. Whatever cannot be told is not public. The code is
 * read when something is first asked.
 */
export function publicOutputs(
  { stacks, edges, directory }: Pick<Workspace, 'stacks' | 'edges' | 'directory'>,
  files: Files,
): PublicOutputs {
  let opened: Promise<(directory: string) => ReadonlySet<string>> | undefined;
  const byId = new Map(stacks.map((stack) => [stack.id, stack]));
  const known = new Map<string, ReadonlySet<string>>();
  const publicNames = async (): Promise<(id: string) => ReadonlySet<string>> => {
    const declared = await (opened ??= declaredPublic(files, directory));
    const namesOf = (id: string): ReadonlySet<string> => {
      const found = known.get(id);
      if (found !== undefined) return found;
      // Where stacks read one another in a circle, nothing is public.
      known.set(id, new Set());
      const own = byId.get(id);
      const clean = statesReadBy(id, edges).every(({ upstream, outputs, kind }) => {
        if (kind !== 'remote-state' || outputs === undefined) return false;
        const theirs = namesOf(upstream);
        return outputs.every((name) => theirs.has(name));
      });
      const result = own !== undefined && clean ? declared(own.directory) : new Set<string>();
      known.set(id, result);
      return result;
    };
    return namesOf;
  };
  return {
    of: async ({ id }) => (await publicNames())(id),
    readBy: async ({ id }) => {
      const reads = statesReadBy(id, edges);
      if (reads.length === 0) return () => false;
      const namesOf = await publicNames();
      return (dataAddress, output) => {
        const label = labelIn(dataAddress);
        // One block of a shared module may read several states: it must be public in all.
        const upstreams = reads.filter(({ blocks }) => blocks.some(({ name }) => name === label));
        return (
          upstreams.length > 0 && upstreams.every(({ upstream }) => namesOf(upstream).has(output))
        );
      };
    },
  };
}

/** As `publicOutputs`, of the files on disk below `root`. */
export function publicOutputsOnDisk(
  workspace: Pick<Workspace, 'stacks' | 'edges' | 'directory'>,
  root: string,
): PublicOutputs {
  return publicOutputs(workspace, diskFiles(root));
}

/** `module.a["x"].data.terraform_remote_state.network[0]`: `network`. */
function labelIn(dataAddress: string): string | undefined {
  const parts = withoutIndexes(dataAddress).split('.');
  const [mode, type, label] = parts.slice(-3);
  return mode === 'data' && type === 'terraform_remote_state' ? label : undefined;
}

/** Names of a root module's outputs that no block of it calls sensitive. */
async function declaredPublic(
  files: Files,
  directory: string,
): Promise<(directory: string) => ReadonlySet<string>> {
  const reader = new HclReader(await terraformParser());
  const repository = new Repository(files, reader, new ProblemList(), directory);
  const sources = new ModuleSources(repository);
  return (place) => {
    const names = [...(sources.get(place)?.outputs.values() ?? [])].flatMap(({ name, refs }) => {
      const marks = refs.map(({ source }) => {
        const body = repository.body(source)?.blocks[0]?.body;
        if (body === undefined) return 'unreadable';
        const attribute = body.attributes.get('sensitive');
        if (attribute === undefined) return 'false';
        return source.text.slice(attribute.valueStart, attribute.end).trim();
      });
      return marks.every((mark) => mark === 'false') ? [name] : [];
    });
    return new Set(names);
  };
}
