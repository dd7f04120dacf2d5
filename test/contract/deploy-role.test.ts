import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { globSync } from 'tinyglobby';

const root = join(import.meta.dirname, '..', '..');

/** What AWS checks beside the calls themselves. */
const implied = [
  // "Pass a role to a service", for roles of tasks and of schedules.
  'PassRole',
  // CodeDeploy's CreateDeployment registers its revision and reads its configuration (User Guide,
  // "CodeDeploy permissions reference").
  'GetDeploymentConfig',
  'RegisterApplicationRevision',
];

describe('the deploy role of terraform/bootstrap', () => {
  const permissions = readFileSync(join(root, 'terraform/bootstrap/permissions.tf'), 'utf8');
  const [, deploy = ''] = /deploy_statements = \{(.*?)\n {2}\] \}/s.exec(permissions) ?? [];

  it('may call what ecs-deploy calls, and nothing besides', () => {
    const actions = [...deploy.matchAll(/Action\s+= \[(.*?)\]/gs)].map(([list]) => list).join();
    const granted = [...actions.matchAll(/"[a-z0-9-]+:(\w+)"/g)].flatMap(([, name]) => name ?? []);
    const called = globSync('actions/ecs-deploy/aws/*.ts', { cwd: root }).flatMap((path) =>
      [...readFileSync(join(root, path), 'utf8').matchAll(/new sdk\.(\w+)Command\(/g)].flatMap(
        ([, name]) => name ?? [],
      ),
    );
    expect(called.length).toBeGreaterThan(40);
    expect([...new Set(granted)].sort()).toEqual([...new Set([...called, ...implied])].sort());
  });

  it('says of each block which command needs it', () => {
    const blocks = deploy.split(/^ {4}\{$/m).slice(1);
    expect(blocks.filter((block) => !block.trimStart().startsWith('# '))).toEqual([]);
  });
});
