import type { BuildRequest } from './engine.js';

/** Which Dockerfile, stage and platforms are built, in the words of every engine. */
export function subjectArguments({
  dockerfile,
  target,
  platforms,
}: BuildRequest): readonly string[] {
  return [
    '--file',
    dockerfile,
    ...(target === undefined ? [] : ['--target', target]),
    ...(platforms.length === 0 ? [] : ['--platform', platforms.join(',')]),
  ];
}

/** What goes into a build beside its context, in the words of every engine. */
export function ingredientArguments(
  { labels, secrets, ssh }: BuildRequest,
  buildArgs: Readonly<Record<string, string>>,
): readonly string[] {
  return [
    ...pairs('--build-arg', buildArgs),
    ...pairs('--label', labels),
    ...secrets.flatMap(({ id, file }) => ['--secret', `id=${id},src=${file}`]),
    ...ssh.flatMap((line) => ['--ssh', line]),
  ];
}

function pairs(flag: string, values: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(values).flatMap(([key, value]) => [flag, `${key}=${value}`]);
}
