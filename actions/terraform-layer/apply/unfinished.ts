import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { Comments } from '../../shared/github-comments.js';
import { parseJsonAs } from '../../shared/json-text.js';
import type { Logger } from '../../shared/log.js';
import type { Secrets } from '../../shared/secrets.js';
import type { Deployments } from '../github/deployment.js';
import { tellPulls } from '../github/report-back.js';
import { untroubled } from './untroubled.js';

/** What is open on GitHub while an apply runs. Holds no secret. */
const unfinishedSchema = z.object({
  runUrl: z.string(),
  /** The commit that is applied. */
  sha: z.string(),
  environments: z.array(z.string()),
  /** Made by this run. */
  deployments: z.array(z.object({ id: z.int(), environment: z.string() })),
  /** Of the comments that are to tell of it; absent where none are written. */
  tell: z
    .object({
      pullNumbers: z.array(z.int()),
      key: z.string(),
      author: z.string().optional(),
      /** Milliseconds since the epoch. */
      startedAt: z.number(),
    })
    .optional(),
});

export type Unfinished = Readonly<z.infer<typeof unfinishedSchema>>;

/** Notes in the run's directory what the post step ends where this process is killed. */
export async function noteUnfinished(runDirectory: string, unfinished: Unfinished): Promise<void> {
  await writeFile(fileIn(runDirectory), JSON.stringify(unfinished), { mode: 0o600 });
}

/** The run has told of its end by itself. */
export async function forgetUnfinished(runDirectory: string): Promise<void> {
  await rm(fileIn(runDirectory), { force: true });
}

/** Undefined where nothing is open. */
export async function readUnfinished(runDirectory: string): Promise<Unfinished | undefined> {
  const text = await readFile(fileIn(runDirectory), 'utf8').catch(() => undefined);
  // Half written when its writer was killed, it is none.
  return text === undefined ? undefined : parseJsonAs(unfinishedSchema, text);
}

/** Ends what an apply that was killed has left open on GitHub, and tells its pull requests. */
export async function endUnfinished(
  { runUrl, sha, environments, deployments: open, tell }: Unfinished,
  ports: {
    readonly deployments: Deployments;
    readonly comments: Comments;
    readonly log: Logger;
    readonly secrets: Secrets;
  },
): Promise<void> {
  for (const { id, environment } of open) {
    await untroubled(ports, `the deployment of ${environment} stays open`, () =>
      ports.deployments.setStatus(id, {
        ...{ state: 'error', environment, logUrl: runUrl },
        description: 'the apply was killed',
      }),
    );
  }
  if (tell === undefined) return;
  const reasons = ['The run was killed before it could say what came of it.'];
  const result = {
    environments,
    sha,
    runUrl,
    stacks: [],
    end: { kind: 'broke-off', reasons },
  } as const;
  await tellPulls({ ...tell, author: tell.author, result }, ports);
}

function fileIn(runDirectory: string): string {
  return path.join(runDirectory, 'unfinished-apply.json');
}
