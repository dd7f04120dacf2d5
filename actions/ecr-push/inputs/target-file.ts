import type { InputReader } from '../../shared/inputs.js';
import { isLoopback, parseRepository, type RepositoryReference } from '../repository.js';
import { tagProblems } from '../tags.js';

/** The text of a file, by its path from the workspace; `undefined` where there is none. */
export type ReadText = (path: string) => string | undefined;

/** What a file says is to be pushed to. */
export interface Target {
  readonly repository: RepositoryReference;
  readonly tag: string | undefined;
}

const hint = 'write it with: terraform output -raw container_image > container_image.txt';

/**
 * Reads `target-file`: a file with `<registry>/<repository>[:<tag>]`, in quotes too, as
 * `terraform output` writes it without `-raw`.
 */
export function readTarget(reader: InputReader, readText: ReadText): Target | undefined {
  const path = reader.text('target-file');
  if (path === undefined) return undefined;
  if (reader.text('repository') !== undefined) {
    const message = 'says what to push to, and so does repository';
    reader.problem('target-file', 'input-excluded', message, 'leave out one of them');
    return undefined;
  }
  const content = readText(path)?.trim();
  if (content === undefined) {
    const message = `there is no file ${JSON.stringify(path)} in the workspace`;
    reader.problem('target-file', 'target-file-not-found', message, hint);
    return undefined;
  }
  const target = parseTarget(/^"(.*)"$/.exec(content)?.[1] ?? content);
  if (target === undefined) {
    const message = `${path} holds ${JSON.stringify(content.slice(0, 300))}, which is no image of an ECR registry`;
    reader.problem(
      'target-file',
      'target-malformed',
      message,
      `a registry, a repository and perhaps a tag; ${hint}`,
    );
    return undefined;
  }
  const tags = target.tag === undefined ? [] : [target.tag];
  for (const problem of tagProblems(tags)) {
    reader.problem('target-file', problem.code, problem.message, problem.hint);
  }
  return target;
}

function parseTarget(text: string): Target | undefined {
  const [, host, name, tag] = /^([^/\s]+)\/([^:@\s]+)(?::([^:@/\s]+))?$/.exec(text) ?? [];
  if (host === undefined || name === undefined) return undefined;
  // A registry on this machine stands for that of the account whose API is on this machine too.
  const repository = parseRepository(isLoopback(host) ? name : `${host}/${name}`);
  if (repository === undefined) return undefined;
  return repository.accountId === undefined && !isLoopback(host) ? undefined : { repository, tag };
}
