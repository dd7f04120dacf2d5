import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { failingDeploys } from '../../support/failing-deploys.js';

const guide = path.join(import.meta.dirname, '../../../docs/guides/when-a-deployment-fails.md');

/** The logs that the guide shows. */
async function shown(): Promise<readonly string[]> {
  const text = await readFile(guide, 'utf8');
  return [...text.matchAll(/^```text\n(.*?)\n```$/gms)].flatMap(([, block]) => block ?? []);
}

/** Ids of tasks, images and deployments differ each time: each is known by when it comes first. */
function withoutIds(text: string): string {
  const ids = new Map<string, string>();
  return text.replaceAll(
    /\b(?:(?<task>[0-9a-f]{8})(?:[0-9a-f]{24}\b|…)|sha256:(?<digest>[0-9a-f]{8})(?:[0-9a-f]{56}\b|…)|(?<rollout>ecs-svc\/\d+)|(?<deployment>d-[0-9A-Z]{9})\b)/g,
    (id: string, ...rest: unknown[]) => {
      const groups = rest.at(-1) as Readonly<Record<string, string | undefined>>;
      const [kind = '', key = id] =
        Object.entries(groups).find(([, one]) => one !== undefined) ?? [];
      const name = ids.get(key) ?? `<${kind} ${ids.size + 1}>`;
      ids.set(key, name);
      return name;
    },
  );
}

describe('the guide "When a deployment fails"', () => {
  it('shows the log of every failure, and no other', async () => {
    expect(await shown()).toHaveLength(Object.keys(failingDeploys).length);
  });

  it.each(Object.entries(failingDeploys).map(([name, run], index) => ({ name, run, index })))(
    'shows word for word what is printed of $name',
    async ({ run, index }) => {
      const [block, log] = await Promise.all([shown().then((all) => all[index]), run()]);
      expect(withoutIds(block ?? '')).toBe(withoutIds(log));
    },
  );
});
